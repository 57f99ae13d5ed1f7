"""Whether an invoice in Xero still is what we last wrote: a print of everything that a posting consists of.

Kept at every write (`Document.standing`), and compared before the next one, so that what a bookkeeper changed in
between is never overwritten (product.md §5.9). What Xero fills in by itself (a theme, the day's rate for the base
currency) and what money moves (status, amounts paid) is left out.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from .accounting import InvoiceDraft, LineAmountTypes, LineDraft, XeroInvoice, XeroLine
from .text import clean

GONE = frozenset({"VOIDED", "DELETED"})
UNAPPROVED = frozenset({"DRAFT", "SUBMITTED"})


def print_of_standing(invoice: XeroInvoice) -> str | None:
    """The print of an invoice as it stands; None when the answer did not show its lines."""
    if invoice.lines is None:
        return None
    return _print(invoice, invoice.due_date, invoice.line_amount_types, invoice.lines, invoice.total)


def print_of_draft(draft: InvoiceDraft) -> str:
    """The print that an invoice has when it stands as this draft says."""
    return _print(draft, draft.due_date, draft.line_amount_types.value, draft.lines, draft.expected_total)


def _print(
    document: InvoiceDraft | XeroInvoice,
    due_date: dt.date | None,
    line_amount_types: str,
    lines: Sequence[LineDraft | XeroLine],
    total: Decimal,
) -> str:
    taxed = line_amount_types != LineAmountTypes.NO_TAX.value
    matter = {
        "contact": document.contact_id,
        "date": document.date,
        "due": due_date,
        "reference": clean(document.reference),
        "currency": document.currency,
        "rate": _number(None if document.currency_rate == 1 else document.currency_rate),
        "amounts": line_amount_types,
        "total": _number(total),
        "lines": [content(line, taxed=taxed) for line in lines],
    }
    return hashlib.sha256(json.dumps(matter, sort_keys=True, default=str).encode()).hexdigest()


def content(line: LineDraft | XeroLine, *, taxed: bool = True) -> tuple[Any, ...]:
    """Everything about a line but its id, in a form in which lines compare."""
    return (
        clean(line.description),
        _number(line.quantity),
        _number(line.unit_amount),
        line.account_code,
        (line.tax_type or "") if taxed else "",
        _number(line.discount_rate),
        _number(line.discount_amount),
        tuple(sorted(line.tracking)),
    )


def _number(value: Decimal | None) -> str:
    """A number as text, without idle zeros; nothing and zero are the same."""
    return f"{value.normalize():f}" if value else ""
