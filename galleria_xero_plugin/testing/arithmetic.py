"""What a client is asked to pay, from the lines of an invoice: the gallery's side of the sum.

Tax is rounded half up on every line and then added up, as most shops and Xero do. This is written for
tests, apart from the plugin's own prediction of Xero's figures, so that one can be checked against the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal

from ..domain.model import Item, TaxMode

CENT = Decimal("0.01")
HUNDRED = Decimal(100)


def cents(amount: Decimal) -> Decimal:
    """Rounded half up to two places."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def line_amount(item: Item) -> Decimal:
    """A line after its discount, in the invoice's tax mode (with tax when inclusive)."""
    gross = item.quantity * item.unit_price
    return cents(gross * (HUNDRED - item.discount_percent) / HUNDRED - item.discount_amount)


def line_tax(item: Item, mode: TaxMode, rates: Mapping[str, Decimal]) -> Decimal:
    """The tax on, or in, a line; `rates` maps a tax option's id to its percentage."""
    if mode is TaxMode.NONE or item.tax_option_id is None:
        return Decimal("0.00")
    rate = rates[item.tax_option_id]
    whole = HUNDRED if mode is TaxMode.EXCLUSIVE else HUNDRED + rate
    return cents(line_amount(item) * rate / whole)


def totals(items: Iterable[Item], mode: TaxMode, rates: Mapping[str, Decimal]) -> tuple[Decimal, Decimal]:
    """The total with tax, and the tax in it."""
    items = tuple(items)
    amounts = sum((line_amount(item) for item in items), Decimal("0.00"))
    tax = sum((line_tax(item, mode, rates) for item in items), Decimal("0.00"))
    return (amounts + tax if mode is TaxMode.EXCLUSIVE else amounts), tax


def tolerance(items: Iterable[Item]) -> Decimal:
    """How far a gallery's own total may lie from the sum of its lines: what rounding can do, no more.

    The plugin puts a difference up to this on a visible rounding line; more waits for a person.
    """
    return max(Decimal("0.05"), Decimal("0.005") * sum(1 for _ in items))
