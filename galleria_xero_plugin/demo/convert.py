"""From the site's rows to the plugin's values: nothing is looked up here, so the rows must be loaded whole."""

from __future__ import annotations

from galleria_xero_plugin import (
    Address,
    Artwork,
    Contact,
    Invoice,
    InvoiceState,
    Item,
    ItemKind,
    Payment,
    Phones,
    Refund,
    TaxMode,
)

from . import models


def address(place: models.Place) -> Address:
    lines = tuple(line.strip() for line in place.lines.splitlines() if line.strip())
    return Address(lines, place.city, place.region, place.postal_code, place.country)


def contact(row: models.Contact) -> Contact:
    return Contact(
        id=str(row.id), first_name=row.first_name, last_name=row.last_name, company=row.company, email=row.email,
        phones=Phones(row.phone, row.mobile, row.fax), billing=address(row.billing),
        shipping=address(row.shipping), groups=tuple(row.groups), is_artist=row.is_artist,
    )  # fmt: skip


def artwork(row: models.Artwork) -> Artwork:
    return Artwork(
        inventory_id=row.inventory_id, artists=tuple(row.artists), title=row.title, year=row.year,
        edition=row.edition, medium=row.medium, dimensions=row.dimensions,
    )  # fmt: skip


def item(row: models.Item) -> Item:
    return Item(
        id=str(row.id), kind=ItemKind(row.kind), quantity=row.quantity, unit_price=row.unit_price,
        description=row.description, tax_option_id=text(row.tax_id), discount_percent=row.discount_percent,
        discount_amount=row.discount_amount, artwork=artwork(row.artwork) if row.artwork else None,
    )  # fmt: skip


def payment(row: models.Payment) -> Payment:
    return Payment(
        id=str(row.id), amount=row.amount, date=row.date, method_id=str(row.method_id), reference=row.reference,
        fee=row.fee, bank_amount=row.bank_amount,
    )  # fmt: skip


def refund(row: models.Refund) -> Refund:
    return Refund(str(row.id), row.amount, row.date, str(row.method_id), row.reference, row.bank_amount)


def invoice(row: models.Invoice) -> Invoice:
    return Invoice(
        id=str(row.id), number=row.number, revision=row.change, state=InvoiceState(row.state),
        contact=contact(row.contact), date=row.date, currency=row.currency, tax_mode=TaxMode(row.tax_mode),
        total=row.total, tax_total=row.tax_total, items=tuple(map(item, row.items)), changed_at=row.changed_at,
        payments=tuple(map(payment, row.payments)), refunds=tuple(map(refund, row.refunds)),
        due_date=row.due_date, issued_at=row.issued_at, reference=row.reference,
        branding_theme_id=text(row.theme_id), exchange_rate=row.exchange_rate, consultant=row.consultant,
        notes=row.notes, terms=row.terms,
    )  # fmt: skip


def text(id: int | None) -> str | None:
    return None if id is None else str(id)
