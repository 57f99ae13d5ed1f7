"""Connecting a gallery with an organisation: New Webservice, Allow access, the way back from Xero.

Ending a connection, and noticing that it ended, is in `disconnect`.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
import secrets
from collections.abc import Sequence
from dataclasses import replace

from ..domain.export import prefix_error
from ..domain.model import Access
from ..domain.settings import AccountMapping, Settings
from ..domain.states import RunKind, RunState, RunTrigger
from ..errors import AuthRejected, AuthUnavailable, GalleriaXeroError, InvalidInput, NotFound
from ..ports.gallery import Gallery
from ..ports.records import Actor, Connection, ConnectionStatus, OAuthState, Webservice
from ..ports.runtime import Clock, JobQueue
from ..ports.store import UnitOfWork, Units
from ..ports.xero import Grant, Secret, TokenSet, XeroAuth, XeroTenant
from .consent import Choose, Connected, ConsentRefused, digest, is_from, is_of
from .disconnect import Disconnect
from .guarded import asked
from .notify import Notify
from .reference import Reference
from .runs import Runs
from .schedule import Schedules
from .tokens import Tokens

__all__ = ["Choose", "Connect", "Connected", "ConsentRefused"]

log = logging.getLogger("galleria_xero.connect")

CONSENT_LASTS = dt.timedelta(minutes=10)
PATIENCE = 5.0
"""Seconds that a page waits for the database's lock where a person has just come back from Xero."""
READ_WITHIN = 8.0
"""Seconds for reading the organisation's accounts while that person waits; else a job reads them."""
CUT_OFF = ("disconnected", "needs_reauth", "scope_missing")
"""Why a run may have ended that Reconnect brings to its end."""

_ADDRESS = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,253}")


