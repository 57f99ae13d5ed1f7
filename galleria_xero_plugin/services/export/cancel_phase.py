"""Invoices that were cancelled or erased after they were sent: voided, deleted while a draft, credited, or asked
about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from functools import partial

from ...domain.accounting import Element
from ...domain.answers import Expected
from ...domain.changes import Action, Decision, cancel, erased
from ...domain.correcting import InvoiceEnd
from ...domain.credits import credit
from ...domain.dates import locked
from ...domain.model import InvoiceState
from ...domain.reasons import Hold, amount_text
from ...domain.standing import GONE
from ...domain.states import DocumentKind, DocumentState
from ...domain.withdrawing import CANCELLED, PAID, withdraw
from ...ports.records import Document, NewDocument
from ...ports.store import UnitOfWork
from .after_sending import overtake
from .correcting import Subject, due, leave_note, settled, subjects, waits_for
from .credit_rows import FOR_CANCELLING, allocation, credit_note
from .credit_use import as_paid
from .holding import decided, hold
from .rows import asked_by_a_person
from .sending import Prepared, send
from .session import Held, Session

STATUS = {Action.VOID: "VOIDED", Action.DELETE: "DELETED"}
ASKED_FOR = "cancellation in Xero asked for"
"""The entry of the audit that says who asked, under the invoice's row."""
UNDONE = (DocumentState.PENDING, DocumentState.BLOCKED, DocumentState.REJECTED, DocumentState.CONFLICT)


def step(session: Session) -> bool:
    """Carry out one batch of cancellations. False when none is due."""
    rows = due(session, DocumentKind.INVOICE_VOID)
    if not rows:
        return False
    found = subjects(session, rows)
    held: list[Held] = []
    prepared: list[Prepared] = []
    for row in rows:
        subject = found.get(row.parent_local_id)
        waits = waits_for(subject, row)
        if waits is not None or subject is None:
            held.append(waits or Held(row, Hold("internal")))
            continue
        outcome = decided(row, partial(_decide, session, row, subject))
        if isinstance(outcome, Prepared):
            prepared.append(outcome)
        elif outcome is not None:
            held.append(Held(row, outcome) if isinstance(outcome, Hold) else outcome)
    hold(session, held)
    if prepared:
        _send(session, prepared, found)
    return True


def _decide(session: Session, row: Document, subject: Subject) -> Prepared | Held | None:
    invoice, standing = subject.invoice, subject.standing
    still_issued = invoice is not None and invoice.state is InvoiceState.ISSUED
    if still_issued and not asked_by_a_person(row):
        return Held(row, Hold("changed_again", {"number": row.label}), for_good=True)
    if still_issued:
        decision = _withdrawal(session, row, subject)
    elif invoice is None or invoice.state is InvoiceState.DELETED:
        decision = erased(standing, number=row.label)
    elif any(one.state in UNDONE for one in subject.of(DocumentKind.PAYMENT, DocumentKind.PAYMENT_DELETE)):
        # What Xero is to show as paid is not settled yet, and that decides between voiding and crediting
        return Held(row, Hold("waiting_for_correction", {"number": row.label}))
    else:
        given_back = sum((refund.amount for refund in invoice.refunds), Decimal(0))
        covered = subject.open_credit()
        with session.read() as uow:
            today = session.intake.today(uow.now())
        decision = cancel(
            as_paid(standing, subject),
            number=row.label,
            written=subject.written,
            refunded=max(given_back - covered, Decimal(0)),
            credited=covered,
            today=today,
            reference=session.reference,
        )
    if decision.action in STATUS and standing is not None:
        return Prepared(
            row=row,
            payload=session.tools.api.payload(InvoiceEnd(standing.id, STATUS[decision.action])),
            expected=Expected(standing.id),
        )
    if decision.action in (Action.CREDIT, Action.LEAVE):
        return _without_sending(session, row, subject, decision)
    if still_issued:
        return Held(row, decision.hold or Hold("internal"), for_good=True)  # it stays, and nobody is asked
    return Held(row, decision.hold or Hold("internal"), asked=decision.action is Action.ASK)


def _withdrawal(session: Session, row: Document, subject: Subject) -> Decision:
    """A person asks for it, and the gallery still has the invoice."""
    payments = subject.of(DocumentKind.PAYMENT, DocumentKind.PAYMENT_DELETE)
    if any(one.state in UNDONE for one in payments):
        return Decision(Action.ASK, Hold(PAID, {"number": row.label}))  # and it is on its way to Xero
    with session.read() as uow:
        today = session.intake.today(uow.now())
    sent_at = subject.row.first_sent_at
    return withdraw(
        subject.standing,
        number=row.label,
        written=subject.written,
        sent_on=session.intake.today(sent_at) if sent_at else None,
        today=today,
        reference=session.reference,
    )


