"""What stood in the books already: the look into an organisation's invoices, and the questions that came of it.

`compared_at` is empty for the documents that are there: those that were never sent are looked up with the next sync.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

EXACT = sa.Numeric().with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.add_column("galleria_xero_export", sa.Column("compared_at", sa.BigInteger()))
    op.create_table(
        "galleria_xero_books_look",
        sa.Column("gallery_id", sa.String(255), nullable=False),
        sa.Column("tenant_id", sa.String(255), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("gallery_id", "tenant_id", name=op.f("pk_galleria_xero_books_look")),
    )
    op.create_table(
        "galleria_xero_lookalike",
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("xero_id", sa.String(255), nullable=False),
        sa.Column("gallery_id", sa.String(255), nullable=False),
        sa.Column("tenant_id", sa.String(255), nullable=False),
        sa.Column("why", sa.String(20), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("contact_name", sa.Text(), nullable=False),
        sa.Column("date", sa.Date()),
        sa.Column("total", EXACT, nullable=False),
        sa.Column("paid", EXACT, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.String(20)),
        sa.Column("answered_at", sa.BigInteger()),
        sa.Column("answered_by_id", sa.Text()),
        sa.Column("answered_by", sa.Text()),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["galleria_xero_export.id"],
            name=op.f("fk_galleria_xero_lookalike_document_id_galleria_xero_export"),
        ),
        sa.PrimaryKeyConstraint("document_id", "xero_id", name=op.f("pk_galleria_xero_lookalike")),
    )
    op.create_index(
        "ix_galleria_xero_lookalike_open", "galleria_xero_lookalike", ["gallery_id", "tenant_id", "answer"]
    )


def downgrade() -> None:
    op.drop_index("ix_galleria_xero_lookalike_open", "galleria_xero_lookalike")
    op.drop_table("galleria_xero_lookalike")
    op.drop_table("galleria_xero_books_look")
    op.drop_column("galleria_xero_export", "compared_at")
