"""The lease of an organisation: one worker at a time talks to it (export-protocol §2.4 T1)."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from types import TracebackType

from ..errors import GalleriaXeroError
from ..ports.store import UnitOfWork, Units

log = logging.getLogger("galleria_xero.lease")

PATIENCE = 30.0
"""Seconds a worker waits for the database's lock; a page waits none."""


class LeaseLost(GalleriaXeroError):
    """Somebody else works for this organisation now: stop without a trace."""

    def __init__(self) -> None:
        super().__init__("Another worker has taken over.", detail="lease lost")


class Lease:
    """A claim with a fencing number; a context manager that gives it back."""

    def __init__(self, units: Units, connection_id: str, number: int, seconds: int) -> None:
        self._units = units
        self._seconds = seconds
        self.connection_id = connection_id
        self.number = number
        self.renew_every = seconds / 3
        """Seconds of work after which it should be renewed."""

    def hold(self, uow: UnitOfWork) -> None:
        """Claim it for another term in `uow`, and lock out a new claim until that ends. Raises LeaseLost."""
        if not uow.connections.renew_lease(self.connection_id, self.number, self._seconds):
            raise LeaseLost

    def must_hold(self) -> None:
        """Claim it for another term, or raise LeaseLost."""
        with self._units.write(patience=PATIENCE) as uow:
            self.hold(uow)
            uow.commit()

    def __enter__(self) -> Lease:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._units.write(patience=PATIENCE) as uow:
            uow.connections.release_lease(self.connection_id, self.number)
            uow.commit()


def restored(uow: UnitOfWork, key_window: dt.timedelta) -> tuple[int, dt.datetime]:
    """The database was restored from a backup: nothing is sent for the life of a key, then everything is looked up
    before it is sent, and compared with Xero. (how many connections, until when)."""
    until = uow.now() + key_window
    connections = uow.connections.quarantine(until)
    uow.comparisons.hasten(until)
    return connections, until


def forgetful(connection_id: str, number: int) -> int:
    """Nobody remembers a higher number."""
    return number


class Leases:
    """Claims leases for this process; `owner` names it in the database for people who look.

    `highest` notes a lease's number outside the database, and answers the highest that was noted for the connection:
    one that is ahead of the database's own says that the database was restored, and nobody told (export-protocol
    §2.9). `key_window` is how long nothing is sent then.
    """

    def __init__(
        self,
        units: Units,
        *,
        owner: str,
        seconds: int,
        highest: Callable[[str, int], int] = forgetful,
        key_window: dt.timedelta = dt.timedelta(minutes=6),
    ) -> None:
        self._units = units
        self._owner = owner
        self._seconds = seconds
        self._highest = highest
        self._key_window = key_window

    def claim(self, connection_id: str) -> Lease | None:
        """The organisation's lease, or None when another worker has it, or it is paused or not connected."""
        with self._units.write(patience=PATIENCE) as uow:
            number = uow.connections.claim_lease(connection_id, self._owner, self._seconds)
            uow.commit()
        if number is None:
            return None
        if self._highest(connection_id, number) > number:
            with self._units.write(patience=PATIENCE) as uow:
                _, until = restored(uow, self._key_window)
                uow.commit()
            log.error("the database is older than what was done with it: everything is looked up first, from %s", until)
            return None
        return Lease(self._units, connection_id, number, self._seconds)
