"""What a correction asks Xero to write, and the credit notes that stand there, as frozen values.

Names and ids as in `accounting`. Sources: `export-protocol.md` §2.6a, `xero-facts.md` §4.2, §4.3, §4.8.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from .accounting import InvoiceDraft, LineAmountTypes, LineDraft, NestedPayment


@dataclass(frozen=True, slots=True)
class InvoiceChange:
    """An invoice that stands, brought up to date by its id. `line_ids` has, for each line of `draft`, the line that
    it replaces; None makes a new one, and a line that is not named is removed (§4.2). The draft's number and
    status are not sent: who renumbered or approved the invoice in Xero shall not be overruled."""

    invoice_id: str
    draft: InvoiceDraft
    line_ids: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class InvoiceEnd:
    """An invoice that ends: `status` is VOIDED or, for a draft, DELETED."""

    invoice_id: str
    status: str


@dataclass(frozen=True, slots=True)
class CreditNoteDraft:
    """A credit note to create, approved at once; its lines carry no discounts (§4.8). `reference` ends with the
    marker in brackets; `expected_total` and `expected_tax` are checked on the answer and not sent."""

    number: str
    contact_id: str
    date: dt.date
    line_amount_types: LineAmountTypes
    currency: str
    lines: tuple[LineDraft, ...]
    expected_total: Decimal
    expected_tax: Decimal
    reference: str
    currency_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class AllocationDraft:
    """Credit to use for an invoice, in the currency of both."""

    invoice_id: str
    amount: Decimal
    date: dt.date


@dataclass(frozen=True, slots=True)
class RefundDraft:
    """Money that went back, as a payment of a credit note; `reference` ends with the marker in brackets."""

    credit_note_id: str
    account_id: str
    date: dt.date
    amount: Decimal
    reference: str
    bank_amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PaymentRemoval:
    """A payment to delete. Xero keeps it, with the status DELETED (§4.3)."""

    payment_id: str


@dataclass(frozen=True, slots=True)
class AllocationRemoval:
    """Used credit to take back: both documents are open again (§4.8)."""

    allocation_id: str


CorrectionDraft = (
    InvoiceChange | InvoiceEnd | CreditNoteDraft | AllocationDraft | AllocationRemoval | RefundDraft | PaymentRemoval
)


@dataclass(frozen=True, slots=True)
class XeroAllocation:
    """Credit that was used for an invoice (§4.8); `id` is "" where Xero does not tell it."""

    id: str
    invoice_id: str
    amount: Decimal
    date: dt.date | None = None


@dataclass(frozen=True, slots=True)
class XeroCreditNote:
    """A credit note as Xero has it (§4.8). `allocations` is None when credit was used but the answer does not say
    for what: that is *unknown*, never "not used". So is `payments`, the money that went back, when it may have."""

    id: str
    number: str
    type: str
    status: str
    contact_id: str
    currency: str
    total: Decimal
    remaining: Decimal
    reference: str = ""
    date: dt.date | None = None
    allocations: tuple[XeroAllocation, ...] | None = ()
    payments: tuple[NestedPayment, ...] | None = ()
    updated_at: dt.datetime | None = None
    tax_total: Decimal = Decimal(0)
