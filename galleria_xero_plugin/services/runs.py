"""Starting and stopping runs: Sync now, the first sync, the schedule, the import of contacts."""

from __future__ import annotations

from collections.abc import Sequence

from ..domain.answers import PASSING
from ..domain.states import DocumentState, RunKind, RunState, RunTrigger
from ..errors import Conflict, InvalidInput, NotConnected, NotFound, ReconnectRequired
from ..ports.records import Actor, Connection, ConnectionStatus, Document, Run
from ..ports.runtime import JobQueue
from ..ports.store import UnitOfWork, Units
from .calls import RESERVE
from .export.gate import JOINED, TO_CANCEL, only_cancels

REDECIDED = (DocumentState.BLOCKED,)
"""What every new run looks at again: the reason may be gone by now."""


class Runs:
    """Opens runs in the database and rings the doorbell after the commit; the row is the job."""

    def __init__(self, units: Units, queue: JobQueue) -> None:
        self._units = units
        self._queue = queue

    def start_export(self, gallery_id: str, webservice_id: str, actor: Actor, trigger: RunTrigger) -> Run:
        """Open an export run.

        Raises NotFound, NotConnected or ReconnectRequired, InvalidInput (the required mapping was never
        complete) and Conflict (a run is already going).
        """
        with self._units.write() as uow:
            webservice = uow.webservices.get(gallery_id, webservice_id)
            if webservice is None:
                raise NotFound(f"webservice {webservice_id}")
            connection = _usable(uow.connections.of_webservice(gallery_id, webservice_id))
            if webservice.mapping_completed_at is None:
                raise InvalidInput({"mapping": "Choose the accounts and tax rates first, then press Update Webservice."})
            run = uow.runs.open(connection, RunKind.EXPORT, trigger, actor)
            if trigger is not RunTrigger.SCHEDULE and connection.pause_reason == RESERVE:
                # The reason stays: it tells the next call that it may ask how many calls are left
                uow.connections.pause(connection.id, None, RESERVE)
            uow.ledger.requeue(gallery_id, connection.tenant_id, REDECIDED)
            uow.ledger.requeue(gallery_id, connection.tenant_id, (DocumentState.REJECTED,), reasons=PASSING)
            uow.audit.add(gallery_id, actor, "sync started", subject=run.id)
            uow.after_commit(lambda: self._queue.ring_export(connection.id))
            uow.commit()
        return run

    def start_contacts(self, gallery_id: str, webservice_id: str, actor: Actor, trigger: RunTrigger) -> Run:
        """Open a contact import. Raises NotFound, NotConnected or ReconnectRequired, and Conflict."""
        with self._units.write() as uow:
            if uow.webservices.get(gallery_id, webservice_id) is None:
                raise NotFound(f"webservice {webservice_id}")
            connection = _usable(uow.connections.of_webservice(gallery_id, webservice_id))
            run = uow.runs.open(connection, RunKind.CONTACTS, trigger, actor)
            uow.audit.add(gallery_id, actor, "contact import started", subject=run.id)
            uow.after_commit(lambda: self._queue.ring_contacts(connection.id))
            uow.commit()
        return run

    def open_or_current(
        self, gallery_id: str, webservice_id: str, actor: Actor, trigger: RunTrigger
    ) -> tuple[Run, bool]:
        """A new export run, or the one that is already going: (run, whether it is new)."""
        try:
            return self.start_export(gallery_id, webservice_id, actor, trigger), True
        except Conflict:
            with self._units.read() as uow:
                connection = uow.connections.of_webservice(gallery_id, webservice_id)
                current = connection and uow.runs.open_of(connection.id, RunKind.EXPORT)
            if not current:
                raise
            return current, False

    def send_again(
        self, gallery_id: str, webservice_id: str, document_ids: Sequence[str], actor: Actor, *, look: bool = True
    ) -> tuple[Run | None, int]:
        """A person's Try again or Send now: these documents are due at once, and the run that is going, or a
        new one, takes them along. Returns that run (None when nothing could be woken) and how many. Without `look` a
        new run does not look what else is new in the gallery, unless it is the first, which has to.

        Raises as `start_export`, but never Conflict for a run that is already going.
        """
        with self._units.write() as uow:
            webservice = uow.webservices.get(gallery_id, webservice_id)
            if webservice is None:
                raise NotFound(f"webservice {webservice_id}")
            connection = _usable(uow.connections.of_webservice(gallery_id, webservice_id))
            if webservice.mapping_completed_at is None:
                raise InvalidInput({"mapping": "Choose the accounts and tax rates first, then press Update Webservice."})
            documents = [uow.ledger.get(gallery_id, document_id) for document_id in document_ids]
            able = [row for row in documents if row and _can_go(row, connection)]
            woken = uow.ledger.wake(gallery_id, [row.id for row in able])
            woken += sum(row.state is DocumentState.PENDING for row in able)  # those only lack a run
            if not woken:
                return None, 0
            run = uow.runs.open_of(connection.id, RunKind.EXPORT)
            if run is None:
                run = uow.runs.open(connection, RunKind.EXPORT, RunTrigger.PERSON, actor)
                if not look and webservice.first_export_at is not None:
                    uow.runs.progress(run.id, scanned=True)
            elif only_cancels(run):
                uow.runs.progress(run.id, put={JOINED: 1})  # else they would wait for a sync of which nobody thinks
            uow.audit.add(gallery_id, actor, "documents tried again", subject=run.id, outcome=str(woken))
            for row in able:
                uow.audit.add(gallery_id, actor, "tried again", subject=row.id)
            uow.after_commit(lambda: self._queue.ring_export(connection.id))
            uow.commit()
        return run, woken

    def to_cancel(self, uow: UnitOfWork, connection: Connection, actor: Actor, count: int) -> Run:
        """The run that carries out these cancellations in Xero: the one that is going, or a new one, with which
        nothing else is sent. It is rung for after the caller's commit.

        Raises NotConnected, ReconnectRequired and Conflict as `start_export`.
        """
        connection = _usable(connection)
        run = uow.runs.open_of(connection.id, RunKind.EXPORT)
        if run is None:
            run = uow.runs.open(connection, RunKind.EXPORT, RunTrigger.PERSON, actor)
            uow.runs.progress(run.id, scanned=True, put={TO_CANCEL: count})
        uow.audit.add(connection.gallery_id, actor, "documents cancelled in Xero", subject=run.id, outcome=str(count))
        uow.after_commit(lambda: self._queue.ring_export(connection.id))
        return run

    def cancel(self, gallery_id: str, run_id: str, actor: Actor) -> None:
        """End an open run: what is being sent ends as it must, nothing new is begun. Raises NotFound."""
        with self._units.write() as uow:
            if uow.runs.get(gallery_id, run_id) is None:
                raise NotFound(f"run {run_id}")
            if uow.runs.finish(run_id, RunState.CANCELLED):
                uow.audit.add(gallery_id, actor, "sync cancelled", subject=run_id)
            uow.commit()


def _can_go(document: Document, connection: Connection) -> bool:
    """What belongs to an earlier organisation stays there."""
    return document.tenant_id == connection.tenant_id


def _usable(connection: Connection | None) -> Connection:
    if connection is None or connection.status is ConnectionStatus.DISCONNECTED:
        raise NotConnected("This webservice is not connected to Xero.")
    if connection.status is ConnectionStatus.NEEDS_REAUTH:
        raise ReconnectRequired("Xero needs your permission again: press Reconnect.")
    if connection.status is ConnectionStatus.PAUSED:
        raise Conflict("This webservice is paused: press Resume first.")
    return connection
