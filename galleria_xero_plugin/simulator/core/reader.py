"""Reading what a client sent: every value is hostile until it came through here."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from .errors import Invalid, bad_json

_MS_DATE = re.compile(r"/Date\((-?\d{1,14})([+-]\d{4})?\)/")
_LARGEST_EXPONENT = 18


class Reader:
    """One JSON object. A value of the wrong type refuses the whole request, as Xero does.

    ``null`` counts as not sent. Names are taken as documented; extra members are ignored.
    """

    def __init__(self, element: object) -> None:
        if not isinstance(element, Mapping):
            raise bad_json()
        self.raw: Mapping[str, Any] = element

    def has(self, name: str) -> bool:
        """True when the member was sent with a value."""
        return self.raw.get(name) is not None

    def text(self, name: str, limit: int | None = None) -> str | None:
        """A text; too long is a validation error, a structure is not text."""
        value = self.raw.get(name)
        if value is None:
            return None
        if isinstance(value, (dict, list)):
            raise bad_json(f"{name} must be a text")
        if isinstance(value, bool):
            value = "true" if value else "false"
        value = str(value)
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise bad_json(f"{name} holds a character that is no text")
        if limit is not None and len(value) > limit:
            raise Invalid(f"The {name} field must be no more than {limit} characters long.")
        return value

    def decimal(self, name: str) -> Decimal | None:
        """A finite number, sent as number or as text."""
        value = self.raw.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
            raise bad_json(f"{name} must be a number")
        try:
            number = Decimal(value.strip() if isinstance(value, str) else value)
        except InvalidOperation:
            raise bad_json(f"{name} must be a number") from None
        if not number.is_finite() or abs(number.adjusted()) > _LARGEST_EXPONENT:
            raise bad_json(f"{name} is out of range")
        return number

    def boolean(self, name: str) -> bool | None:
        """true or false, sent as such or as text."""
        value = self.raw.get(name)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        raise bad_json(f"{name} must be true or false")

    def guid(self, name: str) -> str | None:
        """An id in canonical form; blank and all-zero count as not sent."""
        value = self.text(name)
        if not value or not value.strip():
            return None
        found = guid_of(value)
        if found is None:
            raise bad_json(f"{name} must be a guid")
        return None if found == str(uuid.UUID(int=0)) else found

    def day(self, name: str) -> date | None:
        """A calendar day: ``2026-11-20``, an ISO date-time, or the /Date(...)/ form (§5)."""
        value = self.text(name)
        if not value or not value.strip():
            return None
        found = day_of(value.strip())
        if found is None:
            raise bad_json(f"{name} must be a date")
        return found

    def child(self, name: str) -> Reader | None:
        """A nested object."""
        return Reader(self.raw[name]) if self.has(name) else None

    def children(self, name: str) -> list[Reader] | None:
        """A nested list of objects; None when not sent."""
        value = self.raw.get(name)
        if value is None:
            return None
        if not isinstance(value, list):
            raise bad_json(f"{name} must be a list")
        return [Reader(item) for item in value]


def guid_of(value: str) -> str | None:
    """The canonical form of an id, or None."""
    try:
        return str(uuid.UUID(value.strip().strip("{}")))
    except ValueError:
        return None


def day_of(value: str) -> date | None:
    """The calendar day a text stands for, or None."""
    match = _MS_DATE.fullmatch(value)
    try:
        if match:
            return datetime.fromtimestamp(int(match[1]) / 1000, UTC).date()
        return datetime.fromisoformat(value).date()
    except (ValueError, OverflowError, OSError):
        return None


def moment_of(value: str) -> datetime | None:
    """The moment an If-Modified-Since header stands for, or None. Without zone it is UTC (§2.5)."""
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        try:
            moment = datetime.strptime(value.strip(), "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
        except ValueError:
            return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def elements(content: object, plural: str, singular: str) -> Iterator[object]:
    """The elements of a body: one object, a bare list, or the envelope in any casing (§2.3)."""
    if isinstance(content, list):
        yield from content
        return
    if not isinstance(content, Mapping):
        raise bad_json()
    wrapped = {plural.lower(), singular.lower()}
    for name, value in content.items():
        if name.lower() in wrapped and isinstance(value, (list, Mapping)):
            yield from value if isinstance(value, list) else [value]
            return
    yield content
