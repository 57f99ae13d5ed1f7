"""What a bookkeeper credited or gave back herself: looked for before ours is sent, as for payments (product.md §5.7).

Her credit note of the client for as much is a question, because nothing in it says for certain which invoice it is
about. Money that went back out of a credit note that we know is recognised by amount, account and day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...domain.accounting import NestedPayment, XeroInvoice, XeroPayment
from ...domain.answers import booked_by_hand
from ...domain.correcting import XeroCreditNote
from ...domain.markers import marker_in_reference
from ...domain.model import Refund
from ...domain.reasons import Hold, amount_text
from ...domain.standing import GONE, UNAPPROVED
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import Document
from .correcting import Subject
from .offers import Offer, declined, offering
from .session import Held, Session


def credit_note(session: Session, row: Document, subject: Subject, standing: XeroInvoice) -> Held | None:
    """The question whether a credit note that is about to be made was entered by somebody, or None."""
    known = {one.xero_id for one in subject.of(DocumentKind.CREDIT_NOTE)} | declined(session, row)
    offers = [
        Offer(
            note.id,
            note.date.isoformat() if note.date else "",
            amount_text(note.total, note.currency),
            f"{note.number} {note.reference}".strip(),
        )
        for note in _by_somebody(session, standing)
        if note.id not in known and _may_be_for(note, row, standing)
    ]
    if not offers:
        return None
    facts = {"number": subject.row.label, "amount": amount_text(row.amount, standing.currency)}
    return Held(row, Hold("credited_by_hand_unclear", facts | offering(offers)), asked=True)


def _by_somebody(session: Session, standing: XeroInvoice) -> Iterator[XeroCreditNote]:
    """The client's approved credit notes in the invoice's currency that carry no marker of ours."""
    page, more = 1, True
    while more:
        answer = session.calls.read(session.tools.api.credit_notes_of(standing.contact_id, page))
        for note in answer.items:
            live = note.status not in GONE | UNAPPROVED and note.currency == standing.currency
            if live and marker_in_reference(note.reference) is None:
                yield note
        page, more = page + 1, answer.more


def _may_be_for(note: XeroCreditNote, row: Document, standing: XeroInvoice) -> bool:
    """As much as ours would be, or as much went back out of it; an invoice is never credited before its own day."""
    as_much = note.total == row.amount or any(one.amount == row.amount for one in note.payments or ())
    return as_much and not (note.date and standing.date and note.date < standing.date)


def refund(
    session: Session, row: Document, subject: Subject, given_back: Refund, there: Sequence[XeroPayment]
) -> XeroPayment | Held | None:
    """Money without a marker of ours that went back out of the invoice's credit notes (`there`): this very refund, a
    question, or None when there is no such money."""
    others = {one.xero_id for one in subject.of(DocumentKind.REFUND) if one.state is DocumentState.DONE}
    known = others | declined(session, row)
    strangers = [one for one in there if one.id not in known and marker_in_reference(one.reference) is None]
    if not strangers:
        return None
    match = booked_by_hand(
        [NestedPayment(one.id, one.date, one.amount, one.reference) for one in strangers],
        {one.id: one.account_id for one in strangers},
        amount=given_back.amount,
        date=given_back.date,
        account_id=session.settings.mapping.banks.get(given_back.method_id),
    )
    if match is not None:
        return next(one for one in strangers if one.id == match.id)
    facts = {"number": subject.row.label, "amount": amount_text(given_back.amount, subject.row.currency)}
    offers = (
        Offer(
            one.id, one.date.isoformat() if one.date else "", amount_text(one.amount, subject.row.currency),
            one.reference,
        )
        for one in strangers
    )  # fmt: skip
    return Held(row, Hold("booked_by_hand_unclear", facts | offering(offers)), asked=True)
