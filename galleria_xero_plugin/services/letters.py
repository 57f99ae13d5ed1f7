"""What the mails to the people of a gallery say, and the page that each leads to. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..domain.comparison import Finding
from ..domain.states import DocumentKind
from ..domain.verdict import Overall
from ..ports.records import Connection, Run
from . import wording
from .digest import LISTED, Item, grouped
from .mails import Part, Point


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail but for its readers; it ends with a link called `label` to `page` (endpoint, values)."""

    subject: str
    parts: Sequence[Part]
    label: str
    page: tuple[str, dict[str, str]]


def disconnected(connection: Connection) -> Letter:
    """The organisation was disconnected in Xero."""
    name = connection.organisation_name
    return Letter(
        f"{name} was disconnected in Xero",
        [
            f"{name} is no longer connected: somebody removed the connection in Xero.",
            "Nothing is lost. Your invoices stay in Xero, and new ones wait here until you reconnect; "
            "then what was missed is caught up by itself.",
        ],
        "Reconnect",
        _page("connect", connection),
    )


def permission_lost(connection: Connection) -> Letter:
    """Xero no longer accepts the consent."""
    name = connection.organisation_name
    return Letter(
        f"Xero needs your permission again for {name}",
        [
            f"Xero no longer accepts the permission that was given for {name}.",
            "Nothing is lost. New invoices wait here until you reconnect; then they are sent by themselves.",
        ],
        "Reconnect",
        _page("connect", connection),
    )


def not_safe(connection: Connection) -> Letter:
    """Whoever answers in Xero's place has no certificate of Xero's."""
    return Letter(
        f"The connection to Xero is not safe: nothing is sent to {connection.organisation_name}",
        [
            "Whoever answered in Xero's place could not prove to be Xero: the certificate was wrong or has expired.",
            "Nothing was sent, and nothing is lost. It is tried again every few minutes, and goes on by itself "
            "once Xero itself answers. Please tell whoever runs your website when this mail comes again.",
        ],
        "Show what is waiting",
        _page("activity", connection, group="waiting"),
    )


def first_sync(connection: Connection, run: Run, done: Mapping[DocumentKind, int], waiting: int) -> Letter:
    """The first sync with the organisation has ended; `done` stands in Xero now."""
    subject = f"The first sync with {connection.organisation_name} is done"
    lines = [
        f"{subject}. In Xero stand now:",
        f"{_count(done[DocumentKind.INVOICE], 'invoice')}, {_count(done[DocumentKind.PAYMENT], 'payment')} and "
        f"{_count(done[DocumentKind.CONTACT], 'contact')} of your gallery.",
    ]
    if waiting:
        waits = "1 document waits" if waiting == 1 else f"{waiting} documents wait"
        lines.append(f"{waits}; the page below says why, and what to do.")
    return Letter(subject, lines, "Show the sync", ("run", {"run_id": run.id}))


def disagreement(connection: Connection, verdict: Overall, fresh: Sequence[Finding]) -> Letter:
    """A comparison with Xero has found something; `fresh` is told for the first time."""
    name = connection.organisation_name
    look = "1 number wants a look" if verdict.open == 1 else f"{verdict.open:,} numbers want a look"
    lines: list[Part] = [
        f"Your gallery and {name} were compared, and they do not agree: {look}. New since the last mail:",
        *(Point(f"{one.number}: {wording.FINDINGS[one.what].text}") for one in fresh[:LISTED]),
    ]
    if len(fresh) > LISTED:
        lines.append(Point(f"and {len(fresh) - LISTED} more"))
    lines.append("Nothing was changed by itself. The page below lists everything.")
    page = _page("comparison", connection)
    return Letter(f"{name} and your gallery do not agree", lines, "Show what does not agree", page)


def digest(connection: Connection, items: Sequence[Item], address: dict[str, str], waiting: int) -> Letter:
    """What is new today; `address` has the pages by topic. `waiting` is how many documents wait altogether, 0 when
    these are all."""
    name, count = connection.organisation_name, _count(len(items), "thing")
    parts: list[Part] = [f"{count} with {name} {'needs' if len(items) == 1 else 'need'} a person since the last mail:"]
    parts += grouped(items, address)
    if waiting:
        parts.append(f"Altogether {waiting} documents wait for somebody. Everything else goes on meanwhile.")
    page = _page("activity", connection, group="waiting")
    return Letter(f"{name}: {count} to look at", parts, "Show what is waiting", page)


def _page(endpoint: str, connection: Connection, **values: str) -> tuple[str, dict[str, str]]:
    return endpoint, {"webservice_id": connection.webservice_id, **values}


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
