"""A gallery site that is connected to the simulated Xero, its Valkey, and workers that are real processes.

The times of the protocol are scaled down, so that what recovers within minutes in life does so in seconds here.
`until` looks for due work while it waits, as a cron with `flask galleria-xero sweep` would; a worker that is
started with its own tick needs nobody who does.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import text

from galleria_xero_plugin.db.vault import generate_key
from galleria_xero_plugin.demo import guard, host
from galleria_xero_plugin.demo.counting import Side, differences, gallery_side
from galleria_xero_plugin.demo.models import db
from galleria_xero_plugin.demo.processes import Processes
from galleria_xero_plugin.demo.site import CONFIG_FILE
from galleria_xero_plugin.domain.settings import AccountMapping, Settings
from galleria_xero_plugin.domain.states import RunTrigger
from galleria_xero_plugin.ports.records import Actor, Connection, Run
from galleria_xero_plugin.ports.xero import Secret, TokenSet, XeroTenant
from galleria_xero_plugin.proxies import state
from galleria_xero_plugin.simulator.core.seeds import NORTH_LIGHT
from galleria_xero_plugin.simulator.core.settings import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET
from tests.conftest import ROOT
from tests.helpers.servers import Valkey
from tests.helpers.waiting import wait_until

from . import rows
from .xero import KEY_WINDOW, SimulatedXero

APP = "galleria_xero_plugin.demo.host:create_app"
OWNER = Actor("1", "Nora Light")
LEASE, SETTLE = 5, 2
TOKEN_KEY = generate_key()
SWEEP_EVERY = 0.5


def configuration(xero: SimulatedXero, valkey: Valkey, database_url: str, site_url: str) -> dict[str, Any]:
    """The site's configuration; tests change it before the first process starts."""
    plugin = {
        "CLIENT_ID": DEFAULT_CLIENT_ID, "CLIENT_SECRET": DEFAULT_CLIENT_SECRET, "TOKEN_KEYS": [TOKEN_KEY],
        "REDIRECT_URI": f"{site_url}{host.PREFIX}/callback", "REDIS_URL": valkey.url, "SITE_URL": site_url,
        "AUTHORIZE_URL": f"{xero.url}/identity/connect/authorize", "TOKEN_URL": f"{xero.url}/connect/token",
        "JWKS_URL": f"{xero.url}/.well-known/openid-configuration/jwks", "CONNECTIONS_URL": f"{xero.url}/connections",
        "API_URL": f"{xero.url}/api.xro/2.0", "DEEP_LINK_URL": xero.url, "ALLOW_OTHER_HOSTS": True, "APP": APP,
        "CALLS_PER_MINUTE": 0, "DAY_RESERVE": 0, "QUIET_PERIOD": 0, "LEASE": LEASE, "SETTLE": SETTLE,
        "KEY_WINDOW": KEY_WINDOW,
    }  # fmt: skip
    return {
        "SECRET_KEY": "not secret", "DEMO_URL": site_url, "SQLALCHEMY_DATABASE_URI": database_url,
        **{f"GALLERIA_XERO_{name}": value for name, value in plugin.items()},
    }  # fmt: skip


