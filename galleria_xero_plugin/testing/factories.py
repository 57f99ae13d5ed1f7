"""Values of the gallery port with sensible defaults: a test names only what it is about.

Ids follow from numbers (`make_invoice(7)` has the id "inv-7"), so two calls give equal values and nothing
depends on the order in which tests run. Totals are computed from the items unless they are given.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from ..domain.accounting import XeroAddress, XeroContact
from ..domain.model import (
    Access,
    Address,
    Artwork,
    BrandingTheme,
    Contact,
    GalleryInfo,
    Invoice,
    InvoiceState,
    Item,
    ItemKind,
    MethodKind,
    Payment,
    PaymentMethod,
    Phones,
    Refund,
    TaxMode,
    TaxOption,
)
from .arithmetic import totals

VAT = TaxOption("vat-20", "VAT 20%", Decimal(20))
ZERO = TaxOption("vat-0", "Zero-rated export", Decimal(0))
TAX_OPTIONS = (VAT, ZERO)
BANK_TRANSFER = PaymentMethod("bank", "Bank transfer", MethodKind.BANK_TRANSFER)
CASH = PaymentMethod("cash", "Cash", MethodKind.CASH)
CARD = PaymentMethod("card", "Card (Stripe)", MethodKind.CARD)
PAYMENT_METHODS = (BANK_TRANSFER, CASH, CARD)
BRANDING_THEMES = (BrandingTheme("standard", "Standard"),)
RATES = {option.id: option.rate for option in TAX_OPTIONS}
A_DAY = dt.date(2026, 3, 2)


def money(value: Decimal | int | str) -> Decimal:
    """`Decimal` from what is easy to type; a float is refused, because it is not what was typed."""
    if isinstance(value, float):
        raise TypeError(f"money is never a float: write Decimal('{value}')")
    return Decimal(value)


def make_gallery_info(id: str = "north-light", **fields: Any) -> GalleryInfo:
    """A London gallery that keeps its books in pounds."""
    values: dict[str, Any] = {
        "name": "North Light Gallery", "time_zone": "Europe/London", "locale": "en-GB", "base_currency": "GBP",
        "owner_email": f"owner@{id}.example", "websites": (f"{id}.example",),
    }  # fmt: skip
    return GalleryInfo(id, **(values | fields))


def make_access(gallery_id: str = "north-light", **fields: Any) -> Access:
    """The gallery's owner, who signed in with a password lately."""
    values: dict[str, Any] = {"user_id": "u-1", "user_name": "Nora Light", "may_view": True, "may_change": True}
    return Access(gallery_id, **(values | fields))


def make_contact(id: str = "c-1", first_name: str = "Ada", last_name: str = "Marsh", **fields: Any) -> Contact:
    """A person with an e-mail address and a billing address."""
    values: dict[str, Any] = {
        "email": f"{first_name}.{last_name}@example.com".lower().replace(" ", "-"),
        "phones": Phones(main="020 7946 0101"),
        "billing": Address(("4 Quay Row",), "London", "", "SE1 4ZZ", "United Kingdom"),
    }
    return Contact(id, first_name, last_name, **(values | fields))


def make_artwork(inventory_id: str = "NL-0001", **fields: Any) -> Artwork:
    """A painting by one artist."""
    values: dict[str, Any] = {
        "artists": ("Ines Calder",), "title": "Low Water", "year": "2024", "medium": "Oil on linen",
        "dimensions": "60 x 80 cm",
    }  # fmt: skip
    return Artwork(inventory_id, **(values | fields))


def make_item(
    id: str = "1",
    unit_price: Decimal | int | str = 100,
    quantity: Decimal | int | str = 1,
    kind: ItemKind = ItemKind.ARTWORK,
    tax_option_id: str | None = VAT.id,
    discount_percent: Decimal | int | str = 0,
    discount_amount: Decimal | int | str = 0,
    **fields: Any,
) -> Item:
    """One line at 20 % VAT; an artwork line carries an artwork."""
    if kind is ItemKind.ARTWORK:
        fields.setdefault("artwork", make_artwork())
    else:
        fields.setdefault("description", kind.value.capitalize())
    return Item(
        id=id, kind=kind, quantity=money(quantity), unit_price=money(unit_price), tax_option_id=tax_option_id,
        discount_percent=money(discount_percent), discount_amount=money(discount_amount), **fields,
    )  # fmt: skip


def make_payment(id: str = "p-1", amount: Decimal | int | str = 50, date: dt.date = A_DAY, **fields: Any) -> Payment:
    """A bank transfer."""
    return Payment(id, money(amount), date, **({"method_id": BANK_TRANSFER.id} | fields))


def make_refund(id: str = "r-1", amount: Decimal | int | str = 50, date: dt.date = A_DAY, **fields: Any) -> Refund:
    """Money given back by bank transfer."""
    return Refund(id, money(amount), date, **({"method_id": BANK_TRANSFER.id} | fields))


def make_invoice(
    number: int = 1,
    *,
    items: Iterable[Item] | None = None,
    tax_mode: TaxMode = TaxMode.EXCLUSIVE,
    rates: Mapping[str, Decimal] = RATES,
    **fields: Any,
) -> Invoice:
    """An issued invoice of one artwork, 100.00 + 20.00 VAT, dated `A_DAY` unless said otherwise.

    `total` and `tax_total` follow from `items`; `issued_at` and `changed_at` from `date`. In the mode "none"
    the default line carries no tax option.
    """
    if items is None:
        items = (make_item(tax_option_id=None if tax_mode is TaxMode.NONE else VAT.id),)
    items = tuple(items)
    date = fields.pop("date", A_DAY)
    state = fields.pop("state", InvoiceState.ISSUED)
    noon = dt.datetime.combine(date, dt.time(12), dt.UTC)
    total, tax_total = totals(items, tax_mode, rates)
    values: dict[str, Any] = {
        "id": f"inv-{number}", "revision": 1, "contact": make_contact(), "currency": "GBP", "total": total,
        "tax_total": tax_total, "changed_at": noon, "due_date": date + dt.timedelta(days=30),
        "issued_at": None if state is InvoiceState.DRAFT else noon,
    }  # fmt: skip
    return Invoice(number=number, items=items, tax_mode=tax_mode, date=date, state=state, **(values | fields))


def make_xero_contact(name: str = "Marsh & Sons", **fields: Any) -> XeroContact:
    """An active customer in Xero; its id follows from nothing, so name it when a test needs two."""
    values: dict[str, Any] = {
        "id": "11111111-2222-4333-8444-555555555555", "email": "accounts@marsh.example", "is_customer": True,
        "addresses": (XeroAddress("POBOX", ("1 Dock Street",), "Hull", "", "HU1 1AA", "United Kingdom"),),
        "phones": {"DEFAULT": "01482 496 0000"},
    }  # fmt: skip
    return XeroContact(name=name, **(values | fields))
