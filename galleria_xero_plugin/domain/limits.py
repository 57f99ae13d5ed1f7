"""The minute limit as a sliding window (xero-facts §2.1: 60 calls a minute for an organisation)."""

from __future__ import annotations

from collections.abc import Sequence

SPAN_MS = 60_300
"""A little over a minute, for jitter on the way. A window lets bursts through, which makes slow answers and pauses
between slices free; even pacing would waste what it did not use."""


def wait_needed(call_times: Sequence[int], now: int, limit: int) -> int:
    """Milliseconds until another call may go out.

    `call_times` are instants of past calls in epoch milliseconds, oldest first; `limit` 0 means no limit.
    """
    if limit == 0:
        return 0
    recent = [at for at in call_times if at > now - SPAN_MS]
    # Never longer than the span, however far ahead another host's clock was
    return 0 if len(recent) < limit else min(recent[-limit] + SPAN_MS - now, SPAN_MS)


def remembered(call_times: Sequence[int], now: int) -> tuple[int, ...]:
    """The part of `call_times` that still counts."""
    return tuple(at for at in call_times if at > now - SPAN_MS)
