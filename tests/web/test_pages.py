"""The pages as answers: their headers, what they never contain, and hostile texts from Xero and from people."""

import re
from html.parser import HTMLParser

import pytest
from flask import render_template_string

from galleria_xero_plugin import errors
from galleria_xero_plugin.domain.comparison import Comparison, Finding, What
from galleria_xero_plugin.domain.reasons import REASONS
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunKind, RunState
from galleria_xero_plugin.ports.records import ConnectionStatus
from galleria_xero_plugin.ports.xero import XeroTenant
from galleria_xero_plugin.testing import make_gallery_info

from .site import OURS, TENANT

HOSTILE = '<img src=x onerror=alert(1)>"\'><script>alert(2)</script>%(x)s{{7*7}}'
XERO_ID = "f0000000-0000-4000-8000-000000000001"


class Tags(HTMLParser):
    """The elements of a page, and whether they are closed in the right order."""

    VOID = frozenset({"meta", "link", "input", "br", "hr", "img"})

    def __init__(self, text):
        super().__init__()
        self.open, self.found, self.labels, self.fields = [], [], set(), []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.found.append((tag, attributes))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag


@pytest.fixture
def full(site):
    """A site with something on every page; returns (site, path of every page)."""
    return site, pages_of(site)


def pages_of(site, name="North Light Ltd"):
    tenant = XeroTenant(TENANT.connection_id, TENANT.tenant_id, TENANT.tenant_type, name)
    made, connection = site.ready(tenant=tenant)
    site.gallery.add_invoice()
    def say(words):
        return HOSTILE if name == HOSTILE else words

    text = say("Ada Marsh")
    waiting = site.document(connection, 1, label=say("AG-1"), contact_name=text, reason_code="total_differs",
                            reason_facts={"gallery_total": "1200.00 GBP", "xero_total": "1200.06 GBP", "line": say("Frame, oak")})
    refused = site.document(connection, 2, state=DocumentState.PENDING, contact_name=text)
    site.move(refused, DocumentState.REJECTED, reason=("xero_refused", {"xero": say("Account code 200 is archived.")}))
    sent = site.document(connection, 3, state=DocumentState.PENDING)
    site.move(sent, DocumentState.DONE, xero_id=XERO_ID, xero_number="AG-3")
    site.document(connection, 3, kind=DocumentKind.PAYMENT, parent_local_id="invoice-3",
                  reason_code="payment_method_unmapped", reason_facts={"method": say("Cheque")})
    site.conflict(connection, text, ["c-1", "c-2"],
                  [("c-1", say("ada marsh"), "ada@marsh.example"), ("c-2", say("ada marsh"), "")])
    site.month(made, connection, name=text)
    maybe = site.document(connection, 4, state=DocumentState.CONFLICT, label=say("AG-4"), contact_name=text,
                          reason_code="maybe_in_books", reason_facts={"number": say("AG-4"), "other": say("INV-0007")})
    site.question(maybe, connection, number=say("INV-0007")[:200], reference=say("AG 4, studio visit"), contact_name=say("A. Marsh"))
    draft = site.document(connection, 5, state=DocumentState.PENDING)
    site.move(draft, DocumentState.DONE, xero_id=XERO_ID[:-1] + "5", xero_number="AG-5",
              reason=("first_run_draft", {"number": say("AG-5")}))
    with site.units.write() as uow:
        found = Finding(What.GONE, say("AG-3"), sent), Finding(What.STRANGE, say("AG-9"))
        uow.comparisons.put(OURS, connection.tenant_id, Comparison(41, found))
        uow.commit()
    done = site.run(connection, step=say("Sending invoices"), scanned=True, add={"invoices": 1, "waiting": 2})
    site.finish(done, RunState.FINISHED)
    failed = site.run(connection, RunKind.CONTACTS, add={"created": 2})
    site.finish(failed, RunState.FAILED, error_code="gallery_failed")
    live = site.run(connection, step=say("Sending invoices"), scanned=True, add={"invoices": 3})
    of = f"/xero/{made.id}"
    return [
        "/xero/", "/xero/new", "/xero/new/xero", f"{of}/connect", f"{of}/edit", f"{of}/disconnect", f"{of}/delete",
        f"{of}/activity", f"{of}/activity?group=waiting", f"{of}/activity?search=marsh&kind=invoice",
        f"{of}/activity?search=nothing-like-it", f"{of}/for-bookkeeper", f"{of}/for-bookkeeper?document={refused}",
        f"{of}/contacts", f"{of}/comparison", f"{of}/check", f"{of}/months", f"{of}/months?month=2026-02",
        f"{of}/documents/{waiting}",
        f"{of}/preview", f"{of}/books", f"{of}/first-run", f"{of}/documents/{maybe}",
        f"{of}/documents/{refused}", f"{of}/documents/{sent}", f"/xero/runs/{done.id}", f"/xero/runs/{failed.id}",
        f"/xero/runs/{live.id}", f"/xero/runs/{done.id}/in-xero",
    ]


