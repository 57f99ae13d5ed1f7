"""Corrections, looked at by a bookkeeper who distrusts them: what was credited before counts, and money there and back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from galleria_xero_plugin.domain.model import InvoiceState
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunState
from galleria_xero_plugin.simulator.core.fault import Fault
from galleria_xero_plugin.testing import factories

from .changing import (
    LAST_MONTH, THIS_MONTH, TODAY, an_hour_later, correction, in_xero_by_hand, lock, money, notes, sold, standing,
)  # fmt: skip
from .office import OWNER, Office
from .test_unclear_answers import settle


def items(*prices: int) -> list:
    return [factories.make_item(str(n), price) for n, price in enumerate(prices, 1)]


def paid(office: Office, amount: int, date: dt.date = LAST_MONTH):
    """A sale of 1,200.00 with a payment, both in Xero."""
    sale = sold(office, 1000, date=date)
    payment = office.gallery.add_payment(sale.id, amount, date=THIS_MONTH)
    office.sync()
    return sale, payment


def credited(office: Office) -> Decimal:
    return sum((note["Total"] for note in notes(office)), Decimal(0))


def test_refunded_in_full_and_cancelled_a_day_later_is_credited_once(office: Office):
    sale, _ = paid(office, 1200)
    office.gallery.add_refund(sale.id, 1200, date=TODAY)
    an_hour_later(office)
    assert credited(office) == 1200

    office.gallery.cancel_invoice(sale.id)
    office.time.pass_by(days=1)
    office.sync()

    assert credited(office) == 1200
    assert office.waiting() == {}


def test_refunded_in_part_and_cancelled_later_only_the_rest_is_credited(office: Office):
    sale, _ = paid(office, 1200)
    office.gallery.add_refund(sale.id, 200, date=TODAY)
    an_hour_later(office)
    office.gallery.cancel_invoice(sale.id)
    office.time.pass_by(days=1)
    office.sync()

    assert sorted(note["Total"] for note in notes(office)) == [200, 1000]
    assert sorted(note["RemainingCredit"] for note in notes(office)) == [0, 1000]


def test_the_credit_note_of_a_cancellation_is_not_dated_back_to_a_refund_of_long_ago(office: Office):
    sale, _ = paid(office, 1200)
    office.gallery.add_refund(sale.id, 200, date=dt.date(2026, 9, 25))
    an_hour_later(office)
    office.gallery.add_refund(sale.id, 1000, date=TODAY)
    office.gallery.cancel_invoice(sale.id)
    an_hour_later(office)

    assert sorted((note["Total"], note["Date"]) for note in notes(office)) == [
        (200, dt.date(2026, 9, 25)), (1000, TODAY),
    ]  # fmt: skip
    assert money(office)[-1] == (1000, "AUTHORISED", "CreditNote")


def test_a_payment_corrected_there_and_back_and_there_again_follows_each_time(office: Office):
    sale, payment = paid(office, 500)
    for amount in (450, 500, 450, 500):
        office.gallery.change_payment(sale.id, payment.id, amount=Decimal(amount))
        office.sync()
        assert standing(office)["AmountPaid"] == amount
    assert office.waiting() == {}


def test_a_payment_removed_entered_again_and_removed_again_is_gone(office: Office):
    sale, payment = paid(office, 500)
    office.gallery.remove_payment(sale.id, payment.id)
    office.sync()
    office.gallery.change_invoice(sale.id, payments=(payment,))
    office.sync()
    assert standing(office)["AmountPaid"] == 500
    office.gallery.remove_payment(sale.id, payment.id)
    office.sync()

    assert standing(office)["AmountPaid"] == 0


def test_the_question_about_a_changed_refund_stays_one_when_it_is_tried_again(office: Office):
    sale, _ = paid(office, 1200)
    refund = office.gallery.add_refund(sale.id, 200, date=TODAY)
    an_hour_later(office)
    office.gallery.change_invoice(sale.id, refunds=())
    office.sync()
    assert office.waiting() == {"refund_changed_after_sending": 1}
    (question,) = (row for row in correction(office, DocumentKind.REFUND, sale.id) if row.local_revision)

    run, _ = office.runs.send_again(office.webservice.gallery_id, office.webservice.id, [question.id], OWNER)
    office.work()

    assert office.run(run.id).state is RunState.FINISHED
    assert len(money(office)) == 2
    assert office.waiting() == {"refund_changed_after_sending": 1}

    office.gallery.change_invoice(sale.id, refunds=(refund,))
    office.runs.send_again(office.webservice.gallery_id, office.webservice.id, [question.id], OWNER)
    office.work()
    assert (office.waiting(), len(money(office))) == ({}, 2)


def test_new_money_waits_for_a_removal_of_which_nobody_knows_whether_it_arrived(office: Office):
    sale, payment = paid(office, 500)
    office.simulator.world.faults.add(Fault("drop_before", path="/api.xro/2.0/Payments", method="POST"))
    office.gallery.remove_payment(sale.id, payment.id)
    office.gallery.add_payment(sale.id, 1200, date=TODAY)
    office.sync()
    settle(office)
    office.sync()

    assert [(amount, status) for amount, status, _ in money(office)] == [(500, "DELETED"), (1200, "AUTHORISED")]
    assert standing(office)["AmountDue"] == 0


def test_cancelled_credited_and_issued_again_is_asked_and_not_taken_for_agreed(office: Office):
    sale = sold(office, 1000, date=LAST_MONTH)
    office.gallery.cancel_invoice(sale.id)
    an_hour_later(office)
    assert credited(office) == 1200
    office.gallery.change_invoice(sale.id, state=InvoiceState.ISSUED)
    an_hour_later(office)

    assert office.waiting() == {"changed_after_payment": 1}


def test_issued_again_and_cancelled_again_does_not_credit_the_client_twice(office: Office):
    sale, _ = paid(office, 1200)
    for state in (InvoiceState.CANCELLED, InvoiceState.ISSUED, InvoiceState.CANCELLED):
        office.gallery.change_invoice(sale.id, state=state)
        an_hour_later(office)

    assert credited(office) == 1200


def test_a_discount_that_was_credited_and_is_taken_back_is_asked_about(office: Office):
    sale, _ = paid(office, 500, THIS_MONTH)
    for price in (900, 1000):
        office.gallery.change_invoice(sale.id, items=items(price))
        an_hour_later(office)

    assert credited(office) == 120
    assert office.waiting() == {"changed_after_payment": 1}


def test_a_discount_taken_back_before_its_credit_note_went_is_never_credited(office: Office):
    sale, _ = paid(office, 500, THIS_MONTH)
    office.gallery.change_invoice(sale.id, items=items(900))
    lock(office, TODAY)
    an_hour_later(office)
    assert office.waiting()["period_locked"] == 1
    office.gallery.change_invoice(sale.id, items=items(1000))
    an_hour_later(office)
    lock(office, dt.date(2026, 10, 31))
    office.sync()
    office.sync()

    assert credited(office) == 0
    assert office.waiting() == {}


def test_two_discounts_whose_credit_notes_had_to_wait_are_one_of_both(office: Office):
    sale, _ = paid(office, 500, THIS_MONTH)
    lock(office, TODAY)
    for price in (900, 800):
        office.gallery.change_invoice(sale.id, items=items(price))
        an_hour_later(office)
    lock(office, dt.date(2026, 10, 31))
    office.sync()
    office.sync()

    assert credited(office) == 240
    assert standing(office)["AmountDue"] == 460
    assert office.waiting() == {}


def test_cancelled_before_the_credit_note_of_a_discount_went_is_credited_once(office: Office):
    sale, _ = paid(office, 500, THIS_MONTH)
    lock(office, TODAY)
    office.gallery.change_invoice(sale.id, items=items(900))
    an_hour_later(office)
    office.gallery.cancel_invoice(sale.id)
    lock(office, dt.date(2026, 10, 31))
    an_hour_later(office)
    office.sync()

    assert credited(office) == 700
    assert standing(office)["AmountDue"] == 0
    assert office.waiting() == {}


@pytest.mark.parametrize(("price", "expected"), [(900, {}), (800, {"changed_after_payment": 1})])
def test_a_discount_that_the_bookkeeper_credited_by_hand_is_not_credited_again(
    office: Office, price: int, expected: dict
):
    sale, _ = paid(office, 500, THIS_MONTH)
    in_xero_by_hand(office, "Invoices", AmountCredited=Decimal(120), AmountDue=Decimal(580))
    office.gallery.change_invoice(sale.id, items=items(price))
    an_hour_later(office)

    assert notes(office) == []
    assert office.waiting() == expected
