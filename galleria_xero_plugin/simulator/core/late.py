"""Calls that lie in front of Xero: their client has long given up when they are executed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from .wire import Request


@dataclass(frozen=True)
class LateCall:
    """A call and the moment it will be executed."""

    due: datetime
    request: Request


class LateCalls:
    """The calls that wait, in no thread of their own."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: list[LateCall] = []

    def __len__(self) -> int:
        with self._lock:
            return len(self._waiting)

    def add(self, due: datetime, request: Request) -> None:
        """Let a call wait."""
        with self._lock:
            self._waiting.append(LateCall(due, request))

    def take(self, now: datetime, *, everything: bool = False) -> list[LateCall]:
        """Take out what is due, or all, in the order of being due."""
        with self._lock:
            found = [call for call in self._waiting if everything or call.due <= now]
            self._waiting = [call for call in self._waiting if call not in found]
        return sorted(found, key=lambda call: call.due)

    def reset(self) -> None:
        """Forget them all."""
        with self._lock:
            self._waiting.clear()
