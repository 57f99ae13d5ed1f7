"""Compare with Xero: the months for the gallery, and a link with which the bookkeeper sees one frozen month."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..domain.model import Access, GalleryInfo
from ..domain.month import Sheet
from ..domain.verdict import all_weighed, weighed
from ..errors import InvalidInput, NotFound
from ..ports.gallery import Gallery
from ..ports.records import Actor, Connection, KeptMonth, MonthLine, MonthPack
from ..ports.runtime import JobQueue
from ..ports.store import UnitOfWork, Units
from .consent import digest as hashed
from .document_rows import Links, invoice_url
from .read_models import ServicePage

LINK_LASTS = dt.timedelta(days=90)
NAME_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class MonthsPage:
    """All months, newest first, and one of them in full (None: nothing was compared yet)."""

    head: ServicePage
    lines: tuple[MonthLine, ...]
    kept: KeptMonth | None
    packs: tuple[MonthPack, ...]
    urls: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Of what differs, by number: (its page in the gallery, its page in Xero), "" for none."""


@dataclass(frozen=True, slots=True)
class OpenedPack:
    """What the bookkeeper's link opens."""

    gallery: GalleryInfo
    now: dt.datetime
    pack: MonthPack
    sheet: Sheet


class Months:
    """`head` gives the head of a page about one webservice (NotFound for one that is not this gallery's)."""

    def __init__(
        self,
        units: Units,
        gallery: Gallery,
        queue: JobQueue,
        links: Links,
        head: Callable[[Access, str], ServicePage],
    ) -> None:
        self._units = units
        self._gallery = gallery
        self._queue = queue
        self._links = links
        self._head = head

    def page(self, access: Access, webservice_id: str, month: str = "") -> MonthsPage:
        """A month beside the list of all; the newest when none is named. Raises NotFound."""
        head = self._head(access, webservice_id)
        lines: Sequence[MonthLine] = ()
        kept, packs = None, ()
        if (connection := head.row.connection) is not None:
            scope = (access.gallery_id, connection.tenant_id)
            with self._units.read() as uow:
                lines = uow.months.all(*scope)
                month = month or (lines[0].month if lines else "")
                kept = uow.months.get(*scope, month) if month else None
                packs = tuple(uow.months.packs(*scope, month)) if kept else ()
                kept = _weighed(uow, connection, kept) if kept else None
                compared = uow.comparisons.get(*scope)
            found = compared.comparison if compared else None
            sheets = all_weighed((line.differing for line in lines), found)
            # The month that is shown knows all its numbers: also one of which the totals agree, and something was found.
            lines = [
                replace(line, differing=kept.sheet if kept and line.month == month else sheet)
                for line, sheet in zip(lines, sheets, strict=True)
            ]
        if month and kept is None:
            raise NotFound(f"month {month}")
        urls = {
            entry.number: (
                self._gallery.invoice_url(access.gallery_id, entry.local_id) if entry.local_id else "",
                invoice_url(entry.xero_id, head.row, self._links),
            )
            for entry in ((*kept.sheet.differences, *kept.sheet.known) if kept else ())
        }
        return MonthsPage(head, tuple(lines), kept, packs, urls)

    def compare_now(self, access: Access, webservice_id: str) -> None:
        """Have a worker compare as soon as it can. Raises NotFound."""
        connection = self._connection(access, webservice_id)
        with self._units.write() as uow:
            uow.comparisons.plan(access.gallery_id, connection.tenant_id, uow.now())
            uow.after_commit(lambda: self._queue.ring_export(connection.id))
            uow.commit()

    def freeze(self, access: Access, webservice_id: str, month: str) -> str:
        """A frozen copy of a month; the token of its link, which is kept nowhere. Raises NotFound."""
        connection = self._connection(access, webservice_id)
        actor, token = Actor(access.user_id, access.user_name), secrets.token_urlsafe(32)
        with self._units.write() as uow:
            kept = uow.months.get(access.gallery_id, connection.tenant_id, month)
            if kept is None:
                raise NotFound(f"month {month}")
            kept = _weighed(uow, connection, kept)
            pack_id = uow.months.freeze(
                access.gallery_id, connection.tenant_id, connection.organisation_name, kept, actor,
                token_hash=hashed(token), expires_at=uow.now() + LINK_LASTS,
            )  # fmt: skip
            uow.audit.add(access.gallery_id, actor, "month given to the bookkeeper", subject=pack_id, outcome=month)
            uow.commit()
        return token

    def pack(self, access: Access, webservice_id: str, pack_id: str) -> tuple[MonthPack, Sheet]:
        """A pack of this gallery, whether or not its link still opens. Raises NotFound."""
        connection = self._connection(access, webservice_id)
        with self._units.read() as uow:
            found = uow.months.pack(access.gallery_id, pack_id)
        if found is None or found[0].tenant_id != connection.tenant_id:
            raise NotFound(f"pack {pack_id}")
        return found

    def revoke(self, access: Access, webservice_id: str, pack_id: str) -> MonthPack:
        """End a link. Raises NotFound."""
        pack, _ = self.pack(access, webservice_id, pack_id)
        with self._units.write() as uow:
            if uow.months.revoke(access.gallery_id, pack_id):
                actor = Actor(access.user_id, access.user_name)
                uow.audit.add(access.gallery_id, actor, "bookkeeper's link revoked", subject=pack_id)
            uow.commit()
        return pack

    def opened(self, token: str) -> OpenedPack:
        """What a link opens, for whoever has it. Raises NotFound, and says no more than that."""
        with self._units.read() as uow:
            found, now = uow.months.opened(hashed(token)), uow.now()
        if found is None:
            raise NotFound("pack by its link")
        return OpenedPack(self._gallery.info(found[0].gallery_id), now, *found)

    def sign(self, token: str, name: str) -> None:
        """The bookkeeper's tick: once, by name. Raises NotFound and InvalidInput."""
        name = " ".join("".join(char if char.isprintable() else " " for char in name).split())[:NAME_AT_MOST]
        if not name:
            raise InvalidInput({"name": "Please enter your name."})
        opened = self.opened(token)
        with self._units.write() as uow:
            if uow.months.sign(hashed(token), name):
                actor = Actor("", f"{name} (by the bookkeeper's link)")
                uow.audit.add(opened.pack.gallery_id, actor, "month signed off", subject=opened.pack.id)
            uow.commit()

    def _connection(self, access: Access, webservice_id: str) -> Connection:
        connection = self._head(access, webservice_id).row.connection
        if connection is None:
            raise NotFound(f"webservice {webservice_id} is not connected")
        return connection


def _weighed(uow: UnitOfWork, connection: Connection, kept: KeptMonth) -> KeptMonth:
    """With what the comparison found besides, and what a person accepted since."""
    compared = uow.comparisons.get(connection.gallery_id, connection.tenant_id)
    return replace(kept, sheet=weighed(kept.sheet, compared.comparison if compared else None))
