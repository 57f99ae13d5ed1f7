"""The comparison with Xero, and what Xero remarked on documents that it took.

Expand only: the release before knows neither, and goes on working.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

EXPORT = "galleria_xero_export"


def upgrade() -> None:
    op.create_table(
        "galleria_xero_comparison",
        sa.Column("gallery_id", sa.String(255), nullable=False),
        sa.Column("tenant_id", sa.String(255), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("compared_at", sa.BigInteger()),
        sa.Column("agreeing", sa.Integer()),
        sa.Column("findings", sa.Text()),
        sa.Column("new", sa.Text()),
        sa.Column("told", sa.Text()),
        sa.PrimaryKeyConstraint("gallery_id", "tenant_id", name=op.f("pk_galleria_xero_comparison")),
    )
    op.create_index("ix_galleria_xero_comparison_due", "galleria_xero_comparison", ["due_at"], unique=False)
    op.add_column(EXPORT, sa.Column("warnings", sa.Text()))


def downgrade() -> None:
    op.drop_column(EXPORT, "warnings")
    op.drop_table("galleria_xero_comparison")
