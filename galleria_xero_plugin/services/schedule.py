"""The schedule and the sweep: whatever has to happen by itself is found in the database and rung for.

`sweep` may be called by anybody, any number at once, as often as they like: what happens once is claimed by a
conditional UPDATE, everything else is only a ring of the doorbell.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass

from ..domain.schedule import next_run
from ..domain.states import RunKind, RunTrigger
from ..errors import GalleriaXeroError
from ..ports.gallery import Gallery
from ..ports.records import SCHEDULE, Connection, ConnectionStatus, Webservice
from ..ports.runtime import Clock, JobQueue
from ..ports.store import UnitOfWork, Units
from .guarded import asked
from .lease import PATIENCE
from .notify import FOREVER, Notify
from .reference import REFRESH_AGE
from .runs import REDECIDED, Runs
from .tokens import Tokens
from .usage import zone

log = logging.getLogger("galleria_xero.schedule")

CONTACTS_AGE = dt.timedelta(hours=20)
"""A scheduled sync also asks for changed contacts when that was last done longer ago: once a day."""


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep did: runs started by the schedule, rings, tokens renewed, mails sent, old consents removed."""

    started: int = 0
    rung: int = 0
    kept: int = 0
    mailed: int = 0
    purged: int = 0


class Schedules:
    """When a webservice runs by itself, and the sweep that sees to it."""

    def __init__(
        self,
        units: Units,
        gallery: Gallery,
        runs: Runs,
        queue: JobQueue,
        tokens: Tokens,
        notify: Notify,
        clock: Clock,
    ) -> None:
        self._units = units
        self._gallery = gallery
        self._runs = runs
        self._queue = queue
        self._tokens = tokens
        self._notify = notify
        self._clock = clock

    def time_zone(self, gallery_id: str) -> str:
        """The gallery's time zone, for `plan`: asked before a transaction, since the gallery has a database too.
        Raises GalleryFailed."""
        return asked(self._gallery, gallery_id).time_zone

    def plan(
        self, uow: UnitOfWork, webservice: Webservice, connection: Connection, time_zone: str | None = None
    ) -> None:
        """Set when the connection runs next by itself, or that it does not; in the caller's transaction."""
        if not webservice.settings.scheduled:
            uow.connections.set_next_run(connection.id, None)
            return
        local = zone(time_zone or self.time_zone(webservice.gallery_id))
        uow.connections.set_next_run(connection.id, next_run(webservice.settings.schedule, uow.now(), local))

    def sweep(self, *, housekeeping: bool = True) -> SweepReport:
        """Start what is due, ring for what has work. With `housekeeping` (once a minute is plenty) also renew
        sleeping tokens, send the daily mails, have old reference data read, and remove old consents.

        One part that fails does not keep the others from their turn.
        """
        started, rung = _counted("schedules", self._start_due), _counted("ringing", self._ring)
        if not housekeeping:
            return SweepReport(started, rung)
        rung += _counted("reference data", self._refresh_reference)
        kept = _counted("keeping tokens", self._tokens.keep)
        mailed = _counted("the daily mail", self._notify.attention)
        return SweepReport(started, rung, kept, mailed, _counted("old consents", self._purge))

    def _start_due(self) -> int:
        with self._units.read() as uow:
            due = uow.connections.due_schedules()
        started = 0
        for connection in due:
            try:
                started += self._start(connection)
            except GalleriaXeroError as problem:
                log.warning("connection %s: its schedule waits: %s", connection.id, problem.detail)
        return started

    def _start(self, connection: Connection) -> int:
        """Claim the due time and open the run in one transaction: a crash in between would lose the sync. However
        many due times were missed, this is the one run that catches up."""
        was = connection.next_run_at
        time_zone = self.time_zone(connection.gallery_id)
        with self._units.write(patience=PATIENCE) as uow:
            webservice = uow.webservices.get(connection.gallery_id, connection.webservice_id)
            after, opened = None, 0
            if webservice is not None and webservice.settings.scheduled:
                after = next_run(webservice.settings.schedule, uow.now(), zone(time_zone))
            if was is None or not uow.connections.claim_schedule(connection.id, was, after):
                return 0  # another sweep was first
            if webservice is not None and after is not None:
                opened = self._open(uow, webservice, connection)
            uow.commit()
        return opened

    def _open(self, uow: UnitOfWork, webservice: Webservice, connection: Connection) -> int:
        opened = 0
        if webservice.mapping_completed_at is not None:
            if uow.runs.open_of(connection.id, RunKind.EXPORT) is None:
                run = uow.runs.open(connection, RunKind.EXPORT, RunTrigger.SCHEDULE, SCHEDULE)
                uow.ledger.requeue(connection.gallery_id, connection.tenant_id, REDECIDED)
                uow.audit.add(connection.gallery_id, SCHEDULE, "sync started", subject=run.id)
                opened += 1
            uow.after_commit(lambda: self._queue.ring_export(connection.id))
        watermark = webservice.contacts_watermark
        stale = watermark is None or uow.now() - watermark > CONTACTS_AGE
        if webservice.settings.import_contacts and stale:
            if uow.runs.open_of(connection.id, RunKind.CONTACTS) is None:
                uow.runs.open(connection, RunKind.CONTACTS, RunTrigger.SCHEDULE, SCHEDULE)
                opened += 1
            uow.after_commit(lambda: self._queue.ring_contacts(connection.id))
        return opened

    def _ring(self) -> int:
        """Ring for every connection that has something to do and nobody at it."""
        with self._units.read() as uow:
            found = [
                (
                    connection,
                    uow.runs.open_of(connection.id, RunKind.EXPORT) is not None,
                    uow.runs.open_of(connection.id, RunKind.CONTACTS) is not None,
                )
                for connection in uow.connections.with_work()
            ]
        rung = 0
        for connection, export, contacts in found:
            if contacts:
                rung += self._queue.ring_contacts(connection.id)
            if export or not contacts:  # rows that finish by themselves need no open run
                rung += self._queue.ring_export(connection.id)
        return rung

    def _refresh_reference(self) -> int:
        """Have accounts and tax rates read once a day, each connection in an hour of its own: before a sale finds
        out that an account is gone, and not all at once."""
        with self._units.write(patience=PATIENCE) as uow:
            now = uow.now()
            mine = [
                connection
                for connection in uow.connections.to_keep(now + FOREVER)
                if connection.status is ConnectionStatus.ACTIVE
                and int(connection.id[:4], 16) % 24 == now.hour
                and uow.notices.claim(connection.id, f"reference:{now.date().isoformat()}")
            ]
            stale = [connection for connection in mine if _is_stale(uow, connection, now)]
            uow.commit()
        return sum(self._queue.ring_reference(connection.id) for connection in stale)

    def _purge(self) -> int:
        with self._units.write(patience=PATIENCE) as uow:
            purged = uow.oauth_states.purge()
            uow.commit()
        return purged


def _is_stale(uow: UnitOfWork, connection: Connection, now: dt.datetime) -> bool:
    data = uow.reference.get(connection.gallery_id, connection.tenant_id)
    return data is None or now - data.fetched_at > REFRESH_AGE


def _counted(what: str, work: Callable[[], int]) -> int:
    try:
        return work()
    except GalleriaXeroError as problem:
        log.warning("%s: %s", what, problem.detail or problem.user_message)
        return 0
