"""Finding the invoice in Xero of an older sale that was paid later, by what a person remembers of it.

What is found becomes a question of the page "already in your books", where it is linked or not. Nothing is changed
in Xero. A search costs one call for every 1,000 sales invoices dated since 60 days before the sale, at most
`PAGES`, and one more when the words may be a number.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..domain.accounting import XeroInvoice
from ..domain.lookalikes import WITHIN, mentioned
from ..domain.model import Access
from ..domain.shown import MONEY_MAY_BE_LOST
from ..domain.states import DocumentState
from ..errors import InvalidInput, NotFound
from ..ports.records import Connection, Document
from ..ports.store import Units
from ..ports.xero import XeroApi
from .calls import Calls

PAGES = 3
SHOWN_AT_MOST = 10
_ASIDE = (DocumentState.SKIPPED, DocumentState.PENDING)


class BooksSearch:
    """The search of a person who knows that it stands there."""

    def __init__(self, units: Units, api: XeroApi, calls: Calls) -> None:
        self._units = units
        self._api = api
        self._calls = calls

    def find(self, access: Access, webservice_id: str, document_id: str, words: str) -> int:
        """Ask about every invoice in Xero that these words may mean (a number, reference, contact or amount); how
        many are asked about now.

        Raises NotFound for a document that nobody has to find, InvalidInput ("search") without words, and as
        `OrganisationCalls.read`.
        """
        connection, document = self._asked_about(access, webservice_id, document_id)
        words = " ".join(words.split())
        if not words:
            raise InvalidInput({"search": "Please enter a number, a reference, a contact or an amount."})
        with self._units.read() as uow:
            linked = uow.books.linked(access.gallery_id, connection.tenant_id)
        found: dict[str, XeroInvoice] = {}
        for invoice in self._standing(connection, document, words):
            if invoice.type == "ACCREC" and invoice.id not in linked and mentioned(invoice, words):
                found.setdefault(invoice.id, invoice)
        asked = 0
        with self._units.write() as uow:
            for invoice in list(found.values())[:SHOWN_AT_MOST]:
                asked += uow.books.ask(access.gallery_id, connection.tenant_id, document.id, invoice, "searched")
            uow.commit()
        return asked

    def _asked_about(self, access: Access, webservice_id: str, document_id: str) -> tuple[Connection, Document]:
        with self._units.read() as uow:
            webservice = uow.webservices.get(access.gallery_id, webservice_id)
            connection = webservice and uow.connections.of_webservice(access.gallery_id, webservice_id)
            document = uow.ledger.get(access.gallery_id, document_id)
        if not connection or document is None or document.tenant_id != connection.tenant_id:
            raise NotFound(f"document {document_id}")
        if document.state not in _ASIDE or document.reason_code != MONEY_MAY_BE_LOST:
            raise NotFound(f"document {document_id} is no open question")
        return connection, document

    def _standing(self, connection: Connection, document: Document, words: str) -> Iterator[XeroInvoice]:
        calls = self._calls.of(connection, interactive=True)
        try:
            by_number = self._api.invoices_by_number([words])
        except ValueError:
            pass  # no number has such characters
        else:
            yield from calls.read(by_number).items
        if document.document_date is None:
            return
        for page in range(1, PAGES + 1):
            result = calls.read(self._api.sales_invoices(page, since=document.document_date - WITHIN))
            yield from result.items
            if not result.more:
                return
