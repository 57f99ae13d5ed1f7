"""Runs rows of the table through the real export against the simulated Xero."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from galleria_xero_plugin.simulator import Simulator
from tests.helpers.schema import new_engine
from tests.integration.export.office import a_simulator

from . import sight, table
from .gallery import TableOffice
from .steps import World

WITH_CONTACTS = "C"
"""The section whose rows are about contacts: only there they are shown."""


class Stage:
    """One simulated Xero and one database for all rows; each row finds both as new."""

    def __init__(self, simulator: Simulator, engine: Engine) -> None:
        self._simulator = simulator
        self._engine = engine

    def actually(self, row: table.Row) -> dict[str, tuple[str, ...]]:
        """What stands in Xero and what our pages say after the row's steps, by block."""
        office = TableOffice(self._simulator, self._engine)
        eyes = sight.Sight(office.org, contacts=row.section.startswith(WITH_CONTACTS))
        world = World(office)
        for step in row.steps:
            world.do(step)
        found = {
            table.STANDS: tuple(eyes.in_xero()),
            table.SAID: tuple(sight.said(office, office.connection.tenant_id)),
        }
        if table.SETTINGS in row.blocks or world.settings_page:
            found[table.SETTINGS] = tuple(world.settings_page) or (sight.NOTHING,)
        return found


@contextlib.contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """A stage with its database in `folder`."""
    engine = new_engine(f"sqlite:///{folder / 'books.db'}")
    event.listen(engine, "connect", _without_waiting_for_the_disk)
    with a_simulator() as simulator:
        yield Stage(simulator, engine)
    engine.dispose()


def _without_waiting_for_the_disk(connection: Any, _: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")
