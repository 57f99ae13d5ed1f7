"""On which day a document is booked: its own, unless its books are closed and a person chose another one.

Source: `product.md` §5.10.
"""

from __future__ import annotations

import datetime as dt

from .accounting import ReferenceData
from .reasons import Hold
from .states import DocumentKind
from .text import clean

REDATABLE = frozenset(
    {DocumentKind.INVOICE, DocumentKind.PAYMENT, DocumentKind.CREDIT_NOTE, DocumentKind.REFUND}
)
"""What a person may have booked on the first open day."""


def locked(date: dt.date, reference: ReferenceData) -> Hold | None:
    """The hold for a document dated on or before the organisation's lock date."""
    lock_date = reference.organisation.lock_date
    if lock_date is None or date > lock_date:
        return None
    return Hold("period_locked", {"date": date.isoformat(), "lock_date": lock_date.isoformat()})


def first_open_day(reference: ReferenceData) -> dt.date | None:
    """The day after the lock date; None when nothing is locked."""
    lock_date = reference.organisation.lock_date
    return lock_date + dt.timedelta(days=1) if lock_date is not None else None


def booked_on(date: dt.date, redated_to: dt.date | None, reference: ReferenceData) -> dt.date:
    """The document's day in the books. What a person chose counts only while the true date is locked: a corrected
    date or a lifted lock makes it needless."""
    return redated_to if redated_to is not None and locked(date, reference) else date


def dated_reference(text: str, date: dt.date, booked: dt.date) -> str:
    """The reference with the true date in front when the document is booked on another day."""
    text = clean(text)
    if booked == date:
        return text
    return f"dated {date.isoformat()}, {text}" if text else f"dated {date.isoformat()}"
