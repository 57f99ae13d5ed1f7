"""The services on a real database of their own, with everything foreign in memory."""

import datetime as dt
import shutil
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine

from galleria_xero_plugin.db import SqlUnits, Vault, migrate
from galleria_xero_plugin.domain.settings import Settings
from galleria_xero_plugin.services.calls import Calls
from galleria_xero_plugin.services.connect import Connect
from galleria_xero_plugin.services.contact_import import ContactImport
from galleria_xero_plugin.services.lease import Leases
from galleria_xero_plugin.services.notify import Notify
from galleria_xero_plugin.services.reference import Reference
from galleria_xero_plugin.services.runs import Runs
from galleria_xero_plugin.services.schedule import Schedules
from galleria_xero_plugin.services.tokens import Tokens
from galleria_xero_plugin.testing.factories import make_access
from galleria_xero_plugin.testing.memory import FakeGallery

from .fakes import KEYS, NORTH, FakeApi, FakeAuth, FakeMailer, FakeQueue, HandClock


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """A migrated SQLite file; every test gets a copy."""
    path = tmp_path_factory.mktemp("services") / "site.db"
    _migrate(f"sqlite:///{path}")
    return path


def _migrate(url):
    engine = create_engine(url)
    migrate.upgrade(engine)
    engine.dispose()


@pytest.fixture
def database(request, migrated, tmp_path):
    """The URL of a migrated database: SQLite, or what a test file asks for by `parametrize(..., indirect=True)`."""
    if getattr(request, "param", "sqlite") == "postgresql":
        url = request.getfixturevalue("postgres_url")
        _migrate(url)
        return url
    shutil.copy(migrated, tmp_path / "site.db")
    return f"sqlite:///{tmp_path / 'site.db'}"


@pytest.fixture
def clock():
    return HandClock()


class House(SimpleNamespace):
    """All services of one app, and the fakes behind them."""

    def webservice(self, **settings):
        """A webservice without a connection."""
        return self.connect.create(self.access, Settings(**({"sync_from": None} | settings)))

    def connected(self, tenant=NORTH, **settings):
        """(webservice, connection), connected without the browser's way."""
        webservice = self.webservice(**settings)
        with self.units.write() as uow:
            connection = uow.connections.connect(self.access.gallery_id, webservice.id, tenant, self.auth.tokens())
            uow.commit()
        return webservice, connection

    def read(self, look):
        with self.units.read() as uow:
            return look(uow)

    def connection(self, connection_id):
        return self.read(lambda uow: uow.connections.get(connection_id))

    def complete_mapping(self, webservice):
        with self.units.write() as uow:
            uow.webservices.mark(webservice.id, mapping_completed=True)
            uow.commit()

    def audited(self):
        return [entry.action for entry in self.read(lambda uow: uow.audit.latest(self.access.gallery_id))]


@pytest.fixture
def house(database, clock):
    engine = create_engine(database, connect_args={"timeout": 1} if database.startswith("sqlite") else {})
    units = SqlUnits(engine, Vault(KEYS), now=clock)
    gallery, queue, mailer = FakeGallery(), FakeQueue(), FakeMailer()
    auth, api = FakeAuth(clock), FakeApi()
    notify = Notify(units, gallery, mailer, "https://site.example", lambda endpoint, values: f"/xero/{endpoint}")
    tokens = Tokens(units, auth, clock, notify_reconnect=notify.reconnect_needed)
    runs = Runs(units, queue)
    schedules = Schedules(units, gallery, runs, queue, tokens, notify, clock)
    calls = Calls(
        units, api, tokens, clock, per_minute=0, day_reserve=0, offline_pause=dt.timedelta(minutes=5),
        lost=lambda id: house.connect.noticed_lost(id),
    )  # fmt: skip
    reference = Reference(units, api, calls, clock)
    leases = Leases(units, owner="test", seconds=120)
    house = House(
        units=units, gallery=gallery, queue=queue, mailer=mailer, auth=auth, api=api, clock=clock, notify=notify,
        tokens=tokens, runs=runs, schedules=schedules, calls=calls, reference=reference, leases=leases,
        access=make_access(),
        connect=Connect(
            units, auth, tokens, runs, reference, schedules, queue, clock, gallery=gallery, notify=notify
        ),
        contact_import=ContactImport(
            units, gallery, api, calls, leases, queue, clock, SimpleNamespace(slice=20)
        ),
    )  # fmt: skip
    yield house
    engine.dispose()
