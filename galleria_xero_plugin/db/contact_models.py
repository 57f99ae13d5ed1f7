"""The contacts' tables: links, questions for a person, and the mirror that matching reads."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from .models import ID_LENGTH, PREFIX, Base, Number
from .types import Key


class ContactLink(Base):
    """A gallery contact and its contact in an organisation."""

    __tablename__ = PREFIX + "contact_link"

    gallery_id: Mapped[str] = mapped_column(Key(), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(Key(), primary_key=True)
    local_id: Mapped[str] = mapped_column(Key(), primary_key=True)
    xero_id: Mapped[str] = mapped_column(Key())
    why: Mapped[str]
    created_at: Mapped[dt.datetime]

    __table_args__ = (Index("ix_galleria_xero_contact_link_xero", "gallery_id", "tenant_id", "xero_id"),)


class ContactConflict(Base):
    """A question about a contact of Xero, asked once."""

    __tablename__ = PREFIX + "contact_conflict"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    id: Mapped[str] = mapped_column(Key(ID_LENGTH))
    gallery_id: Mapped[str] = mapped_column(Key())
    tenant_id: Mapped[str] = mapped_column(Key())
    xero_id: Mapped[str] = mapped_column(Key())
    name: Mapped[str]
    email: Mapped[str]
    reason_code: Mapped[str]
    local_ids: Mapped[list[Any]]
    candidates: Mapped[list[Any] | None]
    created_at: Mapped[dt.datetime]
    settled_at: Mapped[dt.datetime | None]
    settled_by_id: Mapped[str | None]
    settled_by: Mapped[str | None]

    __table_args__ = (
        Index("uq_galleria_xero_contact_conflict_id", "id", unique=True),
        Index("uq_galleria_xero_contact_conflict_xero", "gallery_id", "tenant_id", "xero_id", unique=True),
    )


class ContactMirror(Base):
    """What matching needs of an organisation's contacts."""

    __tablename__ = PREFIX + "contact_mirror"

    gallery_id: Mapped[str] = mapped_column(Key(), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(Key(), primary_key=True)
    xero_id: Mapped[str] = mapped_column(Key(), primary_key=True)
    number: Mapped[str]
    name: Mapped[str]
    email: Mapped[str]
    status: Mapped[str]
    merged_to: Mapped[str]
