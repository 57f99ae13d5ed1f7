"""Whether the gallery and Xero agree: the one rule for a month's page, the bookkeeper's page and the card of a webservice.

Green only when both sides have the same to the cent; amber when all that differs is explained, red otherwise. Pure.
"""

from __future__ import annotations

from collections import defaultdict
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
    return all_weighed([sheet], comparison)[0]


def all_weighed(sheets: Iterable[Sheet], comparison: Comparison | None) -> list[Sheet]:
    """Several months, each `weighed`."""
    if comparison is None:
        return list(sheets)
    findings, accepted = _Findings(comparison.findings), _Findings(comparison.accepted)
    return [_sheet(sheet, findings, accepted) for sheet in sheets]


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
    findings, accepted = _Findings(comparison.findings), _Findings(comparison.accepted)
    entries = [entry for sheet in differing for entry in _sheet(sheet, findings, accepted).entries]
    known = [entry for entry in entries if entry.standing in KNOWN]
    wanted = [entry for entry in entries if entry.standing not in KNOWN and entry.standing not in THE_SAME]
    told = {id(one) for entry in wanted for one in findings.about(entry)}
    others = {one.number for one in comparison.findings if id(one) not in told}
    return Overall(max(len(wanted) + len(others), int(unequal)), len(known), money(known))


def _sheet(sheet: Sheet, findings: _Findings, accepted: _Findings) -> Sheet:
    return replace(sheet, entries=tuple(_weighed(entry, findings, accepted) for entry in sheet.entries))


class _Findings:
    """Findings by what they are about: a page looks up as many as there are numbers that differ."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._numbers: dict[str, list[Finding]] = defaultdict(list)
        self._documents: dict[str, list[Finding]] = defaultdict(list)
        for one in findings:
            self._numbers[one.number].append(one)
            if one.document_id:
                self._documents[one.document_id].append(one)

    def about(self, entry: Entry) -> list[Finding]:
        """The findings about a number."""
        found = list(self._numbers.get(entry.number, ()))
        if entry.document_id:
            found = [*self._documents.get(entry.document_id, ()), *found]
        else:  # the gallery's own way: no sync has noticed it, so it has no other
            found += self._numbers.get(f"#{entry.number.rpartition('-')[2]}", ())
        return found


def _weighed(entry: Entry, findings: _Findings, accepted: _Findings) -> Entry:
    if found := findings.about(entry):
        calm = entry.standing in THE_SAME or entry.standing in KNOWN
        return replace(entry, standing=Standing.FOUND, reason=found[0].what.value) if calm else entry
    if entry.standing in THE_SAME or entry.standing in KNOWN:
        return entry
    if accepted.about(entry):
        return replace(entry, standing=Standing.ACCEPTED, reason=entry.standing.value)
    return entry
