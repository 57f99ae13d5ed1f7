"""What a person searches for in Activity and does not find: an invoice that the ledger does not know, and why."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from ..domain.export import eligibility
from ..domain.model import GalleryInfo
from ..domain.reasons import Hold
from ..ports.gallery import Gallery
from ..ports.records import Webservice
from .usage import INDEX_PAGE, LATELY, index_since, today_of

LOOKED_AT = 2 * INDEX_PAGE
"""Entries of the gallery's index that are looked at, of all and again of those dated lately."""
_NUMBER = re.compile(r"(\D*?)([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class NotListed:
    """An invoice number of the gallery that has no document. `local_id` is empty when the gallery has not issued it;
    `hold` is why it is not sent, None when it goes with the next sync."""

    number: int
    local_id: str = ""
    url: str = ""
    hold: Hold | None = None


def number_of(search: str, prefix: str) -> int | None:
    """The gallery's running number that a search means: 1042, #1042, AG-1042 or ag 1042; None for anything else."""
    found = _NUMBER.fullmatch(search.strip())
    if found is None:
        return None
    written = _letters(found[1])
    return int(found[2]) if written in ("", _letters(prefix)) else None


def not_listed(
    gallery: Gallery, info: GalleryInfo, webservice: Webservice, search: str, *, quiet: dt.timedelta, now: dt.datetime
) -> NotListed | None:
    """What the gallery knows of a number that was searched for; None when the search is for no number. Drafts are not
    in a gallery's index, so that of one nothing can be told but that it was not issued.

    Only so much of the index is read as a page may take: of a large gallery what is dated lately, and None when the
    number is not there, because then nobody knows whether it was issued."""
    number = number_of(search, webservice.settings.prefix)
    if number is None:
        return None
    today = today_of(info, now)
    entries, complete = index_since(gallery, info.id, None, at_most=LOOKED_AT)
    if not complete and not any(entry.number == number for entry in entries):
        entries, _ = index_since(gallery, info.id, today - LATELY, at_most=LOOKED_AT)
    ids = [entry.id for entry in entries if entry.number == number]
    invoice = next(iter(gallery.invoices(info.id, ids)), None) if ids else None
    if invoice is None:
        return NotListed(number) if complete else None
    hold = eligibility(
        invoice, settings=webservice.settings, webservice_created_at=webservice.created_at,
        today_local=today, quiet=quiet, now=now,
    )  # fmt: skip
    return NotListed(number, invoice.id, gallery.invoice_url(info.id, invoice.id), hold)


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum()).casefold()
