"""What in Xero a waiting document may be: kept in its reason's facts, until a person says which one it is."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from decimal import Decimal, InvalidOperation

OFFERED, DIFFERENT = "offered", "different"
AT_MOST = 10


@dataclass(frozen=True, slots=True)
class Offer:
    """A document of Xero's: its id, its day (ISO, may be empty), its amount, and what it is called."""

    id: str
    date: str
    amount: str
    name: str

    @property
    def day(self) -> dt.date | None:
        """The day as a date."""
        return dt.date.fromisoformat(self.date) if self.date else None

    @property
    def total(self) -> Decimal | None:
        """The amount as a number."""
        try:
            return Decimal(self.amount.partition(" ")[0])
        except InvalidOperation:
            return None


def offering(offers: Iterable[Offer]) -> dict[str, str]:
    """The fact that keeps these offers."""
    return {OFFERED: json.dumps([astuple(offer) for offer in offers][:AT_MOST])}


def offered(facts: Mapping[str, str]) -> tuple[Offer, ...]:
    """The offers of a reason."""
    return tuple(Offer(*parts) for parts in json.loads(facts.get(OFFERED) or "[]"))


def declining(facts: Mapping[str, str]) -> dict[str, str]:
    """The facts after a person has said that it is none of those offered."""
    ids = [*declined(facts), *(offer.id for offer in offered(facts))]
    return {**{name: text for name, text in facts.items() if name != OFFERED}, DIFFERENT: json.dumps(ids)}


def declined(facts: Mapping[str, str]) -> tuple[str, ...]:
    """What a person has said that it is not."""
    return tuple(json.loads(facts.get(DIFFERENT) or "[]"))
