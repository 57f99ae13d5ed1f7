"""The ledger: documents on their way to Xero, and there (export-protocol §2.2-2.4)."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Update, and_, bindparam, case, func, or_, select, true, update

from ..domain.reasons import BY_A_PERSON
from ..domain.states import DocumentState
from .ledger_conditions import EXPORT, number_is_free, of_organisation, state
from .ledger_insert import NUMBER_TAKEN_MESSAGE, Insertion
from .ledger_models import NUMBER_FREE_STATES
from .ledger_queries import Queries
from .ledger_work import Work
from .store import chunks, past

_REQUEUED = frozenset({DocumentState.BLOCKED, DocumentState.REJECTED, DocumentState.CONFLICT, DocumentState.SKIPPED})
_WOKEN = [DocumentState.BLOCKED.value, DocumentState.REJECTED.value, DocumentState.CONFLICT.value]


class SqlLedger(Insertion, Work, Queries):
    """`LedgerStore` in SQL."""

    def requeue(
        self,
        gallery_id: str,
        tenant_id: str,
        states: Sequence[DocumentState],
        *,
        reasons: Sequence[str] | None = None,
    ) -> int:
        if not _REQUEUED.issuperset(states):
            raise ValueError(f"only {', '.join(sorted(_REQUEUED))} rows are decided anew")
        clock, told = self._transaction.times()
        values = {"gallery": gallery_id, "tenant": tenant_id, "before": [one.value for one in states], **told}
        if reasons is not None:
            values["reasons"] = list(reasons)
        return self._to_pending(_requeue(clock, reasons is not None), values)

    def wake(self, gallery_id: str, document_ids: Sequence[str]) -> int:
        clock, told = self._transaction.times()
        return sum(
            self._to_pending(_wake(clock), {"gallery": gallery_id, "ids": chunk, **told})
            for chunk in chunks(list(document_ids))
        )

    def redate(self, gallery_id: str, document_id: str, day: dt.date) -> bool:
        return self._hit(
            update(EXPORT)
            .where(EXPORT.c.gallery_id == gallery_id, EXPORT.c.id == document_id, EXPORT.c.state.in_(_WOKEN))
            .values(redated_to=day, updated_at=self._now)
        )

    def _to_pending(self, change: Update, values: Mapping[str, Any]) -> int:
        with self._or_conflict(NUMBER_TAKEN_MESSAGE):
            return self._change(change, values).rowcount


def _to_pending(clock: ColumnElement[int], *conditions: Any) -> Update:
    # A row whose number another one has stays where it is: sending it would be refused. Of several that wait for
    # the same number one gets it.
    waiting = EXPORT.c.state.in_(NUMBER_FREE_STATES)
    number = (EXPORT.c.tenant_id, EXPORT.c.kind, EXPORT.c.natural_key)
    # What a person takes up again is not put aside any more; every other reason stays until it is decided anew.
    reason = case((EXPORT.c.reason_code.not_in(sorted(BY_A_PERSON)), EXPORT.c.reason_code))
    first = select(func.min(EXPORT.c.id)).where(waiting, *conditions).group_by(*number).correlate(None)
    may = or_(~waiting, and_(number_is_free(), EXPORT.c.id.in_(first)))
    return (
        update(EXPORT)
        .where(may, *conditions)
        .values(state=DocumentState.PENDING.value, not_before=None, updated_at=clock, reason_code=reason)
    )


# Made once: they take far longer to write than to execute.


@functools.cache
def _requeue(clock: ColumnElement[int], for_reasons: bool) -> Update:
    chosen = EXPORT.c.reason_code.in_(bindparam("reasons", expanding=True)) if for_reasons else true()
    return _to_pending(
        clock,
        of_organisation(bindparam("gallery"), bindparam("tenant")),
        EXPORT.c.state.in_(bindparam("before", expanding=True)),
        past(EXPORT.c.not_before, clock),
        or_(EXPORT.c.reason_code.is_(None), EXPORT.c.reason_code.not_in(sorted(BY_A_PERSON))),
        chosen,
    )


@functools.cache
def _wake(clock: ColumnElement[int]) -> Update:
    asleep = or_(
        EXPORT.c.state.in_(_WOKEN),
        and_(state(DocumentState.SKIPPED), EXPORT.c.reason_code.in_(sorted(BY_A_PERSON))),
    )
    return _to_pending(
        clock,
        EXPORT.c.gallery_id == bindparam("gallery"),
        EXPORT.c.id.in_(bindparam("ids", expanding=True)),
        asleep,
        EXPORT.c.reason_code.is_distinct_from("maybe_in_books"),
    )
