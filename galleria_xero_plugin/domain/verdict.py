"""Whether the gallery and Xero agree: the one rule for a month's page, the bookkeeper's page and the card of a webservice.

Green only when both sides have the same to the cent; amber when all that differs is explained, red otherwise. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from .comparison import Comparison, Finding
from .month import KNOWN, THE_SAME, Entry, Sheet, Standing, sums


class Light(StrEnum):
    """How a verdict looks."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Cause:
    """Numbers of a month that differ for one known cause; `money` is what stands on one side only, by currency."""

    entries: tuple[Entry, ...]
    money: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Overall:
    """All months together: how many numbers want a look, how many differ for a known cause and by how much money."""

    open: int
    known: int
    money: Mapping[str, Decimal]

    @property
    def light(self) -> Light:
        return Light.RED if self.open else Light.AMBER if self.known else Light.GREEN


def weighed(sheet: Sheet, comparison: Comparison | None) -> Sheet:
    """The month with what the comparison knows besides: what a person has accepted is explained, and what was found
    about a number of which the totals agree is open."""
    if comparison is None:
        return sheet
    return replace(sheet, entries=tuple(_weighed(entry, comparison) for entry in sheet.entries))


def light(sheet: Sheet) -> Light:
    """The verdict of a month that was `weighed`."""
    if sheet.differences:
        return Light.RED
    if sheet.known:
        return Light.AMBER
    return Light.RED if unequal(sheet) else Light.GREEN


def unequal(sheet: Sheet) -> bool:
    """The sums of both sides differ, and no number says so: what is said of single numbers never outweighs the sums."""
    explained = sheet.known or sheet.differences
    return not explained and any(gallery != xero for gallery, xero in sums(sheet).values())


def causes(entries: Iterable[Entry]) -> tuple[Cause, ...]:
    """What differs by cause, in the order in which it occurs."""
    found: dict[tuple[object, ...], list[Entry]] = {}
    for entry in entries:
        day = entry.at.date() if entry.at else None
        found.setdefault((entry.standing, entry.reason, entry.by, day), []).append(entry)
    return tuple(Cause(tuple(each), money(each)) for each in found.values())


def money(entries: Iterable[Entry]) -> dict[str, Decimal]:
    """What stands on one side only, by currency."""
    total: dict[str, Decimal] = {}
    for entry in entries:
        total[entry.currency] = total.get(entry.currency, Decimal(0)) + entry.gap
    return total


def overall(differing: Iterable[Sheet], comparison: Comparison, *, unequal: bool = False) -> Overall:
    """All months, of which only the numbers that differ are needed, and `unequal` whether the sums of one do although
    no number says so. A finding about any other number counts too, once however much was found about it."""
    entries = [entry for sheet in differing for entry in weighed(sheet, comparison).entries]
    known = [entry for entry in entries if entry.standing in KNOWN]
    wanted = [entry for entry in entries if entry.standing not in KNOWN and entry.standing not in THE_SAME]
    others = {one.number for one in comparison.findings if not any(_about(one, entry) for entry in wanted)}
    return Overall(max(len(wanted) + len(others), int(unequal)), len(known), money(known))


def _weighed(entry: Entry, comparison: Comparison) -> Entry:
    found = [one for one in comparison.findings if _about(one, entry)]
    if found:
        calm = entry.standing in THE_SAME or entry.standing in KNOWN
        return replace(entry, standing=Standing.FOUND, reason=found[0].what.value) if calm else entry
    if entry.standing in THE_SAME or entry.standing in KNOWN:
        return entry
    accepted = any(_about(one, entry) for one in comparison.accepted)
    return replace(entry, standing=Standing.ACCEPTED, reason=entry.standing.value) if accepted else entry


def _about(finding: Finding, entry: Entry) -> bool:
    if finding.document_id and entry.document_id:
        return finding.document_id == entry.document_id or finding.number == entry.number
    if finding.number.startswith("#"):  # the gallery's own way: no sync has noticed it, so it has no other
        return not entry.document_id and entry.number.endswith(f"-{finding.number[1:]}")
    return finding.number == entry.number
