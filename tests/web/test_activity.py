"""Activity: finding a document, its life, putting it aside, and the files for a spreadsheet and a bookkeeper."""

import csv
import datetime as dt
import html
import io
import re
from decimal import Decimal

import pytest

from galleria_xero_plugin.domain.model import InvoiceState
from galleria_xero_plugin.domain.reason_catalogue import UNKNOWN
from galleria_xero_plugin.domain.reasons import REASONS
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunState
from galleria_xero_plugin.ports.records import Batch
from galleria_xero_plugin.services import activity, not_listed, usage

from .site import OURS

XERO_ID = "f0000000-0000-4000-8000-000000000001"


def listed(answer):
    return re.findall(r'/documents/[^"]+">([^<]+)</a>\s*</span>', answer.text)


def listed_rows(text):
    return set(re.findall(r'/documents/[^"]+">([^<]+)</a></span>', text))


def send(site, connection, document_id, name="b-1"):
    """One document goes to Xero and stands there."""
    with site.units.write() as uow:
        lease = uow.connections.claim_lease(connection.id, "w", 60)
        kind = uow.ledger.get(OURS, document_id).kind
        batch = Batch(name, name, "h", {document_id: "{}"})
        assert uow.ledger.start_sending(connection.id, lease, kind, batch, worker="w")
        uow.ledger.finish_attempt(name, status=200, outcome="answered: 1 created", request_id="req-7")
        uow.ledger.move(document_id, expect=[DocumentState.SENDING], to=DocumentState.DONE, xero_id=XERO_ID)
        uow.connections.release_lease(connection.id, lease)
        uow.commit()


def row(site, document_id):
    with site.units.read() as uow:
        return uow.ledger.get(OURS, document_id)


def test_by_date(site):
    made, connection = site.ready()
    for number, day in ((1, dt.date(2026, 1, 31)), (2, dt.date(2026, 2, 1)), (3, dt.date(2026, 2, 28)), (4, None)):
        site.document(connection, number, document_date=day)
    ask = site.browser().get
    of = f"/xero/{made.id}/activity"
    assert listed(ask(f"{of}?since=2026-02-01")) == ["AG-3", "AG-2"]
    assert listed(ask(f"{of}?since=2026-02-01&until=2026-02-01")) == ["AG-2"]
    assert listed(ask(of)) == ["AG-3", "AG-2", "AG-1", "AG-4"]  # without a date: last
    assert listed(ask(f"{of}?since=tomorrow")) == ["AG-3", "AG-2", "AG-1", "AG-4"]


def test_by_run(site):
    """What a run sent and what it put aside; what came later is not its doing."""
    made, connection = site.ready()
    sent = site.document(connection, 1, state=DocumentState.PENDING)
    run = site.run(connection)
    send(site, connection, sent)
    site.document(connection, 2)
    site.finish(run, RunState.FINISHED)
    browser = site.browser()
    page = browser.get(f"/xero/{made.id}/activity?run={run.id}")
    assert listed(page) == ["AG-2", "AG-1"] and f'value="{run.id}" selected' in page.text
    assert listed(browser.get(f"/xero/{made.id}/activity?run={run.id}&group=done")) == ["AG-1"]
    assert listed(browser.get(f"/xero/{made.id}/activity?run={made.id}")) == ["AG-2", "AG-1"]  # no run: no filter


def test_the_life_of_a_document(site):
    made, connection = site.ready()
    document = site.document(connection, reason_code="xero_refused", reason_facts={"xero": "no"})
    browser = site.browser()
    browser.get(f"/xero/{made.id}/documents/{document}")
    browser.post(f"/xero/{made.id}/activity", {"document": document})
    send(site, connection, document)
    text = re.sub(r"<[^>]+>|\s+", " ", browser.get(f"/xero/{made.id}/documents/{document}").text)
    happened = [text.index(words) for words in (
        "Came from your gallery", "Try again or Send now was pressed", "by Nora Light", "Sent; Xero answered", "req-7")]  # fmt: skip
    assert happened == sorted(happened) and text.count("by Nora Light") == 2 and "in this sync" in text


