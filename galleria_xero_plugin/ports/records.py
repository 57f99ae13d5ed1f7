"""The rows of our own tables as frozen values: what the stores give and take.

Instants are aware UTC by the database's clock, amounts are Decimal, ids are strings (uuid4 in hex with
dashes, made in Python). JSON columns arrive as plain dicts.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from ..domain.comparison import Comparison, Finding
from ..domain.month import Sheet
from ..domain.settings import Settings
from ..domain.states import DocumentKind, DocumentState, RunKind, RunState, RunTrigger


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asked for something: a user of the gallery, or the schedule (empty `user_id`)."""

    user_id: str
    name: str


SCHEDULE = Actor("", "schedule")


@dataclass(frozen=True, slots=True)
class Webservice:
    """A gallery's connection to one organisation, with its settings; outlives reconnects.

    `version` grows with every save; `cursor` is how far the gallery's change feed was read; the three
    `…_at` say when the required mapping was first complete, when the first export ended, and from which
    instant on contacts were imported (None: never).
    """

    id: str
    gallery_id: str
    settings: Settings
    version: int
    created_at: dt.datetime
    saved_at: dt.datetime
    saved_by: str
    cursor: str | None = None
    mapping_completed_at: dt.datetime | None = None
    first_export_at: dt.datetime | None = None
    contacts_watermark: dt.datetime | None = None


class ConnectionStatus(StrEnum):
    """Where a connection stands. PAUSED is a person's Pause; a pause that Xero asked for is `paused_until`."""

    ACTIVE = "active"
    PAUSED = "paused"
    NEEDS_REAUTH = "needs_reauth"
    DISCONNECTED = "disconnected"


OPEN_STATUSES = (ConnectionStatus.ACTIVE, ConnectionStatus.PAUSED, ConnectionStatus.NEEDS_REAUTH)


