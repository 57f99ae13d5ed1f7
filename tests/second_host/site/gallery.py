"""The dealer's side of the gallery port, written from its docstrings."""
from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from flask import current_app
from flask_login import current_user, login_fresh
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from galleria_xero_plugin import (
    Access,
    Address,
    Artwork,
    BrandingTheme,
    Contact,
    GalleryInfo,
    IndexEntry,
    Invoice,
    InvoiceState,
    Item,
    ItemKind,
    MethodKind,
    Page,
    Payment,
    PaymentMethod,
    Phones,
    TaxMode,
    TaxOption,
    XeroContact,
)

from .models import RATES, Customer, CustomerLink, Dealer, Receipt, Sale, SaleLine, db

STATES = {"offer": InvoiceState.DRAFT, "billed": InvoiceState.ISSUED, "void": InvoiceState.CANCELLED}
KINDS = {"print": ItemKind.ARTWORK, "frame": ItemKind.FRAMING, "carriage": ItemKind.SHIPPING}
TAX_NAMES = {"voll": "Umsatzsteuer 19 %", "ermaessigt": "Umsatzsteuer 7 %", "frei": "steuerfrei"}
WAYS = {"transfer": ("Überweisung", MethodKind.BANK_TRANSFER), "cash": ("Barzahlung", MethodKind.CASH)}
CENT = Decimal("0.01")


class KabinettGallery:
    """Reads with sessions of its own, so that nothing half-done of a request's session is seen or committed."""

    def access(self) -> Access | None:
        if not current_user.is_authenticated:
            return None
        return Access(
            gallery_id=str(current_user.dealer_id), user_id=str(current_user.id), user_name=current_user.name,
            may_view=current_user.role in ("owner", "staff"), may_change=current_user.role == "owner",
            fresh_login=login_fresh(),
        )

    def info(self, gallery_id: str) -> GalleryInfo:
        with Session(db.engine) as session:
            dealer = session.get_one(Dealer, number(gallery_id))
            return GalleryInfo(
                id=str(dealer.id), name=dealer.name, time_zone="Europe/Berlin", locale="de-DE", base_currency="EUR",
                owner_email=dealer.owner_email, websites=(dealer.domain,))

    def tax_options(self, gallery_id: str) -> Sequence[TaxOption]:
        return [TaxOption(id=key, name=TAX_NAMES[key], rate=Decimal(rate)) for key, rate in RATES.items()]

    def payment_methods(self, gallery_id: str) -> Sequence[PaymentMethod]:
        return [PaymentMethod(id=key, name=name, kind=kind) for key, (name, kind) in WAYS.items()]

    def branding_themes(self, gallery_id: str) -> Sequence[BrandingTheme]:
        return []

    # -- sales

    def invoices_changed(self, gallery_id: str, cursor: str | None, limit: int) -> Page[Invoice]:
        start = int(cursor or 0)
        with Session(db.engine) as session:
            found = session.scalars(
                _whole(gallery_id).where(Sale.change_no > start).order_by(Sale.change_no).limit(limit + 1)).all()
            page = found[:limit]
            return Page(items=tuple(_invoice(sale) for sale in page),
                        next_cursor=str(page[-1].change_no if page else start), more=len(found) > limit)

    def invoices(self, gallery_id: str, ids: Sequence[str]) -> Sequence[Invoice]:
        with Session(db.engine) as session:
            wanted = _whole(gallery_id).where(Sale.id.in_([number(one) for one in ids]))
            return [_invoice(sale) for sale in session.scalars(wanted)]

    def invoice_index(self, gallery_id: str, since: dt.date | None, after: str | None,
                      limit: int) -> Sequence[IndexEntry]:
        wanted = (_whole(gallery_id).where(Sale.status != "offer", ~Sale.removed, Sale.id > number(after or "0"))
                  .order_by(Sale.id).limit(limit))
        if since is not None:
            wanted = wanted.where(Sale.sold_on >= since)
        with Session(db.engine) as session:
            return [
                IndexEntry(id=one.id, number=one.number, revision=one.revision, state=one.state, date=one.date,
                           total=one.total, currency=one.currency)
                for one in map(_invoice, session.scalars(wanted))
            ]

    # -- customers

    def contacts(self, gallery_id: str, after: str | None, limit: int) -> Sequence[Contact]:
        wanted = (select(Customer).where(Customer.dealer_id == number(gallery_id), Customer.id > number(after or "0"))
                  .order_by(Customer.id).limit(limit))
        with Session(db.engine) as session:
            return [_contact(customer) for customer in session.scalars(wanted)]

    def apply_contact(self, gallery_id: str, xero_contact: XeroContact, local_id: str | None) -> str:
        dealer_id = number(gallery_id)
        with Session(db.engine) as session, session.begin():
            session.get_one(Dealer, dealer_id, with_for_update=True)        # one at a time, so never two links
            link = session.get(CustomerLink, (dealer_id, xero_contact.id))
            customer = session.get(Customer, link.customer_id if link else number(local_id or "0"))
            if customer is None or customer.dealer_id != dealer_id:
                customer = Customer(dealer_id=dealer_id)
                session.add(customer)
                session.flush()
            _fill(customer, xero_contact)
            if link is None:
                session.add(CustomerLink(dealer_id=dealer_id, xero_id=xero_contact.id, customer_id=customer.id))
            return str(customer.id)

    def payment_seen(self, gallery_id: str, invoice_id: str, payment: Payment) -> None:
        """The dealer looks at Xero for that."""

    def invoice_url(self, gallery_id: str, invoice_id: str) -> str:
        return f"{current_app.config['KABINETT_ADDRESS']}/verkauf/{invoice_id}"

    def contact_url(self, gallery_id: str, contact_id: str) -> str:
        return f"{current_app.config['KABINETT_ADDRESS']}/kunden/{contact_id}"


