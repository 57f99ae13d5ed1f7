"""What a worker holds while it works for one organisation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ...domain.accounting import ReferenceData
from ...domain.contacts import ContactIndex
from ...domain.model import GalleryInfo, Invoice, PaymentMethod, TaxOption
from ...domain.reasons import Hold
from ...domain.settings import Settings
from ...ports.gallery import Gallery
from ...ports.records import Connection, Document, Run, Webservice
from ...ports.runtime import Clock
from ...ports.store import UnitOfWork, Units
from ...ports.xero import XeroApi
from ..calls import OrganisationCalls
from ..lease import PATIENCE, Lease
from .intake import Intake

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
    contact_index: ContactIndex | None = None
    contact_owners: dict[str, str] = field(default_factory=dict)
    asked_again: bool = False

    @property
    def intake(self) -> Intake:
        """How the gallery's invoices enter this organisation's ledger."""
        return Intake(self.connection, self.webservice, self.info, self.tools.timings.quiet_period)

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

    def write(self) -> UnitOfWork:
        """A writing unit of work with a worker's patience."""
        return self.tools.units.write(patience=PATIENCE)

    def read(self) -> UnitOfWork:
        return self.tools.units.read()

    def invoices(self, ids: Sequence[str]) -> dict[str, Invoice]:
        """The gallery's invoices as they are now, by id."""
        unique = list(dict.fromkeys(ids))
        return {invoice.id: invoice for invoice in self.tools.gallery.invoices(self.gallery_id, unique)}

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
    """A ledger row that is not sent now, and why."""

    row: Document
    hold: Hold
    for_good: bool = False
