"""What the preview shows, as frozen values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..domain.accounting import LineDraft, Organisation, TaxRate
from ..domain.effect import Posting
from ..domain.model import GalleryInfo, Invoice, Payment
from ..domain.reasons import Hold
from ..ports.records import Connection
from .read_models import ServiceRow, Words

SMALL_PLANS = {"STARTER": 20, "EARLY": 20}
"""Sales invoices that an old small plan approves in a month (xero-facts §4.2)."""
BATCH = 50
FIXED_CALLS = 3
"""Calls of a sync besides those for its documents: reading the organisation, contacts and invoices."""


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month with its unsent invoices; `totals` is (currency, the gallery's own total)."""

    key: str
    count: int
    totals: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it would stand in Xero: `amount` as Xero calculates it, with tax when prices include tax."""

    draft: LineDraft
    account: str
    rate: TaxRate | None
    amount: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class PreviewPayment:
    """A payment with its effect, a reason to wait, or both (what was due goes, the rest waits)."""

    payment: Payment
    method: str
    effect: tuple[Posting, ...]
    hold: Hold | None
    by_credit: bool = False
    """It needs no bank: the sync uses the client's open credit for it."""


@dataclass(frozen=True, slots=True)
class PreviewDocument:
    """An invoice as it would stand in Xero. `row_id` is its document's in Activity, when it has one."""

    number: str
    invoice: Invoice
    url: str
    row_id: str
    contact_why: Words | None
    hold: Hold | None
    lines: tuple[Line, ...] = ()
    payments: tuple[PreviewPayment, ...] = ()
    effect: tuple[Posting, ...] = ()
    total: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Waits:
    """A reason and the numbers of what waits for it."""

    code: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """One month of what a sync would do. `read_at` None: the accounts were not read yet. `part` are the
    first and the last invoice that the totals count, when the month has too many to count them all at once."""

    gallery: GalleryInfo
    now: dt.datetime
    row: ServiceRow
    read_at: dt.datetime | None = None
    contacts_read_at: dt.datetime | None = None
    months: tuple[Month, ...] = ()
    chosen: Month | None = None
    documents: tuple[PreviewDocument, ...] = ()
    number: int = 1
    pages: int = 1
    totals: tuple[tuple[str, tuple[Posting, ...]], ...] = ()
    waits: tuple[Waits, ...] = ()
    sent: int = 0
    decided: int = 0
    part: tuple[int, int] | None = None
    limits: tuple[Words, ...] = ()

    @property
    def waiting(self) -> int:
        """Documents of the month that would wait."""
        return self.decided - self.sent

    @property
    def count(self) -> int:
        """Documents of all months."""
        return sum(month.count for month in self.months)


def limits(
    months: Sequence[Month], chosen: Month | None, organisation: Organisation, connection: Connection
) -> tuple[Words, ...]:
    """What of Xero's limits the sync will meet."""
    found = []
    most = SMALL_PLANS.get(organisation.plan)
    if most is not None and chosen is not None and chosen.count > most:
        text = "Your Xero plan (%(plan)s) approves %(most)s sales invoices a month; this month has %(count)s."
        found.append(Words(text, {"plan": organisation.plan, "most": most, "count": chosen.count}))
    documents = sum(month.count for month in months)
    # contacts and invoices go in batches, payments are looked up first
    calls = FIXED_CALLS + 4 * -(-documents // BATCH)
    if connection.day_remaining is not None and calls > connection.day_remaining:
        text = "It takes about %(calls)s calls, and Xero allows %(left)s more today: the rest follows by itself."
        found.append(Words(text, {"calls": calls, "left": connection.day_remaining}))
    return tuple(found)
