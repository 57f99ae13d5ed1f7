"""Starts the demo's parts in order and says where they are."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import requests
from redis import Redis

from . import hand_typed, ledger, seed
from .host import PREFIX, create_app
from .ledger_file import Sale
from .models import Gallery, User, db
from .processes import Processes, StartFailed, listening_socket, start_valkey
from .seed_data import PASSWORD
from .site import CONFIG_FILE, create_tables

APP = "galleria_xero_plugin.demo.host:create_app"
READY = "Simulated Xero is ready at "
TAX_MODES = {"on-top": "exclusive", "included": "inclusive"}


class Demo:
    """The running demo: where its parts are. `waiting` once all is up and a person plays with it."""

    waiting = False

    def __init__(self, options: argparse.Namespace, processes: Processes) -> None:
        self.options, self.processes = options, processes
        self.began = time.monotonic()
        self.listener = listening_socket(options.port)
        self.url = f"http://localhost:{self.listener.getsockname()[1]}"
        self.xero_url = ""
        self.redis_url = ""
        self.worker = 0
        self.logins: list[tuple[str, str, str]] = []

    def start(self, sales: Sequence[Sale] | None) -> None:
        """Valkey, simulator, database, worker, web server: each as soon as what it needs is there."""
        if not self.options.xero_url:
            self._start_simulator()
        self.redis_url = start_valkey(self.processes)
        self.xero_url = self.options.xero_url.rstrip("/") if self.options.xero_url else self._simulator_address()
        config = self.processes.folder / "config.json"
        config.touch(0o600)
        config.write_text(json.dumps(self.config()))
        self.processes.environment(**{CONFIG_FILE: str(config)})
        os.environ[CONFIG_FILE] = str(config)
        self._fill_database(sales)
        self.worker = self.processes.python("worker", "-m", "flask", "--app", APP, "galleria-xero", "worker")
        fd = self.listener.fileno()
        self.processes.python("web", "-m", "galleria_xero_plugin.demo.web", str(fd), pass_fds=(fd,))
        self.listener.close()
        self._wait_until_ready()
        Demo.waiting = not self.options.smoke

    def config(self) -> dict[str, Any]:
        """The site's configuration: the keys a customer sets, and those that lead to the simulator."""
        xero = self.xero_url
        settings: dict[str, Any] = {
            "CLIENT_ID": self.options.client_id, "CLIENT_SECRET": self.options.client_secret,
            "REDIRECT_URI": self.redirect_uri(), "REDIS_URL": self.redis_url,
            "TOKEN_KEYS": [urlsafe_b64encode(secrets.token_bytes(32)).decode()],
            "AUTHORIZE_URL": f"{xero}/identity/connect/authorize", "TOKEN_URL": f"{xero}/connect/token",
            "JWKS_URL": f"{xero}/.well-known/openid-configuration/jwks",
            "CONNECTIONS_URL": f"{xero}/connections", "API_URL": f"{xero}/api.xro/2.0", "DEEP_LINK_URL": xero,
            "ALLOW_OTHER_HOSTS": True, "SITE_URL": self.url,
            # Somebody who plays does not want to wait for an hour until a new invoice is sent.
            "QUIET_PERIOD": 0,
        }  # fmt: skip
        if self.options.no_limits:
            settings |= {"CALLS_PER_MINUTE": 0, "DAY_RESERVE": 0}
        return {
            "SECRET_KEY": secrets.token_urlsafe(32), "DEMO_URL": self.url,
            "DEMO_BOOKS_URL": "" if self.options.xero_url else xero,
            "SQLALCHEMY_DATABASE_URI": f"sqlite:///{self.processes.folder / 'gallery.db'}",
            **{f"GALLERIA_XERO_{name}": value for name, value in settings.items()},
        }  # fmt: skip

    def redirect_uri(self) -> str:
        return f"{self.url}{PREFIX}/callback"

    def _start_simulator(self) -> None:
        flags = ["--no-limits"] if self.options.no_limits else []
        self.processes.python(
            "simulator", "-m", "galleria_xero_plugin.simulator", "--port", "0",
            "--client-id", self.options.client_id, "--client-secret", self.options.client_secret,
            "--redirect-uri", self.redirect_uri(), *flags,
        )  # fmt: skip

    def _simulator_address(self) -> str:
        """What the simulator said when it was ready."""

        def ready() -> str | None:
            lines = self.processes.log("simulator").read_text().splitlines()
            return next((line.removeprefix(READY).strip() for line in lines if line.startswith(READY)), None)

        return str(self.processes.wait_for("simulator", ready))

    def _fill_database(self, sales: Sequence[Sale] | None) -> None:
        """The host's tables with their rows, and the plugin's by its own command, as the README tells."""
        app = create_app()
        create_tables(app)
        with app.app_context():
            seed.fill(db.session(), dt.datetime.now(ZoneInfo("Europe/London")).date())
            if sales is not None:
                terms = ledger.Terms(
                    self.options.tax, TAX_MODES[self.options.tax_mode], self.options.every_tenth or ""
                )
                ledger.load(db.session(), sales, dt.datetime.now(ZoneInfo("America/New_York")).date(), terms)
            people = db.session.query(User).join(Gallery).order_by(User.id)
            self.logins = [(user.email, user.role, user.gallery.name) for user in people]
            # The counts of a smoke and of a ledger are told beforehand; another Xero has books of its own.
            if not (self.options.smoke or self.options.ledger or self.options.xero_url):
                self._type_in_by_hand()
            db.session.remove()
            db.engine.dispose()
        result = app.test_cli_runner().invoke(args=["galleria-xero", "db", "upgrade"])
        if result.exit_code != 0:
            raise StartFailed(f"flask galleria-xero db upgrade failed.\n{result.output}")

    def _type_in_by_hand(self) -> None:
        try:
            hand_typed.type_in(db.session(), self.xero_url)
        except requests.RequestException as problem:
            raise StartFailed(f"The simulator did not take the invoices typed in by hand: {problem}") from None

    def _wait_until_ready(self) -> None:
        def answers() -> bool:
            try:
                return requests.get(f"{self.url}/login", timeout=5).ok
            except requests.RequestException:
                return False

        self.processes.wait_for("web", answers)
        with Redis.from_url(self.redis_url) as redis:
            self.processes.wait_for("worker", lambda: redis.scard("rq:workers"))

    def welcome(self) -> str:
        """Where to go and who to be."""
        lines = [
            "", f"The gallery site is ready:  {self.url}   (in {time.monotonic() - self.began:.1f} s)", "",
            f"Sign in with the password “{PASSWORD}” as", "",
            *(f"  {email:28} {role:13} {gallery}" for email, role, gallery in self.logins), "",
            "Then: Websites → Webservices → New Webservice.",
            f"Xero: {self.xero_url}" + ("" if self.options.xero_url else "   (the simulator; there you are the bookkeeper)"),
            "", "Ctrl-C ends everything; nothing is kept.",
        ]  # fmt: skip
        return "\n".join(lines)
