"""The bookkeeper credited it, or gave the money back, in Xero before the gallery's own did: never a second time."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from galleria_xero_plugin.domain.states import DocumentKind, DocumentState
from galleria_xero_plugin.services.export.offers import offered

from .changing import LAST_MONTH, THIS_MONTH, TODAY, an_hour_later, correction, rows, sold, standing
from .office import Office
from .test_already_there import ACCESS, answer
from .test_unclear_answers import put_by_hand


def paid(office: Office, amount: int = 1200):
    sale = sold(office, 1000, date=LAST_MONTH)
    office.gallery.add_payment(sale.id, amount, date=THIS_MONTH)
    office.sync()
    return sale


def credit_by_hand(office: Office, amount: int, *, refunded: int = 0, date: dt.date = TODAY, **fields: object) -> str:
    """The bookkeeper's own credit note for the client of AG-1, and money that she paid back from it."""
    headers = office.simulator.headers(office.simulator.connect())
    line = {"Description": "Returned", "Quantity": 1, "UnitAmount": amount, "AccountCode": "200"}
    body = {
        "Type": "ACCRECCREDIT", "Contact": {"ContactID": standing(office)["Contact"]["ContactID"]},
        "Date": date.isoformat(), "Status": "AUTHORISED", "LineAmountTypes": "NoTax", "LineItems": [line],
        "CreditNoteNumber": "CN-77", **fields,
    }  # fmt: skip
    (note,) = put_by_hand(office, "CreditNotes", {"CreditNotes": [body]}, headers)["CreditNotes"]
    if refunded:
        refund_by_hand(office, note["CreditNoteID"], refunded, date)
    return note["CreditNoteID"]


def refund_by_hand(office: Office, note: str, amount: int, date: dt.date = TODAY) -> None:
    headers = office.simulator.headers(office.simulator.connect())
    body = {
        "CreditNote": {"CreditNoteID": note}, "Account": {"Code": "090"}, "Date": date.isoformat(),
        "Amount": str(amount),
    }  # fmt: skip
    put_by_hand(office, "Payments", body, headers)


def in_xero(office: Office) -> tuple[Decimal, Decimal]:
    """What was credited, and what went back, in all, since the office opened."""
    buyer = standing(office)["Contact"]["ContactID"]
    notes = [row for row in rows(office, "CreditNotes") if row["Contact"]["ContactID"] == buyer]
    back = [row for row in rows(office, "Payments") if row.get("_app") and "CreditNote" in row]
    return sum((one["Total"] for one in notes), Decimal(0)), sum((one["Amount"] for one in back), Decimal(0))


def asked(office: Office, kind: DocumentKind):
    (row,) = [row for row in correction(office, kind, "inv-1") if row.state is DocumentState.CONFLICT]
    return row


def test_a_refund_that_the_bookkeeper_credited_and_paid_is_asked_about(office: Office):
    sale = paid(office)
    credit_by_hand(office, 200, refunded=200)
    office.gallery.add_refund(sale.id, 200, date=TODAY)
    an_hour_later(office)

    assert in_xero(office) == (200, 200)
    assert office.waiting()["credited_by_hand_unclear"] == 1
    (offer,) = offered(asked(office, DocumentKind.CREDIT_NOTE).reason_facts)
    assert (offer.amount, offer.name, offer.day) == ("200.00 GBP", "CN-77", TODAY)

    row = asked(office, DocumentKind.CREDIT_NOTE)
    answer(office).stands_as(ACCESS, office.webservice.id, row.id, offer.id)
    office.work()

    assert in_xero(office) == (200, 200), "her refund is recognised as well"
    assert office.waiting() == {}
    (refund,) = correction(office, DocumentKind.REFUND, sale.id)
    assert (refund.state, refund.adopted, refund.reason_code) == (DocumentState.DONE, True, "recognised_by_hand")
    office.time.pass_by(days=1)
    assert office.export().compare(office.connection.id).clean


