"""The runtime ports: the doorbell, mail and clocks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol


class JobQueue(Protocol):
    """Rings a worker. The database row is the job; losing a ring costs time, never correctness, so every
    method returns whether the queue took it and never raises. Ids only, JSON (security 47)."""

    def ring_export(self, connection_id: str) -> bool:
        """Ask a worker to drain this connection's ledger."""

    def ring_contacts(self, connection_id: str) -> bool:
        """Ask a worker to go on with this connection's contact import."""

    def ring_reference(self, connection_id: str) -> bool:
        """Ask a worker to read the organisation's accounts, tax rates and so on anew."""

    def alive(self) -> bool:
        """Whether the queue's server answers now (for doctor and the run page)."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A message in plain text and HTML."""

    to: tuple[str, ...]
    subject: str
    text: str
    html: str


class Mailer(Protocol):
    """Sends mail. Raises OSError (smtplib's errors are OSErrors) when the message could not be handed over."""

    def send(self, mail: Mail) -> None: ...


class Clock(Protocol):
    """This host's clocks. Leases and waiting times go by the database's clock (`UnitOfWork.now`) instead."""

    def now(self) -> dt.datetime:
        """The present instant, aware, UTC."""

    def monotonic(self) -> float:
        """Seconds on a clock that never steps, for deadlines within one process."""

    def sleep(self, seconds: float) -> None:
        """Pause (short, bounded waits for a rate slot or another's token refresh)."""
