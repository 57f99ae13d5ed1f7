"""What may be sent before a webservice is live: nothing while it is asked what stands in the books already, then five
drafts for a person to look at, then everything. Sources: `product.md` §4.5, §5.13."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from ...domain.states import DocumentKind
from ...ports.records import Run

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
JOINED = "joined"
"""The count by which it is known that a person has asked meanwhile for something to be sent: it sends again."""


def only_cancels(run: Run) -> bool:
    """Whether nothing is sent with this run but cancellations."""
    return bool(run.counts.get(TO_CANCEL)) and not run.counts.get(JOINED)
