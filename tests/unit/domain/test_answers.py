"""What a look into Xero proves about a document (what an answer proves is in tests/unit/test_reading_an_answer.py)."""

import datetime as dt
from decimal import Decimal

import pytest

from galleria_xero_plugin.domain.accounting import NestedPayment, XeroInvoice
from galleria_xero_plugin.domain.answers import (
    Outcome,
    absence_proven,
    booked_by_hand,
    is_ours,
)

ID = "11111111-1111-4111-8111-111111111111"
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
WINDOW = dt.timedelta(minutes=6)


def standing(**fields):
    values = {
        "id": ID, "number": "AG-7", "type": "ACCREC", "status": "AUTHORISED", "contact_id": "c-1", "currency": "GBP",
        "total": Decimal(120), "tax_total": Decimal(20), "amount_due": Decimal(120), "amount_paid": Decimal(0),
        "amount_credited": Decimal(0),
    }  # fmt: skip
    return XeroInvoice(**(values | fields))


class TestOurs:
    def ask(self, invoice, marker_found="ABCDEFGHIJKLMNOP"):
        return is_ours(
            invoice, marker_found=marker_found, marker="abcdefghijklmnop", currency="GBP", contact_ids={"c-1"}
        )

    def test_marker_currency_and_contact_make_it_ours(self):
        assert self.ask(standing()).outcome is Outcome.YES

    def test_without_our_marker_the_number_is_somebody_elses(self):
        assert self.ask(standing(), None).reason == "number_taken"
        assert self.ask(standing(), "ZZZZZZZZZZZZZZZZ").reason == "number_taken"

    @pytest.mark.parametrize("difference", [{"currency": "EUR"}, {"contact_id": "c-2"}])
    def test_our_marker_with_another_currency_or_contact_is_a_question(self, difference):
        assert self.ask(standing(**difference)).reason == "marker_conflict"


class TestAbsence:
    @pytest.mark.parametrize(
        ("minutes", "reads", "proven"), [(3, 2, False), (6, 1, False), (5.99, 9, False), (6, 2, True), (9000, 2, True)]
    )
    def test_it_is_believed_late_and_twice(self, minutes, reads, proven):
        now = NOON + dt.timedelta(minutes=minutes)
        assert absence_proven(now=now, first_sent_at=NOON, negative_reads=reads, key_window=WINDOW) is proven


class TestBookedByHand:
    DAY = dt.date(2026, 3, 2)

    def find(self, *payments, accounts=None):
        accounts = accounts or {payment.id: "bank" for payment in payments}
        return booked_by_hand(payments, accounts, amount=Decimal(50), date=self.DAY, account_id="bank")

    def payment(self, id="p", amount=50, days=0):
        return NestedPayment(id, self.DAY + dt.timedelta(days=days), Decimal(amount))

    @pytest.mark.parametrize("days", [-3, 0, 3])
    def test_the_one_payment_of_that_amount_and_account_within_three_days(self, days):
        assert self.find(self.payment(days=days)) is not None

    @pytest.mark.parametrize("payment", [{"days": 4}, {"days": -4}, {"amount": 51}])
    def test_another_day_or_amount_is_not_it(self, payment):
        assert self.find(self.payment(**payment)) is None

    def test_another_account_is_not_it(self):
        assert self.find(self.payment(), accounts={"p": "till"}) is None

    def test_two_candidates_are_a_question(self):
        assert self.find(self.payment("p"), self.payment("q", days=1)) is None
