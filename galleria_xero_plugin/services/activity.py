"""Activity: every document in the order of its date, filtered, searched, listed whole for a file, and put aside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence

from ..domain.model import Access
from ..domain.reasons import STOPPED, Whose, explain
from ..domain.states import WAITING, DocumentKind, DocumentState
from ..errors import NotFound
from ..ports.gallery import Gallery
from ..ports.records import Actor, Connection, Document, Run
from ..ports.store import UnitOfWork, Units
from . import wording
from .document_rows import GROUPS, Links, as_shown, document_row, may_be_put_aside
from .export.intake import Intake
from .not_listed import not_listed
from .read_models import ActivityFilter, ActivityPage, Group, LetterPage, ServicePage
from .runs import Runs

PAGE = 50
FILE_PAGE = 500
RUNS_OFFERED = 20
_UNSENT = (*WAITING, DocumentState.PENDING)
LISTED_AT_MOST = 500
"""Documents of a text for the bookkeeper: nobody reads more, and the CSV has them all."""


class Activity:
    """What a gallery sent, and what waits. `head` gives the head of a page about one webservice (NotFound for one
    that is not this gallery's)."""

    def __init__(
        self,
        units: Units,
        gallery: Gallery,
        runs: Runs,
        links: Links,
        head: Callable[[Access, str], ServicePage],
        quiet_period: dt.timedelta,
    ) -> None:
        self._units = units
        self._gallery = gallery
        self._runs = runs
        self._links = links
        self._head = head
        self._quiet_period = quiet_period

    def page(self, access: Access, webservice_id: str, chosen: ActivityFilter) -> ActivityPage:
        """Every document ever sent to the organisation, also by an earlier webservice."""
        head = self._head(access, webservice_id)
        documents: Sequence[Document] = ()
        before: Mapping[str, Document] = {}
        counts: Mapping[tuple[DocumentKind, DocumentState], int] = {}
        runs: Sequence[Run] = ()
        known: Mapping[tuple[DocumentKind, DocumentState], int] = {}
        everything: Mapping[tuple[DocumentKind, DocumentState], int] = {}
        run, next_cursor = None, None
        if (connection := head.row.connection) is not None:
            scope = (access.gallery_id, connection.tenant_id)
            with self._units.read() as uow:
                run = _run(uow, connection, chosen)
                runs = uow.runs.latest(access.gallery_id, webservice_id, RUNS_OFFERED)
                counts = everything = uow.ledger.counts(*scope)
                filters = _filters(chosen, run)
                if any(filters.values()):
                    counts = uow.ledger.counts(*scope, **filters)
                documents, next_cursor = uow.ledger.page(
                    *scope, **_conditions(chosen, run), after=chosen.after, limit=PAGE
                )
                known = counts or uow.ledger.counts(*scope, search=chosen.search)
                before = uow.ledger.before(access.gallery_id, documents)
        missed = None
        if chosen.search and not known:
            missed = not_listed(
                self._gallery, head.gallery, head.row.webservice, chosen.search,
                quiet=self._quiet_period, now=head.now,
            )  # fmt: skip
        kinds = {kind for kind, _ in everything}
        offered = [*runs, run] if run is not None and run.id not in {one.id for one in runs} else runs
        return ActivityPage(
            gallery=head.gallery,
            now=head.now,
            row=head.row,
            chosen=chosen,
            groups=tuple(
                Group(name, label, sum(n for (_, state), n in counts.items() if not states or state in states))
                for name, (label, states) in GROUPS.items()
            ),
            kinds=tuple((kind, words) for kind, words in wording.KINDS.items() if kind in kinds),
            documents=tuple(document_row(one, before, head.row, self._gallery, self._links) for one in documents),
            next_cursor=next_cursor,
            runs=tuple(wording.run_view(one, left=None, paused_until=None) for one in offered),
            not_listed=missed,
        )

    def all(self, access: Access, webservice_id: str, chosen: ActivityFilter) -> Iterator[Document]:
        """The documents of a filter as people see them, all of them, a page at a time: no transaction is open while
        a slow reader takes them. Raises NotFound at once, not at the first document."""
        connection = self._head(access, webservice_id).row.connection
        return self._all(access.gallery_id, connection, chosen) if connection else iter(())

    def _all(self, gallery_id: str, connection: Connection, chosen: ActivityFilter) -> Iterator[Document]:
        after: str | None = None
        while True:
            with self._units.read() as uow:
                conditions = _conditions(chosen, _run(uow, connection, chosen))
                documents, after = uow.ledger.page(
                    gallery_id, connection.tenant_id, **conditions, after=after, limit=FILE_PAGE
                )
                before = uow.ledger.before(gallery_id, documents)
            yield from (as_shown(document, before) for document in documents)
            if after is None:
                return

    def letter(self, access: Access, webservice_id: str, document_id: str | None = None) -> LetterPage:
        """What waits for the bookkeeper by cause, or one document: for a mail of one's own to the bookkeeper."""
        head = self._head(access, webservice_id)
        found: list[Document] = []
        if head.row.connection is not None:
            for document in self._letter(access.gallery_id, head.row.connection, document_id):
                found.append(document)
                if len(found) == LISTED_AT_MOST:
                    break
        by_cause: dict[str, list[Document]] = {}
        for document in found:
            by_cause.setdefault(document.reason_code or "", []).append(document)
        return LetterPage(head.gallery, head.now, head.row, tuple(tuple(each) for each in by_cause.values()))

    def _letter(self, gallery_id: str, connection: Connection, document_id: str | None) -> Iterator[Document]:
        if document_id is None:
            for document in self._all(gallery_id, connection, ActivityFilter(group="waiting")):
                if explain(document.reason_code or "", {}).whose is Whose.BOOKKEEPER:
                    yield document
            return
        with self._units.read() as uow:
            document = _mine(uow, connection, [document_id])[0]
            before = uow.ledger.before(gallery_id, [document])
        yield as_shown(document, before)

    def to_stop(self, access: Access, webservice_id: str, document_ids: Sequence[str]) -> tuple[Document, ...]:
        """Which of these documents can be put aside. Raises NotFound when one of them is not this gallery's."""
        connection = self._connection(access, webservice_id)
        with self._units.read() as uow:
            return tuple(one for one in _mine(uow, connection, document_ids) if may_be_put_aside(one))

    def stop_asking(self, access: Access, webservice_id: str, document_ids: Sequence[str]) -> int:
        """Put waiting documents aside, and what only waits for them (an invoice's payments); how many. Nothing is sent or
        changed in Xero, and `ask_again` takes it back. Raises NotFound."""
        connection, actor = self._connection(access, webservice_id), Actor(access.user_id, access.user_name)
        stopped = 0
        with self._units.write() as uow:
            chosen = [one for one in _mine(uow, connection, document_ids) if may_be_put_aside(one)]
            for document in [*chosen, *_with_them(uow, connection, chosen)]:
                reason = (STOPPED, {"who": access.user_name})
                if document.state is DocumentState.SKIPPED and document in chosen:  # there by a rule: now by a person
                    uow.ledger.move(document.id, expect=[DocumentState.SKIPPED], to=DocumentState.PENDING)
                if uow.ledger.move(document.id, expect=_UNSENT, to=DocumentState.SKIPPED, reason=reason):
                    uow.audit.add(access.gallery_id, actor, "stopped asking", subject=document.id)
                    stopped += document in chosen
            uow.commit()
        return stopped

    def ask_again(self, access: Access, webservice_id: str, document_id: str) -> Run | None:
        """Take up what was put aside, with its payments; the run that does it. Raises as `Runs.send_again`."""
        connection = self._connection(access, webservice_id)
        with self._units.read() as uow:
            chosen = _mine(uow, connection, [document_id])
            aside = [one for one in _with_them(uow, connection, chosen) if one.reason_code == STOPPED]
        ids = [one.id for one in [*chosen, *aside]]
        return self._runs.send_again(access.gallery_id, webservice_id, ids, Actor(access.user_id, access.user_name))[0]

    def send_new(self, access: Access, webservice_id: str, local_id: str) -> tuple[Run | None, str]:
        """Send now for an invoice of the gallery that no sync has read yet, and for nothing else that is new there;
        the run that does it, and the document. Raises NotFound when the gallery has no such invoice or its place is not
        in the ledger, and as `Runs.send_again`."""
        head = self._head(access, webservice_id)
        connection = self._connection(access, webservice_id)
        invoices = self._gallery.invoices(access.gallery_id, [local_id])
        scope = (access.gallery_id, connection.tenant_id)
        with self._units.write() as uow:
            intake = Intake(connection, head.row.webservice, head.gallery, self._quiet_period)
            intake.take(uow, invoices, uow.now())
            row = uow.ledger.known(*scope, DocumentKind.INVOICE, [local_id]).get(local_id)
            uow.commit()
        if row is None:
            raise NotFound(f"invoice {local_id}")
        actor = Actor(access.user_id, access.user_name)
        run, _ = self._runs.send_again(access.gallery_id, webservice_id, [row.id], actor, look=False)
        return run, row.id

    def _connection(self, access: Access, webservice_id: str) -> Connection:
        connection = self._head(access, webservice_id).row.connection
        if connection is None:
            raise NotFound(f"webservice {webservice_id} has no documents")
        return connection


def _filters(chosen: ActivityFilter, run: Run | None) -> dict:  # type: ignore[type-arg]
    return {
        "kind": chosen.kind, "search": chosen.search, "since": chosen.since, "until": chosen.until, "run": run,
    }  # fmt: skip


def _conditions(chosen: ActivityFilter, run: Run | None) -> dict:  # type: ignore[type-arg]
    return _filters(chosen, run) | {"states": GROUPS[chosen.group][1] or None, "as_shown": True}


def _run(uow: UnitOfWork, connection: Connection, chosen: ActivityFilter) -> Run | None:
    """The run of the filter; one that this connection does not know is left out."""
    run = uow.runs.get(connection.gallery_id, chosen.run_id) if chosen.run_id else None
    return run if run is not None and run.connection_id == connection.id else None


def _mine(uow: UnitOfWork, connection: Connection, document_ids: Sequence[str]) -> list[Document]:
    found = []
    for document_id in dict.fromkeys(document_ids):
        document = uow.ledger.get(connection.gallery_id, document_id)
        if document is None or document.tenant_id != connection.tenant_id:
            raise NotFound(f"document {document_id}")
        found.append(document)
    return found


def _with_them(uow: UnitOfWork, connection: Connection, documents: Sequence[Document]) -> list[Document]:
    """What only waits for these: the payments of invoices, the use of credit notes."""
    scope = (connection.gallery_id, connection.tenant_id)
    invoices = [one.local_id for one in documents if one.kind is DocumentKind.INVOICE]
    notes = {one.local_id: one.parent_local_id for one in documents if one.kind is DocumentKind.CREDIT_NOTE}
    payments = uow.ledger.children(*scope, DocumentKind.PAYMENT, invoices)
    uses = uow.ledger.children(*scope, DocumentKind.ALLOCATION, list(set(notes.values())))
    found = [one for rows in payments.values() for one in rows]
    return found + [one for rows in uses.values() for one in rows if one.local_id in notes]
