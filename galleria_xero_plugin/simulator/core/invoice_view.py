"""Invoices as answers show them (xero-facts.md §2.5, §4.2)."""

from __future__ import annotations

from . import allocations, contacts, documents, lines
from .organisation import Organisation
from .tables import Record
from .wire import utc_text


def show(org: Organisation, record: Record, *, places: int, how: str = "single") -> Record:
    """An invoice as an answer shows it.

    ``how``: "written" (no Payments and CreditNotes, as recorded), "single", "page" (a stub of the
    contact), "list" (unpaged: no line items) or "summary" (no payments either), §2.5 and §4.2.
    """
    shown = {name: value for name, value in record.items() if name[0] != "_"}
    shown.update(documents.dates(record))
    contact_id = record["Contact"]["ContactID"]
    if how in {"written", "single"}:
        shown["Contact"] = contacts.show(org, org.table("Contacts").rows[contact_id])
        shown["Contact"].pop("HasAttachments")
    else:
        shown["Contact"] = contacts.stub(org, contact_id)
    if how in {"list", "summary"}:
        shown["LineItems"] = []
    else:
        shown["LineItems"] = [lines.shown_line(line, places) for line in record["LineItems"]]
    credits: dict[str, list[Record]] = {}
    if how == "written":
        del shown["AmountCredited"]
    else:
        shown["HasAttachments"] = False
        if how != "summary":
            shown["Payments"] = documents.shown_payments(org, "invoice", record["InvoiceID"])
            credits = allocations.on_invoice(org, record)
    if not record["TotalDiscount"]:
        del shown["TotalDiscount"]
    shown.update({"Prepayments": [], "Overpayments": [], **credits}, InvoicePaymentServices=[], HasErrors=False)
    shown["IsDiscounted"] = bool(record["TotalDiscount"])
    shown["UpdatedDateUTCString"] = utc_text(record["UpdatedDateUTC"])
    return shown
