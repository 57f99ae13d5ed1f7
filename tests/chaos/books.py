"""The books with which each universe begins."""

from __future__ import annotations

import functools
from typing import Any

from galleria_xero_plugin.simulator.core import seeds
from galleria_xero_plugin.simulator.core.organisation import Organisation
from galleria_xero_plugin.simulator.core.world import World

from .clockwork import START


class NewBooks:
    """The simulator's seed as its store: made once for a process, because computing it takes twenty times as long as
    filling new tables with it. Records are replaced, never changed in place, so universes may share them. What happens
    later is not kept."""

    def load(self, world: World) -> bool:
        for seeded in _seeded():
            org = world.organisations[seeded.tenant_id] = Organisation(seeded.tenant_id)
            for kind, table in seeded.tables.items():
                for record in table.rows.values():
                    org.table(kind).put(record)
        return True

    def forget(self) -> None:
        """Nothing was kept."""

    def save_books(self, tenant: str, changes: Any) -> None:
        """Not kept."""

    def save_identity(self, identity: Any) -> None:
        """Not kept."""


@functools.cache
def _seeded() -> tuple[Organisation, ...]:
    return tuple(seeds.organisations(START))
