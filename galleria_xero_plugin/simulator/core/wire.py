"""Requests and answers as plain values, and Xero's JSON.

Numbers are read as Decimal and written from Decimal without passing through float.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

_LARGEST_EXPONENT = 30
JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"

# The json module cannot write Decimal as a number. Each Decimal is written as a string marked with
# this token, and the quotes are taken off afterwards; the token is drawn per process, so no text of
# a client can imitate it.
_MARK = secrets.token_hex(8)
_MARKED = re.compile(f'"{_MARK}([^"]*)"')


@dataclass(frozen=True)
class Request:
    """One call as it arrived: names of headers and query parameters in lower case."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    number: int = 0

    def form(self) -> dict[str, str]:
        """The body as a posted form; empty when it is none."""
        if "application/x-www-form-urlencoded" not in self.headers.get("content-type", ""):
            return {}
        try:
            return dict(parse_qsl(self.body.decode("utf-8"), max_num_fields=50))
        except ValueError:
            return {}


@dataclass(frozen=True)
class Response:
    """An answer.

    ``drop`` asks the skin to cut the connection: at once, or after a body (then half of the real one). ``filler``
    is so many bytes of white space to stream after the body; nobody holds them in memory.
    """

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False
    filler: int = 0


def answer(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(status, dump(content), JSON_TYPE, headers or {})


def milliseconds(moment: date) -> int:
    """Milliseconds since 1970; a plain date counts from midnight UTC."""
    if not isinstance(moment, datetime):
        return (moment.toordinal() - 719_163) * 86_400_000
    return int(moment.timestamp() * 1000)


def ms_date(moment: date) -> str:
    """``/Date(1789378199100+0000)/`` (xero-facts.md §5)."""
    return f"/Date({milliseconds(moment)}+0000)/"


def ms_date_bare(moment: date) -> str:
    """``/Date(1789378199160)/``: the form of the envelope and of history records (§5)."""
    return f"/Date({milliseconds(moment)})/"


def utc_text(moment: datetime) -> str:
    """``2026-09-14T09:29:59Z`` (§5)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def number_text(number: Decimal) -> str:
    """Digits as recorded from Xero: ``70.6``, ``0.0``, ``541.25``."""
    digits = format(number, "f")
    if "." not in digits:
        return digits + ".0"
    digits = digits.rstrip("0")
    return digits + "0" if digits.endswith(".") else digits


def _foreign(value: object) -> str:
    if isinstance(value, Decimal):
        return _MARK + number_text(value)
    if isinstance(value, date):
        return ms_date(value)
    raise TypeError(f"{type(value).__name__} has no form on the wire")


def dump(content: Any) -> bytes:
    """JSON bytes; Decimal as a number, dates in Xero's form."""
    text = json.dumps(content, default=_foreign, separators=(",", ":"), ensure_ascii=False)
    return _MARKED.sub(r"\1", text).encode("utf-8", "replace")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _in_range(digits: str) -> Decimal:
    """1e999999999 would be a gigabyte of zeros in the answer that echoes it."""
    number = Decimal(digits)
    if abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise ValueError("a number out of range")
    return number


def load(body: bytes) -> Any:
    """JSON from a stranger: ValueError for anything that is not strict JSON."""
    try:
        return json.loads(body.decode("utf-8-sig"), parse_float=_in_range, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None
