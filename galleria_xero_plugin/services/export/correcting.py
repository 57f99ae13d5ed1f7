"""What the phases of corrections have in common: the invoice a correction is about, and what became of it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from ...domain.accounting import ReferenceData, XeroInvoice
from ...domain.dates import dated_reference
from ...domain.fingerprint import content_hash
from ...domain.model import Invoice, InvoiceState
from ...domain.reasons import Hold
from ...domain.states import DocumentKind, DocumentState
from ...errors import GalleriaXeroError
from ...ports.records import Document
from ...ports.store import UnitOfWork
from .after_sending import UNSENT
from .credit_rows import FOR_A_VERSION, FOR_CANCELLING
from .rows import of_this_one
from .session import BATCH, Held, Session

log = logging.getLogger("galleria_xero.export")

MONEY = (DocumentKind.PAYMENT, DocumentKind.PAYMENT_DELETE)
CREDIT = (DocumentKind.CREDIT_NOTE, DocumentKind.ALLOCATION, DocumentKind.REFUND)
VERSIONS = (DocumentKind.INVOICE_UPDATE, DocumentKind.INVOICE_VOID)
BEGUN = (DocumentState.SENDING, DocumentState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Subject:
    """An invoice with everything of it that the ledger has, as the gallery has it, and as it stands in Xero."""

    row: Document
    invoice: Invoice | None
    standing: XeroInvoice | None
    family: Mapping[DocumentKind, Sequence[Document]]

    def of(self, *kinds: DocumentKind) -> list[Document]:
        return [row for kind in kinds for row in self.family.get(kind, ())]

    def under_way(self, but: Document) -> bool:
        """Whether something else of this invoice may or may not have arrived in Xero, so that its figures are not
        to be relied on."""
        return any(row.state in BEGUN and row.id != but.id for row in self.of(*MONEY, *CREDIT, *VERSIONS))

    @property
    def written(self) -> str | None:
        """The print of what we wrote last."""
        done = [row for row in self.of(DocumentKind.INVOICE_UPDATE) if row.state is DocumentState.DONE and row.standing]
        return max(done, key=lambda row: row.local_revision).standing if done else self.row.standing

    def credited(self, *causes: str) -> Decimal:
        """What credit notes of ours take off the invoice, standing or on their way: those whose cause begins with
        one of `causes`, or all of them. Those that the next decision overtakes do not count."""
        notes = [row for row in self.of(DocumentKind.CREDIT_NOTE) if row.state is not DocumentState.SKIPPED]
        notes = [row for row in notes if not _may_be_overtaken(row)]
        wanted = [row for row in notes if not causes or cause_of(row).startswith(causes)]
        return sum((row.amount or Decimal(0) for row in wanted), Decimal(0))

    def open_credit(self) -> Decimal:
        """What of our credit notes is not used for the invoice itself: it went back, or is the client's."""
        overtaken = {row.local_id for row in self.overtaken()}
        uses = [row for row in self.of(DocumentKind.ALLOCATION) if row.state is not DocumentState.SKIPPED]
        used = [row.xero_total or row.amount or Decimal(0) for row in uses if row.local_id not in overtaken]
        return self.credited() - sum(used, Decimal(0))

    def overtaken(self) -> list[Document]:
        """What is not wanted any more once it was decided anew about the invoice: credit notes about its version or
        its cancellation that were not begun, and their use."""
        notes = {row.local_id for row in self.of(DocumentKind.CREDIT_NOTE) if _may_be_overtaken(row)}
        return [row for row in self.of(DocumentKind.CREDIT_NOTE, DocumentKind.ALLOCATION) if row.local_id in notes]

    def is_stale(self, note: Document) -> bool:
        """Whether the gallery has gone on since a credit note was decided on, so that it waits for what comes next."""
        cause, invoice = cause_of(note), self.invoice
        if invoice is None:
            return False
        if cause.startswith(FOR_A_VERSION):
            return invoice.state is InvoiceState.CANCELLED or content_hash(invoice) != note.content_hash
        return cause.startswith(FOR_CANCELLING) and invoice.state is InvoiceState.ISSUED