def test_it_was_for_something_else_and_ours_is_sent(office: Office):
    sale = paid(office)
    credit_by_hand(office, 200, refunded=200)
    office.gallery.add_refund(sale.id, 200, date=TODAY)
    an_hour_later(office)
    answer(office).is_another(ACCESS, office.webservice.id, asked(office, DocumentKind.CREDIT_NOTE).id)
    office.work()
    office.sync()

    assert in_xero(office) == (400, 400)
    assert office.waiting() == {}


def test_credited_by_hand_and_not_yet_paid_back_is_paid_from_her_credit_note(office: Office):
    sale = paid(office)
    note = credit_by_hand(office, 200)
    office.gallery.add_refund(sale.id, 200, date=TODAY)
    an_hour_later(office)
    answer(office).stands_as(ACCESS, office.webservice.id, asked(office, DocumentKind.CREDIT_NOTE).id, note)
    office.work()

    assert in_xero(office) == (200, 200)
    assert office.waiting() == {}


def test_a_larger_credit_note_from_which_as_much_went_back_is_asked_about(office: Office):
    sale = paid(office)
    credit_by_hand(office, 1200, refunded=200)
    office.gallery.add_refund(sale.id, 200, date=TODAY)
    an_hour_later(office)

    assert in_xero(office) == (1200, 200)


@pytest.mark.parametrize("refunded", [0, 1200])
def test_a_cancelled_paid_invoice_that_the_bookkeeper_credited_is_asked_about(office: Office, refunded: int):
    sale = paid(office)
    note = credit_by_hand(office, 1200, refunded=refunded)
    if refunded:
        office.gallery.add_refund(sale.id, refunded, date=TODAY)
    office.gallery.cancel_invoice(sale.id)
    an_hour_later(office)
    assert in_xero(office) == (1200, refunded)

    answer(office).stands_as(ACCESS, office.webservice.id, asked(office, DocumentKind.CREDIT_NOTE).id, note)
    office.work()
    an_hour_later(office)

    assert in_xero(office) == (1200, refunded)
    assert office.waiting() == {}


def test_money_that_she_paid_back_from_our_credit_note_is_recognised(office: Office):
    sale = paid(office)
    office.gallery.cancel_invoice(sale.id)
    an_hour_later(office)
    (note,) = [row for row in rows(office, "CreditNotes") if row.get("_app")]
    refund_by_hand(office, note["CreditNoteID"], 1200)
    office.gallery.add_refund(sale.id, 1200, date=TODAY)
    an_hour_later(office)

    assert in_xero(office) == (1200, 1200)
    assert office.waiting() == {}


def test_money_on_another_day_from_our_credit_note_is_asked_about(office: Office):
    sale = paid(office)
    office.gallery.cancel_invoice(sale.id)
    an_hour_later(office)
    (note,) = [row for row in rows(office, "CreditNotes") if row.get("_app")]
    refund_by_hand(office, note["CreditNoteID"], 1200)
    office.gallery.add_refund(sale.id, 1200, date=TODAY - dt.timedelta(days=9))
    an_hour_later(office)

    assert in_xero(office) == (1200, 1200)
    assert office.waiting() == {"booked_by_hand_unclear": 1}
    row = asked(office, DocumentKind.REFUND)
    (offer,) = offered(row.reason_facts)
    answer(office).stands_as(ACCESS, office.webservice.id, row.id, offer.id)
    office.work()
    assert (office.waiting(), in_xero(office)) == ({}, (1200, 1200))


@pytest.mark.parametrize(
    "hers", [{"amount": 150}, {"amount": 200, "date": LAST_MONTH - dt.timedelta(days=1)}, {"amount": 200, "Status": "DRAFT"}]
)
def test_what_cannot_be_it_is_not_asked_about(office: Office, hers: dict):
    sale = paid(office)
    credit_by_hand(office, **hers)
    office.gallery.add_refund(sale.id, 200, date=TODAY)
    an_hour_later(office)

    assert in_xero(office) == (200 + hers["amount"], 200)
    assert office.waiting() == {}
