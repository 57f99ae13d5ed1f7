"""Xero's arithmetic, predicted to the cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galleria_xero_plugin.domain.accounting import LineAmountTypes, LineDraft
from galleria_xero_plugin.domain.totals import (
    currency_decimals,
    has_decimals,
    line_amount,
    predict,
    rounding_allowance,
)

EXCLUSIVE, INCLUSIVE, NO_TAX = LineAmountTypes.EXCLUSIVE, LineAmountTypes.INCLUSIVE, LineAmountTypes.NO_TAX
RATES = {"T0": Decimal(0), "T5": Decimal(5), "T15": Decimal(15), "T20": Decimal(20), "T8": Decimal("8.875")}


def line(amount, quantity="1", tax="T20", rate=None, off=None):
    return LineDraft(
        "Work",
        Decimal(quantity),
        Decimal(amount),
        "200",
        tax,
        Decimal(rate) if rate is not None else None,
        Decimal(off) if off is not None else None,
    )


LINES = st.lists(
    st.builds(
        line,
        st.decimals(0, 1_000_000, places=4),
        st.decimals("0.0001", 100, places=4),
        st.sampled_from(sorted(RATES)),
        st.none() | st.decimals(0, 100, places=2),
    ),
    min_size=1,
    max_size=20,
)


def test_the_figures_that_a_real_organisation_recorded():
    totals = predict([line("541.25", tax="T15")], INCLUSIVE, RATES)
    assert (totals.tax, totals.subtotal, totals.total) == (Decimal("70.60"), Decimal("470.65"), Decimal("541.25"))


def test_tax_is_rounded_on_each_line_and_then_summed():
    lines = [line("0.03", tax="T15") for _ in range(10)]  # 0.0045 each is nothing, 0.045 together would be 0.05
    assert predict(lines, EXCLUSIVE, RATES).tax == Decimal("0.00")


def test_half_a_cent_is_rounded_up():
    assert line_amount(line("0.005")) == Decimal("0.01")
    assert predict([line("0.50", tax="T5")], EXCLUSIVE, RATES).tax == Decimal("0.03")


def test_discounts_by_percent_and_by_amount():
    assert line_amount(line("99.99", rate="12.5")) == Decimal("87.49")
    assert line_amount(line("100", quantity="3", off="50.01")) == Decimal("249.99")


def test_quantity_times_a_price_with_four_decimals():
    assert line_amount(line("33.3333", quantity="12")) == Decimal("400.00")


def test_the_largest_and_the_smallest_line():
    totals = predict([line("9999999999.99", tax="T0"), line("0.01", tax="T0")], EXCLUSIVE, RATES)
    assert totals.total == Decimal("10000000000.00")


def test_a_document_without_tax_has_no_tax_rates():
    totals = predict([line("100.00", tax=None)], NO_TAX, {})
    assert (totals.subtotal, totals.tax, totals.total) == (Decimal("100.00"), Decimal("0.00"), Decimal("100.00"))


def test_three_rates_on_one_invoice():
    totals = predict([line("1000", tax="T0"), line("200", tax="T20"), line("80", tax="T8")], EXCLUSIVE, RATES)
    assert [each.tax for each in totals.lines] == [Decimal("0.00"), Decimal("40.00"), Decimal("7.10")]
    assert totals.total == Decimal("1327.10")


@given(LINES)
def test_exclusive_total_is_subtotal_plus_tax(lines):
    totals = predict(lines, EXCLUSIVE, RATES)
    assert totals.total == totals.subtotal + totals.tax
    assert totals.subtotal == sum(each.amount for each in totals.lines)
    assert totals.tax == sum(each.tax for each in totals.lines)


@given(LINES)
def test_inclusive_total_is_the_sum_of_the_prices_whatever_the_tax(lines):
    totals = predict(lines, INCLUSIVE, RATES)
    assert totals.total == sum(line_amount(each) for each in lines)
    assert totals.total == totals.subtotal + totals.tax


@given(LINES, st.sampled_from([EXCLUSIVE, INCLUSIVE]), st.sampled_from([0, 2, 3]))
def test_every_figure_has_the_decimals_asked_for_and_is_near_the_exact_one(lines, types, decimals):
    totals = predict(lines, types, RATES, decimals)
    half = Decimal(1).scaleb(-decimals) / 2
    for each, total in zip(lines, totals.lines, strict=True):
        exact = each.quantity * each.unit_amount * (100 - (each.discount_rate or 0)) / 100
        assert abs(total.amount - exact) <= half
        assert has_decimals(total.amount, decimals) and has_decimals(total.tax, decimals)


@given(LINES)
def test_tax_taken_out_of_a_price_is_the_tax_put_on_what_is_left(lines):
    for each in predict(lines, INCLUSIVE, dict.fromkeys(RATES, Decimal(20))).lines:
        net = each.amount - each.tax
        assert abs(net * 20 / 100 - each.tax) <= Decimal("0.006")


@pytest.mark.parametrize(("code", "decimals"), [("GBP", 2), ("JPY", 0), ("KWD", 3), ("jpy", 0), ("???", 2)])
def test_decimals_of_currencies(code, decimals):
    assert currency_decimals(code) == decimals


@pytest.mark.parametrize(("lines", "allowance"), [(1, "0.05"), (10, "0.05"), (11, "0.055"), (60, "0.30")])
def test_half_a_cent_per_line_and_at_least_five_cents_is_rounding(lines, allowance):
    assert rounding_allowance(lines) == Decimal(allowance)
