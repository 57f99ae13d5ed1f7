"""Going through an organisation's contacts in pages, so that none is missed when some change meanwhile."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..domain.accounting import XeroContact
from ..ports.xero import ResultPage

SEEK_STEP = dt.timedelta(seconds=10)
"""A page that got on by this much is followed by a new question, else by its next page (see `Position`)."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far an import is; kept in the run, so that the next slice goes on from there.

    Contacts come in the order of their last change. Going through them by page numbers would skip one whenever
    one that was read already changes and moves to the end; so the next question is "changed since the last one
    that I have" with page 1, as soon as that gets on (xero-facts §2.5). Within the seconds of a mass import it does
    not, and there the pages are counted.

    `read_to` is the change of the last contact that was dealt with: questions overlap, and a page may be read again
    after a worker died in the middle of it.
    """

    began: dt.datetime
    since: dt.datetime | None
    page: int = 1
    read_to: dt.datetime | None = None

    def after(self, page: ResultPage[XeroContact]) -> Position:
        """Where to go on behind a page."""
        first, last = (page.items[0].updated_at, page.items[-1].updated_at) if page.items else (None, None)
        before = self.since or first
        if last is not None and before is not None:
            # Whether Xero's comparison includes the very second is not known: one second earlier does in any case.
            since = last.replace(microsecond=0) - dt.timedelta(seconds=1)
            if since - before >= SEEK_STEP:
                return Position(self.began, since, 1, self._later(last))
        return Position(self.began, self.since, self.page + 1, self._later(last))

    def within(self, done: Sequence[XeroContact]) -> Position:
        """The same page, of which these have been dealt with."""
        return replace(self, read_to=self._later(done[-1].updated_at))

    def has_passed(self, contact: XeroContact) -> bool:
        """Whether the contact stands before the last one that was dealt with."""
        return self.read_to is not None and contact.updated_at is not None and contact.updated_at < self.read_to

    def repeats(self, contact: XeroContact) -> bool:
        """Whether a new question brings the contact once more. (One of the very instant may be the next one, but
        at the beginning of a question it is the last one again.)"""
        again = self.page == 1 and self.read_to is not None and contact.updated_at == self.read_to
        return again or self.has_passed(contact)

    def _later(self, instant: dt.datetime | None) -> dt.datetime | None:
        return max((at for at in (self.read_to, instant) if at is not None), default=None)

    def text(self) -> str:
        """As it is kept in the run."""
        instants = (self.began, self.since, self.read_to)
        return json.dumps([self.page, *(at and at.isoformat() for at in instants)])

    @classmethod
    def parse(cls, text: str) -> Position:
        """What `text` gave."""
        page, began, since, read_to = json.loads(text)
        return cls(dt.datetime.fromisoformat(began), _instant(since), page, _instant(read_to))


def _instant(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None
