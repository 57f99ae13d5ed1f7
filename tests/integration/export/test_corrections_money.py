"""Payments that change after they were sent, credits and refunds (situations 52, 53, 56, 58, 62, 66-70, 77, 78)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

from galleria_xero_plugin.domain.states import DocumentKind, DocumentState
from galleria_xero_plugin.testing import factories

from .changing import (
    LAST_MONTH,
    THIS_MONTH,
    TODAY,
    an_hour_later,
    correction,
    in_xero_by_hand,
    lock,
    money,
    notes,
    rows,
    sold,
    standing,
)
from .office import Office
from .test_unclear_answers import someone_books_payment

REFUNDED = dt.date(2026, 11, 21)


def paid(office: Office, amount: int, price: int = 1000, **fields: object):
    """A sale of 1,200.00 with a payment, both in Xero."""
    sale = sold(office, price, **({"date": LAST_MONTH} | fields))
    payment = office.gallery.add_payment(sale.id, amount, date=THIS_MONTH)
    office.sync()
    return sale, payment


def items(*prices: int) -> list:
    return [factories.make_item(str(n), price) for n, price in enumerate(prices, 1)]


def test_52_a_payment_removed_in_the_gallery_is_deleted_in_xero(office: Office):
    sale, payment = paid(office, 500)
    office.gallery.remove_payment(sale.id, payment.id)
    office.sync()

    assert money(office) == [(500, "DELETED", "Invoice")]
    assert standing(office)["AmountDue"] == 1200
    assert office.waiting() == {}
    office.sync()
    assert money(office) == [(500, "DELETED", "Invoice")]


def test_52_58_a_reconciled_payment_is_never_removed(office: Office):
    sale, payment = paid(office, 500)
    in_xero_by_hand(office, "Payments", IsReconciled=True)
    office.gallery.remove_payment(sale.id, payment.id)
    office.sync()

    assert money(office) == [(500, "AUTHORISED", "Invoice")]
    assert office.waiting() == {"payment_reconciled": 1}


def test_a_payment_that_the_bookkeeper_entered_is_not_ours_to_delete(office: Office):
    sale = sold(office, 1000, date=LAST_MONTH)
    someone_books_payment(office, standing(office)["InvoiceID"], Decimal(500), THIS_MONTH)
    payment = office.gallery.add_payment(sale.id, 500, date=THIS_MONTH)
    office.sync()
    assert office.document(DocumentKind.PAYMENT, payment.id).adopted
    office.gallery.remove_payment(sale.id, payment.id)
    office.sync()

    assert [row["Status"] for row in rows(office, "Payments") if "Invoice" in row][-1] == "AUTHORISED"
    assert office.waiting() == {"payment_entered_by_hand": 1}


def test_53_a_corrected_amount_is_deleted_and_made_anew(office: Office):
    sale, payment = paid(office, 500)
    office.gallery.change_payment(sale.id, payment.id, amount=Decimal(450))
    office.sync()

    assert money(office) == [(500, "DELETED", "Invoice"), (450, "AUTHORISED", "Invoice")]
    assert standing(office)["AmountPaid"] == 450
    assert office.waiting() == {}
    office.gallery.change_payment(sale.id, payment.id, amount=Decimal(500))
    office.sync()
    assert [(amount, status) for amount, status, _ in money(office)] == [
        (500, "DELETED"), (450, "DELETED"), (500, "AUTHORISED"),
    ]  # fmt: skip
    assert standing(office)["AmountPaid"] == 500


def test_77_a_payment_in_a_locked_month_is_not_deleted_until_it_is_open(office: Office):
    sale, payment = paid(office, 500)
    lock(office, THIS_MONTH)
    office.gallery.change_payment(sale.id, payment.id, date=TODAY)
    office.sync()
    assert (money(office), office.waiting()) == ([(500, "AUTHORISED", "Invoice")], {"period_locked": 1})

    lock(office, dt.date(2026, 10, 31))
    office.sync()
    assert money(office) == [(500, "DELETED", "Invoice"), (500, "AUTHORISED", "Invoice")]


def test_removed_payment_and_cancelled_at_once_is_deleted_and_then_voided(office: Office):
    sale, payment = paid(office, 500, date=THIS_MONTH)
    office.gallery.remove_payment(sale.id, payment.id)
    office.gallery.cancel_invoice(sale.id)
    an_hour_later(office)

    assert money(office) == [(500, "DELETED", "Invoice")]
    assert standing(office)["Status"] == "VOIDED"
    assert office.waiting() == {}


def test_62_edited_after_a_part_payment_waits_for_the_bookkeeper(office: Office):
    sale, _ = paid(office, 500, date=THIS_MONTH)
    office.gallery.change_invoice(sale.id, items=items(1300))
    an_hour_later(office)

    assert standing(office)["Total"] == 1200
    assert office.waiting() == {"changed_after_payment": 1}


def test_62_a_discount_agreed_after_a_part_payment_is_credited(office: Office):
    sale, _ = paid(office, 500, date=THIS_MONTH)
    office.gallery.change_invoice(sale.id, items=items(900))
    an_hour_later(office)

    (note,) = notes(office)
    assert (note["Total"], note["TotalTax"], note["RemainingCredit"]) == (120, 20, 0)
    assert (standing(office)["AmountDue"], standing(office)["AmountCredited"]) == (580, 120)
    assert office.waiting() == {}
    an_hour_later(office)
    assert len(notes(office)) == 1


def test_66_paid_by_card_and_refunded_in_full(office: Office):
    sale, _ = paid(office, 1200)
    office.gallery.add_refund(sale.id, 1200, date=REFUNDED, method_id="card")
    office.gallery.cancel_invoice(sale.id)
    an_hour_later(office)

    (note,) = notes(office)
    assert (note["Total"], note["Status"], note["RemainingCredit"]) == (1200, "PAID", 0)
    assert money(office) == [(1200, "AUTHORISED", "Invoice"), (1200, "AUTHORISED", "CreditNote")]
    (refund,) = (row for row in rows(office, "Payments") if "CreditNote" in row)
    assert refund["Date"] == note["Date"] == REFUNDED
    assert standing(office)["Status"] == "PAID"
    assert office.waiting() == {}


def test_67_a_part_refund_is_credited_and_paid_back(office: Office):
    sale, _ = paid(office, 1200)
    office.gallery.add_refund(sale.id, 200, date=TODAY)
    an_hour_later(office)

    (note,) = notes(office)
    assert (note["Total"], note["RemainingCredit"], note["Date"]) == (200, 0, TODAY)
    assert note["TotalTax"] == Decimal("33.33")
    assert money(office) == [(1200, "AUTHORISED", "Invoice"), (200, "AUTHORISED", "CreditNote")]
    an_hour_later(office)
    assert (len(notes(office)), len(money(office))) == (1, 2)
    assert office.waiting() == {}


def test_68_cancelled_and_the_deposit_is_kept_only_the_rest_is_credited(office: Office):
    sale, _ = paid(office, 300)
    office.gallery.cancel_invoice(sale.id)
    an_hour_later(office)

    (note,) = notes(office)
    assert (note["Total"], note["TotalTax"], note["RemainingCredit"]) == (900, 150, 0)
    assert (standing(office)["AmountPaid"], standing(office)["AmountDue"]) == (300, 0)
    assert office.waiting() == {}


def test_68_when_the_deposit_is_given_back_after_all_it_is_credited_too(office: Office):
    sale, _ = paid(office, 300)
    office.gallery.cancel_invoice(sale.id)
    an_hour_later(office)
    office.gallery.add_refund(sale.id, 300, date=TODAY)
    an_hour_later(office)

    assert sorted(note["Total"] for note in notes(office)) == [300, 900]
    assert all(note["RemainingCredit"] == 0 for note in notes(office))
    assert money(office) == [(300, "AUTHORISED", "Invoice"), (300, "AUTHORISED", "CreditNote")]


def test_69_70_fully_paid_cancelled_nothing_refunded_yet_is_open_credit_and_paid_back_later(office: Office):
    sale, _ = paid(office, 1200)
    office.gallery.cancel_invoice(sale.id)
    an_hour_later(office)

    (note,) = notes(office)
    assert (note["Total"], note["RemainingCredit"]) == (1200, 1200)
    (row,) = correction(office, DocumentKind.CREDIT_NOTE, sale.id)
    assert (row.state, row.reason_code) == (DocumentState.DONE, "open_credit")
    assert office.waiting() == {}

    office.gallery.add_refund(sale.id, 400, date=TODAY)
    an_hour_later(office)
    (note,) = notes(office)
    assert note["RemainingCredit"] == 800
    assert money(office)[-1] == (400, "AUTHORISED", "CreditNote")


def test_78_a_refund_in_a_locked_month_waits(office: Office):
    sale, _ = paid(office, 1200)
    lock(office, TODAY)
    office.gallery.add_refund(sale.id, 200, date=TODAY)
    an_hour_later(office)
    assert (notes(office), len(money(office))) == ([], 1)
    assert office.waiting()["period_locked"] == 1

    lock(office, LAST_MONTH)
    office.sync()
    office.sync()
    assert (len(notes(office)), money(office)[-1]) == (1, (200, "AUTHORISED", "CreditNote"))
    assert office.waiting() == {}


def test_a_refund_that_is_changed_after_it_was_sent_is_the_bookkeepers(office: Office):
    sale, _ = paid(office, 1200)
    refund = office.gallery.add_refund(sale.id, 200, date=TODAY)
    office.sync()
    assert money(office)[-1] == (200, "AUTHORISED", "CreditNote")
    office.gallery.change_invoice(sale.id, refunds=(replace(refund, amount=Decimal(150)),))
    an_hour_later(office)

    assert len(money(office)) == 2
    assert office.waiting() == {"refund_changed_after_sending": 1}


def test_a_payment_waits_for_the_change_that_it_would_make_impossible(office: Office):
    sale = sold(office, 1000)
    office.gallery.change_invoice(sale.id, items=items(1100))
    office.gallery.add_payment(sale.id, 1320, date=TODAY)
    office.sync()
    assert money(office) == []
    an_hour_later(office)

    assert (standing(office)["Total"], standing(office)["Status"]) == (1320, "PAID")
    assert office.waiting() == {}


def test_56_written_off_by_the_bookkeeper_counts_as_settled(office: Office):
    sale = sold(office, 1000)
    in_xero_by_hand(office, "Invoices", AmountCredited=Decimal(1200), AmountDue=Decimal(0), Status="PAID")
    office.gallery.cancel_invoice(sale.id)
    an_hour_later(office)

    assert notes(office) == []
    (row,) = correction(office, DocumentKind.INVOICE_VOID, sale.id)
    assert (row.state, row.reason_code) == (DocumentState.DONE, "credited_in_xero")
