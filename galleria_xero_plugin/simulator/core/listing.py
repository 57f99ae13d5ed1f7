"""Lists: filters, order, If-Modified-Since, pages (xero-facts.md §2.5)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from .call import Call
from .errors import bad_query
from .reader import moment_of
from .tables import Record
from .where import Column, Predicate, predicate, sorting
from .wire import Request

DEFAULT_PAGE_SIZE = 100
LARGEST_PAGE_SIZE = 1000


@dataclass(frozen=True)
class Page:
    """The records asked for. ``number`` is 0 when no page was asked for."""

    records: list[Record]
    number: int = 0
    size: int = 0
    count: int = 0

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-self.count // self.size) if self.size else 1

    def block(self) -> dict[str, int]:
        """The ``pagination`` member; an unpaged list is one page of all."""
        if not self.number:
            return {"page": 1, "pageSize": len(self.records), "pageCount": 1, "itemCount": len(self.records)}
        return {"page": self.number, "pageSize": self.size, "pageCount": self.pages, "itemCount": self.count}


def whole_number(text: str | None) -> int | None:
    """A number of a page or page size; nonsense counts as not sent."""
    try:
        return int(text) if text else None
    except ValueError:
        return None


def listing(
    call: Call,
    kind: str,
    *,
    known: Mapping[str, Column],
    filters: Mapping[str, Callable[[str], Predicate]],
    base: Predicate | None = None,
    paged: bool = True,
) -> Page:
    """The records of a kind that a request asks for.

    ``filters`` are the resource's own query parameters, each making a test from its value.
    """
    table, request, settings = call.org.table(kind), call.request, call.settings
    used = {name: request.query[name] for name in filters if request.query.get(name)}
    since = request.headers.get("if-modified-since", "")
    where, order = request.query.get("where", ""), request.query.get("order", "")
    asked_by = (call.client_id, settings)
    question: Hashable = (where, order, since, tuple(sorted(used.items())), base is None, asked_by)

    def compute() -> list[str]:
        tests = [filters[name](value) for name, value in used.items()]
        if base is not None:
            tests.append(base)
        if where:
            tests.append(predicate(where, known, ignore_case=settings.where_ignores_case))
        moment = moment_of(since) if since else None
        if moment is not None and not settings.modified_since_inclusive:
            moment += timedelta(milliseconds=1)
        found = list(table.changed_since(moment))
        for test in tests:  # one pass each: over 100,000 rows this is twice as fast as all(...) per row
            found = [row for row in found if test(row)]
        if order:
            for key, descending in reversed(sorting(order, known)):
                found.sort(key=key, reverse=descending)
        return [row[table.key] for row in found]

    ids = table.listed(question, compute)
    if len(ids) > settings.largest_list:
        raise bad_query("The list holds too many records; narrow the filter")
    number = whole_number(request.query.get("page"))
    if not paged or (number is None and not _forces_paging(request)):
        return Page([table.rows[identity] for identity in ids])
    number = max(number or 1, 1)
    asked = whole_number(request.query.get("pagesize"))
    size = DEFAULT_PAGE_SIZE if asked is None else min(max(asked, 1), LARGEST_PAGE_SIZE)
    wanted = ids[(number - 1) * size : number * size]
    return Page([table.rows[identity] for identity in wanted], number, size, len(ids))


def _forces_paging(request: Request) -> bool:
    """pageSize, Statuses and summaryOnly imply page 1."""
    query = request.query
    return bool(query.get("statuses") or query.get("pagesize") or query.get("summaryonly", "").lower() == "true")


def one_of(read: Callable[[Mapping[str, Any]], object], *, upper: bool = False) -> Callable[[str], Predicate]:
    """A comma-separated filter such as IDs, InvoiceNumbers, Statuses."""

    def make(value: str) -> Predicate:
        wanted = {part.strip().upper() if upper else part.strip().casefold() for part in value.split(",")}
        if len(wanted) > LARGEST_PAGE_SIZE:
            raise bad_query("Too many values in one filter")
        if upper:
            return lambda record: str(read(record) or "").upper() in wanted
        return lambda record: str(read(record) or "").casefold() in wanted

    return make
