"""The gallery site's own tables. They know nothing of Xero but one small link table for imported contacts.

Every row belongs to a gallery, and every query asks for it. An invoice is never removed: deleting one makes
it a tombstone, so that the change feed can tell of it (see `changes`).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal

from flask_login import UserMixin
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, composite, mapped_column, relationship

from .columns import Exact, Instant


class Base(DeclarativeBase):
    """The base of the host's models."""


db = SQLAlchemy(model_class=Base)
NOTHING = Decimal(0)


@dataclasses.dataclass(frozen=True)
class Place:
    """A postal address as the site keeps it; `lines` is what was typed, with its line breaks."""

    lines: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""

    def __bool__(self) -> bool:
        return any(dataclasses.astuple(self))


def place(prefix: str) -> Mapped[Place]:
    """Five columns that are one address."""
    names = [field.name for field in dataclasses.fields(Place)]
    return composite(Place, *(mapped_column(f"{prefix}_{name}", Text, default="") for name in names))


class Gallery(db.Model):
    """A customer of the site. `changes` counts every change of an invoice of this gallery."""

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    time_zone: Mapped[str] = mapped_column(String(60))
    locale: Mapped[str] = mapped_column(String(20))
    currency: Mapped[str] = mapped_column(String(3))
    changes: Mapped[int] = mapped_column(BigInteger, default=0)


class Website(db.Model):
    """A public site of a gallery."""

    id: Mapped[int] = mapped_column(primary_key=True)
    gallery_id: Mapped[int] = mapped_column(ForeignKey(Gallery.id), index=True)
    name: Mapped[str] = mapped_column(String(100))


class User(UserMixin, db.Model):
    """Somebody who signs in. The role decides: owner changes, bookkeeper looks, collaborator neither."""

    id: Mapped[int] = mapped_column(primary_key=True)
    gallery_id: Mapped[int] = mapped_column(ForeignKey(Gallery.id), index=True)
    email: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str] = mapped_column(String(200))
    gallery: Mapped[Gallery] = relationship(lazy="joined")


class Tax(db.Model):
    """A tax option that a line can carry; the rate in percent."""

    id: Mapped[int] = mapped_column(primary_key=True)
    gallery_id: Mapped[int] = mapped_column(ForeignKey(Gallery.id), index=True)
    name: Mapped[str] = mapped_column(String(100))
    rate: Mapped[Decimal] = mapped_column(Exact(4))


class Method(db.Model):
    """A way in which clients pay."""

    id: Mapped[int] = mapped_column(primary_key=True)
    gallery_id: Mapped[int] = mapped_column(ForeignKey(Gallery.id), index=True)
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(20))


class Theme(db.Model):
    """A look of printed invoices."""

    id: Mapped[int] = mapped_column(primary_key=True)
    gallery_id: Mapped[int] = mapped_column(ForeignKey(Gallery.id), index=True)
    name: Mapped[str] = mapped_column(String(100))


