"""The months of a comparison, frozen packs of them for a bookkeeper, and who a question about a contact is about."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "galleria_xero_month",
        sa.Column("gallery_id", sa.String(255), nullable=False),
        sa.Column("tenant_id", sa.String(255), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("compared_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("gallery_id", "tenant_id", "month", name=op.f("pk_galleria_xero_month")),
    )
    op.create_table(
        "galleria_xero_pack",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("gallery_id", sa.String(255), nullable=False),
        sa.Column("tenant_id", sa.String(255), nullable=False),
        sa.Column("organisation_name", sa.Text(), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("compared_at", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.String(255), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.Column("signed_at", sa.BigInteger()),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_galleria_xero_pack")),
    )
    op.add_column("galleria_xero_contact_conflict", sa.Column("candidates", sa.Text()))
    op.create_index("uq_galleria_xero_pack_token", "galleria_xero_pack", ["token_hash"], unique=True)
    op.create_index("ix_galleria_xero_pack_month", "galleria_xero_pack", ["gallery_id", "tenant_id", "month"])


def downgrade() -> None:
    op.drop_column("galleria_xero_contact_conflict", "candidates")
    op.drop_table("galleria_xero_pack")
    op.drop_table("galleria_xero_month")
