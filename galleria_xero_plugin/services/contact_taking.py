"""Bringing a page of Xero's contacts into the gallery: link, create, fill what is empty, ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..domain.accounting import XeroContact
from ..domain.contact_import import ConflictFound, Create, Link, LocalIndex, Skip, import_decision
from ..domain.model import Address, Contact
from ..domain.states import RunKind
from ..ports.gallery import Gallery
from ..ports.records import Connection, ContactLink, Run
from ..ports.runtime import Clock
from ..ports.store import Units
from .contact_pages import Position
from .lease import PATIENCE, Lease, LeaseLost

LOCAL_PAGE = 1_000

_NAME, _EMAIL, _MAIN, _MOBILE, _FAX, _BILLING, _SHIPPING = (1 << bit for bit in range(7))


class AddressBook:
    """The gallery's contacts, streamed once: an index for matching, and which fields of each are empty."""

    def __init__(self, gallery: Gallery, gallery_id: str) -> None:
        self._gaps: dict[str, int] = {}
        self.index = LocalIndex(self._streamed(gallery, gallery_id), gallery_id=gallery_id)

    def gaps_of(self, local_id: str) -> int:
        """The empty fields of a gallery contact, as bits."""
        return self._gaps.get(local_id, 0)

    def add(self, local_id: str, contact: XeroContact) -> None:
        """Know a contact that has just been created from Xero's."""
        self.index.add(Contact(local_id, company=contact.name, email=contact.email))

    def _streamed(self, gallery: Gallery, gallery_id: str) -> Iterator[Contact]:
        after: str | None = None
        while True:
            contacts = gallery.contacts(gallery_id, after, LOCAL_PAGE)
            for contact in contacts:
                self._gaps[contact.id] = _gaps(contact)
                yield contact
            if len(contacts) < LOCAL_PAGE:
                return
            after = contacts[-1].id


class Work:
    """One slice's work on pages."""

    def __init__(
        self,
        units: Units,
        gallery: Gallery,
        clock: Clock,
        connection: Connection,
        run: Run,
        lease: Lease,
        book: AddressBook,
    ) -> None:
        self._units = units
        self._gallery = gallery
        self._clock = clock
        self._connection = connection
        self._run = run
        self._lease = lease
        self._book = book
        self._renewed = clock.monotonic()

    def take(self, contacts: Sequence[XeroContact], position: Position, go_on_at: Position) -> bool:
        """Bring contacts into the gallery and note them, together with where to go on. What is linked already and
        stands before `position` has been dealt with. False when the run was ended meanwhile. Raises LeaseLost."""
        scope = (self._connection.gallery_id, self._connection.tenant_id)
        with self._units.read() as uow:
            open_run = uow.runs.open_of(self._connection.id, RunKind.CONTACTS)
            linked = uow.contacts.links_by_xero(*scope, [contact.id for contact in contacts])
        if open_run is None or open_run.id != self._run.id:
            return False
        contacts = [c for c in contacts if c.id not in linked or not position.has_passed(c)]
        counts: dict[str, int] = {"read": sum(not position.repeats(contact) for contact in contacts)}
        links: list[ContactLink] = []
        questions: list[tuple[XeroContact, ConflictFound]] = []
        for contact in contacts:
            known = linked.get(contact.id)
            decision = import_decision(
                contact, linked_local_id=known[0] if known else None, local=self._book.index
            )
            for name in self._apply(contact, decision, links, questions):
                counts[name] = counts.get(name, 0) + 1
            self._keep_lease()
        with self._units.write(patience=PATIENCE) as uow:
            if not uow.connections.holds_lease(self._connection.id, self._lease.number):
                raise LeaseLost
            uow.contacts.link(*scope, links)
            uow.contacts.mirror(*scope, contacts)
            asked = sum(
                uow.contacts.add_conflict(*scope, contact, found.reason, found.local_ids, candidates=found.candidates)
                for contact, found in questions
            )
            counts["conflicts"] = asked
            uow.runs.progress(
                self._run.id,
                add={name: number for name, number in counts.items() if number},
                cursor=go_on_at.text(),
            )
            uow.commit()
        return True

    def _apply(
        self,
        contact: XeroContact,
        decision: Link | Create | Skip | ConflictFound,
        links: list[ContactLink],
        questions: list[tuple[XeroContact, ConflictFound]],
    ) -> Iterator[str]:
        """Do it in the gallery, and name the counts that it adds to."""
        gallery_id, book = self._connection.gallery_id, self._book
        match decision:
            case Skip():
                yield "skipped"
            case ConflictFound():
                questions.append((contact, decision))
            case Create():
                local_id = self._gallery.apply_contact(gallery_id, contact, None)
                links.append(ContactLink(local_id, contact.id, "created"))
                book.add(local_id, contact)
                yield "created"
            case Link(local_id, why):
                fillable = decision.fill and book.gaps_of(local_id) & _offers(contact)
                if why != "stored":
                    local_id = self._gallery.apply_contact(gallery_id, contact, local_id)
                    links.append(ContactLink(local_id, contact.id, why))
                    yield "linked"
                elif fillable:
                    self._gallery.apply_contact(gallery_id, contact, local_id)
                if fillable:
                    yield "filled"

    def _keep_lease(self) -> None:
        """A gallery that is slow to save must not cost us the organisation."""
        if self._clock.monotonic() - self._renewed > self._lease.renew_every:
            self._lease.must_hold()
            self._renewed = self._clock.monotonic()


def _gaps(contact: Contact) -> int:
    """The empty fields of a gallery contact, as bits. A name is one field: company or person."""
    return (
        _NAME * (not (contact.company or contact.first_name or contact.last_name))
        | _EMAIL * (not contact.email)
        | _MAIN * (not contact.phones.main)
        | _MOBILE * (not contact.phones.mobile)
        | _FAX * (not contact.phones.fax)
        | _BILLING * (contact.billing == Address())
        | _SHIPPING * (contact.shipping == Address())
    )


def _offers(contact: XeroContact) -> int:
    """The fields that a contact of Xero could fill, as the same bits."""
    kinds = {a.kind for a in contact.addresses if a.lines or a.city or a.region or a.postal_code or a.country}
    return (
        _NAME * bool(contact.name)
        | _EMAIL * bool(contact.email)
        | _MAIN * bool(contact.phones.get("DEFAULT"))
        | _MOBILE * bool(contact.phones.get("MOBILE"))
        | _FAX * bool(contact.phones.get("FAX"))
        | _BILLING * ("POBOX" in kinds)
        | _SHIPPING * ("STREET" in kinds)
    )
