"""Xero's arithmetic: a tax amount per line, rounded to cents, then summed (xero-facts.md §4.2).

Recorded: 541.25 inclusive of 15% gives tax 70.60 and a subtotal of 470.65.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

ZERO = Decimal("0.00")
LARGEST_LINE = Decimal("9999999999.99")
# ISO 4217 currencies without minor units, and with thousandths, as far as an art sale may meet them.
WHOLE = frozenset(["CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"])
THOUSANDTHS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


def own_places(currency: str) -> int:
    """The decimals a currency has of its own."""
    return 0 if currency in WHOLE else 3 if currency in THOUSANDTHS else 2


def rounded(amount: Decimal, places: int = 2, mode: str = ROUND_HALF_UP) -> Decimal:
    """An amount to so many decimals."""
    with localcontext() as context:
        context.prec = 60
        return amount.quantize(Decimal(1).scaleb(-places), rounding=mode)


def line_amount(
    quantity: Decimal,
    unit_amount: Decimal,
    *,
    discount_rate: Decimal | None = None,
    discount_amount: Decimal | None = None,
    mode: str = ROUND_HALF_UP,
    places: int = 2,
) -> Decimal:
    """Quantity x UnitAmount, less a percentage or an amount."""
    gross = quantity * unit_amount
    if discount_rate is not None:
        return rounded(gross * (100 - discount_rate) / 100, places, mode)
    return rounded(gross - (discount_amount or ZERO), places, mode)


def line_tax(amount: Decimal, rate: Decimal, amount_types: str, mode: str = ROUND_HALF_UP, places: int = 2) -> Decimal:
    """The tax in or on one line amount; ``rate`` is a percentage."""
    if amount_types == "NoTax" or not rate:
        return ZERO
    if amount_types == "Inclusive":
        with localcontext() as context:
            context.prec = 60
            return rounded(amount * rate / (100 + rate), places, mode)
    return rounded(amount * rate / 100, places, mode)


@dataclass(frozen=True)
class Totals:
    """The sums of a document."""

    sub_total: Decimal
    total_tax: Decimal
    total: Decimal
    discount: Decimal

    def members(self) -> dict[str, Decimal]:
        """As members of a record."""
        return {"SubTotal": self.sub_total, "TotalTax": self.total_tax, "Total": self.total}


def totals(lines: Iterable[Mapping[str, Any]], amount_types: str, places: int = 2) -> Totals:
    """Sums of stored lines."""
    amount = tax = discount = ZERO
    for line in lines:
        amount += line["LineAmount"]
        tax += line["TaxAmount"]
        if "DiscountRate" in line or "DiscountAmount" in line:
            discount += rounded(line["Quantity"] * line["UnitAmount"], places) - line["LineAmount"]
    if amount_types == "Inclusive":
        return Totals(amount - tax, tax, amount, discount)
    return Totals(amount, tax, amount + tax, discount)
