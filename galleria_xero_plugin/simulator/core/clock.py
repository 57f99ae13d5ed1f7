"""Where the simulator learns what time it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Protocol


class Clock(Protocol):
    """Anything that can tell the time in UTC."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)


class FastClock:
    """The machine's clock run fast: six simulated minutes in six seconds at speed 60.

    For clients that live by the same fast clock. Where the client lives in real time, scale lives and windows
    with the setting ``time_scale`` instead.
    """

    def __init__(self, speed: float, base: Clock | None = None) -> None:
        if speed <= 0:
            raise ValueError("The speed of a clock must be above zero.")
        self.speed = speed
        self._base = base or SystemClock()
        self._start = self._base.now()

    def now(self) -> datetime:
        """The real start, plus what has passed since then times the speed."""
        return self._start + (self._base.now() - self._start) * self.speed


class ManualClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
        self._lock = Lock()

    def now(self) -> datetime:
        """The moment the clock was last moved to."""
        with self._lock:
            return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        with self._lock:
            self._now += timedelta(seconds=seconds)
