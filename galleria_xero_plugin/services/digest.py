"""What the daily mail is about: everything new that waits for a person, by cause, and whom it concerns."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from ..domain.reasons import Whose, explain
from ..domain.settings_check import Finding
from ..domain.states import WAITING
from ..ports.records import Connection, Document
from ..ports.store import UnitOfWork
from .mails import Heading, Part, Point

ASK_WITHIN = 500
"""How many waiting documents a digest looks at; more than that are one question, not five hundred."""
LISTED = 12


@dataclass(frozen=True, slots=True)
class Item:
    """A question. `topic` is the same as long as the question is; `page` is (endpoint, values) of where it is
    settled."""

    topic: str
    cause: str
    whose: Whose
    text: str
    page: tuple[str, dict[str, str]]


def questions(uow: UnitOfWork, connection: Connection) -> list[Item]:
    """Everything that waits for a person now."""
    scope = (connection.gallery_id, connection.tenant_id)
    found: list[Item] = []
    after: str | None = None
    while len(found) < ASK_WITHIN:
        documents, after = uow.ledger.page(*scope, states=WAITING, as_shown=True, after=after, limit=100)
        found += [_item(row, connection) for row in documents if row.reason_code and needs_a_person(row.reason_code)]
        if after is None:
            break
    page = ("contacts", {"webservice_id": connection.webservice_id})
    found += [
        Item(f"contact:{one.id}", "Which contact of your gallery is it?", Whose.YOU, one.name, page)
        for one in uow.contacts.conflicts(*scope)
    ]
    return found[:ASK_WITHIN]


def of_setting(finding: Finding, connection: Connection) -> Item:
    """A finding of the settings check; told again when it is another one."""
    topic = f"check:{hashlib.sha256(f'{finding.field} {finding.message}'.encode()).hexdigest()[:32]}"
    page = ("check", {"webservice_id": connection.webservice_id})
    return Item(topic, "Settings check", Whose.BOOKKEEPER, finding.message, page)


def needs_a_person(code: str) -> bool:
    """Whether a reason is for the owner or the bookkeeper."""
    return explain(code, {}).whose in (Whose.YOU, Whose.BOOKKEEPER)


def by_reader(items: Sequence[Item], bookkeeper: tuple[str, ...]) -> list[tuple[tuple[str, ...], list[Item]]]:
    """(addresses, items): the bookkeeper's own mail where an address was given. No addresses: the gallery's own."""
    if not bookkeeper:
        return [((), list(items))] if items else []
    theirs = [item for item in items if item.whose is Whose.BOOKKEEPER]
    ours = [item for item in items if item.whose is not Whose.BOOKKEEPER]
    return [(to, part) for to, part in (((), ours), (bookkeeper, theirs)) if part]


def grouped(items: Sequence[Item], address: dict[str, str]) -> list[Part]:
    """The items by cause, the largest first; `address` has the pages by topic."""
    causes: dict[tuple[str, Whose], list[Item]] = {}
    for item in items:
        causes.setdefault((item.cause, item.whose), []).append(item)
    parts: list[Part] = []
    left = LISTED
    for (cause, whose), these in sorted(causes.items(), key=lambda each: -len(each[1])):
        count = f", {len(these)}" if len(these) > 1 else ""
        parts.append(Heading(f"{cause} ({whose.label.lower()}{count})"))
        parts += [Point(item.text, address[item.topic]) for item in these[: max(left, 1)]]
        if len(these) > max(left, 1):
            parts.append(Point(f"and {len(these) - max(left, 1)} more"))
        left -= len(these)
    return parts


def _item(row: Document, connection: Connection) -> Item:
    reason = explain(row.reason_code or "", row.reason_facts)
    page = ("document", {"webservice_id": connection.webservice_id, "document_id": row.id})
    text = f"{row.label}, {row.contact_name}" if row.contact_name and row.contact_name != row.label else row.label
    return Item(f"waits:{row.id}:{row.reason_code}", reason.title, reason.whose, text, page)
