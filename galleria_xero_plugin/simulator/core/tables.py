"""Records in memory: found by id, by index and in order of change.

A record is a dict with Xero's own member names; Decimal, date and aware datetime as values; names
that start with an underscore are private. Records are replaced, never changed in place.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import datetime
from typing import Any

Record = dict[str, Any]
Key = Callable[[Record], Hashable | None]

_CACHED_LISTS = 24


class Table:
    """All records of one kind in one organisation."""

    def __init__(self, key: str, indexes: Mapping[str, Key] | None = None) -> None:
        self.key = key
        self.rows: dict[str, Record] = {}
        self._keys = dict(indexes or {})
        self._indexes: dict[str, dict[Hashable, dict[str, None]]] = {name: {} for name in self._keys}
        self._by_change: list[tuple[datetime, str]] = []
        self._lists: dict[Hashable, list[str]] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def get(self, identity: str) -> Record | None:
        """The record with this id."""
        return self.rows.get(identity)

    def find(self, index: str, value: Hashable) -> list[Record]:
        """All records under one key of an index, oldest entry first."""
        return [self.rows[identity] for identity in self._indexes[index].get(value, ())]

    def put(self, record: Record) -> Record | None:
        """Insert or replace; answers what stood there before."""
        identity = record[self.key]
        before = self.rows.get(identity)
        if before is not None:
            self._forget(identity, before)
        self.rows[identity] = record
        for name, key in self._keys.items():
            value = key(record)
            if value is not None:
                self._indexes[name].setdefault(value, {})[identity] = None
        if "UpdatedDateUTC" in record:
            insort(self._by_change, (record["UpdatedDateUTC"], identity))
        self._lists.clear()
        return before

    def remove(self, identity: str) -> None:
        """Take a record out."""
        record = self.rows.pop(identity)
        self._forget(identity, record)
        self._lists.clear()

    def _forget(self, identity: str, record: Record) -> None:
        for name, key in self._keys.items():
            value = key(record)
            if value is not None:
                entries = self._indexes[name][value]
                del entries[identity]
                if not entries:
                    del self._indexes[name][value]
        if "UpdatedDateUTC" in record:
            place = bisect_left(self._by_change, (record["UpdatedDateUTC"], identity))
            del self._by_change[place]

    def changed_since(self, moment: datetime | None) -> Iterator[Record]:
        """Records in order of UpdatedDateUTC, then id; from a moment on, inclusive."""
        if not self._by_change:
            yield from self.rows.values()
            return
        start = 0 if moment is None else bisect_left(self._by_change, (moment, ""))
        for place in range(start, len(self._by_change)):
            yield self.rows[self._by_change[place][1]]

    def forget_lists(self) -> None:
        """Remembered lists no longer hold."""
        self._lists.clear()

    def listed(self, question: Hashable, compute: Callable[[], list[str]]) -> list[str]:
        """The ids that answer a question, remembered until the table changes.

        Reading 100 pages of 1,000 must not sort and filter 100,000 records 100 times.
        """
        found = self._lists.get(question)
        if found is None:
            if len(self._lists) >= _CACHED_LISTS:
                self._lists.pop(next(iter(self._lists)))
            found = self._lists[question] = compute()
        return found
