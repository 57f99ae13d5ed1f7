"""How a row of the ledger becomes a record."""

from __future__ import annotations

import unicodedata
import uuid
from typing import Any

from sqlalchemy import Row, select

from ..domain.states import DocumentKind, DocumentState
from ..ports.records import Document
from .ledger_conditions import EXPORT
from .ledger_models import NO_DATE
from .types import dumps

_NAMESPACE = uuid.UUID("5d0b5c1e-6a36-4d0e-9f5e-3a6c1f0e7b42")

RECORD = [column for column in EXPORT.c if column.name not in ("words", "compared_at")]
# Made once: naming the columns takes longer than the query.
SELECT = select(*RECORD)


def record(row: Row[Any]) -> Document:
    """A row of the RECORD columns."""
    return Document(
        id=row.id,
        gallery_id=row.gallery_id,
        tenant_id=row.tenant_id,
        kind=DocumentKind(row.kind),
        local_id=row.local_id,
        local_revision=row.local_revision,
        seen_revision=row.seen_revision,
        content_hash=row.content_hash,
        natural_key=row.natural_key,
        marker=row.marker,
        state=DocumentState(row.state),
        depends_on=row.depends_on,
        payload=row.payload,
        batch_id=row.batch_id,
        first_sent_at=row.first_sent_at,
        attempt=row.attempt,
        negative_reads=row.negative_reads,
        batch_cap=row.batch_cap,
        not_before=row.not_before,
        lease_token=row.lease_token,
        xero_id=row.xero_id,
        xero_number=row.xero_number,
        xero_total=row.xero_total,
        adopted=row.adopted,
        reason_code=row.reason_code,
        reason_facts=row.reason_facts,
        label=row.label,
        contact_name=row.contact_name,
        amount=row.amount,
        currency=row.currency,
        document_date=None if row.document_date == NO_DATE else row.document_date,
        redated_to=row.redated_to,
        parent_local_id=row.parent_local_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        warnings=tuple(row.warnings or ()),
        standing=row.standing,
        deleted_at=row.deleted_at,
    )


def row_id(gallery_id: str, tenant_id: str, kind: DocumentKind, local_id: str, local_revision: int = 0) -> str:
    """The id of a document's row. One column that says it all is found by its index whatever the database
    believes about its statistics; five columns are not."""
    return str(uuid.uuid5(_NAMESPACE, dumps([gallery_id, tenant_id, kind.value, local_id, local_revision])))


def folded(*texts: str) -> str:
    """Texts as a search compares them: without case, in whatever script, and composed alike."""
    return unicodedata.normalize("NFKC", " ".join(texts)).casefold()
