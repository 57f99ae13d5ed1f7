"""Pages that wait for a worker: the old answer is shown as old, and the page loads itself anew when the new one is there.

What is waited for stands in the address, so nothing is kept about it: a page opened later, or by somebody else, shows
what there is.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask import Response, request, url_for

from ..domain.model import Access
from ..proxies import services
from .responses import BLUEPRINT, PollResponse, poll_answer, see_other

LONGEST = dt.timedelta(minutes=10)
"""A worker that takes longer has met a problem, which stands on the Webservices tab."""
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MOST_DIGITS = 14


@dataclass(frozen=True, slots=True)
class Awaited:
    """An answer that is on its way: the address that tells when it is there, and of when the old one is."""

    url: str
    old: dt.datetime | None


def and_wait(endpoint: str, webservice_id: str, now: dt.datetime) -> Response:
    """On to a page that waits for what was asked for just now."""
    return see_other(endpoint, webservice_id=webservice_id, asked=(now - _EPOCH) // dt.timedelta(milliseconds=1))


def awaited(what: str, webservice_id: str, answered: dt.datetime | None, now: dt.datetime) -> Awaited | None:
    """What this page waits for; None when the answer is there, or will not come any more."""
    text = request.args.get("asked", "")
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        return None
    asked = _EPOCH + int(text) * dt.timedelta(milliseconds=1)
    if not now - LONGEST < asked <= now or (answered is not None and answered >= asked):
        return None
    url = url_for(f"{BLUEPRINT}.answered", webservice_id=webservice_id, what=what, asked=text)
    return Awaited(url, answered)


def answered(access: Access, webservice_id: str) -> PollResponse:
    """Whether the answer is there, for the polling module."""
    compared_at, fetched_at, now = services().queries.answered(access, webservice_id)
    at = compared_at if request.args.get("what") == "comparison" else fetched_at
    return poll_answer(done=awaited("", webservice_id, at, now) is None, message="It is being checked now.")
