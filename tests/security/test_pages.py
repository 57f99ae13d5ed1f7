"""The pages from outside: methods, headers, sizes, addresses, and texts of Xero's that mean harm."""

import dataclasses
import logging
import re
import threading
from html.parser import HTMLParser

import pytest
from sqlalchemy import event

from galleria_xero_plugin.domain.accounting import XeroBrandingTheme
from galleria_xero_plugin.domain.states import RunKind, RunState
from galleria_xero_plugin.errors import AuthRejected, Conflict, InvalidInput
from galleria_xero_plugin.ports.xero import XeroTenant
from galleria_xero_plugin.web.blueprint import ROUTES
from tests.web import test_pages
from tests.web.site import OTHER_TENANT, OURS, TENANT, account, reference

POSTS = [route for route in ROUTES if route.method == "POST"]
GETS = [route for route in ROUTES if route.method == "GET"]
MARKUP = ("""<script>alert(1)</script>"><img src=x onerror=alert(1)>' onfocus='alert(1)' autofocus='javascript:alert(1)"""
          "</title></option></select></textarea><svg/onload=alert(1)>{{ 7*7 }}{% raw %}%(x)s%s%n")
HOSTILE = {"markup": MARKUP, "directions": "\u202egnp.exe\u2066\u2069\u200b\r\nSet-Cookie: a=b", "very long": "\U0001d54f" * 255,
           "scheme": "javascript:alert(1)"}


def address(route, made, run_id, document_id="00000000-0000-4000-8000-000000000007"):
    ids = {"webservice_id": made.id, "run_id": run_id, "document_id": document_id, "pack_id": document_id}
    return "/xero" + re.sub(r"<uuid:(\w+)>", lambda found: ids[found[1]], route.rule)


@pytest.fixture
def ready(site):
    made, connection = site.ready()
    return site, made, connection


# Methods


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_asking_about_a_page_changes_nothing(ready, method):
    site, made, connection = ready
    run = site.run(connection)
    browser, before = site.browser(), site.rows()
    for route in ROUTES:
        answer = browser.client.open(address(route, made, run.id), method=method)
        assert answer.status_code < 500
    assert site.rows() == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_what_changes_something_is_a_post(make_site, method):
    """Also where the host checks no tokens."""
    site = make_site(csrf=False)
    made, connection = site.ready()
    run = site.run(connection)
    browser, before = site.browser(), site.rows()
    shared = {route.rule for route in GETS}
    for route in POSTS:
        answer = browser.client.open(address(route, made, run.id), method=method, headers={"X-HTTP-Method-Override": "POST"})
        assert answer.status_code == 405 or (method in ("GET", "HEAD") and route.rule in shared), route
    assert site.rows() == before


BODIES = [
    {"json": {"prefix": "ZZ"}}, {"data": '{"csrf_token": "x"}', "content_type": "text/plain"}, {"data": b"\xff\x00"},
    {"query_string": {"csrf_token": "x"}},
]  # fmt: skip


@pytest.mark.parametrize("csrf", [True, False], ids=["host checks", "host does not check"])
def test_a_body_of_another_kind_is_no_way_around_the_token(make_site, csrf):
    site = make_site(csrf=csrf)
    made, connection = site.ready()
    run, browser = site.run(connection), site.browser()
    before = site.rows()
    for route in POSTS:
        for body in BODIES:
            answer = browser.client.post(address(route, made, run.id), **body)
            assert answer.status_code in (400, 404), (route, answer.status_code)
    assert site.rows() == before


def test_a_token_of_another_session_is_refused(ready):
    site, made, _ = ready
    other, browser = site.browser("second"), site.browser()
    other.get("/xero/")
    browser.get("/xero/")
    assert other.token and browser.post(f"/xero/{made.id}/pause", token=other.token).status_code == 400


# Headers


@pytest.mark.parametrize("user", ["owner", "viewer", "nobody", "stale", None])
def test_no_answer_is_kept_by_a_cache(make_site, user):
    site = make_site(csrf=False)
    made, connection = site.ready()
    run, browser = site.run(connection), site.browser(user)
    for route in ROUTES:
        answer = browser.client.open(address(route, made, run.id), method=route.method)
        assert answer.headers["Cache-Control"] == "no-store" and "Cookie" in answer.headers["Vary"], route
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer")


# Addresses


TARGETS = ["//evil.example", "/\\evil.example", "https:evil.example", "http://localhost@evil.example",
           "%0d%0aLocation:%20https://evil.example"]


@pytest.mark.parametrize("user", ["owner", "viewer", None])
def test_no_page_leads_where_an_address_says(make_site, user):
    """No page of ours reads `next`, and a redirect of ours is a path of ours; the sign-in is the host's."""
    site = make_site(csrf=False)
    made, connection = site.ready()
    run, browser = site.run(connection), site.browser(user)
    ours = ("/xero/", "/enter?next=%2Fxero%2F", "0;url=https://login.xero.com/", "5")
    for route in ROUTES:
        for target in TARGETS:
            query = dict.fromkeys(("next", "return_to", "redirect", "url", "state"), target)
            answer = browser.client.open(address(route, made, run.id), method=route.method, query_string=query,
                                         headers={"Referer": target})
            for name in ("Location", "Refresh"):
                assert answer.headers.get(name, "/xero/").startswith(ours), (route, answer.headers[name])


