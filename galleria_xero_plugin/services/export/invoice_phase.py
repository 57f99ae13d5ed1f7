"""Invoices: build, look first where needed, send."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ...domain.accounting import InvoiceDraft, InvoiceStatus, ReferenceData, XeroInvoice
from ...domain.answers import Expected, Outcome, difference, is_ours
from ...domain.contacts import Linked
from ...domain.deciding import decide_invoice
from ...domain.export import numbers_compare
from ...domain.fingerprint import content_hash
from ...domain.markers import marker_in_reference, marker_in_url
from ...domain.model import Invoice
from ...domain.reasons import Hold, amount_text
from ...domain.remarks import about_invoice
from ...domain.standing import GONE, print_of_draft
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import Document
from . import contact_phase, gate
from .holding import decided, hold
from .offers import Offer, offering
from .rows import FOR_GOOD
from .sending import Prepared, noted, send
from .session import BATCH, Held, Session, in_order_of_change, span


def step(session: Session) -> bool:
    """Send one batch of invoices. False when none is due."""
    with session.read() as uow:
        rows = session.due(uow, DocumentKind.INVOICE, BATCH)
        now = uow.now()
    if not rows:
        return False
    invoices = session.invoices([row.local_id for row in rows])
    changed = [invoices[row.local_id] for row in rows if _is_behind(row, invoices.get(row.local_id))]
    if changed:  # the ledger follows first, so that it is about the version that is sent
        session.take(changed)
        return True
    held: list[Held] = []
    eligible: list[tuple[Document, Invoice]] = []
    for row in rows:
        invoice = invoices.get(row.local_id)
        reason = session.intake.hold(invoice, now) if invoice else Hold("cancelled_never_sent")
        if reason is not None and reason.code == "settling_down" == row.reason_code:
            reason = None  # it was put aside for that, and is due before its time: a person pressed Send now
        if reason is None and invoice is not None:
            eligible.append((row, invoice))
        elif reason is not None:
            held.append(_held(row, reason))
    contacts = contact_phase.in_xero(session, [invoice.contact for _, invoice in eligible])
    prepared: list[Prepared] = []
    for row, invoice in eligible:
        made = decided(row, partial(_prepare, session, row, invoice, contacts.get(invoice.contact.id)))
        if isinstance(made, Hold):
            held.append(_held(row, made))
        else:
            prepared.append(made)
    hold(session, held)
    prepared = _look_first(session, prepared, invoices)
    if prepared:
        session.say(f"Sending invoices: {span(prepared[0].row.label, prepared[-1].row.label)}")
        send(session, DocumentKind.INVOICE, prepared)
    return True


def _is_behind(row: Document, invoice: Invoice | None) -> bool:
    return invoice is not None and invoice.revision != row.seen_revision


def _held(row: Document, reason: Hold) -> Held:
    return Held(row, reason, for_good=reason.code in FOR_GOOD)


def _prepare(session: Session, row: Document, invoice: Invoice, contact: Linked | Hold | None) -> Prepared | Hold:
    if contact is None:
        return Hold("waiting_for_contact", {"contact": row.contact_name})
    if isinstance(contact, Hold):
        return contact
    draft = draft_of(session, row, invoice, contact, session.reference)
    if isinstance(draft, Hold):
        return draft
    return Prepared(
        row=row,
        payload=session.tools.api.payload(draft),
        expected=Expected(draft.number, draft.currency, draft.expected_total, draft.expected_tax),
        seen=(invoice.revision, content_hash(invoice)),
        note=_note(session, invoice, draft),
        standing=print_of_draft(draft),
    )


def draft_of(
    session: Session, row: Document, invoice: Invoice, contact: Linked, reference: ReferenceData
) -> InvoiceDraft | Hold:
    """The invoice as it is to stand in Xero; `row` is the one of its creation."""
    return decide_invoice(
        replace(session.desk, reference=reference),
        invoice,
        contact,
        number=row.natural_key,
        marker=row.marker,
        url=session.tools.gallery.invoice_url(session.gallery_id, invoice.id),
        redated_to=row.redated_to,
        as_draft=session.gate.as_drafts,
    )


def _note(session: Session, invoice: Invoice, draft: InvoiceDraft) -> tuple[str, dict[str, str]] | None:
    """What is said about it once it stands in Xero: that it waits for a person, rather than how it was rounded."""
    if session.gate.as_drafts:
        return gate.DRAFT, {"number": draft.number}
    return noted(about_invoice(invoice, draft, session.settings.mapping, session.reference))


def _look_first(
    session: Session, prepared: Sequence[Prepared], invoices: Mapping[str, Invoice]
) -> list[Prepared]:
    """What may stand in Xero already is looked up before it is sent: after an earlier attempt by its number, and
    what is older than a restore of the database also by its marker, because the prefix may have been another."""
    restored_at = session.connection.quarantine_until
    restored = {
        item.row.id for item in prepared if restored_at and _is_older(invoices[item.row.local_id], restored_at)
    }
    suspects = [item.row for item in prepared if item.row.attempt > 0 or item.row.id in restored]
    if not suspects:
        return list(prepared)
    numbered = by_number(session, [row.natural_key for row in suspects])
    found = {row.id: matching(numbered, row) for row in suspects}
    elsewhere = [row for row in suspects if row.id in restored and not _bears(found[row.id], row)]
    if elsewhere:  # under another number; what bears this one now may be somebody else's
        marked = _by_marker(session)
        found |= {row.id: marked.get(row.marker) or found[row.id] for row in elsewhere}
    prints = {item.row.id: item.standing for item in prepared}
    looked_up = [(row, found[row.id]) for row in suspects]
    settled = settle_found(session, looked_up, expect=DocumentState.PENDING, prints=prints)
    return [item for item in prepared if item.row.id not in settled]


def _bears(invoice: XeroInvoice | None, row: Document) -> bool:
    return invoice is not None and marker_of(invoice) == row.marker


def _is_older(invoice: Invoice, restored_at: dt.datetime) -> bool:
    return invoice.issued_at is None or invoice.issued_at < restored_at


def by_number(session: Session, numbers: Sequence[str]) -> list[XeroInvoice]:
    """Sales invoices of all statuses in Xero that bear these numbers."""
    page = session.calls.read(session.tools.api.invoices_by_number(numbers))
    return [invoice for invoice in page.items if invoice.type == "ACCREC"]


def matching(found: Sequence[XeroInvoice], row: Document) -> XeroInvoice | None:
    """The invoice that bears the row's number, by preference ours: Xero may tell case apart, people do not."""
    same = [invoice for invoice in found if numbers_compare(invoice.number, row.natural_key)]
    return next((invoice for invoice in same if marker_of(invoice) == row.marker), same[0] if same else None)


