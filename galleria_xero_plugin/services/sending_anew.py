"""Send again under a new number: an invoice that a person cancelled in Xero, and wants there after all.

Xero gives no number twice, so the number that it had there is spent. When the gallery has given the sale another one
meanwhile, that is proposed; else a person chooses one for Xero. Everything else is an ordinary first send.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..domain.export import invoice_number, numbers_compare
from ..domain.markers import anew_identity, marker
from ..domain.model import Access, Invoice, InvoiceState
from ..domain.states import DocumentKind, DocumentState
from ..domain.withdrawing import CANCELLED
from ..errors import Conflict, InvalidInput, NotFound
from ..ports.gallery import Gallery
from ..ports.records import Actor, AuditEntry, Document, Run
from ..ports.store import Units
from .export.rows import Rows
from .runs import Runs

NUMBER = re.compile(r"[A-Za-z0-9._/-]{1,50}", re.ASCII)
"""A number that a person may choose for an invoice in Xero."""
SENT_ANEW = "sent again under another number"
"""The entry of the audit; its outcome is the number before."""


class SendingAnew:
    """The button below "Cancelled in Xero"."""

    def __init__(self, units: Units, gallery: Gallery, runs: Runs) -> None:
        self._units = units
        self._gallery = gallery
        self._runs = runs

    def send(self, access: Access, webservice_id: str, document_id: str, number: str) -> Run | None:
        """Send the invoice again, as the gallery has it now and under this number; the run that does it.

        Raises NotFound, InvalidInput for the number, Conflict (not cancelled by a person, not issued in the gallery any
        more, or another document has the number), and as `Runs.send_again`.
        """
        gallery_id, actor = access.gallery_id, Actor(access.user_id, access.user_name)
        with self._units.read() as uow:
            webservice = uow.webservices.get(gallery_id, webservice_id)
            connection = webservice and uow.connections.of_webservice(gallery_id, webservice_id)
            document = uow.ledger.get(gallery_id, document_id)
            if not webservice or not connection or document is None or document.tenant_id != connection.tenant_id:
                raise NotFound(f"document {document_id}")
            spent = spent_numbers(document, uow.audit.of_subject(gallery_id, document_id))
        invoice = still_issued(self._gallery, document)
        if invoice is None:
            raise Conflict("This invoice is not cancelled in Xero any more, or not issued in your gallery.")
        if not NUMBER.fullmatch(number) or any(numbers_compare(number, one) for one in spent):
            raise InvalidInput({"number": "Please enter another number of letters, digits and . _ / - only."})
        now = Rows(gallery_id, connection.tenant_id, webservice.settings.prefix).invoice(invoice, None)
        with self._units.write() as uow:
            mark = marker(gallery_id, DocumentKind.INVOICE, anew_identity(invoice.id, document.natural_key))
            if not uow.ledger.send_anew(document_id, replace(now, natural_key=number, label=number, marker=mark)):
                raise Conflict("This invoice is being sent again already.")
            uow.audit.add(gallery_id, actor, SENT_ANEW, subject=document_id, outcome=document.natural_key)
            uow.commit()
        run, _ = self._runs.send_again(gallery_id, webservice_id, [document_id], actor)
        return run


def cancelled(document: Document) -> bool:
    """Whether a person has cancelled this invoice in Xero."""
    done = document.kind is DocumentKind.INVOICE and document.state is DocumentState.DONE
    return done and document.reason_code == CANCELLED


def still_issued(gallery: Gallery, document: Document) -> Invoice | None:
    """The gallery's invoice behind one that was cancelled in Xero, when it can be sent again."""
    if not cancelled(document):
        return None
    found = next(iter(gallery.invoices(document.gallery_id, [document.local_id])), None)
    return found if found is not None and found.state is InvoiceState.ISSUED else None


def proposed(document: Document, invoice: Invoice, prefix: str, entries: Sequence[AuditEntry]) -> tuple[str, bool]:
    """A number to send it under, and whether it is the one that the gallery has given the sale since; `entries` are
    those of the document's audit."""
    number = invoice_number(prefix, invoice.number)
    if any(numbers_compare(number, one) for one in (document.label, *spent_numbers(document, entries))):
        return f"{document.natural_key}-2", False
    return number, True


def spent_numbers(document: Document, entries: Sequence[AuditEntry]) -> list[str]:
    """The numbers that this invoice has had in Xero."""
    return [document.natural_key, *(entry.outcome for entry in entries if entry.action == SENT_ANEW and entry.outcome)]
