"""Putting documents aside with the reason a person will read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from ...domain.reasons import Hold
from ...domain.states import DocumentState
from ...ports.records import Document
from .session import Held, Session

log = logging.getLogger("galleria_xero.export")

T = TypeVar("T")
FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a mistake in code, ours or the host's, looks like. A worker's time-out is none of these."""


def hold(session: Session, held: Sequence[Held]) -> None:
    """PENDING rows become BLOCKED, SKIPPED when nothing is to be done about them as they are, or CONFLICT when a
    person is asked."""
    if not held:
        return
    with session.write() as uow:
        for item in held:
            uow.ledger.move(
                item.row.id,
                expect=[DocumentState.PENDING],
                to=_state(item),
                reason=(item.hold.code, item.hold.facts),
                not_before=item.hold.until,
            )
        session.note(uow, waiting=sum(not item.for_good for item in held))
        uow.commit()


def _state(item: Held) -> DocumentState:
    if item.for_good:
        return DocumentState.SKIPPED
    return DocumentState.CONFLICT if item.asked else DocumentState.BLOCKED


def decided(row: Document, decide: Callable[[], T]) -> T | Hold:
    """What `decide` says about a row; a mistake in there holds this one document, and the next one goes on."""
    try:
        return decide()
    except FAULTS:
        log.exception("document %s could not be decided", row.id)
        return Hold("internal")
