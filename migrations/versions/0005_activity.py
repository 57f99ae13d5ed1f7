"""Indexes for the pages that list documents: in the order of the list, for the counts, and by run.

A document without a date has one that sorts alike everywhere from here on.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_galleria_xero_export_shown": (
        "galleria_xero_export",
        ["gallery_id", "tenant_id", "state", "kind", "reason_code", "depends_on"],
    ),
    "ix_galleria_xero_export_listed": (
        "galleria_xero_export",
        ["gallery_id", "tenant_id", "document_date", "natural_key", "id"],
    ),
    "ix_galleria_xero_attempt_sent": ("galleria_xero_attempt", ["connection_id", "sent_at"]),
    "ix_galleria_xero_audit_subject": ("galleria_xero_audit", ["gallery_id", "subject"]),
    "ix_galleria_xero_attempt_document_batch": ("galleria_xero_attempt_document", ["batch_id"]),
}


def upgrade() -> None:
    op.execute("UPDATE galleria_xero_export SET document_date = '0001-01-01' WHERE document_date IS NULL")
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, (table, _) in reversed(INDEXES.items()):
        op.drop_index(name, table)
