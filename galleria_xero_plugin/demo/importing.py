"""A contact of Xero comes into the address book: once, whatever dies or races, and only into empty fields."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from galleria_xero_plugin import XeroContact

from .models import Contact, Place, XeroLink


def apply(new_session: Callable[[], Session], gallery_id: int, xero: XeroContact, local_id: int | None) -> int:
    """The id of the gallery's contact for this contact of Xero, made or filled as needed; commits by itself.

    The link row, keyed by Xero's id, goes in with the contact in one transaction. When two workers race, the
    second one's link is refused by the database; it then reads what the first one made.
    """
    try:
        with new_session() as session, session.begin():
            return _apply(session, gallery_id, xero, local_id)
    except IntegrityError:
        with new_session() as session, session.begin():
            return _apply(session, gallery_id, xero, local_id)


def _apply(session: Session, gallery_id: int, xero: XeroContact, local_id: int | None) -> int:
    linked = select(Contact).join(XeroLink, XeroLink.contact_id == Contact.id)
    contact = session.scalar(linked.where(XeroLink.gallery_id == gallery_id, XeroLink.xero_contact_id == xero.id))
    if contact is not None:
        fill(contact, xero)
        return contact.id
    if local_id is not None:
        contact = session.get(Contact, local_id)
        if contact is None or contact.gallery_id != gallery_id:
            raise LookupError(f"gallery {gallery_id} has no contact {local_id}")
    else:
        contact = Contact(
            gallery_id=gallery_id, first_name="", last_name="", company="", email="", phone="", mobile="", fax="",
            groups=[], billing=Place(), shipping=Place(),
        )  # fmt: skip
        session.add(contact)
    fill(contact, xero)
    session.flush()
    session.add(XeroLink(gallery_id=gallery_id, xero_contact_id=xero.id, contact_id=contact.id))
    return contact.id


def fill(contact: Contact, xero: XeroContact) -> None:
    """Fill what is empty. The name counts as one field: a person does not become a company."""
    if not (contact.first_name or contact.last_name or contact.company):
        contact.first_name, contact.last_name = xero.first_name, xero.last_name
        contact.company = "" if f"{xero.first_name} {xero.last_name}".strip() == xero.name else xero.name
    known = {
        "email": xero.email, "phone": xero.phones.get("DEFAULT"), "mobile": xero.phones.get("MOBILE"),
        "fax": xero.phones.get("FAX"), "billing": _place(xero, "POBOX"), "shipping": _place(xero, "STREET"),
    }  # fmt: skip
    for field, value in known.items():
        if value and not getattr(contact, field):
            setattr(contact, field, value)


def _place(xero: XeroContact, kind: str) -> Place:
    for address in xero.addresses:
        if address.kind == kind:
            lines = "\n".join(address.lines)
            return Place(lines, address.city, address.region, address.postal_code, address.country)
    return Place()
