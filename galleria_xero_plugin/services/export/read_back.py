"""Settling what is unknown by looking (export-protocol §2.4 R): found is adopted or asked about; absent is
believed late and twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from ...domain.answers import absence_proven
from ...domain.markers import marker_in_reference
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import ContactLink, Document
from . import contact_phase, invoice_phase, payment_phase
from .session import BATCH, Session


def step(session: Session) -> bool:
    """Read back what is due, one batch of a kind. False when nothing is due."""
    for kind, look in _LOOKS.items():
        with session.read() as uow:
            rows = uow.ledger.due_unknown(session.gallery_id, session.tenant_id, kind, BATCH)
        if rows:
            session.say("Checking with Xero what arrived")
            for row in look(session, rows):
                _absent(session, row)
            return True
    return False


def _invoices(session: Session, rows: Sequence[Document]) -> list[Document]:
    found = invoice_phase.by_number(session, [row.natural_key for row in rows])
    absent = []
    for row in rows:
        invoice = invoice_phase.matching(found, row.natural_key)
        if invoice is None:
            absent.append(row)
        else:
            invoice_phase.settle_found(session, row, invoice, expect=DocumentState.UNKNOWN)
    return absent


def _payments(session: Session, rows: Sequence[Document]) -> list[Document]:
    with session.read() as uow:
        sent = uow.ledger.known(
            session.gallery_id, session.tenant_id, DocumentKind.INVOICE, [row.parent_local_id for row in rows]
        )
    standing = payment_phase.by_id(session, [document.xero_id for document in sent.values() if document.xero_id])
    absent = []
    for row in rows:
        parent = sent.get(row.parent_local_id)
        invoice = standing.get(parent.xero_id or "") if parent else None
        if invoice is None or invoice.payments is None:
            _look_again(session, row)  # an incomplete answer proves nothing
            continue
        ours = next((p for p in invoice.payments if marker_in_reference(p.reference) == row.marker), None)
        if ours is None:
            absent.append(row)
        else:
            payment_phase.adopt(session, payment_phase.Found(row, ours, ours=True), expect=DocumentState.UNKNOWN)
    return absent


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


_LOOKS = {
    DocumentKind.CONTACT: _contacts,
    DocumentKind.INVOICE: _invoices,
    DocumentKind.PAYMENT: _payments,
}


def _absent(session: Session, row: Document) -> None:
    """A negative read: proof only together with a second one after the key's life."""
    timings = session.tools.timings
    reads = row.negative_reads + 1
    with session.write() as uow:
        now = uow.now()
        first_sent_at = row.first_sent_at or now
        proven = absence_proven(
            now=now, first_sent_at=first_sent_at, negative_reads=reads, key_window=timings.key_window
        )
        if not proven:
            _wait(session, uow, row, now, reads)
        elif row.kind is DocumentKind.CONTACT and _said_taken(row):
            facts = {"contact": row.contact_name}
            _to(uow, row, DocumentState.CONFLICT, ("contact_ambiguous", facts), reads)
        elif row.batch_cap == 1 and row.attempt >= _LAST_ALONE:
            _to(uow, row, DocumentState.CONFLICT, ("xero_refused", row.reason_facts), reads)
        else:
            _to(uow, row, DocumentState.PENDING, None, reads)
        uow.commit()


_LAST_ALONE = 10
"""Attempts after which a document that Xero refuses even when it is alone in a request is left to a person."""


def _said_taken(row: Document) -> bool:
    return "xero" in row.reason_facts


def _to(uow, row: Document, state: DocumentState, reason, reads: int) -> None:
    uow.ledger.move(row.id, expect=[DocumentState.UNKNOWN], to=state, reason=reason, negative_reads=reads)


def _wait(session: Session, uow, row: Document, now: dt.datetime, reads: int) -> None:
    timings = session.tools.timings
    after_window = (row.first_sent_at or now) + timings.key_window
    uow.ledger.move(
        row.id,
        expect=[DocumentState.UNKNOWN],
        to=DocumentState.UNKNOWN,
        reason=("checking_with_xero", row.reason_facts),
        not_before=max(after_window, now + timings.settle / 6),
        negative_reads=reads,
    )


def _look_again(session: Session, row: Document) -> None:
    with session.write() as uow:
        _wait(session, uow, row, uow.now(), row.negative_reads)
        uow.commit()
