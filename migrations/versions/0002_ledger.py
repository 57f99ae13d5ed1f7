"""Tables of the first release: the ledger and the contacts.

Types are written as what the database has, not as the classes of `db.types`, so that this file means the same
for ever: instants are epoch milliseconds, JSON is text, amounts are exact.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

EXACT = sa.Numeric().with_variant(sa.Text(), "sqlite")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite counts up in an INTEGER key only

TABLES = (
    "galleria_xero_export",
    "galleria_xero_attempt",
    "galleria_xero_attempt_document",
    "galleria_xero_webhook_event",
    "galleria_xero_contact_link",
    "galleria_xero_contact_conflict",
    "galleria_xero_contact_mirror",
)


def upgrade() -> None:
    _create_ledger()
    _create_contacts()


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)


def _create_ledger() -> None:
    op.create_table(
        "galleria_xero_export",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("gallery_id", sa.String(255), nullable=False),
        sa.Column("tenant_id", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("local_id", sa.String(255), nullable=False),
        sa.Column("local_revision", sa.BigInteger(), nullable=False),
        sa.Column("seen_revision", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("natural_key", sa.String(255), nullable=False),
        sa.Column("marker", sa.String(255), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("depends_on", sa.String(36)),
        sa.Column("parent_local_id", sa.String(255), nullable=False),
        sa.Column("payload", sa.Text()),
        sa.Column("batch_id", sa.String(36)),
        sa.Column("first_sent_at", sa.BigInteger()),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("negative_reads", sa.Integer(), nullable=False),
        sa.Column("batch_cap", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.BigInteger()),
        sa.Column("lease_token", sa.BigInteger()),
        sa.Column("xero_id", sa.String(255)),
        sa.Column("xero_number", sa.Text(), nullable=False),
        sa.Column("xero_total", EXACT),
        sa.Column("adopted", sa.Boolean(), nullable=False),
        sa.Column("reason_code", sa.String(255)),
        sa.Column("reason_facts", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("contact_name", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("amount", EXACT),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("document_date", sa.Date()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger()),
        sa.CheckConstraint(
            "state <> 'done' OR xero_id IS NOT NULL", name=op.f("ck_galleria_xero_export_done_has_xero_id")
        ),
        sa.CheckConstraint(
            "xero_id <> '00000000-0000-0000-0000-000000000000'", name=op.f("ck_galleria_xero_export_xero_id_not_zero")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_galleria_xero_export")),
    )
    op.create_index(
        "ix_galleria_xero_export_due",
        "galleria_xero_export",
        ["gallery_id", "tenant_id", "kind", "state", "not_before"],
        unique=False,
    )
    op.create_index(
        "ix_galleria_xero_export_order",
        "galleria_xero_export",
        ["gallery_id", "tenant_id", "kind", "state", "batch_cap", "document_date", "natural_key"],
        unique=False,
    )
    op.create_index(
        "ix_galleria_xero_export_parent",
        "galleria_xero_export",
        ["gallery_id", "tenant_id", "kind", "parent_local_id"],
        unique=False,
    )
    op.create_index(
        "uq_galleria_xero_export_identity",
        "galleria_xero_export",
        ["gallery_id", "tenant_id", "kind", "local_id", "local_revision"],
        unique=True,
    )
    op.create_index(
        "uq_galleria_xero_export_natural_key",
        "galleria_xero_export",
        ["tenant_id", "kind", "natural_key"],
        unique=True,
        **_where(
            "kind IN ('contact', 'invoice', 'credit_note', 'payment') AND deleted_at IS NULL "
            "AND state NOT IN ('skipped', 'conflict')"
        ),
    )
    op.create_index(
        "uq_galleria_xero_export_xero_id",
        "galleria_xero_export",
        ["tenant_id", "kind", "xero_id"],
        unique=True,
        **_where("kind IN ('invoice', 'credit_note', 'payment') AND xero_id IS NOT NULL"),
    )
    op.create_table(
        "galleria_xero_attempt",
        sa.Column("batch_id", sa.String(36), nullable=False),
        sa.Column("gallery_id", sa.String(255), nullable=False),
        sa.Column("tenant_id", sa.String(255), nullable=False),
        sa.Column("connection_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("lease_token", sa.BigInteger(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger()),
        sa.Column("http_status", sa.Integer()),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["galleria_xero_connection.id"], name=op.f("fk_galleria_xero_attempt_connection_id")
        ),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_galleria_xero_attempt")),
    )
    op.create_table(
        "galleria_xero_attempt_document",
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("batch_id", sa.String(36), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["galleria_xero_attempt.batch_id"], name=op.f("fk_galleria_xero_attempt_document_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["galleria_xero_export.id"], name=op.f("fk_galleria_xero_attempt_document_document_id")
        ),
        sa.PrimaryKeyConstraint("document_id", "batch_id", name=op.f("pk_galleria_xero_attempt_document")),
    )
    op.create_table(
        "galleria_xero_webhook_event",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("tenant_id", sa.String(255), nullable=False),
        sa.Column("resource_id", sa.String(255), nullable=False),
        sa.Column("event_category", sa.String(255), nullable=False),
        sa.Column("event_type", sa.String(255), nullable=False),
        sa.Column("event_date_utc", sa.String(255), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("processed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_galleria_xero_webhook_event")),
    )
    op.create_index(
        "ix_galleria_xero_webhook_event_processed_at", "galleria_xero_webhook_event", ["processed_at"], unique=False
    )
    op.create_index(
        "uq_galleria_xero_webhook_event",
        "galleria_xero_webhook_event",
        ["tenant_id", "resource_id", "event_type", "event_date_utc", "sequence"],
        unique=True,
    )


def _create_contacts() -> None:
    op.create_table(
        "galleria_xero_contact_link",
        sa.Column("gallery_id", sa.String(255), nullable=False),
        sa.Column("tenant_id", sa.String(255), nullable=False),
        sa.Column("local_id", sa.String(255), nullable=False),
        sa.Column("xero_id", sa.String(255), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("gallery_id", "tenant_id", "local_id", name=op.f("pk_galleria_xero_contact_link")),
    )
    op.create_index(
        "ix_galleria_xero_contact_link_xero",
        "galleria_xero_contact_link",
        ["gallery_id", "tenant_id", "xero_id"],
        unique=False,
    )
    op.create_table(
        "galleria_xero_contact_conflict",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("gallery_id", sa.String(255), nullable=False),
        sa.Column("tenant_id", sa.String(255), nullable=False),
        sa.Column("xero_id", sa.String(255), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("local_ids", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger()),
        sa.Column("settled_by_id", sa.Text()),
        sa.Column("settled_by", sa.Text()),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_galleria_xero_contact_conflict")),
    )
    op.create_index("uq_galleria_xero_contact_conflict_id", "galleria_xero_contact_conflict", ["id"], unique=True)
    op.create_index(
        "uq_galleria_xero_contact_conflict_xero",
        "galleria_xero_contact_conflict",
        ["gallery_id", "tenant_id", "xero_id"],
        unique=True,
    )
    op.create_table(
        "galleria_xero_contact_mirror",
        sa.Column("gallery_id", sa.String(255), nullable=False),
        sa.Column("tenant_id", sa.String(255), nullable=False),
        sa.Column("xero_id", sa.String(255), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("merged_to", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("gallery_id", "tenant_id", "xero_id", name=op.f("pk_galleria_xero_contact_mirror")),
    )


def _where(condition: str) -> dict[str, sa.TextClause]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
