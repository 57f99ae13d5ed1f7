"""Dates and amounts as a person writes them, both ways."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = re.compile(r"(\d{1,2}) ([A-Z][a-z]{2}) (\d{4})(?: (\d\d):(\d\d))?")


def is_day(text: str) -> bool:
    return _DAY.fullmatch(text) is not None


def day(text: str) -> dt.date:
    """2 Nov 2026."""
    return moment(text).date()


def moment(text: str) -> dt.datetime:
    """2 Nov 2026 23:30, without a zone; midnight when no time is given."""
    found = _DAY.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no day")
    date, month, year, hour, minute = found.groups()
    return dt.datetime(int(year), MONTHS.index(month) + 1, int(date), int(hour or 0), int(minute or 0))  # noqa: DTZ001


def money(text: str) -> Decimal:
    """1,200.00"""
    return Decimal(text.replace(",", ""))


def show_day(date: dt.date) -> str:
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def show(amount: Decimal) -> str:
    """With two decimals at least, and more only when there are more."""
    places = max(2, -int(amount.normalize().as_tuple().exponent))
    return f"{amount:,.{places}f}"


def count(quantity: Decimal) -> str:
    """A quantity without idle zeros."""
    return f"{quantity.normalize():f}"