def test_send_now_what_only_lacks_a_sync(site):
    made, connection = site.ready()
    document = site.document(connection, state=DocumentState.PENDING)
    browser = site.browser()
    assert "Send now" in browser.get(f"/xero/{made.id}/documents/{document}").text
    answer = browser.post(f"/xero/{made.id}/activity", {"document": document})
    assert "/runs/" in answer.location and site.bell.rung == [("export", connection.id)]


def test_stop_asking_is_confirmed_first_and_taken_back_by_ask_again(site):
    made, connection = site.ready()
    invoice = site.document(connection, 1, reason_code="total_differs")
    payment = site.document(connection, 1, DocumentKind.PAYMENT, state=DocumentState.PENDING, parent_local_id="invoice-1",
                            depends_on=(DocumentKind.INVOICE, "invoice-1"))  # fmt: skip
    contact = site.document(connection, 2, DocumentKind.CONTACT, label="Ada", reason_code="contact_ambiguous")
    browser, path = site.browser(), f"/xero/{made.id}/activity/stop"
    page = browser.get(f"/xero/{made.id}/activity?group=waiting").text
    assert "Stop asking about the ticked ones" in page
    asked = browser.post(path, {"document": [invoice, contact]})
    assert asked.status_code == 200 and asked.text.count('name="document"') == 1 and "AG-1" in asked.text
    assert row(site, invoice).state is DocumentState.BLOCKED
    done = browser.post(path, {"document": [invoice, contact], "confirmed": "yes"})
    assert "not asked about any more" in browser.follow(done).text
    assert {row(site, one).state for one in (invoice, payment)} == {DocumentState.SKIPPED}
    assert row(site, contact).state is DocumentState.BLOCKED
    page = browser.get(f"/xero/{made.id}/documents/{invoice}").text
    assert "Nora Light pressed Stop asking" in page and "Ask again" in page
    answer = browser.post(f"/xero/{made.id}/documents/{invoice}/again")
    assert "/runs/" in answer.location
    assert {row(site, one).state for one in (invoice, payment)} == {DocumentState.PENDING}
    assert browser.post(path, {}).status_code == 303
    assert browser.post(path, {"document": invoice, "confirmed": "yes"}).status_code == 404  # it waits no more


def test_the_file_has_all_of_the_filter_and_no_formula(site):
    made, connection = site.ready()
    names = ("=HYPERLINK(1)", "+44", "-1", "@here", "\tx", "\rx", "Æther \"&\" Co., München", "<b>")
    for number, name in enumerate(names):
        site.document(connection, number, contact_name=name, label=name, amount=Decimal("-5.00"))
    site.document(connection, 90, state=DocumentState.PENDING, contact_name="not this one")
    answer = site.browser().get(f"/xero/{made.id}/activity.csv?group=waiting")
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.data.startswith("\ufeff".encode())
    lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert {line[2] for line in lines[1:]} == {"'" + name for name in names[:6]} | set(names[6:])
    assert all(line[4] == "-5.00" and line[3] == "2026-03-02" for line in lines[1:])  # numbers stay numbers


def test_a_file_says_who_cancelled_and_writes_cents_in_full(site):
    made, connection = site.ready()
    document = site.document(connection, 1, state=DocumentState.PENDING, amount=Decimal("29.5"))
    site.move(document, DocumentState.DONE, xero_id=XERO_ID, xero_total=Decimal("29.5"),
              reason=("cancelled_by_person", {"who": "Nora Light"}))  # fmt: skip
    site.document(connection, 2, amount=Decimal("1250"), currency="JPY")
    text = site.browser().get(f"/xero/{made.id}/activity.csv").data.decode("utf-8-sig")
    lines = {line["Number"]: line for line in csv.DictReader(io.StringIO(text, newline=""))}
    assert lines["AG-1"]["State"] == "Cancelled in Xero by Nora Light" and "%(" not in text
    assert [lines["AG-1"][of] for of in ("Amount", "Amount in Xero")] == ["29.50", "29.50"]
    assert lines["AG-2"]["Amount"] == "1250"


