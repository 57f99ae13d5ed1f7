"""A run for people: what came of it in a line, and when it is expected to end. Pure."""

from __future__ import annotations

import datetime as dt

from ..domain.states import OPEN_RUN_STATES, RunKind
from ..ports.records import Run
from .export.gate import TO_CANCEL
from .read_models import Waiting, Words
from .wording import HANDLED

SENT = ("invoices", "payments", "contacts")
ENOUGH = 10
"""Documents after which the pace of a run says something about its end."""


def summary(run: Run, waiting: Waiting | None) -> tuple[Words, ...]:
    """"41 sent", "2 wait for you": what a run came to. `waiting` is what waits now, when this run is the latest."""
    if run.kind is not RunKind.EXPORT or not run.counts or run.counts.get(TO_CANCEL):
        return ()  # a run that cancels tells in its counts what came of it
    parts = [(sum(run.counts.get(name, 0) for name in SENT), "%(count)s sent", "%(count)s sent")]
    parts.append((run.counts.get("adopted", 0), "%(count)s was in Xero already", "%(count)s were in Xero already"))
    if waiting is None:
        left = run.counts.get("waiting", 0) + run.counts.get("refused", 0)
        parts.append((left, "%(count)s was put aside", "%(count)s were put aside"))
    else:
        mine = waiting.you + waiting.developer
        parts.append((mine, "%(count)s waits for you", "%(count)s wait for you"))
        parts.append((waiting.bookkeeper, "%(count)s waits for your bookkeeper", "%(count)s wait for your bookkeeper"))
        parts.append((waiting.itself, "%(count)s waits by itself", "%(count)s wait by themselves"))
    return tuple(Words(one if count == 1 else many, {"count": count}) for count, one, many in parts if count)


def expected_finish(
    run: Run, *, left: int | None, now: dt.datetime, paused_until: dt.datetime | None
) -> dt.datetime | None:
    """When a run will be done at its pace so far, or None while that cannot be said. A pause comes on top."""
    done = sum(run.counts.get(name, 0) for name in HANDLED)
    if run.state not in OPEN_RUN_STATES or run.started_at is None or not run.scanned or not left or done < ENOUGH:
        return None
    pace = (now - run.started_at) / done
    return max(now, paused_until or now) + pace * left
