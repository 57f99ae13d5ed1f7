"""The net of the first run: five drafts to look at in Xero, then "Approve and go on"."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from ..domain.model import Access, GalleryInfo
from ..domain.states import RunTrigger
from ..errors import NotFound
from ..ports.gallery import Gallery
from ..ports.books import Ahead
from ..ports.records import Actor, Document, Run
from ..ports.store import Units
from .document_rows import Links, built
from .export.gate import APPROVING, DRAFT
from .queries import Queries
from .read_models import ServiceRow
from .runs import Runs


@dataclass(frozen=True, slots=True)
class FirstDraft:
    """A draft with its addresses; the one in Xero is empty when it cannot be built."""

    document: Document
    xero_url: str
    gallery_url: str


@dataclass(frozen=True, slots=True)
class FirstRunPage:
    """The drafts that stand in Xero, whether somebody has pressed the button already, and what goes after it."""

    gallery: GalleryInfo
    now: dt.datetime
    row: ServiceRow
    drafts: tuple[FirstDraft, ...]
    behind: tuple[Ahead, ...] = ()

    @property
    def asked(self) -> bool:
        return any(draft.document.reason_code == APPROVING for draft in self.drafts)


class FirstRun:
    """What a person sees and presses before a webservice is live."""

    def __init__(self, units: Units, gallery: Gallery, queries: Queries, runs: Runs, links: Links) -> None:
        self._units = units
        self._gallery = gallery
        self._queries = queries
        self._runs = runs
        self._links = links

    def page(self, access: Access, webservice_id: str) -> FirstRunPage:
        """The first drafts. Raises NotFound."""
        head = self._queries.service_page(access, webservice_id)
        connection = head.row.connection
        drafts: tuple[FirstDraft, ...] = ()
        behind: tuple[Ahead, ...] = ()
        if connection is not None:
            with self._units.read() as uow:
                rows = uow.books.remarked(access.gallery_id, connection.tenant_id, [DRAFT, APPROVING])
                behind = tuple(uow.books.ahead(access.gallery_id, connection.tenant_id))
            drafts = tuple(
                FirstDraft(
                    row,
                    built(self._links.invoice, connection.short_code, row.xero_id or ""),
                    self._gallery.invoice_url(access.gallery_id, row.local_id),
                )
                for row in rows
            )
        return FirstRunPage(head.gallery, head.now, head.row, drafts, behind)

    def go_on(self, access: Access, webservice_id: str) -> Run:
        """Approve and go on: the drafts are approved by the sync that starts now, and everything else follows.

        The net is a setting, and this switches it off, as a new version with this person's name. Raises NotFound,
        and as `Runs.open_or_current`.
        """
        gallery_id, actor = access.gallery_id, Actor(access.user_id, access.user_name)
        with self._units.write() as uow:
            webservice = uow.webservices.get(gallery_id, webservice_id)
            connection = webservice and uow.connections.of_webservice(gallery_id, webservice_id)
            if not webservice or not connection:
                raise NotFound(f"webservice {webservice_id}")
            if webservice.settings.first_five_as_drafts:
                settings = replace(webservice.settings, first_five_as_drafts=False)
                uow.webservices.save_settings(
                    gallery_id, webservice_id, settings, expected_version=webservice.version, actor=actor
                )
            rows = uow.books.remarked(gallery_id, connection.tenant_id, [DRAFT])
            for row in rows:
                uow.books.remark(row.id, DRAFT, (APPROVING, {"number": row.label}))
            uow.audit.add(gallery_id, actor, "first run approved", subject=webservice_id, outcome=f"{len(rows)} drafts")
            uow.commit()
        return self._runs.open_or_current(gallery_id, webservice_id, actor, RunTrigger.PERSON)[0]
