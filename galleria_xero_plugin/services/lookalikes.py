"""The page "already in your books": pairs side by side, and what a person's answers do.

Linking makes the invoice in Xero stand for ours: nothing is created, and its payments are compared by the next sync
(`export.payment_phase` recognises what was entered by hand). Nothing here talks to Xero.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..domain import names
from ..domain.answers import Expected, difference
from ..domain.model import Access, GalleryInfo, Invoice
from ..domain.settings import SalesUntilNow
from ..domain.shown import MONEY_MAY_BE_LOST
from ..domain.states import DocumentKind, DocumentState, RunTrigger
from ..errors import Conflict, GalleriaXeroError, NotFound
from ..ports.books import Answer, Look, Question
from ..ports.gallery import Gallery
from ..ports.records import Actor, Connection, ContactLink, Document, Run, Webservice
from ..ports.store import UnitOfWork, Units
from .document_rows import Links, built
from .export.intake import Intake
from .queries import Queries
from .read_models import ServiceRow, Words
from .runs import Runs

PAGE = 25
_ASIDE = (DocumentState.CONFLICT, DocumentState.SKIPPED)
_UNSENT = (DocumentState.PENDING, DocumentState.BLOCKED, DocumentState.REJECTED, DocumentState.CONFLICT)

WHY: Mapping[str, Words] = {
    "number": Words("It bears the same number."),
    "reference": Words("The number stands in its reference."),
    "searched": Words("You searched for it."),
    "contact_and_total": Words("The same amount for what looks like the same contact, at about the same time."),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """An invoice in Xero that may be the sale."""

    question: Question
    why: Words
    xero_url: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A sale of the gallery and what it may be in Xero."""

    document: Document
    gallery_url: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class BooksPage:
    """`count` is how many documents wait for an answer in all; `look` is None before Xero's invoices were read; `lost`
    are invoices whose money would be lost unless somebody finds theirs in Xero."""

    gallery: GalleryInfo
    now: dt.datetime
    row: ServiceRow
    look: Look | None
    sales_until_now: SalesUntilNow
    pairs: tuple[Pair, ...]
    count: int
    next_cursor: str | None
    lost: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """How many were answered, how many are left, and the sync that started because none is. `aside` are those of the
    answered ones that are not sent all the same."""

    done: int
    left: int
    run: Run | None
    aside: int = 0


class Lookalikes:
    """Questions about what stands in the books already."""

    def __init__(
        self, units: Units, gallery: Gallery, queries: Queries, runs: Runs, links: Links, quiet_period: dt.timedelta
    ) -> None:
        self._units = units
        self._gallery = gallery
        self._queries = queries
        self._runs = runs
        self._links = links
        self._quiet_period = quiet_period

    def page(self, access: Access, webservice_id: str, after: str | None) -> BooksPage:
        """The open pairs, oldest sale first. Raises NotFound."""
        head = self._queries.service_page(access, webservice_id)
        connection = head.row.connection
        look, count, next_cursor = None, 0, None
        documents: Sequence[Document] = ()
        lost: Sequence[Document] = ()
        questions: Mapping[str, Sequence[Question]] = {}
        if connection is not None:
            scope = (access.gallery_id, connection.tenant_id)
            with self._units.read() as uow:
                look, count = uow.books.look(*scope), uow.books.count(*scope)
                documents, next_cursor = uow.books.asked(*scope, after=after, limit=PAGE)
                questions = uow.books.questions(*scope, [document.id for document in documents])
                lost = uow.books.paid_later(*scope, PAGE) if after is None else ()
        short_code = connection.short_code if connection else ""
        pairs = tuple(
            Pair(
                document,
                self._gallery.invoice_url(access.gallery_id, document.local_id),
                tuple(
                    Candidate(
                        one, WHY.get(one.why, WHY["number"]), built(self._links.invoice, short_code, one.xero_id)
                    )
                    for one in questions.get(document.id, ())
                ),
            )
            for document in documents
        )
        until_now = head.row.webservice.settings.sales_until_now
        return BooksPage(head.gallery, head.now, head.row, look, until_now, pairs, count, next_cursor, tuple(lost))

    def answer(
        self, access: Access, webservice_id: str, pairs: Sequence[tuple[str, str]], answer: Answer
    ) -> Answered:
        """Answer pairs of (document id, Xero id). When nothing is left to decide, a sync starts.

        What is settled by then (a second press, a twin that was linked meanwhile) is left out. Raises NotFound for a
        document that is not this webservice's.
        """
        gallery_id, actor = access.gallery_id, Actor(access.user_id, access.user_name)
        info = self._gallery.info(gallery_id)
        with self._units.read() as uow:
            _, connection = _own(uow, access, webservice_id)
            documents = {one: uow.ledger.get(gallery_id, one) for one, _ in pairs}
        local_ids = []
        for one, document in documents.items():
            if document is None or document.tenant_id != connection.tenant_id:
                raise NotFound(f"document {one}")
            local_ids.append(document.local_id)
        invoices = {invoice.id: invoice for invoice in self._gallery.invoices(gallery_id, local_ids)}
        done = aside = 0
        with self._units.write() as uow:
            webservice, connection = _own(uow, access, webservice_id)
            intake = Intake(connection, webservice, info, self._quiet_period)
            for one, xero_id in pairs:
                document = uow.ledger.get(gallery_id, one)
                asked = uow.books.questions(gallery_id, connection.tenant_id, [one]).get(one, ())
                question = next((found for found in asked if found.xero_id == xero_id), None)
                if document is None or question is None or not _is_asked_about(document):
                    continue
                invoice = invoices.get(document.local_id)
                if answer is Answer.LINK:
                    _link(uow, document, question, invoice, intake, actor)
                elif answer is Answer.NEVER:
                    _never(uow, document, actor)
                else:
                    uow.books.answer(one, xero_id, Answer.DIFFERENT, actor)
                    _go_on(uow, document)
                    aside += document.reason_code == MONEY_MAY_BE_LOST
                uow.audit.add(gallery_id, actor, f"already in the books: {answer}", subject=one, outcome=xero_id)
                done += 1
            uow.ledger.requeue(
                gallery_id, connection.tenant_id, [DocumentState.BLOCKED], reasons=["waiting_for_books"]
            )
            left = uow.books.count(gallery_id, connection.tenant_id)
            uow.commit()
        run = self._sync(gallery_id, webservice_id, actor) if done and not left else None
        return Answered(done, left, run, aside)

    def _sync(self, gallery_id: str, webservice_id: str, actor: Actor) -> Run | None:
        try:
            return self._runs.open_or_current(gallery_id, webservice_id, actor, RunTrigger.PERSON)[0]
        except GalleriaXeroError:
            return None  # paused, or not connected: it goes on when that has changed


