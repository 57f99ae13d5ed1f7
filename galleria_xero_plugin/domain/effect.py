"""What a document does to the books, as an accountant writes it: an account, its debit or its credit.

Amounts are in the document's currency. Debtors and tax are Xero's own accounts, found by their role.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from .accounting import InvoiceDraft, LineAmountTypes, PaymentDraft, ReferenceData
from .accounts import account_by_id, account_label, tax_rate_by_type
from .totals import Totals, predict

ZERO = Decimal(0)
DEBTORS, TAX = "DEBTORS", "GST"
_OWN_NAMES = {DEBTORS: "Accounts Receivable", TAX: "Tax"}


@dataclass(frozen=True, slots=True)
class Posting:
    """One account's side of it; either amount may be zero. `tax` is the tax that goes with a revenue account's
    credit, for the return; it is posted to the tax account."""

    account: str
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    tax: Decimal = ZERO
    rate: str = ""


def totals_of(draft: InvoiceDraft, reference: ReferenceData) -> Totals:
    """Xero's figures of a draft, line by line."""
    rates = {rate.tax_type: rate.rate for rate in reference.tax_rates}
    return predict(draft.lines, draft.line_amount_types, rates)


def invoice_effect(draft: InvoiceDraft, reference: ReferenceData) -> tuple[Posting, ...]:
    """Debtors to revenue and tax; what is booked the other way round (a discount line) changes sides."""
    labels = {account.code: account_label(account) for account in reference.accounts if account.code}
    totals = totals_of(draft, reference)
    found = [Posting(_own(DEBTORS, reference), debit=totals.total)]
    for line, figures in zip(draft.lines, totals.lines, strict=True):
        net = figures.amount - (figures.tax if draft.line_amount_types is LineAmountTypes.INCLUSIVE else ZERO)
        rate = tax_rate_by_type(reference, line.tax_type)
        found.append(
            Posting(
                labels.get(line.account_code, line.account_code),
                credit=net,
                tax=figures.tax,
                rate=rate.name if rate is not None else "",
            )
        )
    if totals.tax:
        found.append(Posting(_own(TAX, reference), credit=totals.tax))
    return summed(found)


def payment_effect(draft: PaymentDraft, reference: ReferenceData) -> tuple[Posting, ...]:
    """The bank's account to debtors."""
    account = account_by_id(reference, draft.account_id)
    bank = account_label(account) if account is not None else ""
    return Posting(bank, debit=draft.amount), Posting(_own(DEBTORS, reference), credit=draft.amount)


def summed(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    """One posting for each account, tax rate and side, in the order of their first occurrence."""
    found: dict[tuple[str, str, bool], Posting] = {}
    for posting in postings:
        if posting.credit < 0 or posting.debit < 0:
            posting = replace(posting, debit=-min(posting.credit, ZERO) + max(posting.debit, ZERO),
                              credit=-min(posting.debit, ZERO) + max(posting.credit, ZERO))  # fmt: skip
        key = (posting.account, posting.rate, posting.debit > 0)
        before = found.get(key)
        found[key] = posting if before is None else replace(
            before, debit=before.debit + posting.debit, credit=before.credit + posting.credit,
            tax=before.tax + posting.tax,
        )  # fmt: skip
    return tuple(found.values())


def _own(role: str, reference: ReferenceData) -> str:
    account = next((account for account in reference.accounts if account.system == role), None)
    return account_label(account) if account is not None else _OWN_NAMES[role]
