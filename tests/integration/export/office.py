"""A gallery, our real tables, and the simulated Xero's real server: everything but the browser and Redis.

`office.sync()` is a person who presses Sync now and a worker that answers the bell until it is quiet.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import Engine

from galleria_xero_plugin.db.uow import SqlUnits
from galleria_xero_plugin.db.vault import Vault, generate_key
from galleria_xero_plugin.domain.model import Invoice
from galleria_xero_plugin.domain.settings import AccountMapping, Settings
from galleria_xero_plugin.domain.states import DocumentKind, RunTrigger
from galleria_xero_plugin.ports.records import Actor, Connection, Document, Run
from galleria_xero_plugin.ports.xero import Answer, Secret, TokenSet, XeroRequest, XeroTenant
from galleria_xero_plugin.services.calls import Calls
from galleria_xero_plugin.services.export import Export
from galleria_xero_plugin.services.export.session import Timings
from galleria_xero_plugin.services.lease import Leases
from galleria_xero_plugin.services.reference import Reference
from galleria_xero_plugin.services.runs import Runs
from galleria_xero_plugin.services.tokens import Tokens
from galleria_xero_plugin.simulator import NORTH_LIGHT, Simulator, SimulatorSettings, World
from galleria_xero_plugin.simulator.core.signing import SigningKey
from galleria_xero_plugin.testing import FakeGallery, factories
from galleria_xero_plugin.xero.client import XeroClient
from galleria_xero_plugin.xero.oauth import XeroLogin
from tests.helpers.schema import new_engine

OWNER = Actor("u-1", "Nora Light")
BUYER = factories.make_contact("c-9", "Wilhelmina", "Oakes")
START = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
OFFLINE_PAUSE = dt.timedelta(minutes=5)


SIGNING_KEY = SigningKey()
"""One for all: making an RSA key takes longer than most tests."""


def a_simulator() -> Simulator:
    """A simulated Xero with seeded books whose time the test owns."""
    return Simulator(world=World(SimulatorSettings(limits=False), OwnTime(), key=SIGNING_KEY))


class Bell:
    """A queue that remembers its rings."""

    def __init__(self) -> None:
        self.rings: list[str] = []

    def ring_export(self, connection_id: str) -> bool:
        self.rings.append(connection_id)
        return True

    def ring_contacts(self, connection_id: str) -> bool:
        return True

    def ring_reference(self, connection_id: str) -> bool:
        return True

    def alive(self) -> bool:
        return True


class OwnTime:
    """One clock for the database and the process, moved by hand."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> dt.datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - START).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.at += dt.timedelta(seconds=seconds)

    def pass_by(self, **time: float) -> None:
        self.at += dt.timedelta(**time)


class Line:
    """The line to Xero, where something may happen before a request goes out (what `before` returns is then the
    answer, and Xero never hears of it) or after its answer came."""

    def __init__(self, api: XeroClient) -> None:
        self._api = api
        self.before: Callable[[XeroRequest[Any]], Answer[Any] | None] = lambda request: None
        self.after: Callable[[XeroRequest[Any]], None] = lambda request: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._api, name)

    def send(self, request: XeroRequest[Any], access: Any, **more: Any) -> Answer[Any]:
        instead = self.before(request)
        answer = instead or self._api.send(request, access, **more)
        self.after(request)
        return answer


