"""Xero's arithmetic, predicted to the cent before anything is sent.

Amounts are in the document's currency, rates in percent. Every line is rounded half up, its tax is rounded
half up, and the sums are of the rounded figures. Source: `xero-facts.md` §4.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from .accounting import LineAmountTypes, LineDraft

XERO_DECIMALS = 2
"""How many decimals Xero keeps of an amount, whatever the currency (xero-facts.md §4.2)."""

# ISO 4217: what does not have two decimals.
# fmt: off
_NO_DECIMALS = {
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
    "XPF",
}
# fmt: on
_THREE_DECIMALS = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}

# Wide enough that no product of a quantity, a price and a percentage is rounded before we round it.
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class LineTotal:
    """One line's amount (with tax when amounts are inclusive) and the tax on it or in it."""

    amount: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """What Xero arrives at: `subtotal` without tax, `total` with it, and the lines in their order."""

    subtotal: Decimal
    tax: Decimal
    total: Decimal
    lines: tuple[LineTotal, ...]


def currency_decimals(code: str) -> int:
    """How many decimals amounts in a currency have: 0 for JPY, 3 for KWD, 2 for most."""
    code = code.upper()
    return 0 if code in _NO_DECIMALS else 3 if code in _THREE_DECIMALS else 2


def round_half_up(amount: Decimal, decimals: int = XERO_DECIMALS) -> Decimal:
    """`amount` with exactly `decimals` decimals; halves go away from zero."""
    return amount.quantize(Decimal(1).scaleb(-decimals), context=_EXACT)


def has_decimals(amount: Decimal, decimals: int = XERO_DECIMALS) -> bool:
    """Whether `amount` can be written with at most `decimals` decimals."""
    return amount == round_half_up(amount, decimals)


def exact_line_amount(line: LineDraft) -> Decimal:
    """Quantity x unit amount less the line's discount, before any rounding."""
    with localcontext(_EXACT):
        gross = line.quantity * line.unit_amount
        if line.discount_rate is not None:
            return gross * (100 - line.discount_rate) / 100
        return gross - (line.discount_amount or 0)


def line_amount(line: LineDraft, decimals: int = XERO_DECIMALS) -> Decimal:
    """What Xero calculates as the line's LineAmount."""
    return round_half_up(exact_line_amount(line), decimals)


def exact_tax(amount: Decimal, line_amount_types: LineAmountTypes, rate: Decimal) -> Decimal:
    """The tax on an amount (exclusive) or in it (inclusive), before rounding; `rate` in percent."""
    with localcontext(_EXACT):
        if line_amount_types is LineAmountTypes.EXCLUSIVE:
            return amount * rate / 100
        if line_amount_types is LineAmountTypes.INCLUSIVE:
            return amount * rate / (100 + rate)
        return Decimal(0)


def predict(
    lines: Sequence[LineDraft],
    line_amount_types: LineAmountTypes,
    rates: Mapping[str, Decimal],
    decimals: int = XERO_DECIMALS,
) -> Totals:
    """The totals of a document of these lines. `rates` maps a tax type to its effective percentage and must
    have every tax type of the lines; NoTax documents need none."""
    line_totals = []
    for line in lines:
        amount = line_amount(line, decimals)
        rate = Decimal(0) if line.tax_type is None else rates[line.tax_type]
        line_totals.append(LineTotal(amount, round_half_up(exact_tax(amount, line_amount_types, rate), decimals)))
    zero = round_half_up(Decimal(0), decimals)
    with localcontext(_EXACT):
        amounts = sum((line.amount for line in line_totals), zero)
        tax = sum((line.tax for line in line_totals), zero)
        if line_amount_types is LineAmountTypes.INCLUSIVE:
            return Totals(amounts - tax, tax, amounts, tuple(line_totals))
        return Totals(amounts, tax, amounts + tax, tuple(line_totals))


def rounding_allowance(line_count: int, decimals: int = XERO_DECIMALS) -> Decimal:
    """The largest difference that is rounding and not a mistake: the larger of 0.05 and half a cent per line
    (product.md §5.5). A currency without cents rounds to whole units, so there it is 5 units and half a unit."""
    unit = Decimal(1).scaleb(-decimals)
    return max(5 * unit, line_count * unit / 2)
