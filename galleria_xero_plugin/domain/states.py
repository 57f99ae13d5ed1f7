"""The states of a document on its way to Xero, and of a run (export-protocol §2.3).

::

                      ┌───────────────────── not executed (429, 401, no byte) ──┐
                      │                                                         │
     blocked ◄─wait─► pending ──T2: written ahead──► sending ──T3: answered──► done ∎
                      ▲ │ │ └─refused before sending─┐  │ └──────────────┐      ▲
                      │ │ └─found by looking first───┼──┼────────────────┼──────┤
                      │ │                            ▼  ▼                ▼      │
                      │ │        data, mapping ◄── rejected           unknown ──┤ found: adopted
                      │ │        or settings       (edit: pending)     ▲  │ │   │
                      │ │                                    look again└──┘ │   │
                      │ └─number taken─► conflict ◄── found, but not ours ──┘   │
                      │                    │  └───── a person: it is this one ──┘
                      └── a person ────────┘
                      └── absent for certain ─────────────────────── unknown

     skipped: never to be sent as things are (zero total, cancelled before sending, a person's Never send). Every state
     before `sending`, and a question, may end there; an edit or other settings make it pending again.

A document enters as pending, blocked or skipped, or as a conflict when its number is not free; what was put aside
becomes a conflict when it is brought up to date and its new number is not free.
A row in `sending` whose lease has run out *is* unknown: its worker died. `done` is final; what changes later
is a row of its own (`invoice_update`, `invoice_void`, ...). `MOVES` is the same as a table, and the ledger makes
no other move, but for one: an invoice that a person cancelled in Xero, and wants there after all, is pending again
under another number (`LedgerStore.send_anew`).
"""

from __future__ import annotations

from enum import StrEnum


class DocumentKind(StrEnum):
    """What a ledger row is about. Creates, and corrections, which address a document by Xero's id."""

    CONTACT = "contact"
    INVOICE = "invoice"
    PAYMENT = "payment"
    CREDIT_NOTE = "credit_note"
    INVOICE_UPDATE = "invoice_update"
    INVOICE_VOID = "invoice_void"
    ALLOCATION = "allocation"
    REFUND = "refund"
    PAYMENT_DELETE = "payment_delete"


class DocumentState(StrEnum):
    """Where a document stands."""

    PENDING = "pending"
    SENDING = "sending"
    UNKNOWN = "unknown"
    DONE = "done"
    BLOCKED = "blocked"
    REJECTED = "rejected"
    CONFLICT = "conflict"
    SKIPPED = "skipped"


WAITING = (DocumentState.BLOCKED, DocumentState.REJECTED, DocumentState.CONFLICT)
"""It goes on when somebody, or time, has changed something."""

MOVES: dict[DocumentState, frozenset[DocumentState]] = {
    DocumentState.PENDING: frozenset(
        # straight to done or conflict: found in Xero by looking first, without sending anything
        {DocumentState.SENDING, DocumentState.BLOCKED, DocumentState.DONE, DocumentState.CONFLICT}
        | {DocumentState.SKIPPED, DocumentState.REJECTED}
    ),
    DocumentState.SENDING: frozenset(
        {DocumentState.DONE, DocumentState.REJECTED, DocumentState.UNKNOWN, DocumentState.PENDING}
    ),
    DocumentState.UNKNOWN: frozenset(
        {DocumentState.DONE, DocumentState.CONFLICT, DocumentState.PENDING, DocumentState.UNKNOWN}
    ),
    DocumentState.BLOCKED: frozenset({DocumentState.PENDING, DocumentState.SKIPPED, DocumentState.CONFLICT}),
    DocumentState.REJECTED: frozenset({DocumentState.PENDING, DocumentState.SKIPPED, DocumentState.CONFLICT}),
    DocumentState.CONFLICT: frozenset({DocumentState.PENDING, DocumentState.DONE, DocumentState.SKIPPED}),
    DocumentState.SKIPPED: frozenset({DocumentState.PENDING, DocumentState.CONFLICT}),
    DocumentState.DONE: frozenset(),
}


def may_move(before: DocumentState, after: DocumentState) -> bool:
    """Whether a document may go from one state to another."""
    return after in MOVES[before]


class RunKind(StrEnum):
    """What a run does."""

    EXPORT = "export"
    CONTACTS = "contacts"


class RunTrigger(StrEnum):
    """Who started a run."""

    PERSON = "person"
    SCHEDULE = "schedule"
    FIRST = "first"


class RunState(StrEnum):
    """Where a run stands; the first two are open, and one connection has one open run of a kind."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"


OPEN_RUN_STATES = (RunState.QUEUED, RunState.RUNNING)
