"""History and notes of a document or contact (xero-facts.md §4.10)."""

from __future__ import annotations

from .call import Call
from .errors import Invalid
from .organisation import Organisation
from .reader import Reader
from .tables import Record
from .wire import ms_date_bare

DETAILS_LIMIT = 2500
WRONG_PARENT = "The document with the supplied id was not found for this endpoint."


def note(call: Call, parent: str, changes: str, details: str, user: str = "System Generated") -> Record:
    """Write one history record."""
    record = {
        "_id": call.org.next_id(),
        "_parent": parent,
        "Changes": changes,
        "DateUTC": call.now,
        "User": user,
        "Details": details,
    }
    return call.org.put("History", record)


def save(call: Call, parent: str, element: Reader) -> Record:
    """A note written by the app."""
    details = element.text("Details")
    if not details or not details.strip():
        raise Invalid("Details must be specified.")
    if len(details) > DETAILS_LIMIT:
        raise Invalid(f"Details must be no more than {DETAILS_LIMIT} characters long.")
    return note(call, parent, "Note", details)


def show(record: Record, *, written: bool = False) -> Record:
    """The answer to a write has no User and no Changes (recorded)."""
    moment = record["DateUTC"]
    shown = {
        "DateUTCString": f"{moment:%Y-%m-%dT%H:%M:%S}",
        "DateUTC": ms_date_bare(moment),
        "Details": record["Details"],
    }
    if written:
        return {**shown, "ValidationErrors": []}
    return {"Changes": record["Changes"], **shown, "User": record["User"]}


def of(org: Organisation, parent: str) -> list[Record]:
    """All records of one parent, newest first."""
    return [show(record) for record in reversed(org.table("History").find("parent", parent))]
