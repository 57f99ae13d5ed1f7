"""Invoices: sales (ACCREC) and bills (ACCPAY) (xero-facts.md §4.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import contacts, documents, history, paid_invoices
from .call import Call
from .errors import Invalid, not_found
from .invoice_members import NUMBER_TAKEN, check_plan, read_number, read_rounding, read_texts, taken
from .listing import one_of
from .organisation import Organisation, folded
from .paid_invoices import WRONG_STATUS
from .reader import Reader, guid_of
from .tables import Record
from .where import Column, Predicate, columns

WRONG_NEW_STATUS = "Invoice not of valid status for creation"
HAS_PAYMENTS = (
    "The status {status} cannot be applied to the invoice because it has payments or credit notes allocated to it."
)
TYPES = {"ACCREC", "ACCPAY"}
CREATED_AS = {"DRAFT", "SUBMITTED", "AUTHORISED"}


def fields(org: Organisation) -> Mapping[str, Column]:
    """The fields a where or order clause may name."""
    people = org.table("Contacts").rows
    return {
        **columns(
            text="Type Status InvoiceNumber Reference CurrencyCode LineAmountTypes Url",
            guid="InvoiceID Contact.ContactID BrandingThemeID",
            date="Date DueDate FullyPaidOnDate",
            number="Total SubTotal TotalTax AmountDue AmountPaid AmountCredited CurrencyRate",
            bool="SentToContact",
            moment="UpdatedDateUTC",
        ),
        "Contact.Name": Column("text", lambda record: people[record["Contact"]["ContactID"]]["Name"]),
        "Contact.ContactNumber": Column(
            "text", lambda record: people[record["Contact"]["ContactID"]].get("ContactNumber")
        ),
    }


def filters(org: Organisation, client_id: str) -> dict[str, Callable[[str], Predicate]]:
    """The query parameters of GET /Invoices (§2.5)."""
    people = org.table("Contacts").rows

    def search(term: str) -> Predicate:
        wanted = term.casefold()

        def test(record: Mapping[str, Any]) -> bool:
            name = people[record["Contact"]["ContactID"]]["Name"]
            texts = (record.get("InvoiceNumber"), record.get("Reference"), name)
            return any(wanted in str(text or "").casefold() for text in texts)

        return test

    def mine(value: str) -> Predicate:
        wanted = value.lower() == "true"
        return lambda record: not wanted or record.get("_app") == client_id

    return {
        "ids": one_of(lambda record: record["InvoiceID"]),
        "invoicenumbers": one_of(lambda record: record.get("InvoiceNumber")),
        "contactids": one_of(lambda record: record["Contact"]["ContactID"]),
        "statuses": one_of(lambda record: record["Status"], upper=True),
        "searchterm": search,
        "createdbymyapp": mine,
    }


def find(org: Organisation, identity: str) -> Record | None:
    """An invoice by id or by number."""
    table = org.table("Invoices")
    return table.get(guid_of(identity) or "") or next(iter(table.find("number", folded(identity))), None)


def save(call: Call, element: Reader) -> Record:
    """Create or update one invoice."""
    identity, number = element.guid("InvoiceID"), element.text("InvoiceNumber", 255)
    if identity:
        before = call.org.get("Invoices", identity)
        if before is None:
            raise not_found()
        if call.creating:
            raise Invalid(NUMBER_TAKEN)
        return _update(call, element, before)
    if not call.creating and call.settings.post_with_known_number == "update":
        bill = (element.text("Type") or "ACCREC").upper() == "ACCPAY"
        same = [] if bill else taken(call, number, "ACCREC")
        if same:
            return _update(call, element, same[0])
    return _create(call, element)


def _create(call: Call, element: Reader) -> Record:
    kind = (element.text("Type") or "").upper()
    if kind not in TYPES:
        raise Invalid("A valid Type must be specified for this transaction")
    status = (element.text("Status") or "DRAFT").upper()
    if status not in CREATED_AS:
        raise Invalid(WRONG_NEW_STATUS)
    problems = documents.Problems()
    record: Record = {
        "InvoiceID": call.org.next_id(),
        "Type": kind,
        "Status": status,
        "Date": call.today,
        "SentToContact": False,
        "LineAmountTypes": "Exclusive",
        "_app": call.client_id,
    }
    with problems.collect():
        record["Contact"] = {"ContactID": contacts.on_document(call, element.child("Contact"))["ContactID"]}
    with problems.collect():
        read_number(call, element, record)
    with problems.collect():
        check_plan(call, record, None)
    _fill(call, element, record, None, problems)
    problems.settle()
    contacts.mark_role(call, record["Contact"]["ContactID"], kind)
    history.note(call, record["InvoiceID"], "Created", f"{record['InvoiceNumber']} for {record['Total']}")
    return documents.settle(call, "Invoices", record)


def _update(call: Call, element: Reader, before: Record) -> Record:
    status = (element.text("Status") or before["Status"]).upper()
    allocated = bool(before["AmountPaid"] or before["AmountCredited"])
    problems = documents.Problems()
    with problems.collect():
        _check_move(before["Status"], status, allocated)
    problems.settle()
    documents.check_lock_dates(call, before["Date"])
    if status in {"VOIDED", "DELETED"}:
        history.note(call, before["InvoiceID"], status.capitalize(), f"Invoice {status.lower()}")
        return call.put("Invoices", {**before, "Status": status})
    if before["Status"] == "PAID" or allocated:
        return paid_invoices.update(call, element, before)
    record = {**before, "Status": status}
    with problems.collect():
        check_plan(call, record, before)
    if element.has("Type") and element.text("Type") != before["Type"]:
        raise Invalid("The Type of an invoice cannot be changed.")
    with problems.collect():
        if element.has("Contact"):
            sent = element.child("Contact")
            record["Contact"] = {"ContactID": contacts.on_document(call, sent)["ContactID"]}
            contacts.mark_role(call, record["Contact"]["ContactID"], record["Type"])
    with problems.collect():
        read_number(call, element, record)
    _fill(call, element, record, before, problems)
    problems.settle()
    history.note(call, record["InvoiceID"], "Edited", f"{record['InvoiceNumber']} for {record['Total']}")
    return documents.settle(call, "Invoices", record)


def _check_move(old: str, new: str, allocated: bool) -> None:
    if allocated and new != old and new in documents.MOVES:
        if new == "PAID" or old in {"VOIDED", "DELETED"}:
            raise Invalid(WRONG_STATUS)
        raise Invalid(HAS_PAYMENTS.format(status=new))
    settled_by_nothing = old == "PAID" and new == "VOIDED"  # a zero total needs no payment
    if new not in documents.MOVES[old] and not settled_by_nothing:
        raise Invalid(WRONG_STATUS)


def _fill(call: Call, element: Reader, record: Record, before: Record | None, problems: documents.Problems) -> None:
    """Everything a create and an edit have in common."""
    with problems.collect():
        record["Date"] = element.day("Date") or record["Date"]
        documents.check_lock_dates(call, record["Date"])
    for member in ("DueDate", "ExpectedPaymentDate", "PlannedPaymentDate"):
        day = element.day(member)
        if day is not None:
            record[member] = day
    if record["Status"] in documents.APPROVED and "DueDate" not in record:
        with problems.collect():
            raise Invalid("The DueDate must be specified for an approved document.")
    with problems.collect():
        read_texts(element, record)
    with problems.collect():
        record.update(documents.currency(call, element, record))
    with problems.collect():
        record.update(documents.branding(call, element, record, record["Status"]))
    with problems.collect():
        record["LineAmountTypes"] = documents.amount_types(element, record["LineAmountTypes"])
    sent = element.boolean("SentToContact")
    if sent is not None:
        if sent and record["Status"] not in documents.APPROVED:
            with problems.collect():
                raise Invalid("SentToContact can be set only on approved invoices.")
        record["SentToContact"] = sent
    with problems.collect():
        sums = documents.priced(call, element, record, before)
        record["TotalDiscount"] = sums.discount
        read_rounding(element, record)
