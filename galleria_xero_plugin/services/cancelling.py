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
from .export.gate import DRAFT, TO_CANCEL
from .export.rows import cancellation, of_this_one
from .queries import Queries
from .read_models import RunPage
from .runs import Runs
from .usage import zone_of

PAGE = 500
LISTED_AT_MOST = 200
"""Of each list: nobody reads more of it, and the totals are of all."""
LOOKED_AT_BY_THE_WAY = 500
_CHILDREN = (
    DocumentKind.PAYMENT, DocumentKind.CREDIT_NOTE, DocumentKind.INVOICE_UPDATE, DocumentKind.INVOICE_VOID,
)  # fmt: skip
Family = Mapping[DocumentKind, Mapping[str, Sequence[Document]]]


@dataclass(frozen=True, slots=True)
class Staying:
    """What stays for one reason: how many, and the first of them each with its own words."""

    kind: DocumentKind
    code: str
    count: int
    documents: tuple[tuple[Document, Hold], ...]


@dataclass(frozen=True, slots=True)
class CancelPage:
    """What would be cancelled, each with whether it was sent as a draft, and what stays by kind and reason; the lists
    are cut, `count`, `drafts`, `left` and the counts of `groups` are not. `totals` are of what would be cancelled, by
    currency; `invoices` is how many of the run's there are in all."""

    head: RunPage
    chosen: tuple[tuple[Document, bool], ...]
    count: int
    drafts: int
    totals: Mapping[str, Decimal]
    groups: tuple[Staying, ...]
    left: int
    invoices: int


class Cancelling:
    """What a person may take out of Xero again, and doing it."""

    def __init__(self, units: Units, queries: Queries, runs: Runs) -> None:
        self._units = units
        self._queries = queries
        self._runs = runs

    def page(self, access: Access, run_id: str) -> CancelPage:
        """What would happen: nothing of a run that is still going, or of an earlier organisation. Raises NotFound."""
        head = self._queries.run_page(access, run_id)
        chosen: list[tuple[Document, bool]] = []
        stays: dict[tuple[DocumentKind, str], list[tuple[Document, Hold]]] = {}
        totals: dict[str, Decimal] = {}
        count = drafts = 0
        with self._units.read() as uow:
            judge = _judge(uow, head.view.run, head.gallery)
            for document, hold in judge.all(uow) if judge else ():
                if judge is not None and hold is None:
                    draft = judge.may_be_draft(document)
                    count += 1
                    drafts += draft
                    totals[document.currency] = totals.get(document.currency, Decimal(0)) + (document.amount or 0)
                    chosen += [(document, draft)] if len(chosen) < LISTED_AT_MOST else []
                elif hold is not None:
                    stays.setdefault((document.kind, hold.code), []).append((document, hold))
        groups = tuple(
            Staying(kind, code, len(each), tuple(each[:LISTED_AT_MOST])) for (kind, code), each in stays.items()
        )
        left = sum(group.count for group in groups)
        invoices = count + sum(group.count for group in groups if group.kind is DocumentKind.INVOICE)
        return CancelPage(head, tuple(chosen), count, drafts, totals, groups, left, invoices)

    def able(self, page: RunPage) -> tuple[int, int, int] | None:
        """How many of a run's invoices could be cancelled now, of how many, and how many were cancelled already;
        None for a run that still goes on, and for one that is too large to look at by the way."""
        if not page.view.done or page.view.run.counts.get("invoices", 0) > LOOKED_AT_BY_THE_WAY:
            return None
        with self._units.read() as uow:
            judge = _judge(uow, page.view.run, page.gallery)
            holds = [hold for row, hold in judge.all(uow) if row.kind is DocumentKind.INVOICE] if judge else []
        cancelled = sum(hold is not None and hold.code in (CANCELLED, "voided_in_xero") for hold in holds)
        return sum(hold is None for hold in holds), len(holds), cancelled

    def outcome(self, access: Access, page: RunPage) -> tuple[Sequence[tuple[Document, str]], int]:
        """What a run that cancels has come to: the first cancellations, each done or with the reason for which its
        invoice stays, and the id of that invoice's row; and how many there are."""
        run, connection = page.view.run, page.row.connection
        if not run.counts.get(TO_CANCEL) or connection is None or connection.id != run.connection_id:
            return (), 0
        found: list[Document] = []
        count, after = 0, None
        with self._units.read() as uow:
            while True:
                rows, after = uow.ledger.page(
                    access.gallery_id, connection.tenant_id, kind=DocumentKind.INVOICE_VOID, run=run, after=after,
                    limit=PAGE,
                )  # fmt: skip
                count += len(rows)
                found += rows[: LISTED_AT_MOST - len(found)]
                if after is None:
                    break
            ids = [row.parent_local_id for row in found]
            invoices = uow.ledger.known(access.gallery_id, connection.tenant_id, DocumentKind.INVOICE, ids)
        return [(row, invoices[row.parent_local_id].id) for row in found], count

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
            wanted = []
            for document in chosen:
                overtake(uow, known[DocumentKind.INVOICE_UPDATE].get(document.local_id, ()))
                voids = known[DocumentKind.INVOICE_VOID].get(document.local_id, ())
                again = cancellation(document, voids)
                wanted.append(again)
                for before in voids:
                    if before.local_revision == again.local_revision:  # asked for before, and it stayed
                        uow.ledger.refresh(before.id, again)
                        uow.ledger.move(before.id, expect=[DocumentState.SKIPPED], to=DocumentState.PENDING)
                uow.audit.add(access.gallery_id, actor, ASKED_FOR, subject=document.id)
            uow.ledger.insert(wanted)
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

    def may_be_draft(self, row: Document) -> bool:
        """Whether the invoice was sent as a draft or for approval, and nobody has noticed that it was approved."""
        return row.reason_code == DRAFT or self.webservice.settings.invoice_status is not InvoiceStatus.AUTHORISED

    def _sent(self, row: Document) -> bool:
        at, end = row.first_sent_at, self.run.finished_at
        return at is not None and self.run.created_at <= at and (end is None or at <= end)

    def _obstacle(self, row: Document, family: Family) -> Hold | None:
        facts = {"number": row.label}
        rows = {kind: [one for one in family[kind].get(row.local_id, ()) if one.deleted_at is None] for kind in _CHILDREN}
        voids = of_this_one(row, rows[DocumentKind.INVOICE_VOID])
        voids = [one for one in voids if one.state is not DocumentState.SKIPPED]
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
        if not self.may_be_draft(row) and self._day(row.first_sent_at) != self._day(self.now):
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
