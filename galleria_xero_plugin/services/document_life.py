"""A document's whole life: when it came, each time it was sent and what Xero said, and what people did about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from ..domain.states import DocumentState, RunTrigger
from ..ports.records import AuditEntry, Document
from .read_models import Event, Words
from .sending_anew import SENT_ANEW

_BY_PEOPLE: Mapping[str, Words] = {
    "tried again": Words("Try again or Send now was pressed"),
    "stopped asking": Words("Stop asking was pressed"),
    "cancellation in Xero asked for": Words("Cancel in Xero was pressed"),
    SENT_ANEW: Words("Sent again under another number"),
    "contact linked": Words("Linked with a contact in Xero"),
}
_ANSWERS: Mapping[str, Words] = {
    "": Words("Sent; no answer was noted"),
    "not sent": Words("It did not leave"),
    "unknown": Words("Sent; Xero did not confirm"),
}
_TRIGGERS: Mapping[str, Words] = {
    RunTrigger.SCHEDULE.value: Words("(asked for by the schedule)"),
    RunTrigger.FIRST.value: Words("(asked for by the first sync)"),
}
_ENDS: Mapping[DocumentState, Words] = {
    DocumentState.BLOCKED: Words("Put aside, for the reason above"),
    DocumentState.REJECTED: Words("Refused by Xero, for the reason above"),
    DocumentState.CONFLICT: Words("Became a question, as above"),
    DocumentState.SKIPPED: Words("Left out, for the reason above"),
}


def life(
    document: Document, attempts: Sequence[Mapping[str, str]], entries: Sequence[AuditEntry]
) -> tuple[Event, ...]:
    """What happened to a document, oldest first."""
    events = [Event(document.created_at, Words("Came from your gallery"))]
    events += [_sent(fields) for fields in attempts]
    events += [
        Event(entry.at, _BY_PEOPLE.get(entry.action, Words("%(what)s", {"what": entry.action})), _who(entry.actor_name))
        for entry in entries
    ]
    if document.state is DocumentState.DONE:
        if document.adopted:
            events.append(Event(document.updated_at, Words("Found in Xero; nothing was sent")))
    elif document.reason_code and document.state in _ENDS:
        events.append(Event(document.updated_at, _ENDS[document.state]))
    return tuple(sorted(events, key=lambda event: event.at or document.created_at))


def _sent(fields: Mapping[str, str]) -> Event:
    outcome = fields.get("outcome") or ""
    known = Words("Sent; Xero answered") if outcome.startswith("answered") else _ANSWERS.get(outcome)
    trigger, asked_by = fields.get("trigger") or "", fields.get("asked_by") or ""
    return Event(
        at=_instant(fields.get("sent_at")),
        what=known or Words("%(outcome)s", {"outcome": outcome}),
        asked=_TRIGGERS.get(trigger) or (Words("(asked for by %(who)s)", {"who": asked_by}) if asked_by else None),
        run_id=fields.get("run_id") or "",
        request_id=fields.get("request_id") or "",
    )


def _who(name: str) -> Words | None:
    return Words("by %(who)s", {"who": name}) if name else None


def _instant(text: str | None) -> dt.datetime | None:
    if not text:
        return None
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
