"""Matching Xero's contacts with the gallery's for the import: link, create, skip, or ask.

Source: `product.md` §5.12.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from .accounting import XeroContact
from .contact_fields import contact_name, email_key, name_key
from .groups import Groups
from .markers import marker, marker_in_contact_number
from .model import Contact


@dataclass(frozen=True, slots=True)
class Link:
    """It is this contact of the gallery; `fill`: its empty fields are filled from Xero. `why` is "stored",
    "number", "email_and_name" or "name"."""

    local_id: str
    why: str
    fill: bool = True


@dataclass(frozen=True, slots=True)
class Create:
    """Nobody in the gallery looks like it."""


@dataclass(frozen=True, slots=True)
class Skip:
    """It is not imported; `reason` is "archived" or "no_name"."""

    reason: str


@dataclass(frozen=True, slots=True)
class ConflictFound:
    """A person has to choose among `local_ids`; `candidates` say who these are. `reason` is "several" (of that name), "email_differs" (same
    name, other e-mail) or "name_differs" (same e-mail, other name)."""

    reason: str
    local_ids: tuple[str, ...]
    candidates: tuple[LocalContact, ...] = field(default=(), compare=False)


class LocalContact(NamedTuple):
    """What a `LocalIndex` keeps of a gallery contact; name and e-mail are normalised."""

    id: str
    name: str
    email: str


class LocalIndex:
    """The gallery's contacts by name and by e-mail address; 100,000 of them have to fit into memory.

    With `gallery_id` it also recognises contacts that we once created in Xero, should the links be lost.
    """

    def __init__(self, contacts: Iterable[Contact] = (), *, gallery_id: str | None = None) -> None:
        self._gallery_id = gallery_id
        self._by_name: Groups[LocalContact] = Groups()
        self._by_email: Groups[LocalContact] = Groups()
        self._ids: list[str] = []
        self._by_marker: dict[str, str] | None = None
        for contact in contacts:
            self.add(contact)

    def add(self, contact: Contact) -> None:
        """Take a contact in, also one that the import has just created."""
        record = LocalContact(contact.id, name_key(contact_name(contact)), email_key(contact.email))
        self._ids.append(record.id)
        self._by_marker = None
        if record.name:
            self._by_name.add(record.name, record)
        if record.email:
            self._by_email.add(record.email, record)

    def named(self, name: str) -> tuple[LocalContact, ...]:
        """The gallery contacts of a normalised name."""
        return self._by_name.get(name)

    def with_email(self, email: str) -> tuple[LocalContact, ...]:
        """The gallery contacts of a normalised e-mail address."""
        return self._by_email.get(email)

    def by_number(self, number: str) -> str | None:
        """The gallery contact whose marker is this ContactNumber. Markers are only worked out when one is
        asked for, which is after a restore and hardly ever else."""
        wanted = marker_in_contact_number(number)
        if wanted is None or self._gallery_id is None:
            return None
        if self._by_marker is None:
            self._by_marker = {marker(self._gallery_id, "contact", local_id): local_id for local_id in self._ids}
        return self._by_marker.get(wanted)


def import_decision(
    xero_contact: XeroContact, *, linked_local_id: str | None, local: LocalIndex
) -> Link | Create | Skip | ConflictFound:
    """What the import does with a contact of Xero. `linked_local_id` is the gallery contact that is linked to
    it already, if any. Only a contact that nobody in the gallery resembles is created."""
    if xero_contact.status != "ACTIVE":
        return Skip("archived")
    if linked_local_id is not None:
        return Link(linked_local_id, "stored")
    ours = local.by_number(xero_contact.number)
    if ours is not None:
        return Link(ours, "number")
    name, email = name_key(xero_contact.name), email_key(xero_contact.email)
    if not name:
        return Skip("no_name")
    namesakes = local.named(name)
    same = [known for known in namesakes if email and known.email == email]
    if len(same) == 1:
        return Link(same[0].id, "email_and_name")
    if len(namesakes) > 1:
        return _asked("several", namesakes)
    if namesakes:
        only = namesakes[0]
        if email and only.email and only.email != email:
            return _asked("email_differs", namesakes)
        return Link(only.id, "name")
    if email and local.with_email(email):
        return _asked("name_differs", local.with_email(email))
    return Create()


def _asked(reason: str, candidates: tuple[LocalContact, ...]) -> ConflictFound:
    return ConflictFound(reason, tuple(contact.id for contact in candidates), candidates)