def test_every_page_is_well_made(full):
    site, paths = full
    browser = site.browser()
    for path in paths:
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "no-store" and "Cookie" in answer.headers["Vary"]
        assert answer.headers["Referrer-Policy"] == "same-origin"
        tags = Tags(answer.text)
        ids = [attributes["id"] for _, attributes in tags.found if "id" in attributes]
        assert len(ids) == len(set(ids)), path
        assert [tag for tag, _ in tags.found].count("h1") == 1, path
        labels = {attributes.get("for") for tag, attributes in tags.found if tag == "label"}
        for tag, attributes in tags.found:
            assert tag != "style" and "style" not in attributes, path
            assert not [name for name in attributes if name.startswith("on")], path
            assert tag != "script" or attributes.get("src", "").startswith("/xero/static/"), path
            assert not (attributes.get("href") or "").lower().startswith("javascript:"), path
            if tag in ("input", "select") and attributes.get("type") != "hidden":
                assert attributes.get("id") in labels or "aria-label" in attributes, (path, attributes)
            for name in ("aria-describedby", "aria-labelledby"):
                assert set(attributes.get(name, "").split()) <= set(ids), (path, attributes)
            if tag == "form" and attributes["method"] == "post":
                assert attributes["action"].startswith("/xero/")
        assert answer.text.count('method="post"') == answer.text.count('name="csrf_token"')


def test_the_style_sheet_and_the_module_are_served(site):
    client = site.app.test_client()
    text = site.browser().get("/xero/").text
    for path in re.findall(r'(?:href|src)="(/xero/static/[^"]+)"', text):
        answer = client.get(path)
        assert answer.status_code == 200 and answer.mimetype in ("text/css", "text/javascript")
        answer.close()


def test_hostile_texts_are_only_texts(site):
    browser = site.browser()
    for path in pages_of(site, HOSTILE):
        text = browser.get(path).text
        assert "<script>alert" not in text and "<img src=x" not in text, path
        Tags(text)


def test_links_into_xero_are_made_of_checked_parts(full):
    site, paths = full
    browser = site.browser()
    text = "".join(browser.get(path).text for path in paths)
    assert f"https://go.xero.com/app/%21nLt7/invoicing/view/{XERO_ID}" in text
    hosts = set(re.findall(r'href="(https?://[^/"]+)', text))
    assert hosts == {"https://go.xero.com", "https://gallery.example"}


def test_a_document_shows_its_reason_and_one_way_on(full):
    site, paths = full
    browser = site.browser()
    text = browser.get(next(path for path in paths if path.endswith("group=waiting"))).text
    assert "The totals do not agree" in text and "GBP\N{NO-BREAK SPACE}1,200.06" in text
    assert "Waiting for you" in text and "Waiting for your bookkeeper" in text and "Choose the account" in text
    assert "Open the invoice" in text and "https://gallery.example/invoices/invoice-1" in text
    assert "blocked" not in re.sub(r"<[^>]*>", "", text) and "rejected" not in re.sub(r"<[^>]*>", "", text)


def test_the_tab_counts_what_needs_whom(full):
    site, _ = full
    text = re.sub(r"\s+", " ", site.browser().get("/xero/").text)
    assert "3 need you" in text and "1 for your bookkeeper" in text and "1 question about a contact" in text


def test_what_a_viewer_sees_has_no_buttons(full):
    site, paths = full
    browser = site.browser("viewer")
    for path in (path for path in paths if "/activity" in path or "/runs/" in path or path == "/xero/"):
        text = browser.get(path).text
        assert 'method="post"' not in text and "/edit" not in text and "/delete" not in text, path


