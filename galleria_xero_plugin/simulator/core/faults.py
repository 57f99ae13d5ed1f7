"""The switchboard: faults armed for calls to come, and the log of those that struck.

    world.faults.add(Fault("drop", "/api.xro/2.0/Invoices", "PUT"))              # the next one
    world.faults.add(Fault("503", count=0, probability=0.2, seed=7))             # a fifth of all, until cleared
    world.faults.add(Fault("429", problem="day", retry_after="73451", skip=3))
    world.faults.fired                                                           # what struck which request

Many may be armed; a call meets the first that strikes it (``fault``). Where a kind enters is told in
``fault_kinds``: what the core answers is cached under an idempotency key, what the gateway and the wire do is not
(xero-facts.md §3, §6.3).
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any, Protocol

from . import spoil
from .fault import Fault
from .fault_kinds import GATEWAY
from .wire import HTML_TYPE, Request, Response

MOST_FIRED = 100_000


class Hook(Protocol):
    """What may interfere with a call: at the gateway, before and after the core, and on the wire."""

    def at_gateway(self, request: Request) -> Response | None:
        """Before authentication, limits and keys; an answer ends the call."""
        ...

    def before(self, request: Request) -> Response | None:
        """Before the core executes; an answer replaces execution."""
        ...

    def after(self, request: Request, response: Response) -> Response:
        """After the core committed."""
        ...

    def on_wire(self, request: Request, response: Response) -> tuple[Response, float]:
        """Last of all: the answer to send, and the seconds to wait before it."""
        ...


@dataclass
class _Armed:
    """A fault on the board with its own counters and its own dice."""

    identity: int
    fault: Fault
    skip: int
    left: int | None  # None: until cleared
    dice: random.Random

    def strikes(self, request: Request) -> bool:
        if not self.fault.matches(request):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.fault.probability < 1 and self.dice.random() >= self.fault.probability:
            return False
        if self.left is not None:
            self.left -= 1
        return True


@dataclass(frozen=True)
class Fired:
    """A fault that struck: which one, and the request of the effects log it struck."""

    fault: int
    kind: str
    request: int
    method: str
    path: str
    tenant: str | None


class Faults:
    """The board. A call meets at most one fault."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._armed: list[_Armed] = []
        self._met: dict[int, Fault] = {}
        self._fired: list[Fired] = []
        self._next = 1

    def add(self, fault: Fault) -> int:
        """Arm a fault; answers its number."""
        with self._lock:
            number, self._next = self._next, self._next + 1
            dice = random.Random(fault.seed)  # noqa: S311 - repeatable, not secret
            self._armed.append(_Armed(number, fault, fault.skip, fault.count or None, dice))
            return number

    def remove(self, number: int) -> bool:
        """Disarm one; False when it is not (or no longer) armed."""
        with self._lock:
            before = len(self._armed)
            self._armed = [entry for entry in self._armed if entry.identity != number]
            return len(self._armed) < before

    def clear(self) -> None:
        """Disarm all; the log of what struck stays."""
        with self._lock:
            self._armed.clear()

    def reset(self) -> None:
        """Disarm all and forget what struck."""
        with self._lock:
            self._armed.clear()
            self._fired.clear()

    def waiting(self) -> list[dict[str, Any]]:
        """The armed faults with what is left of skip and count (0: until cleared)."""
        with self._lock:
            return [
                {"id": entry.identity, **asdict(entry.fault), "skip": entry.skip, "count": entry.left or 0}
                for entry in self._armed
            ]

    @property
    def fired(self) -> list[Fired]:
        """What struck, in order."""
        with self._lock:
            return list(self._fired)

    def fault_of(self, request: Request) -> Fault | None:
        """The fault a running call has met."""
        with self._lock:
            return self._met.get(request.number)

    def met(self, request: Request) -> str | None:
        """Its kind."""
        fault = self.fault_of(request)
        return fault.kind if fault else None

    def _draw(self, request: Request) -> Fault | None:
        with self._lock:
            for entry in self._armed:
                if entry.strikes(request):
                    break
            else:
                return None
            if entry.left == 0:
                self._armed.remove(entry)
            self._met[request.number] = entry.fault
            tenant = request.headers.get("xero-tenant-id")
            if len(self._fired) < MOST_FIRED:
                kind = entry.fault.kind
                fired = Fired(entry.identity, kind, request.number, request.method, request.path, tenant)
                self._fired.append(fired)
            return entry.fault

    def at_gateway(self, request: Request) -> Response | None:
        """Answers of the gateway; nothing is executed."""
        fault = self._draw(request)
        return fault.gateway_answer() if fault is not None and fault.kind in GATEWAY else None

    def before(self, request: Request) -> Response | None:
        """500 instead of execution."""
        return Response(500, b"", HTML_TYPE) if self.met(request) == "500_before" else None

    def after(self, request: Request, response: Response) -> Response:
        """500 in spite of execution."""
        return Response(500, b"", HTML_TYPE) if self.met(request) == "500_after" else response

    def on_wire(self, request: Request, response: Response) -> tuple[Response, float]:
        """A spoilt, late or lost answer."""
        with self._lock:
            fault = self._met.pop(request.number, None)
        if fault is None:
            return response, 0.0
        if fault.kind in spoil.WAYS:
            response = spoil.WAYS[fault.kind](response, fault.size)
        waits = {"delay": fault.seconds, "hang": fault.seconds, "late": fault.hold}
        return response, waits.get(fault.kind, 0.0)
