"""The host's site: its gallery, its database, and the services as the composition root puts them together."""

from __future__ import annotations

import atexit
import contextlib
import functools
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine

from galleria_xero_plugin import config
from galleria_xero_plugin.db import migrate
from galleria_xero_plugin.db.uow import SqlUnit, SqlUnits
from galleria_xero_plugin.db.vault import Vault, generate_key, parse_keys
from galleria_xero_plugin.domain.comparison import Comparison
from galleria_xero_plugin.domain.settings import AccountMapping, Schedule, ScheduleKind, Settings
from galleria_xero_plugin.domain.states import RunKind, RunTrigger
from galleria_xero_plugin.errors import GalleriaXeroError
from galleria_xero_plugin.extension import compose
from galleria_xero_plugin.ports.records import Actor, Connection, Document, Webservice
from galleria_xero_plugin.ports.xero import Secret
from galleria_xero_plugin.proxies import State
from galleria_xero_plugin.simulator.core.seeds import NORTH_LIGHT
from galleria_xero_plugin.simulator.core.world import World
from galleria_xero_plugin.testing import FakeGallery, factories
from galleria_xero_plugin.xero.client import XeroClient

from .clockwork import START, Clockwork
from .wire import Login, Wire

XERO = "http://xero.test"
OWNER = Actor("u-1", "Nora Light")
ACCESS = factories.make_access()
SYNC_FROM = START.date().replace(month=1, day=1)
KEY = generate_key()
AT_THE_DATABASE = BEFORE, AFTER = "before a transaction", "after a commit"
"""Steps at which the line to the database may break; after a commit nobody knows whether it happened."""
ROWS = 500
"""More than a universe ever has."""


class Bell:
    """The doorbell (`ports.runtime.JobQueue`); `ring` decides what becomes of it."""

    def __init__(self, ring: Callable[[str, Callable[[], object]], None]) -> None:
        self._ring = ring
        self.site: Site | None = None

    def ring_export(self, connection_id: str) -> bool:
        self._ring("drain", functools.partial(self._drain, connection_id))
        return True

    def ring_contacts(self, connection_id: str) -> bool:
        return True

    def ring_reference(self, connection_id: str) -> bool:
        self._ring("reference", functools.partial(self._refresh, connection_id))
        return True

    def alive(self) -> bool:
        return True

    def _drain(self, connection_id: str) -> None:
        assert self.site is not None
        self.site.services.export.drain(connection_id)

    def _refresh(self, connection_id: str) -> None:
        assert self.site is not None
        with contextlib.suppress(GalleriaXeroError):  # as the job's ladder does
            self.site.services.reference.refresh(connection_id)


class WatchedUnits(SqlUnits):
    """Units of work with a step before and after each writing one: there a worker may die or freeze. In between it
    cannot be frozen, because it holds the database's lock; dying there is the same as dying before."""

    def __init__(self, engine: Engine, step: Callable[[str], None], **more: Any) -> None:
        super().__init__(engine, Vault([KEY]), **more)
        self._step = step

    def write(self, *, patience: float = 0.0) -> SqlUnit:
        _, own, _ = self._engines()
        unit = _WatchedUnit(own, self._vault, self._now, writing=True, patience=patience)
        unit.step = self._step
        return unit

    def read(self) -> SqlUnit:
        self._step("")
        return super().read()


class _WatchedUnit(SqlUnit):
    step: Callable[[str], None]

    def __enter__(self) -> SqlUnit:
        self.step(BEFORE)
        return super().__enter__()

    def commit(self) -> None:
        super().commit()
        self.step(AFTER)


class Database:
    """One SQLite file for all universes of a process: its migrated, empty state is copied back for each, so that
    neither the migrations nor the compiled statements are made anew."""

    def __init__(self) -> None:
        shared_memory = Path("/dev/shm")
        self._folder = tempfile.mkdtemp(prefix="chaos-", dir=shared_memory if shared_memory.is_dir() else None)
        atexit.register(self._close)
        self.engine = create_engine(
            f"sqlite:///{self._folder}/site.db",
            # The connection used last knows the pages and has the statements prepared.
            pool_use_lifo=True,
            connect_args={"cached_statements": 1000},
        )
        event.listen(self.engine, "connect", self._hurry)
        migrate.upgrade(self.engine)
        self.empty = self.snapshot()

    def _close(self) -> None:
        self.empty.close()
        self.engine.dispose()
        shutil.rmtree(self._folder, ignore_errors=True)

    @staticmethod
    def _hurry(connection: sqlite3.Connection, _: object) -> None:
        # Nobody pulls the plug here: what a crash leaves behind is decided by transactions, not by the disk.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")

    def snapshot(self) -> sqlite3.Connection:
        """A backup."""
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        with self._raw() as live:
            live.backup(copy)
        return copy

    def restore(self, backup: sqlite3.Connection) -> None:
        """The database is as it was then."""
        with self._raw() as live:
            backup.backup(live)

    @contextlib.contextmanager
    def _raw(self) -> Iterator[sqlite3.Connection]:
        raw = self.engine.raw_connection()
        try:
            yield raw.driver_connection  # type: ignore[misc]
        finally:
            raw.close()


@functools.cache
def database() -> Database:
    """This process's."""
    return Database()