def cause_of(note: Document) -> str:
    """What a credit note is for: the part of its id behind the invoice's."""
    return note.local_id.removeprefix(f"{note.parent_local_id}/")


def _may_be_overtaken(note: Document) -> bool:
    return note.state in UNSENT and cause_of(note).startswith((FOR_A_VERSION, FOR_CANCELLING))


def due(session: Session, kind: DocumentKind) -> list[Document]:
    """The corrections of a kind whose turn it is, at most one of an invoice."""
    with session.read() as uow:
        return list(session.due(uow, kind, BATCH, one_per_parent=True))


def subjects(session: Session, rows: Sequence[Document]) -> dict[str, Subject]:
    """The invoices of these corrections by local id, read from the ledger, the gallery and Xero just now. One that
    does not stand in Xero (yet) is left out."""
    ids = list(dict.fromkeys(row.parent_local_id for row in rows))
    scope = (session.gallery_id, session.tenant_id)
    with session.read() as uow:
        known = uow.ledger.known(*scope, DocumentKind.INVOICE, ids)
        families = {kind: uow.ledger.children(*scope, kind, ids) for kind in (*MONEY, *CREDIT, *VERSIONS)}
    sent = {id: row for id, row in known.items() if row.state is DocumentState.DONE and row.xero_id}
    invoices = session.invoices(list(sent))
    standing = session.standing([row.xero_id or "" for row in sent.values()])
    return {
        id: Subject(
            row=row,
            invoice=invoices.get(id),
            standing=standing.get(row.xero_id or ""),
            family={
                kind: of_this_one(row, found.get(id, ())) if kind in VERSIONS else found.get(id, ())
                for kind, found in families.items()
            },
        )
        for id, row in sent.items()
    }


def as_booked(subject: Subject, invoice: Invoice) -> Invoice:
    """The gallery's invoice, on the day on which a person had it booked when its own was locked."""
    day = subject.row.redated_to
    if day is None or subject.standing is None or subject.standing.date != day:
        return invoice
    words = dated_reference(invoice.reference, invoice.date, day)
    return replace(invoice, date=day, due_date=invoice.due_date or invoice.date, reference=words)


def unlocked(reference: ReferenceData) -> ReferenceData:
    """The organisation without its lock dates, for a draft that is only compared: whether a day is open counts for
    the document that is sent."""
    organisation = replace(reference.organisation, period_lock_date=None, year_end_lock_date=None)
    return replace(reference, organisation=organisation)


def waits_for(subject: Subject | None, row: Document) -> Held | None:
    """Why nothing can be decided about a correction now, or None."""
    if subject is None:
        return Held(row, Hold("waiting_for_invoice", {"number": row.label}))
    if subject.under_way(row):
        return Held(row, Hold("checking_with_xero"))
    return None


def settled(
    uow: UnitOfWork, row: Document, hold: Hold | None, *, xero_id: str, standing: str | None = None
) -> bool:
    """This correction is done without anything of its own being sent."""
    return uow.ledger.move(
        row.id,
        expect=[DocumentState.PENDING],
        to=DocumentState.DONE,
        xero_id=xero_id,
        adopted=True,
        reason=(hold.code, hold.facts) if hold else None,
        standing=standing,
    )


def leave_note(session: Session, row: Document, invoice_id: str, text: str) -> None:
    """Say in the invoice's history in Xero what was corrected, for whoever reads it there.

    A note cannot be taken back and has no number of its own, so it is sent once at most: it comes after the
    correction is recorded, and when it fails it is left out. The correction itself is on the Activity page.
    """
    request = session.tools.api.note(invoice_id, text)
    until = session.tools.clock.monotonic() + session.tools.timings.send_deadline
    with contextlib.suppress(GalleriaXeroError):
        session.calls.ready()
        session.calls.write(request, f"note:{row.id}", until=until)
        return
    log.info("document %s: the history in Xero got no note", row.id)
