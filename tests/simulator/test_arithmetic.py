"""Sums as Xero makes them: tax per line, rounded to cents, then added (xero-facts.md §4.2)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galleria_xero_plugin.simulator.core.arithmetic import line_amount, line_tax, totals


def test_the_recorded_inclusive_example():
    tax = line_tax(Decimal("541.25"), Decimal(15), "Inclusive")
    sums = totals([{"LineAmount": Decimal("541.25"), "TaxAmount": tax}], "Inclusive")
    assert (sums.total_tax, sums.sub_total, sums.total) == (
        Decimal("70.60"),
        Decimal("470.65"),
        Decimal("541.25"),
    )


@pytest.mark.parametrize(
    ("amount", "rate", "kind", "tax"),
    [
        ("21.00", "15", "Exclusive", "3.15"),
        ("0.025", "20", "Exclusive", "0.01"),
        ("0.125", "20", "Exclusive", "0.03"),  # 0.025 goes up
        ("100.00", "8.875", "Exclusive", "8.88"),  # 8.875 goes up
        ("-100.00", "8.875", "Exclusive", "-8.88"),  # away from zero
        ("120.00", "20", "Inclusive", "20.00"),
        ("120.00", "20", "NoTax", "0.00"),
    ],
)
def test_half_goes_up(amount, rate, kind, tax):
    assert line_tax(Decimal(amount), Decimal(rate), kind) == Decimal(tax)


def test_tax_is_rounded_per_line_and_not_on_the_sum(xero, line):
    lines = [line(UnitAmount="0.33", TaxType="RROUTPUT") for _ in range(3)]
    made = xero.invoice(LineItems=lines)
    # 0.33 at 5% is 0.0165, so 0.02 a line; on the sum it would be 0.05.
    assert (made["SubTotal"], made["TotalTax"], made["Total"]) == (0.99, 0.06, 1.05)


def test_discounts():
    assert line_amount(Decimal(3), Decimal("19.99"), discount_rate=Decimal(10)) == Decimal("53.97")
    assert line_amount(Decimal(2), Decimal("50"), discount_amount=Decimal("12.50")) == Decimal("87.50")


def test_a_discounted_invoice_says_so(xero, line):
    made = xero.invoice(LineItems=[line(Quantity=2, UnitAmount=50, DiscountRate=10)])
    assert (made["SubTotal"], made["TotalDiscount"], made["IsDiscounted"]) == (90.0, 10.0, True)


def test_discount_rate_and_amount_on_reading(xero, line):
    made = xero.invoice(LineItems=[line(DiscountAmount="12.5"), line(DiscountRate="12.5")])
    first, second = made["LineItems"]
    assert first["DiscountAmount"] == 12.5 and "DiscountRate" not in first
    assert second["DiscountRate"] == 12.5 and first["LineAmount"] == second["LineAmount"] == 87.5


def test_four_decimals_are_kept_only_when_asked_for(xero, line):
    sent = [line(Quantity=100, UnitAmount="0.1234")]
    two = xero.put("Invoices", {**_sale(), "LineItems": sent}).json["Invoices"][0]
    four = xero.put("Invoices", {**_sale(), "LineItems": sent}, unitdp=4).json["Invoices"][0]
    assert (two["LineItems"][0]["UnitAmount"], two["SubTotal"]) == (0.12, 12.0)
    assert (four["LineItems"][0]["UnitAmount"], four["SubTotal"]) == (0.1234, 12.34)
    assert xero.read(four)["LineItems"][0]["UnitAmount"] == 0.12
    again = xero.get(f"Invoices/{four['InvoiceID']}", unitdp=4).json["Invoices"][0]
    assert again["LineItems"][0]["UnitAmount"] == 0.1234


def _sale():
    return {
        "Type": "ACCREC",
        "Contact": {"Name": "Anna Fischer"},
        "DueDate": "2026-12-20",
        "Status": "AUTHORISED",
    }


def test_a_tax_amount_can_be_overridden(xero, line):
    made = xero.invoice(LineItems=[line(TaxType="OUTPUT2", TaxAmount="19.99")])
    assert (made["TotalTax"], made["Total"]) == (19.99, 119.99)


def test_no_tax_means_none(xero, line):
    made = xero.invoice(LineAmountTypes="NoTax", LineItems=[line(TaxType="OUTPUT2", TaxAmount=5)])
    assert (made["TotalTax"], made["LineItems"][0]["TaxType"]) == (0.0, "NONE")


def test_the_account_gives_the_tax_type(xero):
    made = xero.invoice()
    assert made["LineItems"][0]["TaxType"] == "OUTPUT2"
    assert made["TotalTax"] == 20.0


def test_a_wrong_line_amount_is_refused(xero, sale, line):
    answer = xero.put("Invoices", sale(LineItems=[line(Quantity=3, UnitAmount=10, LineAmount=31)]))
    assert answer.messages == ["The line total 31 does not match the expected line total 30.00"]


def test_rounding_amount_counts_when_the_sums_agree(xero, line):
    sums = {"SubTotal": 100, "TotalTax": 20, "Total": "120.03", "RoundingAmount": "0.03"}
    assert xero.invoice(**sums)["Total"] == 120.03
    assert xero.invoice(RoundingAmount="0.03")["Total"] == 120.0
    assert xero.invoice(**{**sums, "RoundingAmount": "0.30"})["Total"] == 120.0


@given(
    st.lists(
        st.tuples(
            st.decimals(min_value=-9999, max_value=9999, places=2),
            st.sampled_from([Decimal(0), Decimal(5), Decimal(20), Decimal("8.875"), Decimal(15)]),
        ),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(["Exclusive", "Inclusive", "NoTax"]),
)
def test_subtotal_and_tax_always_make_the_total(lines, kind):
    stored = [{"LineAmount": amount, "TaxAmount": line_tax(amount, rate, kind)} for amount, rate in lines]
    sums = totals(stored, kind)
    assert sums.sub_total + sums.total_tax == sums.total
    assert sums.total_tax == sum(line["TaxAmount"] for line in stored)
    assert sums.total.as_tuple().exponent == -2
