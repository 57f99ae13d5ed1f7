"""The lines of a credit note: what comes off which account, at which tax rate. Pure.

A credit note carries no discounts (xero-facts §4.8). One for the whole invoice repeats its lines at what they came to;
one for a part has a line for each account and tax rate, with the tax included where only that makes its total exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from .accounting import InvoiceDraft, LineAmountTypes, LineDraft, XeroInvoice, XeroLine
from .totals import exact_tax, predict, round_half_up

Group = tuple[str, str | None]
CENT = Decimal("0.01")


def number_of(invoice_number: str, marker: str) -> str:
    """The CreditNoteNumber: the invoice's number and six characters of the credit note's own marker."""
    return f"{invoice_number}-C{marker[:6]}"


@dataclass(frozen=True, slots=True)
class Credit:
    """The lines of a credit note, and how they carry tax."""

    lines: tuple[LineDraft, ...]
    line_amount_types: LineAmountTypes


def credit(
    standing: XeroInvoice,
    amount: Decimal,
    *,
    words: str,
    rates: Mapping[str, Decimal],
    wanted: InvoiceDraft | None = None,
) -> Credit | None:
    """Lines that come to `amount`, or None when no fair ones can be found.

    With `wanted`, the invoice's new version, each account and tax rate is credited by what it is lower there; without
    it by its share, in `words`. `rates` maps tax types to percentages.
    """
    if standing.lines is None or standing.line_amount_types not in set(LineAmountTypes):
        return None
    types = LineAmountTypes(standing.line_amount_types)
    if wanted is None and amount == standing.total:
        return Credit(tuple(map(_whole, standing.lines)), types)
    now = _groups(standing)
    parts = _shares(now, amount) if wanted is None else _differences(now, wanted, rates, amount)
    if parts is None or any(tax_type not in rates for _, tax_type in parts if tax_type):
        return None
    said = {group: words if wanted is None else _only_line(standing, group) or words for group in parts}
    net = {group: part - _tax_in(part, group, rates) for group, part in parts.items()}
    exclusive = types is LineAmountTypes.EXCLUSIVE and all(
        round_half_up(exact_tax(net[group], types, _rate(group, rates))) == part - net[group]
        for group, part in parts.items()
    )
    if types is LineAmountTypes.EXCLUSIVE and not exclusive:
        types = LineAmountTypes.INCLUSIVE  # a cent of tax more or less would miss the amount
    lines = tuple(
        LineDraft(
            said[group],
            Decimal(1),
            net[group] if exclusive else part,
            group[0],
            None if types is LineAmountTypes.NO_TAX else group[1],
        )
        for group, part in parts.items()
        if part
    )
    return Credit(lines, types)


def _whole(line: XeroLine) -> LineDraft:
    return LineDraft(
        line.description, Decimal(1), line.amount, line.account_code, line.tax_type or None, tracking=line.tracking
    )


def _only_line(standing: XeroInvoice, group: Group) -> str:
    """The words of the invoice's line on that account at that rate, when there is just one."""
    words = [line.description for line in standing.lines or () if (line.account_code, line.tax_type or None) == group]
    return words[0] if len(words) == 1 else ""


def _rate(group: Group, rates: Mapping[str, Decimal]) -> Decimal:
    return rates[group[1]] if group[1] else Decimal(0)


def _tax_in(part: Decimal, group: Group, rates: Mapping[str, Decimal]) -> Decimal:
    return round_half_up(exact_tax(part, LineAmountTypes.INCLUSIVE, _rate(group, rates)))


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
