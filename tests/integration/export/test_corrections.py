"""Invoices that change after they were sent (situations 42, 59-65, 71-75)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from galleria_xero_plugin.domain.accounting import InvoiceStatus
from galleria_xero_plugin.domain.model import InvoiceState
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState
from galleria_xero_plugin.ports.records import Document
from galleria_xero_plugin.services.redating import Redating
from galleria_xero_plugin.testing import factories

from .changing import LAST_MONTH, THIS_MONTH, TODAY, an_hour_later, correction, in_xero_by_hand, lock, notes, sold, standing
from .office import OWNER, Office
from .test_clean_run import created, requests

UPDATE, VOID = DocumentKind.INVOICE_UPDATE, DocumentKind.INVOICE_VOID


def items(*prices: int) -> list:
    return [factories.make_item(str(n), price) for n, price in enumerate(prices, 1)]


def test_59_a_price_corrected_an_hour_later_is_brought_up_to_date_with_the_same_line(office: Office):
    sale = sold(office, 1000)
    (line,) = standing(office)["LineItems"]

    office.gallery.change_invoice(sale.id, items=items(900))
    office.sync()
    assert office.waiting() == {"settling_down": 1}, "the owner may still be typing"
    assert standing(office)["Total"] == 1200
    an_hour_later(office)

    (kept,) = standing(office)["LineItems"]
    assert (standing(office)["Total"], kept["LineItemID"]) == (1080, line["LineItemID"])
    assert created(office, "Invoice") == 1
    (row,) = correction(office, UPDATE, sale.id)
    assert (row.state, row.adopted) == (DocumentState.DONE, False)
    assert office.document(DocumentKind.INVOICE, sale.id).amount == 1080
    assert not standing(office)["SentToContact"]
    assert office.waiting() == {}


def test_60_a_line_is_added_and_another_removed(office: Office):
    sale = sold(office, 1000, 200)
    first, _ = standing(office)["LineItems"]

    office.gallery.change_invoice(
        sale.id, items=[factories.make_item("1", 1000), factories.make_item("3", 50, description="Crate")]
    )
    an_hour_later(office)
    office.gallery.change_invoice(sale.id, items=[factories.make_item("1", 1000)])
    an_hour_later(office)

    (left,) = standing(office)["LineItems"]
    assert (standing(office)["Total"], left["LineItemID"]) == (1200, first["LineItemID"])


def test_61_edited_in_both_systems_nothing_is_overwritten_and_both_versions_are_shown(office: Office):
    sale = sold(office, 1000)
    in_xero_by_hand(office, "Invoices", Reference="Agreed by telephone")

    office.gallery.change_invoice(sale.id, items=items(900))
    an_hour_later(office)

    assert standing(office)["Reference"] == "Agreed by telephone"
    assert standing(office)["Total"] == 1200
    (row,) = correction(office, UPDATE, sale.id)
    assert (row.state, row.reason_code) == (DocumentState.CONFLICT, "edited_in_both")
    assert row.reason_facts == {"number": "AG-1", "gallery_total": "1080.00 GBP", "xero_total": "1200.00 GBP"}


def test_a_change_after_the_month_is_over_is_the_bookkeepers(office: Office):
    sale = sold(office, 1000, date=LAST_MONTH)

    office.gallery.change_invoice(sale.id, items=items(900))
    an_hour_later(office)

    assert standing(office)["Total"] == 1200
    assert office.waiting() == {"changed_after_sending": 1}


def test_a_change_in_a_locked_month_waits_and_goes_when_the_lock_is_taken_back(office: Office):
    sale = sold(office, 1000)
    lock(office, THIS_MONTH)

    office.gallery.change_invoice(sale.id, items=items(900))
    an_hour_later(office)
    assert (office.waiting(), standing(office)["Total"]) == ({"period_locked": 1}, 1200)
    lock(office, LAST_MONTH)
    an_hour_later(office)

    assert (office.waiting(), standing(office)["Total"]) == ({}, 1080)


def test_75_edits_there_and_back_are_three_versions_in_order(office: Office):
    sale = sold(office, 1000)
    for price in (900, 1000):
        office.gallery.change_invoice(sale.id, items=items(price))
        an_hour_later(office)

    assert standing(office)["Total"] == 1200
    assert [row.state for row in correction(office, UPDATE, sale.id)] == [DocumentState.DONE, DocumentState.DONE]


def test_a_change_that_is_taken_back_within_the_hour_is_never_sent(office: Office):
    sale = sold(office, 1000)
    office.gallery.change_invoice(sale.id, items=items(900))
    office.sync()
    office.gallery.change_invoice(sale.id, items=items(1000))
    an_hour_later(office)

    assert not [request for request in requests(office) if request.method == "POST"]
    (row,) = correction(office, UPDATE, sale.id)
    assert (row.state, row.reason_code) == (DocumentState.SKIPPED, "changed_again")
    assert office.waiting() == {}


def test_42_the_buyer_becomes_his_company_after_issue(office: Office):
    sale = sold(office, 1000)
    before = standing(office)["Contact"]["ContactID"]

    company = factories.make_contact("c-10", "Wilhelmina", "Oakes", company="Oakes & Daughters Ltd")
    office.gallery.change_invoice(sale.id, contact=company)
    an_hour_later(office)

    after = standing(office)["Contact"]["ContactID"]
    assert after != before and created(office, "Contact") == 2
    assert office.document(DocumentKind.INVOICE, sale.id).contact_name == "Oakes & Daughters Ltd"
    assert office.waiting() == {}


def test_63_cancelled_the_same_day_and_issued_again_under_a_new_number(office: Office):
    sale = sold(office, 1000)
    office.gallery.cancel_invoice(sale.id)
    office.sell(items=items(900), date=TODAY, issued_at=office.time.now())
    an_hour_later(office)

    assert standing(office, "AG-1")["Status"] == "VOIDED"
    assert (standing(office, "AG-2")["Status"], standing(office, "AG-2")["Total"]) == ("AUTHORISED", 1080)
    assert office.waiting() == {}
    assert office.export().compare(office.connection.id).clean


def test_64_cancelled_two_months_later_is_a_credit_note_of_today(office: Office):
    sale = sold(office, 1000, 500, date=dt.date(2026, 9, 20))
    office.gallery.cancel_invoice(sale.id)
    an_hour_later(office)

    (note,) = notes(office)
    assert (note["Date"], note["Total"], note["TotalTax"], note["RemainingCredit"]) == (TODAY, 1800, 300, 0)
    assert note["CreditNoteNumber"].startswith("AG-1-C") and note["Reference"].startswith("AG-1 [G-")
    assert (standing(office)["Status"], standing(office)["AmountCredited"]) == ("PAID", 1800)
    assert office.waiting() == {}


def test_65_cancelled_while_today_is_locked_too_waits(office: Office):
    sale = sold(office, 1000, date=LAST_MONTH)
    lock(office, TODAY)
    office.gallery.cancel_invoice(sale.id)
    an_hour_later(office)
    assert (office.waiting(), notes(office)) == ({"period_locked": 1, "waiting_for_correction": 1}, [])

    lock(office, LAST_MONTH)
    office.sync()
    (note,) = notes(office)
    assert (note["Date"], standing(office)["AmountDue"]) == (TODAY, 0)


def test_65_a_person_may_have_the_credit_note_of_a_locked_day_booked_on_the_first_open_one(office: Office):
    sale = sold(office, 1000, date=LAST_MONTH)
    lock(office, TODAY)
    office.gallery.cancel_invoice(sale.id)
    an_hour_later(office)
    (row,) = correction(office, DocumentKind.CREDIT_NOTE, sale.id)
    redate(office, row)

    (note,) = notes(office)
    assert note["Date"] == TODAY + dt.timedelta(days=1)
    assert note["Reference"].startswith("dated 2026-11-23, AG-1 [G-")
    assert standing(office)["AmountDue"] == 0


def test_76_an_invoice_that_was_booked_on_another_day_keeps_it_when_it_is_brought_up_to_date(office: Office):
    lock(office, dt.date(2026, 10, 31))
    sale = sold(office, 1000, date=LAST_MONTH, reference="Frieze")
    redate(office, office.document(DocumentKind.INVOICE, sale.id))
    office.gallery.change_invoice(sale.id, items=items(900))
    an_hour_later(office)

    found = standing(office)
    assert (found["Total"], found["Date"], found["Reference"]) == (
        1080, dt.date(2026, 11, 1), "dated 2026-10-20, Frieze",
    )  # fmt: skip
    assert office.waiting() == {}


def redate(office: Office, row: Document) -> None:
    Redating(office.units, office.runs).redate(factories.make_access(), office.webservice.id, row.id)
    office.work()


def test_71_voided_in_xero_by_the_bookkeeper_is_shown_and_not_created_again(office: Office):
    sale = sold(office, 1000)
    in_xero_by_hand(office, "Invoices", Status="VOIDED")
    office.gallery.change_invoice(sale.id, items=items(900))
    an_hour_later(office)

    assert created(office, "Invoice") == 1
    assert office.waiting() == {"voided_in_xero": 1}


def test_71_cancelled_here_as_well_nothing_is_left_to_do(office: Office):
    sale = sold(office, 1000)
    in_xero_by_hand(office, "Invoices", Status="VOIDED")
    office.gallery.cancel_invoice(sale.id)
    an_hour_later(office)

    assert office.waiting() == {}
    (row,) = correction(office, VOID, sale.id)
    assert (row.state, row.adopted) == (DocumentState.DONE, True)


def test_72_erased_in_the_gallery_is_asked_and_never_voided(office: Office):
    sale = sold(office, 1000)
    office.gallery.delete_invoice(sale.id)
    an_hour_later(office)
    assert office.waiting() == {"deleted_after_sending": 1}

    (row,) = correction(office, VOID, sale.id)
    office.runs.send_again(office.webservice.gallery_id, office.webservice.id, [row.id], OWNER)
    office.work()
    assert standing(office)["Status"] == "AUTHORISED"
    assert office.waiting() == {"deleted_after_sending": 1}


@pytest.mark.parametrize("status", [InvoiceStatus.DRAFT, InvoiceStatus.SUBMITTED])
def test_73_a_draft_that_was_cancelled_is_deleted(office: Office, status: InvoiceStatus):
    office.save(office.settings(invoice_status=status))
    sale = sold(office, 1000, date=LAST_MONTH)
    office.gallery.cancel_invoice(sale.id)
    an_hour_later(office)

    assert standing(office)["Status"] == "DELETED"
    assert office.waiting() == {}


def test_a_draft_that_the_bookkeeper_worked_on_is_not_deleted(office: Office):
    office.save(office.settings(invoice_status=InvoiceStatus.DRAFT))
    sale = sold(office, 1000)
    in_xero_by_hand(office, "Invoices", Reference="Half done")
    office.gallery.cancel_invoice(sale.id)
    an_hour_later(office)

    assert standing(office)["Status"] == "DRAFT"
    assert office.waiting() == {"edited_in_xero_cancelled_here": 1}


def test_74_the_prefix_changed_between_two_invoices_and_the_first_keeps_its_number(office: Office):
    sale = sold(office, 1000)
    office.save(office.settings(prefix="NL"))
    office.gallery.change_invoice(sale.id, items=items(900))
    office.sell(items=items(50), date=THIS_MONTH)
    an_hour_later(office)

    assert (standing(office, "AG-1")["Total"], standing(office, "NL-2")["Total"]) == (1080, 60)
    assert office.waiting() == {}


def test_a_change_of_mind_within_the_hour_leaves_a_cancelled_invoice_as_it_was(office: Office):
    sale = sold(office, 1000)
    office.gallery.cancel_invoice(sale.id)
    office.sync()
    office.gallery.change_invoice(sale.id, state=InvoiceState.ISSUED)
    an_hour_later(office)

    assert standing(office)["Status"] == "AUTHORISED"
    assert office.waiting() == {}


def test_a_sync_with_nothing_to_correct_asks_nothing_about_corrections(office: Office):
    sale = sold(office, 1000)
    office.gallery.change_invoice(sale.id, items=items(900))
    an_hour_later(office)
    before = len(requests(office))
    an_hour_later(office)

    assert len(requests(office)) - before <= 3
    assert standing(office)["Total"] == Decimal("1080")
