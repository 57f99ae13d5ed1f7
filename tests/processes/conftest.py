"""Fixtures: one simulated Xero for all, and for each test a site with its processes."""

from __future__ import annotations

import contextlib
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from galleria_xero_plugin.demo import host
from galleria_xero_plugin.demo.processes import Processes, listening_socket
from tests.helpers.servers import Postgres, valkey

from . import rows
from .stage import Stage, configuration
from .xero import SimulatedXero, simulated_xero


@pytest.fixture(scope="session")
def listener() -> Iterator[socket.socket]:
    """Where the site listens when a test starts its web server; Xero knows the address from the start."""
    with listening_socket(0) as found:
        yield found


@pytest.fixture(scope="session")
def the_xero(listener: socket.socket) -> Iterator[SimulatedXero]:
    with simulated_xero(f"http://localhost:{listener.getsockname()[1]}{host.PREFIX}/callback") as running:
        yield running


@pytest.fixture(scope="session")
def empty_file(the_xero: SimulatedXero, valkey_server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site's SQLite file with its tables and a gallery, to copy."""
    path = tmp_path_factory.mktemp("site") / "site.db"
    rows.make_tables(host.create_app(configuration(the_xero, valkey_server, f"sqlite:///{path}", "http://localhost:1")))
    return path


@pytest.fixture(scope="session")
def empty_database(the_xero: SimulatedXero, valkey_server, postgres_server: Postgres) -> str:
    """The same on PostgreSQL: the name of a database to copy."""
    url = postgres_server.create_database()
    rows.make_tables(host.create_app(configuration(the_xero, valkey_server, url, "http://localhost:1")))
    return url.partition("@/")[2].partition("?")[0]


@pytest.fixture
def stage_on(
    request: pytest.FixtureRequest, the_xero: SimulatedXero, listener: socket.socket
) -> Iterator[Callable[[str], Stage]]:
    """`stage_on("sqlite")` or `stage_on("postgresql")`: everything but the connection with Xero."""
    the_xero.reset()
    with contextlib.ExitStack() as stack:

        def make(database: str) -> Stage:
            server = stack.enter_context(valkey())
            processes = stack.enter_context(Processes({}))
            if database == "sqlite":
                url = f"sqlite:///{shutil.copy(request.getfixturevalue('empty_file'), processes.folder / 'site.db')}"
            else:
                postgres = request.getfixturevalue("postgres_server")
                url = postgres.create_database(request.getfixturevalue("empty_database"))
                stack.callback(postgres.drop_database, url)
            stage = Stage(processes, the_xero, server, url, listener)
            stack.callback(stage.end)
            stack.callback(_keep_logs, request.node, stage)
            return stage

        yield make


@pytest.fixture
def unconnected(stage_on: Callable[[str], Stage]) -> Stage:
    """A site on SQLite that is not connected yet."""
    return stage_on("sqlite")


@pytest.fixture
def stage(unconnected: Stage) -> Stage:
    """A site on SQLite that is connected and set up."""
    unconnected.connect()
    return unconnected


def _keep_logs(node: pytest.Item, stage: Stage) -> None:
    """What the processes said, beside the failure of the test."""
    for log in stage.logs():
        node.add_report_section("teardown", log.stem, log.read_text(errors="replace")[-6000:])
