"""Allocating credit to invoices: of credit notes, overpayments and prepayments (xero-facts.md §4.8)."""

from __future__ import annotations

from datetime import date

from . import documents, history
from .call import Call
from .errors import Invalid, not_found
from .organisation import Organisation, folded
from .reader import Reader, guid_of
from .tables import Record

# Which invoices a credit may be used for.
SIDES = {
    "ACCRECCREDIT": "ACCREC", "RECEIVE-OVERPAYMENT": "ACCREC", "RECEIVE-PREPAYMENT": "ACCREC",
    "ACCPAYCREDIT": "ACCPAY", "SPEND-OVERPAYMENT": "ACCPAY", "SPEND-PREPAYMENT": "ACCPAY",
}  # fmt: skip
KINDS = ("CreditNotes", "Overpayments", "Prepayments")


def key_of(kind: str) -> str:
    """CreditNotes -> CreditNoteID."""
    return f"{kind[:-1]}ID"


def name_of(credit: Record) -> str:
    """What a person calls a credit."""
    return str(credit.get("CreditNoteNumber") or credit["Type"].rpartition("-")[2].capitalize())


def allocate(call: Call, kind: str, credit: Record, element: Reader) -> Record:
    """Use credit for an invoice of the same contact and currency."""
    key = key_of(kind)
    invoice = _invoice(call.org, element.child("Invoice"))
    amount = element.decimal("Amount")
    if amount is None or amount <= 0:
        raise Invalid("The Amount must be greater than zero.")
    current = call.org.table(kind).rows[credit[key]]
    _check(current, invoice)
    if amount > current["RemainingCredit"]:
        raise Invalid("The amount is greater than the remaining credit on this credit note")
    if amount > invoice["AmountDue"]:
        raise Invalid("Payment amount exceeds the amount outstanding on this document")
    row = {
        "AllocationID": call.org.next_id(),
        key: current[key],
        "InvoiceID": invoice["InvoiceID"],
        "Amount": amount,
        "Date": _day(call, element),
        "IsDeleted": False,
    }
    documents.check_lock_dates(call, row["Date"])
    call.org.put("Allocations", row)
    documents.settle(call, kind, current)
    documents.settle(call, "Invoices", invoice)
    history.note(call, invoice["InvoiceID"], "Credit Applied", f"{name_of(current)} for {amount}")
    history.note(call, current[key], "Credit Applied", f"To {invoice['InvoiceNumber']} for {amount}")
    return row


def _invoice(org: Organisation, target: Reader | None) -> Record:
    identity = target.guid("InvoiceID") if target else None
    number = target.text("InvoiceNumber") if target else None
    found = org.get("Invoices", identity)
    if found is None and number:
        found = next(iter(org.table("Invoices").find("number", folded(number))), None)
    if found is None:
        raise Invalid("The invoice to allocate to could not be found")
    return found


def _day(call: Call, element: Reader) -> date:
    """S1 requires the Date, the documentation calls it read-only: a switch."""
    day = element.day("Date")
    if day is None and call.settings.allocation_date == "required":
        raise Invalid("The Date of an allocation must be specified.")
    return call.today if day is None or call.settings.allocation_date == "today" else day


def _check(credit: Record, invoice: Record) -> None:
    if credit["Status"] != "AUTHORISED" or invoice["Status"] != "AUTHORISED":
        raise Invalid("Allocations can only be made between Authorised documents")
    if SIDES[credit["Type"]] != invoice["Type"] or credit["Contact"] != invoice["Contact"]:
        raise Invalid("Credit can only be allocated to documents of the same kind and contact")
    if credit["CurrencyCode"] != invoice["CurrencyCode"]:
        raise Invalid("Credit can only be allocated to documents in the same currency")


def take_back(call: Call, kind: str, credit: Record, identity: str) -> Record:
    """DELETE of an allocation: IsDeleted true, both documents reopen; not in a locked period (§4.2)."""
    key = key_of(kind)
    row = call.org.get("Allocations", guid_of(identity))
    if row is None or row.get(key) != credit[key] or row["IsDeleted"]:
        raise not_found()
    documents.check_lock_dates(call, row["Date"])
    gone = call.org.put("Allocations", {**row, "IsDeleted": True})
    documents.settle(call, kind, call.org.table(kind).rows[row[key]])
    documents.settle(call, "Invoices", call.org.table("Invoices").rows[row["InvoiceID"]])
    return gone


def source(org: Organisation, row: Record) -> tuple[str, Record]:
    """The credit an allocation uses."""
    kind = next(kind for kind in KINDS if key_of(kind) in row)
    return kind, org.table(kind).rows[row[key_of(kind)]]


def shown_row(org: Organisation, row: Record) -> Record:
    """An allocation as an answer shows it."""
    invoice = org.table("Invoices").rows[row["InvoiceID"]]
    return {
        "AllocationID": row["AllocationID"],
        "Amount": row["Amount"],
        "Date": row["Date"],
        "Invoice": {"InvoiceID": invoice["InvoiceID"], "InvoiceNumber": invoice["InvoiceNumber"]},
        "IsDeleted": row["IsDeleted"],
    }


def shown(org: Organisation, kind: str, credit: Record) -> list[Record]:
    """The allocations of a credit."""
    rows = org.table("Allocations").find(documents.INDEXES[kind], credit[key_of(kind)])
    return [shown_row(org, row) for row in rows if not row["IsDeleted"]]


def on_invoice(org: Organisation, invoice: Record) -> dict[str, list[Record]]:
    """What an invoice shows nested of the credits used for it (recorded for credit notes, §4.2)."""
    found: dict[str, list[Record]] = {kind: [] for kind in KINDS}
    for row in org.table("Allocations").find("invoice", invoice["InvoiceID"]):
        if row["IsDeleted"]:
            continue
        kind, credit = source(org, row)
        key = key_of(kind)
        number = {"CreditNoteNumber": credit["CreditNoteNumber"]} if kind == "CreditNotes" else {}
        found[kind].append(
            {
                key: credit[key],
                **number,
                "ID": credit[key],
                "HasErrors": False,
                "AppliedAmount": row["Amount"],
                "DateString": f"{row['Date'].isoformat()}T00:00:00",
                "Date": row["Date"],
                "LineItems": [],
                "Total": credit["Total"],
            }
        )
    return found
