"""Matching the gallery's contacts with Xero's for the export of their invoices.

A wrong match books a sale on a stranger, so whatever is not clear is asked. Sources: `product.md` §5.3,
`export-protocol.md` §2.7. The other direction is in `contact_import`; its names can be imported from here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from .accounting import XeroContact
from .contact_fields import contact_name, email_key, name_key, numbered_name
from .contact_import import ConflictFound, Create, Link, LocalIndex, Skip, import_decision
from .groups import Groups
from .markers import marker_in_contact_number
from .model import Contact
from .reasons import Hold

__all__ = [
    "ConflictFound",
    "ContactIndex",
    "Create",
    "CreateContact",
    "IndexedContact",
    "Link",
    "Linked",
    "LocalIndex",
    "Skip",
    "import_decision",
    "match",
    "stored_link",
]


@dataclass(frozen=True, slots=True)
class Linked:
    """The gallery's contact is this contact of Xero. `why` is "stored", "number", "email_and_name" or "name"."""

    xero_id: str
    why: str


@dataclass(frozen=True, slots=True)
class CreateContact:
    """The contact does not stand in Xero yet; `name` is free there."""

    name: str


class IndexedContact(NamedTuple):
    """What a `ContactIndex` keeps of a contact: 100,000 of them have to fit into memory. Name and e-mail are
    normalised."""

    id: str
    name: str
    email: str
    active: bool


class ContactIndex:
    """A snapshot of an organisation's contacts, archived ones included.

    `add` also brings it up to date with a contact that changed or was just created. `reserve` keeps a name for
    a contact that will be created, so that a namesake in the same batch does not get it as well.
    """

    def __init__(self, contacts: Iterable[XeroContact] = ()) -> None:
        self._by_id: dict[str, IndexedContact] = {}
        self._by_name: Groups[IndexedContact] = Groups()
        self._by_marker: dict[str, str] = {}
        self._merged: dict[str, str] = {}
        self._reserved: dict[str, dict[str, str]] = {}
        for contact in contacts:
            self.add(contact)

    def add(self, contact: XeroContact) -> None:
        """Take a contact in, in place of what was known of it."""
        record = IndexedContact(
            contact.id, name_key(contact.name), email_key(contact.email), contact.status == "ACTIVE"
        )
        old = self._by_id.get(record.id)
        if old is not None:
            self._by_name.remove(old.name, old)
        self._by_id[record.id] = record
        self._by_name.add(record.name, record)
        found = marker_in_contact_number(contact.number)
        if found is not None:
            self._by_marker[found] = record.id
        if contact.merged_to:
            self._merged[record.id] = contact.merged_to

    def reserve(self, name: str, contact: Contact) -> None:
        """Keep `name` for a gallery contact that is about to be created under it."""
        self._reserved.setdefault(name_key(name), {})[contact.id] = email_key(contact.email)

    def get(self, xero_id: str) -> IndexedContact | None:
        """What is known of a contact."""
        return self._by_id.get(xero_id)

    def by_marker(self, marker: str) -> IndexedContact | None:
        """The contact that carries our number, or None."""
        return self._by_id.get(self._by_marker.get(marker, ""))

    def named(self, name: str) -> tuple[IndexedContact, ...]:
        """The contacts of a name. When no active one bears it, those that its bearers were merged into count."""
        bearers = self._by_name.get(name_key(name))
        if any(bearer.active for bearer in bearers):
            return bearers
        followed = {bearer.id: bearer for bearer in map(self._after_merge, bearers)}
        return tuple(followed.values())

    def reserved_by_others(self, name: str, contact: Contact) -> list[str]:
        """The e-mail addresses of the other gallery contacts that the name is reserved for."""
        owners = self._reserved.get(name_key(name), {})
        return [email for local_id, email in owners.items() if local_id != contact.id]

    def follow_merge(self, xero_id: str) -> str:
        """The contact that `xero_id` was merged into in Xero, over several merges; itself when it was not."""
        seen = set()
        while xero_id in self._merged and xero_id not in seen:
            seen.add(xero_id)
            xero_id = self._merged[xero_id]
        return xero_id

    def _after_merge(self, record: IndexedContact) -> IndexedContact:
        return self._by_id.get(self.follow_merge(record.id), record)


def stored_link(xero_id: str, *, contact: Contact, index: ContactIndex) -> Linked | Hold:
    """What has become of a link that we hold: merges are followed, an archived contact is asked about. A
    contact that the snapshot does not know is believed: the link came from Xero itself."""
    final = index.follow_merge(xero_id)
    record = index.get(final)
    if record is not None and not record.active:
        return Hold("contact_archived", {"contact": contact_name(contact)})
    return Linked(final, "stored")


def match(
    contact: Contact, *, marker: str, index: ContactIndex, linked: Mapping[str, str]
) -> Linked | CreateContact | Hold:
    """Who the gallery's contact is in Xero, for a contact without a stored link.

    `linked` maps Xero ids to the gallery contacts that are linked to them; it and the index have to know of
    every decision already taken, or two namesakes become one. In order: our number, same e-mail and name,
    exact name; else a new contact when only contacts of other gallery contacts bear the name, or nobody does.
    """
    name = contact_name(contact)
    facts = {"contact": name}
    ours = index.by_marker(marker)
    if ours is not None:
        found = stored_link(ours.id, contact=contact, index=index)
        return Linked(found.xero_id, "number") if isinstance(found, Linked) else found
    if not name:
        return Hold("contact_name_missing")

    email = email_key(contact.email)
    bearers = index.named(name)
    active = [bearer for bearer in bearers if bearer.active]
    same = [bearer for bearer in active if email and bearer.email == email]
    if len(same) == 1:
        return Linked(same[0].id, "email_and_name")
    unlinked = [bearer for bearer in bearers if linked.get(bearer.id, contact.id) == contact.id]
    if not any(bearer.active for bearer in unlinked):
        if unlinked and not active:
            return Hold("contact_archived", facts)
        return _create(contact, name, taken=bool(active), index=index)
    if len(active) > 1:
        return Hold("contact_ambiguous", facts)
    only = active[0]
    if email and only.email and only.email != email:
        return Hold("contact_email_differs", {**facts, "email": contact.email, "xero_email": only.email})
    return Linked(only.id, "name")


def _create(contact: Contact, name: str, *, taken: bool, index: ContactIndex) -> CreateContact | Hold:
    email = email_key(contact.email)
    reserved = index.reserved_by_others(name, contact)
    if email and email in reserved:
        # The same person twice in the gallery: once the first is created, the second is linked to it.
        return Hold("waiting_for_contact", {"contact": name})
    if not taken and not reserved:
        return CreateContact(name)
    own_name = numbered_name(name, contact.id)
    if any(bearer.active for bearer in index.named(own_name)):
        return Hold("contact_ambiguous", {"contact": own_name})
    return CreateContact(own_name)
