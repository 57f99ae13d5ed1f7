"""What the pages show, read in one short transaction each. Nothing here changes anything or talks to Xero."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from ..domain.comparison import Comparison
from ..domain.model import Access
from ..domain.reasons import Whose, explain
from ..domain.verdict import Overall, all_weighed, causes, overall, weighed
from ..domain.states import OPEN_RUN_STATES, DocumentKind, DocumentState, RunKind
from ..errors import NotFound
from ..ports.gallery import Gallery
from ..ports.records import Connection, ConnectionStatus, Document, MonthLine, Run, Webservice
from ..ports.runtime import JobQueue
from ..ports.store import UnitOfWork, Units
from . import wording
from .document_life import life
from .export.offers import offered
from .document_rows import Links, conflict_rows, contact_url, document_row
from .export.gate import DRAFT, TO_CANCEL
from .questions import candidates, may_be_another
from .redating import open_day_for
from .read_models import (
    ComparisonPage,
    ConflictsPage,
    DocumentPage,
    ListPage,
    RunPage,
    RunsPage,
    RunView,
    ServicePage,
    ServiceRow,
    Waiting,
)
from .run_words import expected_finish, summary
from .sending_anew import proposed, still_issued
from .settings_page import SettingsPage, settings_page
from .usage import Meaning, meaning, today_of

LEFT = (DocumentState.PENDING, DocumentState.SENDING, DocumentState.UNKNOWN)

LOOKED_BACK = 20
"""How many runs the last sync is looked for in: who cancels in Xero does not do so twenty times in a row."""
LISTED = 200
"""Runs on their page: some months of nights."""


class Queries:
    """One method per page. All but `list_page` raise NotFound for an id that is not this gallery's."""

    def __init__(self, units: Units, gallery: Gallery, queue: JobQueue, links: Links) -> None:
        self._units = units
        self._gallery = gallery
        self._queue = queue
        self._links = links

    def list_page(self, access: Access) -> ListPage:
        """The Webservices tab."""
        gallery = self._gallery.info(access.gallery_id)
        with self._units.read() as uow:
            now = uow.now()
            today = today_of(gallery, now)
            rows = tuple(
                _row(uow, webservice, now, today) for webservice in uow.webservices.of_gallery(access.gallery_id)
            )
            verdicts = {row.id: _verdict(uow, row) for row in rows}
        return ListPage(gallery, now, rows, verdicts)

    def service_page(self, access: Access, webservice_id: str) -> ServicePage:
        """The head of a page about one webservice."""
        gallery = self._gallery.info(access.gallery_id)
        with self._units.read() as uow:
            now = uow.now()
            row = _row(uow, _webservice(uow, access, webservice_id), now, today_of(gallery, now))
        return ServicePage(gallery, now, row)

    def run_page(self, access: Access, run_id: str, document_id: str = "") -> RunPage:
        """A run with its progress, and what became of one document (one that is not this gallery's is left out)."""
        gallery = self._gallery.info(access.gallery_id)
        with self._units.read() as uow:
            now = uow.now()
            run = uow.runs.get(access.gallery_id, run_id)
            if run is None:
                raise NotFound(f"run {run_id}")
            row = _row(uow, _webservice(uow, access, run.webservice_id), now, today_of(gallery, now))
            connection = uow.connections.get(run.connection_id)
            document = uow.ledger.get(access.gallery_id, document_id) if document_id else None
            before = uow.ledger.before(access.gallery_id, [document]) if document else {}
            left = _left(uow, run, connection)
            view = wording.run_view(run, left=left, paused_until=_pause(run, connection, now))
        return RunPage(
            gallery, now, row, view, view.done or self._queue.alive(),
            finish=expected_finish(run, left=left, now=now, paused_until=view.paused_until),
            summary=summary(run, row.waiting if _is_latest(run, row) else None),
            latest=_is_latest(run, row),
            about=document_row(document, before, row, self._gallery, self._links) if document else None,
        )  # fmt: skip

    def runs_page(self, access: Access, webservice_id: str) -> RunsPage:
        """What was done when, newest first."""
        head = self.service_page(access, webservice_id)
        with self._units.read() as uow:
            runs = uow.runs.latest(access.gallery_id, webservice_id, LISTED)
        views = tuple(wording.run_view(run, left=None, paused_until=None) for run in runs)
        return RunsPage(head.gallery, head.now, head.row, views)

    def settings_page(self, access: Access, webservice_id: str) -> SettingsPage:
        """Edit: preferences, the mapping with its choices, what is proposed and what is missing."""
        gallery = self._gallery.info(access.gallery_id)
        reference = look = None
        with self._units.read() as uow:
            now = uow.now()
            today = today_of(gallery, now)
            row = _row(uow, _webservice(uow, access, webservice_id), now, today)
            if row.connection is not None:
                reference = uow.reference.get(access.gallery_id, row.connection.tenant_id)
                look = uow.books.look(access.gallery_id, row.connection.tenant_id)
        return settings_page(self._gallery, gallery, row, reference, now, today, look.looked_at if look else None)

    def meaning(self, access: Access, webservice_id: str, sync_from: dt.date) -> Meaning:
        """How many invoices a Sync From Date means."""
        gallery = self._gallery.info(access.gallery_id)
        with self._units.read() as uow:
            _webservice(uow, access, webservice_id)
            today = today_of(gallery, uow.now())
        return meaning(self._gallery, access.gallery_id, sync_from, today)

    def document_page(self, access: Access, webservice_id: str, document_id: str) -> DocumentPage:
        """One document with its whole life."""
        gallery = self._gallery.info(access.gallery_id)
        parent = None
        with self._units.read() as uow:
            now = uow.now()
            row = _row(uow, _webservice(uow, access, webservice_id), now, today_of(gallery, now))
            document = uow.ledger.get(access.gallery_id, document_id)
            if document is None or row.connection is None or document.tenant_id != row.connection.tenant_id:
                raise NotFound(f"document {document_id}")
            if document.parent_local_id:
                parent = uow.ledger.known(
                    access.gallery_id, document.tenant_id, DocumentKind.INVOICE, [document.parent_local_id]
                ).get(document.parent_local_id)
            before = uow.ledger.before(access.gallery_id, [document])
            entries = uow.audit.of_subject(access.gallery_id, document_id)
            happened = life(document, uow.ledger.attempts(access.gallery_id, document_id), entries)
            contacts = candidates(uow, document)
            open_day = open_day_for(uow, document)
        shown = document_row(document, before, row, self._gallery, self._links)
        invoice = still_issued(self._gallery, document)
        return DocumentPage(
            gallery=gallery,
            now=now,
            row=row,
            shown=shown,
            parent=parent,
            life=happened,
            offers=offered(document.reason_facts) if may_be_another(document) else (),
            may_be_another=may_be_another(document),
            candidates=tuple((contact, contact_url(contact.id, row, self._links)) for contact in contacts),
            open_day=open_day,
            again_as=proposed(document, invoice, row.webservice.settings.prefix, entries) if invoice else None,
        )

    def comparison_page(self, access: Access, webservice_id: str) -> ComparisonPage:
        """What the last comparison with Xero found."""
        page = self.service_page(access, webservice_id)
        found = page.row.compared
        groups, accepted = wording.compared(found), found.comparison.accepted if found else ()
        lines: Sequence[MonthLine] = ()
        agreeing = None
        with self._units.read() as uow:
            verdict = _verdict(uow, page.row)
            if page.row.connection is not None:
                lines = uow.months.all(access.gallery_id, page.row.connection.tenant_id)
            if lines and found is not None:
                agreeing = sum(_agreeing(uow, page.row, line, found.comparison) for line in lines)
        sheets = all_weighed((line.differing for line in lines), found.comparison if found else None)
        told = {one.number for _, findings in groups for one, _ in findings}
        return ComparisonPage(
            page.gallery, page.now, page.row, groups, wording.in_words(accepted), verdict,
            known=tuple((sheet.month, cause) for sheet in sheets for cause in causes(sheet.known)),
            wanted=tuple(
                (sheet.month, one) for sheet in sheets for one in sheet.differences if one.number not in told
            ),
            agreeing=agreeing,
        )  # fmt: skip

    def answered(
        self, access: Access, webservice_id: str
    ) -> tuple[dt.datetime | None, dt.datetime | None, dt.datetime]:
        """When both sides were compared last, when the accounts were read, and now."""
        compared = reference = None
        with self._units.read() as uow:
            now = uow.now()
            _webservice(uow, access, webservice_id)
            connection = uow.connections.of_webservice(access.gallery_id, webservice_id)
            if connection is not None:
                compared = uow.comparisons.get(access.gallery_id, connection.tenant_id)
                reference = uow.reference.get(access.gallery_id, connection.tenant_id)
        return compared and compared.compared_at, reference and reference.fetched_at, now

    def conflicts_page(self, access: Access, webservice_id: str) -> ConflictsPage:
        """Contacts of Xero that no rule could place."""
        gallery = self._gallery.info(access.gallery_id)
        with self._units.read() as uow:
            now = uow.now()
            row = _row(uow, _webservice(uow, access, webservice_id), now, today_of(gallery, now))
            conflicts = uow.contacts.conflicts(access.gallery_id, row.connection.tenant_id) if row.connection else ()
        return ConflictsPage(
            gallery, now, row, conflict_rows(access.gallery_id, conflicts, row, self._gallery, self._links)
        )


