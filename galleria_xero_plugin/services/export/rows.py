"""The ledger rows that an invoice of the gallery means: who they are, and what people see of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...domain.export import invoice_number
from ...domain.fingerprint import content_hash
from ...domain.mapping import contact_name
from ...domain.markers import contact_number, marker, payment_identity
from ...domain.model import Invoice, Payment
from ...domain.reasons import Hold
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import Document, NewDocument

FOR_GOOD = frozenset({"zero_total", "cancelled_never_sent", "draft_or_not_issued", "paid_before_sync_from"})
"""Reasons that do not go away by themselves: the document is listed, but waits for nobody."""

PAYMENT_OF = "Payment of "
"""How a payment is labelled: with its invoice's number behind this."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Makes the rows of one gallery in one organisation; `prefix` is that of new invoice numbers."""

    gallery_id: str
    tenant_id: str
    prefix: str

    def invoice(self, invoice: Invoice, hold: Hold | None) -> NewDocument:
        """The invoice itself, put aside with `hold` when there is one."""
        state = DocumentState.PENDING
        if hold is not None:
            state = DocumentState.SKIPPED if hold.code in FOR_GOOD else DocumentState.BLOCKED
        number = invoice_number(self.prefix, invoice.number)
        return self._row(
            DocumentKind.INVOICE,
            invoice,
            local_id=invoice.id,
            identity=invoice.id,
            label=number,
            natural_key=number,
            state=state,
            seen_revision=invoice.revision,
            content_hash=content_hash(invoice),
            depends_on=(DocumentKind.CONTACT, invoice.contact.id),
            amount=invoice.total,
            currency=invoice.currency,
            reason_code=hold.code if hold else None,
            reason_facts=hold.facts if hold else {},
            not_before=hold.until if hold else None,
        )

    def contact(self, invoice: Invoice) -> NewDocument:
        """The invoice's contact."""
        return self._row(
            DocumentKind.CONTACT,
            invoice,
            local_id=invoice.contact.id,
            identity=invoice.contact.id,
            label=contact_name(invoice.contact),
            parent_local_id=invoice.id,
        )

    def payment(self, invoice: Invoice, payment: Payment, *, revision: int = 0) -> NewDocument:
        """A payment; one that was corrected after it was sent is created anew under the invoice's revision."""
        return self._row(
            DocumentKind.PAYMENT,
            invoice,
            local_id=payment.id,
            local_revision=revision,
            identity=payment_identity(payment),
            label=f"{PAYMENT_OF}{invoice_number(self.prefix, invoice.number)}",
            depends_on=(DocumentKind.INVOICE, invoice.id),
            amount=payment.amount,
            currency=invoice.currency,
            document_date=payment.date,
            parent_local_id=invoice.id,
        )

    def correction(self, of: Document, kind: DocumentKind, invoice: Invoice, **more: Any) -> NewDocument:
        """A later change as a row of its own, under the revision that asked for it (export-protocol §2.6a)."""
        local_id, revision = of.local_id, invoice.revision
        values = {
            "natural_key": f"{kind}:{local_id}:{revision}",
            "marker": of.marker,
            "label": of.label,
            "seen_revision": revision,
            "contact_name": contact_name(invoice.contact) or of.contact_name,
            "amount": of.amount,
            "currency": of.currency,
            "document_date": of.document_date,
            "parent_local_id": of.parent_local_id or local_id,
        }
        return NewDocument(
            gallery_id=self.gallery_id,
            tenant_id=self.tenant_id,
            kind=kind,
            local_id=local_id,
            local_revision=revision,
            **(values | more),
        )

    def _row(self, kind: DocumentKind, invoice: Invoice, *, local_id: str, identity: str, **more: Any) -> NewDocument:
        mark = marker(self.gallery_id, kind, identity)
        key = contact_number(mark) if kind is DocumentKind.CONTACT else mark
        values = {"natural_key": key, "document_date": invoice.date, "contact_name": contact_name(invoice.contact)}
        return NewDocument(
            gallery_id=self.gallery_id,
            tenant_id=self.tenant_id,
            kind=kind,
            local_id=local_id,
            marker=mark,
            **(values | more),
        )


_ASKED = ":asked"


def cancellation(of: Document, known: Sequence[Document]) -> NewDocument:
    """The cancellation in Xero of an invoice that the gallery still has, because a person asks for it; `known` are
    those that the ledger has already.

    It has the identity of a cancellation at the revision that was seen, so that pressing twice is one, and says in its
    key for good who wants it: its reason goes when it is sent. An invoice that was sent again after such a one is
    another in Xero, maybe of the same revision: its cancellation gets a number below those of revisions.
    """
    kind = DocumentKind.INVOICE_VOID
    revision = -(len(known) - len(of_this_one(of, known))) or of.seen_revision
    return NewDocument(
        gallery_id=of.gallery_id,
        tenant_id=of.tenant_id,
        kind=kind,
        local_id=of.local_id,
        local_revision=revision,
        natural_key=f"{kind}:{of.local_id}:{revision}{_ASKED}",
        marker=of.marker,
        label=of.label,
        seen_revision=of.seen_revision,
        contact_name=of.contact_name,
        amount=of.amount,
        currency=of.currency,
        document_date=of.document_date,
        parent_local_id=of.local_id,
    )


def asked_by_a_person(row: Document) -> bool:
    """Whether a cancellation is one that a person asks for, and not the gallery (whose keys end in a number)."""
    return row.kind is DocumentKind.INVOICE_VOID and row.natural_key.endswith(_ASKED)


def of_this_one(row: Document, corrections: Sequence[Document]) -> list[Document]:
    """Corrections of the invoice that stands in Xero now, without those of one that a person cancelled there before
    it was sent again under another number."""
    return [one for one in corrections if one.state is not DocumentState.DONE or one.xero_id == row.xero_id]


def quiet(invoice: Invoice, period: dt.timedelta, now: dt.datetime) -> Hold | None:
    """A change is as fresh as a new invoice: it waits a while for its owner's typing errors."""
    until = invoice.changed_at + period
    return Hold("settling_down", {"until": until.isoformat(timespec="minutes")}, until) if now < until else None