class Office:
    """One gallery connected to one simulated organisation."""

    def __init__(
        self, simulator: Simulator, database: str | Engine, *, gallery: FakeGallery | None = None
    ) -> None:
        self.simulator = simulator
        self.gallery = gallery or FakeGallery()
        clock = simulator.world.clock
        self.time = clock if isinstance(clock, OwnTime) else OwnTime()
        self.gallery.now = self.time.now
        self.bell = Bell()
        self.ended: list[Run] = []
        self.lost: list[str] = []
        self.engine = engine = new_engine(database) if isinstance(database, str) else database
        self.units = SqlUnits(engine, Vault([generate_key()]), now=self.time.now)
        self.api = Line(XeroClient(f"{simulator.url}/api.xro/2.0"))
        self.runs = Runs(self.units, self.bell)
        self.connection = self._connect()
        self.reference_data = self.reference().refresh(self.connection.id)
        self.save(self.settings())

    # -- set-up

    def _connect(self) -> Connection:
        granted = self.simulator.connect()
        tokens = TokenSet(Secret(granted["access_token"]), Secret(granted["refresh_token"]), 1_800_000)
        gallery_id = self.gallery.gallery_id
        with self.units.write() as uow:
            self.webservice = uow.webservices.add(gallery_id, Settings(), OWNER)
            tenant = XeroTenant("conn-1", NORTH_LIGHT, "ORGANISATION", "North Light Gallery")
            connection = uow.connections.connect(gallery_id, self.webservice.id, tenant, tokens)
            uow.commit()
        return connection

    def auth(self) -> XeroLogin:
        app = self.simulator.world.settings.apps[0]
        base = self.simulator.url
        return XeroLogin(
            app.client_id,
            Secret(app.client_secret),
            app.redirect_uris[0],
            token_url=f"{base}/connect/token",
            connections_url=f"{base}/connections",
        )

    def calls(self) -> Calls:
        tokens = Tokens(self.units, self.auth(), self.time, notify_reconnect=lambda connection: None)
        limits = {"per_minute": 0, "day_reserve": 0, "offline_pause": OFFLINE_PAUSE}
        return Calls(self.units, self.api, tokens, self.time, **limits, lost=self._lost)

    def _lost(self, connection_id: str) -> bool:
        self.lost.append(connection_id)
        with self.units.write() as uow:
            uow.connections.close(connection_id, "disconnected")
            uow.commit()
        return True

    def reference(self) -> Reference:
        return Reference(self.units, self.api, self.calls(), self.time)

    def export(self, *, worker: str = "worker-1", slice_seconds: int = 10_000) -> Export:
        return Export(
            self.units,
            self.gallery,
            self.api,
            self.calls(),
            Leases(self.units, owner=worker, seconds=120),
            self.reference(),
            self.bell,
            self.time,
            Timings(
                settle=dt.timedelta(seconds=180),
                key_window=dt.timedelta(seconds=360),
                quiet_period=dt.timedelta(hours=1),
                send_deadline=10,
                slice=slice_seconds,
            ),
            worker=worker,
            finished=lambda connection, run: self.ended.append(run),
        )

    # -- what the owner does

    def sell(self, **fields: object) -> Invoice:
        """An invoice to a buyer of whom Xero has never heard."""
        return self.gallery.add_invoice(**({"contact": BUYER} | fields))

    def account(self, code: str) -> str:
        return next(a.id for a in self.reference_data.accounts if a.code == code)

    def mapping(self, **changes: object) -> AccountMapping:
        chosen = AccountMapping(
            sales=self.account("200"),
            banks={method: self.account("090") for method in ("bank", "cash", "card")},
            tax_rates={"vat-20": "OUTPUT2", "vat-0": "ZERORATEDOUTPUT"},
            rounding=next(a.id for a in self.reference_data.accounts if a.system == "ROUNDING"),
        )
        return replace(chosen, **changes)

    def settings(self, **changes: object) -> Settings:
        chosen = Settings(copy_existing=True, sync_from=dt.date(2026, 1, 1), mapping=self.mapping())
        return replace(chosen, **changes)

    def save(self, settings: Settings) -> None:
        with self.units.write() as uow:
            self.webservice = uow.webservices.get(self.webservice.gallery_id, self.webservice.id)
            self.webservice = uow.webservices.save_settings(
                self.webservice.gallery_id,
                self.webservice.id,
                settings,
                expected_version=self.webservice.version,
                actor=OWNER,
            )
            uow.webservices.mark(self.webservice.id, mapping_completed=True)
            uow.commit()

    def press_sync(self, trigger: RunTrigger = RunTrigger.PERSON) -> Run:
        return self.runs.start_export(self.webservice.gallery_id, self.webservice.id, OWNER, trigger)

    def work(self, export: Export | None = None, most: int = 50) -> None:
        """A worker that answers the bell until it is quiet."""
        export = export or self.export()
        for _ in range(most):
            if not self.bell.rings:
                return
            self.bell.rings, rings = [], self.bell.rings
            for connection_id in dict.fromkeys(rings):
                export.drain(connection_id)
        raise AssertionError("the bell never stops ringing")

    def sync(self) -> Run:
        run = self.press_sync()
        self.work()
        return self.run(run.id)

    def ring(self) -> None:
        """What the sweep does."""
        self.bell.ring_export(self.connection.id)
        self.work()

    # -- what stands where

    def run(self, run_id: str) -> Run:
        with self.units.read() as uow:
            found = uow.runs.get(self.webservice.gallery_id, run_id)
        assert found is not None
        return found

    def document(self, kind: DocumentKind, local_id: str) -> Document:
        with self.units.read() as uow:
            return uow.ledger.known(self.webservice.gallery_id, NORTH_LIGHT, kind, [local_id])[local_id]

    def waiting(self) -> dict[str, int]:
        with self.units.read() as uow:
            return dict(uow.ledger.waiting_codes(self.webservice.gallery_id, NORTH_LIGHT))

    def states(self) -> dict[str, int]:
        with self.units.read() as uow:
            counts = uow.ledger.counts(self.webservice.gallery_id, NORTH_LIGHT)
        return {f"{kind} {state}": n for (kind, state), n in counts.items() if n}