class Connect(Disconnect):
    """The use cases of a connection's life, from New Webservice to Delete."""

    def __init__(
        self,
        units: Units,
        auth: XeroAuth,
        tokens: Tokens,
        runs: Runs,
        reference: Reference,
        schedules: Schedules,
        queue: JobQueue,
        clock: Clock,
        *,
        gallery: Gallery,
        notify: Notify,
    ) -> None:
        super().__init__(units, auth, tokens, schedules, queue, notify)
        self._runs = runs
        self._reference = reference
        self._clock = clock
        self._gallery = gallery

    def create(self, access: Access, settings: Settings) -> Webservice:
        """The Create Webservice button. Raises InvalidInput (field -> message), and Conflict when the gallery has
        a webservice already."""
        errors = _wrong(settings)
        if errors:
            raise InvalidInput(errors)
        actor = _actor(access)
        with self._units.write() as uow:
            webservice = uow.webservices.add(access.gallery_id, settings, actor)
            uow.audit.add(access.gallery_id, actor, "webservice created", subject=webservice.id)
            uow.commit()
        return webservice

    def begin(self, access: Access, webservice_id: str, browser_secret: str) -> str:
        """The Allow access button: where to send the browser. `browser_secret` is what only this browser's session
        holds. Raises NotFound."""
        state, nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        with self._units.write() as uow:
            if uow.webservices.get(access.gallery_id, webservice_id) is None:
                raise NotFound(f"webservice {webservice_id}")
            expires_at = uow.now() + CONSENT_LASTS
            kept = OAuthState(
                access.gallery_id, access.user_id, webservice_id, digest(browser_secret), nonce, expires_at
            )
            uow.oauth_states.add(digest(state), kept)
            uow.audit.add(access.gallery_id, _actor(access), "access asked for", subject=webservice_id)
            uow.commit()
        return self._auth.authorize_url(state=state, nonce=nonce)

    def complete(
        self, access: Access, browser_secret: str, *, state: str, code: Secret | None, error: str | None
    ) -> Connected | Choose:
        """The way back from Xero. Raises ConsentRefused, Conflict (another gallery has the organisation), NotFound."""
        with self._units.write(patience=PATIENCE) as uow:
            consent = uow.oauth_states.use(digest(state))
            uow.commit()  # used, whatever comes next
        if consent is None or not consent.nonce:  # without one it is a choice, and no answer of Xero's
            raise self._refusal(access, "used")
        if not is_from(consent, access, browser_secret):
            raise self._refusal(access, "mismatch")
        if error is not None:
            raise self._refusal(access, "declined" if error == "access_denied" else "xero_error")
        if code is None:
            raise self._refusal(access, "incomplete")
        grant = self._exchange(access, code, consent.nonce)
        with self._units.read() as uow:
            if uow.webservices.get(access.gallery_id, consent.webservice_id) is None:
                raise NotFound(f"webservice {consent.webservice_id}")
            before = uow.connections.of_webservice(access.gallery_id, consent.webservice_id)
        tenants = self._tenants(access, grant, before)
        if len(tenants) == 1 and (before is None or before.tenant_id == tenants[0].tenant_id):
            return self._join(access, consent.webservice_id, grant.tokens, tenants[0])
        return self._ask(access, consent, grant.tokens, tenants, before)

    def offered(self, access: Access, choice: str) -> Choose:
        """What a person has to choose from, as `complete` said it. Raises ConsentRefused."""
        consent, _, tenants = self._held(access, choice)
        with self._units.read() as uow:
            before = uow.connections.of_webservice(access.gallery_id, consent.webservice_id)
        return Choose(choice, tuple(tenants), before.organisation_name if before else "")

    def tenants(self, access: Access, choice: str) -> tuple[tuple[str, str], ...]:
        """(id, name) of the organisations that are offered. Raises ConsentRefused."""
        return tuple((tenant.tenant_id, tenant.name) for tenant in self.offered(access, choice).tenants)

    def choose(self, access: Access, choice: str, tenant_id: str) -> Connected:
        """The person's choice. Raises ConsentRefused, InvalidInput (not among those offered), Conflict, NotFound."""
        offered = self._held(access, choice)
        tenant = next((tenant for tenant in offered[2] if tenant.tenant_id == tenant_id), None)
        if tenant is None:
            raise InvalidInput({"tenant": "Please choose one of these organisations."})
        with self._units.write(patience=PATIENCE) as uow:
            used = uow.oauth_states.use(digest(choice))
            uow.commit()
        if used is None:  # pressed twice
            raise self._refusal(access, "used")
        return self._join(access, used.webservice_id, offered[1], tenant)

    def _held(self, access: Access, choice: str) -> tuple[OAuthState, TokenSet, Sequence[XeroTenant]]:
        with self._units.read() as uow:
            held = uow.oauth_states.held(digest(choice))
        if held is None:
            raise self._refusal(access, "used")
        if not is_of(held[0], access):
            raise self._refusal(access, "mismatch")
        return held

    def _exchange(self, access: Access, code: Secret, nonce: str) -> Grant:
        try:
            return self._auth.exchange(code, nonce=nonce)
        except AuthUnavailable as problem:
            raise self._refusal(access, "unavailable", problem.detail) from None
        except AuthRejected as problem:
            reason = {"invalid_grant": "expired", "missing_scope": "missing_scope"}.get(problem.code, "rejected")
            raise self._refusal(access, reason, problem.code) from None

    def _tenants(self, access: Access, grant: Grant, before: Connection | None) -> tuple[XeroTenant, ...]:
        """The organisations of this consent. A consent for an organisation that was connected before may not be
        listed under its own event (xero-facts §1.7), so the whole list is asked for the known one then."""
        token = grant.tokens.access_token
        try:
            found = _organisations(self._auth.connections(token, auth_event_id=grant.auth_event_id))
            if not found and grant.auth_event_id:
                found = _organisations(self._auth.connections(token))
                known = [tenant for tenant in found if before and tenant.tenant_id == before.tenant_id]
                found = known or found
        except (AuthUnavailable, AuthRejected) as problem:
            raise self._refusal(access, "unavailable", problem.detail) from None
        if not found:
            raise self._refusal(access, "no_organisation")
        return tuple(found)

    def _ask(
        self,
        access: Access,
        consent: OAuthState,
        tokens: TokenSet,
        tenants: tuple[XeroTenant, ...],
        before: Connection | None,
    ) -> Choose:
        choice = secrets.token_urlsafe(32)
        with self._units.write(patience=PATIENCE) as uow:
            kept = replace(consent, nonce="", expires_at=uow.now() + CONSENT_LASTS)
            uow.oauth_states.hold(digest(choice), kept, tokens, tenants)
            uow.commit()
        return Choose(choice, tenants, before.organisation_name if before else "")

    def _join(self, access: Access, webservice_id: str, tokens: TokenSet, tenant: XeroTenant) -> Connected:
        """Make it so, in one transaction; then what a new connection wants at once."""
        actor = _actor(access)
        time_zone = asked(self._gallery, access.gallery_id).time_zone
        with self._units.write(patience=PATIENCE) as uow:
            webservice = uow.webservices.get(access.gallery_id, webservice_id)
            if webservice is None:
                raise NotFound(f"webservice {webservice_id}")
            before = uow.connections.of_webservice(access.gallery_id, webservice_id)
            other = before is not None and before.tenant_id != tenant.tenant_id
            if other:
                webservice = _begun_anew(uow, webservice, actor)
            connection = uow.connections.connect(access.gallery_id, webservice.id, tenant, tokens)
            self._schedules.plan(uow, webservice, connection, time_zone)
            action = "reconnected" if before is not None and not other else "connected"
            uow.audit.add(access.gallery_id, actor, action, subject=webservice.id, outcome=tenant.tenant_id)
            uow.commit()
        if before is not None and other and before.status is not ConnectionStatus.DISCONNECTED:
            self._forget_at_xero(before, tokens.access_token)
        self._begin_work(access, webservice, connection, again=before is not None and not other)
        replaced = before.organisation_name if before is not None and other else ""
        return Connected(webservice.id, tenant.name, action == "reconnected", replaced)

    def _begin_work(self, access: Access, webservice: Webservice, connection: Connection, *, again: bool) -> None:
        """Read the accounts, start the contact import when it is wanted, catch up after a gap. A failure of these
        does not undo the connection: each has a way of its own to happen later."""
        try:
            self._reference.refresh(connection.id, within=READ_WITHIN)
        except GalleriaXeroError as problem:
            log.info("connection %s: reference data later: %s", connection.id, problem.detail or problem.user_message)
            self._queue.ring_reference(connection.id)
        actor, gallery_id = _actor(access), access.gallery_id
        trigger = RunTrigger.PERSON if again else RunTrigger.FIRST
        try:
            if webservice.settings.import_contacts:
                self._runs.start_contacts(gallery_id, webservice.id, actor, trigger)
        except GalleriaXeroError as problem:
            log.info("connection %s: no contact import now: %s", connection.id, problem.user_message)
        try:
            if again and self._has_a_gap(webservice, connection):
                self._runs.start_export(gallery_id, webservice.id, actor, trigger)
        except GalleriaXeroError as problem:
            log.info("connection %s: no sync now: %s", connection.id, problem.user_message)

    def _has_a_gap(self, webservice: Webservice, connection: Connection) -> bool:
        """Whether a reconnected webservice catches up by itself: when it runs by itself anyway, when a run was cut
        off, or when documents wait to be sent."""
        if webservice.mapping_completed_at is None:
            return False
        with self._units.read() as uow:
            latest = uow.runs.latest(webservice.gallery_id, webservice.id, limit=10)
            last = next((run for run in latest if run.kind is RunKind.EXPORT), None)
            cut_off = last is not None and last.state is RunState.FAILED and last.error_code in CUT_OFF
            due = uow.ledger.has_due_work(webservice.gallery_id, connection.tenant_id)
        return webservice.settings.scheduled or cut_off or due

    def _refusal(self, access: Access, reason: str, detail: str = "") -> ConsentRefused:
        """Refused ways back are kept in the trail (security 51)."""
        try:
            with self._units.write(patience=PATIENCE) as uow:
                uow.audit.add(access.gallery_id, _actor(access), "callback refused", outcome=reason)
                uow.commit()
        except GalleriaXeroError as problem:
            log.warning("a refused callback is not in the trail: %s", problem.detail)
        return ConsentRefused(reason, detail=detail)


