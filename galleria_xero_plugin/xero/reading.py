"""Reading foreign JSON without trusting it: typed, bounded access that raises ValueError and nothing else.

The texts of these errors name fields, never contents: they end up in logs. Unknown fields and enum values
are nobody's business here; Xero adds some every month.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import TypeVar

T = TypeVar("T")
Json = Mapping[str, object]

ZERO_GUID = "00000000-0000-0000-0000-000000000000"
# Beyond Xero's largest amounts (xero-facts §4.2: 9,999,999,999.99) with room; stops 1e999999.
LARGEST = Decimal(10) ** 15
FINEST = -12  # decimal places kept of a number; currency rates have six
TEXT_LIMIT = 4000
MESSAGE_LIMIT = 500
MESSAGES_LIMIT = 20
DEPTH_LIMIT = 8

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
# Milliseconds since 1970 in UTC; the offset behind them is for show (xero-facts §5).
_MS_DATE = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/", re.ASCII)
# Xero writes up to seven decimals, one more than datetime reads.
_ISO_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?(?:Z|\+00:00)?)?", re.ASCII)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# Characters that would break a log line or hide in a page.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def decode(body: bytes) -> object:
    """The JSON document of these bytes. Numbers with a point become Decimals, written exactly."""
    try:
        return json.loads(body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, ArithmeticError, RecursionError):
        pass
    raise ValueError("not JSON")


def _no_constant(_name: str) -> object:
    raise ValueError("NaN and Infinity are no JSON")


def guid(value: object) -> str:
    """A GUID in lower case. Raises ValueError for anything else."""
    low = value.lower() if isinstance(value, str) else ""
    if not _GUID.fullmatch(low):
        raise ValueError("not a GUID")
    return low


def items(document: object, name: str) -> tuple[Json, ...]:
    """The objects of the envelope's array. Its absence is an error: it must never read as "there are none"."""
    rows = document.get(name) if isinstance(document, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise ValueError(f"no array {name}")
    return tuple(rows)


def child(row: Json, name: str) -> Json:
    """A nested object, or an empty one."""
    value = row.get(name)
    return value if isinstance(value, Mapping) else {}


def children(row: Json, name: str) -> tuple[Json, ...]:
    """The objects of a nested array that may be absent."""
    value = row.get(name)
    return tuple(entry for entry in value if isinstance(entry, Mapping)) if isinstance(value, list) else ()


def text(row: Json, name: str, limit: int = TEXT_LIMIT) -> str:
    """A text without control characters, or "" when absent. Not stripped: keys are compared exactly."""
    value = row.get(name)
    return _UNPRINTABLE.sub("", value[: 2 * limit])[:limit] if isinstance(value, str) else ""


def needed_text(row: Json, name: str, limit: int = TEXT_LIMIT) -> str:
    """A text that must be there and not be blank."""
    return text(row, name, limit) or _missing(name)


def flag(row: Json, name: str) -> bool:
    """True only for a JSON true."""
    return row.get(name) is True


def needed_id(row: Json, name: str) -> str:
    """A GUID that must be there; the zero GUID is none."""
    return optional_id(row, name) or _missing(name)


def optional_id(row: Json, name: str) -> str:
    """A GUID in lower case, or "" when absent, malformed or the zero GUID of a failed create."""
    try:
        found = guid(row.get(name))
    except ValueError:
        return ""
    return "" if found == ZERO_GUID else found


def amount(row: Json, name: str) -> Decimal:
    """A number that must be there, exactly as written."""
    found = optional_amount(row, name)
    return found if found is not None else _missing(name)


def optional_amount(row: Json, name: str) -> Decimal | None:
    """A number, or None when absent. A number that no books can contain raises ValueError."""
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(f"{name} is not a number")
    number = Decimal(value)
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < FINEST or number.adjusted() > 15 or abs(number) > LARGEST:
        raise ValueError(f"{name} is out of range")
    return number


def instant(row: Json, *names: str) -> dt.datetime | None:
    """The first of these fields that is a readable date-time, aware in UTC (xero-facts §5), or None."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str):
            try:
                return _instant(value)
            except (ValueError, OverflowError):
                continue
    return None


def day(row: Json, *names: str) -> dt.date | None:
    """The calendar day of `instant`: the one in UTC, never the local one."""
    found = instant(row, *names)
    return found.date() if found else None


def _instant(value: str) -> dt.datetime:
    if match := _MS_DATE.fullmatch(value):
        return _EPOCH + dt.timedelta(milliseconds=int(match[1]))
    if match := _ISO_DATE.fullmatch(value):
        clock = f"{match[2] or '00:00:00'}.{(match[3] or '0'):0<6}"
        return dt.datetime.fromisoformat(f"{match[1]}T{clock}+00:00")
    raise ValueError("not a date")


def messages(row: Json, *lists: str) -> tuple[str, ...]:
    """The texts of the named lists (`ValidationErrors`, `Warnings`) of this object and of those inside it,
    each once. `Description` is what older answers use instead of `Message` (xero-facts §2.4)."""
    found: dict[str, None] = {}
    for node in _nodes(row):
        for name in lists:
            for entry in children(node, name):
                message = text(entry, "Message", MESSAGE_LIMIT) or text(entry, "Description", MESSAGE_LIMIT)
                if message:
                    found.setdefault(message)
    return tuple(found)[:MESSAGES_LIMIT]


def _nodes(row: object, depth: int = 0) -> Iterator[Json]:
    if depth > DEPTH_LIMIT:
        return
    if isinstance(row, Mapping):
        yield row
        for value in row.values():
            yield from _nodes(value, depth + 1)
    elif isinstance(row, list):
        for value in row:
            yield from _nodes(value, depth + 1)


def each(rows: tuple[Json, ...], read: Callable[[Json], T]) -> tuple[T, ...]:
    """All of them, read."""
    return tuple(read(row) for row in rows)


def _missing(name: str):
    raise ValueError(f"{name} is missing")
