"""Calls to one organisation: a fresh token, a slot within the limits, and what a refusal means for the
whole connection (export-protocol §2.5, product.md §5.15)."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from typing import TypeVar

from .. import failpoints
from ..domain.limits import remembered, wait_needed
from ..errors import (
    AccessLost,
    AuthUnavailable,
    NotConnected,
    NotSent,
    Paused,
    RateLimited,
    ReadFailed,
    ReconnectRequired,
    ScopeMissing,
    TooLate,
    XeroError,
)
from ..ports.records import Connection, ConnectionStatus
from ..ports.runtime import Clock
from ..ports.store import Units
from ..ports.xero import Answer, Quota, Secret, TenantAccess, XeroApi, XeroRequest
from .lease import PATIENCE
from .tokens import Tokens

log = logging.getLogger("galleria_xero.calls")

T = TypeVar("T")

SHORT_WAIT_MS = 2_000
"""A slot that comes this soon is waited for; otherwise the worker goes on with somebody else."""
UNTOLD_PAUSE = {"concurrent": 5, "minute": 61, "day": 3_600}
"""Seconds to wait after a 429 that does not say how long."""
RESERVE = "reserve"
UNTRUSTED = "untrusted"
"""The topic of a line to Xero that is not safe, and that its people have still to be told about."""


class Calls:
    """Makes `OrganisationCalls`. `lost` is asked after a 403 whether the organisation is really gone; it may raise
    AuthUnavailable when nobody says."""

    def __init__(
        self,
        units: Units,
        api: XeroApi,
        tokens: Tokens,
        clock: Clock,
        *,
        per_minute: int,
        day_reserve: int,
        offline_pause: dt.timedelta,
        lost: Callable[[str], bool],
    ) -> None:
        self.units = units
        self.api = api
        self.tokens = tokens
        self.clock = clock
        self.per_minute = per_minute
        self.day_reserve = day_reserve
        self.offline_pause = offline_pause
        self.lost = lost

    def of(self, connection: Connection, *, interactive: bool = False) -> OrganisationCalls:
        """Calls for this connection; `interactive` ones may use the day's reserve."""
        return OrganisationCalls(self, connection, interactive)


