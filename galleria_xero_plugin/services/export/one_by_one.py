"""Corrections that are taken up one at a time: the way that their phases have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ...domain.reasons import Hold
from ...domain.states import DocumentKind
from ...ports.records import Document
from .correcting import Subject, due, subjects, waits_for
from .holding import decided, hold
from .sending import Prepared
from .session import Held, Session

Decide = Callable[[Session, Document, Subject], Prepared | Held | Hold | None]
"""What becomes of a correction; None when it was settled without anything being sent."""
Send = Callable[[Session, Prepared, Subject], None]


def take_one(session: Session, kind: DocumentKind, decide: Decide, send: Send) -> bool:
    """Send one correction of a kind, or hold it with a reason. False when none is due."""
    rows = due(session, kind)[:1]
    if not rows:
        return False
    row = rows[0]
    subject = subjects(session, rows).get(row.parent_local_id)
    waits = waits_for(subject, row)
    if waits is not None or subject is None:
        hold(session, [waits or Held(row, Hold("internal"))])
        return True
    outcome = decided(row, partial(decide, session, row, subject))
    if isinstance(outcome, Prepared):
        send(session, outcome, subject)
    elif outcome is not None:
        hold(session, [Held(row, outcome) if isinstance(outcome, Hold) else outcome])
    return True
