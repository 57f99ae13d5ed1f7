"""The state of a document that people see, where it is not the one that the ledger keeps.

What waited and is to be decided anew has its turn again, but nothing has been decided: until it is, it stands where
it stood, with its reason. Counts and lists follow this one rule (in SQL: `db.ledger_conditions.shown`), so that a
card never counts what its list does not have.
"""

from __future__ import annotations

from .reasons import BY_A_PERSON, REASONS
from .states import DocumentKind, DocumentState
from .withdrawing import CANCELLED

MONEY_MAY_BE_LOST = "paid_before_sync_from"
"""Such an invoice is not sent, and so put aside; but money came in for it, and somebody has to say where it belongs."""

LEFT_OUT = (
    BY_A_PERSON
    | {"zero_total", "cancelled_never_sent", "draft_or_not_issued", MONEY_MAY_BE_LOST, "contact_not_needed"}
    | {"changed_again", "open_credit", "credit_used"}
    | {code for code in REASONS if code.startswith("not_cancelled_")}
)
"""Reasons of what is put aside: nobody is asked about it, and nothing waits."""


TAKES_OUT = (DocumentKind.INVOICE_VOID, DocumentKind.PAYMENT_DELETE)
"""What is done with these is that something stands in Xero no more."""


def own_state(kind: DocumentKind, state: DocumentState, reason_code: str | None) -> DocumentState:
    """The state to show of a document by itself; what it depends on may let it wait further. What was taken out of Xero
    again is listed with what is not in it."""
    if state is DocumentState.DONE:
        out = kind in TAKES_OUT or (kind is DocumentKind.INVOICE and reason_code == CANCELLED)
        return DocumentState.SKIPPED if out else state
    if state not in (DocumentState.PENDING, DocumentState.SKIPPED) or reason_code is None:
        return state
    if kind is DocumentKind.INVOICE and reason_code == MONEY_MAY_BE_LOST:
        return DocumentState.BLOCKED
    if state is DocumentState.SKIPPED or reason_code in LEFT_OUT:
        return DocumentState.SKIPPED
    return DocumentState.BLOCKED
