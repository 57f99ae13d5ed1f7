"""A host site, a simulated Xero over HTTP, a real Valkey, and workers in processes of their own."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import func, select

from galleria_xero_plugin.db import migrate
from galleria_xero_plugin.domain.settings import Settings
from galleria_xero_plugin.domain.states import RunKind, RunTrigger
from galleria_xero_plugin.ports.records import SCHEDULE
from galleria_xero_plugin.ports.xero import Secret, TokenSet, XeroTenant
from galleria_xero_plugin.proxies import EXTENSION_KEY
from galleria_xero_plugin.simulator import NORTH_LIGHT, Simulator
from tests.helpers.waiting import wait_until

from .site import Person, create_app, db

ROOT = Path(__file__).resolve().parents[3]
GALLERY = "north-light"
QUEUE = "galleria_xero"
APP = "tests.integration.jobs.site:create_app"


@pytest.fixture
def environment(tmp_path, valkey_url, monkeypatch):
    """The site's environment, here and in every process that the test starts. Without a Xero."""
    values = {
        "SITE_DATABASE": f"sqlite:///{tmp_path / 'site.db'}",
        "GALLERIA_XERO_APP": APP,
        "GALLERIA_XERO_REDIS_URL": valkey_url,
        "GALLERIA_XERO_CLIENT_ID": "id",
        "GALLERIA_XERO_CLIENT_SECRET": "secret",
        "GALLERIA_XERO_REDIRECT_URI": "http://localhost:5000/xero/callback",
        "GALLERIA_XERO_TOKEN_KEYS": "0123456789abcdef" * 2 + "fedcba9876543210" * 2,
        "GALLERIA_XERO_ALLOW_OTHER_HOSTS": "1",
        "FLASK_APP": APP,
        "PYTHONPATH": os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(ROOT)])),
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


@pytest.fixture
def app(environment):
    """The site in this process, with its tables."""
    with contextlib.ExitStack() as stack:
        app = create_app()
        stack.enter_context(app.app_context())
        stack.callback(lambda: [engine.dispose() for engine in db.engines.values()])
        stack.callback(db.session.remove)
        db.create_all()
        migrate.upgrade(db.engine)
        yield app
        close(app)


def close(app):
    client = app.extensions[EXTENSION_KEY].queue._client
    if client is not None:
        client.close()


@pytest.fixture
def xero(environment, monkeypatch):
    """A simulated Xero without limits, which the site and its workers talk to."""
    with Simulator() as simulator:
        simulator.world.change_settings(limits=False)
        first = simulator.world.settings.apps[0]
        for name, value in {
            "CLIENT_ID": first.client_id, "CLIENT_SECRET": first.client_secret, "REDIRECT_URI": first.redirect_uris[0],
            "TOKEN_URL": f"{simulator.url}/connect/token", "CONNECTIONS_URL": f"{simulator.url}/connections",
            "API_URL": f"{simulator.url}/api.xro/2.0", "DEEP_LINK_URL": simulator.url,
            "AUTHORIZE_URL": f"{simulator.url}/identity/connect/authorize",
            "JWKS_URL": f"{simulator.url}/.well-known/openid-configuration/jwks",
        }.items():  # fmt: skip
            monkeypatch.setenv(f"GALLERIA_XERO_{name}", value)
        yield simulator


class Site:
    """What a test asks of the site."""

    def __init__(self, app, xero):
        self.app = app
        self.state = app.extensions[EXTENSION_KEY]
        self.xero = xero
        granted = xero.connect()
        tokens = TokenSet(Secret(granted["access_token"]), Secret(granted["refresh_token"]), 1800)
        with self.state.units.write() as uow:
            self.webservice = uow.webservices.add(GALLERY, Settings(import_suppliers=True), SCHEDULE)
            tenant = XeroTenant("c0000000-0000-4000-8000-000000000001", NORTH_LIGHT, "ORGANISATION", "North Light")
            self.connection = uow.connections.connect(GALLERY, self.webservice.id, tenant, tokens)
            uow.commit()

    def start_contacts(self):
        return self.state.services.runs.start_contacts(GALLERY, self.webservice.id, SCHEDULE, RunTrigger.PERSON)

    def run(self, kind=RunKind.CONTACTS):
        with self.state.units.read() as uow:
            runs = uow.runs.latest(GALLERY, self.webservice.id, limit=9)
        return next((run for run in runs if run.kind is kind), None)

    def people(self):
        count = select(func.count(), func.count(func.distinct(Person.xero_id))).select_from(Person)
        with db.engine.connect() as connection:
            return tuple(connection.execute(count).one())

    def in_xero(self):
        """How many contacts the organisation has, archived ones apart."""
        rows = self.xero.world.organisations[NORTH_LIGHT].table("Contacts").rows.values()
        return sum(row["ContactStatus"] == "ACTIVE" for row in rows)

    def complete(self):
        """Whether everybody is in the gallery once, or asked about."""
        with self.state.units.read() as uow:
            asked = len(uow.contacts.conflicts(GALLERY, NORTH_LIGHT))
        return self.people() == (self.in_xero() - asked,) * 2


@pytest.fixture
def site(xero, app):
    return Site(app, xero)


@pytest.fixture
def bell(environment):
    """The RQ queue as somebody else sees it."""
    with redis.Redis.from_url(environment["GALLERIA_XERO_REDIS_URL"]) as connection:
        yield Queue(QUEUE, connection=connection, serializer=JSONSerializer)


@pytest.fixture
def start(tmp_path):
    """Start a process of the site's and end it with the test; `start(...).output()` is what it said."""
    with contextlib.ExitStack() as stack:

        def begin(*command, **more):
            log = stack.enter_context(open(tmp_path / f"process-{len(list(tmp_path.iterdir()))}.log", "w+"))
            process = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, **more,
            )  # fmt: skip
            process.output = lambda: Path(log.name).read_text()
            stack.callback(_end, process)
            return process

        yield begin


def _end(process):
    if process.poll() is None:
        process.kill()
    process.wait(10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # an orphaned work horse of this very worker has its own group


def finished(process, timeout=60):
    """Its output, once it ended well."""
    wait_until(lambda: process.poll() is not None, timeout, message=process.output)
    assert process.returncode == 0, process.output()
    return process.output()
