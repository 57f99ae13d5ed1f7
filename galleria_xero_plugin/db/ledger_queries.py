"""The reader's half of the ledger: look-ups, counts, pages, attempts."""

from __future__ import annotations

import datetime as dt
import functools
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, or_, select, tuple_

from ..domain.states import DocumentKind, DocumentState, RunKind
from ..ports.records import Document
from ..ports.records import Run as RunRecord
from .ledger_conditions import EXPORT, behind, may_be_sent, of_organisation, state, waits
from .ledger_models import Attempt, AttemptDocument
from .ledger_record import SELECT, folded, record
from .models import Run, table_of
from .store import Store, chunks, past
from .types import clean, from_ms

_ATTEMPT = table_of(Attempt)
_CARRIED = table_of(AttemptDocument)
_RUN = table_of(Run)


class Queries(Store):
    """The reading part of `LedgerStore`."""

    def known(
        self, gallery_id: str, tenant_id: str, kind: DocumentKind, local_ids: Sequence[str]
    ) -> Mapping[str, Document]:
        found: dict[str, Document] = {}
        for chunk in chunks(list(local_ids)):
            values = {"gallery": gallery_id, "tenant": tenant_id, "of_kind": kind.value, "ids": chunk}
            found |= {row.local_id: record(row) for row in self._read(_KNOWN, values)}
        return found

    def children(
        self, gallery_id: str, tenant_id: str, kind: DocumentKind, parent_local_ids: Sequence[str]
    ) -> Mapping[str, Sequence[Document]]:
        found: dict[str, list[Document]] = defaultdict(list)
        for chunk in chunks(list(parent_local_ids)):
            values = {"gallery": gallery_id, "tenant": tenant_id, "of_kind": kind.value, "ids": chunk}
            for row in self._read(_CHILDREN, values):
                found[row.parent_local_id].append(record(row))
        return dict(found)

    def get(self, gallery_id: str, document_id: str) -> Document | None:
        query = SELECT.where(EXPORT.c.gallery_id == gallery_id, EXPORT.c.id == document_id)
        row = self._read(query).one_or_none()
        return None if row is None else record(row)

    def before(self, gallery_id: str, documents: Iterable[Document]) -> Mapping[str, Document]:
        found: dict[str, Document] = {}
        while ids := {document.depends_on for document in documents if document.depends_on} - found.keys():
            documents = []
            for chunk in chunks(sorted(ids)):
                # By the id alone: with the gallery in the condition SQLite would read all of its rows instead.
                rows = self._read(SELECT.where(EXPORT.c.id.in_(chunk)))
                documents += [record(row) for row in rows if row.gallery_id == gallery_id]
            found |= {document.id: document for document in documents}
        return found

    def counts(self, gallery_id: str, tenant_id: str) -> Mapping[tuple[DocumentKind, DocumentState], int]:
        here = {"gallery": gallery_id, "tenant": tenant_id}
        found = {(DocumentKind(kind), DocumentState(name)): count for kind, name, count in self._read(_BY_STATE, here)}
        for name, count in self._read(_STUCK, here):
            kind = DocumentKind(name)
            pending, blocked = (kind, DocumentState.PENDING), (kind, DocumentState.BLOCKED)
            found[blocked] = found.get(blocked, 0) + count
            if left := found.pop(pending) - count:
                found[pending] = left
        return found

    def waiting_codes(self, gallery_id: str, tenant_id: str) -> Mapping[str, int]:
        found: dict[str, int] = defaultdict(int)
        for rows in _waiting_codes():
            for name, count in self._read(rows, {"gallery": gallery_id, "tenant": tenant_id}):
                found[name] += count
        return dict(found)

    def page(
        self,
        gallery_id: str,
        tenant_id: str,
        *,
        states: Sequence[DocumentState] | None = None,
        kind: DocumentKind | None = None,
        search: str = "",
        after: str | None = None,
        limit: int = 50,
        as_shown: bool = False,
        since: dt.date | None = None,
        until: dt.date | None = None,
        run: RunRecord | None = None,
    ) -> tuple[Sequence[Document], str | None]:
        here = of_organisation(gallery_id, tenant_id)
        query = SELECT.where(here)
        if since is not None:
            query = query.where(EXPORT.c.document_date >= since)
        if until is not None:
            query = query.where(EXPORT.c.document_date <= until)
        if run is not None:
            query = query.where(_handled_in(run))
        if states is not None:
            wanted = EXPORT.c.state.in_([one.value for one in states])
            if as_shown:
                wanted = or_(and_(wanted, ~behind()), and_(behind(), DocumentState.BLOCKED in states))
            query = query.where(wanted)
        if kind is not None:
            query = query.where(EXPORT.c.kind == kind.value)
        if search.strip():
            query = query.where(_mentions(search.strip()))
        # The cursor is the last document of the page before: nothing is ever deleted, so it is still there.
        last = after and self._read(select(*_PLACE).where(here, EXPORT.c.id == after)).one_or_none()
        if last:
            query = query.where(tuple_(*_PLACE) < tuple_(*last))
        query = query.order_by(*(column.desc() for column in _PLACE)).limit(limit + 1)
        found = [record(row) for row in self._read(query)]
        more = len(found) > limit
        return found[:limit], found[limit - 1].id if more else None

    def attempts(self, gallery_id: str, document_id: str) -> Sequence[Mapping[str, str]]:
        going_then = and_(
            _RUN.c.connection_id == _ATTEMPT.c.connection_id,
            _RUN.c.kind == RunKind.EXPORT.value,
            _RUN.c.created_at <= _ATTEMPT.c.sent_at,
            or_(_RUN.c.finished_at.is_(None), _RUN.c.finished_at >= _ATTEMPT.c.sent_at),
        )
        query = (
            select(_ATTEMPT, _RUN.c.id.label("run_id"), _RUN.c.trigger, _RUN.c.asked_by)
            .join(_CARRIED, _CARRIED.c.batch_id == _ATTEMPT.c.batch_id)
            .outerjoin(_RUN, going_then)
            .where(_CARRIED.c.document_id == document_id, _ATTEMPT.c.gallery_id == gallery_id)
            .order_by(_CARRIED.c.attempt)
        )
        return [
            {
                "sent_at": row.sent_at.isoformat(),
                "finished_at": row.finished_at.isoformat() if row.finished_at else "",
                "status": "" if row.http_status is None else str(row.http_status),
                "outcome": row.outcome,
                "request_id": row.request_id,
                "run_id": row.run_id or "",
                "trigger": row.trigger or "",
                "asked_by": row.asked_by or "",
            }
            for row in self._read(query)
        ]

    def has_due_work(self, gallery_id: str, tenant_id: str) -> bool:
        due = or_(
            state(DocumentState.SENDING),
            and_(state(DocumentState.UNKNOWN), past(EXPORT.c.not_before, self._now)),
            may_be_sent(self._now),
        )
        query = select(EXPORT.c.id).where(of_organisation(gallery_id, tenant_id), due).limit(1)
        return self._read(query).one_or_none() is not None

    def pending_kinds(self, gallery_id: str, tenant_id: str) -> Collection[DocumentKind]:
        found = self._read(_PENDING_KINDS, {"gallery": gallery_id, "tenant": tenant_id}).scalars()
        return {DocumentKind(name) for name in found}

    def next_due_at(self, gallery_id: str, tenant_id: str) -> dt.datetime | None:
        clock, told = self._transaction.times()
        found = self._read(_next_look(clock), {"gallery": gallery_id, "tenant": tenant_id, **told}).scalar_one()
        return from_ms(found) if isinstance(found, int) else found


