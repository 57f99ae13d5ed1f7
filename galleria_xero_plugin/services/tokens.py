"""Access tokens: one refresh at a time, and never a lost one (export-protocol §2.8).

Xero rotates the refresh token with every use; the one before goes on working for half an hour, for the case
that its answer was lost. So a refresh is claimed in the database, the call is made outside any transaction,
and the new tokens are committed before anybody uses them.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from .. import failpoints
from ..domain.states import RunKind, RunState
from ..errors import (
    AuthRejected,
    AuthUnavailable,
    Busy,
    GalleriaXeroError,
    NotConnected,
    ReconnectRequired,
)
from ..ports.records import SCHEDULE, Connection, ConnectionStatus
from ..ports.runtime import Clock
from ..ports.store import UnitOfWork, Units
from ..ports.xero import Secret, TokenSet, XeroAuth
from .lease import PATIENCE

log = logging.getLogger("galleria_xero.tokens")

MARGIN = dt.timedelta(seconds=120)
"""A token that lives no longer than this is refreshed first: a request may take a minute."""
CLAIM = 45
"""Seconds that a refresh is ours: longer than two calls of the token endpoint take."""
WAIT = 20.0
"""Seconds to wait for somebody else's refresh."""
GRACE = dt.timedelta(minutes=30)
"""How long Xero goes on accepting the refresh token before the current one."""
KEEP_AFTER = dt.timedelta(days=20)
"""Refresh tokens die unused after 60 days; a sleeping gallery's is renewed long before."""
UNANSWERED = "xero_unreachable"
"""The connection's reason while a refresh has had no answer: Xero may have rotated, so somebody must ask again
within GRACE, also when no sync is due."""


@dataclass(frozen=True, slots=True)
class _Held:
    """The tokens of a connection as they stand in the database."""

    connection: Connection
    version: int
    current: TokenSet
    previous: TokenSet | None
    fresh: bool
    recent: bool

    @property
    def answer(self) -> tuple[int, Secret]:
        return self.version, self.current.access_token