class OrganisationCalls:
    """One caller's view of one organisation. Not for several threads at once."""

    def __init__(self, shared: Calls, connection: Connection, interactive: bool) -> None:
        self._shared = shared
        self._connection = connection
        self._interactive = interactive
        self._times = list(connection.call_times)
        # Only a call can tell that a new day has begun, so after a pause for the reserve one call goes out
        self._day_remaining = None if connection.pause_reason == RESERVE else connection.day_remaining
        self._token: tuple[int, Secret] | None = None
        self._refused_version: int | None = None

    def ready(self) -> None:
        """Have a fresh token and a free slot, so that the next call goes out at once.

        Raises Paused, ReconnectRequired, NotConnected or NotSent (the token endpoint does not answer).
        """
        self._await_slot()
        try:
            self._token = self._shared.tokens.access(self._connection.id)
        except AuthUnavailable as error:
            raise _no_sign_in(error) from None

    def read(self, request: XeroRequest[T]) -> T:
        """Perform a GET; a refused token is refreshed once.

        Raises Paused, ReconnectRequired, NotConnected, ScopeMissing or ReadFailed.
        """
        try:
            self.ready()
            return self._perform(request).value
        except NotSent as error:
            raise ReadFailed(error.user_message, detail=error.detail, status=error.status) from None

    def write(self, request: XeroRequest[T], key: str, *, until: float) -> Answer[T]:
        """Perform a write, after `ready()`: begun before the monotonic instant `until`, or not at all. A refused
        token is refreshed once, because Xero has not executed what it refused.

        Raises Paused or NotSent (surely not executed), Unknown (read back), ReconnectRequired, NotConnected or
        ScopeMissing (surely not executed either).
        """
        return self._perform(request, key, until)

    def _perform(self, request: XeroRequest[T], key: str | None = None, until: float | None = None) -> Answer[T]:
        try:
            return self._send(request, key, until)
        except NotSent as error:
            if not error.token_refused:
                raise
        self.ready()
        return self._send(request, key, until)

    def _send(self, request: XeroRequest[T], key: str | None, until: float | None) -> Answer[T]:
        assert self._token is not None, "ready() comes first"
        within = None if until is None else until - self._shared.clock.monotonic()
        if within is not None and within < 0:
            raise TooLate
        version, token = self._token
        quota = Quota()
        self._times.append(self._now_ms())
        try:
            answer = self._shared.api.send(
                request, TenantAccess(self._connection.tenant_id, token), idempotency_key=key, within=within
            )
            if key is not None:
                failpoints.reach("after_answer")
            quota = answer.quota
            self._refused_version = None
            return answer
        except RateLimited as error:
            raise self._pause_for(error) from None
        except (NotSent, ReadFailed) as error:
            if error.untrusted:
                self._not_trusted()
            elif isinstance(error, NotSent) and error.token_refused:
                self._refresh_refused(version)
            raise
        except AccessLost as error:
            raise self._after_403(error) from None
        except ScopeMissing:
            self._set_status(ConnectionStatus.NEEDS_REAUTH, "scope_missing")
            raise
        finally:
            self._note(quota)

    def _refresh_refused(self, version: int) -> None:
        """The clock is advice, the 401 is law: refresh once; a second refusal needs a person."""
        if self._refused_version is not None:
            self._set_status(ConnectionStatus.NEEDS_REAUTH, "needs_reauth")
            raise ReconnectRequired("Xero no longer accepts our permission: press Reconnect.")
        self._refused_version = version
        try:
            self._token = self._shared.tokens.refused(self._connection.id, version)
        except AuthUnavailable as error:
            raise _no_sign_in(error) from None

    def _after_403(self, error: AccessLost) -> XeroError | NotConnected:
        try:
            gone = self._shared.lost(self._connection.id)
        except AuthUnavailable as unanswered:
            return _no_sign_in(unanswered)
        if gone:
            return NotConnected("The organisation was disconnected in Xero.", detail=error.detail)
        self._set_status(ConnectionStatus.NEEDS_REAUTH, "scope_missing")
        return ScopeMissing("Xero refuses access for this user.", detail=error.detail, status=error.status)

    def _not_trusted(self) -> None:
        """Nothing was sent; that somebody stands between us and Xero is for a person to hear."""
        log.error("connection %s: the other side's certificate is not Xero's: nothing is sent", self._connection.id)
        with self._shared.units.write(patience=PATIENCE) as uow:
            uow.notices.claim(self._connection.id, UNTRUSTED)
            uow.commit()

    def _await_slot(self) -> None:
        reserve = self._shared.day_reserve
        if not self._interactive and self._day_remaining is not None and self._day_remaining <= reserve:
            raise self._pause(dt.timedelta(hours=1), RESERVE)
        wait = wait_needed(self._times, self._now_ms(), self._shared.per_minute)
        if wait > SHORT_WAIT_MS:
            raise self._pause(dt.timedelta(milliseconds=wait), "minute")
        if wait > 0:
            self._shared.clock.sleep(wait / 1000)

    def _pause_for(self, error: RateLimited) -> Paused:
        seconds = error.retry_after if error.retry_after is not None else UNTOLD_PAUSE.get(error.which, 61)
        # a second more, so that Xero's rounding of Retry-After never sends us back too early
        return self._pause(dt.timedelta(seconds=seconds + 1), error.which)

    def _pause(self, wait: dt.timedelta, reason: str) -> Paused:
        with self._shared.units.write(patience=PATIENCE) as uow:
            until = uow.now() + wait
            uow.connections.pause(self._connection.id, until, reason)
            uow.commit()
        return Paused(until, reason)

    def offline(self) -> Paused:
        """Xero did not answer usefully: leave it alone for a while."""
        return self._pause(self._shared.offline_pause, "offline")

    def _set_status(self, status: ConnectionStatus, reason: str) -> None:
        with self._shared.units.write(patience=PATIENCE) as uow:
            uow.connections.set_status(self._connection.id, status, reason)
            uow.commit()

    def _note(self, quota: Quota) -> None:
        if quota.day_remaining is not None:
            self._day_remaining = quota.day_remaining
        self._times = list(remembered(self._times, self._now_ms()))
        with self._shared.units.write(patience=PATIENCE) as uow:
            uow.connections.note_calls(self._connection.id, self._times, quota)
            uow.commit()

    def _now_ms(self) -> int:
        return int(self._shared.clock.now().timestamp() * 1000)


def _no_sign_in(error: AuthUnavailable) -> NotSent:
    return NotSent("Xero's sign-in does not answer.", detail=error.detail, status=error.status)
