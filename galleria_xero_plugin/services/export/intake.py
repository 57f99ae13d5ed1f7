"""Which ledger rows an invoice of the gallery means (T0), and what a change of it means for rows that exist.

Everything here is idempotent: a row's identity is the document's, and a second insert is ignored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from ...domain.export import LISTED, eligibility, invoice_number
from ...domain.fingerprint import content_hash
from ...domain.mapping import contact_name
from ...domain.markers import contact_number, marker, payment_identity
from ...domain.model import GalleryInfo, Invoice, InvoiceState, Payment
from ...domain.reasons import Hold, amount_text
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import Connection, Document, NewDocument, Webservice
from ...ports.store import UnitOfWork

FOR_GOOD = frozenset({"zero_total", "cancelled_never_sent", "draft_or_not_issued", "paid_before_sync_from"})
"""Reasons that do not go away by themselves: the document is listed, but waits for nobody."""

_UNSENT = (DocumentState.PENDING, DocumentState.BLOCKED, DocumentState.REJECTED, DocumentState.CONFLICT)
_SENT = (DocumentState.SENDING, DocumentState.UNKNOWN, DocumentState.DONE)
_DECIDED_ANEW = (DocumentState.REJECTED, DocumentState.SKIPPED, DocumentState.BLOCKED)


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes a gallery's invoices into the ledger of one organisation."""

    connection: Connection
    webservice: Webservice
    info: GalleryInfo
    quiet_period: dt.timedelta

    def hold(self, invoice: Invoice, now: dt.datetime) -> Hold | None:
        """Why the invoice is not sent now, or None."""
        return eligibility(
            invoice,
            settings=self.webservice.settings,
            webservice_created_at=self.webservice.created_at,
            today_local=self.today(now),
            quiet=self.quiet_period,
            now=now,
        )

    def today(self, now: dt.datetime) -> dt.date:
        """The gallery's calendar day at an instant."""
        return now.astimezone(ZoneInfo(self.info.time_zone)).date()

    def take(self, uow: UnitOfWork, invoices: Sequence[Invoice], now: dt.datetime) -> int:
        """Bring these invoices into the ledger; how many of them were new."""
        scope = (self.connection.gallery_id, self.connection.tenant_id)
        latest = list({invoice.id: invoice for invoice in invoices}.values())
        ids = [invoice.id for invoice in latest]
        known = uow.ledger.known(*scope, DocumentKind.INVOICE, ids)
        payments = uow.ledger.children(*scope, DocumentKind.PAYMENT, ids)
        links = uow.contacts.links(*scope, list({invoice.contact.id for invoice in latest}))
        fresh: list[NewDocument] = []
        new = 0
        for invoice in latest:
            row = known.get(invoice.id)
            if row is None:
                documents = list(self._new(invoice, now, linked=invoice.contact.id in links))
                new += bool(documents)
                fresh.extend(documents)
            else:
                fresh.extend(self._changed(uow, row, invoice, payments.get(invoice.id, ())))
        uow.ledger.insert(fresh)
        return new

    def _new(self, invoice: Invoice, now: dt.datetime, *, linked: bool) -> Iterable[NewDocument]:
        hold = self.hold(invoice, now)
        if hold is not None and hold.code not in LISTED:
            return
        document = self._invoice(invoice, hold)
        if document.state is DocumentState.SKIPPED:
            yield document
            return
        if not linked:
            yield self._contact(invoice)
        yield document
        for payment in invoice.payments:
            yield self._payment(invoice, payment)

    def _changed(
        self, uow: UnitOfWork, row: Document, invoice: Invoice, payments: Sequence[Document]
    ) -> Iterable[NewDocument]:
        """What a change in the gallery means for an invoice that is in the ledger already."""
        gone = invoice.state is not InvoiceState.ISSUED
        if row.state in _SENT:
            yield from self._changed_after_sending(row, invoice)
        elif gone:
            uow.ledger.move(row.id, expect=_UNSENT, to=DocumentState.SKIPPED, reason=("cancelled_never_sent", {}))
        elif invoice.revision != row.seen_revision or row.state is DocumentState.SKIPPED:
            uow.ledger.refresh(row.id, self._invoice(invoice, None))
            # a question (CONFLICT) stays a person's to answer
            uow.ledger.move(row.id, expect=_DECIDED_ANEW, to=DocumentState.PENDING)
            yield self._contact(invoice)  # an edit may have brought another contact
        if not gone:
            yield from self._payments(uow, invoice, payments)

    def _changed_after_sending(self, row: Document, invoice: Invoice) -> Iterable[NewDocument]:
        if invoice.revision <= row.seen_revision:
            return
        number = {"number": row.label}
        if invoice.state is not InvoiceState.ISSUED:
            erased = invoice.state is InvoiceState.DELETED
            code = "deleted_after_sending" if erased else "cancelled_after_sending"
            yield self._correction(row, DocumentKind.INVOICE_VOID, invoice.revision, Hold(code, number))
            return
        if content_hash(invoice) != row.content_hash:
            hold = Hold("changed_after_sending", number)
            yield self._correction(row, DocumentKind.INVOICE_UPDATE, invoice.revision, hold)
        for refund in invoice.refunds:
            hold = Hold("refund_needs_bookkeeper", number | {"amount": amount_text(refund.amount, invoice.currency)})
            yield self._correction(row, DocumentKind.REFUND, 0, hold, local_id=refund.id)

    def _payments(self, uow: UnitOfWork, invoice: Invoice, rows: Sequence[Document]) -> Iterable[NewDocument]:
        """New payments are inserted; one that was corrected or removed is brought up to date while it was never
        sent, and becomes a question afterwards."""
        by_id = {row.local_id: row for row in rows}
        for payment in invoice.payments:
            document = self._payment(invoice, payment)
            row = by_id.pop(payment.id, None)
            if row is None:
                yield document
            elif row.marker == document.marker:
                continue
            elif row.state in _SENT:
                yield self._payment_correction(row, invoice)
            else:
                uow.ledger.refresh(row.id, document)
                uow.ledger.move(row.id, expect=_DECIDED_ANEW, to=DocumentState.PENDING)
        for row in by_id.values():
            if row.state in _SENT:
                yield self._payment_correction(row, invoice)
            else:
                uow.ledger.move(row.id, expect=_UNSENT, to=DocumentState.SKIPPED, reason=("cancelled_never_sent", {}))

    # -- the rows

    def _invoice(self, invoice: Invoice, hold: Hold | None) -> NewDocument:
        state = DocumentState.PENDING
        if hold is not None:
            state = DocumentState.SKIPPED if hold.code in FOR_GOOD else DocumentState.BLOCKED
        number = invoice_number(self.webservice.settings.prefix, invoice.number)
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

    def _contact(self, invoice: Invoice) -> NewDocument:
        return self._row(
            DocumentKind.CONTACT,
            invoice,
            local_id=invoice.contact.id,
            identity=invoice.contact.id,
            label=contact_name(invoice.contact),
            parent_local_id=invoice.id,
        )

    def _payment(self, invoice: Invoice, payment: Payment) -> NewDocument:
        return self._row(
            DocumentKind.PAYMENT,
            invoice,
            local_id=payment.id,
            identity=payment_identity(payment),
            label=f"Payment of {invoice_number(self.webservice.settings.prefix, invoice.number)}",
            depends_on=(DocumentKind.INVOICE, invoice.id),
            amount=payment.amount,
            currency=invoice.currency,
            document_date=payment.date,
            parent_local_id=invoice.id,
        )

    def _row(self, kind: DocumentKind, invoice: Invoice, *, local_id: str, identity: str, **more) -> NewDocument:
        mark = marker(self.connection.gallery_id, kind, identity)
        key = contact_number(mark) if kind is DocumentKind.CONTACT else mark
        values = {"natural_key": key, "document_date": invoice.date, "contact_name": contact_name(invoice.contact)}
        return NewDocument(
            gallery_id=self.connection.gallery_id,
            tenant_id=self.connection.tenant_id,
            kind=kind,
            local_id=local_id,
            marker=mark,
            **(values | more),
        )

    def _correction(
        self, row: Document, kind: DocumentKind, revision: int, hold: Hold, *, local_id: str | None = None
    ) -> NewDocument:
        """A later change as a row of its own (export-protocol §2.6a). It waits for a person: corrections are not
        sent by themselves yet, and saying so is better than losing them."""
        return NewDocument(
            gallery_id=row.gallery_id,
            tenant_id=row.tenant_id,
            kind=kind,
            local_id=local_id or row.local_id,
            local_revision=revision,
            natural_key=f"{kind}:{local_id or row.local_id}:{revision}",
            marker=row.marker,
            label=row.label,
            state=DocumentState.CONFLICT,
            seen_revision=revision,
            contact_name=row.contact_name,
            amount=row.amount,
            currency=row.currency,
            document_date=row.document_date,
            parent_local_id=row.parent_local_id or row.local_id,
            reason_code=hold.code,
            reason_facts=hold.facts,
        )

    def _payment_correction(self, row: Document, invoice: Invoice) -> NewDocument:
        amount = amount_text(row.amount, row.currency) if row.amount is not None else ""
        facts = {"number": row.label.removeprefix("Payment of "), "amount": amount}
        hold = Hold("payment_changed_after_sending", facts)
        return self._correction(row, DocumentKind.PAYMENT_DELETE, invoice.revision, hold)
