"""A month of the gallery beside the same month in Xero, number by number (`product.md` §4.8).

Everything is compared to the cent; what does not agree has one cause and one suggested fix. Pure: figures in,
a sheet out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
TAX_ROUNDING = Decimal("0.05")
"""Tax may differ so much with equal totals: each side rounds its own lines (`product.md` §5.5)."""
LISTED_IN_A_ROW = 20
"""So many unused numbers are listed one by one."""
UP_TO = " to "
RECONCILED_WITHIN = dt.timedelta(days=10)
"""A payment that was sent longer ago is expected to be matched with the bank in Xero."""


class Standing(StrEnum):
    """How a number is explained. In the first group both sides have the same, in the second they differ and it is
    known why, the third wants a look."""

    AGREES = "agrees"
    CANCELLED = "cancelled"
    ZERO = "zero"
    ELSEWHERE = "elsewhere"
    DRAFT = "draft"
    UNUSED = "unused"

    WITHDRAWN = "withdrawn"
    """A person has cancelled it in Xero from here, and the gallery still has it."""
    PUT_ASIDE = "put_aside"
    LEFT_OUT = "left_out"
    ON_THE_WAY = "on_the_way"
    WAITS = "waits"
    PAYMENT_WAITS = "payment_waits"
    """What is not paid in Xero is to the cent what waits of its payments."""
    ROUNDED = "rounded"
    ACCEPTED = "accepted"
    """A person has said that it is all right; `reason` is the standing that it would have."""

    TOTAL = "total"
    TAX = "tax"
    PAID = "paid"
    ABSENT = "absent"
    STILL_THERE = "still_there"
    STRANGE = "strange"
    FOUND = "found"
    """The totals agree, but the nightly comparison found something else; `reason` is what (`comparison.What`)."""


_ALL = list(Standing)
THE_SAME = frozenset(_ALL[: _ALL.index(Standing.WITHDRAWN)])
KNOWN = frozenset(_ALL[_ALL.index(Standing.WITHDRAWN) : _ALL.index(Standing.TOTAL)])


@dataclass(frozen=True, slots=True)
class Figures:
    """One side of an invoice, in its currency; `due` is what its client still owes."""

    total: Decimal
    tax: Decimal
    paid: Decimal
    due: Decimal
    status: str

    @property
    def net(self) -> Decimal:
        return self.total - self.tax


_NOTHING = Figures(Decimal(0), Decimal(0), Decimal(0), Decimal(0), "")


@dataclass(frozen=True, slots=True)
class Entry:
    """A number of a month. `gallery` and `xero` are None where that side has nothing that counts; `month` is the
    month that an ELSEWHERE number belongs to; `reason` why it waits (`domain.reasons`); `by` and `at` are who settled it
    so, and when."""

    number: str
    standing: Standing
    currency: str = ""
    gallery: Figures | None = None
    xero: Figures | None = None
    contact: str = ""
    local_id: str = ""
    document_id: str = ""
    xero_id: str = ""
    reason: str = ""
    month: str = ""
    by: str = ""
    at: dt.datetime | None = None

    @property
    def gap(self) -> Decimal:
        """How much money stands on one side only: of the total, or else of what is paid, or else of the tax."""
        gallery, xero = self.gallery or _NOTHING, self.xero or _NOTHING
        gaps = (gallery.total - xero.total, gallery.paid - xero.paid, gallery.tax - xero.tax)
        return abs(next((gap for gap in gaps if gap), Decimal(0)))


@dataclass(frozen=True, slots=True)
class OpenPayment:
    """A payment that was sent and is not reconciled in Xero."""

    number: str
    contact: str
    date: dt.date
    amount: Decimal
    currency: str
    document_id: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A month of both sides: `month` is like 2026-03, by the date of the invoice."""

    month: str
    entries: tuple[Entry, ...]
    unreconciled: tuple[OpenPayment, ...] = ()

    @property
    def differences(self) -> tuple[Entry, ...]:
        """What wants a look: nobody knows why the two sides differ."""
        return tuple(one for one in self.entries if one.standing not in THE_SAME and one.standing not in KNOWN)

    @property
    def known(self) -> tuple[Entry, ...]:
        """What differs, and it is known why."""
        return tuple(entry for entry in self.entries if entry.standing in KNOWN)

    @property
    def invoices(self) -> int:
        """How many the gallery has issued, and which come to something."""
        return sum(entry.gallery is not None for entry in self.entries)

    @property
    def agreeing(self) -> int:
        return sum(entry.standing is Standing.AGREES for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Sum:
    """A side of a month in one currency."""

    count: int = 0
    net: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)
    due: Decimal = Decimal(0)

    def plus(self, one: Figures) -> Sum:
        return Sum(self.count + 1, self.net + one.net, self.tax + one.tax, self.paid + one.paid, self.due + one.due)