def _is_asked_about(document: Document) -> bool:
    """It waits for the answer, also while other settings let it be decided anew."""
    again = document.state is DocumentState.PENDING and document.reason_code == MONEY_MAY_BE_LOST
    return again or document.state in _ASIDE


def _own(uow: UnitOfWork, access: Access, webservice_id: str) -> tuple[Webservice, Connection]:
    webservice = uow.webservices.get(access.gallery_id, webservice_id)
    connection = webservice and uow.connections.of_webservice(access.gallery_id, webservice_id)
    if not webservice or not connection:
        raise NotFound(f"webservice {webservice_id}")
    return webservice, connection


def _link(
    uow: UnitOfWork,
    document: Document,
    question: Question,
    invoice: Invoice | None,
    intake: Intake,
    actor: Actor,
) -> None:
    shown = difference(Expected(document.label, document.currency, document.amount), question.total, None)
    _move(
        uow,
        document,
        DocumentState.DONE,
        xero_id=question.xero_id,
        xero_number=question.number,
        xero_total=question.total,
        adopted=True,
        reason=(shown["reason"], shown["facts"]) if shown else None,
    )
    uow.books.answer(document.id, question.xero_id, Answer.LINK, actor)
    uow.books.answer(document.id, None, Answer.TAKEN, actor)
    for other in uow.books.taken(document.gallery_id, document.tenant_id, question.xero_id, actor):
        twin = uow.ledger.get(document.gallery_id, other)
        if twin is not None:
            _go_on(uow, twin)
    if invoice is not None:
        _link_contact(uow, document, question, invoice)
        intake.take(uow, [invoice], uow.now())  # the payments of one that was put aside enter the ledger now


def _link_contact(uow: UnitOfWork, document: Document, question: Question, invoice: Invoice) -> None:
    """Who the buyer is in Xero follows from the invoice, unless that is somebody like "Cash sales"."""
    scope, contact_id = (document.gallery_id, document.tenant_id), invoice.contact.id
    if not names.alike(names.words(document.contact_name), names.words(question.contact_name)):
        return
    if not question.contact_id or contact_id in uow.contacts.links(*scope, [contact_id]):
        return
    row = uow.ledger.known(*scope, DocumentKind.CONTACT, [contact_id]).get(contact_id)
    if row is None or row.state in (DocumentState.BLOCKED, DocumentState.PENDING, DocumentState.CONFLICT):
        uow.contacts.link(*scope, [ContactLink(contact_id, question.contact_id, "person")])
        if row is not None:
            _move(uow, row, DocumentState.DONE, xero_id=question.contact_id, adopted=True)


def _never(uow: UnitOfWork, document: Document, actor: Actor) -> None:
    uow.books.answer(document.id, None, Answer.NEVER, actor)
    reason = ("never_send", {"number": document.label})
    _move(uow, document, DocumentState.SKIPPED, reason=reason)
    scope = (document.gallery_id, document.tenant_id)
    for payments in uow.ledger.children(*scope, DocumentKind.PAYMENT, [document.local_id]).values():
        for payment in payments:
            uow.ledger.move(payment.id, expect=_UNSENT, to=DocumentState.SKIPPED, reason=reason)


def _go_on(uow: UnitOfWork, document: Document) -> None:
    """Its turn has come when it has no open pair any more; what was put aside for another reason stays there."""
    if document.reason_code != "maybe_in_books" or document.state is not DocumentState.CONFLICT:
        return
    if not uow.books.questions(document.gallery_id, document.tenant_id, [document.id]):
        _move(uow, document, DocumentState.PENDING)


def _move(uow: UnitOfWork, document: Document, to: DocumentState, **how: object) -> None:
    """From where it stands; what was put aside has its turn first, which is the only way from there."""
    was = document.state
    if was in (DocumentState.SKIPPED, DocumentState.BLOCKED) and to is not DocumentState.PENDING:
        _move(uow, document, DocumentState.PENDING)
        was = DocumentState.PENDING
    if not uow.ledger.move(document.id, expect=[was], to=to, **how):  # type: ignore[arg-type]
        raise Conflict("This document has changed meanwhile: please look again.")
