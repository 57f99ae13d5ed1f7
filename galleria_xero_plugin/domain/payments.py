"""A gallery's payment as the payment to create in Xero. Sources: `product.md` §5.7, `export-protocol.md` §2.6."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from .accounting import PaymentDraft, ReferenceData, XeroInvoice
from .accounts import account_by_id, account_label, can_bank
from .dates import booked_on, dated_reference, locked
from .markers import reference_with_marker
from .model import Invoice, Payment, PaymentMethod
from .proposal import BANKED_KINDS, NEVER_BANKED_KINDS
from .reasons import Hold, amount_text
from .settings import Settings
from .totals import has_decimals

_NOT_APPROVED = frozenset({"DRAFT", "SUBMITTED"})
_PAYABLE = frozenset({"AUTHORISED", "PAID"})


@dataclass(frozen=True, slots=True)
class PaymentPlan:
    """What becomes of a payment: a draft to send, a hold, or both (what was due goes, the excess waits)."""

    draft: PaymentDraft | None
    hold: Hold | None


def payment_draft(
    payment: Payment,
    invoice: Invoice,
    *,
    settings: Settings,
    reference: ReferenceData,
    xero_invoice: XeroInvoice,
    marker: str,
    methods: Mapping[str, PaymentMethod] | None = None,
    redated_to: dt.date | None = None,
) -> PaymentPlan:
    """The payment on the account of its method and on its own date, never more than is due.

    `xero_invoice` is the invoice as it stands in Xero now. `methods` (by id) tells what kind each is and lends its
    name to a hold's words. `redated_to` is the day that a person chose because the payment's own is locked. What was
    booked by hand is the caller's question: it takes Xero's payments to answer it.
    """
    hold = (
        _amount_hold(payment, invoice)
        or _by_credit(payment, invoice, xero_invoice, methods)
        or _invoice_hold(payment, invoice, xero_invoice)
    )
    date = booked_on(payment.date, redated_to, reference)
    hold = hold or locked(date, reference)
    if hold is not None:
        return PaymentPlan(None, hold)
    account_id = settings.mapping.banks.get(payment.method_id)
    if account_id is None:
        name = methods[payment.method_id].name if methods and payment.method_id in methods else payment.method_id
        return PaymentPlan(None, Hold("payment_method_unmapped", {"method": name}))
    account = account_by_id(reference, account_id)
    if account is None or not can_bank(account):
        return PaymentPlan(None, Hold("account_unusable", {"account": account_label(account) if account else ""}))

    # Only bank accounts have a currency of their own; any other account is kept in the base currency.
    base = reference.organisation.base_currency
    bank_currency = account.currency or base
    short = _short(payment, invoice, methods) if invoice.currency == bank_currency == base else None
    if short is not None:
        return PaymentPlan(None, short)
    amount = min(payment.amount, xero_invoice.amount_due)
    excess = payment.amount - amount
    too_much = None
    if excess:
        too_much = Hold(
            "overpayment",
            {
                "amount": amount_text(payment.amount, invoice.currency),
                "amount_due": amount_text(amount, invoice.currency),
                "excess": amount_text(excess, invoice.currency),
            },
        )
    bank_amount = None
    if bank_currency != invoice.currency:
        bank_amount = payment.bank_amount
        if bank_amount is None or bank_amount <= 0:
            facts = {
                "amount": amount_text(payment.amount, invoice.currency),
                "account": account_label(account),
                "bank_currency": bank_currency,
            }
            return PaymentPlan(None, Hold("bank_amount_needed", facts))
        if too_much is not None:
            # How much of what arrived in the bank belongs to the part that was due, nobody told us.
            return PaymentPlan(None, too_much)
    draft = PaymentDraft(
        invoice_id=xero_invoice.id,
        account_id=account.id,
        date=date,
        amount=amount,
        reference=reference_with_marker(dated_reference(payment.reference, payment.date, date), marker),
        bank_amount=bank_amount,
    )
    return PaymentPlan(draft, too_much)


def _by_credit(
    payment: Payment, invoice: Invoice, xero_invoice: XeroInvoice, methods: Mapping[str, PaymentMethod] | None
) -> Hold | None:
    """A voucher or a credit brings no money into any bank: the client's open credit is used up for the invoice, which
    a person does in Xero, and which is recognised afterwards."""
    method = (methods or {}).get(payment.method_id)
    if method is None or method.kind not in NEVER_BANKED_KINDS:
        return None
    facts = {
        "amount": amount_text(payment.amount, invoice.currency),
        "method": method.name,
        "number": xero_invoice.number,
    }
    used = xero_invoice.amount_credited >= payment.amount
    return Hold("credit_used" if used else "credit_to_use", facts)


def _short(payment: Payment, invoice: Invoice, methods: Mapping[str, PaymentMethod] | None) -> Hold | None:
    """Less reached the bank than the client is credited with: booking the full amount would never match the bank
    statement. What is paid out later, less its fee, goes in full to its clearing account."""
    method = (methods or {}).get(payment.method_id)
    arrived = payment.bank_amount
    if arrived is None and payment.fee and method is not None and method.kind in BANKED_KINDS:
        arrived = payment.amount - payment.fee
    if arrived is None or arrived >= payment.amount:
        return None
    facts = {
        "amount": amount_text(payment.amount, invoice.currency),
        "arrived": amount_text(arrived, invoice.currency),
        "short": amount_text(payment.amount - arrived, invoice.currency),
    }
    return Hold("payment_short", facts)


def _amount_hold(payment: Payment, invoice: Invoice) -> Hold | None:
    facts = {"amount": amount_text(payment.amount, invoice.currency)}
    if payment.amount <= 0:
        return Hold("payment_not_positive", facts)
    if not has_decimals(payment.amount):
        return Hold("amount_too_precise", facts)
    return None


def _invoice_hold(payment: Payment, invoice: Invoice, xero_invoice: XeroInvoice) -> Hold | None:
    facts = {
        "number": xero_invoice.number,
        "amount": amount_text(payment.amount, invoice.currency),
        "status": xero_invoice.status.lower(),
    }
    if xero_invoice.status in _NOT_APPROVED:
        return Hold("invoice_not_approved", facts)
    if xero_invoice.status not in _PAYABLE:
        return Hold("invoice_not_payable", facts)
    if xero_invoice.amount_due <= 0:
        return Hold("nothing_due", facts)
    return None
