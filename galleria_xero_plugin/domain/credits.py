"""The lines of a credit note: what comes off which account, at which tax rate. Pure.

A credit note carries no discounts (xero-facts §4.8). One for the whole invoice repeats its lines at what they came to;
one for a part has a line for each account and tax rate with the tax included, so that its total is exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal

from .accounting import InvoiceDraft, LineAmountTypes, LineDraft, XeroInvoice
from .totals import predict, round_half_up

Group = tuple[str, str | None]
CENT = Decimal("0.01")


def number_of(invoice_number: str, marker: str) -> str:
    """The CreditNoteNumber: the invoice's number and six characters of the credit note's own marker."""
    return f"{invoice_number}-C{marker[:6]}"


def amount_types(standing: XeroInvoice, amount: Decimal) -> LineAmountTypes:
    """How the lines of a credit note over `amount` carry tax."""
    types = LineAmountTypes(standing.line_amount_types)
    if amount == standing.total or types is LineAmountTypes.NO_TAX:
        return types
    return LineAmountTypes.INCLUSIVE


def lines_for(
    standing: XeroInvoice,
    amount: Decimal,
    *,
    wanted: InvoiceDraft | None = None,
    rates: Mapping[str, Decimal],
) -> tuple[LineDraft, ...] | None:
    """Lines that come to `amount`, or None when no fair ones can be found.

    With `wanted`, the invoice's new version, each account and tax rate is credited by what it is lower there; without
    it by its share. `rates` maps tax types to percentages.
    """
    if standing.lines is None or not standing.line_amount_types:
        return None
    if wanted is None and amount == standing.total:
        return tuple(
            LineDraft(
                line.description, Decimal(1), line.amount, line.account_code, line.tax_type or None,
                tracking=line.tracking,
            )
            for line in standing.lines
        )
    now = _groups(standing)
    parts = _shares(now, amount) if wanted is None else _differences(now, wanted, rates, amount)
    if parts is None:
        return None
    taxed = standing.line_amount_types != LineAmountTypes.NO_TAX.value
    words = f"Credit for {standing.number}"
    return tuple(
        LineDraft(words, Decimal(1), part, account, tax_type if taxed else None)
        for (account, tax_type), part in parts.items()
        if part
    )


def _groups(standing: XeroInvoice) -> dict[Group, Decimal]:
    """What the invoice comes to, tax included, by account and tax rate."""
    exclusive = standing.line_amount_types == LineAmountTypes.EXCLUSIVE.value
    found: dict[Group, Decimal] = {}
    for line in standing.lines or ():
        key = (line.account_code, line.tax_type or None)
        found[key] = found.get(key, Decimal(0)) + line.amount + (line.tax if exclusive else 0)
    return found


def _shares(groups: Mapping[Group, Decimal], amount: Decimal) -> dict[Group, Decimal] | None:
    """`amount` over the groups by their size; the cents that are left go to the largest."""
    total = sum(groups.values(), Decimal(0))
    if total <= 0:
        return None
    parts = {
        key: (amount * part / total).quantize(CENT, rounding=ROUND_DOWN) for key, part in groups.items() if part > 0
    }
    largest = max(parts, key=lambda key: parts[key])
    parts[largest] += amount - sum(parts.values(), Decimal(0))
    return parts


def _differences(
    now: Mapping[Group, Decimal], wanted: InvoiceDraft, rates: Mapping[str, Decimal], amount: Decimal
) -> dict[Group, Decimal] | None:
    """What each group is lower in the new version. None when one is higher, or when they do not come to `amount`
    because an earlier credit note took some of it: then nobody can say which part is left."""
    if any(line.tax_type not in rates for line in wanted.lines if line.tax_type):
        return None
    exclusive = wanted.line_amount_types is LineAmountTypes.EXCLUSIVE
    totals = predict(wanted.lines, wanted.line_amount_types, rates).lines
    then: dict[Group, Decimal] = {}
    for line, total in zip(wanted.lines, totals, strict=True):
        key = (line.account_code, line.tax_type)
        then[key] = then.get(key, Decimal(0)) + total.amount + (total.tax if exclusive else 0)
    off = {key: now.get(key, Decimal(0)) - then.get(key, Decimal(0)) for key in {**now, **then}}
    if len(off) == 1:
        return {key: amount for key in off}
    fits = all(part >= 0 for part in off.values()) and round_half_up(sum(off.values(), Decimal(0))) == amount
    return off if fits else None
