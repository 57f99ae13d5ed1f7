"""Contacts: match against a mirror of the organisation's contacts, create the missing ones.

All pages of the organisation's contacts are read once and then only what changed (export-protocol §2.7);
names, numbers and addresses of e-mail are kept in our own table, so that a new slice need not read them again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from ...domain.accounting import Element
from ...domain.answers import Expected
from ...domain.contacts import ContactIndex, CreateContact, Linked, match, stored_link
from ...domain.mapping import contact_draft
from ...domain.model import Contact
from ...domain.reasons import Hold
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import ContactLink, Document
from ...ports.store import UnitOfWork
from .holding import hold
from .sending import Prepared, send
from .session import BATCH, Held, Session

OVERLAP = dt.timedelta(minutes=5)
"""Changes are asked for from a little earlier on: what Xero means by "since" is not documented to the second."""


def step(session: Session) -> bool:
    """Match what is not decided yet, or create one batch. False when nothing is due."""
    with session.read() as uow:
        rows = uow.ledger.due(session.gallery_id, session.tenant_id, DocumentKind.CONTACT, BATCH)
    if not rows:
        return False
    decided = [row for row in rows if row.payload is not None]
    if decided:  # before anybody else is matched: their names are taken from the moment Xero has them
        session.say(f"Sending contacts: {decided[0].contact_name} to {decided[-1].contact_name}")
        prepared = [Prepared(row, row.payload or "", Expected(row.natural_key)) for row in decided]
        send(session, DocumentKind.CONTACT, prepared, on_created=_link_created)
    else:
        session.say(f"Matching contacts: {rows[0].contact_name} to {rows[-1].contact_name}")
        _match(session, rows)
    return True


def _match(session: Session, rows: Sequence[Document]) -> None:
    if session.contact_index is None:
        refresh_mirror(session)
    known = index(session)
    contacts = _contacts(session, rows)
    with session.read() as uow:
        links = uow.contacts.links(session.gallery_id, session.tenant_id, [row.local_id for row in rows])
    held: list[Held] = []
    payloads: dict[str, str] = {}
    linked: list[tuple[Document, ContactLink]] = []
    for row in rows:
        contact = contacts.get(row.local_id)
        if contact is None:
            held.append(Held(row, Hold("cancelled_never_sent"), for_good=True))
            continue
        link = links.get(row.local_id)
        if link is not None:
            found = stored_link(link.xero_id, contact=contact, index=known)
        else:
            found = match(contact, marker=row.marker, index=known, linked=session.contact_owners)
        if isinstance(found, Linked):
            session.contact_owners[found.xero_id] = row.local_id
            linked.append((row, ContactLink(row.local_id, found.xero_id, found.why)))
        elif isinstance(found, CreateContact):
            known.reserve(found.name, contact)
            draft = contact_draft(contact, marker=row.marker, name=found.name)
            payloads[row.id] = session.tools.api.payload(draft)
        else:
            held.append(Held(row, found))
    hold(session, held)
    with session.write() as uow:
        for row, link in linked:
            uow.contacts.link(session.gallery_id, session.tenant_id, [link])
            uow.ledger.move(
                row.id, expect=[DocumentState.PENDING], to=DocumentState.DONE, xero_id=link.xero_id, adopted=True
            )
        uow.ledger.set_payloads(payloads)
        session.note(uow, linked=len(linked))
        uow.commit()


def _contacts(session: Session, rows: Sequence[Document]) -> dict[str, Contact]:
    """The gallery's contacts, as the invoices that brought them carry them."""
    carried = session.invoices([row.parent_local_id for row in rows])
    return {invoice.contact.id: invoice.contact for invoice in carried.values()}


def refresh_mirror(session: Session) -> None:
    """Read what changed in the organisation's contacts since they were last read, all of them the first time."""
    since = session.connection.contacts_read_at
    with session.read() as uow:
        began = uow.now()
    page = 1
    while True:
        request = session.tools.api.contacts(page, modified_since=since, include_archived=True)
        result = session.calls.read(request)
        with session.write() as uow:
            uow.contacts.mirror(session.gallery_id, session.tenant_id, result.items)
            if not result.more:
                uow.connections.contacts_read(session.connection.id, began - OVERLAP)
            uow.commit()
        if session.contact_index is not None:
            for contact in result.items:
                session.contact_index.add(contact)
        if not result.more:
            return
        session.lease.must_hold()
        page += 1


def index(session: Session) -> ContactIndex:
    """The mirror as an index for matching, built once in a slice."""
    if session.contact_index is None:
        with session.read() as uow:
            session.contact_index = ContactIndex(uow.contacts.mirrored(session.gallery_id, session.tenant_id))
            session.contact_owners = dict(uow.contacts.all_links(session.gallery_id, session.tenant_id))
    return session.contact_index


def _link_created(uow: UnitOfWork, item: Prepared, element: Element) -> None:
    row = item.row
    assert element.id is not None
    # The mirror learns of it with the next changed-since read; until then its name is reserved in the index
    uow.contacts.link(row.gallery_id, row.tenant_id, [ContactLink(row.local_id, element.id, "created")])
