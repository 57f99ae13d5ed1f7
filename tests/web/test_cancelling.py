"""Cancel these in Xero: the page says exactly what will happen, and only then the button does it."""

import datetime as dt
import re

import pytest

from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunState
from galleria_xero_plugin.ports.records import Batch

from .site import OURS


@pytest.fixture
def morning(site):
    return a_morning(site)


def a_morning(site):
    """A sync that created two invoices, one of them paid; (the webservice, the run)."""
    made, connection = site.ready()
    ids = [site.document(connection, number, state=DocumentState.PENDING, local_id=f"inv-{number}", natural_key=f"AG-{number}") for number in (1, 2)]
    run = site.run(connection, add={"invoices": 2})
    with site.units.write() as uow:
        lease = uow.connections.claim_lease(connection.id, "w", 60)
        batch = Batch("b-1", "b-1", "h", dict.fromkeys(ids, "{}"), standing=dict.fromkeys(ids, "print"))
        assert uow.ledger.start_sending(connection.id, lease, DocumentKind.INVOICE, batch, worker="w")
        for number, one in enumerate(ids, 1):
            xero_id = f"f0000000-0000-4000-8000-00000000000{number}"
            uow.ledger.move(one, expect=[DocumentState.SENDING], to=DocumentState.DONE, xero_id=xero_id)
        uow.connections.release_lease(connection.id, lease)
        uow.commit()
    site.document(
        connection, 2, DocumentKind.PAYMENT, parent_local_id="inv-2", document_date=dt.date(2026, 3, 2)
    )
    site.finish(run, RunState.FINISHED)
    return made, run


def test_the_page_of_a_sync_offers_it_and_says_what_will_happen(site, morning):
    _, run = morning
    browser = site.browser()
    there = f"/xero/runs/{run.id}/in-xero"
    assert f'href="{there}">Cancel 1 of 2 in Xero</a>' in browser.get(f"/xero/runs/{run.id}").text
    before = site.rows()
    page = browser.get(there).text
    assert site.rows() == before
    assert "This will cancel 1 invoice in Xero" in page and "1,234.50" in page
    assert "1 invoice is voided in Xero" in page and "Xero gives no number twice" in page
    assert "are not sent again by themselves" in page
    assert "Cancel 1 of 2 in Xero</button>" in page
    assert "1 document is not touched" in page and "AG-2 is paid" in page
    assert "<summary>1 invoice stays: Money came in</summary>" in page.replace("\n", " ")


def test_a_sync_tells_of_what_was_cancelled_later_and_offers_nothing_that_waits_no_more(site, morning):
    made, run = morning
    with site.units.write() as uow:
        first = uow.ledger.known(OURS, site.connection(made).tenant_id, DocumentKind.INVOICE, ["inv-1"])["inv-1"]
        payments = uow.ledger.children(OURS, site.connection(made).tenant_id, DocumentKind.PAYMENT, ["inv-2"])["inv-2"]
        uow.runs.progress(run.id, put={"waiting": 1})
        assert uow.books.remark(first.id, None, ("cancelled_by_person", {"number": "AG-1", "who": "Nora Light"}))
        uow.commit()
    page = site.browser().get(f"/xero/runs/{run.id}").text
    assert "1 of these invoices was cancelled in Xero later." in page and "Show what waits" in page
    for payment in payments:
        site.move(payment.id, DocumentState.SKIPPED, was=[payment.state])
    assert "Show what waits" not in site.browser().get(f"/xero/runs/{run.id}").text


def test_what_stays_is_one_line_for_each_reason_and_opens_on_demand(site):
    made, connection = site.ready()
    run = site.run(connection, add={"invoices": 60})
    ids = [site.document(connection, number, state=DocumentState.PENDING, local_id=f"inv-{number}") for number in range(30)]
    for number in range(30):
        ids.append(site.document(connection, number, DocumentKind.PAYMENT, DocumentState.PENDING, parent_local_id=f"inv-{number}"))
    with site.units.write() as uow:
        for one in ids:
            uow.ledger.move(one, expect=[DocumentState.PENDING], to=DocumentState.DONE, adopted=True,
                            xero_id=f"f0000000-0000-4000-8000-{ids.index(one):012}")  # fmt: skip
        uow.commit()
    site.finish(run, RunState.FINISHED)
    browser = site.browser()
    page = browser.get(f"/xero/runs/{run.id}/in-xero").text
    assert page.count("<details") == 2 and page.count("<summary>") == 2
    assert "30 invoices stay: Was in Xero already" in page and "30 payments stay" in page
    assert "remove it from its invoice in your gallery" in page
    assert "Why none of them can be cancelled in Xero" in browser.get(f"/xero/runs/{run.id}").text


def test_pressed_it_starts_a_run_that_does_it_and_says_who(site, morning):
    made, run = morning
    browser = site.browser()
    there = f"/xero/runs/{run.id}/in-xero"
    browser.get(there)
    answer = browser.post(there, {"count": "1"})
    assert answer.status_code == 303 and "/runs/" in answer.location and run.id not in answer.location
    assert "They are being cancelled in Xero now" in browser.follow(answer).text
    assert [what for what, _ in site.bell.rung] == ["export"]
    with site.units.read() as uow:
        found = uow.ledger.children(OURS, site.connection(made).tenant_id, DocumentKind.INVOICE_VOID, ["inv-1", "inv-2"])
        said = [(entry.action, entry.actor_name) for entry in uow.audit.latest(OURS, 2)]
    assert [row.state for rows in found.values() for row in rows] == [DocumentState.PENDING]
    assert said == [("documents cancelled in Xero", "Nora Light"), ("cancellation in Xero asked for", "Nora Light")]

    again = browser.post(there, {"count": "1"})
    assert again.location == there
    assert "being cancelled already" in browser.follow(again).text


