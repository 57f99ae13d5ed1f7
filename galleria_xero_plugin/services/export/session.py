"""What a worker holds while it works for one organisation."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from ...domain.accounting import ReferenceData, XeroInvoice
from ...domain.contacts import ContactIndex
from ...domain.correcting import XeroCreditNote
from ...domain.deciding import Desk
from ...domain.model import GalleryInfo, Invoice, PaymentMethod, TaxOption
from ...domain.reasons import Hold
from ...domain.settings import Settings
from ...domain.states import DocumentKind
from ...ports.gallery import Gallery
from ...ports.records import Connection, Document, Run, Webservice
from ...ports.runtime import Clock
from ...ports.store import UnitOfWork, Units
from ...ports.xero import ResultPage, XeroApi, XeroRequest
from ..calls import OrganisationCalls
from ..lease import PATIENCE, Lease
from .gate import OPEN, Gate
from .intake import Intake

Changing = TypeVar("Changing", XeroInvoice, XeroCreditNote)

BATCH = 50
"""Documents in one request (xero-facts §2.3)."""


@dataclass(frozen=True, slots=True)
class Timings:
    """The protocol's waiting times (`config`); the last two in seconds."""

    settle: dt.timedelta
    key_window: dt.timedelta
    quiet_period: dt.timedelta
    send_deadline: int
    slice: int


@dataclass(frozen=True, slots=True)
class Tools:
    """What every phase needs, the same for all organisations."""

    units: Units
    gallery: Gallery
    api: XeroApi
    clock: Clock
    timings: Timings
    worker: str


@dataclass
class Session:
    """One slice of work for one organisation, under its lease."""

    tools: Tools
    connection: Connection
    webservice: Webservice
    lease: Lease
    calls: OrganisationCalls
    run: Run | None
    info: GalleryInfo
    reference: ReferenceData
    tax_options: Mapping[str, TaxOption]
    methods: Mapping[str, PaymentMethod]
    ends_at: float
    stop: Callable[[], bool]
    comparing: bool = False
    contact_index: ContactIndex | None = None
    contact_owners: dict[str, str] = field(default_factory=dict)
    own_invoices: Mapping[str, XeroInvoice] | None = None
    books: tuple[dt.date, Sequence[XeroInvoice]] | None = None
    gate: Gate = OPEN
    approval_done: bool = False

    @property
    def intake(self) -> Intake:
        """How the gallery's invoices enter this organisation's ledger."""
        return Intake(self.connection, self.webservice, self.info, self.tools.timings.quiet_period)

    @property
    def desk(self) -> Desk:
        """What the decisions about documents rest on."""
        return Desk(self.settings, self.reference, self.tax_options, self.methods, self.info.base_currency)

    @property
    def gallery_id(self) -> str:
        return self.connection.gallery_id

    @property
    def tenant_id(self) -> str:
        return self.connection.tenant_id

    @property
    def settings(self) -> Settings:
        return self.webservice.settings

    @property
    def out_of_time(self) -> bool:
        """Whether this slice is over and others shall go first."""
        return self.stop() or self.tools.clock.monotonic() >= self.ends_at

    @contextlib.contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """A writing unit of work, which renews the lease first. Raises LeaseLost: whoever was frozen for minutes
        must not conclude anything from what it read before (R8)."""
        with self.tools.units.write(patience=PATIENCE) as uow:
            self.lease.hold(uow)
            yield uow

    def read(self) -> UnitOfWork:
        return self.tools.units.read()

    def settings_changed(self, uow: UnitOfWork) -> bool:
        """Whether somebody has saved the settings, or deleted the webservice, since this slice began."""
        current = uow.webservices.get(self.gallery_id, self.webservice.id)
        return current is None or current.version != self.webservice.version

    def due(
        self, uow: UnitOfWork, kind: DocumentKind, limit: int, *, one_per_parent: bool = False
    ) -> Sequence[Document]:
        """`LedgerStore.due`, as far as the gate lets anything through."""
        only = self.gate.lets(kind)
        if only is not None and not only:
            return ()
        scope = (self.gallery_id, self.tenant_id)
        return uow.ledger.due(*scope, kind, limit, one_per_parent=one_per_parent, only=only)

    def invoices(self, ids: Sequence[str]) -> dict[str, Invoice]:
        """The gallery's invoices as they are now, by id."""
        unique = list(dict.fromkeys(ids))
        return {invoice.id: invoice for invoice in self.tools.gallery.invoices(self.gallery_id, unique)}

    def standing(self, ids: Sequence[str]) -> dict[str, XeroInvoice]:
        """Invoices in Xero with their payments, by id. Always paged: unpaged lists drop the payments."""
        if not ids:
            return {}
        page = self.calls.read(self.tools.api.invoices_by_id(list(dict.fromkeys(ids))))
        return {invoice.id: invoice for invoice in page.items}

    def take(self, invoices: Sequence[Invoice], *, found_by: str = "found") -> int:
        """Bring these invoices into the ledger, or what is there up to date; how many were new (`found_by` is what
        they are counted as)."""
        with self.write() as uow:
            found = self.intake.take(uow, invoices, uow.now())
            self.note(uow, **{found_by: found})
            uow.commit()
        return found

    def note(self, uow: UnitOfWork, *, step: str | None = None, **counts: int) -> None:
        """Add to the run's counts (`progress`), when there is a run."""
        if self.run is not None and (step or any(counts.values())):
            uow.runs.progress(self.run.id, step=step, add={name: n for name, n in counts.items() if n})

    def say(self, step: str) -> None:
        """Tell a watching person what is being done."""
        if self.run is not None:
            with self.write() as uow:
                uow.runs.progress(self.run.id, step=step)
                uow.commit()


@dataclass(frozen=True, slots=True)
class Held:
    """A ledger row that is not sent now, and why; `asked` when only a person's answer lets it go on."""

    row: Document
    hold: Hold
    for_good: bool = False
    asked: bool = False


STEP_BACK = dt.timedelta(minutes=1)
"""How far before the last record of a page the next one begins."""


def next_place(
    page: int, since: dt.datetime | None, last_change: dt.datetime | None
) -> tuple[int, dt.datetime | None]:
    """(page, since) to go on from in a list that is in the order of change.

    By the time of the last record and not by counting: a record that is edited meanwhile moves to the end, and what
    comes after a counted page would be one further. Counted only while a page is all of one time.
    """
    reached = last_change - STEP_BACK if last_change else None
    if reached is not None and (since is None or reached > since):
        return 1, reached
    return page + 1, since


def in_order_of_change(
    session: Session, ask: Callable[..., XeroRequest[ResultPage[Changing]]]
) -> Iterator[Changing]:
    """All pages of such a list; what is edited meanwhile comes twice. Raises as `OrganisationCalls.read`."""
    page, since = 1, None
    while True:
        found = session.calls.read(ask(page, modified_since=since))
        yield from found.items
        if not found.more:
            return
        session.lease.must_hold()
        page, since = next_place(page, since, found.items[-1].updated_at if found.items else None)


def span(first: str, last: str) -> str:
    """What a batch reaches from and to, for a person who watches."""
    return first if first == last else f"{first} to {last}"
