"""The main path from the first visit to a month that agrees: once with the keyboard alone, once without JavaScript."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from .person import Person

NAMESAKE = "John Smith"
"""Xero has somebody of this name with another e-mail address: a person must say who is who."""
ALL = {f"AG-{n}": ("AUTHORISED", Decimal(120 * n)) for n in range(1, 8)}


@pytest.fixture
def sold(place):
    """Seven sales; the buyer of the sixth has a namesake in Xero."""
    for number in range(1, 8):
        place.sell(NAMESAKE if number == 6 else f"Buyer Number{number}", 100 * number)
    return place


def set_up(place):
    """The webservice that the pages have made."""
    with place.app.app_context(), place.state.units.read() as uow:
        (place.made,) = uow.webservices.of_gallery(place.gallery.gallery_id)


def test_with_the_keyboard_alone(sold, nora):
    page, keyboard = nora.page, nora.page.keyboard
    nora.open("/xero/")
    nora.looks_at("Webservices")
    nora.press("New Webservice", "link")
    nora.looks_at("New Web Service")
    nora.press(re.compile("^Xero"), "link")
    nora.press(re.compile("^Copy All Existing"), "checkbox", "Space")
    nora.press("Create Webservice")

    # Connect
    nora.looks_at("Allow access")
    nora.press("Allow access")
    page.wait_for_url(re.compile("/identity/connect/authorize"))
    nora.press("North Light Gallery", "radio", "Space")
    nora.press("Allow access")
    nora.looks_at("Edit Xero")
    set_up(sold)

    # Map: what is proposed is right
    expect(page.get_by_label("Sales", exact=True)).to_have_value(re.compile(".+"))
    nora.tab_to(page.get_by_label("Sync From Date"))
    keyboard.type("01012026")
    nora.press("Update Webservice")

    # The first sync sends five drafts
    nora.looks_at("Sync")
    nora.sees("5 invoices sent")
    sold.worker.until_quiet()
    assert {status for status, _ in sold.standing().values()} == {"DRAFT"}

    # The preview says what is to come, and a fold opens
    nora.press("Webservices", "link")
    nora.by_menu("Preview")
    nora.looks_at("Preview")
    nora.tab_to(page.locator("summary").filter(has_text="AG-7"))
    keyboard.press("Enter")
    expect(page.get_by_role("table", name="Effect in the books")).to_be_visible()

    # Approve
    nora.press("Webservices", "link")
    nora.press("Look and go on", "link")
    nora.looks_at("First run")
    nora.press("Approve and go on")
    nora.looks_at("Sync")
    nora.sees("Finished")
    sold.worker.until_quiet()

    # Activity: one waits, and is settled
    nora.press("Webservices", "link")
    nora.by_menu("Activity")
    nora.looks_at("Activity")
    nora.press(re.compile("^Waiting"), "link")
    nora.looks_at("Activity")
    nora.press(NAMESAKE, "link")
    nora.looks_at("Contact John Smith")
    with page.expect_navigation():
        nora.press(re.compile("^It is this one: John Smith"))
    sold.worker.until_quiet()
    assert sold.standing() == ALL

    # Compare
    nora.press("Webservices", "link")
    nora.by_menu("Compare with Xero")
    with page.expect_navigation():
        nora.press("Compare now")
    sold.worker.until_quiet()
    nora.open("months?month=2026-11")
    nora.looks_at("Compare with Xero")
    nora.sees("7 gallery invoices stand in Xero with the same totals")
    expect(page.get_by_role("heading", name="What does not agree")).to_have_count(0)


def test_without_javascript(sold, browser):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
    nora = Person(context.new_page(), sold)
    page, click = nora.page, nora.click
    page.set_default_timeout(15_000)
    click("New Webservice", "link")
    page.get_by_role("link", name=re.compile("^Xero")).click()
    page.get_by_label(re.compile("^Copy All Existing")).check()
    click("Create Webservice")
    click("Allow access")
    page.wait_for_url(re.compile("/identity/connect/authorize"))
    page.get_by_label("North Light Gallery").check()
    click("Allow access")
    page.wait_for_url(re.compile("/edit"))
    set_up(sold)
    page.get_by_label("Sync From Date").fill("2026-01-01")
    click("Update Webservice")
    sold.worker.until_quiet()
    page.reload()  # it would do so by itself, a little later
    nora.sees("5 invoices sent")

    nora.choose_from_menu("Preview")
    page.locator("summary").filter(has_text="AG-7").click()
    expect(page.get_by_role("table", name="Effect in the books")).to_be_visible()
    nora.open("/xero/")
    click("Look and go on", "link")
    click("Approve and go on")
    sold.worker.until_quiet()

    nora.choose_from_menu("Activity")
    page.get_by_role("navigation", name="Show").get_by_role("link", name="Waiting").click()
    click(NAMESAKE, "link")
    page.get_by_role("button", name=re.compile("^It is this one: John Smith")).first.click()
    sold.worker.until_quiet()
    assert sold.standing() == ALL

    nora.choose_from_menu("Compare with Xero")
    click("Compare now")
    sold.worker.until_quiet()
    nora.open("months?month=2026-11")
    nora.sees("7 gallery invoices stand in Xero with the same totals")
    nora.leave()
    context.close()
