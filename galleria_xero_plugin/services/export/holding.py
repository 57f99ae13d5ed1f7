"""Putting documents aside with the reason a person will read."""

from __future__ import annotations

from collections.abc import Sequence

from ...domain.states import DocumentState
from .session import Held, Session


def hold(session: Session, held: Sequence[Held]) -> None:
    """PENDING rows become BLOCKED, or SKIPPED when nothing is to be done about them as they are."""
    if not held:
        return
    with session.write() as uow:
        for item in held:
            uow.ledger.move(
                item.row.id,
                expect=[DocumentState.PENDING],
                to=DocumentState.SKIPPED if item.for_good else DocumentState.BLOCKED,
                reason=(item.hold.code, item.hold.facts),
                not_before=item.hold.until,
            )
        session.note(uow, waiting=sum(not item.for_good for item in held))
        uow.commit()
