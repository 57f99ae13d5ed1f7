"""Answers to the questions whether something of the gallery's stands in Xero already: a contact, an invoice of that
number, a payment that somebody entered by hand.

About a contact the answer is kept as a link, the first thing that matching looks at, so the same is never asked again.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..domain.accounting import XeroContact
from ..domain.answers import Expected, difference
from ..domain.contact_fields import name_key
from ..domain.export import numbers_compare
from ..domain.model import Access
from ..domain.states import DocumentKind, DocumentState, RunTrigger
from ..errors import Conflict, InvalidInput, NotFound
from ..ports.records import Actor, Connection, ContactLink, Document, Run
from ..ports.store import UnitOfWork, Units
from .export.offers import Offer, decline, offered
from .runs import Runs
from .sending_anew import NUMBER

ASKED = frozenset({"contact_ambiguous", "contact_email_differs"})
"""The reasons of a contact that a person answers by choosing one of Xero's."""
OFFERED_AT_MOST = 20
_ALREADY_THERE = {
    DocumentKind.INVOICE: "number_taken",
    DocumentKind.PAYMENT: "booked_by_hand_unclear",
    DocumentKind.CREDIT_NOTE: "credited_by_hand_unclear",
    DocumentKind.REFUND: "booked_by_hand_unclear",
}
BY_A_PERSON = "person"


class Questions:
    """Settles what the matching of contacts left to a person."""

    def __init__(self, units: Units, runs: Runs) -> None:
        self._units = units
        self._runs = runs

    def is_this_one(self, access: Access, webservice_id: str, document_id: str, xero_id: str) -> Run | None:
        """A waiting contact of the gallery is this contact of Xero; it and its documents go on at once.

        Raises NotFound (also for a contact of Xero that was not offered), Conflict, and as `Runs.send_again`.
        """
        gallery_id, actor = access.gallery_id, _actor(access)
        with self._units.write() as uow:
            connection = _connection(uow, access, webservice_id)
            document = uow.ledger.get(gallery_id, document_id)
            if document is None or document.tenant_id != connection.tenant_id:
                raise NotFound(f"document {document_id}")
            if xero_id not in {contact.id for contact in candidates(uow, document)}:
                raise NotFound(f"contact {xero_id} is none of those offered for {document_id}")
            _link(uow, connection, document.local_id, xero_id)
            uow.audit.add(gallery_id, actor, "contact linked", subject=document_id, outcome=xero_id)
            uow.commit()
        run, _ = self._runs.send_again(gallery_id, webservice_id, [document_id], actor)
        return run

    def stands_as(self, access: Access, webservice_id: str, document_id: str, xero_id: str) -> Run:
        """A waiting document is this one of Xero's, which a person entered: it is linked, never sent, and what waited
        for it goes on. Raises as `is_this_one`, and InvalidInput for money of another amount, or that another document
        stands for."""
        gallery_id, actor = access.gallery_id, _actor(access)
        with self._units.write() as uow:
            document = _asked(uow, access, webservice_id, document_id)
            offer = next((one for one in offered(document.reason_facts) if one.id == xero_id), None)
            if offer is None:
                raise NotFound(f"{xero_id} is none of those offered for {document_id}")
            reason = None
            if document.kind in (DocumentKind.PAYMENT, DocumentKind.REFUND):
                _must_be_the_same_money(uow, document, offer)
                reason = ("recognised_by_hand", {"number": document.label})
            elif found := difference(
                Expected(document.natural_key, document.currency, document.amount), offer.total, None
            ):
                reason = (found["reason"], found["facts"])
            uow.ledger.move(
                document_id,
                expect=[DocumentState.CONFLICT],
                to=DocumentState.DONE,
                xero_id=xero_id,
                xero_number=offer.name if document.kind is DocumentKind.INVOICE else None,
                xero_total=offer.total,
                adopted=True,
                reason=reason,
            )
            uow.audit.add(gallery_id, actor, "document linked", subject=document_id, outcome=xero_id)
            uow.commit()
        return self._runs.open_or_current(gallery_id, webservice_id, actor, RunTrigger.PERSON)[0]

    def is_another(self, access: Access, webservice_id: str, document_id: str, number: str = "") -> Run | None:
        """A waiting document is none of those in Xero, or an invoice whose number is taken goes under this one: it is
        sent. Its marker stays, so that it is recognised all the same.

        Raises NotFound, InvalidInput for the number, Conflict when another document has it, and as `send_again`.
        """
        gallery_id, actor = access.gallery_id, _actor(access)
        with self._units.write() as uow:
            document = _asked(uow, access, webservice_id, document_id)
            changes: dict[str, Any] = {}
            if document.kind is not DocumentKind.INVOICE:
                number = ""
                decline(uow, document, actor)
            elif not NUMBER.fullmatch(number) or numbers_compare(number, document.natural_key):
                raise InvalidInput({"number": "Please enter another number of letters, digits and . _ / - only."})
            else:
                changes = {"natural_key": number}
            uow.ledger.move(document_id, expect=[DocumentState.CONFLICT], to=DocumentState.PENDING, **changes)
            outcome = f"sent as {number}" if number else f"another {document.kind}"
            uow.audit.add(gallery_id, actor, "question answered", subject=document_id, outcome=outcome)
            uow.commit()
        run, _ = self._runs.send_again(gallery_id, webservice_id, [document_id], actor)
        return run

    def settle(self, access: Access, webservice_id: str, conflict_id: str, local_id: str | None) -> None:
        """A question of the contact import: it is this contact of the gallery, or (None) stop asking.

        Raises NotFound and Conflict.
        """
        gallery_id, actor = access.gallery_id, _actor(access)
        with self._units.write() as uow:
            connection = _connection(uow, access, webservice_id)
            asked = {conflict.id: conflict for conflict in uow.contacts.conflicts(gallery_id, connection.tenant_id)}
            conflict = asked.get(conflict_id)
            if conflict is None or (local_id is not None and local_id not in conflict.local_ids):
                raise NotFound(f"question {conflict_id}")
            if local_id is not None:
                _link(uow, connection, local_id, conflict.xero_id)
            uow.contacts.settle_conflict(gallery_id, conflict_id, actor)
            outcome = f"is {local_id}" if local_id is not None else "not asked again"
            uow.audit.add(gallery_id, actor, "contact question settled", subject=conflict.xero_id, outcome=outcome)
            uow.commit()


