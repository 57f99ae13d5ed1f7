"""The rate limits (xero-facts.md §2.1)."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from zlib import crc32

from .errors import Refused
from .settings import SimulatorSettings
from .wire import Response

MINUTE, DAY = 60, 24 * 3600


@dataclass
class Window:
    """A fixed or rolling window. Fixed ones reset at another time for every tenant."""

    offset: int
    start: float = -math.inf
    count: int = 0
    calls: deque[float] = field(default_factory=deque)

    def left(self, now: float, length: float, limit: int, *, rolling: bool) -> int:
        """How many calls the window still takes."""
        if rolling:
            while self.calls and self.calls[0] <= now - length:
                self.calls.popleft()
            return limit - len(self.calls)
        start = now - (now + self.offset) % length
        if start > self.start + length / 2:
            self.start, self.count = start, 0
        return limit - self.count

    def take(self, now: float, *, rolling: bool) -> None:
        """Count one call."""
        self.count += 1
        if rolling:
            self.calls.append(now)

    def opens_in(self, now: float, length: float, *, rolling: bool) -> int:
        """Whole seconds until the window takes calls again; the Retry-After."""
        opens = self.calls[0] if rolling and self.calls else self.start
        return max(1, math.ceil(opens + length - now))


@dataclass
class _Meter:
    minute: Window
    day: Window
    running: int = 0


class Limits:
    """Counts calls per app and tenant, and per app."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._meters: dict[tuple[str, str], _Meter] = {}
        self._apps: dict[str, Window] = {}

    def reset(self) -> None:
        """Forget every count."""
        with self._lock:
            running = {key: meter.running for key, meter in self._meters.items()}
            self._meters.clear()
            self._apps.clear()
            for key, count in running.items():
                self._meter(*key).running = count

    def _meter(self, app: str, tenant: str) -> _Meter:
        offset = crc32(tenant.encode())
        return self._meters.setdefault((app, tenant), _Meter(Window(offset), Window(offset)))

    @contextmanager
    def slot(self, app: str, tenant: str, settings: SimulatorSettings) -> Iterator[None]:
        """One of the five calls in flight; refuses the sixth."""
        with self._lock:
            meter = self._meter(app, tenant)
            if settings.limits and meter.running >= settings.concurrent_limit:
                headers = {"X-Rate-Limit-Problem": "concurrent"}
                if settings.concurrent_retry_after:  # not documented for this one
                    headers["Retry-After"] = str(settings.concurrent_retry_after)
                raise Refused(Response(429, headers=headers))
            meter.running += 1
        try:
            yield
        finally:
            with self._lock:
                self._meter(app, tenant).running -= 1

    def count(self, app: str, tenant: str, moment: datetime, settings: SimulatorSettings) -> dict[str, str]:
        """Count one call; answers the quota headers, or refuses with a 429 as recorded."""
        now, rolling = moment.timestamp(), settings.rolling_windows
        with self._lock:
            meter = self._meter(app, tenant)
            whole = self._apps.setdefault(app, Window(0))
            minute, day = settings.seconds(MINUTE), settings.seconds(DAY)
            checks = (
                ("day", meter.day, day, settings.day_limit),
                ("minute", meter.minute, minute, settings.minute_limit),
                ("appminute", whole, minute, settings.app_minute_limit),
            )
            if not settings.limits:  # and so nothing is ever used up
                return quota_headers({name: limit for name, _, _, limit in checks})
            left = {name: window.left(now, length, limit, rolling=rolling) for name, window, length, limit in checks}
            for name, window, length, _ in checks:
                if left[name] <= 0:
                    headers = {
                        **quota_headers(left),
                        "Retry-After": str(window.opens_in(now, length, rolling=rolling)),
                        "X-Rate-Limit-Problem": settings.app_minute_problem if window is whole else name,
                    }
                    raise Refused(Response(429, headers=headers))
            for name, window, _, _ in checks:
                window.take(now, rolling=rolling)
                left[name] -= 1
            return quota_headers(left)


def quota_headers(left: dict[str, int]) -> dict[str, str]:
    """What is left, on every answer of a tenant call."""
    return {
        "X-DayLimit-Remaining": str(max(0, left["day"])),
        "X-MinLimit-Remaining": str(max(0, left["minute"])),
        "X-AppMinLimit-Remaining": str(max(0, left["appminute"])),
    }
