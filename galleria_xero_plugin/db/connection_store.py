"""Connections: consent, status and schedule. Tokens and leases are in the two base classes."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, func, insert, or_, select, update

from ..errors import Conflict, NotFound
from ..ports.records import Connection as Record
from ..ports.records import ConnectionStatus
from ..ports.xero import Quota, TokenSet, XeroTenant
from .comparison_store import comparison_due
from .connection_leases import Leases
from .connection_record import CONNECTION, SELECT, record
from .connection_tokens import Tokens
from .ledger_conditions import unfinished_by_itself
from .models import Run, Webservice, table_of
from .store import new_id, past

_RUN = table_of(Run)
_WEBSERVICE = table_of(Webservice)
_OPEN = CONNECTION.c.status != ConnectionStatus.DISCONNECTED.value
_ACTIVE = CONNECTION.c.status == ConnectionStatus.ACTIVE.value
# Made once: what every call to Xero asks for takes longer to write than to answer.
_BY_ID = SELECT.where(CONNECTION.c.id == bindparam("connection"))
_OF_WEBSERVICE = (
    SELECT
    .where(CONNECTION.c.gallery_id == bindparam("gallery"), CONNECTION.c.webservice_id == bindparam("webservice"))
    # By the consent, not by the row's age: a return to an earlier organisation revives its old row.
    .order_by(case((_OPEN, 0), else_=1), CONNECTION.c.connected_at.desc(), CONNECTION.c.id)
    .limit(1)
)
_CHANGE = update(CONNECTION).where(CONNECTION.c.id == bindparam("connection"))
# Which gallery it is stays untold: an organisation's id must not find out who else uses this site. The organisation's
# own name is no secret to whoever just allowed access to it.
_HELD = (
    "{name} is connected elsewhere on this site already. Press Allow access again and choose your own gallery's "
    "organisation on Xero's page."
)


class SqlConnections(Tokens, Leases):
    """`ConnectionStore` in SQL."""

    def get(self, connection_id: str) -> Record | None:
        row = self._read(_BY_ID, {"connection": connection_id}).one_or_none()
        return None if row is None else record(row)

    def of_webservice(self, gallery_id: str, webservice_id: str) -> Record | None:
        row = self._read(_OF_WEBSERVICE, {"gallery": gallery_id, "webservice": webservice_id}).one_or_none()
        return None if row is None else record(row)

    def open_of_tenant(self, tenant_id: str) -> Record | None:
        return self._one(CONNECTION.c.tenant_id == tenant_id, _OPEN)

    def connect(self, gallery_id: str, webservice_id: str, tenant: XeroTenant, tokens: TokenSet) -> Record:
        if not self._is_webservice(gallery_id, webservice_id):
            raise NotFound(f"webservice {webservice_id} of gallery {gallery_id}")
        elsewhere = _HELD.format(name=tenant.name)
        holder = self.open_of_tenant(tenant.tenant_id)
        if holder is not None and holder.webservice_id != webservice_id:
            raise Conflict(elsewhere, detail=f"organisation {tenant.tenant_id} is held by connection {holder.id}")
        current = self.of_webservice(gallery_id, webservice_id)
        if current is not None and current.tenant_id != tenant.tenant_id:
            self.close(current.id)
        earlier = self._one(CONNECTION.c.webservice_id == webservice_id, CONNECTION.c.tenant_id == tenant.tenant_id)
        connection_id = new_id() if earlier is None else earlier.id
        values = self._consent(gallery_id, connection_id, tenant, tokens)
        with self._or_conflict(elsewhere):  # somebody else may have been faster since we looked
            if earlier is None:
                values |= self._new(gallery_id, webservice_id, tenant.tenant_id)
                self._change(insert(CONNECTION).values(id=connection_id, **values))
            else:
                # A refresh that is under way with the old consent's tokens must not overwrite the new ones.
                values["token_version"] = CONNECTION.c.token_version + 1
                self._set(connection_id, **values)
        connected = self.get(connection_id)
        if connected is None:
            raise NotFound(f"connection {connection_id}")
        return connected

    def _is_webservice(self, gallery_id: str, webservice_id: str) -> bool:
        query = select(_WEBSERVICE.c.id).where(
            _WEBSERVICE.c.id == webservice_id,
            _WEBSERVICE.c.gallery_id == gallery_id,
            _WEBSERVICE.c.deleted_at.is_(None),
        )
        return self._read(query).one_or_none() is not None

    def _consent(self, gallery_id: str, connection_id: str, tenant: XeroTenant, tokens: TokenSet) -> dict[str, Any]:
        """What a consent sets, on a new row and on an old one."""
        key_id, sealed = self._transaction.vault.seal(gallery_id, connection_id, tokens)
        return {
            "xero_connection_id": tenant.connection_id,
            "organisation_name": tenant.name,
            "status": ConnectionStatus.ACTIVE.value,
            "status_reason": None,
            "key_id": key_id,
            "token": sealed,
            "previous_token": None,
            "access_expires_at": self._now + tokens.expires_in * 1000,
            "refreshed_at": self._now,
            "refresh_lease_until": None,
            "connected_at": self._now,
        }

    def _new(self, gallery_id: str, webservice_id: str, tenant_id: str) -> dict[str, Any]:
        return {
            "gallery_id": gallery_id,
            "webservice_id": webservice_id,
            "tenant_id": tenant_id,
            "short_code": "",
            "base_currency": "",
            "call_times": [],
            "refresh_lease": 0,
            "token_version": 1,
            "export_lease": self._highest(CONNECTION.c.export_lease, tenant_id) or 0,
            # A backup from before the connection knows nothing of it, and of nothing that it sent: all that is older
            # than a new connection is looked for first.
            "quarantine_until": self._highest(CONNECTION.c.quarantine_until, tenant_id) or self._now,
            "created_at": self._now,
        }

    def _highest(self, column: Any, tenant_id: str) -> Any:
        """Ledger rows remember lease numbers for longer than a webservice lives, and what a restore has made them
        forget: an organisation's numbers and its quarantine go on where its last connection stopped."""
        return self._read(select(func.max(column)).where(CONNECTION.c.tenant_id == tenant_id)).scalar_one()

    def set_status(self, connection_id: str, status: ConnectionStatus, reason: str | None = None) -> bool:
        if status is ConnectionStatus.DISCONNECTED:
            return self.close(connection_id, reason)
        return self._hit(
            update(CONNECTION)
            .where(
                CONNECTION.c.id == connection_id,
                _OPEN,  # only a new consent opens a closed one
                or_(CONNECTION.c.status != status.value, CONNECTION.c.status_reason.is_distinct_from(reason)),
            )
            .values(status=status.value, status_reason=reason)
        )

    def close(self, connection_id: str, reason: str | None = None) -> bool:
        return self._hit(
            update(CONNECTION)
            .where(CONNECTION.c.id == connection_id, _OPEN)
            .values(
                status=ConnectionStatus.DISCONNECTED.value,
                status_reason=reason,
                key_id=None,
                token=None,
                previous_token=None,
                access_expires_at=None,
                refresh_lease_until=None,
                # Whoever is exporting now holds an older number from here on and stops.
                export_lease=CONNECTION.c.export_lease + 1,
                export_lease_until=None,
            )
        )

    def rename(self, connection_id: str, *, organisation_name: str, short_code: str, base_currency: str) -> None:
        self._set(
            connection_id, organisation_name=organisation_name, short_code=short_code, base_currency=base_currency
        )

    def pause(self, connection_id: str, until: dt.datetime | None, reason: str | None) -> None:
        self._set(connection_id, paused_until=until, pause_reason=reason)

    def note_calls(self, connection_id: str, call_times: Sequence[int], quota: Quota) -> None:
        values: dict[str, Any] = {"connection": connection_id, "call_times": list(call_times)}
        if quota.day_remaining is not None:
            values["day_remaining"] = quota.day_remaining
        self._change(_CHANGE, values)

    def set_next_run(self, connection_id: str, at: dt.datetime | None) -> None:
        self._set(connection_id, next_run_at=at)

    def due_schedules(self) -> Sequence[Record]:
        clock, told = self._transaction.times()
        return self._all(_due_by_schedule(clock), told)

    def claim_schedule(self, connection_id: str, was: dt.datetime, next_run: dt.datetime | None) -> bool:
        return self._hit(
            update(CONNECTION)
            .where(CONNECTION.c.id == connection_id, _ACTIVE, CONNECTION.c.next_run_at == was)
            .values(next_run_at=next_run)
        )

    def with_work(self) -> Sequence[Record]:
        clock, told = self._transaction.times()
        return self._all(_with_work(clock), told)

    def to_keep(self, refreshed_before: dt.datetime) -> Sequence[Record]:
        return self._all(_TO_KEEP, {"before": refreshed_before})

    def quarantine(self, until: dt.datetime) -> int:
        # A worker that was alive during the restore holds a number which the restored ones would come to again: the
        # present in milliseconds is beyond any number ever given.
        lease = case((CONNECTION.c.export_lease < self._now, self._now), else_=CONNECTION.c.export_lease + 1)
        values = {"quarantine_until": until, "export_lease": lease, "export_lease_until": None}
        return self._change(update(CONNECTION).values(values)).rowcount

    def contacts_read(self, connection_id: str, until: dt.datetime | None) -> None:
        self._set(connection_id, contacts_read_at=until)

    def _set(self, connection_id: str, **values: Any) -> None:
        self._change(_CHANGE.values(values), {"connection": connection_id})

    def _one(self, *conditions: Any) -> Record | None:
        row = self._read(SELECT.where(*conditions)).one_or_none()
        return None if row is None else record(row)

    def _all(self, query: Any, values: Mapping[str, Any]) -> list[Record]:
        return [record(row) for row in self._read(query, values)]


# What every sweep asks for.
_IN_TURN = SELECT.order_by(CONNECTION.c.created_at, CONNECTION.c.id)
_TO_KEEP = _IN_TURN.where(_OPEN, CONNECTION.c.token.is_not(None), CONNECTION.c.refreshed_at < bindparam("before"))


@functools.cache
def _due_by_schedule(clock: ColumnElement[int]) -> Select[Any]:
    return _IN_TURN.where(_ACTIVE, CONNECTION.c.next_run_at <= clock)


@functools.cache
def _with_work(clock: ColumnElement[int]) -> Select[Any]:
    open_run = select(_RUN.c.id).where(
        _RUN.c.connection_id == CONNECTION.c.id, _RUN.c.state.in_(["queued", "running"])
    )
    return _IN_TURN.where(
        _ACTIVE,
        past(CONNECTION.c.paused_until, clock),
        past(CONNECTION.c.quarantine_until, clock),
        past(CONNECTION.c.export_lease_until, clock),
        or_(open_run.exists(), unfinished_by_itself(CONNECTION, clock), comparison_due(CONNECTION, clock)),
    )
