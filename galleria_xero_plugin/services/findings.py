"""What was last read from Xero against what was chosen, for the Settings check's page, its count and the daily mail."""

from __future__ import annotations

from ..domain.settings_check import Finding, check
from ..ports.gallery import Gallery
from ..ports.records import ConnectionStatus
from ..ports.store import Units
from .usage import today_of


def findings(units: Units, gallery: Gallery, gallery_id: str, webservice_id: str) -> tuple[Finding, ...]:
    """What does not fit any more; nothing while there is nothing to compare. The host is asked outside any
    transaction, and only when there is something to check."""
    with units.read() as uow:
        webservice = uow.webservices.get(gallery_id, webservice_id)
        connection = webservice and uow.connections.of_webservice(gallery_id, webservice_id)
        reference = connection and uow.reference.get(gallery_id, connection.tenant_id)
        if not webservice or not connection or not reference or webservice.mapping_completed_at is None:
            return ()
        if connection.status is ConnectionStatus.DISCONNECTED:
            return ()
        waiting, now = uow.ledger.waiting_codes(gallery_id, connection.tenant_id), uow.now()
    info = gallery.info(gallery_id)
    return check(
        webservice.settings,
        reference,
        tax_options=gallery.tax_options(gallery_id),
        methods=gallery.payment_methods(gallery_id),
        base_currency=info.base_currency,
        waiting=waiting,
        today=today_of(info, now),
    )
