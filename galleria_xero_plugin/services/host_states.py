"""Where invoices stand in Xero, in a line each: for the host's own invoice pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..domain.states import DocumentKind, DocumentState
from ..ports.gallery import Gallery
from ..ports.records import Connection, Document
from ..ports.store import UnitOfWork, Units
from .document_rows import Links, as_shown, built
from .read_models import Tone, Words
from .wording import document_state

_WITH_THE_INVOICE = (DocumentKind.INVOICE_VOID, DocumentKind.INVOICE_UPDATE, DocumentKind.PAYMENT, DocumentKind.REFUND)


@dataclass(frozen=True, slots=True)
class Standing:
    """One invoice: `document` is what the line is about, the invoice itself or what waits of its corrections and
    payments; `xero_url` is empty while there is nothing to open."""

    webservice_id: str
    document: Document
    state: Words
    tone: Tone
    xero_url: str


class HostStates:
    """Reads the ledger only: no call of Xero, and two queries more for each kind that hangs on an invoice, however
    many invoices are asked about."""

    def __init__(self, units: Units, gallery: Gallery, links: Links) -> None:
        self._units = units
        self._gallery = gallery
        self._links = links

    def of_invoices(self, gallery_id: str, invoice_ids: Sequence[str]) -> Mapping[str, Standing]:
        """By the gallery's own id; an invoice that the plugin does not know (a draft, one before the start date, one
        that no sync has read yet) is left out."""
        found: dict[str, Standing] = {}
        with self._units.read() as uow:
            for webservice in uow.webservices.of_gallery(gallery_id):
                connection = uow.connections.of_webservice(gallery_id, webservice.id)
                if connection is not None:
                    found |= self._of_connection(uow, connection, invoice_ids)
        return found

    def _of_connection(
        self, uow: UnitOfWork, connection: Connection, invoice_ids: Sequence[str]
    ) -> dict[str, Standing]:
        scope = (connection.gallery_id, connection.tenant_id)
        invoices = uow.ledger.known(*scope, DocumentKind.INVOICE, invoice_ids)
        about = dict(invoices)
        sent = [id for id, invoice in invoices.items() if invoice.state is DocumentState.DONE]
        for kind in reversed(_WITH_THE_INVOICE):
            for invoice_id, rows in uow.ledger.children(*scope, kind, sent).items():
                about[invoice_id] = next((row for row in rows if _wants_a_person(row)), about[invoice_id])
        before = uow.ledger.before(connection.gallery_id, about.values())
        return {
            id: self._standing(connection, as_shown(document, before), invoices[id]) for id, document in about.items()
        }

    def _standing(self, connection: Connection, document: Document, invoice: Document) -> Standing:
        state, tone = document_state(document)
        url = built(self._links.invoice, connection.short_code, invoice.xero_id) if invoice.xero_id else ""
        return Standing(connection.webservice_id, document, state, tone, url)


def _wants_a_person(row: Document) -> bool:
    return document_state(row)[1] is Tone.NEEDS
