"""The tables of the months: the latest sheet of each, and frozen copies for a bookkeeper."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from .models import ID_LENGTH, PREFIX, Base
from .types import Key


class Month(Base):
    """A month as the last comparison found it. `verdict` are the few numbers that a list of months shows."""

    __tablename__ = PREFIX + "month"

    gallery_id: Mapped[str] = mapped_column(Key(), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(Key(), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    sheet: Mapped[dict[str, Any]]
    verdict: Mapped[dict[str, Any]]
    compared_at: Mapped[dt.datetime]


class Pack(Base):
    """A month frozen for a bookkeeper: only `revoked_at` and the sign-off are ever added. The link's token is not
    here, only its hash."""

    __tablename__ = PREFIX + "pack"

    id: Mapped[str] = mapped_column(Key(ID_LENGTH), primary_key=True)
    gallery_id: Mapped[str] = mapped_column(Key())
    tenant_id: Mapped[str] = mapped_column(Key())
    organisation_name: Mapped[str]
    month: Mapped[str] = mapped_column(String(7))
    sheet: Mapped[dict[str, Any]]
    compared_at: Mapped[dt.datetime]
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str]
    token_hash: Mapped[str] = mapped_column(Key())
    expires_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]
    signed_at: Mapped[dt.datetime | None]
    signed_by: Mapped[str]

    __table_args__ = (
        Index("uq_galleria_xero_pack_token", "token_hash", unique=True),
        Index("ix_galleria_xero_pack_month", "gallery_id", "tenant_id", "month"),
    )
