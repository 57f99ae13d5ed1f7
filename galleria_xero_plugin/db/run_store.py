"""Runs: what a person watches."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Update, bindparam, func, or_, select, update

from ..domain.states import OPEN_RUN_STATES, RunKind, RunState, RunTrigger
from ..errors import Conflict
from ..ports.records import Actor, Connection
from ..ports.records import Run as Record
from .models import Run, table_of
from .store import Store, new_id

_RUN = table_of(Run)
# Not by IN, whose values are written into the statement anew at every execution
_IS_OPEN = or_(*(_RUN.c.state == state.value for state in OPEN_RUN_STATES))
_OPEN_OF = select(_RUN).where(
    _RUN.c.connection_id == bindparam("connection"), _RUN.c.kind == bindparam("of_kind"), _IS_OPEN
)
_COUNTS = select(_RUN.c.counts).where(_RUN.c.id == bindparam("run"), _IS_OPEN).with_for_update()


class SqlRuns(Store):
    """`RunStore` in SQL."""

    def open(self, connection: Connection, kind: RunKind, trigger: RunTrigger, actor: Actor) -> Record:
        opened = (
            self._insert(_RUN)
            .values(
                id=new_id(),
                gallery_id=connection.gallery_id,
                webservice_id=connection.webservice_id,
                connection_id=connection.id,
                kind=kind.value,
                trigger=trigger.value,
                asked_by_id=actor.user_id,
                asked_by=actor.name,
                state=RunState.QUEUED.value,
                step="",
                counts={},
                scanned=False,
                created_at=self._now,
            )
            .on_conflict_do_nothing()
            .returning(*_RUN.c)
        )
        row = self._change(opened).one_or_none()
        if row is None:
            raise Conflict("A run is going already.", detail=f"connection {connection.id}: {kind} is open")
        return _record(row)

    def get(self, gallery_id: str, run_id: str) -> Record | None:
        return self._one(_RUN.c.gallery_id == gallery_id, _RUN.c.id == run_id)

    def open_of(self, connection_id: str, kind: RunKind) -> Record | None:
        row = self._read(_OPEN_OF, {"connection": connection_id, "of_kind": kind.value}).one_or_none()
        return None if row is None else _record(row)

    def latest(self, gallery_id: str, webservice_id: str, limit: int = 1) -> Sequence[Record]:
        query = (
            select(_RUN)
            .where(_RUN.c.gallery_id == gallery_id, _RUN.c.webservice_id == webservice_id)
            .order_by(_RUN.c.number.desc())
            .limit(limit)
        )
        return [_record(row) for row in self._read(query)]

    def progress(
        self,
        run_id: str,
        *,
        step: str | None = None,
        add: Mapping[str, int] | None = None,
        put: Mapping[str, int] | None = None,
        scanned: bool | None = None,
        cursor: str | None = None,
    ) -> None:
        # The counts are read and written back, so the row is locked first (SQLite has locked everything).
        row = self._read(_COUNTS, {"run": run_id}).one_or_none()
        if row is None:
            return
        counts = dict(row.counts)
        for name, number in (add or {}).items():
            counts[name] = counts.get(name, 0) + number
        given = {"step": step, "scanned": scanned, "cursor": cursor}
        clock, told = self._transaction.times()
        values = {
            "run": run_id,
            "counts": counts | dict(put or {}),
            **{name: value for name, value in given.items() if value is not None},
            **told,
        }
        self._change(_progress(clock), values)

    def finish(self, run_id: str, state: RunState, *, error_code: str | None = None) -> bool:
        if state in OPEN_RUN_STATES:
            raise ValueError(f"a run does not end as {state}")
        return self._hit(
            update(_RUN)
            .where(_RUN.c.id == run_id, _IS_OPEN)
            .values(state=state.value, error_code=error_code, finished_at=self._now)
        )

    def _one(self, *conditions: Any) -> Record | None:
        row = self._read(select(_RUN).where(*conditions)).one_or_none()
        return None if row is None else _record(row)


@functools.cache
def _progress(clock: ColumnElement[int]) -> Update:
    return (
        update(_RUN)
        .where(_RUN.c.id == bindparam("run"), _IS_OPEN)
        .values(state=RunState.RUNNING.value, started_at=func.coalesce(_RUN.c.started_at, clock))
    )


def _record(row: Row[Any]) -> Record:
    return Record(
        id=row.id,
        gallery_id=row.gallery_id,
        webservice_id=row.webservice_id,
        connection_id=row.connection_id,
        kind=RunKind(row.kind),
        trigger=RunTrigger(row.trigger),
        asked_by=row.asked_by,
        state=RunState(row.state),
        step=row.step,
        counts=row.counts,
        scanned=row.scanned,
        cursor=row.cursor,
        error_code=row.error_code,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
