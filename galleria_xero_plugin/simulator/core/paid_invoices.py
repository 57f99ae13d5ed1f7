"""Editing invoices that are paid in part or in full (xero-facts.md §4.2, Editing).

Since 19 March 2026 bills take a few members; for sales invoices the sources disagree, so they take none
unless the switch paid_sales_invoices_editable says otherwise.
"""

from __future__ import annotations

from . import contacts, documents, lines
from .call import Call
from .errors import Invalid
from .invoice_members import read_number, read_texts
from .organisation import folded
from .reader import Reader
from .tables import Record

WRONG_STATUS = "Invoice not of valid status for modification"
PAID_MEMBERS = {
    "Reference", "DueDate", "InvoiceNumber", "BrandingThemeID", "Url", "PlannedPaymentDate", "Contact", "LineItems",
}  # fmt: skip
PAID_LINE_MEMBERS = {"LineItemID", "Description", "AccountCode", "AccountID", "Tracking"}


def update(call: Call, element: Reader, before: Record) -> Record:
    """Change what may be changed, or refuse.

    Naming what stands there already, or SentToContact, is no edit.
    """
    sent = {name for name in element.raw if element.has(name)} - {"InvoiceID", "Status", "Type", "SentToContact"}
    sent -= _repeated(call, element, before)
    open_to_edit = before["Type"] == "ACCPAY" or call.settings.paid_sales_invoices_editable
    if not sent <= (PAID_MEMBERS if open_to_edit else set()):
        raise Invalid(documents.NOT_EDITABLE, WRONG_STATUS)
    record = dict(before)
    if "Contact" in sent:
        record["Contact"] = {"ContactID": contacts.on_document(call, element.child("Contact"))["ContactID"]}
    if "InvoiceNumber" in sent:
        read_number(call, element, record)
    if "LineItems" in sent:
        record["LineItems"] = _paid_lines(call, element, before)
    read_texts(element, record)
    record.update(documents.branding(call, element, record, record["Status"]))
    for member in ("DueDate", "PlannedPaymentDate"):
        record[member] = element.day(member) or record.get(member)
    record = {name: value for name, value in record.items() if value is not None}
    if element.boolean("SentToContact"):
        record["SentToContact"] = True
    # DueDate and SentToContact of part-paid documents do not bump UpdatedDateUTC (§2.5).
    if sent <= {"DueDate"}:
        return call.org.put("Invoices", record)
    return call.put("Invoices", record)


def _repeated(call: Call, element: Reader, before: Record) -> set[str]:
    """Members that only identify the invoice: the number and contact it has."""
    found = set()
    if folded(element.text("InvoiceNumber")) == folded(before.get("InvoiceNumber")):
        found.add("InvoiceNumber")
    contact = element.child("Contact")
    if contact is not None:
        name = call.org.table("Contacts").rows[before["Contact"]["ContactID"]]["Name"]
        same_id = contact.guid("ContactID") in {None, before["Contact"]["ContactID"]}
        same_name = folded(contact.text("Name")) in {None, folded(name)}
        if same_id and same_name and set(contact.raw) <= {"ContactID", "Name"}:
            found.add("Contact")
    return found


def _paid_lines(call: Call, element: Reader, before: Record) -> list[Record]:
    """Every line by its id, and of each only what a paid bill lets go of: no sum may move."""
    sent = element.children("LineItems") or []
    if any({name for name in line.raw if line.has(name)} - PAID_LINE_MEMBERS for line in sent):
        raise Invalid(documents.NOT_EDITABLE, WRONG_STATUS)
    changed = lines.read_lines(
        call,
        sent,
        document_type=before["Type"],
        amount_types=before["LineAmountTypes"],
        approved=True,
        before=before["LineItems"],
        places=call.places(before["CurrencyCode"]),
    )
    money = {line["LineItemID"]: (line["LineAmount"], line["TaxAmount"]) for line in before["LineItems"]}
    if {line["LineItemID"]: (line["LineAmount"], line["TaxAmount"]) for line in changed} != money:
        raise Invalid(documents.NOT_EDITABLE, WRONG_STATUS)
    return changed