def _without_sending(session: Session, row: Document, subject: Subject, decision: Decision) -> Held | None:
    """Either nothing is to be done, or a credit note, which is a document of its own."""
    standing, reason = subject.standing, decision.hold
    documents: list[NewDocument] = []
    if decision.action is Action.CREDIT and standing is not None and decision.amount is not None:
        amount = decision.amount
        facts = {"number": row.label, "amount": amount_text(amount, standing.currency)}
        rates = {rate.tax_type: rate.rate for rate in session.reference.tax_rates}
        if credit(standing, amount, words=row.label, rates=rates) is None:
            return Held(row, Hold("credit_unclear", facts), asked=True)
        date = _credited_on(session, subject)
        cause = f"{FOR_CANCELLING}{row.local_revision}" if _cancelled_before(subject) else FOR_CANCELLING
        note = credit_note(subject.row, cause, amount, date, subject.invoice)
        documents = [note]
        if standing.amount_due:
            documents.append(allocation(note, subject.row, min(amount, standing.amount_due)))
        reason = Hold("credited_instead", facts)
    with session.write() as uow:
        if settled(uow, row, reason, xero_id=subject.row.xero_id or ""):
            overtake(uow, subject.overtaken())
            uow.ledger.insert(documents)
            if row.attempt:
                _remark(uow, row)  # it was on its way, and has arrived
            session.note(uow, adopted=int(not documents))
        uow.commit()
    return None


def _credited_on(session: Session, subject: Subject) -> dt.date:
    """Today, or the day on which money goes back for it: no refund is older than its credit note."""
    with session.read() as uow:
        today = session.intake.today(uow.now())
    refunds = subject.invoice.refunds if subject.invoice else ()
    gone = {one.local_id for one in subject.of(DocumentKind.REFUND) if one.state is DocumentState.DONE}
    date = min((refund.date for refund in refunds if refund.id not in gone), default=today)
    return today if locked(date, session.reference) else min(date, today)


def _cancelled_before(subject: Subject) -> bool:
    """The invoice was cancelled and issued again: its second cancellation is a document of its own."""
    first = f"{subject.row.local_id}/{FOR_CANCELLING}"
    return any(note.local_id == first for note in subject.of(DocumentKind.CREDIT_NOTE))


def _send(session: Session, prepared: list[Prepared], found: Mapping[str, Subject]) -> None:
    ended: list[tuple[Document, str]] = []

    def carried_out(uow: UnitOfWork, item: Prepared, element: Element) -> None:
        ended.append((item.row, item.expected.key))
        overtake(uow, found[item.row.parent_local_id].overtaken())
        _remark(uow, item.row)

    session.say(f"Cancelling: {prepared[0].row.label}")
    send(session, DocumentKind.INVOICE_VOID, prepared, on_created=carried_out)
    for row, invoice_id in ended:
        where = "from" if asked_by_a_person(row) else "in"
        leave_note(session, row, invoice_id, f"Cancelled {where} the gallery.")


def _remark(uow: UnitOfWork, row: Document) -> None:
    """The invoice says who has taken it out of Xero."""
    if not asked_by_a_person(row):
        return
    scope = (row.gallery_id, row.tenant_id)
    invoice = uow.ledger.known(*scope, DocumentKind.INVOICE, [row.parent_local_id])[row.parent_local_id]
    asked = [entry for entry in uow.audit.of_subject(row.gallery_id, invoice.id) if entry.action == ASKED_FOR]
    facts = {"number": row.label, "who": asked[-1].actor_name if asked else ""}
    uow.books.remark(invoice.id, invoice.reason_code, (CANCELLED, facts))


def arrived(session: Session, row: Document, subject: Subject) -> bool:
    """Whether a cancellation of which nobody knew stands in Xero; then it is recorded."""
    standing = subject.standing
    if standing is None or standing.status not in GONE:
        return False
    with session.write() as uow:
        uow.ledger.move(row.id, expect=[DocumentState.UNKNOWN], to=DocumentState.DONE, xero_id=standing.id)
        overtake(uow, subject.overtaken())
        _remark(uow, row)
        uow.commit()
    return True
