"""The one exporter lease of an organisation, with its fencing number (export-protocol §2.4 T1)."""

from __future__ import annotations

import functools
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Update, bindparam, update
from sqlalchemy.sql.dml import ReturningUpdate

from ..ports.records import ConnectionStatus
from .connection_record import CONNECTION
from .store import Store, past


class Leases(Store):
    """The lease's part of `ConnectionStore`: each call is one conditional UPDATE."""

    def claim_lease(self, connection_id: str, owner: str, seconds: int) -> int | None:
        clock, told = self._transaction.times()
        values = {"connection": connection_id, "export_lease_owner": owner, "term": seconds * 1000, **told}
        return self._change(_claim(clock), values).scalar_one_or_none()

    def renew_lease(self, connection_id: str, lease: int, seconds: int) -> bool:
        clock, told = self._transaction.times()
        values = {"connection": connection_id, "held": lease, "term": seconds * 1000, **told}
        return self._hit(_renewal(clock), values)

    def holds_lease(self, connection_id: str, lease: int) -> bool:
        return self._hit(
            update(CONNECTION)
            .where(
                CONNECTION.c.id == connection_id,
                CONNECTION.c.export_lease == lease,
                CONNECTION.c.export_lease_until > self._now,
            )
            .values(export_lease_owner=CONNECTION.c.export_lease_owner)
        )

    def release_lease(self, connection_id: str, lease: int) -> None:
        self._change(_RELEASE, {"connection": connection_id, "held": lease})


_RELEASE = (
    update(CONNECTION)
    .where(CONNECTION.c.id == bindparam("connection"), CONNECTION.c.export_lease == bindparam("held"))
    .values(export_lease_until=None)
)


@functools.cache
def _claim(clock: ColumnElement[int]) -> ReturningUpdate[Any]:
    return (
        update(CONNECTION)
        .where(
            CONNECTION.c.id == bindparam("connection"),
            CONNECTION.c.status == ConnectionStatus.ACTIVE.value,
            past(CONNECTION.c.export_lease_until, clock),
            past(CONNECTION.c.paused_until, clock),
            past(CONNECTION.c.quarantine_until, clock),
        )
        .values(
            export_lease=CONNECTION.c.export_lease + 1,
            export_lease_until=clock + bindparam("term", type_=BigInteger()),
        )
        .returning(CONNECTION.c.export_lease)
    )


@functools.cache
def _renewal(clock: ColumnElement[int]) -> Update:
    # One that ran out and that nobody else has claimed since may go on.
    return (
        update(CONNECTION)
        .where(
            CONNECTION.c.id == bindparam("connection"),
            CONNECTION.c.export_lease == bindparam("held"),
            CONNECTION.c.export_lease_until.is_not(None),
        )
        .values(export_lease_until=clock + bindparam("term", type_=BigInteger()))
    )
