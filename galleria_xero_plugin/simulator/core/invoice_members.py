"""Members of an invoice that are read the same way on creating and on editing (xero-facts.md §4.2)."""

from __future__ import annotations

from decimal import Decimal

from . import documents
from .call import Call
from .errors import Invalid
from .organisation import folded
from .reader import Reader
from .tables import Record

NUMBER_TAKEN = "Invoice # must be unique."
PLAN_CAP = "You have reached the limit of invoices you can approve"
ROUNDING_LIMIT = Decimal("0.10")


def read_texts(element: Reader, record: Record) -> None:
    """Reference, and the Url: absolute, and without the word xero."""
    reference = element.text("Reference", 255)
    if reference is not None:
        record["Reference"] = reference
    url = element.text("Url", 2048)
    if url:
        if "xero" in url.lower():
            raise Invalid("The Url must not contain 'xero'.")
        if not url.lower().startswith(("http://", "https://")):
            raise Invalid("The Url must be a valid absolute address.")
        record["Url"] = url


def read_rounding(element: Reader, record: Record) -> None:
    """RoundingAmount counts only on approved documents whose sums are sent and agree (§4.2)."""
    amount = element.decimal("RoundingAmount")
    if not amount or record["Status"] not in documents.APPROVED or abs(amount) > ROUNDING_LIMIT:
        return
    sent = {name: element.decimal(name) for name in ("SubTotal", "TotalTax", "Total")}
    total = record["Total"] + amount
    if sent == {"SubTotal": record["SubTotal"], "TotalTax": record["TotalTax"], "Total": total}:
        record["RoundingAmount"], record["Total"] = amount, total


def taken(call: Call, number: str | None, kind: str) -> list[Record]:
    """The invoices that hold a number."""
    found = call.org.table("Invoices").find("number", folded(number))
    dead = set() if call.settings.dead_numbers_stay_taken else {"VOIDED", "DELETED"}
    if not call.settings.numbers_ignore_case:
        found = [row for row in found if row["InvoiceNumber"].strip() == (number or "").strip()]
    return [row for row in found if row["Type"] == kind and row["Status"] not in dead]


def read_number(call: Call, element: Reader, record: Record) -> None:
    """Unique for ACCREC, assigned when missing; free for ACCPAY."""
    number = (element.text("InvoiceNumber", 255) or "").strip()
    if record["Type"] == "ACCPAY":
        record["InvoiceNumber"] = number or record.get("InvoiceNumber", "")
        return
    if number:
        others = taken(call, number, "ACCREC")
        rivals = [other for other in others if other["InvoiceID"] != record["InvoiceID"]]
        if rivals and call.settings.invoice_numbers_unique:
            raise Invalid(NUMBER_TAKEN)
        record["InvoiceNumber"] = number
    while "InvoiceNumber" not in record:
        candidate = call.org.next_number("_next_invoice", "INV-")
        if not taken(call, candidate, "ACCREC"):
            record["InvoiceNumber"] = candidate


def check_plan(call: Call, record: Record, before: Record | None) -> None:
    """The old small plans approve so many sales invoices a month (§4.2, Plan cap)."""
    newly = record["Status"] in documents.POSTED and (before is None or before["Status"] not in documents.POSTED)
    if not newly or record["Type"] != "ACCREC":
        return
    record["_approved"] = call.today
    cap, month = call.settings.sales_invoices_a_month, call.today.replace(day=1)
    if not cap:
        return
    rows = call.org.table("Invoices").rows.values()
    if sum("_approved" in row and row["_approved"] >= month for row in rows) >= cap:
        raise Invalid(PLAN_CAP)
