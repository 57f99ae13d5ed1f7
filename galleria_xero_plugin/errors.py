"""Every error that this package raises, by what has to happen next.

::

    GalleriaXeroError            .user_message (safe to show)  .detail (for the log)
    ├── ConfigError              the set-up is wrong; lists every fault at once
    ├── NotConnected             there is no connection to Xero (yet, or any more)
    │   └── ReconnectRequired    Xero no longer accepts our consent: a person must reconnect
    ├── InvalidInput             what a person typed: field -> message
    ├── Conflict                 somebody saved first, or a run is already going
    ├── NotFound                 no such thing in this gallery
    ├── Paused                   Xero asked the whole organisation to wait: .until .reason
    ├── Busy                     the database stayed locked longer than we may wait
    ├── TokenUnreadable          stored tokens cannot be decrypted (key missing, row tampered with)
    ├── AuthRejected             the token endpoint said no (.code, e.g. "invalid_grant")
    ├── AuthUnavailable          the token endpoint gave no usable answer: try again later
    └── XeroError                an accounting call failed: .status .request_id
        ├── NotSent              surely not executed: nothing written, refused, 401 expired, 429
        │   └── RateLimited      429: .which ("minute", "day", "concurrent") .retry_after (seconds)
        ├── Unknown              a write whose effect is unknown: read back, never retry
        ├── ScopeMissing         the consent does not cover this call: never refresh, ask a person
        ├── AccessLost           403: ask /connections whether the organisation is still there
        └── ReadFailed           any failure of a read: repeat later

A refusal of single documents inside an accepted request is no exception: it is data
(`ports.xero.Element`), because the other documents of the same request went through.

The constructors take finished values; reading an answer is the business of `xero.payloads`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence


class GalleriaXeroError(Exception):
    """Base of all. `user_message` is plain words for a gallery owner; `detail` is for the log only
    and never carries a token, a code or a state."""

    def __init__(self, user_message: str, *, detail: str = "") -> None:
        super().__init__(detail or user_message)
        self.user_message = user_message
        self.detail = detail


class ConfigError(GalleriaXeroError):
    """The site's configuration cannot work. `faults` lists everything wrong, one sentence each."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            "The Xero connection is not set up on this site yet.",
            detail="galleria-xero configuration:\n" + "\n".join(f"  - {fault}" for fault in self.faults),
        )


class NotConnected(GalleriaXeroError):
    """The webservice has no working connection to an organisation."""


class ReconnectRequired(NotConnected):
    """Xero withdrew the consent or let it lapse; only a person can give it again."""


class InvalidInput(GalleriaXeroError):
    """What a person entered cannot be saved. `errors` maps a form field's name to its message."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("Please correct the marked fields.", detail=f"invalid input: {sorted(self.errors)}")


class Conflict(GalleriaXeroError):
    """Somebody else was first: another save of the same settings, or a run that is already going."""


class NotFound(GalleriaXeroError):
    """Nothing of that id in this gallery (also when it exists in another one)."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("This page does not exist, or is not yours.", detail=detail)


class Paused(GalleriaXeroError):
    """No call to this organisation before `until` (aware); `reason` is "minute", "day", "concurrent",
    "reserve" (the day's last calls are kept for people) or "offline"."""

    def __init__(self, until: dt.datetime, reason: str) -> None:
        super().__init__("Xero asked us to wait.", detail=f"paused ({reason}) until {until.isoformat()}")
        self.until = until
        self.reason = reason


class Busy(GalleriaXeroError):
    """The database stayed locked for as long as the caller was ready to wait; nothing was written."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("The site is busy at the moment. Nothing was changed: please try again.", detail=detail)


class TokenUnreadable(GalleriaXeroError):
    """Stored tokens cannot be decrypted: a key is missing from TOKEN_KEYS or the row was altered.
    Nothing may be deleted for it: with the right key the connection works again."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            "Nothing is lost. The site's developer has to put the key that it was stored with back into the site's "
            "configuration; then it goes on.",
            detail=detail,
        )


class AuthRejected(GalleriaXeroError):
    """The token endpoint refused with a definite OAuth error `code` (`invalid_grant`, `invalid_client`,
    `invalid_scope`, `unauthorized_client`, `invalid_request`, or `invalid_id_token` from our own checks)."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__("Xero did not accept the connection.", detail=f"token endpoint: {code}")


class AuthUnavailable(GalleriaXeroError):
    """No usable answer of the token endpoint or of /connections: says nothing about the consent."""

    def __init__(self, what: str, *, status: int | None = None, retry_after: int | None = None) -> None:
        self.status = status
        self.retry_after = retry_after
        super().__init__("Xero cannot be reached at the moment.", detail=f"token endpoint: {what} (status {status})")


class XeroError(GalleriaXeroError):
    """An accounting call failed. `status` is the HTTP status or None when there was no answer;
    `request_id` is Xero's own reference for its support. `untrusted`: whoever answered could not prove to be Xero."""

    untrusted = False

    def __init__(
        self, user_message: str, *, detail: str = "", status: int | None = None, request_id: str | None = None
    ) -> None:
        super().__init__(user_message, detail=detail)
        self.status = status
        self.request_id = request_id


class NotSent(XeroError):
    """Surely not executed at Xero. `token_refused` is true for a 401 that a refresh may cure."""

    def __init__(
        self,
        user_message: str = "Xero could not be reached.",
        *,
        detail: str = "",
        status: int | None = None,
        request_id: str | None = None,
        token_refused: bool = False,
    ) -> None:
        super().__init__(user_message, detail=detail, status=status, request_id=request_id)
        self.token_refused = token_refused


class TooLate(NotSent):
    """The time within which the request had to begin was over before its first byte: it was kept back."""

    def __init__(self) -> None:
        super().__init__(detail="the send deadline has passed")


class RateLimited(NotSent):
    """HTTP 429. `which` is "minute", "day", "concurrent", "appminute" or "unknown"; `retry_after` is seconds
    from now, already clamped to something sane, or None when Xero did not say."""

    def __init__(self, which: str, retry_after: int | None, *, request_id: str | None = None) -> None:
        super().__init__(
            "Xero asked us to wait.", detail=f"429 {which}, retry after {retry_after}", status=429, request_id=request_id
        )
        self.which = which
        self.retry_after = retry_after


class Unknown(XeroError):
    """A write that may or may not have been executed. Only reading back tells (`export-protocol` R5).
    `whole_request_refused` is true for a 400 about the request as a whole, or a 404 on a write:
    nothing was probably done, and one bad document may be the cause, so it is bisected after the read-back.
    `our_mistake` is true when Xero knows the idempotency key from another request."""

    def __init__(
        self,
        user_message: str = "Xero did not confirm; we are checking what arrived.",
        *,
        detail: str = "",
        status: int | None = None,
        request_id: str | None = None,
        whole_request_refused: bool = False,
        our_mistake: bool = False,
    ) -> None:
        super().__init__(user_message, detail=detail, status=status, request_id=request_id)
        self.whole_request_refused = whole_request_refused
        self.our_mistake = our_mistake


class ScopeMissing(XeroError):
    """The consent lacks a scope. Refreshing would only rotate the token for nothing."""


class AccessLost(XeroError):
    """HTTP 403: the organisation may have been disconnected in Xero; /connections decides."""


class ReadFailed(XeroError):
    """A read failed in any way that says nothing about our data: repeat later, conclude nothing."""