@dataclass(frozen=True, slots=True)
class Connection:
    """The consent of one organisation for one webservice. Tokens are never part of this record.

    `status_reason` is a reason code (`domain.reasons`) when something blocks the whole connection.
    `call_times` are the recent calls' instants (epoch milliseconds), for the minute limit.
    `contacts_read_at` is until when the contact mirror (`ContactStore.mirror`) is complete.
    """

    id: str
    gallery_id: str
    webservice_id: str
    tenant_id: str
    xero_connection_id: str
    organisation_name: str
    short_code: str
    base_currency: str
    status: ConnectionStatus
    status_reason: str | None
    token_version: int
    access_expires_at: dt.datetime | None
    refreshed_at: dt.datetime | None
    paused_until: dt.datetime | None
    pause_reason: str | None
    day_remaining: int | None
    quarantine_until: dt.datetime | None
    next_run_at: dt.datetime | None
    contacts_read_at: dt.datetime | None
    call_times: tuple[int, ...]
    created_at: dt.datetime

    def waits_until(self, now: dt.datetime) -> dt.datetime | None:
        """Until when nothing is sent, in a pause that Xero asked for or in the quarantine after a restore."""
        ends = (end for end in (self.paused_until, self.quarantine_until) if end is not None and end > now)
        return max(ends, default=None)


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A ledger row to insert (T0); ignored when its identity is already there. `depends_on` is another one's kind,
    local id and, when that is not 0, local revision."""

    gallery_id: str
    tenant_id: str
    kind: DocumentKind
    local_id: str
    natural_key: str
    marker: str
    label: str
    state: DocumentState = DocumentState.PENDING
    local_revision: int = 0
    seen_revision: int = 0
    content_hash: str = ""
    depends_on: tuple[DocumentKind, str] | tuple[DocumentKind, str, int] | None = None
    contact_name: str = ""
    amount: Decimal | None = None
    currency: str = ""
    document_date: dt.date | None = None
    parent_local_id: str = ""
    reason_code: str | None = None
    reason_facts: dict[str, str] = field(default_factory=dict)
    not_before: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A ledger row: one local document in one organisation (export-protocol §2.2).

    `natural_key` is what Xero knows it by (invoice number, contact number; for payments the marker).
    `seen_revision` and `content_hash` are of the gallery's document when last looked at. `parent_local_id` is a
    payment's invoice. `batch_cap` is how many documents may share a request with it (bisecting).
    `label`, `contact_name`, `amount`, `currency`, `document_date` are for people, and so are Xero's `warnings`.
    `redated_to` is the day on which a person lets it be booked because its own is locked (`domain.dates`).
    `standing` is the print of what we wrote last (`domain.standing`), of a payment see `credit_used`; `deleted_at` when
    it was deleted in Xero from here.
    """

    id: str
    gallery_id: str
    tenant_id: str
    kind: DocumentKind
    local_id: str
    local_revision: int
    seen_revision: int
    content_hash: str
    natural_key: str
    marker: str
    state: DocumentState
    depends_on: str | None
    payload: str | None
    batch_id: str | None
    first_sent_at: dt.datetime | None
    attempt: int
    negative_reads: int
    batch_cap: int
    not_before: dt.datetime | None
    lease_token: int | None
    xero_id: str | None
    xero_number: str
    xero_total: Decimal | None
    adopted: bool
    reason_code: str | None
    reason_facts: dict[str, str]
    label: str
    contact_name: str
    amount: Decimal | None
    currency: str
    document_date: dt.date | None
    redated_to: dt.date | None
    parent_local_id: str
    created_at: dt.datetime
    updated_at: dt.datetime
    warnings: tuple[str, ...] = ()
    standing: str | None = None
    deleted_at: dt.datetime | None = None

    @property
    def credit_used(self) -> str:
        """The credit note in Xero that a payment by the client's credit uses; "" for money."""
        return (self.standing or "") if self.kind is DocumentKind.PAYMENT else ""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is written ahead for one request (T2): its id, key, hash, the frozen payload of each row, and for
    documents that can change in the gallery the (revision, content hash) that was frozen, by row id; `standing` has
    the prints of what is to stand then."""

    id: str
    idempotency_key: str
    request_hash: str
    payloads: dict[str, str]
    seen: dict[str, tuple[int, str]] = field(default_factory=dict)
    standing: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """One sync (or contact import) from click to end. `counts` are whole numbers by name, `step` is what it
    is doing now in plain words; `scanned` is whether the gallery has been read for this run."""

    id: str
    gallery_id: str
    webservice_id: str
    connection_id: str
    kind: RunKind
    trigger: RunTrigger
    asked_by: str
    state: RunState
    step: str
    counts: dict[str, int]
    scanned: bool
    cursor: str | None
    error_code: str | None
    created_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class ContactLink:
    """A gallery contact and its contact in an organisation."""

    local_id: str
    xero_id: str
    why: str


@dataclass(frozen=True, slots=True)
class ContactConflict:
    """A question about a contact of Xero for a person; `local_ids` are the gallery contacts in question, and
    `candidates` their (id, name, e-mail) in lower case, empty for what was asked by an earlier release."""

    id: str
    xero_id: str
    name: str
    email: str
    reason_code: str
    local_ids: tuple[str, ...]
    created_at: dt.datetime
    candidates: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class OAuthState:
    """A consent under way. Only hashes of what travelled through the browser are kept; the nonce is needed
    in full to verify the id_token and is worthless once the row is used."""

    gallery_id: str
    user_id: str
    webservice_id: str
    browser_hash: str
    nonce: str
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Compared:
    """The last comparison of an organisation: what was found, when, and which findings a mail has told."""

    comparison: Comparison
    compared_at: dt.datetime
    told: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, when, with what result (append-only)."""

    at: dt.datetime
    actor_id: str
    actor_name: str
    action: str
    subject: str
    outcome: str


@dataclass(frozen=True, slots=True)
class KeptMonth:
    """A month as it was last compared."""

    sheet: Sheet
    compared_at: dt.datetime


@dataclass(frozen=True, slots=True)
class MonthLine:
    """A month in a line: how many invoices agree, payments not reconciled, the numbers that differ, and whether the sums
    of both sides do although no number says so."""

    month: str
    compared_at: dt.datetime
    agreeing: int
    unreconciled: int
    differing: Sheet
    unequal: bool = False


@dataclass(frozen=True, slots=True)
class MonthPack:
    """A month frozen for a bookkeeper, with a link that opens it until it expires or is revoked."""

    id: str
    gallery_id: str
    tenant_id: str
    organisation_name: str
    month: str
    compared_at: dt.datetime
    made_at: dt.datetime
    made_by: str
    expires_at: dt.datetime
    revoked_at: dt.datetime | None
    signed_at: dt.datetime | None
    signed_by: str
