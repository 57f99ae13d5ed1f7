"""Which ledger rows an invoice of the gallery means (T0), and what a change of it means for rows that exist.

Everything here is idempotent: a row's identity is the document's, and a second insert is ignored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from ...domain.export import LISTED, eligibility, invoice_number
from ...domain.fingerprint import content_hash
from ...domain.mapping import contact_name
from ...domain.markers import contact_number, marker, payment_identity
from ...domain.model import GalleryInfo, Invoice, InvoiceState, Payment
from ...domain.reasons import BY_A_PERSON, Hold, amount_text
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import Connection, Document, NewDocument, Webservice
from ...ports.store import UnitOfWork

FOR_GOOD = frozenset({"zero_total", "cancelled_never_sent", "draft_or_not_issued", "paid_before_sync_from"})
"""Reasons that do not go away by themselves: the document is listed, but waits for nobody."""

PAYMENT_OF = "Payment of "
"""How a payment is labelled: with its invoice's number behind this."""

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
        contact_ids = list({invoice.contact.id for invoice in latest})
        links = uow.contacts.links(*scope, contact_ids)
        unlinked = [contact_id for contact_id in contact_ids if contact_id not in links]
        contacts = uow.ledger.known(*scope, DocumentKind.CONTACT, unlinked)
        fresh: list[NewDocument] = []
        new = 0
        for invoice in latest:
            row = known.get(invoice.id)
            hold = self.hold(invoice, now)
            aside = hold if hold is not None and hold.code in FOR_GOOD else None
            if row is None:
                documents = self._new(invoice, hold)
                new += bool(documents)
            else:
                documents = list(self._changed(uow, row, invoice, aside, payments.get(invoice.id, ())))
            fresh.extend(documents)
            to_be_sent = documents if row is None else row.state not in _SENT
            if to_be_sent and aside is None and invoice.contact.id not in links:
                fresh.extend(self._its_contact(uow, contacts.get(invoice.contact.id), invoice))
        uow.ledger.insert(fresh)
        return new

    def _new(self, invoice: Invoice, hold: Hold | None) -> list[NewDocument]:
        if hold is not None and hold.code not in LISTED:
            return []
        document = self._invoice(invoice, hold)
        if document.state is DocumentState.SKIPPED:
            return [document]
        return [document, *(self._payment(invoice, payment) for payment in invoice.payments)]

    def _its_contact(self, uow: UnitOfWork, row: Document | None, invoice: Invoice) -> Iterable[NewDocument]:
        """The contact of an invoice that is to be sent; one that was put aside with its last invoice is wanted
        again."""
        document = self._contact(invoice)
        if row is None:
            yield document
        elif row.state is DocumentState.SKIPPED:
            uow.ledger.refresh(row.id, document)
            uow.ledger.move(row.id, expect=[DocumentState.SKIPPED], to=DocumentState.PENDING)

    def _changed(
        self, uow: UnitOfWork, row: Document, invoice: Invoice, aside: Hold | None, payments: Sequence[Document]
    ) -> Iterable[NewDocument]:
        """What a change in the gallery means for an invoice that is in the ledger already; `aside` is why it is not
        to be sent as things are."""
        if row.state is DocumentState.SKIPPED and row.reason_code in BY_A_PERSON:
            return
        if row.state in _SENT:
            # While nobody knows whether it arrived, there is nothing to correct: `read_back` comes here afterwards
            if row.state is DocumentState.DONE:
                yield from self._changed_after_sending(row, invoice)
                uow.ledger.seen(row.id, invoice.revision)
            if invoice.state is InvoiceState.ISSUED:
                yield from self._payments(uow, invoice, payments)
            return
        changed = invoice.revision != row.seen_revision or row.state is DocumentState.SKIPPED
        if changed:
            uow.ledger.refresh(row.id, self._same_number(row, invoice))
        if aside is not None:
            for unsent in (row, *payments):
                uow.ledger.move(unsent.id, expect=_UNSENT, to=DocumentState.SKIPPED, reason=(aside.code, aside.facts))
            return
        if changed:
            # a question (CONFLICT) stays a person's to answer
            uow.ledger.move(row.id, expect=_DECIDED_ANEW, to=DocumentState.PENDING)
        yield from self._payments(uow, invoice, payments)

    def _same_number(self, row: Document, invoice: Invoice) -> NewDocument:
        """The row brought up to date. It keeps the number that it has, whatever the prefix is now (R3); only one
        that was never tried follows when the gallery itself renumbers the invoice."""
        document = self._invoice(invoice, None)
        chosen = row.natural_key != row.label  # by a person, because the number was taken
        if row.attempt or chosen or row.natural_key.endswith(f"-{invoice.number}"):
            return replace(document, natural_key=row.natural_key, label=row.label)
        return document

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
            elif row.marker == document.marker and row.state is not DocumentState.SKIPPED:
                continue
            elif row.state is DocumentState.SKIPPED and row.reason_code in BY_A_PERSON:
                continue
            elif row.state is DocumentState.DONE:
                yield self._payment_correction(row, invoice)
            elif row.state not in _SENT:
                uow.ledger.refresh(row.id, document)
                uow.ledger.move(row.id, expect=_DECIDED_ANEW, to=DocumentState.PENDING)
        for row in by_id.values():
            if row.state is DocumentState.DONE:
                yield self._payment_correction(row, invoice)
            elif row.state not in _SENT:
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
            label=f"{PAYMENT_OF}{invoice_number(self.webservice.settings.prefix, invoice.number)}",
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
        facts = {"number": row.label.removeprefix(PAYMENT_OF), "amount": amount}
        hold = Hold("payment_changed_after_sending", facts)
        return self._correction(row, DocumentKind.PAYMENT_DELETE, invoice.revision, hold)
