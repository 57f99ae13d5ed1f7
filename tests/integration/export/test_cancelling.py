"""Cancel these in Xero: a sync that should not have been, taken out of the books again as far as that is safe."""

from __future__ import annotations

from decimal import Decimal

import pytest

from galleria_xero_plugin.domain.accounting import InvoiceStatus
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunState, RunTrigger
from galleria_xero_plugin.errors import Conflict, InvalidInput
from galleria_xero_plugin.ports.records import Run
from galleria_xero_plugin.services import wording
from galleria_xero_plugin.services.cancelling import CancelPage
from galleria_xero_plugin.simulator.core.fault import Fault
from galleria_xero_plugin.testing import factories

from .by_hand import ME, Desk
from .changing import LAST_MONTH, THIS_MONTH, correction, in_xero_by_hand, lock, rows, sold, standing
from .office import OWNER, Office
from .test_clean_run import created, requests
from .test_unclear_answers import settle

VOID = DocumentKind.INVOICE_VOID


def statuses(office: Office) -> dict[str, str]:
    return {row["InvoiceNumber"]: row["Status"] for row in rows(office, "Invoices") if row.get("_app")}


def last_run(office: Office) -> Run:
    with office.units.read() as uow:
        return uow.runs.latest(office.webservice.gallery_id, office.webservice.id, 1)[0]


def looked(office: Office, run: Run) -> CancelPage:
    return Desk(office).cancelling.page(ME, run.id)


def reasons(page: CancelPage) -> dict[str, str]:
    return {document.label: hold.code for group in page.groups for document, hold in group.documents}


def press(office: Office, run: Run, count: int | None = None) -> Run:
    page = looked(office, run)
    cancelling = Desk(office).cancelling.cancel(ME, run.id, page.count if count is None else count)
    office.work()
    return office.run(cancelling.id)


def shown(office: Office, invoice_id: str) -> str:
    words, _ = wording.document_state(office.document(DocumentKind.INVOICE, invoice_id))
    return words.text % words.values


def test_this_mornings_sync_is_taken_out_of_xero_and_nothing_brings_it_back(office: Office):
    sales = [office.sell(date=day) for day in (THIS_MONTH, THIS_MONTH, LAST_MONTH)]
    run = office.sync()
    total = sum((sale.total for sale in sales), Decimal(0))

    page = looked(office, run)
    assert (page.count, page.totals, page.left) == (3, {"GBP": total}, 0)
    assert statuses(office) == dict.fromkeys(("AG-1", "AG-2", "AG-3"), "AUTHORISED"), "looking changes nothing"

    done = press(office, run)
    assert (done.trigger, done.state, done.counts["corrections"]) == (RunTrigger.PERSON, RunState.FINISHED, 3)
    assert statuses(office) == dict.fromkeys(("AG-1", "AG-2", "AG-3"), "VOIDED")
    assert {shown(office, sale.id) for sale in sales} == {f"Cancelled in Xero by {ME.user_name}"}

    before = created(office, "Invoice")
    office.time.pass_by(days=1)
    office.gallery.change_invoice(sales[0].id, items=[factories.make_item("1", 900)])
    office.time.pass_by(hours=2)
    office.sync()
    assert created(office, "Invoice") == before
    assert statuses(office) == dict.fromkeys(("AG-1", "AG-2", "AG-3"), "VOIDED")
    assert office.waiting() == {}
    assert reasons(looked(office, run)) == dict.fromkeys(("AG-1", "AG-2", "AG-3"), "cancelled_by_person")


def test_drafts_are_deleted_also_on_a_later_day(office: Office):
    office.save(office.settings(invoice_status=InvoiceStatus.DRAFT))
    sold(office)
    run = last_run(office)
    office.time.pass_by(days=3)
    press(office, run)
    assert statuses(office) == {"AG-1": "DELETED"}


def test_a_draft_that_the_bookkeeper_has_approved_since_stays(office: Office):
    office.save(office.settings(invoice_status=InvoiceStatus.DRAFT))
    sale = sold(office)
    run = last_run(office)
    office.time.pass_by(days=1)
    in_xero_by_hand(office, "Invoices", Status="AUTHORISED")
    press(office, run)
    assert statuses(office) == {"AG-1": "AUTHORISED"}
    (row,) = correction(office, VOID, sale.id)
    assert (row.state, row.reason_code) == (DocumentState.SKIPPED, "not_cancelled_older")


