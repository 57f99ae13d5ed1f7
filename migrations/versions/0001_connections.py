"""Tables of the first release: webservices, connections, runs and what belongs to them.

Types are written as what the database has, not as the classes of `db.types`, so that this file means the same
for ever: instants are epoch milliseconds, JSON is text.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite counts up in an INTEGER key only

TABLES = (
    "galleria_xero_webservice",
    "galleria_xero_webservice_settings",
    "galleria_xero_connection",
    "galleria_xero_run",
    "galleria_xero_oauth_state",
    "galleria_xero_reference",
    "galleria_xero_audit",
    "galleria_xero_notice",
)


def upgrade() -> None:
    _create_webservices()
    _create_small_tables()


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)


def _create_webservices() -> None:
    op.create_table(
        "galleria_xero_webservice",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("gallery_id", sa.String(255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text()),
        sa.Column("mapping_completed_at", sa.BigInteger()),
        sa.Column("first_export_at", sa.BigInteger()),
        sa.Column("contacts_watermark", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_galleria_xero_webservice")),
    )
    op.create_index(
        "uq_galleria_xero_webservice_active",
        "galleria_xero_webservice",
        ["gallery_id"],
        unique=True,
        **_where("deleted_at IS NULL"),
    )
    op.create_table(
        "galleria_xero_webservice_settings",
        sa.Column("webservice_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["webservice_id"],
            ["galleria_xero_webservice.id"],
            name=op.f("fk_galleria_xero_webservice_settings_webservice_id"),
        ),
        sa.PrimaryKeyConstraint("webservice_id", "version", name=op.f("pk_galleria_xero_webservice_settings")),
    )
    op.create_table(
        "galleria_xero_connection",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("gallery_id", sa.String(255), nullable=False),
        sa.Column("webservice_id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.String(255), nullable=False),
        sa.Column("xero_connection_id", sa.String(255), nullable=False),
        sa.Column("organisation_name", sa.Text(), nullable=False),
        sa.Column("short_code", sa.Text(), nullable=False),
        sa.Column("base_currency", sa.Text(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("status_reason", sa.Text()),
        sa.Column("key_id", sa.String(12)),
        sa.Column("token", sa.LargeBinary()),
        sa.Column("previous_token", sa.LargeBinary()),
        sa.Column("token_version", sa.Integer(), nullable=False),
        sa.Column("access_expires_at", sa.BigInteger()),
        sa.Column("refreshed_at", sa.BigInteger()),
        sa.Column("refresh_lease", sa.BigInteger(), nullable=False),
        sa.Column("refresh_lease_until", sa.BigInteger()),
        sa.Column("paused_until", sa.BigInteger()),
        sa.Column("pause_reason", sa.Text()),
        sa.Column("day_remaining", sa.Integer()),
        sa.Column("quarantine_until", sa.BigInteger()),
        sa.Column("call_times", sa.Text(), nullable=False),
        sa.Column("export_lease", sa.BigInteger(), nullable=False),
        sa.Column("export_lease_owner", sa.Text()),
        sa.Column("export_lease_until", sa.BigInteger()),
        sa.Column("next_run_at", sa.BigInteger()),
        sa.Column("contacts_read_at", sa.BigInteger()),
        sa.Column("connected_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "status <> 'disconnected' OR (token IS NULL AND previous_token IS NULL)",
            name=op.f("ck_galleria_xero_connection_wiped"),
        ),
        sa.ForeignKeyConstraint(
            ["webservice_id"], ["galleria_xero_webservice.id"], name=op.f("fk_galleria_xero_connection_webservice_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_galleria_xero_connection")),
    )
    op.create_index(
        "ix_galleria_xero_connection_next_run", "galleria_xero_connection", ["status", "next_run_at"], unique=False
    )
    op.create_index(
        "uq_galleria_xero_connection_open_tenant",
        "galleria_xero_connection",
        ["tenant_id"],
        unique=True,
        **_where("status <> 'disconnected'"),
    )
    op.create_index(
        "uq_galleria_xero_connection_open_webservice",
        "galleria_xero_connection",
        ["webservice_id"],
        unique=True,
        **_where("status <> 'disconnected'"),
    )
    op.create_index(
        "uq_galleria_xero_connection_webservice_tenant",
        "galleria_xero_connection",
        ["webservice_id", "tenant_id"],
        unique=True,
    )
    op.create_table(
        "galleria_xero_run",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("gallery_id", sa.String(255), nullable=False),
        sa.Column("webservice_id", sa.String(36), nullable=False),
        sa.Column("connection_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("trigger", sa.String(20), nullable=False),
        sa.Column("asked_by_id", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("scanned", sa.Boolean(), nullable=False),
        sa.Column("cursor", sa.Text()),
        sa.Column("error_code", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("finished_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["galleria_xero_connection.id"], name=op.f("fk_galleria_xero_run_connection_id")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_galleria_xero_run")),
    )
    op.create_index(
        "ix_galleria_xero_run_webservice", "galleria_xero_run", ["gallery_id", "webservice_id", "number"], unique=False
    )
    op.create_index("uq_galleria_xero_run_id", "galleria_xero_run", ["id"], unique=True)
    op.create_index(
        "uq_galleria_xero_run_open",
        "galleria_xero_run",
        ["connection_id", "kind"],
        unique=True,
        **_where("state IN ('queued', 'running')"),
    )


def _create_small_tables() -> None:
    op.create_table(
        "galleria_xero_oauth_state",
        sa.Column("state_hash", sa.String(255), nullable=False),
        sa.Column("gallery_id", sa.String(255), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("webservice_id", sa.String(36), nullable=False),
        sa.Column("browser_hash", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        sa.Column("key_id", sa.String(12)),
        sa.Column("token", sa.LargeBinary()),
        sa.Column("tenants", sa.Text()),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_galleria_xero_oauth_state")),
    )
    op.create_index(
        "ix_galleria_xero_oauth_state_expires_at", "galleria_xero_oauth_state", ["expires_at"], unique=False
    )
    op.create_table(
        "galleria_xero_reference",
        sa.Column("gallery_id", sa.String(255), nullable=False),
        sa.Column("tenant_id", sa.String(255), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("gallery_id", "tenant_id", name=op.f("pk_galleria_xero_reference")),
    )
    op.create_table(
        "galleria_xero_audit",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("gallery_id", sa.String(255), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_galleria_xero_audit")),
    )
    op.create_index("ix_galleria_xero_audit_gallery", "galleria_xero_audit", ["gallery_id", "number"], unique=False)
    op.create_table(
        "galleria_xero_notice",
        sa.Column("connection_id", sa.String(36), nullable=False),
        sa.Column("topic", sa.String(255), nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "topic", name=op.f("pk_galleria_xero_notice")),
    )


def _where(condition: str) -> dict[str, sa.TextClause]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
