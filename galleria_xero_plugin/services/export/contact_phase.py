"""Contacts: match against a mirror of the organisation's contacts, create the missing ones.

All pages of the organisation's contacts are read once and then only what changed (export-protocol §2.7);
names, numbers and addresses of e-mail are kept in our own table, so that a new slice need not read them again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ...domain.accounting import Element
from ...domain.answers import Expected
from ...domain.contacts import ContactIndex, CreateContact, Linked, stored_link
from ...domain.deciding import decide_contact
from ...domain.mapping import contact_draft
from ...domain.model import Contact
from ...domain.reasons import Hold
from ...domain.remarks import about_contact
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import ContactLink, Document
from ...ports.store import UnitOfWork
from .holding import hold
from .sending import Prepared, noted, send
from .session import BATCH, STEP_BACK, Held, Session, next_place, span

OVERLAP = dt.timedelta(minutes=5)
"""Changes are asked for from a little earlier on: what Xero means by "since" is not documented to the second."""
RECENT = dt.timedelta(minutes=15)
"""Who was merged or archived is asked at most this often."""
UNSENT = (DocumentState.PENDING, DocumentState.BLOCKED, DocumentState.REJECTED, DocumentState.CONFLICT)
PAGE = 500


def step(session: Session) -> bool:
    """Match one batch and create those of it that Xero has not. False when nothing is due."""
    with session.read() as uow:
        rows = session.due(uow, DocumentKind.CONTACT, BATCH)
    if not rows:
        return False
    session.say(f"Sending contacts: {span(rows[0].contact_name, rows[-1].contact_name)}")
    prepared = _match(session, rows)
    if prepared:
        send(session, DocumentKind.CONTACT, prepared, on_created=_link_created)
    return True


def _match(session: Session, rows: Sequence[Document]) -> list[Prepared]:
    """Decide about each, and return those to create. This is also how contacts are looked up first: one that an
    earlier attempt created is found by our number."""
    if session.contact_index is None:
        refresh_mirror(session)
    known = index(session)
    contacts = _contacts(session, rows)
    with session.read() as uow:
        links = uow.contacts.links(session.gallery_id, session.tenant_id, [row.local_id for row in rows])
        not_wanted = uow.books.not_wanted([row.id for row in rows])
    held: list[Held] = []
    prepared: list[Prepared] = []
    linked: list[tuple[Document, ContactLink]] = []
    for row in rows:
        contact = contacts.get(row.local_id)
        if contact is None:
            held.append(Held(row, Hold("cancelled_never_sent"), for_good=True))
            continue
        link = links.get(row.local_id)
        found = decide_contact(
            contact,
            link=link.xero_id if link else None,
            marker=row.marker,
            index=known,
            linked=session.contact_owners,
        )
        if isinstance(found, Linked):
            session.contact_owners[found.xero_id] = row.local_id
            linked.append((row, ContactLink(row.local_id, found.xero_id, found.why)))
        elif isinstance(found, CreateContact) and row.id in not_wanted:
            code = "waiting_for_books" if not_wanted[row.id] else "contact_not_needed"
            held.append(Held(row, Hold(code, {"contact": row.contact_name}), for_good=not not_wanted[row.id]))
        elif isinstance(found, CreateContact):
            known.reserve(found.name, contact)
            draft = contact_draft(contact, marker=row.marker, name=found.name)
            note = noted(about_contact(contact, draft))
            prepared.append(Prepared(row, session.tools.api.payload(draft), Expected(row.natural_key), note=note))
        else:
            held.append(Held(row, found))
    hold(session, held)
    if linked:
        with session.write() as uow:
            for row, link in linked:
                uow.contacts.link(session.gallery_id, session.tenant_id, [link])
                uow.ledger.move(
                    row.id, expect=[DocumentState.PENDING], to=DocumentState.DONE, xero_id=link.xero_id, adopted=True
                )
            session.note(uow, linked=len(linked))
            uow.commit()
    return prepared


def _contacts(session: Session, rows: Sequence[Document]) -> dict[str, Contact]:
    """The gallery's contacts by id, as the invoices that wait for them carry them."""
    carried = session.invoices([row.parent_local_id for row in rows])
    found = {invoice.contact.id: invoice.contact for invoice in carried.values()}
    orphans = {row.id for row in rows if row.local_id not in found}
    if orphans:  # the invoice that brought them has another contact now, or is gone
        others = session.invoices(_waiting_for(session, orphans))
        found |= {invoice.contact.id: invoice.contact for invoice in others.values()}
    return found