def test_what_is_paid_locked_or_already_there_is_listed_with_its_reason_and_stays(office: Office):
    paid = office.sell(date=THIS_MONTH)
    office.gallery.add_payment(paid.id, 100, date=THIS_MONTH)
    office.sell(date=LAST_MONTH)
    run = office.sync()
    lock(office, LAST_MONTH)

    page = looked(office, run)
    assert page.count == 0
    assert reasons(page) == {
        "AG-1": "not_cancelled_paid", "Payment of AG-1": "not_cancelled_kind", "AG-2": "period_locked",
    }  # fmt: skip
    with pytest.raises(Conflict):
        press(office, run)
    assert set(statuses(office).values()) == {"AUTHORISED"}


def test_what_was_sent_before_today_stays(office: Office):
    sold(office)
    run = last_run(office)
    office.time.pass_by(days=1)
    assert reasons(looked(office, run)) == {"AG-1": "not_cancelled_older"}


@pytest.mark.parametrize(
    ("by_hand", "why"),
    [
        ({"Reference": "Agreed by telephone"}, "not_cancelled_changed"),
        ({"AmountPaid": Decimal(100), "AmountDue": Decimal(1100)}, "not_cancelled_paid"),
    ],
    ids=["changed", "paid"],
)
def test_what_somebody_did_in_xero_meanwhile_is_respected(office: Office, by_hand: dict, why: str):
    sale = sold(office)
    run = last_run(office)
    in_xero_by_hand(office, "Invoices", **by_hand)

    press(office, run)
    assert statuses(office) == {"AG-1": "AUTHORISED"}
    (row,) = correction(office, VOID, sale.id)
    assert (row.state, row.reason_code) == (DocumentState.SKIPPED, why)
    assert shown(office, sale.id) == "In Xero"


def test_what_stayed_can_be_asked_for_again_when_nothing_stands_against_it_any_more(office: Office):
    sale = sold(office)
    run = last_run(office)
    ours = standing(office).get("Reference", "")
    in_xero_by_hand(office, "Invoices", Reference="Agreed by telephone")
    press(office, run)
    in_xero_by_hand(office, "Invoices", Reference=ours)

    assert looked(office, run).count == 1
    press(office, run)
    assert statuses(office) == {"AG-1": "VOIDED"}
    assert len(correction(office, VOID, sale.id)) == 1


def test_pressed_twice_is_cancelled_once(office: Office):
    sale = sold(office)
    run = last_run(office)
    first = Desk(office).cancelling.cancel(ME, run.id, 1)
    with pytest.raises(Conflict):
        Desk(office).cancelling.cancel(ME, run.id, 1)
    office.work()
    assert office.run(first.id).counts["corrections"] == 1
    assert len(correction(office, VOID, sale.id)) == 1
    with pytest.raises(Conflict):
        Desk(office).cancelling.cancel(ME, run.id, 1)


def test_another_number_than_the_page_said_cancels_nothing(office: Office):
    sold(office)
    run = last_run(office)
    with pytest.raises(Conflict):
        press(office, run, count=2)
    assert statuses(office) == {"AG-1": "AUTHORISED"}


@pytest.mark.parametrize("kind", ["drop", "drop_before"])
def test_a_lost_answer_cancels_once_and_says_who(office: Office, kind: str):
    sale = sold(office)
    run = last_run(office)
    office.simulator.world.faults.add(Fault(kind, path="/api.xro/2.0/Invoices", method="POST"))
    assert press(office, run).state is RunState.RUNNING, "it is checked what arrived"
    settle(office)

    assert last_run(office).state is RunState.FINISHED
    assert statuses(office) == {"AG-1": "VOIDED"}
    assert shown(office, sale.id) == f"Cancelled in Xero by {ME.user_name}"
    assert office.waiting() == {}


def test_a_stopped_sync_is_cancelled_without_the_rest_being_sent(office: Office):
    for _ in range(60):  # two requests
        office.sell(date=THIS_MONTH)
    run = office.press_sync()

    def stop(request: object) -> None:
        if getattr(request, "method", "") != "GET" and "/Invoices" in getattr(request, "path", "/Invoices"):
            if len(statuses(office)) and office.run(run.id).state is RunState.RUNNING:
                office.runs.cancel(office.webservice.gallery_id, run.id, OWNER)

    office.api.after = stop
    office.work()
    office.api.after = lambda request: None
    sent = len(statuses(office))
    assert 0 < sent < 60 and office.run(run.id).state is RunState.CANCELLED

    press(office, run)
    assert list(statuses(office).values()) == ["VOIDED"] * sent
    office.sync()
    assert sorted(statuses(office).values()) == ["AUTHORISED"] * (60 - sent) + ["VOIDED"] * sent