def test_the_hosts_own_base_template_is_used(make_site, tmp_path):
    site = make_site(base_template="host_base.html")
    (templates := tmp_path / "templates").mkdir()
    (templates / "host_base.html").write_text(
        "<!doctype html><html lang=en><head><title>{% block title %}{% endblock %} - My host</title>"
        "{% block head %}<meta name=host content=kept>{% endblock %}</head>"
        "<body><nav>Artworks</nav>{% block content %}{% endblock %}</body></html>")
    site.app.jinja_loader.searchpath.append(str(templates))
    text = site.browser().get("/xero/").text
    assert "<title>Webservices - My host</title>" in text
    assert "<nav>Artworks</nav>" in text and "name=host" in text and "galleria-xero.css" in text


def test_the_hosts_translations_are_used(site):
    words = {"Webservices": "Webdienste", "New Webservice": "Neuer Webdienst"}
    site.app.jinja_env.add_extension("jinja2.ext.i18n")
    site.app.jinja_env.install_gettext_callables(lambda text: words.get(text, text), lambda a, b, n: a, newstyle=True)
    text = site.browser().get("/xero/").text
    assert "<h1>Webdienste</h1>" in text and ">Neuer Webdienst</a>" in text

    words |= {"Xero refused it": "Von Xero abgelehnt", "Mar": "M\u00e4rz",
              "Xero did not take it. It says: {xero}": "Xero sagt: {xero}"}  # fmt: skip
    made, connection = site.ready(tenant=XeroTenant(TENANT.connection_id, TENANT.tenant_id, "ORGANISATION", HOSTILE))
    site.document(connection, contact_name=HOSTILE, reason_code="xero_refused", reason_facts={"xero": HOSTILE})
    for path in ("/xero/", f"/xero/{made.id}/activity", f"/xero/{made.id}/edit", f"/xero/{made.id}/disconnect"):
        text = site.browser().get(path).text
        assert "<script>alert" not in text and "<img src=x" not in text
    site.document(connection, 7, reason_code="xero_refused", reason_facts={"xero": "<b>100 % no</b>"})
    text = site.browser().get(f"/xero/{made.id}/activity").text
    assert "Von Xero abgelehnt" in text and "Xero sagt: &lt;b&gt;100 % no&lt;/b&gt;" in text and "M\u00e4rz" in text


def test_why_a_run_failed_and_why_a_card_is_red_are_said_in_the_hosts_language(site):
    words = {REASONS["account_unusable"].title: "Konto unbrauchbar",
             REASONS["account_unusable"].sentence: "{account} nimmt nichts mehr an."}  # fmt: skip
    site.app.jinja_env.add_extension("jinja2.ext.i18n")
    site.app.jinja_env.install_gettext_callables(lambda text: words.get(text, text), lambda a, b, n: a, newstyle=True)
    made, connection = site.ready()
    run = site.run(connection)
    with site.units.write() as uow:
        uow.runs.finish(run.id, RunState.FAILED, error_code="account_unusable")
        uow.connections.set_status(connection.id, ConnectionStatus.ACTIVE, "account_unusable")
        uow.commit()
    for path in ("/xero/", f"/xero/runs/{run.id}"):
        assert "Konto unbrauchbar. The chosen account nimmt nichts mehr an." in site.browser().get(path).text


def test_dates_and_money_are_the_gallerys(site):
    site.gallery.shelf(OURS).info = make_gallery_info(OURS, locale="de-DE", time_zone="Pacific/Auckland")
    made, connection = site.ready()
    site.document(connection)
    text = site.browser().get(f"/xero/{made.id}/activity").text
    assert "GBP\N{NO-BREAK SPACE}1.234,50" in text and "2\N{NO-BREAK SPACE}Mar\N{NO-BREAK SPACE}2026" in text