def sums(sheet: Sheet) -> Mapping[str, tuple[Sum, Sum]]:
    """By currency: (the gallery's side, Xero's side)."""
    found: dict[str, tuple[Sum, Sum]] = {}
    for entry in sheet.entries:
        if entry.gallery is None and entry.xero is None:
            continue
        gallery, xero = found.get(entry.currency, (Sum(), Sum()))
        found[entry.currency] = (
            gallery.plus(entry.gallery) if entry.gallery else gallery,
            xero.plus(entry.xero) if entry.xero else xero,
        )
    return dict(sorted(found.items()))


def judged(gallery: Figures | None, xero: Figures | None) -> Standing:
    """How two sides of a number that was sent stand to each other."""
    if gallery is None:
        return Standing.STILL_THERE if xero else Standing.CANCELLED
    if xero is None:
        return Standing.ABSENT
    if gallery.total != xero.total:
        return Standing.TOTAL
    if abs(gallery.tax - xero.tax) > TAX_ROUNDING:
        return Standing.TAX
    if (gallery.paid, gallery.due) != (xero.paid, xero.due):
        return Standing.PAID
    return Standing.AGREES if gallery.tax == xero.tax else Standing.ROUNDED


@dataclass(frozen=True, slots=True)
class Used:
    """A number of the gallery's own counting: whose month, and whether it is a draft or was cancelled."""

    month: str
    draft: bool = False
    cancelled: bool = False


def explained(numbers: Iterable[int], used: Mapping[int, Used], month: str, prefix: str) -> list[Entry]:
    """An entry for each number between a month's first and last that the month itself does not have. `used` are all
    numbers that the gallery knows."""
    have = set(numbers)
    if not have:
        return []
    first, last = min(have), max(have)
    entries = []
    before = first
    for number in sorted(have | {number for number in used if first <= number <= last}):
        entries += _unused(range(before + 1, number), prefix)
        before = number
        if number in have:
            continue
        one, label = used[number], f"{prefix}-{number}"
        if one.cancelled:
            entries.append(Entry(label, Standing.CANCELLED))
        elif one.draft:
            entries.append(Entry(label, Standing.DRAFT))
        elif one.month != month:
            entries.append(Entry(label, Standing.ELSEWHERE, month=one.month))
    return entries


def _unused(numbers: range, prefix: str) -> list[Entry]:
    """Numbers that the gallery never used; many in a row are one entry, or a gallery that has begun to count in
    millions would have as many."""
    if len(numbers) > LISTED_IN_A_ROW:
        return [Entry(f"{prefix}-{numbers[0]}{UP_TO}{prefix}-{numbers[-1]}", Standing.UNUSED)]
    return [Entry(f"{prefix}-{number}", Standing.UNUSED) for number in numbers]


def month_name(month: str) -> str:
    """March 2026, from 2026-03."""
    year, _, number = month.partition("-")
    return f"{MONTHS[int(number) - 1]} {year}"


def in_order_of_number(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """AG-9 before AG-10."""

    def key(entry: Entry) -> tuple[str, int, str]:
        number = entry.number.partition(UP_TO)[0]
        digits = number[len(number.rstrip("0123456789")) :]
        return number[: len(number) - len(digits)], int(digits or 0), entry.number

    return tuple(sorted(entries, key=key))


def unreconciled(
    sent: Sequence[tuple[OpenPayment, str]], reconciled: Mapping[str, bool], today: dt.date
) -> tuple[OpenPayment, ...]:
    """The payments of (payment, Xero's id) that Xero has had for ten days and that nobody matched with the bank."""
    old = today - RECONCILED_WITHIN
    return tuple(one for one, xero_id in sent if one.date <= old and reconciled.get(xero_id) is False)
