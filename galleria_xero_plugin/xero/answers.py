"""Xero's answers as values (xero-facts §4). Pure: a parsed JSON document in, `domain.accounting` out.

Strict where a wrong reading would move money (ids, amounts, the presence of a list), tolerant elsewhere.
Every function raises ValueError, with a text that names the field and nothing of its content.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeVar

from ..domain.accounting import (
    Account,
    NestedPayment,
    Organisation,
    TaxRate,
    XeroAddress,
    XeroBrandingTheme,
    XeroContact,
    XeroInvoice,
    XeroLine,
    XeroPayment,
)
from ..domain.correcting import XeroAllocation, XeroCreditNote
from ..ports.xero import ResultPage
from . import reading as r

T = TypeVar("T")
Tracking = tuple[str, str, tuple[str, ...]]


def page(document: object, name: str, size: int, read: Callable[[r.Json], T]) -> ResultPage[T]:
    """A page of the array `name`. Whether there is more is told by the pagination block; an answer without
    one is full when it has as many rows as were asked for."""
    rows = r.items(document, name)
    block = r.child(document, "pagination") if isinstance(document, Mapping) else {}
    number, count = block.get("page"), block.get("pageCount")
    known = all(isinstance(n, int) and not isinstance(n, bool) for n in (number, count))
    more = number < count if known else len(rows) >= size  # type: ignore[operator]
    # An empty page ends a list, whatever the block says: nobody shall ask for ever.
    return ResultPage(r.each(rows, read), more=bool(rows) and more)


def organisation(document: object) -> Organisation:
    """GET /Organisation (§4.6)."""
    rows = r.items(document, "Organisations")
    if not rows:
        raise ValueError("Organisations is empty")
    row = rows[0]
    pays_tax = row.get("PaysTax")
    return Organisation(
        id=r.needed_id(row, "OrganisationID"),
        name=r.text(row, "Name", 255),
        short_code=r.text(row, "ShortCode", 50),
        base_currency=r.needed_text(row, "BaseCurrency", 10),
        country=r.text(row, "CountryCode", 10),
        time_zone=r.text(row, "Timezone", 100),
        is_demo=r.flag(row, "IsDemoCompany") or r.text(row, "Class", 50).upper() == "DEMO",
        plan=r.text(row, "Class", 50).upper(),
        tax_registered=pays_tax if isinstance(pays_tax, bool) else None,
        period_lock_date=r.day(row, "PeriodLockDate"),
        year_end_lock_date=r.day(row, "EndOfYearLockDate"),
    )


def accounts(document: object) -> tuple[Account, ...]:
    """GET /Accounts (§4.4); bank accounts may have no code."""
    return r.each(r.items(document, "Accounts"), _account)


def _account(row: r.Json) -> Account:
    return Account(
        id=r.needed_id(row, "AccountID"),
        code=r.text(row, "Code", 50),
        name=r.text(row, "Name", 255),
        type=r.text(row, "Type", 50),
        account_class=r.text(row, "Class", 50),
        status=r.text(row, "Status", 50),
        tax_type=r.text(row, "TaxType", 50),
        system=r.text(row, "SystemAccount", 50),
        payments_enabled=r.flag(row, "EnablePaymentsToAccount"),
        currency=r.text(row, "CurrencyCode", 10),
    )


def tax_rates(document: object) -> tuple[TaxRate, ...]:
    """GET /TaxRates (§4.5)."""
    return r.each(r.items(document, "TaxRates"), _tax_rate)


def _tax_rate(row: r.Json) -> TaxRate:
    return TaxRate(
        tax_type=r.needed_text(row, "TaxType", 50),
        name=r.text(row, "Name", 255),
        rate=r.amount(row, "EffectiveRate"),
        status=r.text(row, "Status", 50),
        applies_to_revenue=r.flag(row, "CanApplyToRevenue"),
    )


def branding_themes(document: object) -> tuple[XeroBrandingTheme, ...]:
    """GET /BrandingThemes (§4.7)."""
    return r.each(r.items(document, "BrandingThemes"), _branding_theme)


def _branding_theme(row: r.Json) -> XeroBrandingTheme:
    order = row.get("SortOrder")
    return XeroBrandingTheme(
        id=r.needed_id(row, "BrandingThemeID"),
        name=r.text(row, "Name", 255),
        sort_order=order if isinstance(order, int) and not isinstance(order, bool) else 0,
    )


def currencies(document: object) -> tuple[str, ...]:
    """GET /Currencies: the codes."""
    return tuple(r.needed_text(row, "Code", 10) for row in r.items(document, "Currencies"))


def tracking_categories(document: object) -> tuple[Tracking, ...]:
    """GET /TrackingCategories: the active ones with their active options."""
    return r.each(tuple(filter(_active, r.items(document, "TrackingCategories"))), _tracking_category)


def _tracking_category(row: r.Json) -> Tracking:
    options = tuple(r.text(option, "Name", 100) for option in r.children(row, "Options") if _active(option))
    return r.needed_id(row, "TrackingCategoryID"), r.text(row, "Name", 100), options


def _active(row: r.Json) -> bool:
    return r.text(row, "Status", 50) in ("", "ACTIVE")


def contact(row: r.Json) -> XeroContact:
    """A row of GET /Contacts (§4.1). Blank address and phone slots, which Xero always returns, are left out."""
    addresses = r.each(r.children(row, "Addresses"), _address)
    phones = {r.text(slot, "PhoneType", 50): _phone(slot) for slot in r.children(row, "Phones")}
    return XeroContact(
        id=r.needed_id(row, "ContactID"),
        name=r.text(row, "Name", 255),
        number=r.text(row, "ContactNumber", 50),
        status=r.text(row, "ContactStatus", 50) or "ACTIVE",
        first_name=r.text(row, "FirstName", 255),
        last_name=r.text(row, "LastName", 255),
        email=r.text(row, "EmailAddress", 255),
        is_customer=r.flag(row, "IsCustomer"),
        is_supplier=r.flag(row, "IsSupplier"),
        merged_to=r.optional_id(row, "MergedToContactID"),
        addresses=tuple(a for a in addresses if a != XeroAddress(kind=a.kind)),
        phones={kind: number for kind, number in phones.items() if kind and number},
        updated_at=r.instant(row, "UpdatedDateUTC", "UpdatedDateUTCString"),
    )


def _address(slot: r.Json) -> XeroAddress:
    lines = (r.text(slot, f"AddressLine{number}", 500) for number in (1, 2, 3, 4))
    return XeroAddress(
        kind=r.text(slot, "AddressType", 50),
        lines=tuple(filter(None, lines)),
        city=r.text(slot, "City", 255),
        region=r.text(slot, "Region", 255),
        postal_code=r.text(slot, "PostalCode", 50),
        country=r.text(slot, "Country", 50),
    )


def _phone(slot: r.Json) -> str:
    parts = (r.text(slot, f"Phone{part}", 50) for part in ("CountryCode", "AreaCode", "Number"))
    return " ".join(filter(None, parts))


def invoice(row: r.Json) -> XeroInvoice:
    """A row of a paged GET /Invoices (§4.2)."""
    paid = r.amount(row, "AmountPaid")
    return XeroInvoice(
        id=r.needed_id(row, "InvoiceID"),
        number=r.text(row, "InvoiceNumber", 255),
        type=r.text(row, "Type", 50),
        status=r.needed_text(row, "Status", 50),
        contact_id=r.optional_id(r.child(row, "Contact"), "ContactID"),
        currency=r.text(row, "CurrencyCode", 10),
        total=r.amount(row, "Total"),
        tax_total=r.amount(row, "TotalTax"),
        amount_due=r.amount(row, "AmountDue"),
        amount_paid=paid,
        amount_credited=r.optional_amount(row, "AmountCredited") or Decimal(0),
        date=r.day(row, "Date", "DateString"),
        url=r.text(row, "Url"),
        reference=r.text(row, "Reference"),
        payments=_nested_payments(row, paid),
        updated_at=r.instant(row, "UpdatedDateUTC", "UpdatedDateUTCString"),
        due_date=r.day(row, "DueDate", "DueDateString"),
        line_amount_types=r.text(row, "LineAmountTypes", 20),
        currency_rate=r.optional_amount(row, "CurrencyRate"),
        lines=r.each(r.children(row, "LineItems"), _line) or None,
        contact_name=r.text(r.child(row, "Contact"), "Name", 255),
    )


def _line(row: r.Json) -> XeroLine:
    return XeroLine(
        id=r.optional_id(row, "LineItemID"),
        description=r.text(row, "Description"),
        quantity=r.optional_amount(row, "Quantity") or Decimal(0),
        unit_amount=r.optional_amount(row, "UnitAmount") or Decimal(0),
        account_code=r.text(row, "AccountCode", 50),
        tax_type=r.text(row, "TaxType", 50),
        amount=r.optional_amount(row, "LineAmount") or Decimal(0),
        tax=r.optional_amount(row, "TaxAmount") or Decimal(0),
        discount_rate=r.optional_amount(row, "DiscountRate"),
        discount_amount=r.optional_amount(row, "DiscountAmount"),
        tracking=tuple(
            (r.text(entry, "TrackingCategoryID", 50).lower(), r.text(entry, "Option", 100))
            for entry in r.children(row, "Tracking")
        ),
    )


def credit_note(row: r.Json) -> XeroCreditNote:
    """A row of a paged GET /CreditNotes (§4.8)."""
    total, remaining = r.amount(row, "Total"), r.amount(row, "RemainingCredit")
    # Credit that was used with nothing that says for what is *unknown*, as with payments
    used = None if remaining != total and "Allocations" not in row else _allocations(row)
    paid_back = total - remaining - sum((one.amount for one in used or ()), Decimal(0))
    return XeroCreditNote(
        id=r.needed_id(row, "CreditNoteID"),
        number=r.text(row, "CreditNoteNumber", 255),
        type=r.text(row, "Type", 50),
        status=r.needed_text(row, "Status", 50),
        contact_id=r.optional_id(r.child(row, "Contact"), "ContactID"),
        currency=r.text(row, "CurrencyCode", 10),
        total=total,
        remaining=remaining,
        reference=r.text(row, "Reference"),
        date=r.day(row, "Date", "DateString"),
        allocations=used,
        payments=_nested_payments(row, paid_back),
        updated_at=r.instant(row, "UpdatedDateUTC", "UpdatedDateUTCString"),
        tax_total=r.optional_amount(row, "TotalTax") or Decimal(0),
    )


def _allocations(row: r.Json) -> tuple[XeroAllocation, ...]:
    return tuple(
        XeroAllocation(
            id=r.optional_id(entry, "AllocationID"),
            invoice_id=r.needed_id(r.child(entry, "Invoice"), "InvoiceID"),
            amount=r.amount(entry, "Amount"),
            date=r.day(entry, "Date", "DateString"),
        )
        for entry in r.children(row, "Allocations")
        if not r.flag(entry, "IsDeleted")
    )


def _nested_payments(row: r.Json, paid: Decimal) -> tuple[NestedPayment, ...] | None:
    """Money without a list of payments is *unknown* (export-protocol §2.6), be the list absent or empty."""
    if not row.get("Payments"):
        return None if paid else ()
    return r.each(r.items(row, "Payments"), _nested_payment)


def _nested_payment(row: r.Json) -> NestedPayment:
    return NestedPayment(
        id=r.needed_id(row, "PaymentID"),
        date=r.day(row, "Date", "DateString"),
        amount=r.amount(row, "Amount"),
        reference=r.text(row, "Reference"),
    )


def payment(row: r.Json) -> XeroPayment:
    """A row of GET /Payments (§4.3)."""
    return XeroPayment(
        id=r.needed_id(row, "PaymentID"),
        status=r.needed_text(row, "Status", 50),
        date=r.day(row, "Date", "DateString"),
        amount=r.amount(row, "Amount"),
        reference=r.text(row, "Reference"),
        invoice_id=r.optional_id(r.child(row, "Invoice"), "InvoiceID"),
        account_id=r.optional_id(r.child(row, "Account"), "AccountID"),
        is_reconciled=r.flag(row, "IsReconciled"),
        credit_note_id=r.optional_id(r.child(row, "CreditNote"), "CreditNoteID"),
    )
