"""Xero's tracking categories: what a line of the gallery is tracked by, as far as Xero has an option for it.

Options are never created: a bookkeeper's reports are nobody else's to extend. Source: `product.md` §4.4.
"""

from __future__ import annotations

from .accounting import ReferenceData
from .model import Invoice, Item
from .settings import AccountMapping
from .text import clean


def tracking_of(
    item: Item, invoice: Invoice, mapping: AccountMapping, reference: ReferenceData
) -> tuple[tuple[str, str], ...]:
    """The line's (category id, option name) pairs."""
    found = (
        (category_id, _option(reference, category_id, _name(source, item, invoice)))
        for source, category_id in mapping.tracking.items()
    )
    return tuple((category_id, option) for category_id, option in found if option)


def untracked(invoice: Invoice, mapping: AccountMapping, reference: ReferenceData) -> tuple[str, ...]:
    """The names that the invoice should be tracked by and Xero has no option for, each once."""
    names = (
        name
        for item in invoice.items
        for source, category_id in mapping.tracking.items()
        if (name := _name(source, item, invoice)) and not _option(reference, category_id, name)
    )
    return tuple(dict.fromkeys(names))


def _name(source: str, item: Item, invoice: Invoice) -> str:
    """The first artist stands for a work of several: a line takes one option of a category."""
    if source == "artist":
        artists = item.artwork.artists if item.artwork is not None else ()
        return next((name for name in map(clean, artists) if name), "")
    return clean({"consultant": invoice.consultant, "exhibition": invoice.exhibition}.get(source, ""))


def _option(reference: ReferenceData, category_id: str, name: str) -> str:
    """The option as Xero writes it, or "" when the category has none of that name (any more)."""
    for found_id, _, options in reference.tracking:
        if found_id == category_id:
            return next((option for option in options if clean(option).casefold() == name.casefold()), "")
    return ""
