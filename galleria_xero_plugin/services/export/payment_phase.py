"""Payments: always look first, then send. Nothing in Xero keeps a payment from being entered twice
(export-protocol §2.6), so every rule here earns its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from ...domain.accounting import NestedPayment, XeroInvoice
from ...domain.answers import Expected, booked_by_hand, may_be_this_one
from ...domain.correcting import XeroAllocation
from ...domain.markers import marker, marker_in_reference, payment_identity
from ...domain.model import Invoice, InvoiceState, Payment
from ...domain.payments import payment_draft
from ...domain.proposal import NEVER_BANKED_KINDS
from ...domain.reasons import Hold, amount_text
from ...domain.remarks import about_payment
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import Document
from ...ports.xero import WriteKind
from . import credit_use
from .holding import decided, hold
from .offers import Offer, declined, offering
from .rows import PAYMENT_OF
from .sending import Prepared, noted, send
from .session import BATCH, Held, Session, span


NOT_YET = (DocumentState.PENDING, DocumentState.BLOCKED, DocumentState.SENDING, DocumentState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Found:
    """A payment that stands in Xero already: whether it carries our marker, or is the credit that we used, or a person
    entered it."""

    row: Document
    payment: NestedPayment | XeroAllocation
    ours: bool


def step(session: Session) -> bool:
    """Send one batch of payments, at most one for each invoice. False when none is due."""
    with session.read() as uow:
        scope = (session.gallery_id, session.tenant_id)
        rows = session.due(uow, DocumentKind.PAYMENT, BATCH, one_per_parent=True)
        if not rows:
            return False
        parents = [row.parent_local_id for row in rows]
        sent = uow.ledger.known(*scope, DocumentKind.INVOICE, parents)
        siblings = uow.ledger.children(*scope, DocumentKind.PAYMENT, parents)
        changes = uow.ledger.children(*scope, DocumentKind.INVOICE_UPDATE, parents)
        removals = uow.ledger.children(*scope, DocumentKind.PAYMENT_DELETE, parents)
    invoices = session.invoices(parents)
    changed = [invoices[row.parent_local_id] for row in rows if _is_behind(row, invoices.get(row.parent_local_id))]
    if changed:  # the ledger follows first: a marker must be that of the payment that is sent
        session.take(changed)
        return True
    session.say(f"Sending payments: {span(rows[0].contact_name, rows[-1].contact_name)}")
    standing = session.standing([document.xero_id for document in sent.values() if document.xero_id])
    prepared: list[Prepared] = []
    held: list[Held] = []
    found: list[Found] = []
    for row in rows:
        parent = sent.get(row.parent_local_id)
        if parent is None or parent.xero_id is None:
            held.append(Held(row, Hold("waiting_for_invoice", {"number": row.label.removeprefix(PAYMENT_OF)})))
            continue
        change = next((one for one in changes.get(row.parent_local_id, ()) if one.state in NOT_YET), None)
        if change is None:
            removed = [one for one in removals.get(row.parent_local_id, ()) if one.state in NOT_YET]
            stands = standing.get(parent.xero_id)
            if stands is not None and (row.amount or Decimal(0)) > stands.amount_due:
                change = next(iter(removed), None)  # or it would be cut to what is due before the other has gone
        if change is not None:  # money would fix the lines that are about to change
            held.append(Held(row, Hold("waiting_for_correction", {"number": change.label}, change.not_before)))
            continue
        outcome = decided(
            row,
            partial(
                _decide,
                session,
                row,
                invoices.get(row.parent_local_id),
                standing.get(parent.xero_id),
                siblings.get(row.parent_local_id, ()),
            ),
        )
        if isinstance(outcome, Prepared):
            prepared.append(outcome)
        elif isinstance(outcome, Hold):
            held.append(Held(row, outcome))
        elif isinstance(outcome, Found):
            found.append(outcome)
        elif outcome.hold.code == "booked_by_hand_unclear":
            _ask(session, outcome)
        else:
            held.append(outcome)
    hold(session, held)
    for item in found:
        adopt(session, item, expect=DocumentState.PENDING)
    money = [item for item in prepared if not item.under]
    if money:
        send(session, DocumentKind.PAYMENT, money)
    credit = [item for item in prepared if item.under][:1]  # the others look anew at what is left then
    if credit:
        send(session, DocumentKind.PAYMENT, credit, write=WriteKind.ALLOCATION)
    return True


def _is_behind(row: Document, invoice: Invoice | None) -> bool:
    return invoice is not None and invoice.state is InvoiceState.ISSUED and _payment(row, invoice) is None


def _payment(row: Document, invoice: Invoice) -> Payment | None:
    """The payment that the row is about; None when it was corrected or removed in the gallery since."""
    found = next((payment for payment in invoice.payments if payment.id == row.local_id), None)
    if found is None or marker(row.gallery_id, row.kind, payment_identity(found)) != row.marker:
        return None
    return found


def _decide(
    session: Session,
    row: Document,
    invoice: Invoice | None,
    standing: XeroInvoice | None,
    siblings: Sequence[Document],
) -> Prepared | Held | Found:
    payment = _payment(row, invoice) if invoice else None
    if invoice is None or payment is None:
        return Held(row, Hold("cancelled_never_sent"), for_good=True)
    facts = {"number": row.label.removeprefix(PAYMENT_OF), "amount": amount_text(payment.amount, invoice.currency)}
    if standing is None:
        return Held(row, Hold("invoice_not_payable", {**facts, "status": "no longer there"}))
    if standing.payments is None:
        return Held(row, Hold("checking_with_xero"))  # money was paid, but the list of payments is missing
    for standing_payment in standing.payments:
        if marker_in_reference(standing_payment.reference) == row.marker:
            return Found(row, standing_payment, ours=True)
    used = credit_use.found(session, row, standing, siblings)
    if used is None:
        return Held(row, Hold("checking_with_xero"))
    if isinstance(used, XeroAllocation):
        return Found(row, used, ours=True)
    booked = _booked_by_somebody(session, row, payment, standing, siblings)
    if booked is not None:
        return booked
    method = session.methods.get(payment.method_id)
    credited = standing.amount_credited
    if credited and method is not None and method.kind in NEVER_BANKED_KINDS:
        credited = credit_use.by_hand(session, row, standing, siblings)
    plan = payment_draft(
        payment,
        invoice,
        settings=session.settings,
        reference=session.reference,
        xero_invoice=replace(standing, amount_credited=credited),
        marker=row.marker,
        methods=session.methods,
        redated_to=row.redated_to,
    )
    if plan.draft is None:
        waits = plan.hold or Hold("internal")
        if waits.code == "credit_to_use":
            return credit_use.decide(session, row, payment, standing, waits)
        return Held(row, waits, for_good=waits.code == "credit_used")
    return Prepared(
        row=row,
        payload=session.tools.api.payload(plan.draft),
        expected=Expected(f"{plan.draft.invoice_id}|{plan.draft.reference}", total=plan.draft.amount),
        note=noted(plan.hold or about_payment(payment, standing, session.methods)),
        standing="" if row.credit_used else None,
    )


def _booked_by_somebody(
    session: Session, row: Document, payment: Payment, standing: XeroInvoice, siblings: Sequence[Document]
) -> Found | Held | None:
    """Money on the invoice that is not ours: the bookkeeper may have entered this very payment."""
    done = [s for s in siblings if s.state is DocumentState.DONE and s.deleted_at is None]
    if standing.amount_paid == sum((s.xero_total or Decimal(0) for s in done if not s.credit_used), Decimal(0)):
        return None
    known_ids = {s.xero_id for s in done} | declined(session, row)
    known_markers = {s.marker for s in siblings}
    strangers = [
        p
        for p in standing.payments or ()
        if p.id not in known_ids and marker_in_reference(p.reference) not in known_markers
    ]
    if not strangers:
        return None
    match = None
    if may_be_this_one(strangers, amount=payment.amount, date=payment.date):
        page = session.calls.read(session.tools.api.payments_of(standing.id))
        accounts = {entry.id: entry.account_id for entry in page.items if entry.status != "DELETED"}
        account_id = session.settings.mapping.banks.get(payment.method_id)
        unmarked = [p for p in strangers if marker_in_reference(p.reference) is None]
        match = booked_by_hand(unmarked, accounts, amount=payment.amount, date=payment.date, account_id=account_id)
    if match is not None:
        return Found(row, match, ours=False)
    facts = {"number": standing.number, "amount": amount_text(payment.amount, standing.currency)}
    offers = (
        Offer(p.id, p.date.isoformat() if p.date else "", amount_text(p.amount, standing.currency), p.reference)
        for p in strangers
        if marker_in_reference(p.reference) is None  # one of ours is some other payment of the gallery's
    )
    return Held(row, Hold("booked_by_hand_unclear", facts | offering(offers)))


def _ask(session: Session, item: Held) -> None:
    with session.write() as uow:
        uow.ledger.move(
            item.row.id,
            expect=[DocumentState.PENDING],
            to=DocumentState.CONFLICT,
            reason=(item.hold.code, item.hold.facts),
        )
        session.note(uow, waiting=1)
        uow.commit()


def adopt(session: Session, item: Found, *, expect: DocumentState) -> None:
    """The payment stands in Xero already: remember it as this one."""
    with session.write() as uow:
        moved = uow.ledger.move(
            item.row.id,
            expect=[expect],
            to=DocumentState.DONE,
            xero_id=item.payment.id,
            xero_total=item.payment.amount,
            adopted=True,
            reason=None if item.ours else ("recognised_by_hand", {"number": item.row.label.removeprefix(PAYMENT_OF)}),
            standing=None if isinstance(item.payment, XeroAllocation) else "",
        )
        session.note(uow, adopted=int(moved))
        uow.commit()
