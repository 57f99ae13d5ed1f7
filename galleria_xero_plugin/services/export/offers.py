"""What in Xero a waiting document may be: kept in its reason's facts, until a person says which one it is.

What it is not stays in the audit, for reasons come and go while a document is sent.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from decimal import Decimal, InvalidOperation

from ...ports.records import Actor, Document
from ...ports.store import UnitOfWork
from .session import Session

OFFERED = "offered"
DIFFERENT = "said to be different"
"""The entry of the audit under the document's marker; its outcome is the id in Xero."""
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


def decline(uow: UnitOfWork, document: Document, actor: Actor) -> None:
    """A person has said that it is none of those offered. It counts for the document as it is now: another amount or
    date has another marker, and is asked about anew."""
    for offer in offered(document.reason_facts):
        uow.audit.add(document.gallery_id, actor, DIFFERENT, subject=document.marker, outcome=offer.id)


def declined(session: Session, document: Document) -> set[str]:
    """What a person has said that it is not."""
    with session.read() as uow:
        said = uow.audit.of_subject(document.gallery_id, document.marker)
    return {entry.outcome for entry in said if entry.action == DIFFERENT}
