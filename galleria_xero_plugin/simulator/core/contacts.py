"""Contacts (xero-facts.md §4.1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .call import Call
from .errors import Invalid, not_found
from .listing import one_of
from .organisation import Organisation, folded
from .reader import Reader, guid_of
from .tables import Record
from .where import Predicate, columns

NAME_TAKEN = (
    "The contact name {name} is already assigned to another contact. "
    "The contact name must be unique across all active contacts."
)
NUMBER_TAKEN = "Another contact has this contact number. Please enter a different contact number."
ARCHIVED = (
    "The specified contact details matched an archived contact. "
    "Archived contacts cannot currently be edited via the API."
)
ARCHIVED_ON_DOCUMENT = (
    "The contact with the specified contact details has been archived. "
    "The contact must be un-archived before creating new invoices or credit notes"
)
NO_IDENTITY = (
    "The Contact must contain at least 1 of the following elements to identify the contact: "
    "Name, ContactID, ContactNumber"
)
ADDRESS_LIMITS = {
    "AddressLine1": 500, "AddressLine2": 500, "AddressLine3": 500, "AddressLine4": 500, "City": 255,
    "Region": 255, "PostalCode": 50, "Country": 50, "AttentionTo": 255,
}  # fmt: skip
PHONE_LIMITS = {"PhoneNumber": 50, "PhoneAreaCode": 10, "PhoneCountryCode": 20}
TEXTS = {
    "ContactNumber": 50, "AccountNumber": 50, "FirstName": 255, "LastName": 255, "EmailAddress": 255,
    "CompanyNumber": 50, "TaxNumber": 50, "BankAccountDetails": 255, "DefaultCurrency": 3,
    "SalesDefaultAccountCode": 10, "PurchasesDefaultAccountCode": 10, "AccountsReceivableTaxType": 50,
    "AccountsPayableTaxType": 50, "SkypeUserName": 50,
}  # fmt: skip
ADDRESS_TYPES = ("STREET", "POBOX")
PHONE_TYPES = ("DEFAULT", "DDI", "FAX", "MOBILE")
BLANKS = {
    "Addresses": dict.fromkeys(("City", "Region", "PostalCode", "Country"), ""),
    "Phones": dict.fromkeys(PHONE_LIMITS, ""),
}
PERSONS = 5
TERMS = {"DAYSAFTERBILLDATE", "DAYSAFTERBILLMONTH", "OFCURRENTMONTH", "OFFOLLOWINGMONTH"}
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")

FIELDS = columns(
    text="Name FirstName LastName EmailAddress ContactNumber AccountNumber ContactStatus CompanyNumber"
    " TaxNumber DefaultCurrency",
    guid="ContactID",
    bool="IsCustomer IsSupplier",
    moment="UpdatedDateUTC",
)


def search(term: str) -> Predicate:
    """searchTerm looks at names, number, e-mail and company number (§4.1)."""
    wanted = term.casefold()
    names = ("Name", "FirstName", "LastName", "ContactNumber", "EmailAddress", "CompanyNumber")
    return lambda record: any(wanted in str(record.get(name) or "").casefold() for name in names)


def active(record: Any) -> bool:
    """Lists leave archived contacts out unless includeArchived=true."""
    return bool(record["ContactStatus"] == "ACTIVE")


def find(org: Organisation, identity: str) -> Record | None:
    """A contact by ContactID or ContactNumber, as the path of a GET names it."""
    table = org.table("Contacts")
    return table.get(guid_of(identity) or "") or next(iter(table.find("number", folded(identity))), None)


def save(call: Call, element: Reader) -> Record:
    """Create or update one contact."""
    table = call.org.table("Contacts")
    identity = element.guid("ContactID")
    before = None
    if identity:
        before = table.get(identity)
        if before is None:
            raise not_found()
    elif not call.creating:
        before = _by_number(call.org, element) or _first_active(call.org, element.text("Name"))
    if before is not None and before["ContactStatus"] != "ACTIVE" and not call.settings.archived_contacts_editable:
        raise Invalid(ARCHIVED)
    if before is None and not element.has("Name"):
        raise Invalid(NO_IDENTITY)
    if before is not None and call.creating:
        raise Invalid(NAME_TAKEN.format(name=before["Name"]))
    return _write(call, element, before)


def _write(call: Call, element: Reader, before: Record | None) -> Record:
    old = before or {
        "ContactID": call.org.next_id(),
        "ContactStatus": "ACTIVE",
        "IsCustomer": False,
        "IsSupplier": False,
        "_app": call.client_id,
    }
    record = dict(old)
    name = element.text("Name")
    if name is not None:
        record["Name"] = _checked_name(name, call.settings.contact_name_spaces_refused)
    for member, limit in TEXTS.items():
        value = element.text(member, limit)
        if value is not None:
            record[member] = value.strip()
    _check_email(record.get("EmailAddress"))
    status = element.text("ContactStatus")
    if status:
        if status.upper() not in {"ACTIVE", "ARCHIVED"}:
            raise Invalid(f"'{status}' is not a valid ContactStatus.")
        record["ContactStatus"] = status.upper()
    _slots(record, element, "Addresses", "AddressType", ADDRESS_TYPES, ADDRESS_LIMITS)
    _slots(record, element, "Phones", "PhoneType", PHONE_TYPES, PHONE_LIMITS)
    persons = element.children("ContactPersons")
    if persons is not None:
        record["ContactPersons"] = _persons(persons)
    terms = element.child("PaymentTerms")
    if terms is not None:
        record["PaymentTerms"] = _payment_terms(terms)
    _check_unique(call, record)
    return call.put("Contacts", record)


def _checked_name(name: str, strict: bool) -> str:
    if not name.strip():
        raise Invalid(NO_IDENTITY)
    if len(name) > 255:
        raise Invalid("The Name field must be no more than 255 characters long.")
    if "<" in name or ">" in name:
        raise Invalid("The contact name cannot contain the characters < or >.")
    tidy = re.sub(r"\s+", " ", name).strip()
    if strict and tidy != name:
        raise Invalid("The contact name cannot contain leading, trailing or repeated spaces.")
    return tidy


def _check_email(address: str | None) -> None:
    if address and not _EMAIL.fullmatch(address):
        raise Invalid("Email address must be valid.")


def _check_unique(call: Call, record: Record) -> None:
    table = call.org.table("Contacts")
    rivals: tuple[tuple[str, str, str], ...] = (
        ("number", "ContactNumber", NUMBER_TAKEN),
        ("account number", "AccountNumber", "The account number already exists."),
    )
    if record["ContactStatus"] == "ACTIVE" and call.settings.contact_names_unique:
        rivals = (("active name", "Name", NAME_TAKEN.format(name=record["Name"])), *rivals)
    for index, member, message in rivals:
        others = table.find(index, folded(record.get(member)))
        if any(other["ContactID"] != record["ContactID"] for other in others):
            raise Invalid(message)


def _slots(
    record: Record, element: Reader, member: str, kind: str, kinds: tuple[str, ...], limits: dict[str, int]
) -> None:
    """Sending one address or phone fills its slot; the others stay (recorded)."""
    sent = element.children(member)
    if sent is None:
        return
    slots = dict(record.get(member, {}))
    for reader in sent:
        slot = (reader.text(kind) or kinds[0]).upper()
        if slot not in kinds:
            raise Invalid(f"'{slot}' is not a valid {kind}.")
        values = {name: reader.text(name, limit) for name, limit in limits.items()}
        if any(letter.isdigit() for letter in values.get("Country") or ""):
            raise Invalid("The Country field must contain only letters.")
        slots[slot] = {name: value for name, value in values.items() if value is not None}
    record[member] = slots


def _persons(sent: list[Reader]) -> list[Record]:
    """At most five; persons left out of an update are deleted."""
    if len(sent) > PERSONS:
        raise Invalid("A contact can have no more than 5 contact persons.")
    found = []
    for reader in sent:
        person = {name: reader.text(name, 255) or "" for name in ("FirstName", "LastName", "EmailAddress")}
        _check_email(person["EmailAddress"])
        found.append({**person, "IncludeInEmails": bool(reader.boolean("IncludeInEmails"))})
    return found


def _payment_terms(sent: Reader) -> Record:
    found = {}
    for side in ("Bills", "Sales"):
        terms = sent.child(side)
        if terms is None:
            continue
        day, kind = terms.decimal("Day"), (terms.text("Type") or "").upper()
        if day is None or not 0 <= day <= 365 or kind not in TERMS:
            raise Invalid("The payment terms are not valid.")
        found[side] = {"Day": int(day), "Type": kind}
    return found


def _by_number(org: Organisation, element: Reader) -> Record | None:
    number = element.text("ContactNumber")
    return next(iter(org.table("Contacts").find("number", folded(number))), None) if number else None


def _first_active(org: Organisation, name: str | None) -> Record | None:
    return next(iter(org.table("Contacts").find("active name", folded(name))), None) if name else None


def on_document(call: Call, sent: Reader | None) -> Record:
    """The contact of an invoice or credit note: an unknown name makes a contact (§4.1)."""
    if sent is None:
        raise Invalid("A Contact must be specified for this type of transaction")
    table = call.org.table("Contacts")
    identity, name = sent.guid("ContactID"), sent.text("Name")
    if identity:
        found = table.get(identity)
        if found is None:
            if call.settings.unknown_contact_is_404:
                raise not_found()
            raise Invalid("The contact with the specified ContactID could not be found")
    else:
        found = _by_number(call.org, sent) or _first_active(call.org, name)
        if found is None and name:
            found = next(iter(table.find("name", folded(name))), None)
    if found is not None and found["ContactStatus"] != "ACTIVE":
        raise Invalid(ARCHIVED_ON_DOCUMENT)
    if found is None:
        if not name:
            raise Invalid(NO_IDENTITY)
        return _write(call, sent, None)
    members = {*TEXTS, "Name", "Addresses", "Phones", "ContactPersons"} - {"ContactNumber"}
    changes = {member for member in members if sent.has(member) and sent.raw[member] not in ("", [])}
    if folded(name) == folded(found["Name"]):
        changes.discard("Name")
    if identity and changes:  # other members than the id update the contact (§4.2, Editing)
        return _write(call, sent, found)
    return found


def mark_role(call: Call, contact_id: str, document_type: str) -> None:
    """IsCustomer and IsSupplier are set by the first document; UpdatedDateUTC stays (§2.5)."""
    role = "IsCustomer" if document_type.startswith("ACCREC") else "IsSupplier"
    contact = call.org.table("Contacts").rows[contact_id]
    if not contact[role]:
        call.org.put("Contacts", {**contact, role: True})


def _all_slots(record: Record, member: str, kind: str, kinds: tuple[str, ...]) -> list[Record]:
    """Two address slots and four phone slots, blank if unset (recorded)."""
    stored, blank = record.get(member) or {}, BLANKS[member]
    return [{kind: slot, **blank, **stored.get(slot, {})} for slot in kinds]


def stub(org: Organisation, contact_id: str) -> Record:
    """The contact as a list of documents shows it (recorded)."""
    contact = org.table("Contacts").rows[contact_id]
    return {
        "ContactID": contact_id,
        "Name": contact["Name"],
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        "HasValidationErrors": False,
    }


def show(org: Organisation, record: Record, *, detail: bool = True, summary: bool = False) -> Record:
    """A contact as an answer shows it.

    An unpaged list drops some members; summaryOnly drops the roles as well (§2.5).
    """
    shown = {name: value for name, value in record.items() if name[0] != "_"}
    for member in ("Addresses", "Phones", "ContactPersons", "PaymentTerms"):
        shown.pop(member, None)
    if summary:
        del shown["IsCustomer"], shown["IsSupplier"]
        return {**shown, "HasValidationErrors": False}
    shown["Addresses"] = _all_slots(record, "Addresses", "AddressType", ADDRESS_TYPES)
    shown["Phones"] = _all_slots(record, "Phones", "PhoneType", PHONE_TYPES)
    shown["ContactGroups"] = []
    if detail:
        shown["ContactPersons"] = record.get("ContactPersons", [])
        if record.get("PaymentTerms"):
            shown["PaymentTerms"] = record["PaymentTerms"]
    shown["HasAttachments"] = False
    shown["HasValidationErrors"] = False
    return shown


def list_filters() -> dict[str, Callable[[str], Predicate]]:
    """The query parameters of GET /Contacts."""
    return {"ids": one_of(lambda record: record["ContactID"]), "searchterm": search}
