"""What an answer means for what happens next (export-protocol §2.5, `errors`).

One table, first match wins. Its last row is the careful one: of a write we do not know, of a read we know
nothing. Nothing here looks at the type of an exception; the transport says whether it wrote.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..errors import AccessLost, NotSent, RateLimited, ReadFailed, ScopeMissing, TooLate, Unknown, XeroError
from ..ports.xero import Quota
from . import reading as r
from .transport import UNTRUSTED, Failure, Reply

# A day limit was seen to ask for some twenty hours; longer than this is nonsense.
LONGEST_WAIT = 25 * 3600  # seconds
LIMIT_KINDS = frozenset({"minute", "day", "concurrent", "appminute"})
DETAIL_LIMIT = 500

# Both spellings of the OAuth code are Xero's (xero-facts §6.2).
_SCOPE = ("authorizationunsuccessful", "insufficient_scope", "insufficent_scope", "insufficient scope")
_REQUEST_ID = re.compile(r"[0-9A-Za-z-]{8,64}", re.ASCII)
_COUNT = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Case:
    """An answer that is no success, with what the rows of the table look at."""

    status: int
    is_write: bool
    request_id: str | None
    marks: str  # the words that name a cause, in lower case
    detail: str  # for the log
    gateway: bool  # a JSON object, or nothing at all: not a page of something in between
    which: str
    retry_after: int | None


def _known(kind: type[XeroError], user_message: str) -> Callable[[Case], XeroError]:
    return lambda c: kind(user_message, detail=c.detail, status=c.status, request_id=c.request_id)


def _unknown(*, refused: bool = False, ours: bool = False) -> Callable[[Case], XeroError]:
    return lambda c: Unknown(
        detail=c.detail, status=c.status, request_id=c.request_id, whole_request_refused=refused, our_mistake=ours
    )


def _token_refused(c: Case) -> XeroError:
    return NotSent(detail=c.detail, status=c.status, request_id=c.request_id, token_refused=True)


def _rate_limited(c: Case) -> XeroError:
    return RateLimited(c.which, c.retry_after, request_id=c.request_id)


def _read_failed(c: Case) -> XeroError:
    return ReadFailed("Xero could not be read.", detail=c.detail, status=c.status, request_id=c.request_id)


Row = tuple[Callable[[Case], bool], Callable[[Case], XeroError]]

TABLE: tuple[Row, ...] = (
    # The limiter stands in front of everything else: surely not executed.
    (lambda c: c.status == 429, _rate_limited),
    # Xero says it with either status; refreshing would only rotate the token for nothing.
    (
        lambda c: c.status in (401, 403) and any(mark in c.marks for mark in _SCOPE),
        _known(ScopeMissing, "The connection to Xero lacks a permission. Please connect again."),
    ),
    (lambda c: c.status == 401, _token_refused),
    (
        lambda c: c.status == 403 and c.gateway,
        _known(AccessLost, "Xero does not let us into the organisation any more."),
    ),
    (lambda c: not c.is_write, _read_failed),
    # Our bug, and splitting the batch would not cure it.
    (lambda c: c.status == 400 and "idempotency key" in c.marks, _unknown(ours=True)),
    # 413 is not in Xero's documents; it says the same of the request as a whole.
    (lambda c: c.status in (400, 404, 413), _unknown(refused=True)),
    (lambda c: True, _unknown()),
)


def _without_answer(failure: Failure, is_write: bool) -> XeroError:
    if failure.late and is_write:
        return TooLate()
    kind = (Unknown if failure.wrote else NotSent) if is_write else ReadFailed
    error = kind(detail=failure.what) if is_write else kind("Xero could not be read.", detail=failure.what)
    error.untrusted = failure.what == UNTRUSTED
    return error


def classify(outcome: Reply | Failure, *, is_write: bool, now: float) -> XeroError | None:
    """The error that this outcome is, or None for a 200 with JSON, which is still to be read.

    `now` is the present as seconds since 1970 (a Retry-After may be a date)."""
    if isinstance(outcome, Failure):
        return _without_answer(outcome, is_write)
    if outcome.status == 200 and _is_json(outcome.headers):
        return None
    case = _case(outcome, is_write, now)
    return next(make(case) for fits, make in TABLE if fits(case))


def unreadable(reply: Reply, what: str, *, is_write: bool) -> XeroError:
    """A 200 that is not what was asked for; `what` is a reader's text, which names fields only."""
    if is_write:
        return Unknown(detail=what, status=reply.status, request_id=request_id(reply.headers))
    return ReadFailed(
        "Xero's answer could not be read.", detail=what, status=reply.status, request_id=request_id(reply.headers)
    )


def quota(headers: Mapping[str, str]) -> Quota:
    """The calls left, as the headers say (xero-facts §2.1)."""
    return Quota(
        day_remaining=_count(headers.get("X-DayLimit-Remaining")),
        minute_remaining=_count(headers.get("X-MinLimit-Remaining")),
    )


def request_id(headers: Mapping[str, str]) -> str | None:
    """Xero's reference for its support, if it looks like one."""
    found = headers.get("xero-correlation-id") or headers.get("X-Correlation-Id") or ""
    return found if _REQUEST_ID.fullmatch(found) else None


def retry_after(value: str | None, now: float) -> int | None:
    """Seconds to wait, from a number or an HTTP date; None for what is missing, past or garbage."""
    if not value:
        return None
    seconds = _count(value.strip())
    if seconds is None:
        try:
            moment = email.utils.parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        # A date without a zone is UTC here, whatever this host's zone is.
        aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        seconds = int(aware.timestamp() - now)
    return min(seconds, LONGEST_WAIT) if seconds >= 0 else None


def _count(value: str | None) -> int | None:
    return int(value) if value and _COUNT.fullmatch(value) else None


def _is_json(headers: Mapping[str, str]) -> bool:
    return headers.get("Content-Type", "").partition(";")[0].strip().lower() in ("application/json", "text/json")


def _case(reply: Reply, is_write: bool, now: float) -> Case:
    try:
        document = r.decode(reply.body) if reply.body else {}
    except ValueError:
        document = None
    which = reply.headers.get("X-Rate-Limit-Problem", "").strip().lower()
    words = _words(document)
    detail = words[:DETAIL_LIMIT]
    return Case(
        status=reply.status,
        is_write=is_write,
        request_id=request_id(reply.headers),
        marks=f"{words}\n{reply.headers.get('WWW-Authenticate', '')[:DETAIL_LIMIT]}".lower(),
        detail=f"HTTP {reply.status}" + (f": {detail}" if detail else ""),
        gateway=isinstance(document, dict),
        which=which if which in LIMIT_KINDS else "unknown",
        retry_after=retry_after(reply.headers.get("Retry-After"), now),
    )


def _words(document: object) -> str:
    """What the body says about the cause, in one line (xero-facts §6.1, §6.2)."""
    if not isinstance(document, dict):
        return ""
    top = (r.text(document, name, DETAIL_LIMIT) for name in ("Type", "Title", "Message", "Detail"))
    words = " | ".join(filter(None, (*top, *r.messages(document, "ValidationErrors"))))
    return " ".join(words.split())
