"""Invoices that were changed after they were sent: brought up to date in Xero, credited, or asked about."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ...domain.accounting import Element, InvoiceDraft
from ...domain.answers import Expected
from ...domain.changes import Action, Decision, change, versions
from ...domain.contacts import Linked
from ...domain.correcting import InvoiceChange
from ...domain.credits import credit
from ...domain.fingerprint import content_hash
from ...domain.line_ids import line_ids
from ...domain.mapping import contact_name
from ...domain.model import Invoice, InvoiceState
from ...domain.reasons import Hold, amount_text
from ...domain.standing import print_of_draft, print_of_standing
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import Document
from ...ports.store import UnitOfWork
from . import contact_phase, invoice_phase
from .after_sending import overtake
from .correcting import Subject, as_booked, due, leave_note, settled, subjects, unlocked, waits_for
from .credit_rows import FOR_A_VERSION, FOR_CANCELLING, allocation, credit_note
from .credit_use import as_paid
from .holding import decided, hold
from .sending import Prepared, send
from .session import Held, Session


def step(session: Session) -> bool:
    """Carry out one batch of changes. False when none is due."""
    rows = due(session, DocumentKind.INVOICE_UPDATE)
    if not rows:
        return False
    found = subjects(session, rows)
    behind = [
        subject.invoice
        for row in rows
        if (subject := found.get(row.parent_local_id)) and subject.invoice and _is_behind(row, subject.invoice)
    ]
    if behind:  # the ledger follows first, so that it is about the version that is sent
        session.take(behind)
        _left_behind(session, rows, found)
        return True
    contacts = contact_phase.in_xero(session, [one.invoice.contact for one in found.values() if one.invoice])
    held: list[Held] = []
    prepared: list[tuple[Prepared, Subject]] = []
    for row in rows:
        subject = found.get(row.parent_local_id)
        waits = waits_for(subject, row)
        if waits is not None or subject is None or subject.invoice is None:
            held.append(waits or Held(row, Hold("changed_again", {"number": row.label}), for_good=True))
            continue
        contact = contacts.get(subject.invoice.contact.id) or Hold("waiting_for_contact", {"contact": row.contact_name})
        wanted = decided(row, partial(_wanted, session, subject, contact))
        if isinstance(wanted, Hold):
            held.append(Held(row, wanted))
            continue
        outcome = decided(row, partial(_decide, session, row, subject, wanted))
        if isinstance(outcome, Prepared):
            prepared.append((outcome, subject))
        elif isinstance(outcome, Hold):
            held.append(Held(row, outcome))
        elif isinstance(outcome, Held):
            held.append(outcome)
    hold(session, held)
    if prepared:
        _send(session, prepared)
    return True


def _is_behind(row: Document, invoice: Invoice) -> bool:
    return invoice.state is not InvoiceState.ISSUED or content_hash(invoice) != row.content_hash


def _left_behind(session: Session, rows: list[Document], found: dict[str, Subject]) -> None:
    """Whatever is still due although the gallery has another version was overtaken, or it would be due for ever."""
    still = {row.id for row in due(session, DocumentKind.INVOICE_UPDATE)}
    for row in rows:
        subject = found.get(row.parent_local_id)
        if row.id in still and subject and subject.invoice and _is_behind(row, subject.invoice):
            hold(session, [Held(row, Hold("changed_again", {"number": row.label}), for_good=True)])


def _wanted(session: Session, subject: Subject, contact: Linked | Hold) -> InvoiceDraft | Hold:
    if isinstance(contact, Hold) or subject.invoice is None:
        return contact if isinstance(contact, Hold) else Hold("internal")
    invoice, standing = as_booked(subject, subject.invoice), subject.standing
    draft = invoice_phase.draft_of(session, subject.row, invoice, contact, unlocked(session.reference))
    if isinstance(draft, Hold) or draft.currency_rate is not None or standing is None:
        return draft
    if (draft.currency, draft.date) != (standing.currency, standing.date) or standing.currency_rate == 1:
        return draft
    return replace(draft, currency_rate=standing.currency_rate)  # the rate of its day was Xero's to choose, and stays


def _decide(session: Session, row: Document, subject: Subject, wanted: InvoiceDraft) -> Prepared | Held | None:
    standing = subject.standing
    with session.read() as uow:
        today = session.intake.today(uow.now())
    decision = change(
        as_paid(standing, subject),
        wanted,
        written=subject.written,
        credited=subject.credited(FOR_A_VERSION, FOR_CANCELLING),
        today=today,
        reference=session.reference,
    )
    match decision.action:
        case Action.UPDATE if standing is not None and standing.lines is not None:
            draft = InvoiceChange(standing.id, wanted, line_ids(wanted.lines, standing.lines))
            return Prepared(
                row=row,
                payload=session.tools.api.payload(draft),
                expected=Expected(standing.id, wanted.currency, wanted.expected_total, wanted.expected_tax),
                seen=(subject.invoice.revision if subject.invoice else row.seen_revision, row.content_hash),
                standing=print_of_draft(wanted),
            )
        case Action.CREDIT if standing is not None:
            return _credit(session, row, subject, wanted, decision)
        case Action.LEAVE if standing is not None:
            with session.write() as uow:
                settled(uow, row, decision.hold, xero_id=standing.id, standing=print_of_standing(standing))
                overtake(uow, subject.overtaken())
                if decision.hold is None:
                    _amend(uow, subject, wanted)
                session.note(uow, adopted=1)
                uow.commit()
            return None
    return Held(row, decision.hold or Hold("internal"), asked=decision.action is Action.ASK)


def _credit(
    session: Session, row: Document, subject: Subject, wanted: InvoiceDraft, decision: Decision
) -> Held | None:
    """A lower price after money came in: the invoice keeps its lines, and the difference is a credit note."""
    standing, amount = subject.standing, decision.amount
    assert standing is not None and amount is not None and subject.invoice is not None
    rates = {rate.tax_type: rate.rate for rate in session.reference.tax_rates}
    if credit(standing, amount, words=row.label, wanted=wanted, rates=rates) is None:
        return Held(row, Hold("changed_after_payment", versions(standing, wanted.expected_total)), asked=True)
    facts = {"number": row.label, "amount": amount_text(amount, standing.currency)}
    with session.write() as uow:
        today = session.intake.today(uow.now())
        note = credit_note(
            subject.row, f"{FOR_A_VERSION}{row.local_revision}", amount, today, subject.invoice, content=row.content_hash
        )
        if settled(uow, row, Hold("credited_instead", facts), xero_id=standing.id):
            overtake(uow, subject.overtaken())
            uow.ledger.insert([note, allocation(note, subject.row, amount)])
        uow.commit()
    return None


def _send(session: Session, prepared: list[tuple[Prepared, Subject]]) -> None:
    by_row = {item.row.id: subject for item, subject in prepared}
    changed: list[tuple[Document, str]] = []

    def carried_out(uow: UnitOfWork, item: Prepared, element: Element) -> None:
        subject = by_row[item.row.id]
        overtake(uow, subject.overtaken())
        uow.ledger.amend(
            subject.row.id,
            amount=item.expected.total,
            xero_total=element.total,
            document_date=item.row.document_date,
            contact_name=contact_name(subject.invoice.contact) if subject.invoice else None,
        )
        changed.append((item.row, item.expected.key))

    session.say(f"Bringing up to date: {prepared[0][0].row.label}")
    send(session, DocumentKind.INVOICE_UPDATE, [item for item, _ in prepared], on_created=carried_out)
    for row, invoice_id in changed:
        leave_note(session, row, invoice_id, f"Brought up to date from the gallery, version {row.local_revision}.")


def _amend(uow: UnitOfWork, subject: Subject, wanted: InvoiceDraft) -> None:
    """The invoice's own row shows what stands now."""
    invoice = subject.invoice
    uow.ledger.amend(
        subject.row.id,
        amount=wanted.expected_total,
        xero_total=subject.standing.total if subject.standing else None,
        document_date=wanted.date,
        contact_name=contact_name(invoice.contact) if invoice else None,
    )


def arrived(session: Session, row: Document, subject: Subject) -> bool:
    """Whether a change of which nobody knew stands in Xero; then it is recorded."""
    standing = subject.standing
    if standing is None or row.standing is None or print_of_standing(standing) != row.standing:
        return False
    with session.write() as uow:
        moved = uow.ledger.move(
            row.id,
            expect=[DocumentState.UNKNOWN],
            to=DocumentState.DONE,
            xero_id=standing.id,
            xero_total=standing.total,
        )
        if moved:
            overtake(uow, subject.overtaken())
            uow.ledger.amend(
                subject.row.id,
                amount=row.amount,
                xero_total=standing.total,
                document_date=row.document_date,
                contact_name=row.contact_name,
            )
        uow.commit()
    return True