class Worker:
    """A worker's process and the work horses that it forks."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def horses(self) -> list[int]:
        return guard.descendants(self.pid)

    def alive(self) -> bool:
        return guard.alive(self.pid)

    def kill(self, what: str) -> list[int]:
        """kill -9 of the "horse", of its "parent", or of "both"; the horses that there were."""
        horses = wait_until(self.horses, message="a work horse")
        victims = {"horse": horses, "parent": [self.pid], "both": [self.pid, *horses]}[what]
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not any(map(guard.alive, victims)), message="the victims' end")
        return horses

    def ask_to_stop(self, *, horses: bool = False) -> None:
        """SIGTERM, as a process manager sends it: to the worker, or to the whole family."""
        for pid in [self.pid, *(self.horses() if horses else ())]:
            os.kill(pid, signal.SIGTERM)


class Stage:
    """The site and everything around it; made by the fixture `stage`, or `stage_on` for another database."""

    def __init__(
        self, processes: Processes, xero: SimulatedXero, valkey: Valkey, database_url: str, listener: socket.socket
    ) -> None:
        self.processes, self.xero, self.valkey = processes, xero, valkey
        self.site_url = f"http://localhost:{listener.getsockname()[1]}"
        self._listener = listener
        self._swept = 0.0
        self._orphans: list[int] = []
        self.config = configuration(xero, valkey, database_url, self.site_url)
        self.configure()

    def configure(self, **changes: Any) -> None:
        """Processes that start from now on, and we ourselves, have these settings of the plugin."""
        self.config.update({f"GALLERIA_XERO_{name}": value for name, value in changes.items()})
        path = self.processes.folder / "config.json"
        path.write_text(json.dumps(self.config))
        self.processes.environment(
            PYTHONPATH=os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
            GALLERIA_XERO_APP=self.config["GALLERIA_XERO_APP"],
            **{CONFIG_FILE: str(path)},
        )
        self.app: Flask = host.create_app(self.config)

    # -- what the owner did already, and does

    def connect(self, settings: Settings | None = None) -> None:
        """Allow access and Update Webservice: connected, with accounts and tax rates chosen."""
        with self.app.app_context():
            now = state()
            with now.units.write() as uow:
                webservice = uow.webservices.add(str(rows.GALLERY), Settings(), OWNER)
                uow.commit()
            self.webservice_id = webservice.id
            connection = self.allow_access()
            data = now.services.reference.refresh(connection.id)
            accounts = {account.code: account.id for account in data.accounts}
            mapping = AccountMapping(
                sales=accounts["200"], banks={"1": accounts["090"]}, tax_rates={"1": "OUTPUT2", "2": "ZERORATEDOUTPUT"},
                rounding=next(account.id for account in data.accounts if account.system == "ROUNDING"),
            )  # fmt: skip
            wanted = settings or Settings(copy_existing=True)
            wanted = replace(wanted, sync_from=dt.date(2026, 1, 1), mapping=mapping)
            with now.units.write() as uow:
                uow.webservices.save_settings(
                    str(rows.GALLERY), webservice.id, wanted, expected_version=webservice.version, actor=OWNER
                )
                uow.webservices.mark(webservice.id, mapping_completed=True)
                uow.commit()

    def allow_access(self) -> Connection:
        """Connected, or connected anew."""
        self.tokens = self.xero.consent()
        tokens = TokenSet(Secret(self.tokens["access_token"]), Secret(self.tokens["refresh_token"]), 1_800)
        tenant = XeroTenant("c-1", NORTH_LIGHT, "ORGANISATION", "North Light Gallery")
        with self.app.app_context(), state().units.write() as uow:
            connection = uow.connections.connect(str(rows.GALLERY), self.webservice_id, tenant, tokens)
            uow.commit()
        self.connection_id = connection.id
        return connection

    def sell(self, invoices: int) -> None:
        rows.sell(self.app, invoices)

    def press_sync(self) -> str:
        with self.app.app_context():
            runs = state().services.runs
            return runs.start_export(str(rows.GALLERY), self.webservice_id, OWNER, RunTrigger.PERSON).id

    def import_contacts(self) -> str:
        with self.app.app_context():
            runs = state().services.runs
            return runs.start_contacts(str(rows.GALLERY), self.webservice_id, OWNER, RunTrigger.PERSON).id

    def page(self, path: str) -> str:
        """What the owner sees there; the address is that behind the plugin's own."""
        client = self.app.test_client()
        with client.session_transaction() as session:
            session.update(_user_id="1", _fresh=True)
        answer = client.get(f"{host.PREFIX}{path}")
        assert answer.status_code == 200, answer.text
        assert "Traceback" not in answer.text
        return answer.text

    # -- processes

    def worker(self, name: str = "worker", *, tick: bool = False, plain: bool = False) -> Worker:
        """`flask galleria-xero worker`, or a plain `rq worker`."""
        if plain:
            queue = ["-S", "json", "-u", self.valkey.url, "galleria_xero"]
            return Worker(self.processes.python(name, "-m", "rq.cli", "worker", *queue))
        command = ["galleria-xero", "worker", *([] if tick else ["--no-tick"])]
        return Worker(self.flask(name, *command))

    def flask(self, name: str, *command: str) -> int:
        """A `flask` command in a process of its own; its id."""
        return self.processes.python(name, "-m", "flask", "--app", self.config["GALLERIA_XERO_APP"], *command)

    def web(self) -> str:
        """The site's web server; its address."""
        fd = self._listener.fileno()
        self.processes.python("web", "-m", "galleria_xero_plugin.demo.web", str(fd), pass_fds=(fd,))
        return self.site_url

    def mourn(self, horses: list[int]) -> None:
        """Horses whose parent was killed: nobody else would end them."""
        self._orphans += horses

    def end(self) -> None:
        for pid in self._orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        rows.forget_connections(self.app)

    def logs(self) -> Iterator[Path]:
        yield from sorted(self.processes.folder.glob("*.log"))

    # -- waiting and looking

    def until(self, condition: Callable[[], Any], what: str, *, within: float = 40, sweeping: bool = True) -> Any:
        """Wait for a condition, and look for due work meanwhile."""

        def met() -> Any:
            if sweeping and time.monotonic() - self._swept > SWEEP_EVERY:
                self._swept = time.monotonic()
                with self.app.app_context():
                    state().services.schedules.sweep(housekeeping=False)
            return condition()

        return wait_until(met, within, what)

    def until_held(self) -> None:
        """A worker waits for the answer of the call that `xero.hold` was told of."""
        self.until(self.xero.holds, "the held call")

    def until_done(self, run_id: str, *, within: float = 60, sweeping: bool = True) -> Run:
        """The run's end; it must be a good one."""
        self.until(lambda: self.run(run_id).finished_at, "the end of the run", within=within, sweeping=sweeping)
        run = self.run(run_id)
        assert run.state == "finished", (run.state, run.error_code)
        return run

    def run(self, run_id: str) -> Run:
        with self.app.app_context(), state().units.read() as uow:
            found = uow.runs.get(str(rows.GALLERY), run_id)
        assert found is not None
        return found

    def pause_ends(self) -> str:
        """The organisation is left alone for some minutes: they pass. The reason for it."""
        with self.app.app_context(), db.engine.begin() as connection:
            reason = connection.execute(text("SELECT pause_reason FROM galleria_xero_connection")).scalar_one()
            connection.execute(text("UPDATE galleria_xero_connection SET paused_until = 1"))
        return str(reason)

    def lease_ends(self) -> None:
        """The claim of a dead worker has run out."""
        with self.app.app_context(), db.engine.begin() as connection:
            connection.execute(text("UPDATE galleria_xero_connection SET export_lease_until = 1"))

    def gallery_side(self) -> Side:
        with self.app.app_context():
            return gallery_side(db.engine, rows.GALLERY)

    def agrees(self) -> None:
        """Both sides are the same to the cent, and nothing was ever created twice."""
        made = self.xero.created()
        ours = self.gallery_side()
        assert dict(made) == {
            "Contacts": ours.contacts, "Invoices": len(ours.documents), "Payments": ours.count("payments")
        }  # fmt: skip
        assert self.xero.duplicates(NORTH_LIGHT) == 0
        assert differences(ours, self.xero.side(NORTH_LIGHT)) == []
