"""Xero's limit of calls per minute, kept on our side (xero-facts §2.1).

A sliding window lets bursts through, which makes slow answers and pauses between slices free; even pacing
wastes what it did not use. 60 calls per 60.3 s were measured to use the whole quota without a single 429,
whether the server counts in fixed minutes or in a sliding window; the 0.3 s cover jitter on the way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

CALLS = 60
SPAN = 60.3


class Window:
    """Send times of one organisation. Pure: any clock in seconds will do, if it is always the same one.

    `limit` calls per `span` seconds; a limit of None or 0 means no limit. Not for several threads at once."""

    def __init__(self, limit: int | None = CALLS, span: float = SPAN) -> None:
        self._span = span
        self._sent: deque[float] | None = deque(maxlen=limit) if limit else None

    def seed(self, times: Iterable[float]) -> None:
        """Begin with calls that another process made, in any order: a window forgotten at the start of every
        slice earns a 429."""
        if self._sent is not None:
            known = sorted([*self._sent, *times])
            self._sent.clear()
            self._sent.extend(known)

    def wait_needed(self, now: float) -> float:
        """Seconds until the next call may go out; 0.0 for at once."""
        if self._sent is None or len(self._sent) < (self._sent.maxlen or 0):
            return 0.0
        # Never longer than the span, however far a seeded time lies in the future.
        return min(max(0.0, self._sent[0] + self._span - now), self._span)

    def note(self, now: float) -> None:
        """A call goes out."""
        if self._sent is not None:
            self._sent.append(now)