def _begun_anew(uow: UnitOfWork, webservice: Webservice, actor: Actor) -> Webservice:
    """Another organisation has other accounts, tax rates and lock dates, and nothing of what the gallery ever sent
    stands there. So it gets a webservice of its own with the same preferences; mapping, Sync From Date and Copy All
    are chosen anew. The old one is closed, its ledger stays with its organisation."""
    uow.webservices.delete(webservice.gallery_id, webservice.id)
    settings = replace(webservice.settings, mapping=AccountMapping(), sync_from=None, copy_existing=False)
    uow.audit.add(
        webservice.gallery_id, actor, "webservice closed", subject=webservice.id, outcome="another organisation"
    )
    return uow.webservices.add(webservice.gallery_id, settings, actor)


def _wrong(settings: Settings) -> dict[str, str]:
    errors = {}
    problem = prefix_error(settings.prefix)
    if problem is not None:
        errors["prefix"] = problem
    if not all(address.isprintable() and _ADDRESS.fullmatch(address) for address in settings.admin_emails):
        errors["admin_emails"] = "Please enter e-mail addresses like name@example.com, separated by commas."
    return errors


def _organisations(tenants: Sequence[XeroTenant]) -> list[XeroTenant]:
    return [tenant for tenant in tenants if tenant.tenant_type == "ORGANISATION"]


def _actor(access: Access) -> Actor:
    return Actor(access.user_id, access.user_name)
