"""A gallery's site with everything behind it: the plugin as a host puts it in, behind a real server; a worker in a
thread that runs the real jobs; and a simulated Xero with the books of North Light."""

from __future__ import annotations

import contextlib
import datetime as dt
import queue
import threading
import time
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from flask import current_app
from werkzeug.serving import make_server

from galleria_xero_plugin.db.uow import SqlUnits
from galleria_xero_plugin.db.vault import Vault
from galleria_xero_plugin.domain.settings import AccountMapping, Settings
from galleria_xero_plugin.domain.states import RunTrigger
from galleria_xero_plugin.extension import compose, ring
from galleria_xero_plugin.jobs import tasks
from galleria_xero_plugin.ports.xero import Secret
from galleria_xero_plugin.proxies import EXTENSION_KEY
from galleria_xero_plugin.simulator import NORTH_LIGHT, AppSettings, Simulator, World
from galleria_xero_plugin.simulator.core import invoices
from galleria_xero_plugin.simulator.core.reader import Reader
from galleria_xero_plugin.testing import factories
from galleria_xero_plugin.xero.client import XeroClient
from galleria_xero_plugin.xero.oauth import XeroLogin
from tests.browser.serving import POLICY, Quiet
from tests.helpers.waiting import wait_until
from tests.integration.export.office import SIGNING_KEY
from tests.security.live import CLIENT_SECRET, Live, simulator_settings
from tests.web.site import ACTOR, OURS

START = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
"""A Monday morning, at which every story begins."""
DAY = dt.date(2026, 11, 2)
"""When most of what is told about was sold: a month that is not locked."""


class Time:
    """Site, database and Xero go by this one clock: it runs, and can be moved on."""

    def __init__(self):
        self._ahead = START - dt.datetime.now(dt.UTC)

    def now(self):
        return dt.datetime.now(dt.UTC) + self._ahead

    def seconds(self):
        return self.now().timestamp()

    def monotonic(self):
        return time.monotonic()

    def sleep(self, seconds):
        time.sleep(seconds)

    def move_to(self, moment):
        """On, never back."""
        assert moment > self.now()
        self._ahead += moment - self.now()


class Worker:
    """The queue and the one who answers it. He can be told to `rest`, so that a story sees what waits for him."""

    def __init__(self, app):
        self._app, self._rings, self._free = app, queue.Queue(), threading.Event()
        self._free.set()
        self.failed = []
        self._thread = threading.Thread(target=self._work, name="worker")
        self._thread.start()

    def ring_export(self, connection_id):
        return self._ring(tasks.drain, connection_id)

    def ring_contacts(self, connection_id):
        return self._ring(tasks.import_contacts, connection_id)

    def ring_reference(self, connection_id):
        return self._ring(tasks.refresh_reference, connection_id)

    def alive(self):
        return True

    def _ring(self, job, connection_id):
        self._rings.put((job, connection_id))
        return True

    def _work(self):
        while (ring := self._rings.get()) is not None:
            self._free.wait()
            job, connection_id = ring
            try:
                with self._app.app_context():
                    job(connection_id)
            except Exception as error:  # a job that a queue would call failed; the stories do not forgive it
                self.failed.append(error)
            finally:
                self._rings.task_done()

    def until_quiet(self):
        """All that was rung for, and what came of it, is done."""
        wait_until(lambda: not self._rings.unfinished_tasks, timeout=60, message="the worker is still at work")
        assert self.failed == []

    @contextlib.contextmanager
    def resting(self):
        """Nothing is begun meanwhile."""
        self.until_quiet()
        self._free.clear()
        try:
            yield
        finally:
            self._free.set()

    def stop(self):
        self._free.set()
        self._rings.put(None)
        self._thread.join()


