"""Which resources there are and how each is listed, shown and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import contacts, credit_notes, documents, invoice_view, invoices, payments, reference, unapplied
from .call import Call
from .organisation import Organisation
from .reader import Reader
from .tables import Record
from .where import Column, Predicate
from .wire import Request

Filters = Mapping[str, Callable[[str], Predicate]]
SETTINGS = "accounting.settings"
INVOICES = "accounting.invoices"


def _no_filters(org: Organisation, client_id: str) -> Filters:
    return {}


def _show_plain(org: Organisation, record: Record, places: int, how: str) -> Record:
    return reference.plain(record)


def _everything(request: Request) -> Predicate | None:
    return None


@dataclass(frozen=True)
class Resource:
    """One collection of the accounting API."""

    plural: str
    singular: str
    scope: str
    key: str
    fields: Callable[[Organisation], Mapping[str, Column]]
    find: Callable[[Organisation, str], Record | None]
    show: Callable[[Organisation, Record, int, str], Record] = _show_plain
    save: Callable[[Call, Reader], Record] | None = None
    filters: Callable[[Organisation, str], Filters] = _no_filters
    base: Callable[[Request], Predicate | None] = _everything
    paged: bool = False
    failed: str = "HasErrors"
    most: int = 500  # elements per request (xero-facts.md §2.3)
    history: bool = False
    warn: Callable[[Call, Record], list[Record]] = lambda call, record: []


def _without_archived(member: str) -> Callable[[Request], Predicate | None]:
    def base(request: Request) -> Predicate | None:
        if request.query.get("includearchived", "").lower() == "true":
            return None
        return lambda record: record[member] == "ACTIVE"

    return base


def _without_marked(member: str) -> Callable[[Request], Predicate | None]:
    return lambda request: lambda record: not record.get(member)


def _show_tracking(org: Organisation, record: Record, places: int, how: str) -> Record:
    """A list leaves archived options out unless includeArchived=true (§4.7)."""
    shown = reference.plain(record)
    if how == "list":
        shown["Options"] = [option for option in record["Options"] if option["Status"] == "ACTIVE"]
    return shown


def _known(found: Mapping[str, Column]) -> Callable[[Organisation], Mapping[str, Column]]:
    return lambda org: found


def _show_contact(org: Organisation, record: Record, places: int, how: str) -> Record:
    return contacts.show(org, record, detail=how != "list", summary=how == "summary")


def _finder(kind: str, *, upper: bool = False) -> Any:
    return reference.find_by(kind, folded_key=upper)


def _invoice(org: Organisation, record: Record, places: int, how: str) -> Record:
    return invoice_view.show(org, record, places=places, how=how)


def _credit_note(org: Organisation, record: Record, places: int, how: str) -> Record:
    return credit_notes.show(org, record, places=places, how=how)


def _payment(org: Organisation, record: Record, places: int, how: str) -> Record:
    return payments.show(org, record)


ALL = (
    Resource(
        "Contacts", "Contact", "accounting.contacts", "ContactID", _known(contacts.FIELDS), contacts.find,
        show=_show_contact, save=contacts.save, filters=lambda org, app: contacts.list_filters(),
        base=_without_archived("ContactStatus"), paged=True, failed="HasValidationErrors", history=True,
    ),
    Resource(
        "Invoices", "Invoice", INVOICES, "InvoiceID", invoices.fields, invoices.find,
        show=_invoice, save=invoices.save, filters=invoices.filters, paged=True, history=True,
        warn=documents.warnings,
    ),
    Resource(
        "CreditNotes", "CreditNote", INVOICES, "CreditNoteID", credit_notes.fields, credit_notes.find,
        show=_credit_note, save=credit_notes.save, paged=True, history=True, warn=documents.warnings,
    ),
    Resource(
        "Payments", "Payment", "accounting.payments", "PaymentID", payments.fields, payments.find,
        show=_payment, save=payments.save, paged=True, failed="HasValidationErrors", history=True,
    ),
    *(
        Resource(
            kind, kind[:-1], "accounting.payments", f"{kind[:-1]}ID", unapplied.fields(kind), unapplied.finder(kind),
            show=unapplied.shower(kind), paged=True, history=True,
        )
        for kind in ("Overpayments", "Prepayments")
    ),
    Resource(
        "Accounts", "Account", SETTINGS, "AccountID", _known(reference.ACCOUNT_FIELDS), _finder("Accounts"),
        save=reference.save_account, most=1,
    ),
    Resource(
        "TaxRates", "TaxRate", SETTINGS, "TaxType", _known(reference.TAX_RATE_FIELDS),
        _finder("TaxRates", upper=True), most=1,
    ),
    Resource(
        "BrandingThemes", "BrandingTheme", SETTINGS, "BrandingThemeID", _known(reference.THEME_FIELDS),
        _finder("BrandingThemes"), base=_without_marked("_deleted"),
    ),
    Resource(
        "TrackingCategories", "TrackingCategory", SETTINGS, "TrackingCategoryID",
        _known(reference.TRACKING_FIELDS), _finder("TrackingCategories"), show=_show_tracking,
        base=_without_archived("Status"),
    ),
    Resource(
        "Currencies", "Currency", SETTINGS, "Code", _known(reference.CURRENCY_FIELDS),
        _finder("Currencies", upper=True), save=reference.save_currency, most=1,
        base=_without_marked("_disabled"),
    ),
)  # fmt: skip

# Path names are taken in any casing, plural or singular.
BY_NAME = {name.lower(): resource for resource in ALL for name in (resource.plural, resource.singular)}