class Site:
    """One gallery on it, and what its owner does on the plugin's pages."""

    def __init__(
        self, clockwork: Clockwork, world: World, wire: Wire, bell: Bell, step: Callable[[str], None], quiet: int
    ) -> None:
        self.database = database()
        self.database.restore(self.database.empty)
        self.gallery = FakeGallery()
        self.gallery_id = self.gallery.gallery_id
        self._world = world
        app = world.settings.apps[0]
        values = {
            "CLIENT_ID": app.client_id, "CLIENT_SECRET": app.client_secret, "REDIRECT_URI": app.redirect_uris[0],
            "TOKEN_KEYS": [KEY], "REDIS_URL": "redis://localhost", "ALLOW_OTHER_HOSTS": True, "QUIET_PERIOD": quiet,
            "CALLS_PER_MINUTE": 0,
        }  # fmt: skip
        values |= dict.fromkeys(("AUTHORIZE_URL", "JWKS_URL", "DEEP_LINK_URL"), XERO)
        paths = {"API_URL": "/api.xro/2.0", "TOKEN_URL": "/connect/token", "CONNECTIONS_URL": "/connections"}
        values |= {name: XERO + path for name, path in paths.items()}
        settings = {config.PREFIX + name: value for name, value in values.items()}
        config.set_defaults(settings)
        self.config = config.read(settings, production=False, check_keys=parse_keys)
        self.units = WatchedUnits(self.database.engine, step, now=clockwork.now)
        api = XeroClient(self.config.api_url, now=lambda: clockwork.now().timestamp())
        api._transport = wire  # type: ignore[assignment]
        auth = Login(
            wire,
            app.client_id,
            Secret(app.client_secret),
            app.redirect_uris[0],
            authorize_url=f"{XERO}/identity/connect/authorize",
            token_url=self.config.token_url,
            connections_url=self.config.connections_url,
            now=lambda: clockwork.now().timestamp(),
            clock=clockwork.monotonic,
        )
        self.state: State = compose(
            self.config, self.gallery, self, self.units, bell, clockwork, auth, api, lambda page, values: f"/{page}"
        )
        self.services = self.state.services
        bell.site = self
        self.mails: list[str] = []

    def send(self, mail: Any) -> None:
        """Its mailer."""
        self.mails.append(mail.subject)

    # -- what the owner does on the pages

    def connect(self, webservice_id: str) -> None:
        """Allow access, and the way back from Xero."""
        connect = self.services.connect
        url = connect.begin(ACCESS, webservice_id, "browser")
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        user = self._world.settings.users[0]
        code = self._world.identity.consent(asked, user.email, [NORTH_LIGHT], self._world.clock.now())
        connect.complete(ACCESS, "browser", state=asked["state"], code=Secret(code), error=None)

    def create(self, prefix: str, *, scheduled: bool) -> str:
        """New Webservice."""
        settings = Settings(prefix=prefix, scheduled=scheduled, schedule=Schedule(ScheduleKind.EVERY_15_MINUTES))
        return self.services.connect.create(ACCESS, settings).id

    def complete_settings(self, webservice_id: str, **changes: Any) -> bool:
        """Update Webservice, with everything chosen; False while the accounts are not known."""
        reference = self.services.reference.current(self.gallery_id, NORTH_LIGHT)
        if reference is None:
            return False
        accounts = {account.code: account.id for account in reference.accounts}
        mapping = AccountMapping(
            sales=accounts["200"],
            banks=dict.fromkeys(("bank", "cash", "card"), accounts["090"]),
            tax_rates={"vat-20": "OUTPUT2", "vat-0": "ZERORATEDOUTPUT"},
            rounding=next(account.id for account in reference.accounts if account.system == "ROUNDING"),
        )
        with self.units.write() as uow:
            webservice = uow.webservices.get(self.gallery_id, webservice_id)
            settings = replace(
                webservice.settings, copy_existing=True, sync_from=SYNC_FROM, mapping=mapping, **changes
            )
            uow.webservices.save_settings(
                self.gallery_id, webservice_id, settings, expected_version=webservice.version, actor=OWNER
            )
            uow.webservices.mark(webservice_id, mapping_completed=True)
            uow.commit()
        return True

    def read_accounts(self, webservice_id: str) -> None:
        """The button on the settings page."""
        connection = self.connection(webservice_id)
        assert connection is not None
        self.services.reference.refresh(connection.id)

    def press_sync(self, webservice_id: str) -> None:
        self.services.runs.start_export(self.gallery_id, webservice_id, OWNER, RunTrigger.PERSON)

    def try_again(self, webservice_id: str, ids: list[str]) -> int:
        return self.services.runs.send_again(self.gallery_id, webservice_id, ids, OWNER)[1]

    def restored(self) -> None:
        """`flask galleria-xero restored`."""
        with self.units.write() as uow:
            until = uow.now() + self.config.key_window
            uow.connections.quarantine(until)
            uow.comparisons.hasten(until)
            uow.commit()

    # -- what can be seen

    def webservice(self) -> Webservice | None:
        with self.units.read() as uow:
            found = uow.webservices.of_gallery(self.gallery_id)
        return found[0] if found else None

    def connection(self, webservice_id: str) -> Connection | None:
        with self.units.read() as uow:
            return uow.connections.of_webservice(self.gallery_id, webservice_id)

    def run_open(self, connection_id: str) -> bool:
        with self.units.read() as uow:
            return uow.runs.open_of(connection_id, RunKind.EXPORT) is not None

    def compared(self, webservice_id: str) -> Comparison:
        """`flask galleria-xero reconcile`."""
        connection = self.connection(webservice_id)
        assert connection is not None
        return self.services.export.compare(connection.id)

    def rows(self) -> list[Document]:
        """The whole ledger."""
        with self.units.read() as uow:
            found, _ = uow.ledger.page(self.gallery_id, NORTH_LIGHT, limit=ROWS)
        return list(found)
