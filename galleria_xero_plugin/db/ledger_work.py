"""The exporter's half of the ledger: what is due, writing ahead, results."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Insert,
    Select,
    Update,
    and_,
    bindparam,
    case,
    func,
    insert,
    select,
    type_coerce,
    update,
)

from ..domain.states import DocumentKind, DocumentState, may_move
from ..ports.records import Batch, Document
from .connection_record import CONNECTION
from .ledger_conditions import EXPORT, may_be_sent, of_organisation, state
from .ledger_insert import NUMBER_TAKEN_MESSAGE
from .ledger_models import Attempt, AttemptDocument
from .ledger_record import RECORD, SELECT, folded, record
from .models import table_of
from .store import Store, past

_ATTEMPT = table_of(Attempt)
_CARRIED = table_of(AttemptDocument)
_UNDER_WAY = (DocumentState.PENDING.value, DocumentState.SENDING.value, DocumentState.UNKNOWN.value)


class Work(Store):
    """The exporting part of `LedgerStore`."""

    def due(
        self,
        gallery_id: str,
        tenant_id: str,
        kind: DocumentKind,
        limit: int,
        *,
        one_per_parent: bool = False,
        only: Collection[str] | None = None,
    ) -> Sequence[Document]:
        clock, told = self._transaction.times()
        values = {"gallery": gallery_id, "tenant": tenant_id, "of_kind": kind.value, "most": limit, **told}
        if only is not None:
            values["only"] = sorted(only)
        query = _due(clock, one_per_parent, only is not None)
        found = [record(row) for row in self._read(query, values)]
        return found[: found[0].batch_cap] if found else []

    def due_unknown(self, gallery_id: str, tenant_id: str, kind: DocumentKind, limit: int) -> Sequence[Document]:
        clock, told = self._transaction.times()
        values = {"gallery": gallery_id, "tenant": tenant_id, "of_kind": kind.value, "most": limit, **told}
        return [record(row) for row in self._read(_due_unknown(clock), values)]

    def expire_sending(self, gallery_id: str, tenant_id: str, lease: int, not_before: dt.timedelta) -> int:
        clock, told = self._transaction.times()
        wait = not_before // dt.timedelta(milliseconds=1)
        values = {"gallery": gallery_id, "tenant": tenant_id, "held": lease, "wait": wait, **told}
        return self._change(_expire(clock), values).rowcount

    def start_sending(self, connection_id: str, lease: int, kind: DocumentKind, batch: Batch, *, worker: str) -> bool:
        ids = sorted(batch.payloads)
        if not ids:
            raise ValueError("a batch without documents")
        held = {"connection": connection_id, "held": lease}
        connection = self._read(_HELD, held).one_or_none()
        if connection is None:
            return False
        clock, told = self._transaction.times()
        here = {"gallery": connection.gallery_id, "tenant": connection.tenant_id, "of_kind": kind.value}
        try:
            with self._transaction.savepoint():
                self._freeze(_start(clock), {**here, **told, "ids": ids, "lease_token": lease}, batch)
        except _NotPending:
            return False
        self._change(
            _begun(clock),
            {
                "batch_id": batch.id,
                "gallery_id": connection.gallery_id,
                "tenant_id": connection.tenant_id,
                "connection_id": connection_id,
                "kind": kind.value,
                "lease_token": lease,
                "idempotency_key": batch.idempotency_key,
                "request_hash": batch.request_hash,
                "worker": worker,
                **told,
            },
        )
        self._change(_CARRIES, {"batch": batch.id, "ids": ids})
        return True

    def _freeze(self, start: Update, values: Mapping[str, Any], batch: Batch) -> None:
        if self._change(start, {**values, "batch_id": batch.id}).rowcount != len(batch.payloads):
            raise _NotPending
        frozen = sorted(batch.payloads.items())
        self._change(_OF_ONE, [{"document": key, "payload": text} for key, text in frozen])
        if batch.standing:
            prints = sorted(batch.standing.items())
            self._change(_OF_ONE, [{"document": key, "standing": text} for key, text in prints])
        if batch.seen:
            rows = [
                {"document": key, "seen_revision": revision, "content_hash": content}
                for key, (revision, content) in sorted(batch.seen.items())
                if key in batch.payloads
            ]
            self._change(_OF_ONE, rows)

    def amend(
        self,
        document_id: str,
        *,
        amount: Decimal | None = None,
        xero_total: Decimal | None = None,
        document_date: dt.date | None = None,
        contact_name: str | None = None,
        deleted: bool = False,
    ) -> None:
        given = {
            "amount": amount,
            "xero_total": xero_total,
            "document_date": document_date,
            "contact_name": contact_name,
            "words": None if contact_name is None else EXPORT.c.words + " " + folded(contact_name),
            "deleted_at": self._now if deleted else None,
            "reason_facts": {} if deleted else None,
        }
        gone = {"reason_code": None} if deleted else {}  # a remark about what stood is not true any more
        self._change(
            update(EXPORT)
            .where(EXPORT.c.id == document_id, state(DocumentState.DONE))
            .values(updated_at=self._now, **gone, **{name: value for name, value in given.items() if value is not None})
        )

    def seen(self, document_id: str, revision: int) -> None:
        self._change(
            update(EXPORT)
            .where(EXPORT.c.id == document_id, state(DocumentState.DONE), EXPORT.c.seen_revision < revision)
            .values(seen_revision=revision)
        )

    def move(
        self,
        document_id: str,
        *,
        expect: Sequence[DocumentState],
        to: DocumentState,
        lease: int | None = None,
        reason: tuple[str, Mapping[str, str]] | None = None,
        not_before: dt.datetime | None = None,
        xero_id: str | None = None,
        xero_number: str | None = None,
        xero_total: Decimal | None = None,
        adopted: bool = False,
        negative_reads: int | None = None,
        batch_cap: int | None = None,
        payload: str | None = None,
        seen_revision: int | None = None,
        content_hash: str | None = None,
        natural_key: str | None = None,
        warnings: Sequence[str] | None = None,
        standing: str | None = None,
    ) -> bool:
        for before in expect:
            if not may_move(before, to):
                raise ValueError(f"a document never goes from {before} to {to}")
        given = {
            "xero_id": xero_id,
            "xero_number": xero_number,
            "xero_total": xero_total,
            "adopted": adopted or None,
            "negative_reads": negative_reads,
            "batch_cap": batch_cap,
            "payload": payload,
            "seen_revision": seen_revision,
            "content_hash": content_hash,
            "natural_key": natural_key,
            "warnings": list(warnings) if warnings else None,
            "standing": standing,
        }
        code, facts = reason or (None, {})
        clock, told = self._transaction.times()
        values = {
            "document": document_id,
            "before": [before.value for before in expect],
            "state": to.value,
            "reason_code": code,
            "reason_facts": dict(facts),
            "not_before": not_before,
            **{name: value for name, value in given.items() if value is not None},
            **told,
        }
        if lease is not None:
            values["held"] = lease
        with self._or_conflict(NUMBER_TAKEN_MESSAGE):
            return self._hit(_move(clock, lease is not None), values)

    def finish_attempt(self, batch_id: str, *, status: int | None, outcome: str, request_id: str | None) -> None:
        clock, told = self._transaction.times()
        values = {"http_status": status, "outcome": outcome, "request_id": request_id or ""}
        self._change(_finished(clock), {"batch": batch_id, **values, **told})


class _NotPending(Exception):
    """A row of the batch is not PENDING any more: leaves the savepoint, so that nothing has changed."""


# Made once, all of them: they are executed in every round, and to write them takes far longer than to answer. What
# they set without naming it comes from the names of the values they are executed with.
_HERE = of_organisation(bindparam("gallery"), bindparam("tenant"))
_OF_KIND = and_(_HERE, EXPORT.c.kind == bindparam("of_kind"))
_AMONG = EXPORT.c.id.in_(bindparam("ids", expanding=True))
_OF_ONE = update(EXPORT).where(EXPORT.c.id == bindparam("document"))
_HELD = select(CONNECTION.c.gallery_id, CONNECTION.c.tenant_id).where(
    CONNECTION.c.id == bindparam("connection"), CONNECTION.c.export_lease == bindparam("held")
)
_CARRIES = insert(_CARRIED).from_select(
    ["document_id", "batch_id", "attempt"],
    select(EXPORT.c.id, bindparam("batch", type_=_CARRIED.c.batch_id.type), EXPORT.c.attempt).where(_AMONG),
)


@functools.cache
def _due_unknown(clock: ColumnElement[int]) -> Select[Any]:
    return (
        SELECT
        .where(_OF_KIND, state(DocumentState.UNKNOWN), past(EXPORT.c.not_before, clock))
        .order_by(EXPORT.c.not_before, EXPORT.c.document_date, EXPORT.c.natural_key)
        .limit(bindparam("most"))
    )


@functools.cache
def _expire(clock: ColumnElement[int]) -> Update:
    wait = bindparam("wait", type_=BigInteger())
    return (
        update(EXPORT)
        .where(_HERE, state(DocumentState.SENDING), EXPORT.c.lease_token.is_distinct_from(bindparam("held")))
        .values(
            state=DocumentState.UNKNOWN.value,
            not_before=type_coerce(EXPORT.c.first_sent_at, BigInteger) + wait,
            updated_at=clock,
        )
    )


@functools.cache
def _start(clock: ColumnElement[int]) -> Update:
    return (
        update(EXPORT)
        .where(_AMONG, _OF_KIND, state(DocumentState.PENDING))
        .values(
            state=DocumentState.SENDING.value,
            first_sent_at=clock,
            attempt=EXPORT.c.attempt + 1,
            negative_reads=0,
            not_before=None,
            reason_code=None,
            reason_facts={},
            updated_at=clock,
        )
    )


@functools.cache
def _begun(clock: ColumnElement[int]) -> Insert:
    return insert(_ATTEMPT).values(sent_at=clock, outcome="", request_id="")


@functools.cache
def _finished(clock: ColumnElement[int]) -> Update:
    return update(_ATTEMPT).where(_ATTEMPT.c.batch_id == bindparam("batch")).values(finished_at=clock)


@functools.cache
def _move(clock: ColumnElement[int], fenced: bool) -> Update:
    expected = EXPORT.c.state.in_(bindparam("before", expanding=True))
    statement = _OF_ONE.where(expected).values(updated_at=clock)
    return statement.where(EXPORT.c.lease_token == bindparam("held")) if fenced else statement


@functools.cache
def _due(clock: ColumnElement[int], one_per_parent: bool, chosen: bool) -> Any:
    here = _OF_KIND
    if chosen:
        here = and_(here, EXPORT.c.id.in_(bindparam("only", expanding=True)))
    if one_per_parent:
        rows = _with_their_turn(here)
        query = select(*(rows.c[column.name] for column in RECORD)).where(rows.c.turn == 1)
    else:
        rows = EXPORT
        query = SELECT.where(here)
    return (
        query.where(may_be_sent(clock, rows))
        .order_by(rows.c.batch_cap, rows.c.document_date, rows.c.natural_key)
        .limit(bindparam("most"))
    )


def _with_their_turn(here: ColumnElement[bool]) -> Any:
    """The rows under way with the `turn` of each among those of its parent. Money of one invoice is booked in
    its order, and a later payment cannot be judged while nobody knows whether an earlier one arrived."""
    turn = func.row_number().over(
        partition_by=EXPORT.c.parent_local_id,
        order_by=(case((state(DocumentState.PENDING), 1), else_=0), EXPORT.c.document_date, EXPORT.c.natural_key),
    )
    return select(EXPORT, turn.label("turn")).where(here, EXPORT.c.state.in_(_UNDER_WAY)).subquery()
