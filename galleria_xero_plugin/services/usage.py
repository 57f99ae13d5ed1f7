"""What of the gallery's tax options and payment methods is in use, and how many invoices a date means.

Counting reads the gallery's light index. What the invoices carry is read from a sample of the newest ones only:
a settings page must not load ten thousand invoices, and a rare option that the sample misses costs nothing but
a wait, because a method or tax option without a mapping holds its own payments or documents.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from ..domain.model import GalleryInfo, IndexEntry, InvoiceState, TaxMode
from ..domain.settings import Settings
from ..ports.gallery import Gallery

INDEX_PAGE = 1000
COUNTED_AT_MOST = 20_000
SAMPLE = 300
LATELY = dt.timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Usage:
    """Ids of tax options and payment methods in use, and whether some invoices carry no tax at all."""

    tax_options: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    untaxed: bool = False


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a Sync From Date means: issued invoices dated on or after it, until today.

    `at_least` is true when counting stopped early, `future` when the date is still to come.
    """

    count: int
    at_least: bool
    future: bool


def meaning(gallery: Gallery, gallery_id: str, sync_from: dt.date, today: dt.date) -> Meaning:
    """How many invoices the gallery has issued that are dated on or after the date."""
    if sync_from > today:
        return Meaning(0, False, True)
    entries, complete = index_since(gallery, gallery_id, sync_from)
    return Meaning(sum(entry.state is InvoiceState.ISSUED for entry in entries), not complete, False)


def in_use(gallery: Gallery, gallery_id: str, settings: Settings, today: dt.date) -> Usage:
    """What the invoices that settings ask for carry: since Sync From Date when existing invoices are copied;
    else, because those to come are not known yet, what invoices of the last year carry."""
    lately = today - LATELY
    since = settings.sync_from if settings.copy_existing else max(settings.sync_from or lately, lately)
    if since is not None and since > today:
        since = lately
    entries, _ = index_since(gallery, gallery_id, since)
    issued = [entry for entry in entries if entry.state is InvoiceState.ISSUED]
    newest = sorted(issued, key=lambda entry: (entry.date, entry.number), reverse=True)[:SAMPLE]
    invoices = gallery.invoices(gallery_id, [entry.id for entry in newest])
    return Usage(
        tax_options=frozenset(
            item.tax_option_id for invoice in invoices for item in invoice.items if item.tax_option_id is not None
        ),
        methods=frozenset(payment.method_id for invoice in invoices for payment in invoice.payments),
        untaxed=any(invoice.tax_mode is TaxMode.NONE for invoice in invoices),
    )


def today_of(info: GalleryInfo, now: dt.datetime) -> dt.date:
    """The gallery's calendar day."""
    return now.astimezone(zone_of(info)).date()


def zone_of(info: GalleryInfo) -> ZoneInfo:
    """The gallery's time zone; UTC when this machine knows none of that name."""
    return zone(info.time_zone)


def zone(name: str) -> ZoneInfo:
    """The time zone of that name, or UTC."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def index_since(
    gallery: Gallery, gallery_id: str, since: dt.date | None, *, at_most: int = COUNTED_AT_MOST
) -> tuple[list[IndexEntry], bool]:
    """The gallery's index since a date (page by page, but at most so many entries), and whether it is complete."""
    entries: list[IndexEntry] = []
    after: str | None = None
    while len(entries) < at_most:
        found = gallery.invoice_index(gallery_id, since, after, INDEX_PAGE)
        entries.extend(found)
        if len(found) < INDEX_PAGE:
            return entries, True
        after = found[-1].id
    return entries, False
