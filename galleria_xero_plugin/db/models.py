"""Our tables, except the ledger's (`ledger_models.py`) and the contacts' (`contact_models.py`).

Galleries, users and documents of the host are plain ids without foreign keys, so that the host may change its
schema. The stores use the tables, not the mapped objects: every change is one conditional statement whose
answer is looked at, which an object in memory would only hide.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, MetaData, String, Table, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from .types import Cipher, CipherType, Instant, Json, Key, Words

PREFIX = "galleria_xero_"
ID_LENGTH = 36

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The tables' own metadata: the host's `create_all` and autogenerate never see them."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own way to declare it
        str: Words(),
        int: Integer(),
        dt.datetime: Instant(),
        Cipher: CipherType(),
        dict[str, Any]: Json(),
        list[Any]: Json(),
    }


def table_of(model: type[Base]) -> Table:
    """The table of a model."""
    return cast(Table, model.__table__)


# Counts up in the order of insertion, where two rows may carry the same instant. SQLite counts by itself only
# in an INTEGER primary key.
Number = BigInteger().with_variant(Integer(), "sqlite")


def unique_where(name: str, *columns: str, where: str) -> Index:
    """A unique index over some of the rows."""
    return Index(name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where))


class Webservice(Base):
    """A gallery's connection to one organisation as a person sees it. Never deleted, only hidden."""

    __tablename__ = PREFIX + "webservice"

    id: Mapped[str] = mapped_column(Key(ID_LENGTH), primary_key=True)
    gallery_id: Mapped[str] = mapped_column(Key())
    version: Mapped[int]
    saved_at: Mapped[dt.datetime]
    saved_by: Mapped[str]
    cursor: Mapped[str | None]
    mapping_completed_at: Mapped[dt.datetime | None]
    first_export_at: Mapped[dt.datetime | None]
    contacts_watermark: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime]
    deleted_at: Mapped[dt.datetime | None]

    __table_args__ = (unique_where("uq_galleria_xero_webservice_active", "gallery_id", where="deleted_at IS NULL"),)


