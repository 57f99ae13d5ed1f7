"""The second host on PostgreSQL. Filled once, then copied: each test has a database of its own."""
import pytest
from flask import current_app
from sqlalchemy import make_url

from galleria_xero_plugin.simulator import Simulator, SimulatorSettings
from tests.second_host import books
from tests.second_host.kit import REQUIRED, XERO_APP, Visitor, addresses
from tests.second_host.site import create_app, seed
from tests.second_host.site.models import db

OWNER = "owner@morgenstern.example"


@pytest.fixture(scope="session")
def filled(postgres_server):
    """The name of a database with the dealers' tables and rows, and nothing of the plugin's."""
    return _database(postgres_server, seed.fill)


@pytest.fixture(scope="session")
def ready(postgres_server, filled):
    """The name of the same with the plugin's tables."""
    return _database(postgres_server, _upgrade, filled)


def _database(server, prepare, template="template1"):
    app = create_app(SQLALCHEMY_DATABASE_URI=server.create_database(template), **REQUIRED)
    with app.app_context():
        if template == "template1":
            db.create_all()
        prepare()
        db.session.remove()
        db.engine.dispose()
        return make_url(db.engine.url).database


def _upgrade():
    result = current_app.test_cli_runner().invoke(args=["galleria-xero", "db", "upgrade"])
    assert result.exit_code == 0, result.output


@pytest.fixture
def make_site(postgres_server):
    """make_site(template, **settings): a site on a copy of the database named."""
    apps = []

    def make(template, **settings):
        url = postgres_server.create_database(template)
        apps.append(create_app(SQLALCHEMY_DATABASE_URI=url, **{**REQUIRED, **settings}))
        return apps[-1]

    yield make
    for app in apps:
        with app.app_context():
            url = app.config["SQLALCHEMY_DATABASE_URI"]
            db.session.remove()
            db.engine.dispose()
            postgres_server.drop_database(url)


@pytest.fixture
def app(make_site, ready):
    """The site with everything but a Redis and a Xero."""
    return make_site(ready)


@pytest.fixture
def xero():
    """A Xero where the dealer's accountant has prepared the tax rates."""
    with Simulator(SimulatorSettings(apps=(XERO_APP,))) as xero:
        books.add_german_rates(xero)
        yield xero


@pytest.fixture
def wired(make_site, ready, xero, valkey_url):
    """The site with a Redis and a Xero."""
    return make_site(ready, GALLERIA_XERO_REDIS_URL=valkey_url, **addresses(xero))


@pytest.fixture
def owner(wired):
    return Visitor(wired, OWNER)
