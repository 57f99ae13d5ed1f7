"""One organisation's books, with changes that can be taken back until they are committed."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from threading import RLock
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .tables import Record, Table

KEYS = {
    "Organisations": "OrganisationID", "Accounts": "AccountID", "TaxRates": "TaxType",
    "BrandingThemes": "BrandingThemeID", "TrackingCategories": "TrackingCategoryID",
    "Currencies": "Code", "Contacts": "ContactID", "Invoices": "InvoiceID",
    "CreditNotes": "CreditNoteID", "Payments": "PaymentID", "Allocations": "AllocationID",
    "Overpayments": "OverpaymentID", "Prepayments": "PrepaymentID", "History": "_id",
}  # fmt: skip

# What an effects log calls the number of a record.
NUMBERS = {
    "Invoices": "InvoiceNumber", "CreditNotes": "CreditNoteNumber", "Contacts": "Name",
    "Payments": "Reference", "Accounts": "Code",
}  # fmt: skip


def folded(text: str | None) -> str | None:
    """A name or number as Xero compares it: without regard to case and outer spaces."""
    return text.strip().casefold() if text and text.strip() else None


def _active_name(record: Record) -> str | None:
    return folded(record.get("Name")) if record.get("ContactStatus") == "ACTIVE" else None


def _key(*path: str) -> Callable[[Record], Any]:
    def read(record: Record) -> Any:
        value: Any = record
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    return read


def _folded_key(name: str) -> Callable[[Record], Any]:
    return lambda record: folded(record.get(name))


INDEXES: dict[str, dict[str, Callable[[Record], Any]]] = {
    "Accounts": {"code": _folded_key("Code"), "name": _folded_key("Name")},
    "Contacts": {
        "active name": _active_name,
        "name": _folded_key("Name"),
        "number": _folded_key("ContactNumber"),
        "account number": _folded_key("AccountNumber"),
        "email": _folded_key("EmailAddress"),
    },
    "Invoices": {"number": _folded_key("InvoiceNumber"), "contact": _key("Contact", "ContactID")},
    "CreditNotes": {"number": _folded_key("CreditNoteNumber"), "contact": _key("Contact", "ContactID")},
    "Payments": {
        "invoice": _key("Invoice", "InvoiceID"),
        "credit note": _key("CreditNote", "CreditNoteID"),
        "overpayment": _key("Overpayment", "OverpaymentID"),
        "prepayment": _key("Prepayment", "PrepaymentID"),
        "reference": _folded_key("Reference"),
    },
    "Allocations": {
        "invoice": _key("InvoiceID"),
        "credit note": _key("CreditNoteID"),
        "overpayment": _key("OverpaymentID"),
        "prepayment": _key("PrepaymentID"),
    },
    "Overpayments": {"contact": _key("Contact", "ContactID")},
    "Prepayments": {"contact": _key("Contact", "ContactID")},
    "History": {"parent": _key("_parent")},
}


# Lists of one kind may be filtered by members of another: a changed contact makes remembered lists of
# invoices stale.
_STALE = {"Contacts": ("Invoices", "CreditNotes"), "Invoices": ("Payments",), "Accounts": ("Payments",)}


RECENT_COMMITS = 1000


@dataclass(frozen=True)
class Change:
    """One record as it was before and as it is now."""

    kind: str
    identity: str
    before: Record | None
    after: Record


@dataclass
class Organisation:
    """The books of one tenant. ``lock`` guards everything; whoever calls holds it."""

    tenant_id: str
    tables: dict[str, Table] = field(
        default_factory=lambda: {kind: Table(key, INDEXES.get(kind)) for kind, key in KEYS.items()}
    )
    lock: RLock = field(default_factory=RLock)
    next_id: Callable[[], str] = field(default_factory=lambda: new_id)
    recent: deque[tuple[datetime, list[Change]]] = field(default_factory=lambda: deque(maxlen=RECENT_COMMITS))
    _open: list[Change] = field(default_factory=list)

    @property
    def about(self) -> Record:
        """The Organisation record itself."""
        return self.tables["Organisations"].rows[self.tenant_id]

    @property
    def base_currency(self) -> str:
        """The currency the books are kept in."""
        return str(self.about["BaseCurrency"])

    def today(self, now: datetime) -> date:
        """The calendar day in the organisation's time zone (xero-facts.md §4.2, Date)."""
        try:
            zone: Any = ZoneInfo(self.about["_zone"])
        except (ZoneInfoNotFoundError, KeyError):
            zone = UTC
        return now.astimezone(zone).date()

    def table(self, kind: str) -> Table:
        """All records of a kind."""
        return self.tables[kind]

    def get(self, kind: str, identity: str | None) -> Record | None:
        """One record by id."""
        return self.tables[kind].get(identity) if identity else None

    def put(self, kind: str, record: Record) -> Record:
        """Write a record inside the open transaction."""
        before = self.tables[kind].put(record)
        self._forget_lists(kind)
        self._open.append(Change(kind, record[KEYS[kind]], before, record))
        return record

    def next_number(self, counter: str, prefix: str) -> str:
        """The next automatic document number, e.g. INV-0001."""
        value = self.about.get(counter, 1)
        self.put("Organisations", {**self.about, counter: value + 1})
        return f"{prefix}{value:04d}"

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Changes made inside are taken back when the block raises."""
        mark = len(self._open)
        try:
            yield
        except BaseException:
            self.rollback(mark)
            raise

    def rollback(self, mark: int = 0) -> None:
        """Take back every change after the mark."""
        while len(self._open) > mark:
            change = self._open.pop()
            self._place(change, change.before)

    @contextmanager
    def as_of(self, moment: datetime) -> Iterator[None]:
        """The books as they stood: what was committed after the moment is out of sight inside."""
        hidden = [change for at, changes in self.recent if at > moment for change in changes]
        for change in reversed(hidden):
            self._place(change, change.before)
        try:
            yield
        finally:
            for change in hidden:
                self._place(change, change.after)

    def _place(self, change: Change, record: Record | None) -> None:
        if record is None:
            self.tables[change.kind].remove(change.identity)
        else:
            self.tables[change.kind].put(record)
        self._forget_lists(change.kind)

    def _forget_lists(self, kind: str) -> None:
        for dependent in _STALE.get(kind, ()):
            self.tables[dependent].forget_lists()

    def commit(self) -> list[Change]:
        """Close the transaction: each changed record once, with its first and last state."""
        merged: dict[tuple[str, str], Change] = {}
        for change in self._open:
            key = (change.kind, change.identity)
            first = merged.get(key, change)
            merged[key] = Change(change.kind, change.identity, first.before, change.after)
        self._open.clear()
        return list(merged.values())


def new_id() -> str:
    """A fresh guid."""
    return str(uuid.uuid4())