def number(text: str) -> int:
    """The integer key in an id that came as text; -1 is nobody's."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _whole(gallery_id: str) -> Select[tuple[Sale]]:
    return select(Sale).where(Sale.dealer_id == number(gallery_id)).options(
        joinedload(Sale.customer), selectinload(Sale.lines), selectinload(Sale.receipts))


def _invoice(sale: Sale) -> Invoice:
    lines = [(line, _gross(line)) for line in sale.lines]
    taxed = any(line.rate for line in sale.lines)
    return Invoice(
        id=str(sale.id), number=sale.bill_no, revision=sale.version,
        state=InvoiceState.DELETED if sale.removed else STATES[sale.status],
        contact=_contact(sale.customer), date=sale.sold_on, due_date=sale.due_on, currency=sale.currency,
        tax_mode=TaxMode.INCLUSIVE if taxed else TaxMode.NONE,
        total=sum((gross for _, gross in lines), Decimal(0)),
        tax_total=sum((_tax_in(gross, RATES[line.rate]) for line, gross in lines if line.rate), Decimal(0)),
        items=tuple(_item(line) for line in sale.lines),
        payments=tuple(_payment(receipt) for receipt in sale.receipts),
        issued_at=sale.billed_at if sale.status != "offer" else None, changed_at=sale.changed_at,
        reference=sale.note)


def _gross(line: SaleLine) -> Decimal:
    return (Decimal(line.price) / 100 * line.copies * (100 - line.rebate) / 100).quantize(CENT)


def _tax_in(gross: Decimal, rate: int) -> Decimal:
    return (gross * rate / (100 + rate)).quantize(CENT)


def _item(line: SaleLine) -> Item:
    artwork = None
    if line.kind == "print":
        artwork = Artwork(inventory_id=line.stock_no, artists=(line.artist,) if line.artist else (), title=line.title)
    return Item(
        id=str(line.id), kind=KINDS[line.kind], quantity=Decimal(line.copies), unit_price=Decimal(line.price) / 100,
        description=line.title, tax_option_id=line.rate, discount_percent=Decimal(line.rebate), artwork=artwork)


def _payment(receipt: Receipt) -> Payment:
    return Payment(id=str(receipt.id), amount=Decimal(receipt.amount) / 100, date=receipt.received_on,
                   method_id=receipt.way, reference=receipt.reference)


def _contact(customer: Customer) -> Contact:
    return Contact(
        id=str(customer.id), first_name=customer.first_name, last_name=customer.last_name, company=customer.firm,
        email=customer.email, phones=Phones(main=customer.phone, mobile=customer.mobile, fax=customer.fax),
        billing=_address(customer, ""), shipping=_address(customer, "ship_"))


def _address(customer: Customer, which: str) -> Address:
    street, postcode, town, state, country = (
        getattr(customer, which + part) for part in ("street", "postcode", "town", "state", "country"))
    return Address(lines=tuple(street.splitlines()), city=town, region=state, postal_code=postcode, country=country)


def _fill(customer: Customer, found: XeroContact) -> None:
    """Only what is empty: a name, an address each as one."""
    if not (customer.first_name or customer.last_name or customer.firm):
        customer.first_name, customer.last_name = found.first_name, found.last_name
        if not (found.first_name or found.last_name) or found.name != f"{found.first_name} {found.last_name}":
            customer.firm = found.name
    for field, value in (("email", found.email), ("phone", found.phones.get("DEFAULT", "")),
                         ("mobile", found.phones.get("MOBILE", "")), ("fax", found.phones.get("FAX", ""))):
        if not getattr(customer, field):
            setattr(customer, field, value)
    for address in found.addresses:
        which = "ship_" if address.kind == "STREET" else ""
        if _address(customer, which) == Address():
            for part, value in (("street", "\n".join(address.lines)), ("postcode", address.postal_code),
                                ("town", address.city), ("state", address.region), ("country", address.country)):
                setattr(customer, which + part, value)
