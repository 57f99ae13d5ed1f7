"""The effects log: what was asked and what changed, kept apart from what clients believe.

Tests judge by it. It holds no token, no code and no body.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from threading import Lock
from typing import Any

from .organisation import NUMBERS, Change

LOGGED = {
    "Invoices", "CreditNotes", "Payments", "Contacts", "Allocations", "Accounts", "Currencies",
    "Overpayments", "Prepayments",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RequestEffect:
    """One request. ``status`` is 0 while it runs and when the connection was dropped."""

    number: int
    time: str
    method: str
    path: str
    tenant: str | None
    key: str | None
    status: int = 0
    replayed: bool = False
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectEffect:
    """One record created or changed. ``request`` is 0 when a person did it in Xero."""

    request: int
    action: str  # created, changed
    kind: str
    id: str
    number: str | None
    status: str | None
    tenant: str


class Effects:
    """The log of one simulator."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: dict[int, RequestEffect] = {}
        self._objects: list[ObjectEffect] = []
        self._next = 1

    def open(self, moment: datetime, method: str, path: str, tenant: str | None, key: str | None) -> int:
        """Enter a request; answers its number."""
        with self._lock:
            number, self._next = self._next, self._next + 1
            self._requests[number] = RequestEffect(number, moment.isoformat(), method, path, tenant, key)
            return number

    def note(self, number: int, **known: Any) -> None:
        """Add what became known about a request."""
        with self._lock:
            if number in self._requests:
                self._requests[number] = replace(self._requests[number], **known)

    def record(self, number: int, tenant: str, changes: Iterable[Change]) -> None:
        """Enter what a committed transaction changed."""
        with self._lock:
            for change in changes:
                if change.kind in LOGGED:
                    action = "created" if change.before is None else "changed"
                    record = change.after
                    status = record.get("Status") or record.get("ContactStatus")
                    shown = record.get(NUMBERS.get(change.kind, ""))
                    self._objects.append(
                        ObjectEffect(number, action, change.kind, change.identity, shown, status, tenant)
                    )

    def reset(self) -> None:
        """Start an empty log; numbers go on."""
        with self._lock:
            self._requests.clear()
            self._objects.clear()

    @property
    def requests(self) -> list[RequestEffect]:
        """All requests in order of arrival."""
        with self._lock:
            return list(self._requests.values())

    @property
    def objects(self) -> list[ObjectEffect]:
        """All creations and changes in order."""
        with self._lock:
            return list(self._objects)

    def created(self, kind: str, tenant: str | None = None) -> list[ObjectEffect]:
        """The creations of one kind."""
        return [
            effect
            for effect in self.objects
            if effect.kind == kind and effect.action == "created" and tenant in {None, effect.tenant}
        ]

    def counts(self) -> dict[str, dict[str, int]]:
        """How many requests by endpoint, by status, and how many changes by kind."""
        requests, objects = self.requests, self.objects
        return {
            "requests": dict(Counter(f"{entry.method} {_shape(entry.path)}" for entry in requests)),
            "statuses": dict(Counter(str(entry.status) for entry in requests)),
            "replayed": {"replayed": sum(entry.replayed for entry in requests)},
            "objects": dict(Counter(f"{effect.kind} {effect.action}" for effect in objects)),
        }

    def as_json(self, since: int = 0) -> dict[str, Any]:
        """Everything from a request number on."""
        return {
            "counts": self.counts(),
            "requests": [asdict(entry) for entry in self.requests if entry.number >= since],
            "objects": [asdict(effect) for effect in self.objects if effect.request >= since],
        }


def _shape(path: str) -> str:
    """A path without its ids, so that calls to one endpoint count together."""
    return "/".join("{id}" if len(part) == 36 and part.count("-") == 4 else part for part in path.split("/"))
