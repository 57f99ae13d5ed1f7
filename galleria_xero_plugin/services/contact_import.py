"""Import of Xero's contacts into the gallery: in slices, page by page, any number of times.

A page is decided, brought into the gallery contact by contact (the gallery commits each by itself and knows the
Xero id again), then noted here in one transaction: links, questions, counts and how far it is. A worker that is
killed anywhere does that page again, and nothing twice.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from typing import Protocol

from ..domain.states import RunKind, RunState, RunTrigger
from ..errors import GalleriaXeroError, NotConnected, NotSent, Paused, ReadFailed, ScopeMissing, TokenUnreadable
from ..ports.gallery import Gallery
from ..ports.records import SCHEDULE, Connection, Run
from ..ports.runtime import Clock, JobQueue
from ..ports.store import Units
from ..ports.xero import XeroApi
from .calls import Calls
from .contact_pages import Position
from .contact_taking import AddressBook, Work
from .lease import PATIENCE, Lease, LeaseLost, Leases

log = logging.getLogger("galleria_xero.contacts")

OVERLAP = dt.timedelta(minutes=5)
"""What the next import reads again: a change that Xero noted late, clocks that differ."""
TOGETHER = 250
"""Contacts that are noted in one transaction: a gallery that is slow to save still gets on."""
TRIES = 5
"""Failures of the gallery's side after which an import ends and says so."""


class Timed(Protocol):
    """What the import needs of the configuration: the seconds of a slice."""

    @property
    def slice(self) -> int: ...


class ContactImport:
    """Works off the open contact import of a connection."""

    def __init__(
        self,
        units: Units,
        gallery: Gallery,
        api: XeroApi,
        calls: Calls,
        leases: Leases,
        queue: JobQueue,
        clock: Clock,
        config: Timed,
    ) -> None:
        self._units = units
        self._gallery = gallery
        self._api = api
        self._calls = calls
        self._leases = leases
        self._queue = queue
        self._clock = clock
        self._slice = config.slice

    def work(self, connection_id: str, stop: Callable[[], bool] = lambda: False) -> None:
        """Work for one slice (or until `stop()`), ring again when there is more. Quiet when another worker is at
        it and when the organisation is paused or not connected: the sweep rings when that has changed."""
        lease = self._leases.claim(connection_id)
        if lease is None:
            return
        more = False
        with lease:
            try:
                more = self._work(connection_id, lease, stop)
            except LeaseLost:
                log.info("connection %s: another worker has taken over", connection_id)
            except Paused as error:
                log.info("connection %s: %s", connection_id, error.detail)
                more = error.reason == "concurrent"
            except (NotSent, ReadFailed) as error:
                log.warning("connection %s: contacts not read: %s", connection_id, error.detail)
                self._leave_alone(connection_id)
            except (NotConnected, ScopeMissing) as error:
                log.warning("connection %s: %s", connection_id, error.detail or error.user_message)
                self._end(connection_id, error)
            except TokenUnreadable as error:
                log.error("connection %s: %s", connection_id, error.detail)
                self._end(connection_id, error, "needs_config")
        if more:
            self._queue.ring_contacts(connection_id)

    def failed(self, connection_id: str) -> None:
        """A job ended in an error of the gallery's side, or one nobody foresaw. The sweep tries again; after some
        times the import ends with that reason. What was imported stays, and the next one begins where it stood."""
        with self._units.write(patience=PATIENCE) as uow:
            run = uow.runs.open_of(connection_id, RunKind.CONTACTS)
            if run is not None:
                uow.runs.progress(run.id, add={"failures": 1}, step="Your gallery did not answer; trying again")
                if run.counts.get("failures", 0) + 1 >= TRIES:
                    uow.runs.finish(run.id, RunState.FAILED, error_code="gallery_failed")
            uow.commit()

    def _work(self, connection_id: str, lease: Lease, stop: Callable[[], bool]) -> bool:
        """Whether there is more to do right now."""
        ends_at = self._clock.monotonic() + self._slice
        with self._units.read() as uow:
            connection, now = uow.connections.get(connection_id), uow.now()
            run = uow.runs.open_of(connection_id, RunKind.CONTACTS)
            if connection is None or run is None:
                return False
            webservice = uow.webservices.get(connection.gallery_id, connection.webservice_id)
        if webservice is None:
            return False
        position = Position.parse(run.cursor) if run.cursor else Position(now, webservice.contacts_watermark)
        if not run.cursor:
            with self._units.write(patience=PATIENCE) as uow:
                uow.runs.progress(run.id, step="Reading contacts from Xero", cursor=position.text())
                uow.commit()
        calls = self._calls.of(connection, interactive=run.trigger is not RunTrigger.SCHEDULE)
        customers_only = not webservice.settings.import_suppliers
        work: Work | None = None
        while True:
            page = calls.read(
                self._api.contacts(position.page, modified_since=position.since, customers_only=customers_only)
            )
            following = position.after(page) if page.more else None
            if page.items and work is None:  # only now: often nothing is new, and an address book may be long
                book = AddressBook(self._gallery, connection.gallery_id)
                work = Work(self._units, self._gallery, self._clock, connection, run, lease, book)
            for start in range(0, len(page.items), TOGETHER):
                part, rest = page.items[start : start + TOGETHER], page.items[start + TOGETHER :]
                here = position.within(part)
                if work is None or not work.take(part, position, here if rest or following is None else following):
                    return False  # cancelled meanwhile
                if rest and stop():
                    return True
                position = here
            if following is None:
                self._finish(connection, run, position)
                return False
            if stop() or self._clock.monotonic() >= ends_at:
                return True
            position = following

    def _finish(self, connection: Connection, run: Run, position: Position) -> None:
        """All pages are done: the next import reads what changed since this one *began*."""
        with self._units.write(patience=PATIENCE) as uow:
            if uow.runs.finish(run.id, RunState.FINISHED):
                uow.webservices.mark(connection.webservice_id, contacts_watermark=position.began - OVERLAP)
                uow.audit.add(connection.gallery_id, SCHEDULE, "contacts imported", subject=run.id)
            uow.commit()

    def _leave_alone(self, connection_id: str) -> None:
        with self._units.read() as uow:
            connection = uow.connections.get(connection_id)
        if connection is not None:
            self._calls.of(connection).offline()

    def _end(self, connection_id: str, error: GalleriaXeroError, code: str | None = None) -> None:
        with self._units.write(patience=PATIENCE) as uow:
            connection = uow.connections.get(connection_id)
            run = uow.runs.open_of(connection_id, RunKind.CONTACTS)
            if connection is not None and run is not None:
                reason = code or connection.status_reason or connection.status.value
                uow.runs.finish(run.id, RunState.FAILED, error_code=reason)
            uow.commit()
