"""Which documents of the gallery go to Xero, and under which number. Source: `product.md` §5.1, §5.2, §5.9."""

from __future__ import annotations

import datetime as dt
import re

from .model import IndexEntry, Invoice, InvoiceState
from .reasons import REASONS, Hold
from .settings import Settings

PREFIX_LIMIT = 20
_PREFIX = re.compile(r"[A-Za-z0-9._/-]+", re.ASCII)

# Nothing is expected of these documents, so a list of them would only hide those that wait for somebody.
SILENT = frozenset(
    {
        "draft_or_not_issued",
        "cancelled_never_sent",
        "dated_before_sync_from",
        "issued_before_connection",
        "future_sync_date",
    }
)
LISTED = frozenset(REASONS) - SILENT
"""The codes of holds that are listed on the Activity page."""


def eligibility(
    document: Invoice | IndexEntry,
    *,
    settings: Settings,
    webservice_created_at: dt.datetime,
    today_local: dt.date,
    quiet: dt.timedelta,
    now: dt.datetime,
) -> Hold | None:
    """Why a document that was never sent is not sent now, or None: send it.

    `today_local` is today in the gallery's time zone, `now` and `webservice_created_at` are aware instants,
    `quiet` is how long a fresh document waits for its owner's typing errors. An `IndexEntry` does not say when
    it was issued nor what was paid, so of it only state, date and total are judged.
    """
    if document.state is InvoiceState.DRAFT:
        return Hold("draft_or_not_issued")
    if document.state is not InvoiceState.ISSUED:
        return Hold("cancelled_never_sent")
    if settings.sync_from is None:
        return Hold("mapping_incomplete", {"missing": "the Sync From Date"})
    dates = {"date": document.date.isoformat(), "sync_from": settings.sync_from.isoformat()}
    if settings.sync_from > today_local:
        return Hold("future_sync_date", dates)
    if document.date < settings.sync_from:
        paid_since = isinstance(document, Invoice) and any(
            payment.date >= settings.sync_from for payment in document.payments
        )
        return Hold("paid_before_sync_from" if paid_since else "dated_before_sync_from", dates)
    issued_at = document.issued_at if isinstance(document, Invoice) else None
    # A gallery that does not know when it issued an invoice cannot show that it is a new one.
    is_new = issued_at is not None and issued_at >= webservice_created_at
    if isinstance(document, Invoice) and not is_new and not settings.copy_existing:
        return Hold("issued_before_connection", dates)
    if document.total == 0:
        return Hold("zero_total", {"number": invoice_number(settings.prefix, document.number)})
    if issued_at is not None and now < issued_at + quiet:
        until = issued_at + quiet
        return Hold("settling_down", {"until": until.isoformat(timespec="minutes")}, until)
    return None


def prefix_error(prefix: str) -> str | None:
    """What is wrong with an Invoice Prefix, as a message at the field, or None."""
    if not prefix:
        return "Please enter a prefix, for example AG."
    if len(prefix) > PREFIX_LIMIT:
        return f"Please use at most {PREFIX_LIMIT} characters."
    if not _PREFIX.fullmatch(prefix):
        return "Please use only the letters A-Z and a-z, digits, and the characters . _ / and -"
    return None


def invoice_number(prefix: str, number: int) -> str:
    """The number of an invoice in Xero: #1234 becomes AG-1234."""
    return f"{prefix}-{number}"


def numbers_compare(a: str, b: str) -> bool:
    """Whether two invoice numbers are the same to a person, and perhaps to Xero: case and spaces do not count."""
    return _number_key(a) == _number_key(b)


def _number_key(number: str) -> str:
    return "".join(number.split()).casefold()
