"""Reading a gallery's lists to the end, page by page, as the plugin does it."""

# ruff: noqa: S101
from __future__ import annotations

import datetime as dt

from ..domain.model import Contact, IndexEntry, Invoice
from ..ports.gallery import Gallery

LIMITS = (1, 2, 7, 50)
MOST_PAGES = 100_000  # an implementation that never ends is a failure, not a hanging test


def read_changes(
    gallery: Gallery, gallery_id: str, *, cursor: str | None = None, limit: int = 50
) -> tuple[list[Invoice], list[str]]:
    """Every invoice behind `cursor` in the order it came, and the cursor after each page."""
    invoices: list[Invoice] = []
    cursors: list[str] = []
    for _ in range(MOST_PAGES):
        page = gallery.invoices_changed(gallery_id, cursor, limit)
        assert type(page.next_cursor) is str and page.next_cursor, "next_cursor is never empty"
        assert len(page.items) <= limit, f"asked for {limit} invoices, got {len(page.items)}"
        assert page.items or cursor is None or page.next_cursor == cursor, "an empty page repeats the cursor"
        assert page.items or not page.more, "an empty page says that there is more: this never ends"
        invoices += page.items
        cursor = page.next_cursor
        cursors.append(cursor)
        if not page.more:
            return invoices, cursors
    raise AssertionError(f"invoices_changed() was not at its end after {MOST_PAGES} pages")


def read_index(gallery: Gallery, gallery_id: str, since: dt.date | None, *, limit: int) -> list[IndexEntry]:
    """The whole index; fails when an entry comes twice."""
    entries: list[IndexEntry] = []
    for _ in range(MOST_PAGES):
        page = gallery.invoice_index(gallery_id, since, entries[-1].id if entries else None, limit)
        assert len(page) <= limit, f"asked for {limit} index entries, got {len(page)}"
        entries += page
        if len(page) < limit:
            assert len({entry.id for entry in entries}) == len(entries), "invoice_index() listed an invoice twice"
            return entries
    raise AssertionError(f"invoice_index() was not at its end after {MOST_PAGES} pages")


def read_contacts(gallery: Gallery, gallery_id: str, *, limit: int = 500) -> list[Contact]:
    """The whole address book; fails when a contact comes twice."""
    contacts: list[Contact] = []
    for _ in range(MOST_PAGES):
        page = gallery.contacts(gallery_id, contacts[-1].id if contacts else None, limit)
        assert len(page) <= limit, f"asked for {limit} contacts, got {len(page)}"
        contacts += page
        if len(page) < limit:
            assert len({contact.id for contact in contacts}) == len(contacts), "contacts() listed a contact twice"
            return contacts
    raise AssertionError(f"contacts() was not at its end after {MOST_PAGES} pages")
