"""Dates, times and money for people: the gallery's time zone, its way of writing numbers, no room for doubt.

Months are written as words and currencies as codes ("23 Nov 2026", "GBP 1,234.50"): 03/04 and $ mean
different things to a gallery with two currencies and visitors from two continents.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from ..domain.model import GalleryInfo
from ..domain.month import month_name
from ..domain.totals import currency_decimals, round_half_up
from ..services.usage import zone_of

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NARROW_SPACE = "\u202f"
NO_BREAK = "\u00a0"
APOSTROPHE = "\u2019"

# (thousands, decimal mark) by language, or by language and region where these differ
_MARKS = {
    "en": (",", "."),
    "de": (".", ","), "es": (".", ","), "it": (".", ","), "nl": (".", ","), "pt": (".", ","), "da": (".", ","),
    "el": (".", ","), "tr": (".", ","), "id": (".", ","),
    "fr": (NARROW_SPACE, ","), "sv": (NARROW_SPACE, ","), "nb": (NARROW_SPACE, ","), "fi": (NARROW_SPACE, ","),
    "pl": (NARROW_SPACE, ","), "cs": (NARROW_SPACE, ","), "ru": (NARROW_SPACE, ","),
    "de-ch": (APOSTROPHE, "."), "de-li": (APOSTROPHE, "."), "it-ch": (APOSTROPHE, "."), "en-za": (NARROW_SPACE, ","),
    "es-mx": (",", "."), "fr-ch": (NARROW_SPACE, "."),
}  # fmt: skip
_MONTH_FIRST = frozenset({"en-us", "en-ph"})


class Formats:
    """Writes values as this gallery reads them."""

    def __init__(self, gallery: GalleryInfo, translate: Callable[[str], str] = str) -> None:
        tag = gallery.locale.replace("_", "-").lower()
        self._thousands, self._point = _MARKS.get(tag) or _MARKS.get(tag.split("-")[0]) or _MARKS["en"]
        self._month_first = tag in _MONTH_FIRST
        self._zone = zone_of(gallery)
        self._translate = translate

    def date(self, day: dt.date | None) -> str:
        """23 Nov 2026, or Nov 23, 2026."""
        if day is None:
            return ""
        month = self._translate(MONTHS[day.month - 1])
        words = f"{month} {day.day}, {day.year}" if self._month_first else f"{day.day} {month} {day.year}"
        return words.replace(" ", NO_BREAK)

    def month(self, text: str) -> str:
        """March 2026, from 2026-03: the beginning of a sentence or a heading, so with a capital in every language."""
        name, _, year = month_name(text).partition(" ")
        name = self._translate(name)
        return f"{name[:1].upper()}{name[1:]}{NO_BREAK}{year}"

    def time(self, instant: dt.datetime | None, *, seconds: bool = False) -> str:
        """14:05 in the gallery's time zone."""
        return "" if instant is None else f"{instant.astimezone(self._zone):{'%H:%M:%S' if seconds else '%H:%M'}}"

    def moment(self, instant: dt.datetime | None) -> str:
        """23 Nov 2026, 14:05."""
        if instant is None:
            return ""
        return f"{self.date(instant.astimezone(self._zone).date())}, {self.time(instant)}"

    def near(self, instant: dt.datetime | None, now: dt.datetime) -> str:
        """As `moment`, but only the time when it is today: "14:05"."""
        if instant is None:
            return ""
        same_day = instant.astimezone(self._zone).date() == now.astimezone(self._zone).date()
        return self.time(instant) if same_day else self.moment(instant)

    def apart(self, instants: Sequence[dt.datetime], now: dt.datetime) -> list[str]:
        """As `near`, each by itself: those of one minute have their seconds too."""
        shown = [self.near(one, now) for one in instants]
        twice = {text for text in shown if shown.count(text) > 1}
        whole = [text.removesuffix(self.time(one)) + self.time(one, seconds=True) for text, one in zip(shown, instants, strict=True)]
        return [long if short in twice else short for short, long in zip(shown, whole, strict=True)]

    def number(self, value: Decimal | int) -> str:
        """1,234.50: every decimal that the value has."""
        sign, digits = ("\u2212", -value) if value < 0 else ("", value)
        whole, _, decimals = f"{digits:f}".partition(".") if isinstance(digits, Decimal) else (str(digits), "", "")
        grouped = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", self._thousands, whole)
        return f"{sign}{grouped}{self._point + decimals if decimals else ''}"

    def money(self, amount: Decimal | None, currency: str) -> str:
        """GBP 1,234.50: with the currency's decimals, and more only when the amount really has more."""
        if amount is None:
            return ""
        exact = max(currency_decimals(currency), -int(amount.normalize().as_tuple().exponent))
        return f"{currency}{NO_BREAK}{self.number(round_half_up(amount, exact))}".strip(NO_BREAK)

    def percent(self, rate: Decimal) -> str:
        """17.5 % without idle zeros."""
        text = f"{rate:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return f"{text.replace('.', self._point)}{NO_BREAK}%"

    def any(self, value: object) -> str:
        """A value of a sentence, by what it is."""
        if isinstance(value, dt.datetime):
            return self.moment(value)
        if isinstance(value, dt.date):
            return self.date(value)
        if isinstance(value, dt.time):
            return f"{value:%H:%M}"
        if isinstance(value, Decimal | int):
            return self.number(value)
        return str(value)

    def fact(self, text: str) -> str:
        """A fact of a reason (`domain.reasons`) as this gallery reads it: dates, instants and amounts."""
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return self.date(_parsed(dt.date, text)) or text
        if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)", text):
            return self.moment(_parsed(dt.datetime, text)) or text
        if found := re.fullmatch(r"(-?\d{1,20}(?:\.\d{1,10})?) ([A-Z]{3})", text):
            return self.money(Decimal(found[1]), found[2])
        return text

    def sentence(self, text: str) -> str:
        """A sentence of the domain with its dates as this gallery reads them."""
        return re.sub(r"\b\d{4}-\d\d-\d\d\b", lambda found: self.fact(found[0]), text)


def _parsed(kind: Any, text: str) -> Any:
    try:
        return kind.fromisoformat(text)
    except ValueError:
        return None
