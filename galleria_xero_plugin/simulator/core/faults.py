"""Faults on demand, and the seam they enter by.

A hook sees a call four times: at the gateway (before anything counts), before the core executes,
after it committed, and on the wire. What ``before`` and ``after`` answer is the core's answer and is
cached under an idempotency key; what the gateway and the wire do is not (xero-facts.md §3, §6.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from threading import Lock
from typing import Any, Protocol

from .wire import HTML_TYPE, Request, Response

OFFLINE = b"<html><head><title>Service Unavailable</title></head><body><h1>503</h1></body></html>"
GREETING = b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Please log in</body></html>"
KINDS = {
    "503": "gateway: 503 with html, nothing executed",
    "429": "gateway: 429 with retry_after and problem, nothing executed",
    "status": "gateway: the given status with an empty body, nothing executed",
    "500_before": "500, nothing executed; cached under the key",
    "500_after": "executed and kept, answered 500; cached under the key",
    "html": "executed, answered 200 with an html page",
    "truncate": "executed, half of the body is sent",
    "delay": "executed, answered after the given seconds",
    "drop": "executed, the connection is cut instead of an answer",
    "drop_before": "the connection is cut, nothing executed",
}


class Hook(Protocol):
    """What may interfere with a call."""

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


@dataclass(frozen=True)
class Fault:
    """One fault, for the next ``count`` calls whose path and method match."""

    kind: str
    path: str = "/"
    method: str = "*"
    count: int = 1
    skip: int = 0
    status: int = 500
    retry_after: str | None = None
    problem: str = "minute"
    seconds: float = 0.0

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Fault:
        """A fault from JSON; ValueError says what is wrong."""
        fault = cls(str(values.get("kind", "")))
        for name, value in values.items():
            if name not in cls.__dataclass_fields__:
                raise ValueError(f"A fault has no member {name!r}.")
            now = getattr(fault, name)
            if now is not None and not isinstance(value, (int, float) if isinstance(now, float) else type(now)):
                raise ValueError(f"{name} cannot be {value!r}.")
        fault = replace(fault, **values)
        if fault.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(sorted(KINDS))}.")
        return fault

    def matches(self, request: Request) -> bool:
        """Whether this fault concerns a request."""
        if self.method not in {"*", request.method}:
            return False
        return request.path.lower().startswith(self.path.lower())


class Faults:
    """The faults waiting to happen. A call meets at most one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: list[Fault] = []
        self._met: dict[int, Fault] = {}

    def add(self, fault: Fault) -> None:
        """Queue a fault."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """No more faults."""
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[dict[str, Any]]:
        """The queued faults."""
        with self._lock:
            return [asdict(fault) for fault in self._waiting]

    def met(self, request: Request) -> str | None:
        """The kind of fault a running call has met."""
        with self._lock:
            fault = self._met.get(request.number)
            return fault.kind if fault else None

    def _draw(self, request: Request) -> Fault | None:
        with self._lock:
            for place, fault in enumerate(self._waiting):
                if not fault.matches(request):
                    continue
                if fault.skip > 0:
                    self._waiting[place] = replace(fault, skip=fault.skip - 1)
                    continue
                if fault.count <= 1:
                    del self._waiting[place]
                else:
                    self._waiting[place] = replace(fault, count=fault.count - 1)
                self._met[request.number] = fault
                return fault
        return None

    def at_gateway(self, request: Request) -> Response | None:
        """503, 429, a bare status, or a cut line; nothing is executed."""
        fault = self._draw(request)
        if fault is None:
            return None
        if fault.kind == "503":
            return Response(503, OFFLINE, HTML_TYPE)
        if fault.kind == "429":
            headers = {"X-Rate-Limit-Problem": fault.problem, "X-MinLimit-Remaining": "0"}
            if fault.retry_after is not None:
                headers["Retry-After"] = fault.retry_after
            return Response(429, headers=headers)
        if fault.kind == "status":
            return Response(fault.status, b"", HTML_TYPE)
        return Response(0, drop=True) if fault.kind == "drop_before" else None

    def before(self, request: Request) -> Response | None:
        """500 instead of execution."""
        return Response(500, b"", HTML_TYPE) if self.met(request) == "500_before" else None

    def after(self, request: Request, response: Response) -> Response:
        """500 in spite of execution."""
        return Response(500, b"", HTML_TYPE) if self.met(request) == "500_after" else response

    def on_wire(self, request: Request, response: Response) -> tuple[Response, float]:
        """Html, half a body, a late answer or none."""
        with self._lock:
            fault = self._met.pop(request.number, None)
        if fault is None:
            return response, 0.0
        if fault.kind == "html":
            return replace(response, status=200, body=GREETING, content_type=HTML_TYPE), 0.0
        if fault.kind == "truncate":
            return replace(response, body=response.body[: len(response.body) // 2]), 0.0
        if fault.kind == "drop":
            return replace(response, drop=True), 0.0
        return response, fault.seconds if fault.kind == "delay" else 0.0
