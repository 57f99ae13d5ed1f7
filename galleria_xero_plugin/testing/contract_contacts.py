"""Contract: the address book, and how a contact of Xero comes into it."""

# ruff: noqa: S101
from __future__ import annotations

import dataclasses

import pytest

from ..domain.accounting import XeroAddress, XeroContact
from ..domain.model import Address, Contact, InvoiceState
from ..ports.gallery import Gallery
from .checks import check_contact, check_id
from .reading import LIMITS, read_changes, read_contacts

PERSON = XeroContact(
    id="0b7a7c5e-63a1-4c3b-9d0e-2f6f0e5a1c01", name="Odile Ferrand", first_name="Odile", last_name="Ferrand",
    email="odile.ferrand@contract.example", is_customer=True,
    addresses=(
        XeroAddress("POBOX", ("PO Box 12",), "Lyon", "Rhone", "69001", "France"),
        XeroAddress("STREET", ("3 rue du Lac", "Atelier 4"), "Lyon", "Rhone", "69002", "France"),
    ),
    phones={"DEFAULT": "+33 4 72 00 00 01", "MOBILE": "+33 6 00 00 00 01"},
)  # fmt: skip
COMPANY = XeroContact(
    id="0b7a7c5e-63a1-4c3b-9d0e-2f6f0e5a1c02", name="Ferrand & Fils SARL", first_name="Odile", last_name="Ferrand",
    email="compta@contract.example", is_customer=True,
)  # fmt: skip
NAMELESS = XeroContact(id="0b7a7c5e-63a1-4c3b-9d0e-2f6f0e5a1c03", name="Walk-in 12 March")
NAME = ("first_name", "last_name", "company")


