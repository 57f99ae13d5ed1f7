"""Payments that were corrected or removed in the gallery after they were sent: deleted in Xero, and made anew.

The replacement enters the ledger in the transaction that records the removal, so that there is never one without the
other, whatever dies in between.
"""

from __future__ import annotations

from functools import partial

from ...domain.accounting import Element, XeroPayment
from ...domain.answers import Expected
from ...domain.changes import Action, removal
from ...domain.correcting import AllocationRemoval, PaymentRemoval, XeroAllocation
from ...domain.dates import locked
from ...domain.markers import marker_in_reference
from ...domain.reasons import Hold, amount_text
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import Document
from ...ports.store import UnitOfWork
from ...ports.xero import WriteKind
from . import credit_use
from .after_sending import replacement, same_payment
from .correcting import Subject, settled
from .one_by_one import take_one
from .rows import PAYMENT_OF
from .sending import Prepared, send
from .session import Held, Session


def step(session: Session) -> bool:
    """Delete one payment. False when none is due."""
    return take_one(session, DocumentKind.PAYMENT_DELETE, _decide, _send)  # one in a request (xero-facts §4.3)


def _send(session: Session, item: Prepared, subject: Subject) -> None:
    session.say(f"Deleting a payment of {item.row.label.removeprefix(PAYMENT_OF)}")
    credit = _corrected(item.row, subject)
    write = WriteKind.ALLOCATION_REMOVAL if credit and credit.credit_used else WriteKind.PAYMENT_REMOVAL
    send(session, DocumentKind.PAYMENT_DELETE, [item], partial(_deleted, session, subject), write=write)


def _decide(session: Session, row: Document, subject: Subject) -> Prepared | Held | None:
    payment = _corrected(row, subject)
    if payment is None or payment.xero_id is None or _as_it_was(payment, subject):
        return Held(row, Hold("changed_again", {"number": row.label}), for_good=True)
    facts = {"number": row.label.removeprefix(PAYMENT_OF)}
    if payment.amount is not None:
        facts["amount"] = amount_text(payment.amount, payment.currency)
    if payment.credit_used:
        return _take_back(session, row, payment, subject, facts)
    standing = _standing(session, payment, subject)
    if standing is None and _is_fresh(session, payment):
        return Held(row, Hold("checking_with_xero"))
    recognised = standing is not None and marker_in_reference(standing.reference) != payment.marker
    decision = removal(standing, recognised=recognised, facts=facts, reference=session.reference)
    if decision.action is Action.DELETE:
        return Prepared(
            row=row,
            payload=session.tools.api.payload(PaymentRemoval(payment.xero_id)),
            expected=Expected(payment.xero_id),
            under=payment.xero_id,
        )
    if decision.action is Action.LEAVE:
        return _gone(session, row, payment, subject)
    return Held(row, decision.hold or Hold("internal"), asked=decision.action is Action.ASK)


def _gone(session: Session, row: Document, payment: Document, subject: Subject) -> None:
    with session.write() as uow:
        if settled(uow, row, None, xero_id=payment.xero_id or ""):
            _follow(session, uow, payment, subject)
        uow.commit()


def _take_back(
    session: Session, row: Document, payment: Document, subject: Subject, facts: dict[str, str]
) -> Prepared | Held | None:
    """The credit that a payment used is the client's open credit again."""
    used = _used(session, payment, subject)
    if used is None:
        return Held(row, Hold("checking_with_xero"))
    if isinstance(used, bool):
        return _gone(session, row, payment, subject)
    lock = locked(used.date, session.reference) if used.date else None
    if lock is not None:
        return Held(row, lock)
    if not used.id:
        return Held(row, Hold("credit_to_take_back", facts), asked=True)
    return Prepared(
        row=row,
        payload=session.tools.api.payload(AllocationRemoval(used.id)),
        expected=Expected(used.id),
        under=payment.credit_used,
    )


def _used(session: Session, payment: Document, subject: Subject) -> XeroAllocation | bool | None:
    """The allocation that the payment stands for; False when it is gone, None when the answer does not tell."""
    if subject.standing is None:
        return None
    return credit_use.found(session, payment, subject.standing, subject.of(DocumentKind.PAYMENT))


def _corrected(row: Document, subject: Subject) -> Document | None:
    """The payment that the correction is about, as long as it stands."""
    return next(
        (
            payment
            for payment in subject.of(DocumentKind.PAYMENT)
            if payment.marker == row.marker and payment.state is DocumentState.DONE and payment.deleted_at is None
        ),
        None,
    )


def _as_it_was(payment: Document, subject: Subject) -> bool:
    """The gallery changed it back meanwhile."""
    invoice = subject.invoice
    return invoice is not None and any(
        one.id == payment.local_id and same_payment(one, payment) for one in invoice.payments
    )


def _standing(session: Session, payment: Document, subject: Subject) -> XeroPayment | None:
    """The payment as it stands in Xero now, with its account and whether it is reconciled."""
    page = session.calls.read(session.tools.api.payments_of(subject.row.xero_id or ""))
    return next((one for one in page.items if one.id == payment.xero_id), None)


def _is_fresh(session: Session, payment: Document) -> bool:
    """Whether a read may not show it yet: Xero keeps a deleted payment, so that a missing one proves nothing so soon
    after it was sent (R6)."""
    with session.read() as uow:
        since = uow.now() - session.tools.timings.key_window
    return payment.first_sent_at is not None and payment.first_sent_at > since


def _deleted(session: Session, subject: Subject, uow: UnitOfWork, item: Prepared, element: Element) -> None:
    payment = _corrected(item.row, subject)
    if payment is not None:
        _follow(session, uow, payment, subject)


def _follow(session: Session, uow: UnitOfWork, payment: Document, subject: Subject) -> None:
    """The payment is gone from Xero; what the gallery has in its place enters the ledger."""
    uow.ledger.amend(payment.id, deleted=True)
    if subject.invoice is not None:
        anew = replacement(session.intake.rows, subject.invoice, payment)
        uow.ledger.insert([anew] if anew else [])


def arrived(session: Session, row: Document, subject: Subject) -> bool | None:
    """Whether a removal of which nobody knew was carried out; then it is recorded."""
    payment = _corrected(row, subject)
    if payment is None:
        return False
    if payment.credit_used:
        used = _used(session, payment, subject)
        if used is None or isinstance(used, XeroAllocation):
            return None if used is None else False
    else:
        standing = _standing(session, payment, subject)
        if standing is None and _is_fresh(session, payment):
            return None
        if standing is not None and standing.status != "DELETED":
            return False
    with session.write() as uow:
        moved = uow.ledger.move(row.id, expect=[DocumentState.UNKNOWN], to=DocumentState.DONE, xero_id=payment.xero_id)
        if moved:
            _follow(session, uow, payment, subject)
        uow.commit()
    return True
