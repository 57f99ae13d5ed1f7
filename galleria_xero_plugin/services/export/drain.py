"""Working an organisation's ledger off, in slices, under its lease."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Collection, Iterator

from ... import failpoints
from ...domain.comparison import Comparison
from ...domain.states import DocumentKind, DocumentState, RunKind, RunState, RunTrigger
from ...errors import Conflict, GalleriaXeroError, NotConnected, NotSent, Paused, ReadFailed, ScopeMissing, TokenUnreadable, TooLate
from ...ports.gallery import Gallery
from ...ports.records import Connection, ConnectionStatus, Run
from ...ports.runtime import Clock, JobQueue
from ...ports.store import UnitOfWork, Units
from ...ports.xero import XeroApi
from ..calls import Calls
from ..guarded import GalleryFailed, guarded
from ..lease import PATIENCE, Lease, LeaseLost, Leases
from ..reference import Reference
from . import (
    approval,
    books_phase,
    cancel_phase,
    contact_phase,
    credit_note_phase,
    invoice_phase,
    payment_phase,
    payment_removal_phase,
    read_back,
    refund_phase,
    update_phase,
)
from .compare import compare, plan_next
from .gate import OPEN, WITHDRAWING, only_cancels
from .gatekeeper import gate_of
from .scan import scan
from .sending import IN_TURN, WRITES
from .session import Session, Timings, Tools

log = logging.getLogger("galleria_xero.export")

Phase = Callable[[Session], bool]

PHASES: tuple[tuple[DocumentKind | None, Phase], ...] = (
    (None, read_back.step),
    (None, approval.step),
    (None, books_phase.step),
    (DocumentKind.CONTACT, contact_phase.step),
    (DocumentKind.INVOICE, invoice_phase.step),
    (DocumentKind.PAYMENT_DELETE, payment_removal_phase.step),
    (DocumentKind.INVOICE_UPDATE, update_phase.step),
    (DocumentKind.PAYMENT, payment_phase.step),
    (DocumentKind.INVOICE_VOID, cancel_phase.step),
    (DocumentKind.CREDIT_NOTE, credit_note_phase.step),
    (DocumentKind.ALLOCATION, credit_note_phase.allocate),
    (DocumentKind.REFUND, refund_phase.step),
)
"""In this order: what is unknown is settled first, what stands in the books already is found before anything is
created, and a document goes after what it depends on. A payment is deleted before its replacement, an invoice brought
up to date before money fixes its lines, and credited after what was paid is known. Those that send one kind only are
not asked while none of it is PENDING."""


TRIES = 5
"""So often in a run the gallery may fail to answer."""
COMPARED_AGAIN = dt.timedelta(hours=1)
"""A comparison that failed is tried again after so long."""


class Export:
    """The export as a use case: `drain` is what a ring of the doorbell leads to."""

    def __init__(
        self,
        units: Units,
        gallery: Gallery,
        api: XeroApi,
        calls: Calls,
        leases: Leases,
        reference: Reference,
        queue: JobQueue,
        clock: Clock,
        timings: Timings,
        *,
        worker: str,
        finished: Callable[[Connection, Run], None],
    ) -> None:
        self._tools = Tools(units, guarded(gallery), api, clock, timings, worker)
        self._calls = calls
        self._leases = leases
        self._reference = reference
        self._queue = queue
        self._finished = finished

    def drain(self, connection_id: str, stop: Callable[[], bool] = lambda: False) -> None:
        """Work for one slice, or until `stop` says so; ring again when there is more. Quiet when another worker is
        at it, and when the organisation is paused or not connected: the sweep rings when that has changed."""
        lease = self._leases.claim(connection_id)
        if lease is None:
            return
        more = False
        with lease:
            failpoints.reach("after_t1")
            session: Session | None = None
            try:
                session = self._open(connection_id, lease, stop)
                more = session is not None and self._work(session)
                if session is not None and session.comparing and not more:
                    log.info("connection %s: %s", connection_id, compare(session))
            except LeaseLost:
                log.info("connection %s: another worker has taken over", connection_id)
            except Paused as error:
                log.info("connection %s: %s", connection_id, error.detail)
                more = error.reason == "concurrent"
            except TooLate as error:
                # about this worker, frozen or slow, and not about Xero
                log.warning("connection %s: %s", connection_id, error.detail)
                more = True
            except NotSent as error:
                log.info("connection %s: not sent: %s", connection_id, error.detail)
                self._leave_alone(connection_id)
            except ReadFailed as error:
                log.warning("connection %s: a read failed: %s", connection_id, error.detail)
                self._leave_alone(connection_id)
            except (NotConnected, ScopeMissing) as error:
                log.warning("connection %s: %s", connection_id, error.detail or error.user_message)
                self._end_run(connection_id, error)
            except TokenUnreadable as error:
                log.error("connection %s: %s", connection_id, error.detail)
                self._end_run(connection_id, error, "needs_config")
            except GalleryFailed as error:
                log.warning("connection %s: the gallery did not answer: %s", connection_id, error.detail)
                self._gallery_failed(connection_id)
        if more:
            failpoints.reach("before_ring")
            self._queue.ring_export(connection_id)

    def compare(self, connection_id: str) -> Comparison:
        """Compare gallery, ledger and Xero. Raises NotConnected, Conflict (a sync is going on), and whatever a
        read can raise."""
        lease = self._leases.claim(connection_id)
        if lease is None:
            raise Conflict("A sync is going on, or Xero asked us to wait: please try again in a minute.")
        with lease:
            session = self._open(connection_id, lease, lambda: False, idle=True)
            if session is None:
                raise NotConnected("This webservice was never set up completely.")
            return compare(session)

    def failed(self, connection_id: str) -> None:
        """A job ended in an error nobody foresaw: its run ends visibly, its documents stay as they are."""
        with self._tools.units.write(patience=PATIENCE) as uow:
            run = uow.runs.open_of(connection_id, RunKind.EXPORT)
            if run is not None:
                uow.runs.finish(run.id, RunState.FAILED, error_code="internal")
            uow.commit()

    def _open(
        self, connection_id: str, lease: Lease, stop: Callable[[], bool], *, idle: bool = False
    ) -> Session | None:
        """Everything a slice needs, read once; None when there is nothing to do (unless `idle` says all the same)."""
        tools = self._tools
        with tools.units.write(patience=PATIENCE) as uow:
            lease.hold(uow)
            connection = uow.connections.get(connection_id)
            if connection is None:
                return None
            gallery_id, tenant_id = connection.gallery_id, connection.tenant_id
            webservice = uow.webservices.get(gallery_id, connection.webservice_id)
            run = uow.runs.open_of(connection_id, RunKind.EXPORT)
            expired = uow.ledger.expire_sending(gallery_id, tenant_id, lease.number, tools.timings.settle)
            look_at = uow.ledger.next_due_at(gallery_id, tenant_id)
            comparing = run is None and uow.comparisons.claim(gallery_id, tenant_id, COMPARED_AGAIN)
            # Without a run nothing is sent, so that only what is unknown wants us, and the nightly comparison
            nothing = run is None and not comparing and (look_at is None or look_at > uow.now())
            uow.commit()
        if webservice is None or webservice.mapping_completed_at is None:
            return None
        if expired:
            log.warning("connection %s: %d documents of a dead worker are checked", connection_id, expired)
        if nothing and not idle:
            return None
        interactive = run is not None and run.trigger is not RunTrigger.SCHEDULE
        reference = self._reference.for_run(connection, interactive=interactive)
        with tools.units.read() as uow:
            connection = uow.connections.get(connection_id) or connection  # with the calls that this took
        return Session(
            tools=tools,
            connection=connection,
            webservice=webservice,
            lease=lease,
            calls=self._calls.of(connection, interactive=interactive),
            run=run,
            info=tools.gallery.info(gallery_id),
            reference=reference,
            tax_options={option.id: option for option in tools.gallery.tax_options(gallery_id)},
            methods={method.id: method for method in tools.gallery.payment_methods(gallery_id)},
            ends_at=tools.clock.monotonic() + tools.timings.slice,
            stop=stop,
            comparing=comparing,
        )

    def _work(self, session: Session) -> bool:
        """Whether there is more to do right now."""
        if session.run is not None and not session.run.scanned:
            if not scan(session):
                return True
            self._scanned(session)
        while not session.out_of_time:
            with session.write() as uow:
                may_go_on, changed = self._may_go_on(session, uow), self._changed(session, uow)
                pending = uow.ledger.pending_kinds(session.gallery_id, session.tenant_id)
                uow.commit()
            if not may_go_on:
                return False
            if changed:
                return True
            session.gate = gate_of(session)
            if not any(phase(session) for phase in _phases(session, pending)) and self._end(session):
                return False
        return True

    def _scanned(self, session: Session) -> None:
        assert session.run is not None
        with session.write() as uow:
            counts = uow.ledger.counts(session.gallery_id, session.tenant_id)
            to_do = sum(n for (_, state), n in counts.items() if state is DocumentState.PENDING)
            uow.runs.progress(session.run.id, scanned=True, put={"to_do": to_do}, step="Sending")
            uow.commit()

    def _may_go_on(self, session: Session, uow: UnitOfWork) -> bool:
        """Neither has a person pressed Pause nor another caller been asked to wait by Xero."""
        connection = uow.connections.get(session.connection.id)
        if connection is None or connection.status is not ConnectionStatus.ACTIVE:
            return False
        return connection.waits_until(uow.now()) is None

    def _changed(self, session: Session, uow: UnitOfWork) -> bool:
        """The run was cancelled meanwhile, or the settings were saved anew: begin again with what holds now."""
        run = uow.runs.open_of(session.connection.id, RunKind.EXPORT)
        same_run = _what_it_does(run) == _what_it_does(session.run)
        return not same_run or session.settings_changed(uow)

    def _end(self, session: Session) -> bool:
        """Nothing was due. True when this slice is over: the run has ended, or waits for the next look at what is
        unknown; the sweep rings when that is due."""
        if session.run is None:
            return True
        scope = (session.gallery_id, session.tenant_id)
        with session.write() as uow:
            if uow.ledger.next_due_at(*scope) is not None:
                uow.runs.progress(session.run.id, step="Checking with Xero what arrived")
                uow.commit()
                return True
            # A contact entered twice in the gallery waits for its twin, and has it by now
            if uow.notices.claim(session.connection.id, f"twins:{session.run.id}") and uow.ledger.requeue(
                *scope, [DocumentState.BLOCKED], reasons=["waiting_for_contact"]
            ):
                uow.commit()
                session.contact_index = None
                return False
            if any(session.due(uow, kind, 1, one_per_parent=kind in IN_TURN) for kind in WRITES):
                return False  # it became due while we looked: a person pressed Try again
            if session.gate is WITHDRAWING and _what_it_does(session.run) != _what_it_does(
                uow.runs.open_of(session.connection.id, RunKind.EXPORT) or session.run
            ):
                return False  # a person asked for something to be sent, and it goes with this run
            ended = uow.runs.finish(session.run.id, RunState.FINISHED)
            plan_next(session, uow, again=False)
            live = session.gate is OPEN
            if live:
                uow.webservices.mark(session.webservice.id, first_export=True)
            run = uow.runs.get(session.gallery_id, session.run.id)
            uow.commit()
        if ended and live and run is not None:
            self._finished(session.connection, run)
        return True

    def _gallery_failed(self, connection_id: str) -> None:
        """The sweep tries again; after some times the run ends with that reason. What has no run waits longer."""
        with self._tools.units.write(patience=PATIENCE) as uow:
            run = uow.runs.open_of(connection_id, RunKind.EXPORT)
            if run is not None:
                uow.runs.progress(run.id, add={"failures": 1}, step="Your gallery did not answer; trying again")
                if run.counts.get("failures", 0) + 1 >= TRIES:
                    uow.runs.finish(run.id, RunState.FAILED, error_code="gallery_failed")
            uow.commit()
        if run is None:
            self._leave_alone(connection_id)

    def _leave_alone(self, connection_id: str) -> None:
        with self._tools.units.read() as uow:
            connection = uow.connections.get(connection_id)
        if connection is not None:
            self._calls.of(connection).offline()

    def _end_run(self, connection_id: str, error: GalleriaXeroError, code: str | None = None) -> None:
        """The connection is blocked: the run ends with that reason; its documents wait and go on later."""
        with self._tools.units.write(patience=PATIENCE) as uow:
            connection = uow.connections.get(connection_id)
            run = uow.runs.open_of(connection_id, RunKind.EXPORT)
            if connection is not None and run is not None:
                reason = code or connection.status_reason or connection.status.value
                uow.runs.finish(run.id, RunState.FAILED, error_code=reason)
            uow.commit()


def _phases(session: Session, pending: Collection[DocumentKind]) -> Iterator[Phase]:
    for kind, phase in PHASES:
        if kind is None or kind in pending:
            yield phase
        if session.run is None:
            return  # only what was begun is brought to its end (a cancelled run, a restart)


def _what_it_does(run: Run | None) -> tuple[str, bool] | None:
    return (run.id, only_cancels(run)) if run is not None else None
