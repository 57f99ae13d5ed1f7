"""What the host may do when an invoice changes: tell us at once, in its own transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from ..ports.gallery import Gallery
from ..ports.records import Connection, ConnectionStatus, Webservice
from ..ports.runtime import JobQueue
from ..ports.store import UnitOfWork, Units
from .export.intake import Intake


class Doorbell:
    """Rings for a gallery's connections; with an invoice, writes its ledger rows through the host's session (T0),
    so that they stand or fall with the host's own change (export-protocol §2.4)."""

    def __init__(self, units: Units, gallery: Gallery, queue: JobQueue, *, quiet_period: dt.timedelta) -> None:
        self._units = units
        self._gallery = gallery
        self._queue = queue
        self._quiet_period = quiet_period

    def ring(self, gallery_id: str) -> None:
        """Ring for every working connection of the gallery. Sends nothing that no run has asked for."""
        with self._units.read() as uow:
            connections = [connection for _, connection in _working(uow, gallery_id)]
        self._ring(connections)

    def take(self, uow: UnitOfWork, gallery_id: str, invoice_id: str) -> None:
        """Note a changed invoice within `uow`, which belongs to the host's session; ring after its commit."""
        working = _working(uow, gallery_id)
        if not working:
            return
        invoices = self._gallery.invoices(gallery_id, [invoice_id])
        info = self._gallery.info(gallery_id)
        now = uow.now()
        for webservice, connection in working:
            sync_from = webservice.settings.sync_from
            intake = Intake(connection, webservice, info, self._quiet_period)
            if sync_from is not None and sync_from <= intake.today(now):
                intake.take(uow, invoices, now)
        connections = [connection for _, connection in working]
        uow.after_commit(lambda: self._ring(connections))

    def _ring(self, connections: Sequence[Connection]) -> None:
        for connection in connections:
            self._queue.ring_export(connection.id)


def _working(uow: UnitOfWork, gallery_id: str) -> list[tuple[Webservice, Connection]]:
    """The gallery's webservices that are connected and were set up once."""
    found = []
    for webservice in uow.webservices.of_gallery(gallery_id):
        connection = uow.connections.of_webservice(gallery_id, webservice.id)
        if connection and connection.status is ConnectionStatus.ACTIVE and webservice.mapping_completed_at:
            found.append((webservice, connection))
    return found