def test_a_cancellation_in_the_gallery_as_well_changes_nothing_more(office: Office):
    sale = sold(office)
    press(office, last_run(office))
    office.gallery.cancel_invoice(sale.id)
    office.time.pass_by(hours=2)
    office.sync()
    assert statuses(office) == {"AG-1": "VOIDED"}
    assert standing(office)["Total"] == 1200
    assert not rows(office, "CreditNotes") or not [n for n in rows(office, "CreditNotes") if n.get("_app")]


def test_looking_asks_xero_nothing(office: Office):
    sold(office)
    before = len(requests(office))
    looked(office, last_run(office))
    assert len(requests(office)) == before


def send_anew(office: Office, invoice_id: str, number: str) -> None:
    document = office.document(DocumentKind.INVOICE, invoice_id)
    Desk(office).sending_anew.send(ME, office.webservice.id, document.id, number)
    office.work()


def test_a_cancelled_sale_is_sent_again_under_the_number_that_the_gallery_gave_it(office: Office):
    sale = sold(office)
    press(office, last_run(office))
    office.gallery.change_invoice(sale.id, number=50)
    office.time.pass_by(hours=2)
    office.sync()
    assert statuses(office) == {"AG-1": "VOIDED"}, "nothing brings it back by itself"

    send_anew(office, sale.id, "AG-50")
    assert statuses(office) == {"AG-1": "VOIDED", "AG-50": "AUTHORISED"}
    assert shown(office, sale.id) == "In Xero"
    again = last_run(office)
    assert looked(office, again).count == 1

    office.gallery.change_invoice(sale.id, items=[factories.make_item("1", 900)])
    office.gallery.add_payment(sale.id, 100, date=THIS_MONTH)
    office.time.pass_by(hours=2)
    office.sync()
    assert standing(office, "AG-50")["Total"] == 1080, "it follows the gallery like any other"
    assert standing(office, "AG-50")["AmountPaid"] == 100
    assert office.waiting() == {}
    assert office.export().compare(office.connection.id).clean


def test_a_sale_that_is_sent_again_can_be_cancelled_again_and_no_number_is_used_twice(office: Office):
    sale = sold(office)
    press(office, last_run(office))
    send_anew(office, sale.id, "AG-1-2")
    again = office.document(DocumentKind.INVOICE, sale.id)
    assert again.label == "AG-1-2", "lists show the number that it has in Xero now"
    press(office, last_run(office))
    proposed = Desk(office).queries.document_page(ME, office.webservice.id, again.id).again_as
    assert proposed == ("AG-1-2-2", False), "never one that is spent"
    assert statuses(office) == {"AG-1": "VOIDED", "AG-1-2": "VOIDED"}
    for spent in ("AG-1", "ag-1-2", "", "no number"):
        with pytest.raises(InvalidInput):
            send_anew(office, sale.id, spent)
    send_anew(office, sale.id, "AG-1-3")
    assert statuses(office) == {"AG-1": "VOIDED", "AG-1-2": "VOIDED", "AG-1-3": "AUTHORISED"}


@pytest.mark.parametrize("kind", ["drop", "drop_before"])
def test_a_sale_that_is_sent_again_stands_once_whatever_gets_lost(office: Office, kind: str):
    sale = sold(office)
    press(office, last_run(office))
    office.simulator.world.faults.add(Fault(kind, path="/api.xro/2.0/Invoices", method="POST"))
    send_anew(office, sale.id, "AG-1-2")
    settle(office)
    assert statuses(office) == {"AG-1": "VOIDED", "AG-1-2": "AUTHORISED"}


def test_what_stands_in_xero_or_is_cancelled_in_the_gallery_is_not_sent_again(office: Office):
    sale = sold(office)
    with pytest.raises(Conflict):
        send_anew(office, sale.id, "AG-2")
    press(office, last_run(office))
    office.gallery.cancel_invoice(sale.id)
    with pytest.raises(Conflict):
        send_anew(office, sale.id, "AG-2")
    assert statuses(office) == {"AG-1": "VOIDED"}


def test_try_again_while_invoices_are_being_cancelled_is_done_by_the_same_run(office: Office):
    sold(office)
    earlier = last_run(office)
    waiting = office.sell(date=THIS_MONTH, currency="CHF")
    office.sync()
    assert office.document(DocumentKind.INVOICE, waiting.id).state is DocumentState.BLOCKED
    office.gallery.change_invoice(waiting.id, currency="GBP")
    run = Desk(office).cancelling.cancel(ME, earlier.id, 1)
    again, woken = office.runs.send_again(
        office.webservice.gallery_id, office.webservice.id, [office.document(DocumentKind.INVOICE, waiting.id).id], OWNER
    )
    assert (again.id, woken) == (run.id, 1)
    office.work()
    assert statuses(office) == {"AG-1": "VOIDED", "AG-2": "AUTHORISED"}