def test_saving_the_settings_leaves_everything_where_it_stood_until_it_is_decided_anew(site):
    """The card, the tabs and the list have the same numbers, and every reason stays with its action."""
    made, connection = site.ready()
    site.document(connection, 1, reason_code="total_differs")
    site.document(connection, 2, state=DocumentState.REJECTED, reason_code="xero_refused", reason_facts={"xero": "no"})
    site.document(connection, 3, state=DocumentState.CONFLICT, reason_code="number_taken")
    site.document(connection, 4, state=DocumentState.SKIPPED, reason_code="zero_total")
    site.document(connection, 1, DocumentKind.PAYMENT, state=DocumentState.PENDING, label="Payment of AG-1",
                  depends_on=(DocumentKind.INVOICE, "invoice-1"))  # fmt: skip
    browser, of = site.browser(), f"/xero/{made.id}/activity"

    def shown():
        pages = [browser.get(f"{of}?group={group}").text for group in ("waiting", "moving", "skipped")]
        tabs = re.findall(r'gx-number">(\d+)', pages[0])
        reasons = [re.findall(r'<p class="gx-reason"><strong>([^<]+)', page) for page in pages]
        with site.units.read() as uow:
            codes = uow.ledger.waiting_codes(OURS, connection.tenant_id)
        return [listed_rows(page) for page in pages], tabs, reasons, codes

    before = shown()
    assert before[0] == [{"AG-1", "AG-2", "AG-3", "Payment of AG-1"}, set(), {"AG-4"}]
    saved = site.webservice(made)
    site.services.settings.save(site.owner, made.id, saved.settings, saved.version)
    assert row(site, site.document(connection, 1)).state is DocumentState.PENDING  # it is due again
    assert shown() == before
    assert sum(before[3].values()) == 4


@pytest.mark.parametrize("search", ["#1042", "1042", "AG1042", "ag 1042", "AG-1042", "marsh", "ADA"])
def test_a_number_is_found_however_it_is_written(site, search):
    made, connection = site.ready()
    site.document(connection, 1042)
    site.document(connection, 7, contact_name="Bo Stone")
    found = site.browser().get(f"/xero/{made.id}/activity", query_string={"search": search})
    assert listed_rows(found.text) == {"AG-1042"}
    assert re.findall(r'gx-number">(\d+)', found.text)[:2] == ["1", "1"]  # the tabs count what the search finds


def test_what_another_tab_has_is_told(site):
    made, connection = site.ready()
    document = site.document(connection, 1042, state=DocumentState.PENDING)
    site.move(document, DocumentState.DONE, xero_id=XERO_ID)
    text = site.browser().get(f"/xero/{made.id}/activity?group=waiting&search=1042").text
    assert "1 found under In Xero" in text and "group=done" in text and "Nothing here. Try" not in text
    text = site.browser().get(f"/xero/{made.id}/activity?kind=payment&search=1042").text
    assert "Search everywhere" in text


def test_an_invoice_that_no_sync_has_read_says_why(site):
    made, connection = site.ready(sync_from=dt.date(2026, 3, 1))
    site.gallery.add_invoice(number=1010, date=dt.date(2026, 2, 3))
    site.gallery.add_invoice(number=1120, date=dt.date(2026, 3, 3), state=InvoiceState.DRAFT)
    new = site.gallery.add_invoice(number=1121, date=dt.date(2026, 3, 4))
    browser, of = site.browser(), f"/xero/{made.id}/activity"
    ask = lambda text: browser.get(of, query_string={"search": text}).text.replace("\xa0", " ")  # noqa: E731
    older = ask("#1010")
    assert "only invoices from 1 Mar 2026 on are sent" in older and "Send now" not in older
    assert "has not issued an invoice #1120. A draft is sent when it is issued" in ask("1120")
    assert "#1121 is new in your gallery and goes with the next sync" in ask("ag-1121")
    answer = browser.post(f"{of}/new", {"invoice": new.id})
    assert "/runs/" in answer.location and "document=" in answer.location, "the page tells what becomes of it"
    assert site.bell.rung == [("export", connection.id)]
    assert listed_rows(ask("1121")) == {"AG-1121"}
    assert "Nothing here" in ask("nobody of this name") and "Nothing here" in ask("XY-1121")
    assert browser.post(f"{of}/new", {"invoice": "somebody else's"}).status_code == 404