class Place(Live):
    """One gallery with its site at `url`, and its Xero."""

    def __init__(self, database):
        self.time = Time()
        self._server = make_server("127.0.0.1", 0, None, threaded=True, request_handler=Quiet)
        self.url = f"http://localhost:{self._server.server_port}"
        back = f"{self.url}/xero/callback"
        ours = AppSettings(client_secret=CLIENT_SECRET, redirect_uris=(back,))
        xero = Simulator(world=World(simulator_settings(apps=(ours,)), self.time, key=SIGNING_KEY))
        xero.start()
        changed = {"REDIRECT_URI": back, "SITE_URL": self.url, "QUIET_PERIOD": 0, "CALLS_PER_MINUTE": 0}
        super().__init__(
            database, xero, "redis://localhost:1", **{f"GALLERIA_XERO_{name}": value for name, value in changed.items()}
        )
        self.gallery.now = self.time.now
        self._put_together(self.state.config)
        self._serve()

    def _put_together(self, config):
        """The services once more, with our worker for the queue and our clock."""
        self._first, self.worker = self.state, Worker(self.app)
        units = SqlUnits(lambda: self.db.engines[config.bind_key], Vault(config.token_keys), now=self.time.now)
        addresses = {
            name: getattr(config, name) for name in ("authorize_url", "token_url", "connections_url", "jwks_url", "issuer")
        }  # fmt: skip
        login = XeroLogin(
            config.client_id, Secret(config.client_secret), config.redirect_uri, now=self.time.seconds, **addresses
        )
        api = XeroClient(config.api_url, now=self.time.seconds)
        self.state = self.app.extensions[EXTENSION_KEY] = compose(
            config, self.gallery, self.mailbox, units, self.worker, self.time, login, api, _path
        )
        self.services = self.state.services

    def _serve(self):
        @self.app.after_request
        def policy(response):
            response.headers.setdefault("Content-Security-Policy", POLICY)
            return response

        @self.app.get("/favicon.ico")
        def icon():
            return "", 204

        self._server.app = self.app
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="site")
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.worker.stop()
        first, self.state = self.state, self._first
        first.services.connect._auth.close()
        super().close()

    # -- what was set up before the story begins

    def ready(self, **changes):
        """Connected, with everything chosen, and live; `changes` are of the settings."""
        services = self.services
        made = self.add(copy_existing=True)
        with self.app.app_context():
            address = services.connect.begin(factories.make_access(OURS), made.id, "browser")
            asked = dict(parse_qsl(urlsplit(address).query))
            services.connect.complete(
                factories.make_access(OURS), "browser", state=asked["state"], code=Secret(self.allow(asked)), error=None
            )
            self.worker.until_quiet()
            found = services.reference.current(OURS, NORTH_LIGHT)
            with self.state.units.write() as uow:
                made = uow.webservices.get(OURS, made.id)
                settings = replace(
                    made.settings, sync_from=dt.date(2026, 1, 1), mapping=mapping(found), first_five_as_drafts=False
                )
                uow.webservices.save_settings(
                    OURS, made.id, replace(settings, **changes), expected_version=made.version, actor=ACTOR
                )
                uow.webservices.mark(made.id, mapping_completed=True)
                uow.commit()
        self.made = made
        return made

    def sell(self, to="Wilhelmina Oakes", price=100, **fields):
        """An invoice of one work at `price` and 20 % VAT, to a buyer who is one contact by name."""
        first, _, last = to.rpartition(" ")
        buyer = fields.pop("contact", None) or factories.make_contact(f"c {to}", first, last)
        return self.gallery.add_invoice(
            **({"contact": buyer, "date": DAY, "items": (factories.make_item("1", price),)} | fields)
        )

    def rings(self, sale):
        """The host tells of a change within its own transaction, as the README shows it."""
        with self.app.app_context():
            ring(OURS, sale.id, self.db.session)
            self.db.session.commit()
        self.worker.until_quiet()

    def sync(self):
        """A whole sync, to its end."""
        with self.app.app_context():
            run = self.services.runs.start_export(OURS, self.made.id, ACTOR, RunTrigger.PERSON)
        self.worker.until_quiet()
        return run

    def sweep(self):
        """What happens every minute."""
        with self.app.app_context():
            report = self.services.schedules.sweep()
        self.worker.until_quiet()
        return report

    # -- the other side: Xero and its bookkeeper

    @property
    def bookkeeper(self):
        return self.xero.world.bookkeeper()

    def enter_by_hand(self, contact, total, number, date=DAY):
        """A person types a sales invoice into Xero."""
        line = {"Description": "By hand", "Quantity": 1, "UnitAmount": str(total), "AccountCode": "200"}
        element = {
            "Type": "ACCREC", "Contact": {"Name": contact}, "Date": date.isoformat(), "DueDate": date.isoformat(),
            "Status": "AUTHORISED", "LineAmountTypes": "NoTax", "LineItems": [line], "InvoiceNumber": number,
        }  # fmt: skip
        with self.xero.world.as_person(NORTH_LIGHT) as call:
            return invoices.save(call, Reader(element))

    def rows(self, kind):
        return list(self.xero.world.organisations[NORTH_LIGHT].table(kind).rows.values())

    def invoices(self, prefix="AG-"):
        """Number -> invoice of what stands in Xero under our numbers."""
        return {
            row["InvoiceNumber"]: row for row in self.rows("Invoices") if row["InvoiceNumber"].startswith(prefix)
        }

    def standing(self):
        """Number -> (status, total) under our numbers."""
        return {number: (row["Status"], row["Total"]) for number, row in sorted(self.invoices().items())}

    def calls(self):
        """How many requests Xero has had."""
        return len(self.xero.world.effects.requests)


def mapping(found):
    """What a bookkeeper would choose among these accounts and rates."""
    accounts = {account.code: account.id for account in found.accounts}
    return AccountMapping(
        sales=accounts["200"],
        banks=dict.fromkeys(("bank", "cash", "card"), accounts["090"]),
        tax_rates={"vat-20": "OUTPUT2", "vat-0": "ZERORATEDOUTPUT"},
        rounding=next(account.id for account in found.accounts if account.system == "ROUNDING"),
    )


def _path(endpoint, values):
    return current_app.url_map.bind("").build(f"galleria_xero.{endpoint}", values)
