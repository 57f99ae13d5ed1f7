"""What may be sent before a webservice is live: nothing while it is asked what stands in the books already, then five
drafts for a person to look at, then everything. Sources: `product.md` §4.5, §5.13."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...domain.states import DocumentKind
from ...domain.withdrawing import CANCELLED

if TYPE_CHECKING:
    from .session import Session

FIRST = 5
"""Drafts of the first run."""
DRAFT = "first_run_draft"
APPROVING = "first_run_approving"


@dataclass(frozen=True, slots=True)
class Gate:
    """The ids of the rows that may go, by kind (None: all of it); `only` None is an open gate. `as_drafts`: invoices go
    as drafts."""

    only: Mapping[DocumentKind, Set[str] | None] | None = None
    as_drafts: bool = False

    def lets(self, kind: DocumentKind) -> Set[str] | None:
        """None: whatever is due."""
        return None if self.only is None else self.only.get(kind, frozenset())


OPEN = Gate()
CLOSED = Gate({})
WITHDRAWING = Gate({DocumentKind.INVOICE_VOID: None})
"""Of a run that a person started to cancel in Xero: nothing new is sent with it."""
TO_CANCEL = "to_cancel"
"""The count by which such a run is known."""


def now(session: Session) -> Gate:
    """How far the gate stands open. Once a run has ended behind an open gate it is never closed again."""
    if session.run is None:
        return OPEN
    if session.run.counts.get(TO_CANCEL):
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
    return Gate({DocumentKind.INVOICE: frozenset(row.id for row in rows), DocumentKind.CONTACT: contacts}, as_drafts=True)