def test_of_a_large_gallery_only_what_is_dated_lately_is_looked_up(site, monkeypatch):
    """A search that finds nothing never reads the whole index, and says of no number that it was not issued."""
    monkeypatch.setattr(not_listed, "LOOKED_AT", 3)
    monkeypatch.setattr(usage, "INDEX_PAGE", 3)
    made, _ = site.ready(sync_from=dt.date(2026, 3, 1))
    for number in range(1, 8):
        site.gallery.add_invoice(number=number, date=dt.date(2020, 1, number))
    site.gallery.add_invoice(number=1121, date=dt.date(2026, 3, 4))
    of = f"/xero/{made.id}/activity?search="
    assert "#1121 is new in your gallery" in site.browser().get(f"{of}1121").text.replace("\xa0", " ")
    unknown = site.browser().get(f"{of}7").text
    assert "Nothing here" in unknown and "has not issued" not in unknown


def test_send_now_answers_for_the_one_document_and_show_what_waits_shows_as_many_as_it_says(site):
    made, connection = site.ready()
    for number in (1, 2):
        site.document(connection, number, reason_code="tax_differs", reason_facts={"number": f"AG-{number}"})
    one = site.document(connection, 74, reason_code="total_differs")
    browser = site.browser()
    browser.get(f"/xero/{made.id}/activity?group=waiting")
    answer = browser.post(f"/xero/{made.id}/activity", {"document": one})
    site.move(one, DocumentState.BLOCKED, reason=("total_differs", {"gallery_total": "5334.40 GBP"}))
    run_id = re.search(r"/runs/([0-9a-f-]{36})", answer.location)[1]
    with site.units.write() as uow:
        uow.runs.progress(run_id, put={"waiting": 1})
        uow.runs.finish(run_id, RunState.FINISHED)
        uow.commit()
    page = browser.follow(answer).text
    text = re.sub(r"<[^>]+>|\s+", " ", page).replace("\xa0", " ")
    assert re.search(r"AG-74 *: +not sent\. +The totals do not agree", text) and "3 wait for you" in text
    waits = html.unescape(re.search(r'href="([^"]+)">Show what waits', page)[1])
    assert len(listed_rows(browser.get(waits).text)) == 3


def test_the_card_says_who_is_waited_for(site):
    made, connection = site.ready()
    site.document(connection, 1, reason_code="period_locked")
    assert "One thing waits for your bookkeeper." in site.browser().get("/xero/").text
    site.document(connection, 2, reason_code="period_locked")
    assert "2 things wait for your bookkeeper." in site.browser().get("/xero/").text.replace("\xa0", " ")
    site.document(connection, 3, reason_code="tax_differs")
    assert "3 things need you." in site.browser().get("/xero/").text.replace("\xa0", " ")


def test_what_was_taken_out_of_xero_says_so_below_not_in_xero(site):
    made, connection = site.ready()
    for number, kind in enumerate((DocumentKind.INVOICE_VOID, DocumentKind.PAYMENT_DELETE), start=1):
        taken = site.document(connection, number, kind=kind, state=DocumentState.PENDING)
        site.move(taken, DocumentState.SENDING)
        xero_id = f"e0000000-0000-4000-8000-00000000000{number}"
        site.move(taken, DocumentState.DONE, was=[DocumentState.SENDING], xero_id=xero_id)
    page = site.browser().get(f"/xero/{made.id}/activity?group=skipped").text
    assert "Cancelled in Xero" in page and "Taken out of Xero" in page and "Done in Xero" not in page


