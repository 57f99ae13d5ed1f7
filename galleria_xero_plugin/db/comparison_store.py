"""The last comparison of each organisation with Xero, and when the next one is due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, select, update

from ..domain.comparison import Comparison, Finding, What
from ..ports.records import Compared
from .models import Comparison as Model
from .models import table_of
from .store import Store

COMPARISON = table_of(Model)


class SqlComparisons(Store):
    """`ComparisonStore` in SQL."""

    def get(self, gallery_id: str, tenant_id: str, *, to_change: bool = False) -> Compared | None:
        wanted = select(COMPARISON).where(_of(gallery_id, tenant_id))
        row = self._read(wanted.with_for_update() if to_change else wanted).one_or_none()
        if row is None or row.compared_at is None:
            return None
        comparison = Comparison(row.agreeing, _findings(row.findings), tuple(row.new), _findings(row.accepted or ()))
        return Compared(comparison, row.compared_at, _findings(row.told))

    def put(self, gallery_id: str, tenant_id: str, comparison: Comparison) -> None:
        before = self.get(gallery_id, tenant_id)
        told = [one for one in before.told if one in (*comparison.findings, *comparison.accepted)] if before else []
        values = {
            "compared_at": self._now,
            "agreeing": comparison.agreeing,
            "findings": _plain(comparison.findings),
            "accepted": _plain(comparison.accepted),
            "new": list(comparison.new),
            "told": _plain(told),
        }
        self._upsert(gallery_id, tenant_id, {"due_at": self._now}, values)

    def plan(self, gallery_id: str, tenant_id: str, due_at: dt.datetime, *, again: bool = True) -> None:
        self._upsert(gallery_id, tenant_id, {"due_at": due_at}, {"due_at": due_at} if again else {})

    def hasten(self, due_at: dt.datetime) -> None:
        self._change(update(COMPARISON).where(COMPARISON.c.due_at > due_at).values(due_at=due_at))

    def claim(self, gallery_id: str, tenant_id: str, retry: dt.timedelta) -> bool:
        later = self._now + retry // dt.timedelta(milliseconds=1)
        return self._hit(
            update(COMPARISON)
            .where(_of(gallery_id, tenant_id), COMPARISON.c.due_at <= self._now)
            .values(due_at=later)
        )

    def accept(self, gallery_id: str, tenant_id: str, comparison: Comparison) -> None:
        values = {"findings": _plain(comparison.findings), "accepted": _plain(comparison.accepted)}
        self._change(update(COMPARISON).where(_of(gallery_id, tenant_id)).values(**values))

    def told(self, gallery_id: str, tenant_id: str, findings: Sequence[Finding]) -> None:
        self._change(update(COMPARISON).where(_of(gallery_id, tenant_id)).values(told=_plain(findings)))

    def _upsert(self, gallery_id: str, tenant_id: str, first: dict[str, Any], values: dict[str, Any]) -> None:
        statement = self._insert(COMPARISON).values(gallery_id=gallery_id, tenant_id=tenant_id, **(first | values))
        key = ["gallery_id", "tenant_id"]
        if not values:
            self._change(statement.on_conflict_do_nothing(index_elements=key))
            return
        changes = {name: statement.excluded[name] for name in values}
        self._change(statement.on_conflict_do_update(index_elements=key, set_=changes))


def comparison_due(connection: Any, now: ColumnElement[int]) -> ColumnElement[bool]:
    """The connection's organisation is to be compared."""
    here = and_(
        COMPARISON.c.gallery_id == connection.c.gallery_id,
        COMPARISON.c.tenant_id == connection.c.tenant_id,
        COMPARISON.c.due_at <= now,
    )
    return select(COMPARISON.c.tenant_id).where(here).correlate(connection).exists()


def _of(gallery_id: str, tenant_id: str) -> ColumnElement[bool]:
    return and_(COMPARISON.c.gallery_id == gallery_id, COMPARISON.c.tenant_id == tenant_id)


def _plain(findings: Sequence[Finding]) -> list[list[str]]:
    return [[finding.what.value, finding.number, finding.document_id, finding.sides] for finding in findings]


def _findings(plain: Sequence[Sequence[str]]) -> tuple[Finding, ...]:
    return tuple(Finding(What(what), *rest) for what, *rest in plain)