def candidates(uow: UnitOfWork, document: Document) -> tuple[XeroContact, ...]:
    """The contacts of Xero that a waiting contact may be: active ones of its name.

    Reads through the whole mirror, so it is for the page of one document, never for a list.
    """
    if document.kind is not DocumentKind.CONTACT or document.reason_code not in ASKED:
        return ()
    wanted = name_key(document.contact_name)
    found = []
    for contact in uow.contacts.mirrored(document.gallery_id, document.tenant_id):
        if contact.status == "ACTIVE" and name_key(contact.name) == wanted:
            found.append(contact)
            if len(found) == OFFERED_AT_MOST:
                break
    return tuple(found)


def _asked(uow: UnitOfWork, access: Access, webservice_id: str, document_id: str) -> Document:
    """A document about which a person is asked whether it stands in Xero already. Raises NotFound."""
    connection = _connection(uow, access, webservice_id)
    document = uow.ledger.get(access.gallery_id, document_id)
    if document is None or document.tenant_id != connection.tenant_id or not may_be_another(document):
        raise NotFound(f"document {document_id} is no open question")
    return document


def _must_be_the_same_money(uow: UnitOfWork, document: Document, offer: Offer) -> None:
    """Raises InvalidInput when another row stands for what was offered, or the amounts differ."""
    scope, parent = (document.gallery_id, document.tenant_id), document.parent_local_id
    kind = "payment" if document.kind is DocumentKind.PAYMENT else "refund"
    for row in uow.ledger.children(*scope, document.kind, [parent] if parent else []).get(parent or "", ()):
        if row.xero_id == offer.id and row.id != document.id:
            raise InvalidInput({"xero_id": f"The {kind} of {_plain(row.amount)} stands for it already."})
    if document.amount is not None and offer.total is not None and offer.total != document.amount:
        raise InvalidInput({
            "xero_id": f"In Xero it is {_plain(offer.total)}, here {_plain(document.amount)}: they cannot be the same "
            f"{kind}. If it stands for several of yours together, press Stop asking for these: the invoice is paid in "
            "Xero."
        })  # fmt: skip


def _plain(amount: Decimal | None) -> str:
    return f"{amount:,.2f}" if amount is not None else "another amount"


def may_be_another(document: Document) -> bool:
    """Whether a person may say that it is none of those in Xero."""
    asked = _ALREADY_THERE.get(document.kind)
    return document.state is DocumentState.CONFLICT and asked is not None and document.reason_code == asked


def _connection(uow: UnitOfWork, access: Access, webservice_id: str) -> Connection:
    webservice = uow.webservices.get(access.gallery_id, webservice_id)
    connection = webservice and uow.connections.of_webservice(access.gallery_id, webservice_id)
    if not connection:
        raise NotFound(f"webservice {webservice_id}")
    return connection


def _link(uow: UnitOfWork, connection: Connection, local_id: str, xero_id: str) -> None:
    known = uow.contacts.links(connection.gallery_id, connection.tenant_id, [local_id]).get(local_id)
    if known is not None and known.xero_id != xero_id:
        raise Conflict("This contact of your gallery is linked with another contact in Xero already.")
    uow.contacts.link(connection.gallery_id, connection.tenant_id, [ContactLink(local_id, xero_id, BY_A_PERSON)])


def _actor(access: Access) -> Actor:
    return Actor(access.user_id, access.user_name)
