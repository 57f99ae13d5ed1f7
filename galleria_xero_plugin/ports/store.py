"""The store port: our own tables behind a unit of work.

A unit of work is one short transaction of our own on the host's engine. Leaving the block rolls back;
only `commit()` saves. No network call happens inside one (export-protocol R1). Whatever the browser asks for
is scoped by the gallery id; a job holds a connection id and takes the gallery from the connection's own row.
`now()` is the database's clock: leases and waiting times go by it (export-protocol §2.10 row 32).
Conditional updates answer whether they hit: the caller must look.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from ..domain.accounting import ReferenceData, XeroContact
from ..domain.comparison import Comparison, Finding
from ..domain.settings import Settings
from ..domain.states import RunKind, RunState, RunTrigger
from .books import BooksStore
from .ledger import LedgerStore
from .months import MonthStore
from .records import (
    Actor,
    AuditEntry,
    Compared,
    Connection,
    ConnectionStatus,
    ContactConflict,
    ContactLink,
    OAuthState,
    Run,
    Webservice,
)
from .xero import Quota, TokenSet, XeroTenant


class WebserviceStore(Protocol):
    """Webservices and their versioned settings."""

    def add(self, gallery_id: str, settings: Settings, actor: Actor) -> Webservice: ...

    def get(self, gallery_id: str, webservice_id: str) -> Webservice | None:
        """None also for a deleted one and for another gallery's."""

    def of_gallery(self, gallery_id: str) -> Sequence[Webservice]:
        """Not deleted, oldest first."""

    def save_settings(
        self, gallery_id: str, webservice_id: str, settings: Settings, *, expected_version: int, actor: Actor
    ) -> Webservice:
        """Save as the next version (old versions are kept). Raises Conflict naming who saved first and when."""

    def set_cursor(self, webservice_id: str, cursor: str | None) -> None:
        """How far the gallery's feed was read; None makes the next run read it from the beginning."""

    def mark(
        self,
        webservice_id: str,
        *,
        mapping_completed: bool = False,
        first_export: bool = False,
        contacts_watermark: dt.datetime | None = None,
    ) -> None:
        """Note milestones: the first two are set to now unless set already."""

    def delete(self, gallery_id: str, webservice_id: str) -> None:
        """Hide it; the ledger and the audit trail stay."""


class ConnectionStore(Protocol):
    """Connections: consent, tokens (encrypted inside), leases, pauses, schedule."""

    def get(self, connection_id: str) -> Connection | None: ...

    def of_webservice(self, gallery_id: str, webservice_id: str) -> Connection | None:
        """The webservice's newest connection, whatever its status."""

    def open_of_tenant(self, tenant_id: str) -> Connection | None:
        """The connection (of any gallery) that holds this organisation now, or None."""

    def connect(
        self, gallery_id: str, webservice_id: str, tenant: XeroTenant, tokens: TokenSet
    ) -> Connection:
        """Make the webservice's connection ACTIVE with these tokens: the row for the same organisation is
        reused (its ledger position and history stay), any other open one of the webservice is closed.
        Raises Conflict when another gallery holds the organisation (also when it wins a race)."""

    def tokens(self, connection_id: str) -> tuple[int, TokenSet, TokenSet | None] | None:
        """(version, current, previous) decrypted, or None when wiped. Raises TokenUnreadable."""

    def claim_refresh(self, connection_id: str, version: int, seconds: int) -> int | None:
        """The refresh lease (a number that only grows) if version is still current and nobody holds it."""

    def store_tokens(self, connection_id: str, version: int, lease: int, tokens: TokenSet) -> bool:
        """Compare-and-swap: version+1, the old ones kept as previous, the lease cleared."""

    def release_refresh(self, connection_id: str, lease: int) -> None: ...

    def set_status(self, connection_id: str, status: ConnectionStatus, reason: str | None = None) -> bool:
        """Whether anything changed (so that a mail goes out once)."""

    def close(self, connection_id: str, reason: str | None = None) -> bool:
        """DISCONNECTED with tokens wiped; the row stays. Whether it was open before."""

    def rename(self, connection_id: str, *, organisation_name: str, short_code: str, base_currency: str) -> None:
        """What the organisation is called, as it says itself."""

    def pause(self, connection_id: str, until: dt.datetime | None, reason: str | None) -> None:
        """A pause that Xero asked for, or None to end it."""

    def note_calls(self, connection_id: str, call_times: Sequence[int], quota: Quota) -> None:
        """Keep the recent calls' instants (epoch ms) and the day's remaining calls."""

    def claim_lease(self, connection_id: str, owner: str, seconds: int) -> int | None:
        """The organisation's one exporter lease: a fencing number that only grows, or None when somebody
        holds it, the connection is not ACTIVE, or it is paused or in quarantine."""

    def renew_lease(self, connection_id: str, lease: int, seconds: int) -> bool: ...

    def holds_lease(self, connection_id: str, lease: int) -> bool:
        """An UPDATE of the row conditional on the lease: first statement of T2, locks out a new claim."""

    def release_lease(self, connection_id: str, lease: int) -> None: ...

    def set_next_run(self, connection_id: str, at: dt.datetime | None) -> None: ...

    def due_schedules(self) -> Sequence[Connection]:
        """ACTIVE ones whose next run has come."""

    def claim_schedule(self, connection_id: str, was: dt.datetime, next_run: dt.datetime | None) -> bool:
        """Move `next_run_at`, conditional on its old value: one of several ticks wins."""

    def with_work(self) -> Sequence[Connection]:
        """ACTIVE and neither paused nor in quarantine, not leased, with an open run, with a comparison that is due, or
        with rows that are settled without a run: SENDING (their worker died), and UNKNOWN whose next look is due."""

    def to_keep(self, refreshed_before: dt.datetime) -> Sequence[Connection]:
        """Open ones whose tokens were last refreshed before that instant (the keeper)."""

    def quarantine(self, until: dt.datetime) -> int:
        """After a restore: nothing is sent until then, because what was sent before it may still be on its way,
        and workers from before it hold no lease any more; what is older than that instant is looked up in Xero
        before it is sent. For every connection; how many."""

    def contacts_read(self, connection_id: str, until: dt.datetime | None) -> None:
        """Until when the contact mirror is complete (None: read it anew)."""

    def rotate_keys(self, after: str, limit: int) -> tuple[str, int]:
        """Re-encrypt up to `limit` rows behind the id `after` that are under an old key: (last id seen or
        "" at the end, rows changed). A refresh in between wins."""


