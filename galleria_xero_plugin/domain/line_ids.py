"""Which line of an invoice in Xero each line of its new version replaces.

A line that keeps its id keeps what a bookkeeper attached to it; one without an id is new, one that is not named is
removed (xero-facts §4.2).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .accounting import LineDraft, XeroLine
from .standing import content


def line_ids(wanted: Sequence[LineDraft], standing: Sequence[XeroLine]) -> tuple[str | None, ...]:
    """For each wanted line the id of the standing line that becomes it, or None.

    Equal lines find each other first, then those of the same words, then those of the same place. Lines of which
    only one has a discount never do: a discount that is not named stays.
    """
    found: dict[int, str] = {}
    free = {line.id: (place, line) for place, line in enumerate(standing) if line.id}
    for alike in (_content, _words, _place):
        for place, line in enumerate(wanted):
            if place in found:
                continue
            key = alike(place, line)
            match = next(
                (id for id, (at, other) in free.items() if alike(at, other) == key and _fits(line, other)), None
            )
            if match is not None:
                found[place] = match
                del free[match]
    return tuple(found.get(place) for place in range(len(wanted)))


def _content(place: int, line: LineDraft | XeroLine) -> Any:
    return content(line)


def _words(place: int, line: LineDraft | XeroLine) -> Any:
    return content(line)[0]


def _place(place: int, line: LineDraft | XeroLine) -> Any:
    return place


def _fits(one: LineDraft | XeroLine, other: LineDraft | XeroLine) -> bool:
    discounts: Callable[[LineDraft | XeroLine], tuple[bool, bool]] = lambda line: (
        bool(line.discount_rate),
        bool(line.discount_amount),
    )
    return discounts(one) == discounts(other)
