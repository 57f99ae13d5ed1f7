"""What an answer of Xero proves about a document: export-protocol §2.5, one test for each row of its table
that speaks of documents (the rows about whole requests are in tests/xero)."""

import datetime as dt
from decimal import Decimal

import pytest

from galleria_xero_plugin.domain.accounting import Element, NestedPayment, XeroInvoice
from galleria_xero_plugin.domain.answers import (
    Expected,
    Outcome,
    absence_proven,
    booked_by_hand,
    is_ours,
    read_element,
)

AG_7 = Expected("AG-7", "GBP", Decimal("120.00"), Decimal("20.00"))
ID = "11111111-1111-4111-8111-111111111111"
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
WINDOW = dt.timedelta(minutes=6)


def element(**fields):
    values = {"key": "AG-7", "id": ID, "ok": True, "currency": "GBP"}
    return Element(**(values | {"total": Decimal("120.00"), "tax_total": Decimal("20.00")} | fields))


class TestElements:
    def test_everything_equal_is_a_yes(self):
        verdict = read_element(AG_7, element())
        assert (verdict.outcome, verdict.reason) == (Outcome.YES, None)

    @pytest.mark.parametrize("figures", [{"total": Decimal("120.01")}, {"tax_total": Decimal("19.99")}])
    def test_another_total_is_a_yes_that_is_shown_and_never_sent_again(self, figures):
        verdict = read_element(AG_7, element(**figures))
        assert (verdict.outcome, verdict.reason) == (Outcome.YES, "total_mismatch_in_xero")
        assert verdict.facts["number"] == "AG-7"

    @pytest.mark.parametrize(
        "said",
        ["Invoice # must be unique.", "The contact name Ann is already assigned to another contact.", "already exists"],
    )
    def test_a_taken_number_is_looked_at_once(self, said):
        verdict = read_element(AG_7, element(ok=False, id=None, errors=(said,)))
        assert (verdict.outcome, verdict.at_once) == (Outcome.UNCLEAR, True)

    def test_any_other_refusal_is_a_no_in_xeros_words(self):
        verdict = read_element(AG_7, element(ok=False, id=None, errors=("Account code '999' is not valid.",)))
        assert (verdict.outcome, verdict.reason) == (Outcome.NO, "xero_refused")
        assert verdict.facts["xero"] == "Account code '999' is not valid."

    @pytest.mark.parametrize(
        "strange",
        [None, element(id=None), element(key="AG-8"), element(currency="EUR")],
        ids=["left out", "zero id", "another number", "another currency"],
    )
    def test_what_the_answer_does_not_explain_is_unclear(self, strange):
        assert read_element(AG_7, strange).outcome is Outcome.UNCLEAR


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