def marker_of(invoice: XeroInvoice) -> str | None:
    """Our marker on an invoice in Xero."""
    return marker_in_url(invoice.url) or marker_in_reference(invoice.reference)


def own(session: Session) -> Iterator[XeroInvoice]:
    """Every invoice that this app created in the organisation; one that is edited meanwhile comes twice."""
    return in_order_of_change(session, session.tools.api.own_invoices)


def _by_marker(session: Session) -> Mapping[str, XeroInvoice]:
    """Those that carry a marker, by it; read once in a slice."""
    if session.own_invoices is None:
        session.own_invoices = {mark: invoice for invoice in own(session) if (mark := marker_of(invoice))}
    return session.own_invoices


def settle_found(
    session: Session,
    looked_up: Iterable[tuple[Document, XeroInvoice | None]],
    *,
    expect: DocumentState,
    prints: Mapping[str, str | None] | None = None,
) -> set[str]:
    """What was looked up and stands in Xero is adopted when it is ours, else a person is asked. Returns the row ids
    of those. `prints` are of what would have been sent, by row id; a row that was sent has its own."""
    standing = [(row, invoice) for row, invoice in looked_up if invoice is not None]
    if not standing:
        return set()
    invoices = session.invoices([row.local_id for row, _ in standing])
    contact_ids = contact_phase.ids_in_xero(session, [invoice.contact for invoice in invoices.values()])
    with session.write() as uow:
        for row, found in standing:
            invoice = invoices.get(row.local_id)
            allowed = contact_ids.get(invoice.contact.id) if invoice else None
            changes = _verdict(row, found, allowed or {found.contact_id})
            if session.gate.as_drafts and changes["reason"] is None and found.status == InvoiceStatus.DRAFT:
                changes["reason"] = (gate.DRAFT, {"number": found.number})
            changes |= {"standing": (prints or {}).get(row.id)}
            if uow.ledger.move(row.id, expect=[expect], xero_number=found.number, **changes):
                adopted = changes["to"] is DocumentState.DONE
                session.note(uow, adopted=int(adopted), waiting=int(not adopted))
        uow.commit()
    return {row.id for row, _ in standing}


def _verdict(row: Document, found: XeroInvoice, contact_ids: set[str]) -> dict[str, Any]:
    """How the row moves."""
    verdict = is_ours(
        found, marker_found=marker_of(found), marker=row.marker, currency=row.currency, contact_ids=contact_ids
    )
    if verdict.outcome is not Outcome.YES:
        facts = {**verdict.facts, "contact": row.contact_name}
        if verdict.reason == "number_taken" and found.status not in GONE and found.currency == row.currency:
            facts |= offering([Offer(found.id, found.date.isoformat() if found.date else "", amount_text(found.total, found.currency), found.number)])
        return {"to": DocumentState.CONFLICT, "reason": (verdict.reason or "number_taken", facts)}
    reason = None
    if found.status in GONE:
        reason = ("voided_in_xero", {"number": found.number})
    elif shown := difference(Expected(row.natural_key, row.currency, row.amount), found.total, None):
        reason = (shown["reason"], shown["facts"])
    return {
        "to": DocumentState.DONE,
        "xero_id": found.id,
        "xero_total": found.total,
        "adopted": True,
        "reason": reason,
    }
