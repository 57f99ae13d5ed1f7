"""Reading an organisation's contacts in pages, so that none is missed when some change meanwhile."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

from ..domain.accounting import XeroContact
from ..ports.xero import ResultPage, XeroApi
from .calls import OrganisationCalls

SEEK_STEP = dt.timedelta(seconds=10)
"""A page that got on by this much is followed by a new question, else by its next page (see `Position`)."""
OVERLAP = dt.timedelta(seconds=3)
"""More than two questions have in common."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far an import is; kept in the run, so that the next slice goes on from there.

    Contacts come in the order of their last change. Going through them by page numbers would skip one whenever
    one that was read already changes and moves to the end; so the next question is "changed since the last one
    that I have" with page 1, as soon as that gets on (xero-facts §2.5). Within the seconds of a mass import it does
    not, and there the pages are counted.
    """

    began: dt.datetime
    since: dt.datetime | None
    page: int = 1

    def after(self, page: ResultPage[XeroContact]) -> Position:
        """Where to go on behind a page."""
        first, last = (page.items[0].updated_at, page.items[-1].updated_at) if page.items else (None, None)
        before = self.since or first
        if last is not None and before is not None:
            # Whether Xero's comparison includes the very second is not known: one second earlier does in any case.
            since = last.replace(microsecond=0) - dt.timedelta(seconds=1)
            if since - before >= SEEK_STEP:
                return Position(self.began, since)
        return Position(self.began, self.since, self.page + 1)

    def text(self) -> str:
        return json.dumps([self.began.isoformat(), self.since and self.since.isoformat(), self.page])

    @classmethod
    def parse(cls, text: str) -> Position:
        began, since, page = json.loads(text)
        return cls(dt.datetime.fromisoformat(began), dt.datetime.fromisoformat(since) if since else None, page)


class Pages:
    """Reads pages. Questions overlap: `fresh` leaves out what was read already."""

    def __init__(self, api: XeroApi, calls: OrganisationCalls, *, customers_only: bool) -> None:
        self._api = api
        self._calls = calls
        self._customers_only = customers_only
        self._seen: dict[str, dt.datetime | None] = {}

    def read(self, position: Position) -> ResultPage[XeroContact]:
        """The page at a position, whole."""
        return self._calls.read(
            self._api.contacts(position.page, modified_since=position.since, customers_only=self._customers_only)
        )

    def fresh(self, page: ResultPage[XeroContact]) -> tuple[XeroContact, ...]:
        """The contacts of a page that were not read before as they are now."""
        found = tuple(c for c in page.items if c.id not in self._seen or self._seen[c.id] != c.updated_at)
        self._seen |= {contact.id: contact.updated_at for contact in found}
        newest = page.items[-1].updated_at if page.items else None
        if newest is not None:
            self._seen = {id: at for id, at in self._seen.items() if at is None or at >= newest - OVERLAP}
        return found
