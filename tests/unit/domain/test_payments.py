"""Payments: on the account of their method, never more than is due."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from galleria_xero_plugin.domain.mapping import payment_draft
from galleria_xero_plugin.domain.markers import marker_in_reference
from galleria_xero_plugin.domain.model import MethodKind, PaymentMethod
from tests.unit.domain.builders import (
    BANK,
    CLEARING,
    DAY,
    EUROS,
    MARKER,
    SETTINGS,
    invoice,
    payment,
    reference,
    xero_invoice,
)

D = Decimal


def plan(paid, *, ref=None, standing=None, document=None, methods=None):
    return payment_draft(
        paid,
        document or invoice(),
        settings=SETTINGS,
        reference=ref or reference(),
        xero_invoice=standing or xero_invoice(),
        marker=MARKER,
        methods=methods,
    )


def test_paid_in_full_by_transfer():
    made = plan(payment(reference="FT 99"))
    assert made.hold is None
    assert (made.draft.invoice_id, made.draft.account_id, made.draft.date) == ("xero-invoice", BANK.id, DAY)
    assert (made.draft.amount, made.draft.bank_amount) == (D("1200.00"), None)
    assert made.draft.reference == f"FT 99 [G-{MARKER}]"


def test_part_cash_part_card_goes_to_two_accounts():
    assert plan(payment("700.00")).draft.account_id == BANK.id
    assert plan(payment("500.00", "stripe")).draft.account_id == CLEARING.id


def test_a_card_payment_goes_in_full_whatever_the_fee():
    assert plan(payment("1000.00", "stripe", fee=D("29.30"))).draft.amount == D("1000.00")


def test_fifty_too_much_posts_what_is_due_and_shows_the_rest():
    made = plan(payment("1250.00"))
    assert made.draft.amount == D("1200.00")
    assert (made.hold.code, made.hold.facts["excess"]) == ("overpayment", "50.00 GBP")


def test_the_last_of_several_payments_is_measured_against_what_is_still_due():
    assert plan(payment("400.00"), standing=xero_invoice("400.00")).draft.amount == D("400.00")


@pytest.mark.parametrize(
    ("status", "due", "code"),
    [
        ("DRAFT", "1200", "invoice_not_approved"),
        ("SUBMITTED", "1200", "invoice_not_approved"),
        ("VOIDED", "0", "invoice_not_payable"),
        ("DELETED", "0", "invoice_not_payable"),
        ("SOMETHING NEW", "1200", "invoice_not_payable"),
        ("PAID", "0", "nothing_due"),
        ("AUTHORISED", "0", "nothing_due"),
    ],
)
def test_a_payment_waits_unless_the_invoice_is_approved_and_open(status, due, code):
    made = plan(payment(), standing=xero_invoice(due, status))
    assert (made.draft, made.hold.code) == (None, code)


def test_a_method_that_was_never_mapped_waits_under_its_name():
    methods = {"venmo": PaymentMethod("venmo", "Venmo", MethodKind.WALLET)}
    made = plan(payment(method="venmo"), methods=methods)
    assert (made.draft, made.hold.code, made.hold.facts) == (None, "payment_method_unmapped", {"method": "Venmo"})


@pytest.mark.parametrize("bank", [replace(BANK, status="ARCHIVED"), replace(BANK, type="CURRENT"), CLEARING])
def test_an_account_that_takes_no_payments_waits(bank):
    assert plan(payment(), ref=reference([bank])).hold.code == "account_unusable"


def test_a_payment_in_a_closed_month_waits_even_when_the_invoice_is_not():
    locked = reference(period_lock_date=dt.date(2026, 10, 31))
    assert plan(payment(date=dt.date(2026, 10, 31)), ref=locked).hold.code == "period_locked"
    assert plan(payment(date=dt.date(2026, 11, 1)), ref=locked).hold is None


def test_a_payment_dated_before_its_invoice_keeps_its_date():
    early = dt.date(2026, 11, 3)
    assert plan(payment(date=early)).draft.date == early


EUR = invoice(currency="EUR")


def test_euros_paid_into_a_pound_account_carry_what_arrived_there():
    made = plan(payment(bank_amount=D("1020.55")), document=EUR)
    assert (made.draft.amount, made.draft.bank_amount) == (D("1200.00"), D("1020.55"))


def test_without_what_arrived_there_it_waits():
    made = plan(payment(), document=EUR)
    assert (made.draft, made.hold.code) == (None, "bank_amount_needed")


def test_euros_paid_into_a_euro_account_need_no_bank_amount():
    made = plan(payment(method="euro", bank_amount=D("1")), document=EUR)
    assert (made.draft.account_id, made.draft.bank_amount) == (EUROS.id, None)


def test_an_account_without_a_currency_is_kept_in_the_base_currency():
    assert plan(payment(method="stripe"), document=EUR).hold.code == "bank_amount_needed"


def test_how_much_of_the_bank_amount_is_excess_is_not_guessed():
    made = plan(payment("1250.00", bank_amount=D("1060.00")), document=EUR)
    assert (made.draft, made.hold.code) == (None, "overpayment")


@pytest.mark.parametrize(
    ("amount", "code"),
    [("0", "payment_not_positive"), ("-5.00", "payment_not_positive"), ("1.005", "amount_too_precise")],
)
def test_what_is_no_payment_is_not_sent(amount, code):
    assert plan(payment(amount)).hold.code == code


def test_a_very_long_processor_reference_keeps_the_marker():
    text = plan(payment(reference="ch_" * 300)).draft.reference
    assert len(text) <= 255
    assert marker_in_reference(text) == MARKER


TRANSFER = {"transfer": PaymentMethod("transfer", "Bank transfer", MethodKind.BANK_TRANSFER)}


@pytest.mark.parametrize("known", [{"bank_amount": D("1175.00")}, {"fee": D("25.00")}])
def test_less_in_the_bank_than_the_client_is_credited_with_waits(known):
    held = plan(payment("1200.00", **known), methods=TRANSFER)
    assert held.draft is None
    assert (held.hold.code, held.hold.facts["short"]) == ("payment_short", "25.00 GBP")


def test_a_credit_goes_to_no_bank_and_is_recognised_once_it_was_used():
    methods = {"transfer": PaymentMethod("transfer", "Client's credit", MethodKind.CREDIT)}
    assert plan(payment("200.00"), methods=methods).hold.code == "credit_to_use"
    used = xero_invoice(due="0.00", status="PAID", amount_credited=D("200.00"))
    assert plan(payment("200.00"), methods=methods, standing=used).hold.code == "credit_used"
