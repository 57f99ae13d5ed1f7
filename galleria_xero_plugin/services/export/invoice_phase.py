"""Invoices: build, look first where needed, send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...domain.accounting import InvoiceDraft, XeroInvoice
from ...domain.answers import Expected, Outcome, difference, is_ours
from ...domain.export import numbers_compare
from ...domain.fingerprint import content_hash
from ...domain.mapping import invoice_draft
from ...domain.markers import marker_in_reference, marker_in_url
from ...domain.model import Invoice
from ...domain.reasons import Hold
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import Document
from .holding import hold
from .intake import FOR_GOOD
from .sending import Prepared, send
from .session import BATCH, Held, Session

def step(session: Session) -> bool:
    """Send one batch of invoices. False when none is due."""
    with session.read() as uow:
        rows = uow.ledger.due(session.gallery_id, session.tenant_id, DocumentKind.INVOICE, BATCH)
        if not rows:
            return False
        now = uow.now()
    invoices = session.invoices([row.local_id for row in rows])
    with session.read() as uow:
        links = uow.contacts.links(
            session.gallery_id, session.tenant_id, [invoice.contact.id for invoice in invoices.values()]
        )
    prepared: list[Prepared] = []
    held: list[Held] = []
    for row in rows:
        invoice = invoices.get(row.local_id)
        if invoice is None:
            held.append(Held(row, Hold("cancelled_never_sent"), for_good=True))
            continue
        reason = session.intake.hold(invoice, now)
        link = links.get(invoice.contact.id)
        if reason is None and link is None:
            reason = Hold("waiting_for_contact", {"contact": row.contact_name})
        made = reason or _draft(session, row, invoice, link.xero_id if link else "")
        if isinstance(made, Hold):
            held.append(Held(row, made, for_good=made.code in FOR_GOOD))
        else:
            prepared.append(_prepare(session, row, invoice, made))
    hold(session, held)
    prepared = _look_first(session, prepared)
    if prepared:
        session.say(f"Sending invoices: {prepared[0].row.label} to {prepared[-1].row.label}")
        send(session, DocumentKind.INVOICE, prepared)
    return True


def _draft(session: Session, row: Document, invoice: Invoice, contact_id: str) -> InvoiceDraft | Hold:
    made = invoice_draft(
        invoice,
        settings=session.settings,
        reference=session.reference,
        tax_options=session.tax_options,
        contact_id=contact_id,
        marker=row.marker,
        url=session.tools.gallery.invoice_url(session.gallery_id, invoice.id),
        gallery_currency=session.info.base_currency,
    )
    if isinstance(made, InvoiceDraft) and made.number != row.natural_key:
        # The number was fixed when the document entered the ledger: a prefix changed since is for new ones (R3)
        return replace(made, number=row.natural_key)
    return made


def _prepare(session: Session, row: Document, invoice: Invoice, draft: InvoiceDraft) -> Prepared:
    return Prepared(
        row=row,
        payload=session.tools.api.payload(draft),
        expected=Expected(draft.number, draft.currency, draft.expected_total, draft.expected_tax),
        seen=(invoice.revision, content_hash(invoice)),
    )


def _look_first(session: Session, prepared: Sequence[Prepared]) -> list[Prepared]:
    """What may stand in Xero already (a later attempt, or after a restore) is looked up before it is sent."""
    with session.read() as uow:
        restored = session.connection.quarantine_until is not None and uow.now() < session.connection.quarantine_until
    suspects = [item for item in prepared if restored or item.row.attempt > 0]
    if not suspects:
        return list(prepared)
    found = by_number(session, [item.row.natural_key for item in suspects])
    settled = set()
    for item in suspects:
        invoice = matching(found, item.row.natural_key)
        if invoice is not None and settle_found(session, item.row, invoice, expect=DocumentState.PENDING):
            settled.add(item.row.id)
    return [item for item in prepared if item.row.id not in settled]


def by_number(session: Session, numbers: Sequence[str]) -> dict[str, XeroInvoice]:
    """Sales invoices of all statuses in Xero that bear these numbers, by the number as Xero spells it."""
    page = session.calls.read(session.tools.api.invoices_by_number(numbers))
    return {invoice.number: invoice for invoice in page.items if invoice.type == "ACCREC"}


def matching(found: Mapping[str, XeroInvoice], number: str) -> XeroInvoice | None:
    """The invoice that bears this number: case and spaces do not make another one."""
    return next((invoice for spelt, invoice in found.items() if numbers_compare(spelt, number)), None)


def settle_found(session: Session, row: Document, invoice: XeroInvoice, *, expect: DocumentState) -> bool:
    """A document of this number stands in Xero: adopt it when it is ours, else ask a person. Whether the row
    was still as expected."""
    marker_found = marker_in_url(invoice.url) or marker_in_reference(invoice.reference)
    contact_ids = _contact_ids(session, row)
    verdict = is_ours(
        invoice,
        marker_found=marker_found,
        marker=row.marker,
        currency=row.currency,
        contact_ids=contact_ids or {invoice.contact_id},
    )
    with session.write() as uow:
        if verdict.outcome is Outcome.YES:
            shown = difference(Expected(row.natural_key, row.currency, row.amount), invoice.total, None)
            moved = uow.ledger.move(
                row.id,
                expect=[expect],
                to=DocumentState.DONE,
                xero_id=invoice.id,
                xero_number=invoice.number,
                xero_total=invoice.total,
                adopted=True,
                reason=(shown["reason"], shown["facts"]) if shown else None,
            )
            session.note(uow, adopted=1)
        else:
            moved = uow.ledger.move(
                row.id,
                expect=[expect],
                to=DocumentState.CONFLICT,
                reason=(verdict.reason or "number_taken", {**verdict.facts, "contact": row.contact_name}),
                xero_number=invoice.number,
            )
            session.note(uow, waiting=1)
        uow.commit()
    return moved


def _contact_ids(session: Session, row: Document) -> set[str]:
    """The Xero contact that the invoice was sent with."""
    invoice = session.invoices([row.local_id]).get(row.local_id)
    if invoice is None:
        return set()
    with session.read() as uow:
        link = uow.contacts.links(session.gallery_id, session.tenant_id, [invoice.contact.id]).get(invoice.contact.id)
    return {link.xero_id} if link else set()
