"""The ledger's tables: documents, attempts to send them, and what Xero told us by webhook.

The unique indexes are what exactly-once rests on when everything else fails (export-protocol §2.2).
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from .models import ID_LENGTH, PREFIX, Base, Number, unique_where
from .types import Exact, Key

ZERO_GUID = "00000000-0000-0000-0000-000000000000"

NO_DATE = dt.date.min

# A skipped row reserves no number, and a conflict is about a number that somebody else has.
NUMBER_FREE_STATES = ("skipped", "conflict")
NUMBERED_KINDS = ("contact", "invoice", "credit_note", "payment")
_NUMBERED = (
    "kind IN ('contact', 'invoice', 'credit_note', 'payment') AND deleted_at IS NULL "
    "AND state NOT IN ('skipped', 'conflict')"
)
# Two contacts of the gallery may be one contact in Xero.
_ONE_EACH = "kind IN ('invoice', 'credit_note', 'payment') AND xero_id IS NOT NULL"


class Export(Base):
    """A local document in one organisation, on its way to Xero or there. Never deleted.

    `id` is made from the identity (`ledger_record.row_id`), so that `depends_on` can name a row that comes later,
    or never: a contact that was linked by the import needs none. `words` is what a search looks at, folded
    once here because SQLite folds ASCII only. `document_date` is NO_DATE where there is none: databases do not
    agree on the place of a null in an order. `compared_at` is when it was looked up among what stood in Xero before.
    """

    __tablename__ = PREFIX + "export"

    id: Mapped[str] = mapped_column(Key(ID_LENGTH), primary_key=True)
    gallery_id: Mapped[str] = mapped_column(Key())
    tenant_id: Mapped[str] = mapped_column(Key())
    kind: Mapped[str] = mapped_column(String(20))
    local_id: Mapped[str] = mapped_column(Key())
    local_revision: Mapped[int] = mapped_column(BigInteger)
    seen_revision: Mapped[int] = mapped_column(BigInteger)
    content_hash: Mapped[str]
    natural_key: Mapped[str] = mapped_column(Key())
    marker: Mapped[str] = mapped_column(Key())
    state: Mapped[str] = mapped_column(String(20))
    depends_on: Mapped[str | None] = mapped_column(Key(ID_LENGTH))
    parent_local_id: Mapped[str] = mapped_column(Key())

    payload: Mapped[str | None]
    batch_id: Mapped[str | None] = mapped_column(Key(ID_LENGTH))
    first_sent_at: Mapped[dt.datetime | None]
    attempt: Mapped[int]
    negative_reads: Mapped[int]
    batch_cap: Mapped[int]
    not_before: Mapped[dt.datetime | None]
    lease_token: Mapped[int | None] = mapped_column(BigInteger)

    xero_id: Mapped[str | None] = mapped_column(Key())
    xero_number: Mapped[str]
    xero_total: Mapped[Decimal | None] = mapped_column(Exact())
    standing: Mapped[str | None]
    adopted: Mapped[bool]
    reason_code: Mapped[str | None] = mapped_column(Key())
    reason_facts: Mapped[dict[str, Any]]
    warnings: Mapped[list[Any] | None]

    label: Mapped[str]
    contact_name: Mapped[str]
    words: Mapped[str]
    amount: Mapped[Decimal | None] = mapped_column(Exact())
    currency: Mapped[str]
    document_date: Mapped[dt.date | None] = mapped_column(Date)
    redated_to: Mapped[dt.date | None] = mapped_column(Date)
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]
    deleted_at: Mapped[dt.datetime | None]
    compared_at: Mapped[dt.datetime | None]

    __table_args__ = (
        Index(
            "uq_galleria_xero_export_identity",
            *("gallery_id", "tenant_id", "kind", "local_id", "local_revision"),
            unique=True,
        ),
        unique_where("uq_galleria_xero_export_natural_key", "tenant_id", "kind", "natural_key", where=_NUMBERED),
        unique_where("uq_galleria_xero_export_xero_id", "tenant_id", "kind", "xero_id", where=_ONE_EACH),
        Index("ix_galleria_xero_export_due", "gallery_id", "tenant_id", "kind", "state", "not_before"),
        # In the order in which documents are sent, so that the first fifty need no sorting of all the others.
        Index(
            "ix_galleria_xero_export_order",
            *("gallery_id", "tenant_id", "kind", "state", "batch_cap", "document_date", "natural_key"),
        ),
        Index("ix_galleria_xero_export_parent", "gallery_id", "tenant_id", "kind", "parent_local_id"),
        # In the order of the pages that list documents.
        Index("ix_galleria_xero_export_listed", "gallery_id", "tenant_id", "document_date", "natural_key", "id"),
        # What the counts on every page look at, and nothing else, so that they never read the rows themselves.
        Index(
            "ix_galleria_xero_export_shown",
            *("gallery_id", "tenant_id", "state", "kind", "reason_code", "depends_on"),
        ),
        CheckConstraint("state <> 'done' OR xero_id IS NOT NULL", name="done_has_xero_id"),
        CheckConstraint(f"xero_id <> '{ZERO_GUID}'", name="xero_id_not_zero"),
    )


class Attempt(Base):
    """One request that was written ahead. Only its answer is added later."""

    __tablename__ = PREFIX + "attempt"

    batch_id: Mapped[str] = mapped_column(Key(ID_LENGTH), primary_key=True)
    gallery_id: Mapped[str] = mapped_column(Key())
    tenant_id: Mapped[str] = mapped_column(Key())
    connection_id: Mapped[str] = mapped_column(Key(ID_LENGTH), ForeignKey(PREFIX + "connection.id"))
    kind: Mapped[str] = mapped_column(String(20))
    lease_token: Mapped[int] = mapped_column(BigInteger)
    idempotency_key: Mapped[str]
    request_hash: Mapped[str]
    worker: Mapped[str]
    sent_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]
    http_status: Mapped[int | None]
    outcome: Mapped[str]
    request_id: Mapped[str]

    __table_args__ = (Index("ix_galleria_xero_attempt_sent", "connection_id", "sent_at"),)


class AttemptDocument(Base):
    """Which documents an attempt carried; `attempt` is which try of the document it was."""

    __tablename__ = PREFIX + "attempt_document"

    document_id: Mapped[str] = mapped_column(Key(ID_LENGTH), ForeignKey(PREFIX + "export.id"), primary_key=True)
    batch_id: Mapped[str] = mapped_column(Key(ID_LENGTH), ForeignKey(PREFIX + "attempt.batch_id"), primary_key=True)
    attempt: Mapped[int]

    __table_args__ = (Index("ix_galleria_xero_attempt_document_batch", "batch_id"),)


class WebhookEvent(Base):
    """An event of Xero's, kept before it is answered, so that a repeated delivery is seen."""

    __tablename__ = PREFIX + "webhook_event"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    tenant_id: Mapped[str] = mapped_column(Key())
    resource_id: Mapped[str] = mapped_column(Key())
    event_category: Mapped[str] = mapped_column(Key())
    event_type: Mapped[str] = mapped_column(Key())
    event_date_utc: Mapped[str] = mapped_column(Key())
    sequence: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[dt.datetime]
    processed_at: Mapped[dt.datetime | None]

    __table_args__ = (
        Index(
            "uq_galleria_xero_webhook_event",
            *("tenant_id", "resource_id", "event_type", "event_date_utc", "sequence"),
            unique=True,
        ),
        Index("ix_galleria_xero_webhook_event_processed_at", "processed_at"),
    )
