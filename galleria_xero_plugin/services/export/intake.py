"""Which ledger rows an invoice of the gallery means (T0), and what a change of it means for rows that exist.

Everything here is idempotent: a row's identity is the document's, and a second insert is ignored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ...domain.export import LISTED, eligibility
from ...domain.model import GalleryInfo, Invoice, InvoiceState
from ...domain.reasons import BY_A_PERSON, Hold
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import Connection, Document, NewDocument, Webservice
from ...ports.store import UnitOfWork
from ..usage import today_of
from .after_sending import AfterSending, Corrections
from .rows import FOR_GOOD, Rows

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

    @property
    def rows(self) -> Rows:
        """Makes the rows of this gallery in this organisation."""
        return Rows(self.connection.gallery_id, self.connection.tenant_id, self.webservice.settings.prefix)

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
        return today_of(self.info, now)

    def take(self, uow: UnitOfWork, invoices: Sequence[Invoice], now: dt.datetime) -> int:
        """Bring these invoices into the ledger; how many of them were new."""
        scope = (self.connection.gallery_id, self.connection.tenant_id)
        latest = list({invoice.id: invoice for invoice in invoices}.values())
        ids = [invoice.id for invoice in latest]
        known = uow.ledger.known(*scope, DocumentKind.INVOICE, ids)
        payments = uow.ledger.children(*scope, DocumentKind.PAYMENT, ids)
        refunds = uow.ledger.children(*scope, DocumentKind.REFUND, ids)
        sent = [row.local_id for row in known.values() if row.state is DocumentState.DONE]
        later = AfterSending(self.rows, self.quiet_period, now, Corrections.read(uow, *scope, sent))
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
                documents = list(self._changed(uow, row, invoice, aside, payments.get(invoice.id, ()), later))
            if documents or row is not None:
                documents.extend(later.refunds(uow, documents[0] if row is None else row, invoice, refunds))
            fresh.extend(documents)
            to_be_sent = documents if row is None else row.state not in _SENT or _names_its_contact(documents)
            if to_be_sent and aside is None and invoice.contact.id not in links:
                fresh.extend(self._its_contact(uow, contacts.get(invoice.contact.id), invoice))
        uow.ledger.insert(fresh)
        return new

    def _new(self, invoice: Invoice, hold: Hold | None) -> list[NewDocument]:
        if hold is not None and hold.code not in LISTED:
            return []
        document = self.rows.invoice(invoice, hold)
        if document.state is DocumentState.SKIPPED:
            return [document]
        return [document, *(self.rows.payment(invoice, payment) for payment in invoice.payments)]

    def _its_contact(self, uow: UnitOfWork, row: Document | None, invoice: Invoice) -> Iterable[NewDocument]:
        """The contact of an invoice that is to be sent; one that was put aside with its last invoice is wanted
        again."""
        document = self.rows.contact(invoice)
        if row is None:
            yield document
        elif row.state is DocumentState.SKIPPED:
            uow.ledger.refresh(row.id, document)
            uow.ledger.move(row.id, expect=[DocumentState.SKIPPED], to=DocumentState.PENDING)

    def _changed(
        self,
        uow: UnitOfWork,
        row: Document,
        invoice: Invoice,
        aside: Hold | None,
        payments: Sequence[Document],
        later: AfterSending,
    ) -> Iterable[NewDocument]:
        """What a change in the gallery means for an invoice that is in the ledger already; `aside` is why it is not
        to be sent as things are."""
        if row.state is DocumentState.SKIPPED and row.reason_code in BY_A_PERSON:
            return
        if row.state in _SENT:
            # While nobody knows whether it arrived, there is nothing to correct: `read_back` comes here afterwards
            if row.state is DocumentState.DONE and invoice.revision >= row.seen_revision:
                yield from later.of_invoice(uow, row, invoice)
                uow.ledger.seen(row.id, invoice.revision)
            if invoice.state in (InvoiceState.ISSUED, InvoiceState.CANCELLED):
                yield from self._payments(uow, invoice, payments, later)
            return
        changed = invoice.revision != row.seen_revision or row.state is DocumentState.SKIPPED
        label = row.label
        if changed:
            document = self._same_number(row, invoice)
            uow.ledger.refresh(row.id, document)
            label = document.label
        if aside is not None:
            facts = dict(aside.facts) | ({"number": label} if "number" in aside.facts else {})
            for unsent in (row, *payments):
                uow.ledger.move(unsent.id, expect=_UNSENT, to=DocumentState.SKIPPED, reason=(aside.code, facts))
            return
        if changed:
            # a question (CONFLICT) stays a person's to answer
            uow.ledger.move(row.id, expect=_DECIDED_ANEW, to=DocumentState.PENDING)
        yield from self._payments(uow, invoice, payments, later)

    def _same_number(self, row: Document, invoice: Invoice) -> NewDocument:
        """The row brought up to date. It keeps the number that it has, whatever the prefix is now (R3); only one
        that was never tried follows when the gallery itself renumbers the invoice."""
        document = self.rows.invoice(invoice, None)
        chosen = row.natural_key != row.label  # by a person, because the number was taken
        if row.attempt or chosen or row.natural_key.endswith(f"-{invoice.number}"):
            return replace(document, natural_key=row.natural_key, label=row.label, marker=row.marker)
        return document

    def _payments(
        self, uow: UnitOfWork, invoice: Invoice, rows: Sequence[Document], later: AfterSending
    ) -> Iterable[NewDocument]:
        """New payments are inserted; one that was corrected or removed is brought up to date while it was never
        sent, and is deleted in Xero, and made anew, afterwards."""
        by_id = {row.local_id: row for row in rows if row.deleted_at is None}
        deleted = {row.local_id for row in rows if row.deleted_at is not None}
        for payment in invoice.payments:
            again = payment.id in deleted and payment.id not in by_id
            document = self.rows.payment(invoice, payment, revision=invoice.revision if again else 0)
            row = by_id.pop(payment.id, None)
            if row is None:
                yield document
            elif row.marker == document.marker and row.state is not DocumentState.SKIPPED:
                later.payment_as_it_was(uow, row)
            elif row.state is DocumentState.SKIPPED and row.reason_code in BY_A_PERSON:
                continue
            elif row.state is DocumentState.DONE:
                yield from later.of_payment(row, invoice)
            elif row.state not in _SENT:
                uow.ledger.refresh(row.id, document)
                uow.ledger.move(row.id, expect=_DECIDED_ANEW, to=DocumentState.PENDING)
        for row in by_id.values():
            if row.state is DocumentState.DONE:
                yield from later.of_payment(row, invoice)
            elif row.state not in _SENT:
                uow.ledger.move(row.id, expect=_UNSENT, to=DocumentState.SKIPPED, reason=("cancelled_never_sent", {}))


def _names_its_contact(documents: Sequence[NewDocument]) -> bool:
    """A correction of the invoice names a contact that may have to be created first."""
    return any(document.kind is DocumentKind.INVOICE_UPDATE for document in documents)
