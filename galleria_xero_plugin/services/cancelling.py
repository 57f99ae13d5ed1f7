"""Cancel these in Xero: the invoices that one run created, taken out of Xero again because a person asks for it.

The page tells from the ledger alone what will happen, so that looking costs no call; each invoice is looked at in Xero
once more just before it is cancelled, and stays when it is paid or was changed there (`domain.withdrawing`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..domain.accounting import InvoiceStatus, ReferenceData
from ..domain.dates import locked
from ..domain.model import Access, GalleryInfo
from ..domain.reasons import Hold
from ..domain.states import OPEN_RUN_STATES, DocumentKind, DocumentState, RunKind
from ..domain.withdrawing import CANCELLED, OLDER, PAID
from ..errors import Conflict
from ..ports.records import Actor, Connection, Document, Run, Webservice
from ..ports.store import UnitOfWork, Units
from .export.after_sending import BEGUN, overtake
from .export.cancel_phase import ASKED_FOR
from .export.gate import DRAFT
from .export.rows import cancellation
from .queries import Queries
from .read_models import RunPage
from .runs import Runs
from .usage import zone_of

PAGE = 500
LISTED_AT_MOST = 200
"""Of each list: nobody reads more of it, and the totals are of all."""
_CHILDREN = (
    DocumentKind.PAYMENT, DocumentKind.CREDIT_NOTE, DocumentKind.INVOICE_UPDATE, DocumentKind.INVOICE_VOID,
)  # fmt: skip
Family = Mapping[DocumentKind, Mapping[str, Sequence[Document]]]


@dataclass(frozen=True, slots=True)
class CancelPage:
    """What would be cancelled, and what stays with the reason; both lists are cut, `count` and `left` are not.
    `totals` are of what would be cancelled, by currency."""

    head: RunPage
    chosen: tuple[Document, ...]
    count: int
    totals: Mapping[str, Decimal]
    stays: tuple[tuple[Document, Hold], ...]
    left: int


class Cancelling:
    """What a person may take out of Xero again, and doing it."""

    def __init__(self, units: Units, queries: Queries, runs: Runs) -> None:
        self._units = units
        self._queries = queries
        self._runs = runs

    def page(self, access: Access, run_id: str) -> CancelPage:
        """What would happen: nothing of a run that is still going, or of an earlier organisation. Raises NotFound."""
        head = self._queries.run_page(access, run_id)
        chosen: list[Document] = []
        stays: list[tuple[Document, Hold]] = []
        totals: dict[str, Decimal] = {}
        count = left = 0
        with self._units.read() as uow:
            judge = _judge(uow, head.view.run, head.gallery)
            for document, hold in judge.all(uow) if judge else ():
                if hold is None:
                    count += 1
                    totals[document.currency] = totals.get(document.currency, Decimal(0)) + (document.amount or 0)
                    chosen += [document] if len(chosen) < LISTED_AT_MOST else []
                else:
                    left += 1
                    stays += [(document, hold)] if len(stays) < LISTED_AT_MOST else []
        return CancelPage(head, tuple(chosen), count, totals, tuple(stays), left)

    def cancel(self, access: Access, run_id: str, expected: int) -> Run:
        """Have these `expected` invoices cancelled in Xero; the run that does it.

        Raises NotFound, Conflict when it is not as many any more (also when somebody pressed already), and as
        `Runs.to_cancel`. Nothing is changed then.
        """
        actor = Actor(access.user_id, access.user_name)
        head = self._queries.run_page(access, run_id)
        with self._units.write() as uow:
            judge = _judge(uow, head.view.run, head.gallery)
            chosen = [document for document, hold in judge.all(uow) if hold is None] if judge else []
            if judge is None or not chosen or len(chosen) != expected:
                raise Conflict("Something has changed since you looked, or these are being cancelled already.")
            known = judge.family(uow, chosen)
            for document in chosen:
                overtake(uow, known[DocumentKind.INVOICE_UPDATE].get(document.local_id, ()))
                again = cancellation(document)
                for before in known[DocumentKind.INVOICE_VOID].get(document.local_id, ()):
                    if before.local_revision == again.local_revision:  # asked for before, and it stayed
                        uow.ledger.refresh(before.id, again)
                        uow.ledger.move(before.id, expect=[DocumentState.SKIPPED], to=DocumentState.PENDING)
                uow.audit.add(access.gallery_id, actor, ASKED_FOR, subject=document.id)
            uow.ledger.insert([cancellation(document) for document in chosen])
            run = self._runs.to_cancel(uow, judge.connection, actor, len(chosen))
            uow.commit()
        return run


@dataclass(frozen=True, slots=True)
class _Judge:
    """Says of each document of a run whether it would be cancelled, or the reason for which it stays."""

    run: Run
    webservice: Webservice
    connection: Connection
    reference: ReferenceData
    now: dt.datetime
    zone: dt.tzinfo

    def all(self, uow: UnitOfWork) -> Iterator[tuple[Document, Hold | None]]:
        """What the run sent or found and stands in Xero, contacts left out: they are no bookings and stay."""
        after: str | None = None
        scope = (self.connection.gallery_id, self.connection.tenant_id)
        while True:
            rows, after = uow.ledger.page(
                *scope, states=[DocumentState.DONE], run=self.run, after=after, limit=PAGE
            )
            invoices = [row for row in rows if row.kind is DocumentKind.INVOICE]
            family = self.family(uow, invoices)
            for row in rows:
                if row.kind is DocumentKind.CONTACT or not (row.adopted or self._sent(row)):
                    continue
                if row.kind is DocumentKind.INVOICE:
                    yield row, self._obstacle(row, family)
                else:
                    yield row, Hold("not_cancelled_kind", {"number": row.label})
            if after is None:
                return

    def family(self, uow: UnitOfWork, invoices: Sequence[Document]) -> Family:
        """What the ledger has about these invoices, by kind and invoice."""
        scope = (self.connection.gallery_id, self.connection.tenant_id)
        ids = [row.local_id for row in invoices]
        return {kind: uow.ledger.children(*scope, kind, ids) for kind in _CHILDREN}

    def _sent(self, row: Document) -> bool:
        at, end = row.first_sent_at, self.run.finished_at
        return at is not None and self.run.created_at <= at and (end is None or at <= end)

    def _obstacle(self, row: Document, family: Family) -> Hold | None:
        facts = {"number": row.label}
        rows = {kind: [one for one in family[kind].get(row.local_id, ()) if one.deleted_at is None] for kind in _CHILDREN}
        voids = [one for one in rows[DocumentKind.INVOICE_VOID] if one.state is not DocumentState.SKIPPED]
        if row.reason_code in (CANCELLED, "voided_in_xero"):
            return Hold(row.reason_code or "", row.reason_facts)
        if any(one.state is DocumentState.DONE for one in voids):
            return Hold("voided_in_xero", facts)
        if voids or any(one.state in BEGUN for one in rows[DocumentKind.INVOICE_UPDATE]):
            return Hold("waiting_for_correction", facts)
        if row.standing is None or not self._sent(row):
            return Hold("not_cancelled_found", facts)
        money = (*rows[DocumentKind.PAYMENT], *rows[DocumentKind.CREDIT_NOTE])
        if any(one.state is not DocumentState.SKIPPED for one in money):
            return Hold(PAID, facts)
        may_be_draft = row.reason_code == DRAFT or self.webservice.settings.invoice_status is not InvoiceStatus.AUTHORISED
        if not may_be_draft and self._day(row.first_sent_at) != self._day(self.now):
            return Hold(OLDER, facts)
        date = row.redated_to or row.document_date
        return locked(date, self.reference) if date else None

    def _day(self, at: dt.datetime | None) -> dt.date | None:
        return at.astimezone(self.zone).date() if at else None


def _judge(uow: UnitOfWork, run: Run, gallery: GalleryInfo) -> _Judge | None:
    """None when nothing of the run can be cancelled at all."""
    if run.kind is not RunKind.EXPORT or run.state in OPEN_RUN_STATES:
        return None
    webservice = uow.webservices.get(run.gallery_id, run.webservice_id)
    connection = uow.connections.of_webservice(run.gallery_id, run.webservice_id)
    before = uow.connections.get(run.connection_id)
    if webservice is None or connection is None or before is None or before.tenant_id != connection.tenant_id:
        return None
    reference = uow.reference.get(run.gallery_id, connection.tenant_id)
    return _Judge(run, webservice, connection, reference, uow.now(), zone_of(gallery)) if reference else None
