"""Writing the elements of one request, with errors summarised or per element (xero-facts.md §2.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .call import Call
from .errors import ZERO_GUID, Invalid, Refused, bad_json, validation
from .reader import Reader, elements
from .resources import Resource
from .tables import Record
from .wire import HTML_TYPE, Response, load

LARGEST_BODY = 10 * 1024 * 1024


def _content(call: Call) -> Any:
    if len(call.request.body) > LARGEST_BODY:
        raise Refused(Response(413, b"", HTML_TYPE))
    try:
        return load(call.request.body)
    except ValueError:
        raise bad_json() from None


def write(call: Call, resource: Resource, identity: str | None = None) -> Response:
    """PUT or POST of a collection, or POST of one record by its path."""
    if resource.save is None or call.request.method not in {"PUT", "POST"}:
        raise Refused(Response(501, b"", HTML_TYPE))
    sent = list(elements(_content(call), resource.plural, resource.singular))
    if not sent or len(sent) > resource.most:
        raise bad_json(f"A request takes 1 to {resource.most} {resource.plural}")
    shown: list[Record] = []
    failed: list[Record] = []
    for item in sent:
        element = Reader(item)
        if identity is not None:
            element = Reader({**element.raw, resource.key: identity})
        try:
            with call.org.savepoint():
                record = resource.save(call, element)
        except Invalid as refusal:
            failed.append(_failure(resource, element, refusal, call.per_element))
            shown.append(failed[-1])
            continue
        entry = resource.show(call.org, record, call.unit_places, "written")
        remarks = resource.warn(call, record)
        if remarks:
            entry["Warnings"] = remarks
        if call.per_element:
            entry["StatusAttributeString"] = "WARNING" if remarks else "OK"
        shown.append(entry)
    if failed and not call.per_element:
        if call.settings.summarised_batch_is_atomic:
            call.org.rollback()
        raise validation(failed)
    return call.ok({resource.plural: shown})


def _failure(resource: Resource, element: Reader, refusal: Invalid, per_element: bool) -> Record:
    """The element as sent; a failed create carries the all-zero guid (recorded)."""
    known = element.guid(resource.key)
    entry = {**element.raw, resource.key: known or ZERO_GUID, resource.failed: True}
    if per_element:
        entry["StatusAttributeString"] = "ERROR"
    entry["ValidationErrors"] = [{"Message": message} for message in refusal.messages]
    return entry


def simple(call: Call, plural: str, singular: str, save: Callable[[Reader], Record]) -> Response:
    """A sub-collection: history records, allocations. Errors are summarised or per element, too."""
    shown: list[Record] = []
    failed: list[Record] = []
    for item in elements(_content(call), plural, singular):
        element = Reader(item)
        mark: Record = {"StatusAttributeString": "OK"} if call.per_element else {}
        try:
            with call.org.savepoint():
                shown.append({**save(element), **mark})
        except Invalid as refusal:
            errors = [{"Message": message} for message in refusal.messages]
            failed.append({**element.raw, "ValidationErrors": errors})
            shown.append({**failed[-1], "StatusAttributeString": "ERROR"})
    if failed and not call.per_element:
        if call.settings.summarised_batch_is_atomic:
            call.org.rollback()
        raise validation(failed)
    return call.ok({plural: shown})
