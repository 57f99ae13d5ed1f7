"""The elements of a batch's answer (export-protocol §2.5; xero-facts §2.4).

Elements are matched by a key of our own, never by position. One that contradicts itself (it says OK and
carries errors, or says something unheard of) is left out: an element that is missing is *unknown* and will
be read back, and neither "created" nor "refused" may rest on a contradiction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..domain.accounting import Element
from ..domain.standing import print_of_standing
from ..ports.xero import WriteKind
from . import answers
from . import reading as r


@dataclass(frozen=True, slots=True)
class Shape:
    """Where a kind of document keeps what an element tells; "" for what it has not. `parent` is the document that
    a payment is of; what `by_id` is known by its own id."""

    plural: str
    id: str
    number: str = ""
    total: str = ""
    tax: str = ""
    parent: str = ""
    by_id: bool = False


_FIGURES = {"total": "Total", "tax": "TotalTax"}
SHAPES = {
    WriteKind.CONTACT: Shape("Contacts", "ContactID", number="ContactNumber"),
    WriteKind.INVOICE: Shape("Invoices", "InvoiceID", number="InvoiceNumber", **_FIGURES),
    WriteKind.PAYMENT: Shape("Payments", "PaymentID", total="Amount", parent="Invoice"),
    WriteKind.INVOICE_CHANGE: Shape("Invoices", "InvoiceID", number="InvoiceNumber", by_id=True, **_FIGURES),
    WriteKind.CREDIT_NOTE: Shape("CreditNotes", "CreditNoteID", number="CreditNoteNumber", **_FIGURES),
    WriteKind.ALLOCATION: Shape("Allocations", "AllocationID", total="Amount", parent="Invoice"),
    WriteKind.ALLOCATION_REMOVAL: Shape("Allocations", "AllocationID", total="Amount", by_id=True),
    WriteKind.REFUND: Shape("Payments", "PaymentID", total="Amount", parent="CreditNote"),
    WriteKind.PAYMENT_REMOVAL: Shape("Payments", "PaymentID", total="Amount", by_id=True),
}
_INVOICES = (WriteKind.INVOICE, WriteKind.INVOICE_CHANGE)


def payment_key(parent_id: str, reference: str) -> str:
    """What a payment is known by: its document and the reference that carries our marker."""
    return f"{parent_id}|{reference}"


def read(document: object, kind: WriteKind) -> tuple[Element, ...]:
    """The elements of an accepted write. Raises ValueError when the array is not there."""
    shape = SHAPES[kind]
    if kind is WriteKind.ALLOCATION_REMOVAL:
        rows = _taken_back(document)
    else:
        rows = r.items(document, shape.plural)
    found = (_element(row, shape, kind) for row in rows)
    return tuple(element for element in found if element is not None)


def _taken_back(document: object) -> tuple[r.Json, ...]:
    """The specification has a bare allocation here, elsewhere it is a list (§4.8). One that is not said to be deleted
    proves nothing."""
    bare = isinstance(document, Mapping) and "Allocations" not in document
    rows = r.children({"Allocations": [document]}, "Allocations") if bare else r.items(document, "Allocations")
    return tuple(row for row in rows if r.flag(row, "IsDeleted") or row.get("ValidationErrors"))


def _element(row: r.Json, shape: Shape, kind: WriteKind) -> Element | None:
    ok = _verdict(row)
    if ok is None:
        return None
    errors, warnings = r.messages(row, "ValidationErrors"), r.messages(row, "Warnings")
    if ok:  # what is said deeper inside did not stop the document, and a person shall see it
        errors, warnings = (), r.messages(row, "Warnings", "ValidationErrors")
    return Element(
        key=_key(row, shape),
        id=r.optional_id(row, shape.id) or None,
        ok=ok,
        errors=errors,
        warnings=warnings,
        number=r.text(row, shape.number, 255),
        total=r.optional_amount(row, shape.total),
        tax_total=r.optional_amount(row, shape.tax),
        currency=r.text(row, "CurrencyCode", 10) or r.text(r.child(row, shape.parent), "CurrencyCode", 10),
        standing=_standing(row) if ok and kind in _INVOICES else None,
    )


def _standing(row: r.Json) -> str | None:
    """What the invoice looks like now; None when the answer does not show all of it, which is no fault."""
    try:
        return print_of_standing(answers.invoice(row))
    except ValueError:
        return None


def _verdict(row: r.Json) -> bool | None:
    """True for created, False for refused, None for neither.

    A failed invoice says HasErrors, a failed contact or payment HasValidationErrors; without
    StatusAttributeString only the absence of both and an id speak for success."""
    refused = r.flag(row, "HasErrors") or r.flag(row, "HasValidationErrors") or bool(row.get("ValidationErrors"))
    status = r.text(row, "StatusAttributeString", 50).upper()
    if status == "ERROR":
        return False
    if status in ("OK", "WARNING"):
        return None if refused else True
    if status:
        return None
    return not refused


def _key(row: r.Json, shape: Shape) -> str:
    if shape.by_id:
        return r.optional_id(row, shape.id)
    if shape.number:
        return r.text(row, shape.number, 255)
    parent_id = r.optional_id(r.child(row, shape.parent), f"{shape.parent}ID")
    return payment_key(parent_id, r.text(row, "Reference")) if parent_id else ""
