"""Steps 1 to 4 of the help article, and every way back from Xero."""

import re

import pytest

from galleria_xero_plugin.ports.records import ConnectionStatus

from .site import OTHER_TENANT, THEIRS


def create(browser, **fields):
    browser.get("/xero/new/xero")
    return browser.post("/xero/new/xero", {"prefix": "NL", **fields})


def begin(site, browser, made):
    browser.get(f"/xero/{made.id}/connect")
    return browser.post(f"/xero/{made.id}/connect")


def back(site, browser, **query):
    return browser.get("/xero/callback", query_string={"state": site.login.state, "code": "a-code"} | query)


def test_the_articles_steps_in_its_words(site):
    browser = site.browser()
    tab = browser.get("/xero/").text
    assert "Webservices" in tab and "Websites" in tab
    assert browser.get(re.search(r'href="(/xero/new)">New Webservice<', tab)[1]).text.count("New Web Service") >= 2
    form = browser.get("/xero/new/xero").text
    for words in ("XERO New Web Service", "Invoice Prefix", "Admin Email", "Enable Scheduled Sync",
                  "Import all Xero contacts", "Copy All Existing Invoices and Associated Contacts To Xero",
                  "Create Webservice"):
        assert words in form
    answer = browser.post("/xero/new/xero", {"prefix": "NL", "admin_emails": "a@b.example; c@d.example",
                                             "scheduled": "y", "copy_existing": "y"})
    assert answer.status_code == 303
    page = browser.follow(answer)
    assert "Allow access" in page.text
    answer = browser.post(answer.location)
    assert answer.status_code == 200
    assert answer.headers["Refresh"].startswith("0;url=https://login.xero.com/")
    assert answer.headers["Referrer-Policy"] == "no-referrer" and answer.headers["Cache-Control"] == "no-store"
    assert "Continue to Xero" in answer.text and site.login.state in answer.text
    answer = back(site, browser)
    assert answer.status_code == 303 and answer.location.endswith("/edit")
    assert answer.headers["Referrer-Policy"] == "no-referrer" and "a-code" not in answer.text
    page = browser.follow(answer).text
    assert "Connected with North Light Ltd" in page and "Update Webservice" in page and "Sync From Date" in page
    with site.units.read() as uow:
        settings = uow.webservices.of_gallery("north-light")[0].settings
    assert (settings.prefix, settings.admin_emails) == ("NL", ("a@b.example", "c@d.example"))
    assert (settings.scheduled, settings.import_contacts, settings.copy_existing) == (True, False, True)


def test_a_blank_prefix_is_ag(site):
    browser = site.browser()
    assert create(browser, prefix="").status_code == 303
    with site.units.read() as uow:
        assert uow.webservices.of_gallery("north-light")[0].settings.prefix == "AG"


@pytest.mark.parametrize(("field", "value", "message"), [
    ("prefix", "A" * 21, "at most 20 characters"),
    ("prefix", "A,B", "letters"),
    ("prefix", "A\x07B", "letters"),
    ("prefix", "AG\n", "letters"),
    ("prefix", "<script>", "letters"),
    ("admin_emails", "nonsense", "is not an e-mail address"),
    ("admin_emails", "a@b", "is not an e-mail address"),
    ("admin_emails", "a@b.example\r\nBcc: x@y.example", "special characters"),
    ("admin_emails", ",".join(f"a{n}@b.example" for n in range(6)), "at most 5 addresses"),
])
def test_what_cannot_be_is_said_at_the_field(site, field, value, message):
    browser = site.browser()
    answer = create(browser, **{"scheduled": "y", field: value})
    assert answer.status_code == 422
    found = re.search(rf'id="gx-{field.replace("_", "-")}-error">([^<]*)<', answer.text)
    assert message in found[1]
    assert f'aria-describedby="gx-{field.replace("_", "-")}-help gx-{field.replace("_", "-")}-error"' in answer.text
    assert re.search(r'name="scheduled"[^>]* checked', answer.text)  # what else was entered is still there
    assert "<script>" not in answer.text
    assert site.rows()["galleria_xero_webservice"] == []


def test_what_is_not_in_the_form_changes_nothing(site):
    browser = site.browser()
    create(browser, gallery_id=THEIRS, status="active", xero_tenant_id=OTHER_TENANT.tenant_id, sync_from="2020-01-01",
           version="7", sales="x")
    with site.units.read() as uow:
        assert uow.webservices.of_gallery(THEIRS) == []
        made, = uow.webservices.of_gallery("north-light")
        assert made.settings.sync_from is None and made.version == 1
        assert uow.connections.of_webservice("north-light", made.id) is None


