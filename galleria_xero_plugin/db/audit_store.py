"""The append-only trail: there is no way here to change or remove an entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select

from ..ports.records import Actor, AuditEntry
from .models import Audit, table_of
from .store import Store

_AUDIT = table_of(Audit)


class SqlAudit(Store):
    """`AuditStore` in SQL."""

    def add(self, gallery_id: str, actor: Actor, action: str, *, subject: str = "", outcome: str = "ok") -> None:
        self._change(
            insert(_AUDIT).values(
                gallery_id=gallery_id,
                at=self._now,
                actor_id=actor.user_id,
                actor_name=actor.name,
                action=action,
                subject=subject,
                outcome=outcome,
            )
        )

    def of_subject(self, gallery_id: str, subject: str) -> Sequence[AuditEntry]:
        query = select(_AUDIT).where(_AUDIT.c.gallery_id == gallery_id, _AUDIT.c.subject == subject)
        return [_record(row) for row in self._read(query.order_by(_AUDIT.c.number))]

    def latest(self, gallery_id: str, limit: int = 100) -> Sequence[AuditEntry]:
        query = select(_AUDIT).where(_AUDIT.c.gallery_id == gallery_id).order_by(_AUDIT.c.number.desc()).limit(limit)
        return [_record(row) for row in self._read(query)]


def _record(row: Row[Any]) -> AuditEntry:
    return AuditEntry(row.at, row.actor_id, row.actor_name, row.action, row.subject, row.outcome)
