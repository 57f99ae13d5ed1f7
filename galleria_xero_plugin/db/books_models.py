"""The tables about what stood in the books before: the last look, and the pairs that a person is asked about."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from .models import ID_LENGTH, PREFIX, Base
from .types import Exact, Key


class BooksLook(Base):
    """When an organisation's own invoices were last read, from which date on, and what that took."""

    __tablename__ = PREFIX + "books_look"

    gallery_id: Mapped[str] = mapped_column(Key(), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(Key(), primary_key=True)
    looked_at: Mapped[dt.datetime]
    since: Mapped[dt.date] = mapped_column(Date)
    documents: Mapped[int]
    calls: Mapped[int]


class Lookalike(Base):
    """A document of ours and an invoice in Xero that it may be; asked once, and the answer is kept."""

    __tablename__ = PREFIX + "lookalike"

    document_id: Mapped[str] = mapped_column(Key(ID_LENGTH), ForeignKey(PREFIX + "export.id"), primary_key=True)
    xero_id: Mapped[str] = mapped_column(Key(), primary_key=True)
    gallery_id: Mapped[str] = mapped_column(Key())
    tenant_id: Mapped[str] = mapped_column(Key())
    why: Mapped[str] = mapped_column(String(20))
    number: Mapped[str]
    reference: Mapped[str]
    status: Mapped[str]
    contact_id: Mapped[str]
    contact_name: Mapped[str]
    date: Mapped[dt.date | None] = mapped_column(Date)
    total: Mapped[Decimal] = mapped_column(Exact())
    paid: Mapped[Decimal] = mapped_column(Exact())
    currency: Mapped[str]
    asked_at: Mapped[dt.datetime]
    answer: Mapped[str | None] = mapped_column(String(20))
    answered_at: Mapped[dt.datetime | None]
    answered_by_id: Mapped[str | None]
    answered_by: Mapped[str | None]

    __table_args__ = (Index("ix_galleria_xero_lookalike_open", "gallery_id", "tenant_id", "answer"),)
