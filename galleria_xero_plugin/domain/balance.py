"""Both sides agree before anything is sent: total and tax, to the cent, or the reason why it waits.

What the client was asked to pay is the truth. A difference that rounding explains goes to a visible rounding
line; more is a question for a person. Source: `product.md` §5.5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from .accounting import LineAmountTypes, LineDraft, ReferenceData
from .accounts import no_tax_rate, rounding_account
from .lines import label
from .model import Invoice
from .reasons import Hold, amount_text
from .settings import AccountMapping
from .totals import (
    XERO_DECIMALS,
    Totals,
    currency_decimals,
    exact_line_amount,
    exact_tax,
    has_decimals,
    predict,
    rounding_allowance,
)

ROUNDING_DESCRIPTION = "Rounding"


@dataclass(frozen=True, slots=True)
class Balanced:
    """Lines whose total in Xero is the gallery's, a rounding line included when there had to be one."""

    lines: tuple[LineDraft, ...]
    totals: Totals


def balanced(
    invoice: Invoice,
    lines: Sequence[LineDraft],
    line_amount_types: LineAmountTypes,
    rates: Mapping[str, Decimal],
    *,
    mapping: AccountMapping,
    reference: ReferenceData,
) -> Balanced | Hold:
    """The lines, brought to the gallery's total. `rates` maps the lines' tax types to percentages.

    The tax may differ by as much as rounding explains: with prices that include tax the totals agree always
    and the tax of each line is rounded on its own. Such a difference is shown, not held.
    """
    if not has_decimals(invoice.total):
        return Hold("amount_too_precise", {"amount": amount_text(invoice.total, invoice.currency)})
    allowance = rounding_allowance(len(lines), min(currency_decimals(invoice.currency), XERO_DECIMALS))
    made = Balanced(tuple(lines), predict(lines, line_amount_types, rates))
    suspect = {"line": label(_suspect(lines, line_amount_types, rates, made.totals).description)}
    difference = invoice.total - made.totals.total
    if abs(difference) > allowance:
        return Hold(
            "total_differs",
            {
                "gallery_total": amount_text(invoice.total, invoice.currency),
                "xero_total": amount_text(made.totals.total, invoice.currency),
                **suspect,
            },
        )
    if difference:
        rounding = _rounding_line(difference, line_amount_types, mapping, reference)
        if isinstance(rounding, Hold):
            return rounding
        if rounding.tax_type is not None:
            rates = {**rates, rounding.tax_type: Decimal(0)}
        with_rounding = (*lines, rounding)
        made = Balanced(with_rounding, predict(with_rounding, line_amount_types, rates))
    if abs(invoice.tax_total - made.totals.tax) > allowance:
        return Hold(
            "tax_differs",
            {
                "gallery_tax": amount_text(invoice.tax_total, invoice.currency),
                "xero_tax": amount_text(made.totals.tax, invoice.currency),
                **suspect,
            },
        )
    return made


def _rounding_line(
    difference: Decimal, line_amount_types: LineAmountTypes, mapping: AccountMapping, reference: ReferenceData
) -> LineDraft | Hold:
    account = rounding_account(reference, mapping.rounding)
    if account is None:
        return Hold("mapping_incomplete", {"missing": "an account for rounding differences"})
    tax_type = None
    if line_amount_types is not LineAmountTypes.NO_TAX:
        rate = no_tax_rate(reference)
        if rate is None:
            return Hold("tax_rate_unusable", {"tax_rate": "The tax rate for “no tax”"})
        tax_type = rate.tax_type
    return LineDraft(
        description=ROUNDING_DESCRIPTION,
        quantity=Decimal(1),
        unit_amount=difference,
        account_code=account.code,
        tax_type=tax_type,
    )


def _suspect(
    lines: Sequence[LineDraft],
    line_amount_types: LineAmountTypes,
    rates: Mapping[str, Decimal],
    totals: Totals,
) -> LineDraft:
    """The line to look at first: the one that Xero's rounding moves most, among equals the largest. The
    gallery tells a total only, so which line it calculated otherwise cannot be known."""

    def moved(position: int) -> tuple[Decimal, Decimal]:
        line, rounded = lines[position], totals.lines[position]
        rate = Decimal(0) if line.tax_type is None else rates[line.tax_type]
        amount = exact_line_amount(line)
        tax = exact_tax(amount, line_amount_types, rate)
        return abs(amount - rounded.amount) + abs(tax - rounded.tax), abs(rounded.amount)

    return lines[max(range(len(lines)), key=moved)]