def test_a_second_webservice_is_told_that_there_is_one(site):
    made = site.add()
    browser = site.browser()
    assert f"/xero/{made.id}/edit" in browser.get("/xero/new").text
    answer = create(browser)
    assert answer.status_code == 409 and "Traceback" not in answer.text


@pytest.mark.parametrize(("query", "words"), [
    ({"error": "access_denied", "code": ""}, "You did not allow access"),
    ({"error": "server_error", "code": ""}, "could not give access"),
    ({"code": ""}, "incomplete"),
    ({"state": "made-up"}, "start again"),
    ({"state": ""}, "start again"),
])
def test_ways_back_that_do_not_connect(site, query, words):
    made = site.add()
    browser = site.browser()
    begin(site, browser, made)
    answer = back(site, browser, **query)
    assert answer.status_code == 303 and answer.location == "/xero/"
    page = browser.follow(answer).text
    assert words in page and "Allow access" in page  # and there is the way on
    assert site.connection(made) is None


def test_an_answer_counts_once(site):
    made = site.add()
    browser = site.browser()
    begin(site, browser, made)
    assert back(site, browser).location.endswith("/edit")
    assert back(site, browser).location == "/xero/"
    assert "was used already" in browser.get("/xero/").text


def test_an_answer_counts_in_the_browser_that_asked(site):
    made = site.add()
    begin(site, site.browser(), made)
    thief = site.browser()
    assert back(site, thief).location == "/xero/"
    assert "another sign-in" in thief.get("/xero/").text
    assert site.connection(made) is None


def test_choosing_among_organisations(site):
    site.login.tenants = (site.login.tenants[0], OTHER_TENANT)
    made = site.add()
    browser = site.browser()
    begin(site, browser, made)
    answer = back(site, browser)
    assert answer.location == "/xero/choose"
    page = browser.follow(answer).text
    assert "North Light Ltd" in page and "Harbour Ltd" in page
    answer = browser.post("/xero/choose", {"tenant": "00000000-0000-4000-8000-000000000000"})
    assert answer.status_code == 422 and "Please choose" in answer.text
    answer = browser.post("/xero/choose", {"tenant": OTHER_TENANT.tenant_id})
    assert answer.status_code == 303
    assert site.connection(made).organisation_name == "Harbour Ltd"


def test_an_organisation_of_another_gallery_is_refused(site):
    site.connected(THEIRS)
    made = site.add()
    browser = site.browser()
    begin(site, browser, made)
    answer = back(site, browser)
    assert answer.location == "/xero/"
    page = browser.follow(answer).text
    assert f"{site.login.tenants[0].name} is connected elsewhere on this site" in page and "choose your own" in page
    assert "Harbour Gallery" not in page        # whose it is stays untold
    assert site.connection(made) is None


def test_pause_resume_disconnect_delete(site):
    made, _ = site.ready()
    browser = site.browser()
    browser.get("/xero/")
    assert browser.post(f"/xero/{made.id}/pause").status_code == 303
    assert site.connection(made).status is ConnectionStatus.PAUSED
    page = browser.get("/xero/").text
    assert "Nothing is sent to Xero until you press Resume" in page and "Resume" in page
    browser.post(f"/xero/{made.id}/resume")
    assert site.connection(made).status is ConnectionStatus.ACTIVE
    assert "invoices stay in Xero" in browser.get(f"/xero/{made.id}/disconnect").text
    browser.post(f"/xero/{made.id}/disconnect")
    assert site.connection(made).status is ConnectionStatus.DISCONNECTED
    assert "Reconnect" in browser.get("/xero/").text
    assert "invoices stay in Xero" in browser.get(f"/xero/{made.id}/delete").text
    browser.post(f"/xero/{made.id}/delete")
    assert site.webservice(made) is None


def test_reconnect_is_one_click(site):
    made, _ = site.ready()
    browser = site.browser()
    browser.get("/xero/")
    answer = browser.post(f"/xero/{made.id}/reconnect")
    assert answer.status_code == 200 and answer.headers["Refresh"].startswith("0;url=https://login.xero.com/")
    answer = back(site, browser)
    assert answer.location == "/xero/"
    assert "Connected with North Light Ltd again" in browser.follow(answer).text
