"""The day on which a person lets one document be booked because its own is locked."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("galleria_xero_export", sa.Column("redated_to", sa.Date()))


def downgrade() -> None:
    op.drop_column("galleria_xero_export", "redated_to")