# Made once, like the others below: what is asked in every round takes longer to write than to answer.
_HERE = of_organisation(bindparam("gallery"), bindparam("tenant"))
_OF_KIND = and_(_HERE, EXPORT.c.kind == bindparam("of_kind"))
_KNOWN = SELECT.where(
    _OF_KIND, EXPORT.c.local_revision == 0, EXPORT.c.local_id.in_(bindparam("ids", expanding=True))
)
_CHILDREN = (
    SELECT
    .where(_OF_KIND, EXPORT.c.parent_local_id.in_(bindparam("ids", expanding=True)))
    .order_by(EXPORT.c.local_revision, EXPORT.c.document_date, EXPORT.c.natural_key)
)
_BY_STATE = (
    select(EXPORT.c.kind, EXPORT.c.state, func.count()).where(_HERE).group_by(EXPORT.c.kind, EXPORT.c.state)
)
_PENDING_KINDS = select(EXPORT.c.kind).where(_HERE, state(DocumentState.PENDING)).distinct()
_STUCK = select(EXPORT.c.kind, func.count()).where(_HERE, behind()).group_by(EXPORT.c.kind)


@functools.cache
def _waiting_codes() -> tuple[Select[Any], Select[Any]]:
    """Those that a row has itself, and those of what it waits for."""
    of_an_invoice = EXPORT.c.kind.in_([DocumentKind.PAYMENT.value, DocumentKind.REFUND.value])
    of_a_correction = EXPORT.c.kind == DocumentKind.ALLOCATION.value
    first = case(
        (of_an_invoice, "waiting_for_invoice"),
        (of_a_correction, "waiting_for_correction"),
        else_="waiting_for_contact",
    ).label("code")
    code = func.coalesce(EXPORT.c.reason_code, "").label("code")
    with_reason = or_(waits(), and_(state(DocumentState.PENDING), EXPORT.c.reason_code.is_not(None), ~behind()))
    return (
        select(code, func.count()).where(_HERE, with_reason).group_by("code"),
        select(first, func.count()).where(_HERE, behind()).group_by("code"),  # by name: see PostgreSQL's parameters
    )


@functools.cache
def _next_look(clock: ColumnElement[int]) -> Select[Any]:
    # One without a time is due now.
    return select(func.min(func.coalesce(EXPORT.c.not_before, clock))).where(_HERE, state(DocumentState.UNKNOWN))


_PLACE = (EXPORT.c.document_date, EXPORT.c.natural_key, EXPORT.c.id)


def _handled_in(run: RunRecord) -> ColumnElement[bool]:
    """Sent by the run, or last decided while it went on: found in Xero, refused, put aside with a reason."""
    start, end = run.created_at, run.finished_at
    sent = [_ATTEMPT.c.connection_id == run.connection_id, _ATTEMPT.c.sent_at >= start]
    decided = [EXPORT.c.updated_at >= start]
    if end is not None:
        sent.append(_ATTEMPT.c.sent_at <= end)
        decided.append(EXPORT.c.updated_at <= end)
    carried = select(_CARRIED.c.document_id).join(_ATTEMPT, _CARRIED.c.batch_id == _ATTEMPT.c.batch_id).where(*sent)
    return or_(EXPORT.c.id.in_(carried), and_(*decided))


def _mentions(search: str) -> ColumnElement[bool]:
    words = folded(clean(search))
    return or_(
        EXPORT.c.words.contains(words, autoescape=True),
        func.lower(EXPORT.c.xero_number).contains(words, autoescape=True),
    )
