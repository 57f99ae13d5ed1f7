"""Decides how far the gate stands open for this run. Sources: `product.md` §4.5, §5.13."""

from __future__ import annotations

from ...domain.states import DocumentKind
from ...domain.withdrawing import CANCELLED
from .gate import CLOSED, DRAFT, FIRST, OPEN, WITHDRAWING, Gate, only_cancels
from .session import Session


def gate_of(session: Session) -> Gate:
    """How far the gate stands open. Once a run has ended behind an open gate it is never closed again."""
    if session.run is None:
        return OPEN
    if only_cancels(session.run):
        return WITHDRAWING
    if session.webservice.first_export_at is not None:
        return OPEN
    scope = (session.gallery_id, session.tenant_id)
    with session.read() as uow:
        if uow.books.count(*scope):
            return CLOSED
        if not session.settings.first_five_as_drafts:
            return OPEN
        tried = uow.books.tried(*scope)
        drafts = uow.books.remarked(*scope, [DRAFT])
        dropped = uow.books.remarked(*scope, ["voided_in_xero", CANCELLED])
        if tried and not drafts and not dropped and uow.ledger.next_due_at(*scope) is None:
            return OPEN  # the bookkeeper has approved them all in Xero
        rows = uow.books.next_up(*scope, max(FIRST - tried, 0))
    contacts = frozenset(row.depends_on for row in rows if row.depends_on)
    only = {
        DocumentKind.INVOICE: frozenset(row.id for row in rows),
        DocumentKind.CONTACT: contacts,
        DocumentKind.INVOICE_UPDATE: None,  # the drafts themselves follow the gallery
        DocumentKind.INVOICE_VOID: None,
    }
    return Gate(only, as_drafts=True)
