"""T0: documents enter the ledger, and follow the gallery until they are sent (export-protocol §2.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import case, select, update

from ..domain.states import DocumentKind, DocumentState
from ..ports.records import NewDocument
from .ledger_conditions import EXPORT, number_is_free
from .ledger_models import NUMBER_FREE_STATES, NUMBERED_KINDS
from .ledger_record import folded
from .store import Store, chunks, new_id
from .types import dumps

BATCH_CAP = 50  # documents in one request (export-protocol §2.4)

# A number that another document of ours has: dropping the second one would lose a sale without a word, sending
# it would be refused. A person decides.
NUMBER_TAKEN = "number_taken"

NUMBER_TAKEN_MESSAGE = "Another document has this number, or stands for the same document in Xero."
_IDENTITY = ["gallery_id", "tenant_id", "kind", "local_id", "local_revision"]
_NEVER_SENT = ("pending", "blocked", "rejected", "conflict", "skipped")

# What is unique in an organisation: organisation, kind, natural key
Number = tuple[str, DocumentKind, str]
# Whose it is: gallery, local id, revision
Holder = tuple[str, str, int]


class Insertion(Store):
    """The gallery's half of `LedgerStore`."""

    def insert(self, documents: Iterable[NewDocument]) -> int:
        documents = list(documents)
        if not documents:
            return 0
        holders = self._holders(documents)
        rows = []
        for document in documents:
            row = _identity(document) | _content(document)
            if _reserves(document):
                mine = (document.gallery_id, document.local_id, document.local_revision)
                if holders.setdefault(_number(document), mine) != mine:
                    row |= {
                        "state": DocumentState.CONFLICT.value,
                        "reason_code": NUMBER_TAKEN,
                        "reason_facts": {"number": document.natural_key},
                        "not_before": None,
                    }
            rows.append(row)
        statement = (
            self._insert(EXPORT)
            .values(created_at=self._now, updated_at=self._now)
            .on_conflict_do_nothing(index_elements=_IDENTITY)
            .execution_options(preserve_rowcount=True)  # RETURNING would be much slower on PostgreSQL
        )
        return self._change(statement, rows).rowcount

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

    def _holders(self, documents: Sequence[NewDocument]) -> dict[Number, Holder]:
        """Who has these natural keys already."""
        wanted: dict[tuple[str, DocumentKind], set[str]] = defaultdict(set)
        for document in filter(_reserves, documents):
            wanted[document.tenant_id, document.kind].add(document.natural_key)
        found: dict[Number, Holder] = {}
        for (tenant_id, kind), keys in wanted.items():
            for chunk in chunks(sorted(keys)):
                query = select(
                    EXPORT.c.natural_key, EXPORT.c.gallery_id, EXPORT.c.local_id, EXPORT.c.local_revision
                ).where(
                    EXPORT.c.tenant_id == tenant_id,
                    EXPORT.c.kind == kind.value,
                    EXPORT.c.natural_key.in_(chunk),
                    EXPORT.c.deleted_at.is_(None),
                    EXPORT.c.state.not_in(NUMBER_FREE_STATES),
                )
                for key, gallery_id, local_id, revision in self._read(query):
                    found[tenant_id, kind, key] = (gallery_id, local_id, revision)
        return found


def _number(document: NewDocument) -> Number:
    return document.tenant_id, document.kind, document.natural_key


def _reserves(document: NewDocument) -> bool:
    return document.kind.value in NUMBERED_KINDS and document.state.value not in NUMBER_FREE_STATES


def _identity(document: NewDocument) -> dict[str, Any]:
    """What is written once."""
    return {
        "id": new_id(),
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
    depends_on_kind, depends_on = document.depends_on or (None, None)
    return {
        "seen_revision": document.seen_revision,
        "content_hash": document.content_hash,
        "natural_key": document.natural_key,
        "marker": document.marker,
        "depends_on_kind": depends_on_kind.value if depends_on_kind else None,
        "depends_on": depends_on,
        "parent_local_id": document.parent_local_id,
        "label": document.label,
        "contact_name": document.contact_name,
        "words": folded(document.label, document.contact_name),
        "amount": document.amount,
        "currency": document.currency,
        "document_date": document.document_date,
    }
