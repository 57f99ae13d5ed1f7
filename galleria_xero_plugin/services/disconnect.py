"""The end of a connection, and its pauses: Disconnect, Delete, Pause, Resume, and a disconnection made in Xero."""

from __future__ import annotations

import logging

from ..domain.model import Access
from ..errors import AuthRejected, AuthUnavailable, GalleriaXeroError, NotConnected, NotFound, ReconnectRequired
from ..ports.records import SCHEDULE, Actor, Connection, ConnectionStatus, Webservice
from ..ports.runtime import JobQueue
from ..ports.store import UnitOfWork, Units
from ..ports.xero import Secret, XeroAuth
from .lease import PATIENCE
from .notify import LOST, Notify
from .schedule import Schedules
from .tokens import Tokens, end_runs

log = logging.getLogger("galleria_xero.connect")


class Disconnect:
    """What `Connect` does after the connecting. The ledger is never touched: it stays with its organisation."""

    def __init__(
        self, units: Units, auth: XeroAuth, tokens: Tokens, schedules: Schedules, queue: JobQueue, notify: Notify
    ) -> None:
        self._units = units
        self._auth = auth
        self._tokens = tokens
        self._schedules = schedules
        self._queue = queue
        self._notify = notify

    def disconnect(self, access: Access, webservice_id: str) -> bool:
        """End the connection at Xero, then wipe the tokens here; whether Xero confirmed.

        When it did not, the connection is over on our side all the same, and the person can remove it in Xero under
        Connected Apps. Disconnecting what is disconnected is no error. Raises NotFound.
        """
        _, connection = self._find(access, webservice_id)
        told = self._tell_xero(connection)
        with self._units.write(patience=PATIENCE) as uow:
            if connection is not None and _close(uow, connection):
                outcome = "ok" if told else "xero did not confirm"
                uow.audit.add(
                    access.gallery_id, _actor(access), "disconnected", subject=webservice_id, outcome=outcome
                )
            uow.commit()
        return told

    def delete(self, access: Access, webservice_id: str) -> bool:
        """Disconnect and hide the webservice; whether Xero confirmed. History and invoices stay. Raises NotFound."""
        _, connection = self._find(access, webservice_id)
        told = self._tell_xero(connection)
        with self._units.write(patience=PATIENCE) as uow:
            if connection is not None:
                _close(uow, connection)
            uow.webservices.delete(access.gallery_id, webservice_id)
            outcome = "ok" if told else "xero did not confirm"
            uow.audit.add(
                access.gallery_id, _actor(access), "webservice deleted", subject=webservice_id, outcome=outcome
            )
            uow.commit()
        return told

    def pause(self, access: Access, webservice_id: str) -> None:
        """Nothing is sent until Resume; what is being sent ends as it must. Raises NotFound and NotConnected."""
        self._switch(access, webservice_id, ConnectionStatus.ACTIVE, ConnectionStatus.PAUSED)

    def resume(self, access: Access, webservice_id: str) -> None:
        """Go on where Pause stopped. Raises NotFound and NotConnected."""
        self._switch(access, webservice_id, ConnectionStatus.PAUSED, ConnectionStatus.ACTIVE)

    def noticed_lost(self, connection_id: str) -> bool:
        """After a 403: whether the organisation is gone from /connections. Then the connection is closed and its
        people get a mail. Raises AuthUnavailable while Xero does not say: nothing is concluded from no answer."""
        with self._units.read() as uow:
            connection = uow.connections.get(connection_id)
        if connection is None or connection.status is ConnectionStatus.DISCONNECTED:
            return True
        try:
            _, token = self._tokens.access(connection_id)
            held = {tenant.tenant_id for tenant in self._auth.connections(token)}
        except (AuthRejected, NotConnected) as problem:
            log.info("connection %s: Xero does not say what is connected: %s", connection_id, problem.detail)
            return False
        if connection.tenant_id in held:
            return False
        with self._units.write(patience=PATIENCE) as uow:
            closed = _close(uow, connection)
            if closed:
                uow.audit.add(
                    connection.gallery_id,
                    SCHEDULE,
                    "disconnected in Xero",
                    subject=connection.webservice_id,
                    outcome=connection.tenant_id,
                )
                uow.notices.claim(connection.id, LOST)  # until the mail is handed over
            uow.commit()
        if closed:
            log.warning("connection %s: the organisation was disconnected in Xero", connection_id)
            self._notify.disconnected(connection)
        return True

    def _find(self, access: Access, webservice_id: str) -> tuple[Webservice, Connection | None]:
        with self._units.read() as uow:
            webservice = uow.webservices.get(access.gallery_id, webservice_id)
            connection = uow.connections.of_webservice(access.gallery_id, webservice_id)
        if webservice is None:
            raise NotFound(f"webservice {webservice_id}")
        return webservice, connection

    def _tell_xero(self, connection: Connection | None) -> bool:
        """DELETE the connection at Xero; never a revocation, which would drop the same person's other ones."""
        if connection is None or connection.status is ConnectionStatus.DISCONNECTED:
            return True
        try:
            _, token = self._tokens.access(connection.id)
        except ReconnectRequired:
            return True  # Xero has withdrawn our consent by itself
        except GalleriaXeroError as problem:
            log.warning("connection %s: Xero is not told: %s", connection.id, problem.detail or problem.user_message)
            return False
        return self._forget_at_xero(connection, token)

    def _forget_at_xero(self, connection: Connection, token: Secret) -> bool:
        try:
            self._auth.disconnect(token, connection.xero_connection_id)
        except (AuthRejected, AuthUnavailable) as problem:
            log.warning("connection %s: Xero did not confirm its end: %s", connection.id, problem.detail)
            return False
        return True

    def _switch(
        self, access: Access, webservice_id: str, before: ConnectionStatus, after: ConnectionStatus
    ) -> None:
        webservice, connection = self._find(access, webservice_id)
        time_zone = self._schedules.time_zone(access.gallery_id)
        with self._units.write() as uow:
            current = connection and uow.connections.get(connection.id)
            if current is None or current.status not in (before, after):
                raise NotConnected("This webservice is not connected to Xero.")
            if current.status is before:
                uow.connections.set_status(current.id, after)
                if after is ConnectionStatus.ACTIVE:
                    self._schedules.plan(uow, webservice, current, time_zone)
                    uow.after_commit(lambda: self._queue.ring_export(current.id))
                uow.audit.add(access.gallery_id, _actor(access), after.value, subject=webservice_id)
            uow.commit()


def _close(uow: UnitOfWork, connection: Connection) -> bool:
    closed = uow.connections.close(connection.id, "disconnected")
    if closed:
        uow.connections.set_next_run(connection.id, None)
        end_runs(uow, connection.id, "disconnected")
    return closed


def _actor(access: Access) -> Actor:
    return Actor(access.user_id, access.user_name)
