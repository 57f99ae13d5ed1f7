"""Settling what is unknown by looking (export-protocol §2.4 R): found is adopted or asked about; absent is
believed late and twice.

The protocol would also allow one replay under the same key before the fifth minute. There is none: it is the same call
as a look, to a key store that answers with what it remembers and not with what stands in the books, and it would be a
second way for a request to arrive."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence

from ...domain.answers import absence_proven
from ...domain.markers import marker_in_reference
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import ContactLink, Document
from ...ports.store import UnitOfWork
from . import (
    cancel_phase,
    contact_phase,
    correcting,
    credit_note_phase,
    credit_use,
    invoice_phase,
    payment_phase,
    payment_removal_phase,
    refund_phase,
    update_phase,
)
from .correcting import Subject
from .session import BATCH, Session


Look = Callable[[Session, Sequence[Document]], list[Document]]
"""Looks for documents of one kind, records what stands, and returns those that do not."""


def step(session: Session) -> bool:
    """Read back what is due, one batch of a kind. False when nothing is due."""
    scope = (session.gallery_id, session.tenant_id)
    for kind, look in _LOOKS.items():
        with session.read() as uow:
            look_at = uow.ledger.next_due_at(*scope)
            if look_at is None or look_at > uow.now():
                return False
            rows = uow.ledger.due_unknown(*scope, kind, BATCH)
        if rows:
            session.say("Checking with Xero what arrived")
            absent = look(session, rows)
            mates = Counter(row.batch_id for row in absent)
            with session.write() as uow:
                for row in absent:
                    _absent(session, uow, row, mates[row.batch_id])
                uow.commit()
            return True
    return False


def _invoices(session: Session, rows: Sequence[Document]) -> list[Document]:
    found = invoice_phase.by_number(session, [row.natural_key for row in rows])
    looked_up = [(row, invoice_phase.matching(found, row)) for row in rows]
    settled = invoice_phase.settle_found(session, looked_up, expect=DocumentState.UNKNOWN)
    _follow(session, [row.local_id for row in rows if row.id in settled])
    return [row for row in rows if row.id not in settled]


def _payments(session: Session, rows: Sequence[Document]) -> list[Document]:
    scope, parents = (session.gallery_id, session.tenant_id), [row.parent_local_id for row in rows]
    with session.read() as uow:
        sent = uow.ledger.known(*scope, DocumentKind.INVOICE, parents)
        siblings = uow.ledger.children(*scope, DocumentKind.PAYMENT, parents)
    standing = session.standing([document.xero_id for document in sent.values() if document.xero_id])
    absent: list[Document] = []
    arrived: list[str] = []
    for row in rows:
        parent = sent.get(row.parent_local_id)
        invoice = standing.get(parent.xero_id or "") if parent else None
        if invoice is None or invoice.payments is None:
            _unreadable(session, row)
            continue
        used = credit_use.found(session, row, invoice, siblings.get(row.parent_local_id, ()))
        ours = next((p for p in invoice.payments if marker_in_reference(p.reference) == row.marker), used)
        if ours is None:
            _unreadable(session, row)
        elif isinstance(ours, bool):
            absent.append(row)
        else:
            payment_phase.adopt(session, payment_phase.Found(row, ours, ours=True), expect=DocumentState.UNKNOWN)
            arrived.append(row.parent_local_id)
    _follow(session, arrived)
    return absent


def _follow(session: Session, invoice_ids: Sequence[str]) -> None:
    """What changed in the gallery while nobody knew whether it had arrived counts from now on."""
    if invoice_ids:
        session.take(list(session.invoices(invoice_ids).values()))


def _contacts(session: Session, rows: Sequence[Document]) -> list[Document]:
    contact_phase.refresh_mirror(session)
    index = contact_phase.index(session)
    absent = []
    for row in rows:
        found = index.by_marker(row.marker)
        if found is None:
            absent.append(row)
            continue
        xero_id = index.follow_merge(found.id)
        with session.write() as uow:
            moved = uow.ledger.move(
                row.id, expect=[DocumentState.UNKNOWN], to=DocumentState.DONE, xero_id=xero_id, adopted=True
            )
            if moved:
                link = ContactLink(row.local_id, xero_id, "created")
                uow.contacts.link(session.gallery_id, session.tenant_id, [link])
            session.note(uow, adopted=int(moved))
            uow.commit()
    return absent


def _correction(arrived: Callable[[Session, Document, Subject], bool | None]) -> Look:
    """Looking by what `arrived` says of one correction: it stands, it does not, or (None) nobody can tell."""

    def look(session: Session, rows: Sequence[Document]) -> list[Document]:
        found = correcting.subjects(session, rows)
        absent: list[Document] = []
        settled: list[str] = []
        for row in rows:
            subject = found.get(row.parent_local_id)
            stands = arrived(session, row, subject) if subject and subject.standing else None
            if stands is None:
                _unreadable(session, row)
            elif stands:
                settled.append(row.parent_local_id)
            else:
                absent.append(row)
        _follow(session, settled)
        return absent

    return look


_LOOKS: dict[DocumentKind, Look] = {
    DocumentKind.CONTACT: _contacts,
    DocumentKind.INVOICE: _invoices,
    DocumentKind.PAYMENT: _payments,
    DocumentKind.PAYMENT_DELETE: _correction(payment_removal_phase.arrived),
    DocumentKind.INVOICE_UPDATE: _correction(update_phase.arrived),
    DocumentKind.INVOICE_VOID: _correction(cancel_phase.arrived),
    DocumentKind.CREDIT_NOTE: _correction(credit_note_phase.arrived),
    DocumentKind.ALLOCATION: _correction(credit_note_phase.allocation_arrived),
    DocumentKind.REFUND: _correction(refund_phase.arrived),
}


def _absent(session: Session, uow: UnitOfWork, row: Document, mates: int) -> None:
    """A negative read: proof only together with a second one after the key's life. `mates` is how many documents
    of its request are as unclear as it is, itself included."""
    timings = session.tools.timings
    now = uow.now()
    first_sent_at = row.first_sent_at or now
    reads = row.negative_reads + 1
    if row.kind is DocumentKind.CONTACT and _said_taken(row) and row.attempt < NAME_TRIES:
        # Xero said that somebody else has the name, and the mirror knows who by now: matched anew
        _to(uow, row, DocumentState.PENDING)
    elif not absence_proven(
        now=now, first_sent_at=first_sent_at, negative_reads=reads, key_window=timings.key_window
    ):
        next_look = max(first_sent_at + timings.key_window, now + timings.settle / 6)
        _wait(uow, row, next_look, reads)
    elif question := _question(row):
        _to(uow, row, DocumentState.CONFLICT, question)
        session.note(uow, waiting=1)
    else:
        # One bad document can spoil a whole request: it is tried again in half the company
        _to(uow, row, DocumentState.PENDING, batch_cap=max(1, min(row.batch_cap, mates) // 2))


NAME_TRIES = 3
LAST_TRY = 10
"""After so many attempts a document that never becomes clear, not even alone in a request, is left to a person."""
UNREADABLE_WINDOWS = 4
"""So many lives of a key an invoice may stay unreadable."""


def _question(row: Document) -> tuple[str, dict[str, str]] | None:
    """What a person is asked about a document that is not there: trying again would only be answered alike."""
    if _said_taken(row) and row.kind is DocumentKind.CONTACT:
        return "contact_ambiguous", {"contact": row.contact_name}
    if _said_taken(row) and row.kind in (DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE):
        return "number_taken", {"number": row.natural_key}
    if row.reason_code == "xero_refused" or (row.batch_cap == 1 and row.attempt >= LAST_TRY):
        return "xero_refused", row.reason_facts
    return None


def _said_taken(row: Document) -> bool:
    return row.reason_code == "checking_with_xero" and "xero" in row.reason_facts


def _to(
    uow: UnitOfWork,
    row: Document,
    state: DocumentState,
    reason: tuple[str, dict[str, str]] | None = None,
    *,
    batch_cap: int | None = None,
) -> None:
    uow.ledger.move(row.id, expect=[DocumentState.UNKNOWN], to=state, reason=reason, batch_cap=batch_cap)


def _wait(uow: UnitOfWork, row: Document, until: dt.datetime, reads: int) -> None:
    uow.ledger.move(
        row.id,
        expect=[DocumentState.UNKNOWN],
        to=DocumentState.UNKNOWN,
        reason=(row.reason_code or "checking_with_xero", row.reason_facts),
        not_before=until,
        negative_reads=reads,
    )


def _unreadable(session: Session, row: Document) -> None:
    """The answer proves nothing: look again, but not for ever, because a run waits for it."""
    timings = session.tools.timings
    with session.write() as uow:
        now = uow.now()
        if now < (row.first_sent_at or now) + UNREADABLE_WINDOWS * timings.key_window:
            _wait(uow, row, now + timings.settle, row.negative_reads)
        else:
            facts = {"number": row.label, "status": "not readable"}
            _to(uow, row, DocumentState.CONFLICT, ("invoice_not_payable", facts))
            session.note(uow, waiting=1)
        uow.commit()
