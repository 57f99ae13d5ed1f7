"""Drafts as the exact JSON that Xero gets (xero-facts §4). Pure.

The text is canonical (sorted keys, no spaces, numbers as written), because it is frozen, hashed and bound
to an idempotency key before the first byte is sent (export-protocol §2.4, T2).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal

from ..domain.accounting import (
    ContactDraft,
    InvoiceDraft,
    InvoiceStatus,
    LineDraft,
    PaymentDraft,
    XeroAddress,
)
from ..domain.correcting import (
    AllocationDraft,
    AllocationRemoval,
    CreditNoteDraft,
    InvoiceChange,
    InvoiceEnd,
    PaymentRemoval,
    RefundDraft,
)
from ..ports.xero import Draft
from .reading import guid

DESCRIPTION_LIMIT = 4000  # characters of a line's description (§4.2)
ADDRESS_LINES = 4
# A number with more places than any price, rate or quantity has is a mistake; written out it could be
# megabytes of zeros.
PLACES = 30


def payload(draft: Draft) -> str:
    """The draft as canonical JSON. Raises ValueError for what cannot be written (NaN, an id that is no GUID,
    half a surrogate pair), and TypeError for what is no draft."""
    match draft:
        case ContactDraft():
            return canonical(_contact(draft))
        case InvoiceDraft():
            return canonical(_invoice(draft))
        case PaymentDraft():
            return canonical(_payment(draft, {"Invoice": {"InvoiceID": guid(draft.invoice_id)}}))
        case InvoiceChange():
            return canonical(_change(draft))
        case InvoiceEnd():
            return canonical({"InvoiceID": guid(draft.invoice_id), "Status": draft.status})
        case CreditNoteDraft():
            return canonical(_credit_note(draft))
        case AllocationDraft():
            invoice = {"InvoiceID": guid(draft.invoice_id)}
            return canonical({"Invoice": invoice, "Amount": draft.amount, "Date": draft.date.isoformat()})
        case RefundDraft():
            return canonical(_payment(draft, {"CreditNote": {"CreditNoteID": guid(draft.credit_note_id)}}))
        case AllocationRemoval():
            return canonical({"AllocationID": guid(draft.allocation_id)})
        case PaymentRemoval():
            return canonical({"PaymentID": guid(draft.payment_id), "Status": "DELETED"})
    raise TypeError("not a draft")


def envelope(plural: str, payloads: Sequence[str]) -> bytes:
    """Frozen payloads as the body of one request, each byte for byte."""
    return f'{{"{plural}":[{",".join(payloads)}]}}'.encode()


def canonical(value: object) -> str:
    """JSON with sorted keys, without spaces, and with Decimals as numbers digit for digit.

    `json` can only write floats, and a float would turn 9999999999.9999 into something else."""
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_string(key)}:{canonical(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(canonical, value)) + "]"
    raise TypeError(f"{type(value).__name__} has no place in a payload")


def _string(value: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("a text contains half a surrogate pair")
    return json.dumps(value, ensure_ascii=False)


def _number(value: Decimal) -> str:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise ValueError("a number is not finite")
    if not -PLACES <= exponent <= PLACES:
        raise ValueError("a number has too many places")
    return format(value, "f")


def _invoice(draft: InvoiceDraft) -> dict[str, object]:
    if not draft.lines:
        raise ValueError("an invoice needs lines")
    return {
        "Type": "ACCREC",
        # Nothing but the id: any other field would change the contact (§4.2).
        "Contact": {"ContactID": guid(draft.contact_id)},
        "LineItems": [_line(line) for line in draft.lines],
        "LineAmountTypes": draft.line_amount_types.value,
        "InvoiceNumber": draft.number,
        "Date": draft.date.isoformat(),
        "DueDate": draft.due_date.isoformat(),
        "CurrencyCode": draft.currency,
        "Status": draft.status.value,
        # Said only of approved invoices: elsewhere Xero refuses the field (§4.2).
        **({"SentToContact": False} if draft.status is InvoiceStatus.AUTHORISED else {}),
        **_given(
            Reference=draft.reference,
            Url=draft.url,
            CurrencyRate=draft.currency_rate,
            BrandingThemeID=guid(draft.branding_theme_id) if draft.branding_theme_id else None,
        ),
    }


def _line(line: LineDraft) -> dict[str, object]:
    return {
        "Description": line.description[:DESCRIPTION_LIMIT],
        "Quantity": line.quantity,
        "UnitAmount": line.unit_amount,
        "AccountCode": line.account_code,
        **_given(
            TaxType=line.tax_type,
            DiscountRate=line.discount_rate,
            DiscountAmount=line.discount_amount,
            Tracking=[{"TrackingCategoryID": guid(key), "Option": option} for key, option in line.tracking],
        ),
    }


def _change(draft: InvoiceChange) -> dict[str, object]:
    """Everything that a posting consists of, said even where it is empty: what is left out stays as it was. Number,
    status and SentToContact are not ours to change any more."""
    new = draft.draft
    if not new.lines or len(new.lines) != len(draft.line_ids):
        raise ValueError("every line of a change says which line it replaces")
    lines = [
        _line(line) | _given(LineItemID=guid(line_id) if line_id else None)
        for line, line_id in zip(new.lines, draft.line_ids, strict=True)
    ]
    return {
        "InvoiceID": guid(draft.invoice_id),
        "Contact": {"ContactID": guid(new.contact_id)},
        "LineItems": lines,
        "LineAmountTypes": new.line_amount_types.value,
        "Date": new.date.isoformat(),
        "DueDate": new.due_date.isoformat(),
        "CurrencyCode": new.currency,
        "Reference": new.reference,
        **_given(
            CurrencyRate=new.currency_rate,
            BrandingThemeID=guid(new.branding_theme_id) if new.branding_theme_id else None,
        ),
    }


def _credit_note(draft: CreditNoteDraft) -> dict[str, object]:
    if not draft.lines:
        raise ValueError("a credit note needs lines")
    return {
        "Type": "ACCRECCREDIT",
        "Contact": {"ContactID": guid(draft.contact_id)},
        "LineItems": [_line(line) for line in draft.lines],
        "LineAmountTypes": draft.line_amount_types.value,
        "CreditNoteNumber": draft.number,
        "Date": draft.date.isoformat(),
        "CurrencyCode": draft.currency,
        "Status": InvoiceStatus.AUTHORISED.value,
        "Reference": draft.reference,
        **_given(CurrencyRate=draft.currency_rate),
    }


def _payment(draft: PaymentDraft | RefundDraft, document: Mapping[str, object]) -> dict[str, object]:
    return {
        **document,
        # Not every account has a code (§4.3).
        "Account": {"AccountID": guid(draft.account_id)},
        "Date": draft.date.isoformat(),
        "Amount": draft.amount,
        "Reference": draft.reference,
        **_given(BankAmount=draft.bank_amount),
    }


def _contact(draft: ContactDraft) -> dict[str, object]:
    phones = [{"PhoneType": kind, "PhoneNumber": number} for kind, number in sorted(draft.phones.items()) if number]
    return {
        "ContactNumber": draft.number,
        "Name": draft.name,
        **_given(
            FirstName=draft.first_name,
            LastName=draft.last_name,
            EmailAddress=draft.email,
            Addresses=[_address(address) for address in draft.addresses],
            Phones=phones,
        ),
    }


def _address(address: XeroAddress) -> dict[str, object]:
    lines = [line for line in address.lines if line]
    # Xero has four lines; what is more stands in the last one, so that nothing gets lost.
    lines[ADDRESS_LINES - 1 :] = [", ".join(lines[ADDRESS_LINES - 1 :])]
    return {
        "AddressType": address.kind,
        **_given(**{f"AddressLine{number}": line for number, line in enumerate(lines, 1)}),
        **_given(
            City=address.city,
            Region=address.region,
            PostalCode=address.postal_code,
            Country=address.country,
        ),
    }


def _given(**fields: object) -> dict[str, object]:
    """The fields that have a value; zero is one."""
    return {name: value for name, value in fields.items() if value is not None and value not in ("", [])}
