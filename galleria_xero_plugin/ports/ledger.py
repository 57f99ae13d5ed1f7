"""The ledger port: the documents on their way to Xero, ledger and outbox in one (export-protocol §2.2).

Conditional changes answer whether they hit: the caller must look.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from ..domain.states import DocumentKind, DocumentState
from .records import Batch, Document, NewDocument, Run


class LedgerStore(Protocol):
    """The documents: ledger and outbox in one."""

    def insert(self, documents: Iterable[NewDocument]) -> int:
        """T0: insert what is not known yet (identity: gallery, organisation, kind, local id, local revision);
        `depends_on` names another document by (kind, local id), possibly of the same call. How many."""

    def known(
        self, gallery_id: str, tenant_id: str, kind: DocumentKind, local_ids: Sequence[str]
    ) -> Mapping[str, Document]:
        """The creates (revision 0) of these local ids."""

    def get(self, gallery_id: str, document_id: str) -> Document | None: ...

    def children(
        self, gallery_id: str, tenant_id: str, kind: DocumentKind, parent_local_ids: Sequence[str]
    ) -> Mapping[str, Sequence[Document]]:
        """The documents of a kind by their parent's local id (payments by invoice), corrections of any revision
        too, oldest first."""

    def refresh(self, document_id: str, now: NewDocument) -> bool:
        """Bring a document that was never sent up to date with the gallery: label, names, amount, date, marker,
        natural key, parent, seen revision and content hash. False once it is SENDING, UNKNOWN or DONE."""

    def send_anew(self, document_id: str, now: NewDocument) -> bool:
        """An invoice that a person has cancelled in Xero is PENDING again, as `now` has it and under its number there:
        the only way out of DONE, because what stood in Xero is gone for good. False when it is not such an invoice (any
        more). Raises Conflict when another document has the number."""

    def due(
        self,
        gallery_id: str,
        tenant_id: str,
        kind: DocumentKind,
        limit: int,
        *,
        one_per_parent: bool = False,
        only: Collection[str] | None = None,
    ) -> Sequence[Document]:
        """PENDING rows whose time has come and whose dependency is done, with the smallest `batch_cap` first,
        then document date and number; never more than the first row's `batch_cap`. With `one_per_parent`
        the oldest of each parent only; with `only`, none but the rows of these ids."""

    def due_unknown(self, gallery_id: str, tenant_id: str, kind: DocumentKind, limit: int) -> Sequence[Document]:
        """UNKNOWN rows whose next read-back is due."""

    def expire_sending(self, gallery_id: str, tenant_id: str, lease: int, not_before: dt.timedelta) -> int:
        """SENDING rows of an older lease become UNKNOWN, to be read back `not_before` after they were sent."""

    def start_sending(
        self, connection_id: str, lease: int, kind: DocumentKind, batch: Batch, *, worker: str
    ) -> bool:
        """T2: rows of the batch go PENDING → SENDING with their frozen payloads, attempt + 1, first_sent_at now
        (also on a later attempt), `seen_revision` and `content_hash` from `batch.seen`, negative_reads 0, and an attempt is recorded. False (nothing changed) when a row was not PENDING any more."""

    def move(
        self,
        document_id: str,
        *,
        expect: Sequence[DocumentState],
        to: DocumentState,
        lease: int | None = None,
        reason: tuple[str, Mapping[str, str]] | None = None,
        not_before: dt.datetime | None = None,
        xero_id: str | None = None,
        xero_number: str | None = None,
        xero_total: Decimal | None = None,
        adopted: bool = False,
        negative_reads: int | None = None,
        batch_cap: int | None = None,
        payload: str | None = None,
        seen_revision: int | None = None,
        content_hash: str | None = None,
        natural_key: str | None = None,
        warnings: Sequence[str] | None = None,
        standing: str | None = None,
    ) -> bool:
        """Conditional change of one row (state in `expect`, and lease_token when `lease` is given); `reason` None
        clears the reason, `not_before` None clears it. False when the condition did not hold."""

    def seen(self, document_id: str, revision: int) -> None:
        """A DONE document was looked at in the gallery up to this revision; never goes back."""

    def amend(
        self,
        document_id: str,
        *,
        amount: Decimal | None = None,
        xero_total: Decimal | None = None,
        document_date: dt.date | None = None,
        contact_name: str | None = None,
        deleted: bool = False,
    ) -> None:
        """A correction that was carried out, as it shows on the DONE document that it corrected; what was deleted has
        no remark any more."""

    def finish_attempt(
        self, batch_id: str, *, status: int | None, outcome: str, request_id: str | None
    ) -> None:
        """Complete the attempt's row of the audit trail."""

    def requeue(
        self,
        gallery_id: str,
        tenant_id: str,
        states: Sequence[DocumentState],
        *,
        reasons: Sequence[str] | None = None,
    ) -> int:
        """BLOCKED (whose time has come) and so on back to PENDING, so that they are decided anew; the reason
        stays shown until then. What a person decided never to send stays aside."""

    def wake(self, gallery_id: str, document_ids: Sequence[str]) -> int:
        """A person's Retry or Send now: these BLOCKED, REJECTED or CONFLICT rows, and those SKIPPED ones that a
        person had put aside, become PENDING at once; but not those that may stand in the books already: they want
        an answer."""

    def redate(self, gallery_id: str, document_id: str, day: dt.date) -> bool:
        """A person lets a waiting document be booked on another day. False when it does not wait (any more)."""

    def before(self, gallery_id: str, documents: Iterable[Document]) -> Mapping[str, Document]:
        """What these documents depend on, and what that depends on in turn, by row id."""

    def counts(
        self,
        gallery_id: str,
        tenant_id: str,
        *,
        kind: DocumentKind | None = None,
        search: str = "",
        since: dt.date | None = None,
        until: dt.date | None = None,
        run: Run | None = None,
    ) -> Mapping[tuple[DocumentKind, DocumentState], int]:
        """How many of what `page` finds with the same filter, by kind and state as people see them (`domain.shown`): a PENDING row behind one that waits counts as
        BLOCKED, and one that is to be decided anew stands where it stood."""

    def waiting_codes(self, gallery_id: str, tenant_id: str) -> Mapping[str, int]:
        """How many rows wait as people see it, by reason code: those that `counts` has as BLOCKED, REJECTED or
        CONFLICT."""

    def page(
        self,
        gallery_id: str,
        tenant_id: str,
        *,
        states: Sequence[DocumentState] | None = None,
        kind: DocumentKind | None = None,
        search: str = "",
        after: str | None = None,
        limit: int = 50,
        as_shown: bool = False,
        since: dt.date | None = None,
        until: dt.date | None = None,
        run: Run | None = None,
    ) -> tuple[Sequence[Document], str | None]:
        """Newest document date first; the second value is the cursor of the next page or None. With `as_shown`
        the states are those that people see, as in `counts`. `since` and `until` are document dates, both
        included; `run` takes what it sent, and what was last decided while it went on."""

    def attempts(self, gallery_id: str, document_id: str) -> Sequence[Mapping[str, str]]:
        """The document's attempts, oldest first: sent_at, finished_at, status, outcome, request_id, and of the run
        that was going then run_id, trigger, asked_by (texts, empty where there was none)."""

    def has_due_work(self, gallery_id: str, tenant_id: str) -> bool:
        """Whether any row is PENDING and due, UNKNOWN and due, or SENDING."""

    def pending_kinds(self, gallery_id: str, tenant_id: str) -> Collection[DocumentKind]:
        """The kinds of which any row is PENDING."""

    def next_due_at(self, gallery_id: str, tenant_id: str) -> dt.datetime | None:
        """When the next UNKNOWN row can be read back (None: there is none)."""
