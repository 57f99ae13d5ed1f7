"""The reader's half of the ledger: look-ups, counts, pages, attempts."""

from __future__ import annotations

import datetime as dt
import functools
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, or_, select, tuple_

from ..domain.shown import own_state
from ..domain.states import WAITING, DocumentKind, DocumentState, RunKind
from ..ports.records import Document
from ..ports.records import Run as RunRecord
from .ledger_conditions import EXPORT, behind, may_be_sent, of_organisation, shown, state
from .ledger_models import Attempt, AttemptDocument
from .ledger_record import SELECT, folded, record
from .models import Run, table_of
from .store import Store, chunks, past
from .types import clean, from_ms

_ATTEMPT = table_of(Attempt)
_CARRIED = table_of(AttemptDocument)
_RUN = table_of(Run)
_WAITS_FOR = {
    DocumentKind.PAYMENT: "waiting_for_invoice",
    DocumentKind.REFUND: "waiting_for_invoice",
    DocumentKind.ALLOCATION: "waiting_for_correction",
}
"""The reason of one that waits behind another, by its kind; of the others it is the contact."""


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

    def counts(
        self,
        gallery_id: str,
        tenant_id: str,
        *,
        kind: DocumentKind | None = None,
        search: str = "",
        since: dt.date | None = None,
        until: dt.date | None = None,
        run: RunRecord | None = None,
    ) -> Mapping[tuple[DocumentKind, DocumentState], int]:
        here, wanted = {"gallery": gallery_id, "tenant": tenant_id}, _filters(kind, search, since, until, run)
        found: dict[tuple[DocumentKind, DocumentState], int] = defaultdict(int)
        # No index answers a filter, so that the rows are read once for both; without one an index answers each.
        for of_kind, name, code, count, *stuck in self._read(_filtered(wanted) if wanted else _BY_REASON, here):
            shown_as = own_state(DocumentKind(of_kind), DocumentState(name), code)
            found[DocumentKind(of_kind), DocumentState.BLOCKED if any(stuck) else shown_as] += count
        for of_kind, count in () if wanted else self._read(_STUCK, here):
            found[DocumentKind(of_kind), DocumentState.PENDING] -= count
            found[DocumentKind(of_kind), DocumentState.BLOCKED] += count
        return {key: count for key, count in found.items() if count}

    def waiting_codes(self, gallery_id: str, tenant_id: str) -> Mapping[str, int]:
        here = {"gallery": gallery_id, "tenant": tenant_id}
        found: dict[str, int] = defaultdict(int)
        for kind, name, code, count in self._read(_NOT_SENT_BY_REASON, here):
            if own_state(DocumentKind(kind), DocumentState(name), code) in WAITING:
                found[code or ""] += count
        for kind, count in self._read(_STUCK, here):
            found[_WAITS_FOR.get(DocumentKind(kind), "waiting_for_contact")] += count
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
        query = SELECT.where(here, *_filters(kind, search, since, until, run))
        if states is not None:
            wanted = [one.value for one in states]
            if as_shown:
                query = query.where(case((behind(), DocumentState.BLOCKED.value), else_=shown()).in_(wanted))
                wanted += [DocumentState.PENDING.value, DocumentState.SKIPPED.value]
                if DocumentState.SKIPPED in states:
                    wanted.append(DocumentState.DONE.value)  # what was taken out of Xero again
            query = query.where(EXPORT.c.state.in_(wanted))
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
_COUNTED = (EXPORT.c.kind, EXPORT.c.state, EXPORT.c.reason_code)
_BY_REASON = select(*_COUNTED, func.count()).where(_HERE).group_by(*_COUNTED)
_NOT_SENT_BY_REASON = _BY_REASON.where(
    EXPORT.c.state.in_([DocumentState.PENDING.value, DocumentState.SKIPPED.value, *(one.value for one in WAITING)])
)
_PENDING_KINDS = select(EXPORT.c.kind).where(_HERE, state(DocumentState.PENDING)).distinct()
_STUCK = select(EXPORT.c.kind, func.count()).where(_HERE, behind()).group_by(EXPORT.c.kind)


def _filtered(wanted: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """The counts by reason of what was asked for, those that wait behind another apart."""
    rows = select(*_COUNTED, case((behind(), 1), else_=0).label("stuck")).where(_HERE, *wanted).subquery()
    counted = (rows.c.kind, rows.c.state, rows.c.reason_code)
    return select(*counted, func.count(), rows.c.stuck).group_by(*counted, rows.c.stuck)



@functools.cache
def _next_look(clock: ColumnElement[int]) -> Select[Any]:
    # One without a time is due now.
    return select(func.min(func.coalesce(EXPORT.c.not_before, clock))).where(_HERE, state(DocumentState.UNKNOWN))


_PLACE = (EXPORT.c.document_date, EXPORT.c.natural_key, EXPORT.c.id)


def _filters(
    kind: DocumentKind | None, search: str, since: dt.date | None, until: dt.date | None, run: RunRecord | None
) -> list[ColumnElement[bool]]:
    """What a person asked for, apart from the state."""
    conditions: list[ColumnElement[bool]] = []
    if kind is not None:
        conditions.append(EXPORT.c.kind == kind.value)
    if search.strip():
        conditions.append(_mentions(search.strip()))
    if since is not None:
        conditions.append(EXPORT.c.document_date >= since)
    if until is not None:
        conditions.append(EXPORT.c.document_date <= until)
    if run is not None:
        conditions.append(_handled_in(run))
    return conditions


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
    """In its number, its contact or its number in Xero. A number is found however it is written: #1042 as the gallery
    does, AG1042, ag 1042."""
    words = folded(clean(search)).removeprefix("#").strip()
    key = "".join(char for char in words if char not in _BETWEEN)
    columns = (EXPORT.c.words, func.lower(EXPORT.c.xero_number))
    if key and key[-1].isdigit():  # what has the words has the key too: it needs no looking for both
        return _closed(columns[0].concat(_APART).concat(columns[1])).contains(key, autoescape=True)
    return or_(*(column.contains(words, autoescape=True) for column in columns))


_BETWEEN = " -/._#"
_APART = "\n"
"""Between two columns that are searched as one: nothing that is searched for has it."""


def _closed(column: ColumnElement[str]) -> ColumnElement[str]:
    """Without what people put between a prefix and its number."""
    for char in _BETWEEN:
        column = func.replace(column, char, "")
    return column