# Sizes


@pytest.mark.parametrize("csrf", [True, False], ids=["host checks", "host does not check"])
def test_a_form_has_a_size(make_site, csrf):
    site = make_site(csrf=csrf)
    made, _ = site.ready()
    browser = site.browser()
    browser.get("/xero/")
    filler, before = "x" * (1 << 20), site.rows()
    file = f'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n{filler}\r\n--b--\r\n'
    for kind, body in {
        "application/x-www-form-urlencoded": f"csrf_token={browser.token}&prefix={filler}",
        "multipart/form-data; boundary=b": file,
        "application/json": f'{{"csrf_token": "{browser.token}", "prefix": "{filler}"}}',
    }.items():
        answer = browser.client.post(f"/xero/{made.id}/edit", data=body, content_type=kind)
        assert answer.status_code == 413, kind
    many = "&".join(f"document={n}" for n in range(40_000))
    answer = browser.client.post(f"/xero/{made.id}/activity", data=many,
                                 content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413
    assert site.rows() == before


def test_a_lower_limit_of_the_hosts_stays(make_site):
    site = make_site(MAX_CONTENT_LENGTH=1000)
    browser = site.browser()
    assert browser.client.post("/xero/new/xero", data={"prefix": "x" * 2000}).status_code == 413


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "-1", "9" * 5000, "\x00", "2026-W01-1", "٢٠٢٦-٠١-٠١"])
def test_odd_days(ready, day):
    site, made, _ = ready
    browser = site.browser()
    assert browser.get(f"/xero/{made.id}/count.json", query_string={"sync_from": day}).status_code == 200
    browser.get(f"/xero/{made.id}/edit")
    answer = browser.post(f"/xero/{made.id}/edit", {"version": "1", "sync_from": day, "schedule_at": day})
    assert answer.status_code == 422


@pytest.mark.parametrize("address", ["a\u202e@b.example", "a@b.exam\u2066ple", "a\x7f@b.example", "a\u200b@b.example"])
def test_an_address_for_mail_shows_what_it_is(ready, address):
    site, made, _ = ready
    browser = site.browser()
    browser.get(f"/xero/{made.id}/edit")
    answer = browser.post(f"/xero/{made.id}/edit", {"version": "1", "admin_emails": address})
    assert answer.status_code == 422 and "is not an e-mail address" in answer.text


# Texts from Xero and from people


class Elements(HTMLParser):
    """Every element and attribute name, and where links lead."""

    def __init__(self, text):
        super().__init__()
        self.shape, self.links = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.shape.append((tag, *sorted(name for name, _ in attributes)))
        self.links += [value for name, value in attributes if name in ("href", "src", "action", "formaction")]


def test_hostile_names_change_no_page(make_site, monkeypatch):
    """Whatever Xero calls things, every page has the very elements that it has with harmless names."""
    harmless = shapes(make_site(), monkeypatch, "Harmless")
    for kind, text in HOSTILE.items():
        for name, page in shapes(make_site(), monkeypatch, text).items():
            assert page.shape == harmless[name].shape, (kind, name)
            assert not [link for link in page.links if not link.startswith(("/", "https://", "#"))], (kind, name)


def shapes(site, monkeypatch, text):
    """{page: its elements} with this name for everything that Xero names."""
    monkeypatch.setattr(test_pages, "HOSTILE", text)
    paths = test_pages.pages_of(site, text)
    with site.units.write() as uow:
        made, = uow.webservices.of_gallery(OURS)
        connection = uow.connections.of_webservice(OURS, made.id)
        accounts = (account(20, text), account(21, text), account(26, text, "OTHERINCOME"),
                    account(40, text, "EXPENSE", "EXPENSE"), account(9, text, "BANK", "ASSET", currency="GBP"))
        known = reference(uow.now(), text)
        rates = tuple(dataclasses.replace(rate, name=text) for rate in known.tax_rates)
        themes = (XeroBrandingTheme("d0000000-0000-4000-8000-000000000001", text),)
        uow.reference.put(OURS, connection.tenant_id, dataclasses.replace(
            known, accounts=accounts, tax_rates=rates, branding_themes=themes))
        uow.connections.rename(connection.id, organisation_name=text, short_code=text, base_currency="GBP")
        uow.commit()
    browser, found = site.browser(), {}
    for number, path in enumerate(paths):
        answer = browser.get(path)
        assert answer.status_code == 200, (path, answer.text)
        found[f"{number} {re.sub('[0-9a-f-]{36}', 'ID', path)}"] = Elements(answer.text)
    return found


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_organisations_to_choose_from(site, text):
    made, browser = site.add(), site.browser()
    site.login.tenants = (XeroTenant(TENANT.connection_id, TENANT.tenant_id, "ORGANISATION", text), OTHER_TENANT)
    browser.get(f"/xero/{made.id}/connect")
    browser.post(f"/xero/{made.id}/connect")
    answer = browser.get(f"/xero/callback?state={site.login.state}&code=x")
    page = Elements(browser.follow(answer).text)
    assert not [tag for tag, *names in page.shape if tag in ("img", "svg") or [n for n in names if n.startswith("on")]]
    answer = browser.post("/xero/choose", {"tenant": TENANT.tenant_id})
    assert answer.status_code == 303
    cookies = answer.headers.getlist("Set-Cookie")
    assert all(len(cookie) < 4093 for cookie in cookies)  # a longer one is dropped, and with it the sign-in
    page = browser.follow(answer)
    assert page.status_code == 200 and "Connected with" in page.text
    assert not [name for _, *names in Elements(page.text).shape for name in names if name.startswith("on")]


