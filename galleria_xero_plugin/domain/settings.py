"""A webservice's settings as a frozen value: preferences, account mapping, schedule."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum

from .accounting import InvoiceStatus

DEFAULT_PREFIX = "AG"


ARTWORK_PARTS = {
    "artist": "Artist",
    "title": "Title",
    "year": "Year",
    "medium": "Medium",
    "dimensions": "Dimensions",
    "edition": "Edition",
    "inventory_id": "Inventory id",
}
"""What an artwork line may say in Xero, with its words for people."""

DEFAULT_ARTWORK_PARTS = ("artist", "title", "year", "edition", "inventory_id")

TRACKED = {"artist": "Artist", "consultant": "Sales consultant", "exhibition": "Exhibition"}
"""What a line may be tracked by in Xero, with its words for people; a line takes two categories."""
TRACKED_AT_MOST = 2


class MissingRate(StrEnum):
    """What to do with an invoice in another currency when the gallery does not know the exchange rate."""

    WAIT = "wait"
    XERO = "xero"
    """Xero's rate of the day."""


class SalesUntilNow(StrEnum):
    """How the gallery's sales came into Xero before it was connected."""

    NOT_SAID = ""
    INVOICES = "invoices"
    RECEIPTS = "receipts"
    MONTHLY = "monthly"
    NOT_AT_ALL = "not_at_all"


class ScheduleKind(StrEnum):
    """How often a scheduled sync runs, in the gallery's time zone."""

    EVERY_15_MINUTES = "every_15"
    EVERY_30_MINUTES = "every_30"
    HOURLY = "hourly"
    NIGHTLY = "nightly"
    DAILY = "daily"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When the service runs by itself. `at` is the local time of day and counts for DAILY only."""

    kind: ScheduleKind = ScheduleKind.NIGHTLY
    at: dt.time = dt.time(2, 30)


@dataclass(frozen=True, slots=True)
class AccountMapping:
    """Which account and tax rate of Xero each thing of the gallery goes to.

    Accounts are Xero account ids or None; `banks` is payment method id -> account id; `tax_rates` is tax
    option id -> Xero tax type; `branding_themes` is gallery theme id -> Xero theme id. `portal`, `shipping`,
    `framing` and `custom` fall back to `sales`. `untaxed` is the tax type for documents without tax in a
    registered organisation (asked, never guessed). `tracking` is a key of `TRACKED` -> tracking category id, at most
    two of them.
    """

    sales: str | None = None
    portal: str | None = None
    shipping: str | None = None
    framing: str | None = None
    custom: str | None = None
    expense: str | None = None
    rounding: str | None = None
    banks: dict[str, str] = field(default_factory=dict)
    tax_rates: dict[str, str] = field(default_factory=dict)
    untaxed: str | None = None
    branding_themes: dict[str, str] = field(default_factory=dict)
    tracking: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a person sets on the New Webservice and Update Webservice pages.

    `admin_emails` empty means the primary account user, `bookkeeper_emails` that these get the bookkeeper's mail too; `sync_from` None means not chosen yet (nothing is
    exported until it is); `scheduled` is "Enable Scheduled Sync"; `import_contacts` is "Import all Xero
    contacts" and `import_suppliers` widens it beyond customers; `copy_existing` is "Copy All Existing
    Invoices and Associated Contacts To Xero"; `missing_rate` None means not asked yet, so such invoices wait;
    `artwork_parts` are keys of `ARTWORK_PARTS`, in the order in which an artwork's line says them.
    `first_five_as_drafts` is the net of the first run: the pages switch it on for a new webservice; one that was
    saved before there was a net is live and has none.
    """

    prefix: str = DEFAULT_PREFIX
    admin_emails: tuple[str, ...] = ()
    bookkeeper_emails: tuple[str, ...] = ()
    scheduled: bool = False
    import_contacts: bool = False
    import_suppliers: bool = False
    copy_existing: bool = False
    sync_from: dt.date | None = None
    invoice_status: InvoiceStatus = InvoiceStatus.AUTHORISED
    schedule: Schedule = Schedule()
    missing_rate: MissingRate | None = None
    artwork_parts: tuple[str, ...] = DEFAULT_ARTWORK_PARTS
    mapping: AccountMapping = AccountMapping()
    first_five_as_drafts: bool = False
    sales_until_now: SalesUntilNow = SalesUntilNow.NOT_SAID
