"""The accounting API: from a path to an answer (xero-facts.md §2, §4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from . import allocations, batch, history, reference
from .call import Call
from .errors import Invalid, Refused, not_found, validation
from .listing import listing
from .reader import Reader
from .resources import BY_NAME, SETTINGS, Resource
from .tables import Record
from .wire import HTML_TYPE, Response, answer

BASE = "/api.xro/2.0"


@dataclass(frozen=True)
class Route:
    """What a path means: the scope it needs and what answers it."""

    scope: str
    run: Callable[[Call], Response]


def route(path: str, method: str) -> Route:
    """The route of a path; an unknown one is a 404."""
    parts = [unquote(part) for part in path[len(BASE) :].split("/") if part]
    if not parts:
        raise not_found()
    name, rest = parts[0].lower(), parts[1:]
    if name in {"organisation", "organisations"}:
        return Route(SETTINGS, _organisation(rest, method))
    resource = BY_NAME.get(name)
    if resource is None:
        raise not_found()
    run = _resolve(resource, rest, method)
    return Route(resource.scope, run)


def _unimplemented() -> Refused:
    """501: the method is not implemented for the resource (§6.3)."""
    return Refused(Response(501, b"", HTML_TYPE))


def _organisation(rest: list[str], method: str) -> Callable[[Call], Response]:
    def run(call: Call) -> Response:
        if method != "GET":
            raise _unimplemented()
        if not rest:
            members = {"Organisations": [reference.show_organisation(call.org)]}
        elif [part.lower() for part in rest] == ["actions"]:
            members = {"Actions": reference.actions()}
        else:
            raise not_found()
        return call.ok(members)

    return run


def _resolve(resource: Resource, rest: list[str], method: str) -> Callable[[Call], Response]:
    def run(call: Call) -> Response:
        if not rest:
            if method == "GET":
                return _list(call, resource)
            return batch.write(call, resource)
        record = resource.find(call.org, rest[0])
        tail = [part.lower() for part in rest[1:]]
        if tail == ["history"] and resource.history:
            return _history(call, resource, record)
        if record is None:
            raise not_found()
        if not tail:
            return _single(call, resource, record)
        if tail[0] == "allocations" and resource.plural in allocations.KINDS and len(tail) <= 2:
            return _allocations(call, resource, record, rest[2:])
        if resource.plural == "Invoices" and len(tail) == 1:
            return _invoice_extra(call, record, tail[0])
        raise not_found()

    return run


def touch_first(call: Call) -> None:
    """Somebody edits the first record of the list that is read: it moves to the end (§2.5, paging)."""
    parts = call.request.path[len(BASE) :].strip("/").split("/")
    resource = BY_NAME.get(parts[0].lower())
    if resource is None or len(parts) > 1:
        return
    first = next(call.org.table(resource.plural).changed_since(None), None)
    if first is not None and "UpdatedDateUTC" in first:
        call.put(resource.plural, first)


def _list(call: Call, resource: Resource) -> Response:
    page = listing(
        call,
        resource.plural,
        known=resource.fields(call.org),
        filters=resource.filters(call.org, call.client_id),
        base=resource.base(call.request),
        paged=resource.paged,
    )
    if page.number > max(page.pages, 1) and call.settings.page_past_end == "not_found":
        raise not_found()
    if call.request.headers.get("if-modified-since") and not page.records and call.settings.unchanged_is_304:
        raise Refused(Response(304))
    how = "page" if page.number else "list"
    if call.request.query.get("summaryonly", "").lower() == "true":
        how = "summary"
    elif not resource.paged and call.request.query.get("includearchived", "").lower() == "true":
        how = "everything"
    members: dict[str, Any] = {}
    if page.number or (resource.paged and call.settings.pagination_always):
        members["pagination"] = page.block()
    members[resource.plural] = [resource.show(call.org, record, call.unit_places, how) for record in page.records]
    return call.ok(members)


def _single(call: Call, resource: Resource, record: Record) -> Response:
    method = call.request.method
    if method == "GET":
        shown = resource.show(call.org, record, call.unit_places, "single")
        return call.ok({resource.plural: [shown]})
    if method == "POST" and resource.save is not None:
        return batch.write(call, resource, identity=record[resource.key])
    if method == "DELETE" and resource.plural == "Accounts":
        gone = reference.save_account(call, Reader({"AccountID": record["AccountID"], "Status": "ARCHIVED"}))
        return call.ok({"Accounts": [reference.plain(gone)]})
    raise _unimplemented()


def _history(call: Call, resource: Resource, record: Record | None) -> Response:
    if call.request.method == "GET":
        found = history.of(call.org, record[resource.key]) if record else []
        return call.ok({"HistoryRecords": found})
    if call.request.method not in {"PUT", "POST"}:
        raise _unimplemented()
    if record is None:
        raise validation([{"ValidationErrors": [{"Message": history.WRONG_PARENT}]}])
    parent = record[resource.key]
    return batch.simple(
        call,
        "HistoryRecords",
        "HistoryRecord",
        lambda element: history.show(history.save(call, parent, element), written=True),
    )


def _allocations(call: Call, resource: Resource, credit: Record, rest: list[str]) -> Response:
    kind = resource.plural
    if rest:
        if call.request.method != "DELETE":
            raise _unimplemented()
        try:
            gone = allocations.take_back(call, kind, credit, rest[0])
        except Invalid as refusal:
            errors = [{"Message": message} for message in refusal.messages]
            raise validation([{"AllocationID": rest[0], "ValidationErrors": errors}]) from None
        shown = allocations.shown_row(call.org, gone)
        if call.settings.deleted_allocation_shape == "single":
            return answer(200, shown)
        return call.ok({"Allocations": [shown]})
    if call.request.method == "GET":
        listed = allocations.shown(call.org, kind, credit)
        return call.ok({"Allocations": listed})
    if call.request.method != "PUT":
        raise _unimplemented()
    return batch.simple(
        call,
        "Allocations",
        "Allocation",
        lambda element: allocations.shown_row(call.org, allocations.allocate(call, kind, credit, element)),
    )


def _invoice_extra(call: Call, record: Record, what: str) -> Response:
    """Email (204) and OnlineInvoice (§4.2)."""
    if what == "email" and call.request.method == "POST":
        if record["Status"] not in {"SUBMITTED", "AUTHORISED", "PAID"}:
            raise validation([{"ValidationErrors": [{"Message": "Only approved invoices can be emailed."}]}])
        call.org.put("Invoices", {**record, "SentToContact": True})
        return Response(204)
    if what == "onlineinvoice" and call.request.method == "GET":
        if record["Type"] != "ACCREC" or record["Status"] not in {"AUTHORISED", "PAID"}:
            raise not_found()
        url = f"https://in.xero.com/{record['InvoiceID'].replace('-', '')}"
        return call.ok({"OnlineInvoices": [{"OnlineInvoiceUrl": url}]})
    raise not_found() if what not in {"email", "onlineinvoice"} else _unimplemented()