@pytest.mark.parametrize("problem", [
    AuthRejected("<script>alert(1)</script>"), Conflict("<script>alert(1)</script>"),
    InvalidInput({"x": "<script>alert(1)</script>"}),
])  # fmt: skip
def test_hostile_words_of_an_error(site, monkeypatch, problem):
    made, browser = site.add(), site.browser()

    def fail(*_):
        raise problem

    monkeypatch.setattr(site.services.queries, "list_page", fail)
    answer = browser.get("/xero/")
    assert answer.status_code >= 400 and "<script>alert" not in answer.text and made


# Errors


@pytest.mark.parametrize("config", [{"TESTING": False}, {"TESTING": False, "PROPAGATE_EXCEPTIONS": False}])
def test_an_error_in_production_shows_a_reference_and_nothing_else(make_site, monkeypatch, caplog, config):
    site = make_site(**config)
    made, connection = site.ready()
    run, browser = site.run(connection), site.browser()
    canary = "canary-of-an-error"

    def fail(*_args, **_how):
        raise RuntimeError(canary)

    for service, names in (
        ("queries", ("list_page", "service_page", "settings_page", "run_page", "document_page", "conflicts_page",
                     "comparison_page", "meaning", "answered")),
        ("activity", ("page", "all", "letter")), ("months", ("page", "pack")), ("check", ("page", "counts")),
    ):  # fmt: skip
        for name in names:
            monkeypatch.setattr(getattr(site.services, service), name, fail)
    monkeypatch.setattr(site.services.connect, "complete", fail)
    for route in GETS:
        if route.endpoint in ("new_xero", "choose"):
            continue
        answer = browser.client.get(address(route, made, run.id))
        assert answer.status_code in (500, 303), route
        assert canary not in answer.text and "Traceback" not in answer.text and ".py" not in answer.text
    assert canary in caplog.text  # the site's developer finds it in the log


def test_the_way_back_shows_no_page_whatever_breaks(make_site, monkeypatch):
    site = make_site(TESTING=False)
    monkeypatch.setattr(site.services.connect, "complete", lambda *_, **__: 1 / 0)
    answer = site.browser().get("/xero/callback?state=s&code=canary-code")
    assert (answer.status_code, answer.location) == (303, "/xero/") and "canary" not in answer.text


def test_a_name_with_line_breaks_begins_no_line_in_the_log(site, caplog):
    caplog.set_level(logging.DEBUG, "galleria_xero")
    made, browser = site.add(), site.browser()
    browser.get("/xero/")
    browser.get("/xero/callback", query_string={"state": "a\r\nERROR forged", "error": "b\r\nERROR forged"})
    browser.post(f"/xero/{made.id}/contacts", {"conflict": "c\r\nERROR forged"})
    browser.post(f"/xero/{made.id}/documents/{made.id}", {"xero_id": "d\r\nERROR forged"})
    assert "\nERROR forged" not in caplog.text


# Impatience


def test_ten_tabs_and_double_clicks_start_one_sync(ready):
    site, made, connection = ready
    browsers = [site.browser() for _ in range(10)]
    for browser in browsers:
        browser.get("/xero/")
    answers = []
    together = threading.Barrier(len(browsers))

    def click(browser):
        together.wait()
        answers.extend(browser.post(f"/xero/{made.id}/sync") for _ in range(2))

    threads = [threading.Thread(target=click, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {303} and len({answer.location for answer in answers}) == 1
    with site.units.read() as uow:
        assert len(uow.runs.latest(OURS, made.id, limit=50)) == 1


def test_a_double_click_imports_once_and_connects_once(ready):
    site, made, _ = ready
    browser = site.browser()
    browser.get("/xero/")
    for _ in range(3):
        assert browser.post(f"/xero/{made.id}/import-contacts").status_code == 303
    with site.units.read() as uow:
        assert [run.kind for run in uow.runs.latest(OURS, made.id, limit=50)] == [RunKind.CONTACTS]


def test_the_polled_page_costs_a_bounded_number_of_statements(ready):
    site, made, connection = ready
    for number in range(120):
        site.document(connection, number)
    run, browser, statements = site.run(connection), site.browser(), []
    event.listen(site.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    browser.get(f"/xero/runs/{run.id}.json")
    assert len(statements) < 30
    site.finish(run, RunState.FINISHED)

