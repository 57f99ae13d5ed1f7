"""What a comparison found and a person has said to be all right."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("galleria_xero_comparison", sa.Column("accepted", sa.Text()))


def downgrade() -> None:
    op.drop_column("galleria_xero_comparison", "accepted")