def test_while_it_is_paused_the_card_promises_no_sync(site):
    made, _ = site.ready(scheduled=True)
    assert "Every night" in site.browser().get("/xero/").text
    browser = site.browser()
    browser.get("/xero/")
    browser.post(f"/xero/{made.id}/pause")
    page = browser.get("/xero/").text
    assert "Paused: not before you press Resume" in page and "Every night" not in page


def test_what_is_to_be_decided_anew_can_still_be_put_aside(site):
    made, connection = site.ready()
    document = site.document(connection, 1, state=DocumentState.PENDING, reason_code="total_differs")
    browser = site.browser()
    page = browser.get(f"/xero/{made.id}/documents/{document}").text
    assert "The totals do not agree" in page and "Stop asking" in page and "Try again" in page
    browser.post(f"/xero/{made.id}/activity/stop", {"document": document, "confirmed": "yes"})
    assert (row(site, document).state, row(site, document).reason_code) == (DocumentState.SKIPPED, "stopped_asking")


def test_a_large_file_is_read_in_pages(site, monkeypatch):
    made, connection = site.ready()
    for number in range(12):
        site.document(connection, number)
    monkeypatch.setattr(activity, "FILE_PAGE", 5)
    answer = site.browser().get(f"/xero/{made.id}/activity.csv")
    assert answer.is_streamed and len(set(answer.text.splitlines())) == 13


def test_a_text_for_the_bookkeeper(site):
    made, connection = site.ready()
    site.document(connection, 1, reason_code="xero_refused", reason_facts={"xero": "Account code 4 is archived"})
    site.document(connection, 2, reason_code="total_differs")  # the owner's
    locked = site.document(connection, 3, reason_code="period_locked",
                           reason_facts={"date": "2026-01-30", "lock_date": "2026-01-31"})  # fmt: skip
    browser = site.browser()
    page = browser.get(f"/xero/{made.id}/for-bookkeeper").text
    text = page.split("readonly>")[1].split("</textarea>")[0]
    assert "Account code 4 is archived" in text and "30 Jan 2026" in text.replace("\xa0", " ") and "AG-2" not in text
    assert "The month is closed\n- AG-3, Ada Marsh, 2" in text.replace("\xa0", " ")
    one = browser.get(f"/xero/{made.id}/for-bookkeeper?document={locked}").text
    assert "AG-3" in one and "AG-1" not in one
    assert browser.get(f"/xero/{made.id}/for-bookkeeper?document=x").status_code == 404


def test_every_reason_is_explained_and_xeros_own_words_never_stand_alone(site):
    made, connection = site.ready()
    raw = "ValidationException: [10] Traceback"
    codes = [*REASONS, "a_code_of_tomorrow"]
    for number, code in enumerate(codes):
        site.document(connection, number, reason_code=code, reason_facts={"xero": raw})
    browser = site.browser()
    page = pages = browser.get(f"/xero/{made.id}/activity").text
    while older := re.search(r'href="([^"]+after=[^"]+)"', page):
        page = browser.get(html.unescape(older[1])).text
        pages += page
    told = [re.sub(r"\s+", " ", html.unescape(one)) for one in re.findall(
        r'<p class="gx-reason">(.*?)</p>', pages, re.DOTALL)]  # fmt: skip
    assert len(told) == len(codes)
    titles = [re.match(r"<strong>(.+?[.?])</strong> \S", one)[1].removesuffix(".") for one in told]
    assert set(titles) == {reason.title for reason in (*REASONS.values(), UNKNOWN)}
    alone = [one for one in told if raw in one and len(one.replace(raw, "")) < 60]
    assert not alone and "a_code_of_tomorrow" not in pages
