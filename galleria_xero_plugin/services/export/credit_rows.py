"""The rows of credit notes, of their use for the invoice, and of refunds (export-protocol §2.6a)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from ...domain.credits import number_of
from ...domain.mapping import contact_name
from ...domain.markers import marker, refund_identity
from ...domain.model import Invoice, Refund
from ...domain.states import DocumentKind
from ...ports.records import Document, NewDocument

FOR_CANCELLING = "cancel"
FOR_A_REFUND = "refund/"
FOR_A_VERSION = "version/"
"""Causes of a credit note: what stands behind the invoice's id in its own. A refund's is followed by its id, a lower
price's by the revision that has it."""


def credit_note(
    of: Document, cause: str, amount: Decimal, date: dt.date, invoice: Invoice | None, *, content: str = ""
) -> NewDocument:
    """A credit note of the invoice `of` for a cause. Of a lower price, `content` is the hash of that version."""
    local_id = f"{of.local_id}/{cause}"
    mark = marker(of.gallery_id, DocumentKind.CREDIT_NOTE, local_id)
    number = number_of(of.xero_number or of.natural_key, mark)
    return _row(
        DocumentKind.CREDIT_NOTE,
        of,
        local_id=local_id,
        natural_key=number,
        marker=mark,
        label=number,
        amount=amount,
        document_date=date,
        content_hash=content,
        contact_name=contact_name(invoice.contact) if invoice else of.contact_name,
    )


def allocation(note: NewDocument, invoice_row: Document, amount: Decimal) -> NewDocument:
    """The use of a credit note for its invoice, once it stands."""
    return _row(
        DocumentKind.ALLOCATION,
        invoice_row,
        local_id=note.local_id,
        natural_key=f"allocation:{note.local_id}",
        marker=note.marker,
        label=note.label,
        amount=amount,
        document_date=note.document_date,
        depends_on=(DocumentKind.CREDIT_NOTE, note.local_id),
    )


def refund(invoice_row: Document | NewDocument, given_back: Refund) -> NewDocument:
    """Money that the gallery gave back."""
    mark = marker(invoice_row.gallery_id, DocumentKind.REFUND, refund_identity(given_back))
    return _row(
        DocumentKind.REFUND,
        invoice_row,
        local_id=given_back.id,
        natural_key=mark,
        marker=mark,
        label=f"Refund of {invoice_row.label}",
        amount=given_back.amount,
        document_date=given_back.date,
        depends_on=(DocumentKind.INVOICE, invoice_row.local_id),
    )


def _row(kind: DocumentKind, invoice_row: Document | NewDocument, **values: Any) -> NewDocument:
    shared = {"contact_name": invoice_row.contact_name, "currency": invoice_row.currency}
    return NewDocument(
        gallery_id=invoice_row.gallery_id,
        tenant_id=invoice_row.tenant_id,
        kind=kind,
        parent_local_id=invoice_row.local_id,
        **(shared | values),
    )
