"""Money that the gallery gave back: a payment of a credit note, which is made for it when there is none yet."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from ...domain.accounting import XeroInvoice, XeroPayment
from ...domain.answers import Expected
from ...domain.correcting import XeroCreditNote
from ...domain.markers import marker, marker_in_reference, refund_identity
from ...domain.model import Refund
from ...domain.reasons import Hold, amount_text
from ...domain.refunds import refund_draft
from ...domain.standing import GONE
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import Document
from . import credited_by_hand
from .correcting import CREDIT, VERSIONS, Subject
from .credit_rows import FOR_A_REFUND, credit_note
from .one_by_one import take_one
from .sending import Prepared, send
from .session import Held, Session

UNDONE = (DocumentState.PENDING, DocumentState.BLOCKED, DocumentState.REJECTED, DocumentState.CONFLICT)


def step(session: Session) -> bool:
    """Send one refund, or the credit note that it needs first. False when none is due."""
    return take_one(session, DocumentKind.REFUND, _decide, _send)


def _send(session: Session, item: Prepared, subject: Subject) -> None:
    session.say(f"Sending refunds: {item.row.label}")
    send(session, DocumentKind.REFUND, [item])


def _decide(session: Session, row: Document, subject: Subject) -> Prepared | Held | None:
    if row.local_revision:
        return _question(row, subject)
    there = _went_back(session, subject)
    if _settle(session, row, there, expect=DocumentState.PENDING):
        return None
    given_back = _refund(row, subject)
    if given_back is None:
        return Held(row, Hold("changed_again", {"number": row.label}), for_good=True)
    booked = credited_by_hand.refund(session, row, subject, given_back, there)
    if isinstance(booked, Held):
        return booked
    if booked is not None:
        by_hand = ("recognised_by_hand", {"number": subject.row.label})
        _adopt(session, row, booked, expect=DocumentState.PENDING, reason=by_hand)
        return None
    note = next((one for one in _notes(session, subject) if _left(one, subject) >= given_back.amount), None)
    if note is None:
        return _credit_first(session, row, subject, given_back)
    draft = refund_draft(
        given_back,
        note,
        redated_to=row.redated_to,
        settings=session.settings,
        reference=session.reference,
        marker=row.marker,
        methods=session.methods,
    )
    if isinstance(draft, Hold):
        return Held(row, draft)
    return Prepared(
        row=row,
        payload=session.tools.api.payload(draft),
        expected=Expected(f"{note.id}|{draft.reference}", total=draft.amount),
    )


def _refund(row: Document, subject: Subject) -> Refund | None:
    """The refund that the row is about; None when it was corrected or removed in the gallery since."""
    refunds = subject.invoice.refunds if subject.invoice else ()
    found = next((refund for refund in refunds if refund.id == row.local_id), None)
    if found is None or marker(row.gallery_id, DocumentKind.REFUND, refund_identity(found)) != row.marker:
        return None
    return found


def _question(row: Document, subject: Subject) -> Held:
    """A question about a refund that stands in Xero and was changed in the gallery: trying again sends nothing."""
    if _refund(row, subject) is not None:
        return Held(row, Hold("changed_again", {"number": row.label}), for_good=True)
    return Held(row, Hold("refund_changed_after_sending", dict(row.reason_facts)), asked=True)


def _notes(session: Session, subject: Subject) -> list[XeroCreditNote]:
    """Our credit notes of the invoice as they stand now."""
    ids = [one.xero_id for one in subject.of(DocumentKind.CREDIT_NOTE) if one.xero_id]
    if not ids:
        return []
    page = session.calls.read(session.tools.api.credit_notes_by_id(ids[:20]))
    return [note for note in page.items if note.status not in GONE]


def _left(note: XeroCreditNote, subject: Subject) -> Decimal:
    """What of a credit note is neither used nor wanted for the invoice."""
    wanted = {one.xero_id: one.local_id for one in subject.of(DocumentKind.CREDIT_NOTE)}
    reserved = [
        one.amount or Decimal(0)
        for one in subject.of(DocumentKind.ALLOCATION)
        if one.local_id == wanted.get(note.id) and one.state in UNDONE
    ]
    return note.remaining - sum(reserved, Decimal(0))


def _credit_first(session: Session, row: Document, subject: Subject, given_back: Refund) -> Held | None:
    """A refund needs credit. Of an invoice that is settled and goes on, what was given back is credited; anything
    less clear is for the bookkeeper."""
    standing = subject.standing
    others = [one for one in subject.of(*CREDIT, *VERSIONS) if one.id != row.id and one.kind is not DocumentKind.REFUND]
    if any(one.state in UNDONE for one in others):
        return Held(row, Hold("waiting_for_correction", {"number": subject.row.label}))
    note = credit_note(subject.row, f"{FOR_A_REFUND}{given_back.id}", given_back.amount, given_back.date, subject.invoice)
    known = any(one.local_id == note.local_id for one in subject.of(DocumentKind.CREDIT_NOTE))
    facts = {"number": subject.row.label, "amount": amount_text(given_back.amount, subject.row.currency)}
    if known or standing is None or standing.status != "PAID" or _too_much(given_back, subject, standing):
        return Held(row, Hold("refund_needs_bookkeeper", facts), asked=True)
    with session.write() as uow:
        uow.ledger.insert([note])
        uow.commit()
    return None


def _too_much(given_back: Refund, subject: Subject, standing: XeroInvoice) -> bool:
    """More than came in, or more than is left of the invoice to credit."""
    refunds = [one for one in subject.of(DocumentKind.REFUND) if one.state is DocumentState.DONE]
    paid_back = sum((one.amount or Decimal(0) for one in refunds), given_back.amount)
    return paid_back > standing.amount_paid or given_back.amount + subject.credited() > standing.total


def _went_back(session: Session, subject: Subject) -> list[XeroPayment]:
    """The money that went back out of the invoice's credit notes, as it stands now."""
    notes = [one.xero_id for one in subject.of(DocumentKind.CREDIT_NOTE) if one.xero_id]
    pages = [session.calls.read(session.tools.api.refunds_of(note)) for note in notes]
    return [payment for page in pages for payment in page.items if payment.status != "DELETED"]


def _settle(session: Session, row: Document, there: Sequence[XeroPayment], *, expect: DocumentState) -> bool:
    """Look whether the refund stands already, by its marker; then it is recorded."""
    found = next((one for one in there if marker_in_reference(one.reference) == row.marker), None)
    if found is not None:
        _adopt(session, row, found, expect=expect)
    return found is not None


def _adopt(
    session: Session,
    row: Document,
    found: XeroPayment,
    *,
    expect: DocumentState,
    reason: tuple[str, dict[str, str]] | None = None,
) -> None:
    with session.write() as uow:
        moved = uow.ledger.move(
            row.id, expect=[expect], to=DocumentState.DONE, xero_id=found.id, xero_total=found.amount, adopted=True,
            reason=reason,
        )  # fmt: skip
        session.note(uow, adopted=int(moved))
        uow.commit()


def arrived(session: Session, row: Document, subject: Subject) -> bool:
    """Whether a refund of which nobody knew stands in Xero; then it is recorded."""
    return _settle(session, row, _went_back(session, subject), expect=DocumentState.UNKNOWN)