class ContactsContract:
    """Part of `GalleryContract`."""

    def test_contacts_are_complete_values(self, gallery: Gallery, gallery_id: str) -> None:
        contacts = read_contacts(gallery, gallery_id)
        assert contacts, "the contract needs a gallery with contacts"
        for contact in contacts:
            check_contact(contact, f"contact {contact.id}")

    @pytest.mark.parametrize("limit", LIMITS)
    def test_contacts_are_paged_in_a_stable_order(self, gallery: Gallery, gallery_id: str, limit: int) -> None:
        assert read_contacts(gallery, gallery_id, limit=limit) == read_contacts(gallery, gallery_id, limit=1000)

    def test_the_contact_of_an_invoice_is_that_of_the_address_book(self, gallery: Gallery, gallery_id: str) -> None:
        contacts = {contact.id: contact for contact in read_contacts(gallery, gallery_id)}
        for invoice in read_changes(gallery, gallery_id)[0]:
            if invoice.state is not InvoiceState.DELETED:
                assert invoice.contact == contacts.get(invoice.contact.id), f"invoice {invoice.id}"

    def test_a_contact_of_xero_is_created_once(self, gallery: Gallery, gallery_id: str) -> None:
        """The worker may die right after the commit: called again, the same contact comes back."""
        before = {contact.id for contact in read_contacts(gallery, gallery_id)}
        id = gallery.apply_contact(gallery_id, PERSON, None)
        check_id(id, "apply_contact()")
        assert id not in before, "a new contact has an id of its own"
        again = [gallery.apply_contact(gallery_id, PERSON, None), gallery.apply_contact(gallery_id, PERSON, id)]
        assert again == [id, id], "apply_contact() is not idempotent by the Xero contact's id"
        new = [contact for contact in read_contacts(gallery, gallery_id) if contact.id not in before]
        assert [contact.id for contact in new] == [id], "apply_contact() called three times made several contacts"
        found = new[0]
        assert (found.first_name, found.last_name, found.email) == ("Odile", "Ferrand", PERSON.email)
        assert found.groups == (), "an imported contact is in no mailing group"
        assert not found.is_artist
        assert found.billing.city == "Lyon" and found.shipping.lines == ("3 rue du Lac", "Atelier 4")
        assert found.phones.main == PERSON.phones["DEFAULT"] and found.phones.mobile == PERSON.phones["MOBILE"]

    def test_each_contact_of_xero_is_its_own(self, gallery: Gallery, gallery_id: str) -> None:
        """Alike, but not the same: only Xero's id decides, never a name."""
        ids = [gallery.apply_contact(gallery_id, xero, None) for xero in (PERSON, COMPANY, NAMELESS)]
        assert len(set(ids)) == 3
        names = {c.id: (c.company or f"{c.first_name} {c.last_name}") for c in read_contacts(gallery, gallery_id)}
        assert [names[id] for id in ids] == [PERSON.name, COMPANY.name, NAMELESS.name]

    def test_only_empty_fields_are_filled(self, gallery: Gallery, gallery_id: str) -> None:
        """A contact of ours keeps all that it has, whatever Xero says."""
        rich = max(read_contacts(gallery, gallery_id), key=_filled_fields)
        id = gallery.apply_contact(gallery_id, PERSON, rich.id)
        assert id == rich.id, "with a local id, that contact is the answer"
        now = _contact(gallery, gallery_id, rich.id)
        for name, old in _fields(rich).items():
            if old:
                assert _fields(now)[name] == old, f"apply_contact() changed {name} of a contact that had one"
        assert now.groups == rich.groups and now.is_artist == rich.is_artist
        assert gallery.apply_contact(gallery_id, PERSON, None) == rich.id, "the link by Xero's id was not kept"

    def test_empty_fields_are_filled(self, gallery: Gallery, gallery_id: str) -> None:
        id = gallery.apply_contact(gallery_id, NAMELESS, None)
        full = dataclasses.replace(PERSON, id=NAMELESS.id, name=NAMELESS.name)
        assert gallery.apply_contact(gallery_id, full, id) == id
        now = _contact(gallery, gallery_id, id)
        assert now.email == PERSON.email
        assert now.billing.city == "Lyon"
        assert now.phones.main == PERSON.phones["DEFAULT"]
        assert now.company or now.last_name, "the name that it had is gone"

    def test_another_gallerys_contact_is_out_of_reach(
        self, gallery: Gallery, gallery_id: str, other_gallery_id: str
    ) -> None:
        """A wrong local id may be refused or answered with a new contact, but never touches the other gallery."""
        theirs = read_contacts(gallery, other_gallery_id)
        try:
            id = gallery.apply_contact(gallery_id, PERSON, theirs[0].id)
        except Exception:
            id = None
        assert read_contacts(gallery, other_gallery_id) == theirs
        assert id is None or id in {contact.id for contact in read_contacts(gallery, gallery_id)}

    def test_each_gallery_has_its_own_link(self, gallery: Gallery, gallery_id: str, other_gallery_id: str) -> None:
        ours = gallery.apply_contact(gallery_id, PERSON, None)
        theirs = gallery.apply_contact(other_gallery_id, PERSON, None)
        assert ours not in {contact.id for contact in read_contacts(gallery, other_gallery_id)} or ours != theirs
        assert theirs in {contact.id for contact in read_contacts(gallery, other_gallery_id)}


def _contact(gallery: Gallery, gallery_id: str, id: str) -> Contact:
    return next(contact for contact in read_contacts(gallery, gallery_id) if contact.id == id)


def _fields(contact: Contact) -> dict[str, object]:
    """What may be filled, each apart; the name is one, so that half a name is not completed by another's."""
    fields: dict[str, object] = {
        "name": tuple(getattr(contact, part) for part in NAME) if any(getattr(contact, p) for p in NAME) else None,
        "email": contact.email,
        "main phone": contact.phones.main,
        "mobile phone": contact.phones.mobile,
        "fax": contact.phones.fax,
        "billing address": contact.billing if contact.billing != Address() else None,
        "shipping address": contact.shipping if contact.shipping != Address() else None,
    }
    return fields


def _filled_fields(contact: Contact) -> int:
    return sum(1 for value in _fields(contact).values() if value)