def _webservice(uow: UnitOfWork, access: Access, webservice_id: str) -> Webservice:
    webservice = uow.webservices.get(access.gallery_id, webservice_id)
    if webservice is None:
        raise NotFound(f"webservice {webservice_id}")
    return webservice


def _row(uow: UnitOfWork, webservice: Webservice, now: dt.datetime, today: dt.date) -> ServiceRow:
    connection = uow.connections.of_webservice(webservice.gallery_id, webservice.id)
    waiting, reference, open_run = Waiting(), None, None
    if connection is not None:
        waiting = _waiting(uow, connection)
        reference = uow.reference.get(webservice.gallery_id, connection.tenant_id)
    runs = uow.runs.latest(webservice.gallery_id, webservice.id, LOOKED_BACK)
    open_run = next((run for run in runs if run.state in OPEN_RUN_STATES), None)
    last = next((run for run in runs if run.state not in OPEN_RUN_STATES and not run.counts.get(TO_CANCEL)), None)
    return ServiceRow(
        webservice=webservice,
        connection=connection,
        standing=wording.standing(
            webservice,
            connection,
            open_run=open_run,
            waiting=waiting,
            have_accounts=reference is not None,
            now=now,
            today=today,
        ),
        schedule=wording.schedule(webservice.settings, connection),
        next_run_at=_next_run(webservice, connection),
        last=_run_view(uow, last, connection, now) if last else None,
        open_run=_run_view(uow, open_run, connection, now) if open_run else None,
        waiting=waiting,
        menu=_menu(webservice, connection),
        compared=uow.comparisons.get(webservice.gallery_id, connection.tenant_id) if connection else None,
        demo_company=reference is not None and reference.organisation.is_demo,
    )