class WebserviceSettings(Base):
    """Every saved version of a webservice's settings."""

    __tablename__ = PREFIX + "webservice_settings"

    webservice_id: Mapped[str] = mapped_column(Key(ID_LENGTH), ForeignKey(PREFIX + "webservice.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    settings: Mapped[dict[str, Any]]
    saved_at: Mapped[dt.datetime]
    actor_id: Mapped[str]
    actor_name: Mapped[str]


class Connection(Base):
    """The consent of one organisation for one webservice: tokens, leases, pauses, schedule. Never deleted.

    Lease numbers only grow. `token` and `previous_token` are always sealed under the one `key_id`.
    """

    __tablename__ = PREFIX + "connection"

    id: Mapped[str] = mapped_column(Key(ID_LENGTH), primary_key=True)
    gallery_id: Mapped[str] = mapped_column(Key())
    webservice_id: Mapped[str] = mapped_column(Key(ID_LENGTH), ForeignKey(PREFIX + "webservice.id"))
    tenant_id: Mapped[str] = mapped_column(Key())
    xero_connection_id: Mapped[str] = mapped_column(Key())
    organisation_name: Mapped[str]
    short_code: Mapped[str]
    base_currency: Mapped[str]
    status: Mapped[str] = mapped_column(String(20))
    status_reason: Mapped[str | None]

    key_id: Mapped[str | None] = mapped_column(String(12))
    token: Mapped[Cipher | None]
    previous_token: Mapped[Cipher | None]
    token_version: Mapped[int]
    access_expires_at: Mapped[dt.datetime | None]
    refreshed_at: Mapped[dt.datetime | None]
    refresh_lease: Mapped[int] = mapped_column(BigInteger)
    refresh_lease_until: Mapped[dt.datetime | None]

    paused_until: Mapped[dt.datetime | None]
    pause_reason: Mapped[str | None]
    day_remaining: Mapped[int | None]
    quarantine_until: Mapped[dt.datetime | None]
    call_times: Mapped[list[Any]]

    export_lease: Mapped[int] = mapped_column(BigInteger)
    export_lease_owner: Mapped[str | None]
    export_lease_until: Mapped[dt.datetime | None]
    next_run_at: Mapped[dt.datetime | None]
    contacts_read_at: Mapped[dt.datetime | None]
    connected_at: Mapped[dt.datetime]
    created_at: Mapped[dt.datetime]

    __table_args__ = (
        Index("uq_galleria_xero_connection_webservice_tenant", "webservice_id", "tenant_id", unique=True),
        unique_where("uq_galleria_xero_connection_open_webservice", "webservice_id", where="status <> 'disconnected'"),
        unique_where("uq_galleria_xero_connection_open_tenant", "tenant_id", where="status <> 'disconnected'"),
        Index("ix_galleria_xero_connection_next_run", "status", "next_run_at"),
        CheckConstraint("status <> 'disconnected' OR (token IS NULL AND previous_token IS NULL)", name="wiped"),
    )


class Run(Base):
    """A sync or contact import from click to end."""

    __tablename__ = PREFIX + "run"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    id: Mapped[str] = mapped_column(Key(ID_LENGTH))
    gallery_id: Mapped[str] = mapped_column(Key())
    webservice_id: Mapped[str] = mapped_column(Key(ID_LENGTH))
    connection_id: Mapped[str] = mapped_column(Key(ID_LENGTH), ForeignKey(PREFIX + "connection.id"))
    kind: Mapped[str] = mapped_column(String(20))
    trigger: Mapped[str] = mapped_column(String(20))
    asked_by_id: Mapped[str]
    asked_by: Mapped[str]
    state: Mapped[str] = mapped_column(String(20))
    step: Mapped[str]
    counts: Mapped[dict[str, Any]]
    scanned: Mapped[bool]
    cursor: Mapped[str | None]
    error_code: Mapped[str | None]
    created_at: Mapped[dt.datetime]
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]

    __table_args__ = (
        Index("uq_galleria_xero_run_id", "id", unique=True),
        unique_where("uq_galleria_xero_run_open", "connection_id", "kind", where="state IN ('queued', 'running')"),
        Index("ix_galleria_xero_run_webservice", "gallery_id", "webservice_id", "number"),
    )


class OAuthState(Base):
    """A consent under way, by the hash of its state; or a completed one whose organisation is still to be
    chosen, by the hash of the choice, and then with its tokens and organisations until it is used."""

    __tablename__ = PREFIX + "oauth_state"

    state_hash: Mapped[str] = mapped_column(Key(), primary_key=True)
    gallery_id: Mapped[str] = mapped_column(Key())
    user_id: Mapped[str]
    webservice_id: Mapped[str] = mapped_column(Key(ID_LENGTH))
    browser_hash: Mapped[str]
    nonce: Mapped[str]
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]
    key_id: Mapped[str | None] = mapped_column(String(12))
    token: Mapped[Cipher | None]
    tenants: Mapped[list[Any] | None]

    __table_args__ = (Index("ix_galleria_xero_oauth_state_expires_at", "expires_at"),)


class Reference(Base):
    """Accounts, tax rates and so on as last read from an organisation."""

    __tablename__ = PREFIX + "reference"

    gallery_id: Mapped[str] = mapped_column(Key(), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(Key(), primary_key=True)
    data: Mapped[dict[str, Any]]
    fetched_at: Mapped[dt.datetime]


class Audit(Base):
    """Who did what (append-only: nothing updates or deletes a row)."""

    __tablename__ = PREFIX + "audit"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    gallery_id: Mapped[str] = mapped_column(Key())
    at: Mapped[dt.datetime]
    actor_id: Mapped[str]
    actor_name: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    outcome: Mapped[str]

    __table_args__ = (
        Index("ix_galleria_xero_audit_gallery", "gallery_id", "number"),
        Index("ix_galleria_xero_audit_subject", "gallery_id", "subject"),
    )


class Notice(Base):
    """A mail that is being sent or was sent."""

    __tablename__ = PREFIX + "notice"

    connection_id: Mapped[str] = mapped_column(Key(ID_LENGTH), primary_key=True)
    topic: Mapped[str] = mapped_column(Key(), primary_key=True)
    claimed_at: Mapped[dt.datetime]


class Comparison(Base):
    """The last comparison of an organisation with Xero. `due_at` is the next one's time, also before the first."""

    __tablename__ = PREFIX + "comparison"

    gallery_id: Mapped[str] = mapped_column(Key(), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(Key(), primary_key=True)
    due_at: Mapped[dt.datetime]
    compared_at: Mapped[dt.datetime | None]
    agreeing: Mapped[int | None]
    findings: Mapped[list[Any] | None]
    new: Mapped[list[Any] | None]
    told: Mapped[list[Any] | None]
    accepted: Mapped[list[Any] | None]

    __table_args__ = (Index("ix_galleria_xero_comparison_due", "due_at"),)
