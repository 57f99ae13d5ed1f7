"""What we last wrote of an invoice, to see whether somebody changed it since."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLE = "galleria_xero_export"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("standing", sa.Text()))


def downgrade() -> None:
    with op.batch_alter_table(TABLE) as table:
        table.drop_column("standing")
