"""Every test here runs on a migrated SQLite file and on a migrated PostgreSQL database."""

import shutil

import pytest
from sqlalchemy import create_engine

from galleria_xero_plugin.db import SqlUnits, Vault, migrate

from .making import KEYS, HandClock


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """A migrated file; migrating is done once and copied."""
    path = tmp_path_factory.mktemp("template") / "site.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_migrated(postgres_server):
    """One migrated database for all tests, each of which finds it empty: a new one for each would take longer
    than the tests themselves."""
    url = postgres_server.create_database()
    _migrate(url)
    engine = create_engine(url)
    yield engine
    engine.dispose()
    postgres_server.drop_database(url)


def _migrate(url):
    engine = create_engine(url)
    migrate.upgrade(engine)
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The URL of a migrated database without rows."""
    if request.param == "sqlite":
        path = tmp_path / "site.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
    else:
        shared = request.getfixturevalue("postgres_migrated")
        yield shared.url.render_as_string(hide_password=False)
        with shared.begin() as connection:
            for table in reversed(migrate.Base.metadata.sorted_tables):
                connection.execute(table.delete())


@pytest.fixture
def engine(url):
    """The host's engine."""
    engine = create_engine(url, connect_args={"timeout": 60} if url.startswith("sqlite") else {})
    yield engine
    engine.dispose()


@pytest.fixture
def clock():
    """A clock that stands until a test moves it."""
    return HandClock()


@pytest.fixture
def vault():
    return Vault(KEYS)


@pytest.fixture
def units(engine, vault, clock):
    """Units of work whose time the test owns."""
    return SqlUnits(engine, vault, now=clock)


@pytest.fixture
def live_units(engine, vault):
    """Units of work with the database's own clock."""
    return SqlUnits(engine, vault)