def _waiting_for(session: Session, contact_rows: set[str]) -> list[str]:
    """The invoices that wait for these contacts, as far as the ledger knows."""
    found: list[str] = []
    after: str | None = None
    while True:
        with session.read() as uow:
            page, after = uow.ledger.page(
                session.gallery_id,
                session.tenant_id,
                states=UNSENT,
                kind=DocumentKind.INVOICE,
                after=after,
                limit=PAGE,
            )
        found += [row.local_id for row in page if row.depends_on in contact_rows]
        if after is None:
            return found


def refresh_mirror(session: Session) -> None:
    """Read what changed in the organisation's contacts since they were last read, all of them the first time.

    The list is in the order of change, so what a page has told is known for good: after a pause (100,000 contacts
    are more calls than a minute has) it goes on from there.
    """
    since = session.connection.contacts_read_at
    with session.read() as uow:
        began = uow.now()
    page = 1
    while True:
        request = session.tools.api.contacts(page, modified_since=since, include_archived=True)
        result = session.calls.read(request)
        last = result.items[-1].updated_at if result.items else None
        read_until = began - OVERLAP
        if result.more:
            read_until = min(read_until, last - STEP_BACK) if last else None
        with session.write() as uow:
            uow.contacts.mirror(session.gallery_id, session.tenant_id, result.items)
            if read_until is not None and (since is None or read_until > since):
                uow.connections.contacts_read(session.connection.id, read_until)
                session.connection = replace(session.connection, contacts_read_at=read_until)
            uow.commit()
        if session.contact_index is not None:
            for contact in result.items:
                session.contact_index.add(contact)
        if not result.more:
            return
        page, since = next_place(page, since, last)


def index(session: Session) -> ContactIndex:
    """The mirror as an index for matching, built once in a slice."""
    if session.contact_index is None:
        with session.read() as uow:
            session.contact_index = ContactIndex(uow.contacts.mirrored(session.gallery_id, session.tenant_id))
            session.contact_owners = dict(uow.contacts.all_links(session.gallery_id, session.tenant_id))
    return session.contact_index


def in_xero(session: Session, contacts: Iterable[Contact]) -> dict[str, Linked | Hold]:
    """Where the linked ones of these contacts stand now, by id: a merge in Xero is followed, an archived contact
    is held."""
    by_id = {contact.id: contact for contact in contacts}
    links, known = _links_now(session, list(by_id))
    return {
        contact_id: stored_link(link.xero_id, contact=by_id[contact_id], index=known)
        for contact_id, link in links.items()
    }


def ids_in_xero(session: Session, contacts: Iterable[Contact]) -> dict[str, set[str]]:
    """By contact id, what an invoice of the contact may name in Xero: its link, and what that was merged into."""
    links, known = _links_now(session, [contact.id for contact in contacts])
    return {contact_id: {link.xero_id, known.follow_merge(link.xero_id)} for contact_id, link in links.items()}


def _links_now(session: Session, contact_ids: Sequence[str]) -> tuple[Mapping[str, ContactLink], ContactIndex]:
    with session.read() as uow:
        links = uow.contacts.links(session.gallery_id, session.tenant_id, contact_ids)
        read_at = session.connection.contacts_read_at
        recent = read_at is not None and uow.now() - read_at < RECENT
    if not links:
        return links, ContactIndex()
    if not recent:
        refresh_mirror(session)
    return links, index(session)


def _link_created(uow: UnitOfWork, item: Prepared, element: Element) -> None:
    row = item.row
    assert element.id is not None
    # The mirror learns of it with the next changed-since read; until then its name is reserved in the index
    uow.contacts.link(row.gallery_id, row.tenant_id, [ContactLink(row.local_id, element.id, "created")])
