"""One fault: which calls it strikes, and what the gateway answers for it.

A fault strikes calls whose path begins with ``path`` (or is it, with ``exact``), of its ``method`` and ``tenant``:
after ``skip`` of them, ``count`` times (0: until cleared), each time with ``probability`` drawn from its own ``seed``.
``seconds`` are the simulator's (divided by time_scale).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .errors import problem
from .fault_kinds import KINDS
from .idempotency import key_of
from .wire import HTML_TYPE, Request, Response, answer

OFFLINE = b"<html><head><title>Service Unavailable</title></head><body><h1>503</h1></body></html>"
ORGANISATION_OFFLINE = b"The organisation is offline. Please try again later."
# What is left is told with a 429 too (recorded, xero-facts.md §2.1); the limit that was met says 0.
_REMAINING = {
    "day": ("X-DayLimit-Remaining", "344"),
    "minute": ("X-MinLimit-Remaining", "44"),
    "appminute": ("X-AppMinLimit-Remaining", "9000"),
}


@dataclass(frozen=True)
class Fault:
    """What may be armed; the module's docstring says which calls it strikes."""

    kind: str
    path: str = "/"
    method: str = "*"
    count: int = 1
    skip: int = 0
    status: int = 500
    retry_after: str | None = None
    problem: str = "minute"
    seconds: float = 0.0
    hold: float = 0.0
    exact: bool = False
    tenant: str = "*"
    probability: float = 1.0
    seed: int = 0
    location: str = "https://elsewhere.example/"
    size: int = 50_000_000

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Fault:
        """A fault from JSON; ValueError says what is wrong."""
        fault = cls(str(values.get("kind", "")))
        sent = dict(values)
        if isinstance(sent.get("retry_after"), int):
            sent["retry_after"] = str(sent["retry_after"])
        for name, value in sent.items():
            if name not in cls.__dataclass_fields__:
                raise ValueError(f"A fault has no member {name!r}.")
            now = getattr(fault, name)
            wanted = (int, float) if isinstance(now, float) else (type(now) if now is not None else (str, type(None)))
            if not isinstance(value, wanted) or (isinstance(value, bool) and not isinstance(now, bool)):
                raise ValueError(f"{name} cannot be {value!r}.")
            if isinstance(value, (int, float)) and value < 0:
                raise ValueError(f"{name} must not be below zero.")
        fault = replace(fault, **sent)
        if fault.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(sorted(KINDS))}.")
        return fault

    def matches(self, request: Request) -> bool:
        """Whether this fault concerns a request."""
        if self.method not in {"*", request.method}:
            return False
        if self.tenant not in {"*", request.headers.get("xero-tenant-id", "")}:
            return False
        if self.kind == "key_store_down" and key_of(request) is None:
            return False
        if self.kind == "stale" and request.method != "GET":
            return False
        path, wanted = request.path.lower(), self.path.lower()
        if self.exact:
            return path.rstrip("/") == wanted.rstrip("/")
        return path.startswith(wanted)  # with a slash at its end it is what lies below, and not the list itself

    def gateway_answer(self) -> Response:
        """The answer of a gateway fault; a cut connection where there is none."""
        kind = self.kind
        if kind == "503":
            return Response(503, OFFLINE, HTML_TYPE)
        if kind == "offline":
            return Response(503, ORGANISATION_OFFLINE, "text/plain; charset=utf-8")
        if kind == "429":
            headers = {"X-Rate-Limit-Problem": self.problem}
            for limit, (name, left) in _REMAINING.items():
                headers[name] = "0" if limit == self.problem else left
            if self.retry_after is not None:
                headers["Retry-After"] = self.retry_after
            return Response(429, headers=headers)
        if kind in {"401", "403"}:
            title, detail = "Unauthorized", "TokenExpired: token expired at 01/01/2026 00:00:00"
            headers = {"WWW-Authenticate": 'Bearer error="invalid_token", error_description="The token expired"'}
            if kind == "403":
                title, detail, headers = "Forbidden", "AuthenticationUnsuccessful", {}
            return problem(int(kind), title, detail, headers).response
        if kind == "redirect":
            status = self.status if 300 <= self.status < 400 else 302
            return Response(status, b"", HTML_TYPE, {"Location": self.location})
        if kind == "invalid_grant":
            return answer(400, {"error": "invalid_grant"})
        if kind == "key_store_down":
            return Response(500, b"", HTML_TYPE)
        if kind == "status":
            return Response(self.status, b"", HTML_TYPE)
        return Response(0, drop=True)