class RunStore(Protocol):
    """Runs: what a person watches."""

    def open(self, connection: Connection, kind: RunKind, trigger: RunTrigger, actor: Actor) -> Run:
        """A new QUEUED run. Raises Conflict when one of the kind is open already."""

    def get(self, gallery_id: str, run_id: str) -> Run | None: ...

    def open_of(self, connection_id: str, kind: RunKind) -> Run | None: ...

    def latest(self, gallery_id: str, webservice_id: str, limit: int = 1) -> Sequence[Run]:
        """Newest first."""

    def progress(
        self,
        run_id: str,
        *,
        step: str | None = None,
        add: Mapping[str, int] | None = None,
        put: Mapping[str, int] | None = None,
        scanned: bool | None = None,
        cursor: str | None = None,
    ) -> None:
        """Note progress on an open run; `add` adds to counts, `put` sets them; makes it RUNNING."""

    def finish(self, run_id: str, state: RunState, *, error_code: str | None = None) -> bool:
        """End an open run; False when it was not open."""


class ContactStore(Protocol):
    """Links between gallery contacts and Xero's, questions about them, and the mirror for matching."""

    def links(self, gallery_id: str, tenant_id: str, local_ids: Sequence[str]) -> Mapping[str, ContactLink]: ...

    def links_by_xero(self, gallery_id: str, tenant_id: str, xero_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Xero id -> gallery contact ids."""

    def all_links(self, gallery_id: str, tenant_id: str) -> Mapping[str, str]:
        """Xero id -> one gallery contact id."""

    def link(self, gallery_id: str, tenant_id: str, links: Iterable[ContactLink]) -> None:
        """Insert; a gallery contact that is linked already keeps its link."""

    def mirror(self, gallery_id: str, tenant_id: str, contacts: Iterable[XeroContact]) -> None:
        """Upsert what matching needs of these Xero contacts (id, number, name, e-mail, status, merged_to)."""

    def mirrored(self, gallery_id: str, tenant_id: str) -> Iterator[XeroContact]:
        """The mirror, streamed."""

    def add_conflict(
        self,
        gallery_id: str,
        tenant_id: str,
        xero: XeroContact,
        reason_code: str,
        local_ids: Sequence[str],
        *,
        candidates: Sequence[tuple[str, str, str]] = (),
    ) -> bool:
        """List a question once per Xero contact; False when it is listed or was settled already. `candidates` are
        (id, name, e-mail) of the gallery contacts, as matching compares them."""

    def conflicts(self, gallery_id: str, tenant_id: str) -> Sequence[ContactConflict]:
        """Open questions, oldest first."""

    def settle_conflict(self, gallery_id: str, conflict_id: str, actor: Actor) -> bool: ...


class OAuthStateStore(Protocol):
    """Consents under way."""

    def add(self, state_hash: str, state: OAuthState) -> None: ...

    def use(self, state_hash: str) -> OAuthState | None:
        """Mark it used by a conditional update and return it; None when unknown, used or expired. Must be
        committed by the caller even when the consent is then refused."""

    def hold(
        self, choice_hash: str, state: OAuthState, tokens: TokenSet, tenants: Sequence[XeroTenant]
    ) -> None:
        """Keep a completed consent (tokens encrypted) until the person has chosen one of its organisations."""

    def held(self, choice_hash: str) -> tuple[OAuthState, TokenSet, Sequence[XeroTenant]] | None:
        """The held consent, unless it is unknown, used or expired; `use` marks it used and wipes its tokens."""

    def purge(self) -> int:
        """Remove what expired more than a day ago, and wipe the tokens of everything expired."""


class ReferenceStore(Protocol):
    """Accounts, tax rates and so on as last read from an organisation."""

    def get(self, gallery_id: str, tenant_id: str) -> ReferenceData | None: ...

    def put(self, gallery_id: str, tenant_id: str, data: ReferenceData) -> None: ...


class AuditStore(Protocol):
    """The append-only trail."""

    def add(self, gallery_id: str, actor: Actor, action: str, *, subject: str = "", outcome: str = "ok") -> None: ...

    def of_subject(self, gallery_id: str, subject: str) -> Sequence[AuditEntry]:
        """What was done about one thing, oldest first."""

    def latest(self, gallery_id: str, limit: int = 100) -> Sequence[AuditEntry]: ...


class NoticeStore(Protocol):
    """Mails that are owed or were sent, so that each goes out once."""

    def claim(self, connection_id: str, topic: str) -> bool:
        """True for exactly one caller per topic (e.g. "disconnected:3", "first-sync")."""

    def release(self, connection_id: str, topic: str) -> None:
        """Sending failed: somebody may try again."""

    def claimed(self, topic: str) -> Sequence[str]:
        """The connections of which this topic is claimed."""

    def told(self, connection_id: str, topics: Sequence[str]) -> Collection[str]:
        """Which of these topics are claimed."""


class ComparisonStore(Protocol):
    """The last comparison of each organisation with Xero, and when the next one is due."""

    def get(self, gallery_id: str, tenant_id: str, *, to_change: bool = False) -> Compared | None:
        """`to_change`: nobody else changes it until this transaction ends."""

    def put(self, gallery_id: str, tenant_id: str, comparison: Comparison) -> None:
        """Keep it, in place of the last one. What is found no more is forgotten to have been told."""

    def plan(self, gallery_id: str, tenant_id: str, due_at: dt.datetime, *, again: bool = True) -> None:
        """Compare at that time; with `again` false only when nothing was planned ever."""

    def hasten(self, due_at: dt.datetime) -> None:
        """Compare every organisation at that time, unless it is due earlier (after a restore)."""

    def claim(self, gallery_id: str, tenant_id: str, retry: dt.timedelta) -> bool:
        """True for exactly one caller when a comparison is due; should it fail, it is due again after `retry`."""

    def accept(self, gallery_id: str, tenant_id: str, comparison: Comparison) -> None:
        """Keep which of its findings a person has said to be all right."""

    def told(self, gallery_id: str, tenant_id: str, findings: Sequence[Finding]) -> None:
        """A mail has told these findings."""


class UnitOfWork(Protocol):
    """One transaction. `after_commit` calls run once the commit has succeeded, never otherwise."""

    webservices: WebserviceStore
    connections: ConnectionStore
    ledger: LedgerStore
    runs: RunStore
    contacts: ContactStore
    books: BooksStore
    oauth_states: OAuthStateStore
    reference: ReferenceStore
    audit: AuditStore
    notices: NoticeStore
    comparisons: ComparisonStore
    months: MonthStore

    def now(self) -> dt.datetime:
        """The database's clock, aware UTC."""

    def commit(self) -> None: ...

    def after_commit(self, call: Callable[[], object]) -> None: ...

    def __enter__(self) -> UnitOfWork: ...

    def __exit__(self, *exc_info: object) -> None: ...


class Units(Protocol):
    """Makes units of work."""

    def write(self, *, patience: float = 0.0) -> UnitOfWork:
        """A writing transaction; entering it takes the database's lock and raises Busy after `patience`
        seconds of trying (web 0, worker 30)."""

    def read(self) -> UnitOfWork:
        """A reading transaction; committing it is an error."""


class HostUnits(Units, Protocol):
    """Units that can also work inside a transaction of the host's."""

    def within(self, session: object) -> UnitOfWork:
        """A unit of work in the transaction of a session of the host's; only the host commits it."""
