"""T0: documents enter the ledger, and follow the gallery until they are sent (export-protocol §2.4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import case, select, update

from ..domain.states import DocumentKind, DocumentState
from ..domain.withdrawing import CANCELLED
from ..ports.records import NewDocument
from .ledger_conditions import EXPORT, number_is_free
from .ledger_models import NO_DATE
from .ledger_record import folded, row_id
from .store import Store, chunks
from .types import dumps

BATCH_CAP = 50  # documents in one request (export-protocol §2.4)

NUMBER_TAKEN = "number_taken"

NUMBER_TAKEN_MESSAGE = "Another document has this number, or stands for the same document in Xero."
_NEVER_SENT = ("pending", "blocked", "rejected", "conflict", "skipped")


class Insertion(Store):
    """The gallery's half of `LedgerStore`."""

    def insert(self, documents: Iterable[NewDocument]) -> int:
        rows = [_identity(document) | _content(document) for document in documents]
        if not rows:
            return 0
        inserted = self._insert_new(rows)
        if inserted < len(rows):
            # The others are known, or the number of one of them is not free: dropping that one would lose a sale
            # without a word, sending it would be refused. It is inserted as a question for a person.
            known = self._known_ids([row["id"] for row in rows])
            taken = [row | _question(row["natural_key"]) for row in rows if row["id"] not in known]
            inserted += self._insert_new(taken) if taken else 0
        return inserted

    def _insert_new(self, rows: list[dict[str, Any]]) -> int:
        statement = (
            self._insert(EXPORT)
            .values(created_at=self._now, updated_at=self._now)
            .on_conflict_do_nothing()
            .execution_options(preserve_rowcount=True)  # RETURNING would be much slower on PostgreSQL
        )
        return self._change(statement, rows).rowcount

    def _known_ids(self, ids: Sequence[str]) -> set[str]:
        found: set[str] = set()
        for chunk in chunks(ids):
            found.update(self._read(select(EXPORT.c.id).where(EXPORT.c.id.in_(chunk))).scalars())
        return found

    def refresh(self, document_id: str, now: NewDocument) -> bool:
        content = _content(now)
        free = number_is_free(now.natural_key)
        statement = (
            update(EXPORT)
            .where(EXPORT.c.id == document_id, EXPORT.c.state.in_(_NEVER_SENT))
            .values(
                **content,
                updated_at=self._now,
                state=case((free, EXPORT.c.state), else_=DocumentState.CONFLICT.value),
                reason_code=case((free, EXPORT.c.reason_code), else_=NUMBER_TAKEN),
                reason_facts=case((free, EXPORT.c.reason_facts), else_=dumps({"number": now.natural_key})),
            )
        )
        with self._or_conflict(NUMBER_TAKEN_MESSAGE):
            return self._hit(statement)

    def send_anew(self, document_id: str, now: NewDocument) -> bool:
        statement = (
            update(EXPORT)
            .where(
                EXPORT.c.id == document_id,
                EXPORT.c.kind == DocumentKind.INVOICE.value,
                EXPORT.c.state == DocumentState.DONE.value,
                EXPORT.c.reason_code == CANCELLED,
            )
            .values(**_content(now), **_NOT_IN_XERO, updated_at=self._now)
        )
        with self._or_conflict(NUMBER_TAKEN_MESSAGE):
            return self._hit(statement)


_NOT_IN_XERO = {
    "state": DocumentState.PENDING.value, "batch_cap": BATCH_CAP, "negative_reads": 0, "not_before": None,
    "xero_id": None, "xero_number": "", "xero_total": None, "standing": None, "adopted": False,
    "reason_code": None, "reason_facts": {}, "warnings": None,
}  # fmt: skip
"""What is known of something that was sent, as long as it was not: a count of its attempts stays, so that it is
looked for in Xero before it is sent."""


def _question(natural_key: str) -> dict[str, Any]:
    """What makes a row a question about its number."""
    return {
        "state": DocumentState.CONFLICT.value,
        "reason_code": NUMBER_TAKEN,
        "reason_facts": {"number": natural_key},
        "not_before": None,
    }


def _identity(document: NewDocument) -> dict[str, Any]:
    """What is written once."""
    return {
        "id": row_id(
            document.gallery_id, document.tenant_id, document.kind, document.local_id, document.local_revision
        ),
        "gallery_id": document.gallery_id,
        "tenant_id": document.tenant_id,
        "kind": document.kind.value,
        "local_id": document.local_id,
        "local_revision": document.local_revision,
        "state": document.state.value,
        "attempt": 0,
        "negative_reads": 0,
        "batch_cap": BATCH_CAP,
        "not_before": document.not_before,
        "xero_number": "",
        "adopted": False,
        "reason_code": document.reason_code,
        "reason_facts": document.reason_facts,
    }


def _content(document: NewDocument) -> dict[str, Any]:
    """What follows the gallery until the document is sent."""
    before = document.depends_on
    return {
        "seen_revision": document.seen_revision,
        "content_hash": document.content_hash,
        "natural_key": document.natural_key,
        "marker": document.marker,
        "depends_on": row_id(document.gallery_id, document.tenant_id, *before) if before else None,
        "parent_local_id": document.parent_local_id,
        "label": document.label,
        "contact_name": document.contact_name,
        "words": folded(document.label, document.contact_name),
        "amount": document.amount,
        "currency": document.currency,
        "document_date": document.document_date or NO_DATE,
    }