def _verdict(uow: UnitOfWork, row: ServiceRow) -> Overall | None:
    """Whether both sides agree, all months together; None before the first comparison."""
    if row.connection is None or row.compared is None:
        return None
    lines = uow.months.all(row.connection.gallery_id, row.connection.tenant_id)
    unequal = any(line.unequal for line in lines)
    return overall((line.differing for line in lines), row.compared.comparison, unequal=unequal)


def _next_run(webservice: Webservice, connection: Connection | None) -> dt.datetime | None:
    runs_by_itself = connection is not None and connection.status is ConnectionStatus.ACTIVE
    return connection.next_run_at if connection and runs_by_itself and webservice.settings.scheduled else None


def _menu(webservice: Webservice, connection: Connection | None) -> frozenset[str]:
    """What the "..." menu offers: only what can be done now."""
    items = {"edit", "delete"}
    if connection is None:
        return frozenset(items | {"connect"})
    items |= {"activity", "reconnect"}
    if connection.status is not ConnectionStatus.DISCONNECTED:
        items.add("disconnect")
    if connection.status is ConnectionStatus.PAUSED:
        items.add("resume")
    if connection.status is ConnectionStatus.ACTIVE:
        items |= {"pause", "import_contacts"}
        if webservice.mapping_completed_at is not None:
            items.add("sync")
    if webservice.mapping_completed_at is not None:
        items |= {"preview", "books"}
    return frozenset(items)


def _waiting(uow: UnitOfWork, connection: Connection) -> Waiting:
    by_whose = dict.fromkeys(Whose, 0)
    codes = uow.ledger.waiting_codes(connection.gallery_id, connection.tenant_id)
    for code, count in codes.items():
        by_whose[explain(code, {}).whose] += count
    return Waiting(
        you=by_whose[Whose.YOU],
        bookkeeper=by_whose[Whose.BOOKKEEPER],
        developer=by_whose[Whose.DEVELOPER],
        itself=by_whose[Whose.ITSELF],
        contacts=len(uow.contacts.conflicts(connection.gallery_id, connection.tenant_id)),
        books=codes.get("maybe_in_books", 0),
        drafts=len(uow.books.remarked(connection.gallery_id, connection.tenant_id, [DRAFT])),
    )


def _run_view(uow: UnitOfWork, run: Run, connection: Connection | None, now: dt.datetime) -> RunView:
    return wording.run_view(run, left=_left(uow, run, connection), paused_until=_pause(run, connection, now))


def _left(uow: UnitOfWork, run: Run, connection: Connection | None) -> int | None:
    """How many documents have their turn still to come; None when that is no question."""
    if run.state not in OPEN_RUN_STATES or run.kind is not RunKind.EXPORT or connection is None:
        return None
    counts = uow.ledger.counts(connection.gallery_id, connection.tenant_id)
    return sum(count for (_, state), count in counts.items() if state in LEFT)


def _pause(run: Run, connection: Connection | None, now: dt.datetime) -> dt.datetime | None:
    return connection.waits_until(now) if run.state in OPEN_RUN_STATES and connection is not None else None


def _agreeing(uow: UnitOfWork, row: ServiceRow, line: MonthLine, comparison: Comparison) -> int:
    """How many of a month agree, as its own page counts them: a finding may be about a number with equal totals, and
    then the whole month is looked at."""
    if not comparison.findings or row.connection is None:
        return line.agreeing
    kept = uow.months.get(row.connection.gallery_id, row.connection.tenant_id, line.month)
    return weighed(kept.sheet, comparison).agreeing if kept else 0


def _is_latest(run: Run, row: ServiceRow) -> bool:
    return run.id in {view.run.id for view in (row.open_run, row.last) if view is not None}
