"""The exporter's half of the ledger: what is due, writing ahead, results."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, case, func, insert, select, type_coerce, update

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
        query = (
            SELECT
            .where(
                of_organisation(gallery_id, tenant_id),
                EXPORT.c.kind == kind.value,
                state(DocumentState.UNKNOWN),
                past(EXPORT.c.not_before, self._now),
            )
            .order_by(EXPORT.c.not_before, EXPORT.c.document_date, EXPORT.c.natural_key)
            .limit(limit)
        )
        return [record(row) for row in self._read(query)]

    def expire_sending(self, gallery_id: str, tenant_id: str, lease: int, not_before: dt.timedelta) -> int:
        wait = not_before // dt.timedelta(milliseconds=1)
        return self._change(
            update(EXPORT)
            .where(
                of_organisation(gallery_id, tenant_id),
                state(DocumentState.SENDING),
                EXPORT.c.lease_token.is_distinct_from(lease),
            )
            .values(
                state=DocumentState.UNKNOWN.value,
                not_before=type_coerce(EXPORT.c.first_sent_at, BigInteger) + wait,
                updated_at=self._now,
            )
        ).rowcount

    def start_sending(self, connection_id: str, lease: int, kind: DocumentKind, batch: Batch, *, worker: str) -> bool:
        ids = sorted(batch.payloads)
        if not ids:
            raise ValueError("a batch without documents")
        connection = self._read(
            select(CONNECTION.c.gallery_id, CONNECTION.c.tenant_id).where(
                CONNECTION.c.id == connection_id, CONNECTION.c.export_lease == lease
            )
        ).one_or_none()
        if connection is None:
            return False
        here = and_(of_organisation(connection.gallery_id, connection.tenant_id), EXPORT.c.kind == kind.value)
        try:
            with self._transaction.savepoint():
                self._freeze(ids, here, lease, batch)
        except _NotPending:
            return False
        self._change(
            insert(_ATTEMPT).values(
                batch_id=batch.id,
                gallery_id=connection.gallery_id,
                tenant_id=connection.tenant_id,
                connection_id=connection_id,
                kind=kind.value,
                lease_token=lease,
                idempotency_key=batch.idempotency_key,
                request_hash=batch.request_hash,
                worker=worker,
                sent_at=self._now,
                outcome="",
                request_id="",
            )
        )
        carried = select(EXPORT.c.id, bindparam("batch", batch.id), EXPORT.c.attempt).where(EXPORT.c.id.in_(ids))
        self._change(insert(_CARRIED).from_select(["document_id", "batch_id", "attempt"], carried))
        return True

    def _freeze(self, ids: Sequence[str], here: Any, lease: int, batch: Batch) -> None:
        sending = (
            update(EXPORT)
            .where(EXPORT.c.id.in_(ids), here, state(DocumentState.PENDING))
            .values(
                state=DocumentState.SENDING.value,
                batch_id=batch.id,
                lease_token=lease,
                first_sent_at=self._now,
                attempt=EXPORT.c.attempt + 1,
                negative_reads=0,
                not_before=None,
                reason_code=None,
                reason_facts={},
                updated_at=self._now,
            )
        )
        if self._change(sending).rowcount != len(ids):
            raise _NotPending
        payloads = update(EXPORT).where(EXPORT.c.id == bindparam("document")).values(payload=bindparam("text"))
        self._change(payloads, [{"document": key, "text": text} for key, text in sorted(batch.payloads.items())])
        if batch.standing:
            prints = update(EXPORT).where(EXPORT.c.id == bindparam("document")).values(standing=bindparam("print"))
            self._change(prints, [{"document": key, "print": text} for key, text in sorted(batch.standing.items())])
        if batch.seen:
            statement = (
                update(EXPORT)
                .where(EXPORT.c.id == bindparam("document"))
                .values(seen_revision=bindparam("revision"), content_hash=bindparam("hash"))
            )
            rows = [
                {"document": key, "revision": revision, "hash": content}
                for key, (revision, content) in sorted(batch.seen.items())
                if key in batch.payloads
            ]
            self._change(statement, rows)

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
        statement = (
            update(EXPORT)
            .where(EXPORT.c.id == document_id, EXPORT.c.state.in_([before.value for before in expect]))
            .values(
                state=to.value,
                reason_code=code,
                reason_facts=dict(facts),
                not_before=not_before,
                updated_at=self._now,
                **{name: value for name, value in given.items() if value is not None},
            )
        )
        if lease is not None:
            statement = statement.where(EXPORT.c.lease_token == lease)
        with self._or_conflict(NUMBER_TAKEN_MESSAGE):
            return self._hit(statement)

    def finish_attempt(self, batch_id: str, *, status: int | None, outcome: str, request_id: str | None) -> None:
        self._change(
            update(_ATTEMPT)
            .where(_ATTEMPT.c.batch_id == batch_id)
            .values(finished_at=self._now, http_status=status, outcome=outcome, request_id=request_id or "")
        )


class _NotPending(Exception):
    """A row of the batch is not PENDING any more: leaves the savepoint, so that nothing has changed."""


@functools.cache  # each phase asks in every round, and to write it takes far longer than to answer
def _due(clock: ColumnElement[int], one_per_parent: bool, chosen: bool) -> Any:
    here = and_(
        of_organisation(bindparam("gallery"), bindparam("tenant")), EXPORT.c.kind == bindparam("of_kind")
    )
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
