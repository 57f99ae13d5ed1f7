"""Credit notes, and their use for the invoice they are about."""

from __future__ import annotations

from ...domain.accounting import InvoiceDraft
from ...domain.answers import Expected
from ...domain.contacts import Linked
from ...domain.correcting import AllocationDraft, CreditNoteDraft, XeroCreditNote
from ...domain.credits import credit
from ...domain.dates import booked_on, dated_reference, locked
from ...domain.fingerprint import content_hash
from ...domain.markers import marker_in_reference, reference_with_marker
from ...domain.reasons import Hold, amount_text
from ...domain.standing import GONE
from ...domain.states import DocumentKind, DocumentState
from ...domain.totals import predict
from ...ports.records import Document
from ...ports.store import UnitOfWork
from . import contact_phase, credited_by_hand, invoice_phase
from .correcting import Subject, as_booked, cause_of, settled, unlocked
from .credit_rows import FOR_A_REFUND, FOR_A_VERSION
from .one_by_one import take_one
from .sending import Prepared, send
from .session import Held, Session


def step(session: Session) -> bool:
    """Send one credit note. False when none is due."""
    return take_one(session, DocumentKind.CREDIT_NOTE, _decide, _send)


def _send(session: Session, item: Prepared, subject: Subject) -> None:
    if item.row.attempt and settle(session, item.row, expect=DocumentState.PENDING):
        return
    session.say(f"Sending credit notes: {item.row.label}")
    send(session, DocumentKind.CREDIT_NOTE, [item], on_created=lambda uow, *_: _may_be_used(session, uow))


def _may_be_used(session: Session, uow: UnitOfWork) -> None:
    """A payment by the client's credit may have waited for the credit note, or a refund that was asked about."""
    scope = (session.gallery_id, session.tenant_id)
    uow.ledger.requeue(*scope, [DocumentState.BLOCKED], reasons=["credit_to_use"])
    uow.ledger.requeue(*scope, [DocumentState.CONFLICT], reasons=["refund_needs_bookkeeper"])


def _decide(session: Session, row: Document, subject: Subject) -> Prepared | Held:
    standing = subject.standing
    if standing is None or standing.status in GONE or row.amount is None:
        return Held(row, Hold("voided_in_xero", {"number": subject.row.label}), asked=True)
    if subject.is_stale(row):
        return Held(row, Hold("waiting_for_correction", {"number": subject.row.label}))
    own_date = row.document_date or standing.date
    if own_date is None:
        return Held(row, Hold("internal"))
    date = booked_on(own_date, row.redated_to, session.reference)
    lock = locked(date, session.reference)
    if lock is not None:
        return Held(row, lock)
    by_hand = credited_by_hand.credit_note(session, row, subject, standing)
    if by_hand is not None:
        return by_hand
    rates = {rate.tax_type: rate.rate for rate in session.reference.tax_rates}
    words = f"{'Refund' if cause_of(row).startswith(FOR_A_REFUND) else 'Credit'} for {standing.number}"
    wanted = _new_version(session, row, subject)
    made = credit(standing, row.amount, words=words, wanted=wanted, rates=rates)
    facts = {"number": subject.row.label, "amount": amount_text(row.amount, standing.currency)}
    if made is None or any(line.tax_type not in rates for line in made.lines if line.tax_type):
        return Held(row, Hold("credit_unclear", facts), asked=True)
    totals = predict(made.lines, made.line_amount_types, rates)
    draft = CreditNoteDraft(
        number=row.natural_key,
        contact_id=standing.contact_id,
        date=date,
        line_amount_types=made.line_amount_types,
        currency=standing.currency,
        lines=made.lines,
        expected_total=totals.total,
        expected_tax=totals.tax,
        reference=reference_with_marker(dated_reference(standing.number, own_date, date), row.marker),
        currency_rate=None if standing.currency_rate == 1 else standing.currency_rate,
    )
    open_credit = not any(one.local_id == row.local_id for one in subject.of(DocumentKind.ALLOCATION))
    stays_open = open_credit and not (subject.invoice and subject.invoice.refunds)
    return Prepared(
        row=row,
        payload=session.tools.api.payload(draft),
        expected=Expected(draft.number, draft.currency, draft.expected_total, draft.expected_tax),
        note=("open_credit", facts) if stays_open else None,
    )


