"""Payments by the client's credit: what a credit note of ours left open is used for another invoice (situation 69).

Such a payment is sent as an allocation and brings no money into any bank. Its row keeps which credit note it uses
(`Document.credit_used`), because an allocation has no reference for a marker: it is known by credit note, invoice and
amount, and by not being another payment's (export-protocol §2.6a).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from ...domain.accounting import XeroInvoice
from ...domain.answers import Expected
from ...domain.correcting import AllocationDraft, XeroAllocation, XeroCreditNote
from ...domain.dates import booked_on, locked
from ...domain.markers import marker_in_reference
from ...domain.model import MethodKind, Payment
from ...domain.reasons import Hold
from ...domain.standing import GONE
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import Document
from .correcting import Subject, subjects
from .sending import Prepared
from .session import Held, Session

OWED = (
    DocumentState.PENDING, DocumentState.BLOCKED, DocumentState.REJECTED, DocumentState.CONFLICT,
    DocumentState.SENDING, DocumentState.UNKNOWN,
)  # fmt: skip
"""What is still to be taken from a credit note, or may be taken already."""


def by_hand(session: Session, row: Document, standing: XeroInvoice, siblings: Sequence[Document]) -> Decimal:
    """How much credit somebody used for the invoice in Xero that none of our rows stands for."""
    scope = (session.gallery_id, session.tenant_id)
    parent = row.parent_local_id
    with session.read() as uow:
        own = uow.ledger.children(*scope, DocumentKind.ALLOCATION, [parent]).get(parent, ())
    ours = [one.xero_total for one in own if one.state is DocumentState.DONE]
    ours += [one.xero_total for one in _claiming(row, siblings)]
    recognised = [one for one in siblings if one.state is DocumentState.SKIPPED and one.reason_code == "credit_used"]
    ours += [one.amount for one in recognised if one.id != row.id]
    return standing.amount_credited - sum((amount or Decimal(0) for amount in ours), Decimal(0))


def decide(session: Session, row: Document, payment: Payment, standing: XeroInvoice, waits: Hold) -> Prepared | Held:
    """The use of the oldest of our credit notes of the client that alone has as much left as was paid; otherwise the
    payment waits as it did, for a person who knows more credit than we made."""
    method = session.methods.get(payment.method_id)
    can = standing.status == "AUTHORISED" and payment.amount <= standing.amount_due
    if method is None or method.kind is not MethodKind.CREDIT or not can:
        return Held(row, waits)
    note = next(_ours(session, standing, payment.amount), None)
    if note is None:
        return Held(row, waits)
    day = booked_on(payment.date, row.redated_to, session.reference)
    date = max(day, note.date or day)  # credit cannot be used before it is given
    lock = locked(date, session.reference)
    if lock is not None:
        return Held(row, lock)
    return Prepared(
        row=row,
        payload=session.tools.api.payload(AllocationDraft(standing.id, payment.amount, date)),
        expected=Expected(f"{standing.id}|", total=payment.amount),
        note=("credit_used", waits.facts),
        standing=note.id,
        under=note.id,
    )


def found(
    session: Session, row: Document, standing: XeroInvoice, siblings: Sequence[Document]
) -> XeroAllocation | bool | None:
    """What stands in Xero of an earlier attempt to use credit: the allocation, False for none, None when the answer
    does not tell."""
    if not row.credit_used:
        return False
    note = read(session, row.credit_used)
    if note is None or note.status in GONE:
        return False
    if note.allocations is None:
        return None
    taken = {one.xero_id for one in _claiming(row, siblings)}
    same = [one for one in note.allocations if one.invoice_id == standing.id and one.amount == row.amount]
    if row.xero_id:  # it stood, and was ours: as much that somebody used again later is not
        return next((one for one in same if one.id in (row.xero_id, "")), False)
    return next((one for one in same if one.id not in taken), False)


def stands_as_credit(payment: Document) -> bool:
    """Whether a payment stands in Xero as used credit."""
    return bool(payment.credit_used) and payment.state is DocumentState.DONE and payment.deleted_at is None


def as_paid(standing: XeroInvoice | None, subject: Subject) -> XeroInvoice | None:
    """The invoice with the credit that its payments used told as money: it is the client's, and must not be lost with
    the invoice."""
    used = [one.xero_total or Decimal(0) for one in subject.of(DocumentKind.PAYMENT) if stands_as_credit(one)]
    if standing is None or not used:
        return standing
    paid, credited = standing.amount_paid + sum(used), standing.amount_credited - sum(used)
    return replace(standing, amount_paid=paid, amount_credited=credited)


def read(session: Session, note_id: str) -> XeroCreditNote | None:
    """A credit note as it stands now."""
    page = session.calls.read(session.tools.api.credit_notes_by_id([note_id]))
    return next((note for note in page.items if note.id == note_id), None)


def _claiming(row: Document, siblings: Sequence[Document]) -> list[Document]:
    """The other payments of the invoice that stand there as used credit."""
    return [one for one in siblings if one.id != row.id and stands_as_credit(one)]


def _ours(session: Session, standing: XeroInvoice, amount: Decimal) -> Iterator[XeroCreditNote]:
    """The client's credit notes that we made, that have so much left and that nothing else will want, oldest first."""
    notes: list[XeroCreditNote] = []
    page, more = 1, True
    while more:
        answer = session.calls.read(session.tools.api.open_credit(standing.contact_id, page))
        notes += [one for one in answer.items if one.currency == standing.currency and one.remaining >= amount]
        page, more = page + 1, answer.more
    for note in sorted(notes, key=lambda one: (one.date is not None, one.date, one.number)):
        mark = marker_in_reference(note.reference)
        of = _row(session, note, mark) if mark else None
        subject = subjects(session, [of]).get(of.parent_local_id) if of else None
        if of is not None and subject is not None and not _wanted(of, subject):
            yield note


def _row(session: Session, note: XeroCreditNote, mark: str) -> Document | None:
    with session.read() as uow:
        rows, _ = uow.ledger.page(
            session.gallery_id, session.tenant_id, states=[DocumentState.DONE], kind=DocumentKind.CREDIT_NOTE,
            search=note.number,
        )  # fmt: skip
    return next((row for row in rows if row.xero_id == note.id and row.marker == mark), None)


def _wanted(of: Document, subject: Subject) -> bool:
    """Whether its own invoice, or money that the gallery gave back for that, still has to come out of it."""
    uses = [one for one in subject.of(DocumentKind.ALLOCATION) if one.local_id == of.local_id]
    return any(one.state in OWED for one in (*uses, *subject.of(DocumentKind.REFUND)))