class Contact(db.Model):
    """A person or company in a gallery's address book."""

    __table_args__ = (Index("ix_contact_gallery_id_id", "gallery_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gallery_id: Mapped[int] = mapped_column(ForeignKey(Gallery.id))
    first_name: Mapped[str] = mapped_column(String(300), default="")
    last_name: Mapped[str] = mapped_column(String(300), default="")
    company: Mapped[str] = mapped_column(String(300), default="")
    email: Mapped[str] = mapped_column(String(300), default="")
    phone: Mapped[str] = mapped_column(String(100), default="")
    mobile: Mapped[str] = mapped_column(String(100), default="")
    fax: Mapped[str] = mapped_column(String(100), default="")
    groups: Mapped[list[str]] = mapped_column(JSON, default=list)
    is_artist: Mapped[bool] = mapped_column(default=False)
    billing: Mapped[Place] = place("billing")
    shipping: Mapped[Place] = place("shipping")

    @property
    def name(self) -> str:
        """The company, else the person."""
        return self.company or f"{self.first_name} {self.last_name}".strip() or "(no name)"


class XeroLink(db.Model):
    """Which contact of a gallery came from which contact in Xero: makes `apply_contact` idempotent."""

    gallery_id: Mapped[int] = mapped_column(ForeignKey(Gallery.id), primary_key=True)
    xero_contact_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey(Contact.id))


class Artwork(db.Model):
    """A work in the gallery's inventory."""

    __table_args__ = (UniqueConstraint("gallery_id", "inventory_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gallery_id: Mapped[int] = mapped_column(ForeignKey(Gallery.id))
    inventory_id: Mapped[str] = mapped_column(String(40))
    artists: Mapped[list[str]] = mapped_column(JSON, default=list)
    title: Mapped[str] = mapped_column(Text, default="")
    year: Mapped[str] = mapped_column(String(40), default="")
    edition: Mapped[str] = mapped_column(String(40), default="")
    medium: Mapped[str] = mapped_column(String(200), default="")
    dimensions: Mapped[str] = mapped_column(String(100), default="")
    price: Mapped[Decimal] = mapped_column(Exact(2), default=NOTHING)


class Invoice(db.Model):
    """An invoice. `change` is the number of its last change in its gallery's count: also its revision."""

    __table_args__ = (
        UniqueConstraint("gallery_id", "number"),
        Index("ix_invoice_gallery_id_change", "gallery_id", "change", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    gallery_id: Mapped[int] = mapped_column(ForeignKey(Gallery.id))
    number: Mapped[int]
    change: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[dt.datetime] = mapped_column(Instant())
    state: Mapped[str] = mapped_column(String(20), default="draft")
    contact_id: Mapped[int] = mapped_column(ForeignKey(Contact.id), index=True)
    date: Mapped[dt.date]
    due_date: Mapped[dt.date | None]
    issued_at: Mapped[dt.datetime | None] = mapped_column(Instant())
    reference: Mapped[str] = mapped_column(String(200), default="")
    consultant: Mapped[str] = mapped_column(String(100), default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    terms: Mapped[str] = mapped_column(Text, default="")
    theme_id: Mapped[int | None] = mapped_column(ForeignKey(Theme.id))
    currency: Mapped[str] = mapped_column(String(3))
    exchange_rate: Mapped[Decimal | None] = mapped_column(Exact(6))
    tax_mode: Mapped[str] = mapped_column(String(10))
    total: Mapped[Decimal] = mapped_column(Exact(2), default=NOTHING)
    tax_total: Mapped[Decimal] = mapped_column(Exact(2), default=NOTHING)
    contact: Mapped[Contact] = relationship()
    items: Mapped[list[Item]] = relationship(order_by="Item.position", cascade="all, delete-orphan")
    payments: Mapped[list[Payment]] = relationship(order_by="Payment.id", cascade="all, delete-orphan")
    refunds: Mapped[list[Refund]] = relationship(order_by="Refund.id", cascade="all, delete-orphan")

    @property
    def paid(self) -> Decimal:
        """What was received and not given back."""
        received = sum((payment.amount for payment in self.payments), NOTHING)
        return received - sum((refund.amount for refund in self.refunds), NOTHING)


class Item(db.Model):
    """A line of an invoice."""

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey(Invoice.id), index=True)
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    description: Mapped[str] = mapped_column(Text, default="")
    quantity: Mapped[Decimal] = mapped_column(Exact(4), default=Decimal(1))
    unit_price: Mapped[Decimal] = mapped_column(Exact(2))
    discount_percent: Mapped[Decimal] = mapped_column(Exact(2), default=NOTHING)
    discount_amount: Mapped[Decimal] = mapped_column(Exact(2), default=NOTHING)
    tax_id: Mapped[int | None] = mapped_column(ForeignKey(Tax.id))
    artwork_id: Mapped[int | None] = mapped_column(ForeignKey(Artwork.id))
    tax: Mapped[Tax | None] = relationship()
    artwork: Mapped[Artwork | None] = relationship()


class Payment(db.Model):
    """Money received for an invoice; `bank_amount` in the bank's currency when that is another one."""

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey(Invoice.id), index=True)
    amount: Mapped[Decimal] = mapped_column(Exact(2))
    date: Mapped[dt.date]
    method_id: Mapped[int] = mapped_column(ForeignKey(Method.id))
    reference: Mapped[str] = mapped_column(String(100), default="")
    fee: Mapped[Decimal | None] = mapped_column(Exact(2))
    bank_amount: Mapped[Decimal | None] = mapped_column(Exact(2))
    method: Mapped[Method] = relationship()


class Refund(db.Model):
    """Money given back for an invoice; a positive amount, `bank_amount` in the bank's currency when that is another."""

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey(Invoice.id), index=True)
    amount: Mapped[Decimal] = mapped_column(Exact(2))
    date: Mapped[dt.date]
    method_id: Mapped[int] = mapped_column(ForeignKey(Method.id))
    reference: Mapped[str] = mapped_column(String(100), default="")
    bank_amount: Mapped[Decimal | None] = mapped_column(Exact(2))
    method: Mapped[Method] = relationship()


class Letter(db.Model):
    """A mail that the demo would have sent, kept so that a person can read it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    sent_at: Mapped[dt.datetime] = mapped_column(Instant())
    to: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
