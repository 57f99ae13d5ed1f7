"""The screens in Chromium: axe finds nothing, nothing is wider than a small telephone, the keyboard is enough."""

import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlalchemy import create_engine

from galleria_xero_plugin.db import migrate
from galleria_xero_plugin.domain.states import RunKind, RunState
from tests.web.site import Site

from .serving import serving
from .states import STATES


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "site.db"
    engine = create_engine(f"sqlite:///{path}")
    migrate.upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture
def served(template, tmp_path, page):
    database = tmp_path / "site.db"
    shutil.copy(template, database)
    with serving(Site(f"sqlite:///{database}"), page) as made:
        yield made
    assert made.complaints == []


def healthy(page):
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [320, 1200])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_every_screen(served, state, width):
    page = served.page
    page.set_viewport_size({"width": width, "height": 800})
    for _ in state(served):
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
        healthy(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_in_a_light_and_a_dark_site(served, scheme):
    made, connection = served.site.ready()
    served.site.document(connection, reason_code="total_differs")
    page = served.open(f"/xero/{made.id}/activity")
    if scheme == "dark":
        page.evaluate("document.body.style.cssText = 'background:#16181c;color:#f2f2f2'")
        page.evaluate("for (const a of document.links) a.style.color = '#9cc4ff'")
    healthy(page)


def test_the_menu_with_the_keyboard_alone(served):
    served.site.ready()
    page = served.open("/xero/")
    page.set_viewport_size({"width": 320, "height": 700})
    more = page.get_by_role("button", name="More options for Xero")
    more.press("Enter")
    expect(page.get_by_role("menu")).to_be_visible()
    healthy(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(page.get_by_role("menuitem", name="Edit")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Sync now")).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("menuitem", name="Delete")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Edit")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_be_hidden()
    expect(more).to_be_focused()
    more.press("Enter")
    expect(page.get_by_role("menuitem", name="Edit")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Waiting for its turn.")


@pytest.mark.parametrize(("width", "height"), [(1200, 700), (1200, 500), (320, 500)])
def test_every_entry_of_the_menu_can_be_reached_in_a_low_window(served, width, height):
    served.site.ready()
    page = served.page
    page.set_viewport_size({"width": width, "height": height})
    served.open("/xero/")
    page.get_by_role("button", name="More options for Xero").click()
    menu = page.get_by_role("menu").bounding_box()
    assert menu["y"] >= 0 and menu["y"] + menu["height"] <= height, "no part of it is outside the window"
    for entry in page.get_by_role("menuitem").all():
        entry.scroll_into_view_if_needed()
        box = entry.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= height + 1, entry.inner_text()


def test_progress_moves_without_a_reload_and_ends_by_itself(served):
    _made, connection = served.site.ready()
    run = served.site.run(connection, scanned=True, step="Sending invoices", add={"invoices": 1})
    page = served.open(f"/xero/runs/{run.id}")
    expect(page.locator("[data-gx-message]")).to_have_text("Sending invoices")
    page.evaluate("window.same = true")
    with served.site.units.write() as uow:
        uow.runs.progress(run.id, step="Sending payments", add={"payments": 4})
        uow.commit()
    expect(page.locator("[data-gx-message]")).to_have_text("Sending payments")
    expect(page.get_by_text("4 payments sent")).to_be_visible()
    assert page.evaluate("window.same") is True
    served.site.finish(run, RunState.FINISHED)
    expect(page.get_by_text("Finished.")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)


def test_without_javascript(served, browser):
    _made, connection = served.site.ready()
    run = served.site.run(connection, RunKind.CONTACTS)
    context = browser.new_context(java_script_enabled=False, base_url=served.url)
    page = context.new_page()
    page.goto("/enter?as=owner")
    page.goto("/xero/")
    page.get_by_role("button", name="More options for Xero").click()
    page.get_by_role("menuitem", name="Pause").click()
    expect(page.get_by_text("Nothing is sent to Xero until you press Resume")).to_be_visible()
    page.goto(f"/xero/runs/{run.id}")
    expect(page.get_by_text("Waiting for its turn")).to_be_visible()
    served.site.finish(run, RunState.FINISHED)
    expect(page.get_by_text("Finished: no contacts to import.")).to_be_visible(timeout=15_000)  # reloads by itself
    context.close()


def test_a_refused_form_puts_the_reader_at_the_summary(served):
    page = served.open("/xero/new/xero")
    page.get_by_label("Invoice Prefix").fill("A,B")
    with page.expect_response(lambda answer: answer.status == 422):
        page.get_by_role("button", name="Create Webservice").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    healthy(page)
    summary.get_by_role("link", name="Invoice Prefix").click()
    expect(page.get_by_label("Invoice Prefix")).to_be_focused()
    served.complaints.clear()  # the browser writes the 422 on its console


def test_the_count_follows_the_date(served):
    made, _ = served.site.ready()
    served.site.gallery.add_invoice()
    page = served.open(f"/xero/{made.id}/edit")
    expect(page.get_by_text("One invoice is dated on or after")).to_be_visible()
    page.get_by_label("Sync From Date").fill("2099-01-01")
    page.get_by_label("Sync From Date").dispatch_event("change")
    expect(page.get_by_text("Nothing is sent before")).to_be_visible()


def test_allow_access_goes_on_to_xero_under_a_strict_policy(served):
    made = served.site.add()
    served.site.login.authorize_url = lambda *, state, nonce: f"{served.url}/enter?state={state}"
    page = served.open(f"/xero/{made.id}/connect")
    page.get_by_role("button", name="Allow access").click()
    expect(page.get_by_text("Please sign in")).to_be_visible()


