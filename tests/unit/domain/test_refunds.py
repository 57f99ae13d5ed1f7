"""A refund of the gallery as the payment of a credit note."""

import datetime as dt
from decimal import Decimal

from galleria_xero_plugin.domain.correcting import RefundDraft, XeroCreditNote
from galleria_xero_plugin.domain.refunds import refund_draft
from galleria_xero_plugin.testing import factories

from .builders import EUROS, SETTINGS, reference

DAY = dt.date(2026, 11, 20)
D = Decimal


def drafted(currency: str = "GBP", method: str = "transfer", **fields: object):
    note = XeroCreditNote("note", "C-1", "ACCRECCREDIT", "AUTHORISED", "client", currency, D(1200), D(1200))
    return refund_draft(
        factories.make_refund("r-1", "200.00", DAY, method_id=method, **fields),
        note,
        redated_to=None,
        settings=SETTINGS,
        reference=reference(),
        marker="abc",
        methods={},
    )


def test_pounds_from_a_pounds_account_need_no_bank_amount():
    made = drafted(bank_amount=D("1"))
    assert isinstance(made, RefundDraft)
    assert (made.amount, made.bank_amount) == (D("200.00"), None)


def test_euros_from_a_pounds_account_say_what_left_the_bank():
    made = drafted("EUR", bank_amount=D("172.35"))
    assert isinstance(made, RefundDraft)
    assert (made.amount, made.bank_amount) == (D("200.00"), D("172.35"))


def test_without_it_or_with_nothing_the_refund_waits():
    for unknown in (None, D(0), D(-5)):
        assert drafted("EUR", bank_amount=unknown).code == "refund_bank_amount_needed"


def test_euros_from_a_euro_account_need_no_bank_amount():
    made = drafted("EUR", "euro")
    assert (made.account_id, made.bank_amount) == (EUROS.id, None)