@pytest.mark.parametrize("count", ["", "2", "-1", "²", "9" * 5000])
def test_another_number_than_the_page_said_does_nothing(site, morning, count):
    _, run = morning
    browser = site.browser()
    there = f"/xero/runs/{run.id}/in-xero"
    browser.get(there)
    before = site.rows()
    answer = browser.post(there, {"count": count})
    assert answer.status_code == (303 if count == "2" else 400)
    assert site.rows() == before


def test_a_viewer_is_not_offered_it_and_a_sync_that_is_going_has_nothing_to_cancel(site, morning):
    made, run = morning
    assert "in-xero" not in site.browser("viewer").get(f"/xero/runs/{run.id}").text
    going = site.run(site.connection(made), add={"invoices": 2})
    browser = site.browser()
    assert "in-xero" not in browser.get(f"/xero/runs/{going.id}").text
    assert "Nothing of this sync can be cancelled" in browser.get(f"/xero/runs/{going.id}/in-xero").text


def cancelled(site, made, run):
    """AG-1 is cancelled in Xero: (its row's id, the run that did it)."""
    browser = site.browser()
    browser.get(f"/xero/runs/{run.id}/in-xero")
    done = browser.post(f"/xero/runs/{run.id}/in-xero", {"count": "1"}).location.rsplit("/", 1)[1]
    connection = site.connection(made)
    scope = (OURS, connection.tenant_id)
    with site.units.write() as uow:
        invoice = uow.ledger.known(*scope, DocumentKind.INVOICE, ["inv-1"])["inv-1"]
        (void,) = uow.ledger.children(*scope, DocumentKind.INVOICE_VOID, ["inv-1"])["inv-1"]
        uow.ledger.move(void.id, expect=[DocumentState.PENDING], to=DocumentState.DONE, xero_id=invoice.xero_id)
        uow.books.remark(invoice.id, None, ("cancelled_by_person", {"number": "AG-1", "who": "Nora Light"}))
        uow.runs.progress(done, scanned=True, add={"corrections": 1})
        uow.runs.finish(done, RunState.FINISHED)
        uow.commit()
    return invoice.id, done


def test_afterwards_it_says_what_was_cancelled_and_which_number_is_spent(site, morning):
    made, run = morning
    invoice, done = cancelled(site, made, run)
    page = site.browser().get(f"/xero/runs/{done}").text
    assert "Cancelling in Xero" in page and "1 cancelled in Xero" in page
    assert "These numbers are spent" in page and f"/documents/{invoice}" in page and "corrections" not in page


def test_what_was_cancelled_counts_no_more_as_in_xero(site, morning):
    made, run = morning

    def in_xero():
        page = site.browser().get(f"/xero/{made.id}/activity").text
        return {name: int(n) for name, n in re.findall(r'>([^<>]+) <span class="gx-number">(\d+)<', page)}

    before = in_xero()
    cancelled(site, made, run)
    after = in_xero()
    assert (after["In Xero"], after["Everything"]) == (before["In Xero"] - 1, before["Everything"] + 1)
    page = site.browser().get(f"/xero/{made.id}/activity?group=skipped").text
    assert "Cancelled in Xero by Nora Light" in page and "AG-2" not in page


@pytest.mark.parametrize(("number", "proposed"), [(1, "AG-1-2"), (50, "AG-50")])
def test_a_cancelled_sale_is_sent_again_under_a_new_number(site, morning, number, proposed):
    made, run = morning
    invoice, _ = cancelled(site, made, run)
    site.gallery.add_invoice(id="inv-1", number=number)
    browser, there = site.browser(), f"/xero/{made.id}/documents/{invoice}"
    page = browser.get(there).text
    assert f'value="{proposed}"' in page
    assert ("the number that the invoice has in your gallery now" in page) == (number == 50)
    assert ("still has the number that is spent" in page) == (number == 1)
    for refused in ("AG-1", "", "what?"):
        answer = browser.post(f"{there}/anew", {"number": refused})
        assert "Please enter another number" in browser.follow(answer).text
    answer = browser.post(f"{there}/anew", {"number": proposed})
    assert "sent again now, under its new number" in browser.follow(answer).text
    answer = browser.post(f"{there}/anew", {"number": "AG-51"})
    assert "is not cancelled in Xero any more" in browser.follow(answer).text


def test_a_sale_that_the_gallery_cancelled_too_is_not_offered(site, morning):
    made, run = morning
    invoice, _ = cancelled(site, made, run)
    page = site.browser().get(f"/xero/{made.id}/documents/{invoice}").text
    assert "Your gallery has cancelled this invoice too" in page and "/anew" not in page


def test_sync_now_while_invoices_are_being_cancelled_says_that_nothing_is_sent(site, morning):
    made, run = morning
    browser = site.browser()
    browser.get(f"/xero/runs/{run.id}/in-xero")
    browser.post(f"/xero/runs/{run.id}/in-xero", {"count": "1"})
    answer = browser.post(f"/xero/{made.id}/sync")
    assert "Please press Sync now again when it is done" in browser.follow(answer).text.replace("\n", " ")


def test_the_two_comparisons_lead_to_each_other(site):
    made, _ = site.ready()
    browser = site.browser()
    assert f'href="/xero/{made.id}/comparison"' in browser.get(f"/xero/{made.id}/months").text
    assert f'href="/xero/{made.id}/months"' in browser.get(f"/xero/{made.id}/comparison").text
