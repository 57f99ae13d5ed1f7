"""One document of a closed month, booked on the first open day because a person says so (product.md §5.10)."""

from __future__ import annotations

import datetime as dt

from ..domain.dates import REDATABLE, first_open_day
from ..domain.model import Access
from ..domain.states import WAITING
from ..errors import Conflict, NotFound
from ..ports.records import Actor, Document, Run
from ..ports.store import UnitOfWork, Units
from .runs import Runs


class Redating:
    """The button beside "The month is closed"."""

    def __init__(self, units: Units, runs: Runs) -> None:
        self._units = units
        self._runs = runs

    def redate(self, access: Access, webservice_id: str, document_id: str) -> Run | None:
        """Book this one document on the first open day; its true date stands in its reference. It goes at once.

        Raises NotFound, Conflict (it does not wait for a lock date, or nothing is locked any more), and as
        `Runs.send_again`.
        """
        gallery_id, actor = access.gallery_id, Actor(access.user_id, access.user_name)
        with self._units.write() as uow:
            webservice = uow.webservices.get(gallery_id, webservice_id)
            connection = webservice and uow.connections.of_webservice(gallery_id, webservice_id)
            document = uow.ledger.get(gallery_id, document_id)
            if not connection or document is None or document.tenant_id != connection.tenant_id:
                raise NotFound(f"document {document_id}")
            day = open_day_for(uow, document)
            if day is None or not uow.ledger.redate(gallery_id, document_id, day):
                raise Conflict("This document does not wait for a closed month any more.")
            uow.audit.add(
                gallery_id,
                actor,
                "document re-dated",
                subject=document_id,
                outcome=f"{document.document_date} to {day}",
            )
            uow.commit()
        run, _ = self._runs.send_again(gallery_id, webservice_id, [document_id], actor)
        return run


def open_day_for(uow: UnitOfWork, document: Document) -> dt.date | None:
    """The day on which a person may have the document booked; None when there is nothing to offer."""
    closed = document.state in WAITING and document.reason_code == "period_locked"
    if not closed or document.kind not in REDATABLE:
        return None
    reference = uow.reference.get(document.gallery_id, document.tenant_id)
    return first_open_day(reference) if reference is not None else None