@pytest.mark.parametrize(("problem", "status", "words"), [
    (errors.Busy("locked"), 503, "Nothing was changed"),
    (errors.NotConnected("This webservice is not connected to Xero."), 409, "not connected"),
    (errors.ReconnectRequired("Xero needs your permission again."), 409, "permission again"),
    (errors.Conflict("Somebody saved first."), 409, "Somebody saved first"),
    (errors.ConfigError(["SECRET_THING is missing"]), 500, "not set up"),
    (errors.TokenUnreadable("key k1"), 500, "developer"),
    (errors.AuthUnavailable("timeout"), 503, "cannot be reached"),
    (errors.Unknown(detail="bytes of Xero"), 503, "checking what arrived"),
    (errors.NotFound("secret id"), 404, "does not exist"),
])
def test_every_branch_of_the_error_tree_has_a_page(site, problem, status, words):
    def fails(access):
        raise problem

    site.services.queries.list_page = fails
    answer = site.browser().get("/xero/")
    assert answer.status_code == status and words in answer.text
    assert "Traceback" not in answer.text
    for secret in ("SECRET_THING", "key k1", "secret id", "bytes of Xero"):
        assert secret not in answer.text
    assert "Back to Webservices" in answer.text


def test_what_nobody_foresaw_has_a_reference_and_no_trace(make_site, caplog):
    site = make_site(TESTING=False)

    def fails(access):
        raise RuntimeError("secret detail")

    site.services.queries.list_page = fails
    answer = site.browser().get("/xero/")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text and "Traceback" not in answer.text
    reference = re.search(r"<code>([0-9a-f]{8})</code>", answer.text)[1]
    assert reference in caplog.text and "secret detail" in caplog.text


def test_the_hosts_other_pages_keep_their_own_error_pages(site):
    assert "Back to Webservices" not in site.browser().get("/no-such-page").text


def test_nav_entry(site):
    from galleria_xero_plugin.web.nav import nav_entry

    site.app.add_url_rule("/websites", view_func=lambda: render_template_string(
        "{{ entry.label }} {{ entry.url }} {{ entry.active }}", entry=nav_entry()))
    assert site.app.test_client().get("/websites").text == "Webservices /xero/ False"
    with site.app.test_request_context("/xero/"):
        assert nav_entry().active is True


def test_the_counts_of_the_comparison_stand_on_the_row_and_lead_to_what_does_not_agree(site):
    made, connection = site.ready()
    browser = site.browser("viewer")
    assert "Compared with Xero" not in browser.get("/xero/").text
    assert "Not compared yet" in browser.get(f"/xero/{made.id}/comparison").text
    sent = site.document(connection, 3, state=DocumentState.PENDING)
    for findings, words in (
        ((), "Everything agrees"),
        ((Finding(What.GONE, "AG-3", sent), Finding(What.PAYMENT_TWICE, "AG-4")), "2 numbers want a look"),
    ):
        with site.units.write() as uow:
            uow.comparisons.put(OURS, connection.tenant_id, Comparison(41, findings))
            uow.commit()
        assert words in browser.get("/xero/").text
    page = browser.get(f"/xero/{made.id}/comparison").text
    assert "41 invoices agree" in page and "One payment stands twice in Xero" in page
    assert f"/documents/{sent}" in page
    assert site.browser("theirs").get(f"/xero/{made.id}/comparison").status_code == 404


def test_what_xero_remarked_on_a_document_stands_on_its_page(site):
    made, connection = site.ready()
    sent = site.document(connection, 3, state=DocumentState.PENDING)
    site.move(sent, DocumentState.DONE, xero_id=XERO_ID, warnings=["The account code 200 was archived.", HOSTILE])
    page = site.browser().get(f"/xero/{made.id}/documents/{sent}").text
    assert "Xero remarked" in page and "The account code 200 was archived." in page
    assert "<script>alert(2)" not in page


def test_a_known_difference_is_said_to_be_all_right_and_counts_again_when_that_was_a_mistake(site):
    made, connection = site.ready()
    with site.units.write() as uow:
        uow.comparisons.put(OURS, connection.tenant_id, Comparison(41, (Finding(What.STRANGE, "AG-7", sides="1|2"),)))
        uow.commit()
    browser, where = site.browser(), f"/xero/{made.id}/comparison"
    assert "This is all right: AG-7" in browser.get(where).text
    assert "This is all right" not in site.browser("viewer").get(where).text
    assert browser.post(where, {"document": "", "number": "AG-7", "accept": "y"}).status_code == 303
    page = browser.get(where).text
    assert "Nothing is missing, too many or different." in page and "Accepted as it is (1)" in page
    assert "Everything agrees" in browser.get("/xero/").text
    assert browser.post(where, {"document": "", "number": "AG-7", "accept": "y"}).status_code == 404
    assert browser.post(where, {"document": "", "number": "AG-7", "again": "y"}).status_code == 303
    assert "1 too many" in browser.get(where).text