def _new_version(session: Session, row: Document, subject: Subject) -> InvoiceDraft | None:
    """For a lower price: the version of the invoice that it is about, as long as the gallery has it."""
    invoice = subject.invoice
    if not cause_of(row).startswith(FOR_A_VERSION) or invoice is None or content_hash(invoice) != row.content_hash:
        return None
    standing = subject.standing
    contact = contact_phase.in_xero(session, [invoice.contact]).get(invoice.contact.id)
    if not isinstance(contact, Linked) or standing is None:
        return None
    booked = as_booked(subject, invoice)
    draft = invoice_phase.draft_of(session, subject.row, booked, contact, unlocked(session.reference))
    return None if isinstance(draft, Hold) else draft


def by_number(session: Session, row: Document) -> XeroCreditNote | None:
    """The credit note that bears the row's number."""
    page = session.calls.read(session.tools.api.credit_notes_by_number([row.natural_key]))
    return next((note for note in page.items if note.number == row.natural_key), None)


def settle(session: Session, row: Document, *, expect: DocumentState) -> bool:
    """Look whether the credit note stands; then it is ours, or a person is asked. False when it does not."""
    found = by_number(session, row)
    if found is None:
        return False
    ours = marker_in_reference(found.reference) == row.marker
    with session.write() as uow:
        if ours:
            uow.ledger.move(
                row.id, expect=[expect], to=DocumentState.DONE, xero_id=found.id, xero_number=found.number,
                xero_total=found.total, adopted=True,
            )  # fmt: skip
            _may_be_used(session, uow)
        else:
            reason = ("number_taken", {"number": row.natural_key})
            uow.ledger.move(row.id, expect=[expect], to=DocumentState.CONFLICT, reason=reason)
        session.note(uow, adopted=int(ours), waiting=int(not ours))
        uow.commit()
    return True


def arrived(session: Session, row: Document, subject: Subject) -> bool:
    """Whether a credit note of which nobody knew stands in Xero; then it is recorded."""
    return settle(session, row, expect=DocumentState.UNKNOWN)


# -- using it for the invoice


def allocate(session: Session) -> bool:
    """Use one credit note for its invoice. False when none is due."""
    return take_one(session, DocumentKind.ALLOCATION, _allocation, _allocate)


def _allocate(session: Session, item: Prepared, subject: Subject) -> None:
    session.say(f"Using the credit note {item.row.label}")
    send(session, DocumentKind.ALLOCATION, [item])


def _allocation(session: Session, row: Document, subject: Subject) -> Prepared | Held | None:
    note, standing = read_note(session, row, subject), subject.standing
    facts = {"number": row.label}
    if note is None or standing is None or note.status in GONE or standing.status in GONE:
        return Held(row, Hold("voided_in_xero", facts), asked=True)
    if note.allocations is None:
        return Held(row, Hold("checking_with_xero"))
    used = next((one for one in note.allocations if one.invoice_id == standing.id), None)
    if used is not None:
        with session.write() as uow:
            settled(uow, row, None, xero_id=used.id or note.id)
            uow.commit()
        return None
    amount = min(row.amount or note.remaining, note.remaining, standing.amount_due)
    if amount <= 0:
        open_credit = Hold("open_credit", facts | {"amount": amount_text(note.remaining, note.currency)})
        return Held(row, open_credit, for_good=True)
    date = note.date or row.document_date
    lock = locked(date, session.reference) if date else None
    if lock is not None or date is None:
        return Held(row, lock or Hold("internal"))
    return Prepared(
        row=row,
        payload=session.tools.api.payload(AllocationDraft(standing.id, amount, date)),
        expected=Expected(f"{standing.id}|", total=amount),
        under=note.id,
    )


def read_note(session: Session, row: Document, subject: Subject) -> XeroCreditNote | None:
    """The credit note that a use of it is about, as it stands now."""
    of = next((one for one in subject.of(DocumentKind.CREDIT_NOTE) if one.local_id == row.local_id), None)
    if of is None or of.xero_id is None:
        return None
    page = session.calls.read(session.tools.api.credit_notes_by_id([of.xero_id]))
    return next((note for note in page.items if note.id == of.xero_id), None)


def allocation_arrived(session: Session, row: Document, subject: Subject) -> bool | None:
    """Whether a use of a credit note of which nobody knew stands in Xero; then it is recorded. None: unreadable."""
    note, standing = read_note(session, row, subject), subject.standing
    if note is None or note.allocations is None or standing is None:
        return None
    used = next((one for one in note.allocations if one.invoice_id == standing.id), None)
    if used is None:
        return False
    with session.write() as uow:
        uow.ledger.move(
            row.id, expect=[DocumentState.UNKNOWN], to=DocumentState.DONE, xero_id=used.id or note.id,
            xero_total=used.amount, adopted=True,
        )  # fmt: skip
        uow.commit()
    return True
