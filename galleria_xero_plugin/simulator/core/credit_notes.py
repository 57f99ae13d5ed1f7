"""Credit notes (xero-facts.md §4.8)."""

from __future__ import annotations

from collections.abc import Mapping

from . import allocations, contacts, documents, history, lines
from .call import Call
from .errors import Invalid
from .organisation import Organisation, folded
from .reader import Reader, guid_of
from .tables import Record
from .where import Column, columns
from .wire import utc_text

UNKNOWN = "An existing Credit Note with the specified CreditNoteID could not be found"
WRONG_STATUS = "Credit note not of valid status for modification"
TYPES = {"ACCRECCREDIT": "ACCREC", "ACCPAYCREDIT": "ACCPAY"}


def fields(org: Organisation) -> Mapping[str, Column]:
    """The fields a where or order clause may name."""
    people = org.table("Contacts").rows
    return {
        **columns(
            text="Type Status CreditNoteNumber Reference CurrencyCode",
            guid="CreditNoteID Contact.ContactID",
            date="Date DueDate FullyPaidOnDate",
            number="Total SubTotal TotalTax RemainingCredit CurrencyRate",
            moment="UpdatedDateUTC",
        ),
        "Contact.Name": Column("text", lambda record: people[record["Contact"]["ContactID"]]["Name"]),
    }


def find(org: Organisation, identity: str) -> Record | None:
    """A credit note by id or by number."""
    table = org.table("CreditNotes")
    return table.get(guid_of(identity) or "") or next(iter(table.find("number", folded(identity))), None)


def save(call: Call, element: Reader) -> Record:
    """Create or update one credit note."""
    identity = element.guid("CreditNoteID")
    before = None
    if identity:
        before = call.org.get("CreditNotes", identity)
        if before is None:
            raise Invalid(UNKNOWN)
    elif not call.creating and call.settings.post_with_known_number == "update":
        before = next(iter(_numbered(call, element.text("CreditNoteNumber"))), None)
    return _create(call, element) if before is None else _update(call, element, before)


def _create(call: Call, element: Reader) -> Record:
    kind = (element.text("Type") or "").upper()
    if kind not in TYPES:
        raise Invalid("A valid Type must be specified for this transaction")
    status = (element.text("Status") or "DRAFT").upper()
    if status not in {"DRAFT", "SUBMITTED", "AUTHORISED"}:
        raise Invalid("Credit note not of valid status for creation")
    problems = documents.Problems()
    record: Record = {
        "CreditNoteID": call.org.next_id(),
        "Type": kind,
        "Status": status,
        "Date": call.today,
        "SentToContact": False,
        "LineAmountTypes": "Exclusive",
        "_app": call.client_id,
    }
    with problems.collect():
        record["Contact"] = {"ContactID": contacts.on_document(call, element.child("Contact"))["ContactID"]}
    _fill(call, element, record, None, problems)
    problems.settle()
    contacts.mark_role(call, record["Contact"]["ContactID"], TYPES[kind])
    history.note(call, record["CreditNoteID"], "Created", f"{record['CreditNoteNumber']} for {record['Total']}")
    return documents.settle(call, "CreditNotes", record)


def _update(call: Call, element: Reader, before: Record) -> Record:
    if call.creating:
        raise Invalid("Credit note # must be unique.")
    status = (element.text("Status") or before["Status"]).upper()
    used = before["RemainingCredit"] != before["Total"]
    if used or status not in documents.MOVES[before["Status"]]:
        raise Invalid(*([documents.NOT_EDITABLE] if used else []), WRONG_STATUS)
    if (element.text("Type") or before["Type"]).upper() != before["Type"]:
        raise Invalid("The Type of a credit note cannot be changed.")
    documents.check_lock_dates(call, before["Date"])
    if status in {"VOIDED", "DELETED"}:
        history.note(call, before["CreditNoteID"], status.capitalize(), f"Credit note {status.lower()}")
        return call.put("CreditNotes", {**before, "Status": status})
    problems = documents.Problems()
    record = {**before, "Status": status}
    with problems.collect():
        if element.has("Contact"):
            sent = element.child("Contact")
            record["Contact"] = {"ContactID": contacts.on_document(call, sent)["ContactID"]}
    _fill(call, element, record, before, problems)
    problems.settle()
    history.note(call, record["CreditNoteID"], "Edited", f"{record['CreditNoteNumber']} for {record['Total']}")
    return documents.settle(call, "CreditNotes", record)


def _fill(call: Call, element: Reader, record: Record, before: Record | None, problems: documents.Problems) -> None:
    with problems.collect():
        _number(call, element, record)
    with problems.collect():
        record["Date"] = element.day("Date") or record["Date"]
        documents.check_lock_dates(call, record["Date"])
    with problems.collect():
        reference = element.text("Reference", 255)
        if reference is not None:
            record["Reference"] = reference
    with problems.collect():
        record.update(documents.currency(call, element, record))
    with problems.collect():
        record.update(documents.branding(call, element, record, record["Status"]))
    with problems.collect():
        record["LineAmountTypes"] = documents.amount_types(element, record["LineAmountTypes"])
    with problems.collect():
        documents.priced(call, element, record, before)


def _numbered(call: Call, number: str | None) -> list[Record]:
    found = call.org.table("CreditNotes").find("number", folded(number)) if number else []
    dead = set() if call.settings.dead_numbers_stay_taken else {"VOIDED", "DELETED"}
    return [row for row in found if row["Status"] not in dead]


def _number(call: Call, element: Reader, record: Record) -> None:
    number = (element.text("CreditNoteNumber", 255) or "").strip()
    if number:
        if any(row["CreditNoteID"] != record["CreditNoteID"] for row in _numbered(call, number)):
            raise Invalid("Credit note # must be unique.")
        record["CreditNoteNumber"] = number
    while "CreditNoteNumber" not in record:
        candidate = call.org.next_number("_next_credit_note", "CN-")
        if not _numbered(call, candidate):
            record["CreditNoteNumber"] = candidate


def show(org: Organisation, record: Record, *, places: int, how: str = "single") -> Record:
    """A credit note as an answer shows it; ``how`` as for invoices."""
    shown = {name: value for name, value in record.items() if name[0] != "_"}
    shown.update(documents.dates(record))
    contact_id = record["Contact"]["ContactID"]
    if how in {"written", "single"}:
        shown["Contact"] = contacts.show(org, org.table("Contacts").rows[contact_id])
    else:
        shown["Contact"] = contacts.stub(org, contact_id)
    bare = how in {"list", "summary"}
    shown["LineItems"] = [] if bare else [lines.shown_line(line, places) for line in record["LineItems"]]
    shown["Allocations"] = allocations.shown(org, "CreditNotes", record)
    if how != "summary":
        shown["Payments"] = documents.shown_payments(org, "credit note", record["CreditNoteID"])
    shown.update(HasErrors=False, HasAttachments=False)
    shown["UpdatedDateUTCString"] = utc_text(record["UpdatedDateUTC"])
    return shown