class Tokens:
    """Who needs an access token asks here. `notify_reconnect` tells the people that Xero wants them."""

    def __init__(
        self,
        units: Units,
        auth: XeroAuth,
        clock: Clock,
        *,
        notify_reconnect: Callable[[Connection], None],
        claim: int = CLAIM,
    ) -> None:
        self._units = units
        self._auth = auth
        self._clock = clock
        self._notify_reconnect = notify_reconnect
        self._claim_seconds = claim

    def access(self, connection_id: str) -> tuple[int, Secret]:
        """(token version, access token), with at least two minutes to live; refreshes when needed.

        Raises NotConnected, ReconnectRequired, AuthUnavailable (try later), TokenUnreadable or Busy.
        """
        held = self._read(connection_id)
        return held.answer if held.fresh else self._renew(connection_id, held.version)

    def refused(self, connection_id: str, version: int) -> tuple[int, Secret]:
        """The API answered 401 to this version, whatever the clock says: the newer one if there is one, else
        refresh once. Raises as `access`."""
        held = self._read(connection_id)
        if held.version != version:
            return self.access(connection_id)
        return self._renew(connection_id, version)

    def keep(self) -> int:
        """Refresh what nobody used for weeks, and what was left without an answer; how many were renewed.

        Ends at the first sign that Xero's token endpoint is not there: the others would only wait for it too.
        """
        with self._units.read() as uow:
            now = uow.now()
            candidates = uow.connections.to_keep(now + dt.timedelta(seconds=1))
        kept = 0
        for connection in candidates:
            old = connection.refreshed_at is None or connection.refreshed_at < now - KEEP_AFTER
            if connection.status is ConnectionStatus.NEEDS_REAUTH:
                continue
            if not old and connection.status_reason != UNANSWERED:
                continue
            try:
                self._renew(connection.id, connection.token_version)
                kept += 1
            except AuthUnavailable as error:
                log.warning("connection %s: not kept alive: %s", connection.id, error.detail)
                break
            except GalleriaXeroError as error:
                log.warning("connection %s: not kept alive: %s", connection.id, error.detail or error.user_message)
        return kept

    def _read(self, connection_id: str) -> _Held:
        with self._units.read() as uow:
            return _held(uow, connection_id)

    def _renew(self, connection_id: str, version: int) -> tuple[int, Secret]:
        """Refresh this version, or take what somebody else refreshed it to."""
        give_up = self._clock.monotonic() + WAIT
        while True:
            try:
                lease, held = self._claim(connection_id, version)
            except Busy:  # whoever keeps the database locked may well be the one who refreshes
                lease, held = None, self._read(connection_id)
            if lease is not None:
                return self._rotate(held, lease)
            if held.version != version:
                return held.answer
            if self._clock.monotonic() >= give_up:
                raise AuthUnavailable("somebody else's refresh takes too long")
            self._clock.sleep((50 + secrets.randbelow(100)) / 1000)

    def _claim(self, connection_id: str, version: int) -> tuple[int | None, _Held]:
        with self._units.write() as uow:
            lease = uow.connections.claim_refresh(connection_id, version, self._claim_seconds)
            held = _held(uow, connection_id)  # raises, and so gives the claim back, when there are no tokens
            uow.commit()
        return lease, held

    def _rotate(self, held: _Held, lease: int) -> tuple[int, Secret]:
        """The call itself, outside any transaction, and the commit before anybody uses its answer."""
        connection_id = held.connection.id
        try:
            fresh = self._ask(held.current)
        except AuthRejected as refusal:
            if refusal.code != "invalid_grant":
                # About this site's registration at Xero, not about the gallery's consent.
                log.error("connection %s: the token endpoint refused us: %s", connection_id, refusal.code)
                self._release(held, lease)
                raise AuthUnavailable(f"refused: {refusal.code}") from None
            return self._after_invalid_grant(held, lease)
        except AuthUnavailable as error:
            self._release(held, lease, unanswered=error.status is None)
            raise
        return self._store(held, lease, fresh)

    def _after_invalid_grant(self, held: _Held, lease: int) -> tuple[int, Secret]:
        """Somebody may have rotated meanwhile; or the rotation was ours and its commit was lost, or the database
        was restored; only then is it true."""
        now_held = self._read(held.connection.id)
        if now_held.version != held.version:
            return now_held.answer
        if held.previous is not None and held.recent:
            try:
                fresh = self._ask(held.previous)
            except AuthUnavailable as error:
                self._release(held, lease, unanswered=error.status is None)
                raise
            except AuthRejected:
                log.info("connection %s: the token before is refused as well", held.connection.id)
            else:
                return self._store(held, lease, fresh)
        return self._give_up(held, lease)

    def _ask(self, tokens: TokenSet) -> TokenSet:
        """One refresh. When nothing came back it is asked once more: the old token still works, and a worker
        that is killed now would leave the lost answer to chance."""
        try:
            fresh = self._auth.refresh(tokens.refresh_token)
        except AuthUnavailable as error:
            if error.status is not None:
                raise
            fresh = self._auth.refresh(tokens.refresh_token)
        return fresh if fresh.scopes else replace(fresh, scopes=tokens.scopes)

    def _store(self, held: _Held, lease: int, fresh: TokenSet) -> tuple[int, Secret]:
        connection_id = held.connection.id
        failpoints.reach("in_refresh")
        with self._units.write(patience=PATIENCE) as uow:
            stored = uow.connections.store_tokens(connection_id, held.version, lease, fresh)
            if stored:
                _note(uow, connection_id, None)
                uow.commit()
        if stored:
            return held.version + 1, fresh.access_token
        # Our claim had run out, or a person disconnected or reconnected meanwhile: what stands there counts.
        log.info("connection %s: a refresh came too late and was dropped", connection_id)
        return self.access(connection_id)

    def _release(self, held: _Held, lease: int, *, unanswered: bool = False) -> None:
        with self._units.write(patience=PATIENCE) as uow:
            uow.connections.release_refresh(held.connection.id, lease)
            if unanswered:
                _note(uow, held.connection.id, UNANSWERED)
            uow.commit()

    def _give_up(self, held: _Held, lease: int) -> tuple[int, Secret]:
        """A true refusal: the row and its documents stay, a person must come. Raises ReconnectRequired."""
        connection_id = held.connection.id
        with self._units.write(patience=PATIENCE) as uow:
            uow.connections.release_refresh(connection_id, lease)  # first, because it locks the row
            current = uow.connections.get(connection_id)
            true = current is not None and current.token_version == held.version
            changed = true and uow.connections.set_status(
                connection_id, ConnectionStatus.NEEDS_REAUTH, "needs_reauth"
            )
            if changed:
                end_runs(uow, connection_id, "needs_reauth")
                gallery_id = held.connection.gallery_id
                uow.audit.add(gallery_id, SCHEDULE, "permission lost", subject=connection_id, outcome="invalid_grant")
            uow.commit()
        if not true:
            return self.access(connection_id)
        if changed:
            log.warning("connection %s: Xero withdrew the permission", connection_id)
            self._notify_reconnect(held.connection)
        raise ReconnectRequired("Xero needs your permission again: press Reconnect.")


def end_runs(uow: UnitOfWork, connection_id: str, error_code: str) -> None:
    """The connection cannot work any more: its open runs end visibly; what they left goes on after Reconnect."""
    for kind in RunKind:
        run = uow.runs.open_of(connection_id, kind)
        if run is not None:
            uow.runs.finish(run.id, RunState.FAILED, error_code=error_code)


def _held(uow: UnitOfWork, connection_id: str) -> _Held:
    connection = uow.connections.get(connection_id)
    if connection is None or connection.status is ConnectionStatus.DISCONNECTED:
        raise NotConnected("This webservice is not connected to Xero.")
    if connection.status is ConnectionStatus.NEEDS_REAUTH:
        raise ReconnectRequired("Xero needs your permission again: press Reconnect.")
    found = uow.connections.tokens(connection_id)
    if found is None:
        raise NotConnected("This webservice is not connected to Xero.")
    version, current, previous = found
    if version != connection.token_version:
        # Refreshed between the two reads: an old expiry beside the new tokens would have them refreshed again.
        return _held(uow, connection_id)
    now = uow.now()
    expires_at, refreshed_at = connection.access_expires_at, connection.refreshed_at
    return _Held(
        connection,
        version,
        current,
        previous,
        fresh=expires_at is not None and expires_at - now > MARGIN,
        recent=refreshed_at is not None and now - refreshed_at < GRACE,
    )


def _note(uow: UnitOfWork, connection_id: str, reason: str | None) -> None:
    """Set or clear the reason of an unanswered refresh, and no other one. The caller has just changed the row,
    so that nobody else can in between."""
    connection = uow.connections.get(connection_id)
    if connection is not None and connection.status_reason in (None, UNANSWERED):
        uow.connections.set_status(connection_id, connection.status, reason)
