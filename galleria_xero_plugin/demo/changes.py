"""The change feed: every change of an invoice takes the next number of its gallery's count.

The number is taken by an UPDATE of the gallery's row in the same transaction as the change. That row stays
locked until the commit, so the next change of this gallery waits for it: numbers become visible in the order
in which they were given, and a reader who has seen number 12 can never be shown number 11 afterwards.
(A timestamp, or a sequence, would allow exactly that: taken early, committed late, missed for ever.)
The price is that writes to one gallery's invoices queue behind each other, which people do not notice.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

from sqlalchemy import event, update
from sqlalchemy.orm import Session

from .models import Gallery, Invoice, Item, Payment, Refund, db


def take_numbers(session: Session, gallery_id: int, count: int) -> range:
    """The next `count` change numbers of the gallery; nobody else gets any before this transaction ends."""
    last = session.scalar(
        update(Gallery).where(Gallery.id == gallery_id).values(changes=Gallery.changes + count)
        .returning(Gallery.changes).execution_options(synchronize_session=False)
    )  # fmt: skip
    if last is None:
        raise LookupError(f"there is no gallery {gallery_id}")
    return range(last - count + 1, last + 1)


def watch(session: Any) -> None:
    """Number every change that goes through this session (or session factory), so that none is forgotten."""
    if not event.contains(session, "before_flush", _number_the_changes):
        event.listen(session, "before_flush", _number_the_changes)


def _number_the_changes(session: Session, _context: object, _instances: object) -> None:
    changed: dict[int, list[Invoice]] = defaultdict(list)
    for invoice in _changed_invoices(session):
        changed[invoice.gallery_id].append(invoice)
    now = dt.datetime.now(dt.UTC)
    for gallery_id in sorted(changed):  # always in this order: two transactions cannot wait for each other
        invoices = changed[gallery_id]
        for invoice, number in zip(invoices, take_numbers(session, gallery_id, len(invoices)), strict=True):
            invoice.change, invoice.changed_at = number, now


def _changed_invoices(session: Session) -> list[Invoice]:
    """The invoices that this flush changes, by themselves or by a line, payment or refund of theirs."""
    found: dict[Invoice, None] = {}
    for thing in (*session.new, *session.dirty, *session.deleted):
        if isinstance(thing, Invoice):
            if thing in session.new or session.is_modified(thing):
                found[thing] = None
        elif isinstance(thing, Item | Payment | Refund) and thing.invoice_id is not None:
            # A new part of a new invoice has no invoice_id yet; there the invoice itself is in session.new.
            with session.no_autoflush:
                invoice = session.get(Invoice, thing.invoice_id)
            if invoice is not None and (thing not in session.dirty or session.is_modified(thing)):
                found[invoice] = None
    return list(found)


watch(db.session)
