"""A gallery's refund as the payment of a credit note to create in Xero. Source: `product.md` §5.8."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from .accounting import ReferenceData
from .accounts import account_by_id, account_label, can_bank
from .correcting import RefundDraft, XeroCreditNote
from .dates import booked_on, dated_reference, locked
from .markers import reference_with_marker
from .model import PaymentMethod, Refund
from .reasons import Hold, amount_text
from .settings import Settings
from .totals import has_decimals


def refund_draft(
    refund: Refund,
    note: XeroCreditNote,
    *,
    redated_to: dt.date | None,
    settings: Settings,
    reference: ReferenceData,
    marker: str,
    methods: Mapping[str, PaymentMethod],
) -> RefundDraft | Hold:
    """The refund from the account of its method on its own date, or on the one that a person chose because that is
    locked. Whether the credit note has that much left is the caller's question.
    """
    facts = {"amount": amount_text(refund.amount, note.currency)}
    if refund.amount <= 0 or not has_decimals(refund.amount):
        return Hold("amount_too_precise", facts)
    date = booked_on(refund.date, redated_to, reference)
    lock = locked(date, reference)
    if lock is not None:
        return lock
    account_id = settings.mapping.banks.get(refund.method_id)
    if account_id is None:
        method = methods.get(refund.method_id)
        return Hold("payment_method_unmapped", {"method": method.name if method else refund.method_id})
    account = account_by_id(reference, account_id)
    if account is None or not can_bank(account):
        return Hold("account_unusable", {"account": account_label(account) if account else ""})
    bank_currency = account.currency or reference.organisation.base_currency
    bank_amount = refund.bank_amount if bank_currency != note.currency else None
    if bank_currency != note.currency and (bank_amount is None or bank_amount <= 0):
        facts |= {"account": account_label(account), "bank_currency": bank_currency}
        return Hold("refund_bank_amount_needed", facts)
    return RefundDraft(
        credit_note_id=note.id,
        account_id=account.id,
        date=date,
        amount=refund.amount,
        reference=reference_with_marker(dated_reference(refund.reference, refund.date, date), marker),
        bank_amount=bank_amount,
    )
