"""The print dealer's own tables. Nothing here was written with the plugin in mind but the last class, the link
to a customer's twin in Xero, and the counter that says in which order sales changed."""
from __future__ import annotations

import datetime as dt
from typing import ClassVar

from flask_login import UserMixin
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ForeignKey, UniqueConstraint, event, inspect, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

RATES = {"voll": 19, "ermaessigt": 7, "frei": 0}     # per cent, by the key on a line


class Model(DeclarativeBase):
    """The base of the dealer's tables."""


db = SQLAlchemy(model_class=Model)


class Dealer(db.Model):
    """A print dealer with a shop on this site. Whoever changes a sale counts `change_no` up, and the lock on
    this row makes the next one wait: sales become visible in the order of their numbers."""

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    domain: Mapped[str]
    owner_email: Mapped[str]
    change_no: Mapped[int] = mapped_column(default=0)


class Person(db.Model, UserMixin):
    """Somebody who signs in; `role` is owner, staff or guest."""

    id: Mapped[int] = mapped_column(primary_key=True)
    dealer_id: Mapped[int] = mapped_column(ForeignKey("dealer.id"))
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    role: Mapped[str] = mapped_column(default="owner")


class Customer(db.Model):
    """A buyer: a person, a company, or a person of a company."""

    id: Mapped[int] = mapped_column(primary_key=True)
    dealer_id: Mapped[int] = mapped_column(ForeignKey("dealer.id"))
    first_name: Mapped[str] = mapped_column(default="")
    last_name: Mapped[str] = mapped_column(default="")
    firm: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    mobile: Mapped[str] = mapped_column(default="")
    fax: Mapped[str] = mapped_column(default="")
    street: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    town: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="")
    ship_street: Mapped[str] = mapped_column(default="")
    ship_postcode: Mapped[str] = mapped_column(default="")
    ship_town: Mapped[str] = mapped_column(default="")
    ship_state: Mapped[str] = mapped_column(default="")
    ship_country: Mapped[str] = mapped_column(default="")


class Sale(db.Model):
    """A sale with its bill. Amounts are cents, tax included; `status` is offer, billed or void."""

    id: Mapped[int] = mapped_column(primary_key=True)
    dealer_id: Mapped[int] = mapped_column(ForeignKey("dealer.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    bill_no: Mapped[int]
    status: Mapped[str] = mapped_column(default="billed")
    sold_on: Mapped[dt.date]
    due_on: Mapped[dt.date | None]
    billed_at: Mapped[dt.datetime | None] = mapped_column(db.DateTime(timezone=True))
    removed: Mapped[bool] = mapped_column(default=False)
    currency: Mapped[str] = mapped_column(default="EUR")
    note: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column()
    change_no: Mapped[int] = mapped_column(default=0, index=True)
    changed_at: Mapped[dt.datetime] = mapped_column(db.DateTime(timezone=True))

    customer: Mapped[Customer] = relationship()
    lines: Mapped[list[SaleLine]] = relationship(order_by="SaleLine.id", cascade="all, delete-orphan",
                                                 back_populates="sale")
    receipts: Mapped[list[Receipt]] = relationship(order_by="Receipt.id", cascade="all, delete-orphan",
                                                   back_populates="sale")

    __table_args__ = (UniqueConstraint("dealer_id", "bill_no"),)
    __mapper_args__: ClassVar = {"version_id_col": version}


class SaleLine(db.Model):
    """A print, its frame, or the carriage."""

    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"))
    kind: Mapped[str] = mapped_column(default="print")
    title: Mapped[str]
    artist: Mapped[str] = mapped_column(default="")
    stock_no: Mapped[str] = mapped_column(default="")
    copies: Mapped[int] = mapped_column(default=1)
    price: Mapped[int]
    rebate: Mapped[int] = mapped_column(default=0)
    rate: Mapped[str | None] = mapped_column(default="voll")

    sale: Mapped[Sale] = relationship(back_populates="lines")


class Receipt(db.Model):
    """Money that came in."""

    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"))
    amount: Mapped[int]
    received_on: Mapped[dt.date]
    way: Mapped[str] = mapped_column(default="transfer")
    reference: Mapped[str] = mapped_column(default="")

    sale: Mapped[Sale] = relationship(back_populates="receipts")


class CustomerLink(db.Model):
    """Which contact in Xero a customer is."""

    dealer_id: Mapped[int] = mapped_column(ForeignKey("dealer.id"), primary_key=True)
    xero_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))


@event.listens_for(Session, "before_flush")
def _number_changed_sales(session: Session, *_: object) -> None:
    """A sale whose own row, lines or receipts change gets a new version and its dealer's next number."""
    changed = {_sale_of(row) for row in {*session.new, *session.dirty, *session.deleted}
               if isinstance(row, Sale | SaleLine | Receipt) and (row not in session.dirty or session.is_modified(row))}
    for sale in sorted((s for s in changed if s is not None and s not in session.deleted), key=lambda s: s.bill_no):
        dealers = inspect(Dealer).local_table
        sale.change_no = session.connection().execute(
            update(dealers).where(dealers.c.id == sale.dealer_id)
            .values(change_no=dealers.c.change_no + 1).returning(dealers.c.change_no)
        ).scalar_one()
        sale.changed_at = dt.datetime.now(dt.UTC)


def _sale_of(row: Sale | SaleLine | Receipt) -> Sale | None:
    if isinstance(row, Sale):
        return row
    old = inspect(row).attrs.sale.history.deleted
    return row.sale or (old[0] if old else None)
