"""Mails that are owed or were sent, so that each goes out once."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, select

from .models import Notice, table_of
from .store import Store, chunks

_NOTICE = table_of(Notice)


class SqlNotices(Store):
    """`NoticeStore` in SQL."""

    def claim(self, connection_id: str, topic: str) -> bool:
        claimed = (
            self._insert(_NOTICE)
            .values(connection_id=connection_id, topic=topic, claimed_at=self._now)
            .on_conflict_do_nothing()
            .returning(_NOTICE.c.topic)
        )
        return self._change(claimed).scalar_one_or_none() is not None

    def release(self, connection_id: str, topic: str) -> None:
        self._change(delete(_NOTICE).where(_NOTICE.c.connection_id == connection_id, _NOTICE.c.topic == topic))

    def claimed(self, topic: str) -> Sequence[str]:
        query = select(_NOTICE.c.connection_id).where(_NOTICE.c.topic == topic).order_by(_NOTICE.c.connection_id)
        return list(self._read(query).scalars())

    def told(self, connection_id: str, topics: Sequence[str]) -> Collection[str]:
        found: set[str] = set()
        for chunk in chunks(list(topics)):
            query = select(_NOTICE.c.topic).where(_NOTICE.c.connection_id == connection_id, _NOTICE.c.topic.in_(chunk))
            found.update(self._read(query).scalars())
        return found
