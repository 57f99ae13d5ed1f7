"""Activity: every document, why it waits, trying it again and putting it aside; and questions about contacts."""

from __future__ import annotations

import datetime as dt

from flask import Response, request
from werkzeug.exceptions import BadRequest, NotFound

from ..domain.model import Access
from ..domain.reasons import explain
from ..domain.states import DocumentKind
from ..errors import InvalidInput
from ..ports.records import Actor, Document
from ..proxies import services
from ..services.document_rows import GROUPS
from ..services.month_words import how
from ..services.read_models import ActivityFilter
from ..services.wording import KINDS, document_state
from .buttons import pressed
from .csv_files import Cell, csv_answer, money, sentence
from .responses import is_id, notice, page, see_other

SEARCH_AT_MOST = 100
SENT_AT_MOST = 50


def activity(access: Access, webservice_id: str) -> Response:
    """The documents, newest first, with a filter and a search."""
    shown = services().activity.page(access, webservice_id, _chosen())
    return page("activity.html", access, shown.gallery, page=shown)


def activity_file(access: Access, webservice_id: str) -> Response:
    """The same as a file, all pages of it."""
    documents = services().activity.all(access, webservice_id, _chosen())
    return csv_answer("xero-activity", _COLUMNS, (_line(document) for document in documents))


def letter(access: Access, webservice_id: str) -> Response:
    """What waits for the bookkeeper, or one document, as a text to copy."""
    document_id = request.args.get("document") or None
    if document_id and not is_id(document_id):
        raise NotFound("This document does not exist.")
    shown = services().activity.letter(access, webservice_id, document_id)
    return page("letter.html", access, shown.gallery, page=shown)


def document(access: Access, webservice_id: str, document_id: str) -> Response:
    """One document with its history."""
    shown = services().queries.document_page(access, webservice_id, document_id)
    return page("document.html", access, shown.gallery, page=shown)


@pressed
def send_again(access: Access, webservice_id: str) -> Response:
    """Try again or Send now, for the ticked documents or the one of the button."""
    document_ids = _ticked()
    if not document_ids:
        return _nothing_ticked(webservice_id)
    actor = Actor(access.user_id, access.user_name)
    try:
        run, woken = services().runs.send_again(access.gallery_id, webservice_id, document_ids, actor)
    except InvalidInput:
        notice("Please choose your accounts first: nothing is sent before.", good=False)
        return see_other("edit", webservice_id=webservice_id)
    if run is None:
        raise NotFound("Nothing of this waits any more.")
    notice("It is tried again now." if woken == 1 else f"{woken} documents are tried again now.")
    return see_other("run", run_id=run.id, document=document_ids[0] if len(document_ids) == 1 else None)


@pressed
def send_new(access: Access, webservice_id: str) -> Response:
    """Send now for an invoice of the gallery that no sync has read yet."""
    try:
        run, document_id = services().activity.send_new(access, webservice_id, request.form.get("invoice", ""))
    except InvalidInput:
        notice("Please choose your accounts first: nothing is sent before.", good=False)
        return see_other("edit", webservice_id=webservice_id)
    if run is None:
        raise NotFound("This invoice has gone already.")
    notice("It is sent now.")
    return see_other("run", run_id=run.id, document=document_id)


def comparison(access: Access, webservice_id: str) -> Response:
    """What the last comparison with Xero found."""
    shown = services().queries.comparison_page(access, webservice_id)
    return page("comparison.html", access, shown.gallery, page=shown, how=how)


@pressed
def accept(access: Access, webservice_id: str) -> Response:
    """What was found about one document is all right, or after all is not."""
    named = request.form.get("document", ""), request.form.get("number", "")
    if "again" in request.form:
        services().accepting.withdraw(access, webservice_id, *named)
        notice("It counts again.")
    else:
        services().accepting.accept(access, webservice_id, *named)
        notice("Noted. It counts again when your gallery or Xero changes it.")
    return see_other("comparison", webservice_id=webservice_id)


@pressed
def stop_asking(access: Access, webservice_id: str) -> Response:
    """Stop asking about the ticked documents: first what that means, then, confirmed, it is done."""
    document_ids = _ticked()
    if not document_ids:
        return _nothing_ticked(webservice_id)
    if "confirmed" not in request.form:
        found = services().activity.to_stop(access, webservice_id, document_ids)
        head = services().queries.service_page(access, webservice_id)
        return page("stop_asking.html", access, head.gallery, page=head, documents=found)
    count = services().activity.stop_asking(access, webservice_id, document_ids)
    if not count:
        raise NotFound("Nothing of this waits any more.")
    notice("It is not asked about any more." if count == 1 else f"{count} documents are not asked about any more.")
    return see_other("activity", webservice_id=webservice_id, group="waiting")


@pressed
def ask_again(access: Access, webservice_id: str, document_id: str) -> Response:
    """Take up a document that was put aside."""
    run = services().activity.ask_again(access, webservice_id, document_id)
    if run is None:
        raise NotFound("This document is not put aside.")
    notice("It is taken up again now.")
    return see_other("run", run_id=run.id, document=document_id)


def contacts(access: Access, webservice_id: str) -> Response:
    """Contacts of Xero that no rule could place."""
    shown = services().queries.conflicts_page(access, webservice_id)
    return page("contacts.html", access, shown.gallery, page=shown)


@pressed
def is_this_one(access: Access, webservice_id: str, document_id: str) -> Response:
    """A waiting contact is this one of Xero's."""
    xero_id = request.form.get("xero_id", "")
    if "linked" in request.form:
        try:
            standing = services().questions.stands_as(access, webservice_id, document_id, xero_id)
        except InvalidInput as problem:
            notice(" ".join(problem.errors.values()), good=False)
            return see_other("document", webservice_id=webservice_id, document_id=document_id)
        notice("Linked: it is not sent again.")
        return see_other("run", run_id=standing.id)
    run = services().questions.is_this_one(access, webservice_id, document_id, xero_id)
    notice("Linked. What waited for this contact goes on now.")
    if run is None:
        return see_other("document", webservice_id=webservice_id, document_id=document_id)
    return see_other("run", run_id=run.id, document=document_id)


@pressed
def is_another(access: Access, webservice_id: str, document_id: str) -> Response:
    """A payment is none of those in Xero, or an invoice goes under another number."""
    number = "".join(request.form.get("number", "").split())
    try:
        run = services().questions.is_another(access, webservice_id, document_id, number)
    except InvalidInput as problem:
        notice(problem.errors["number"], good=False)
        return see_other("document", webservice_id=webservice_id, document_id=document_id)
    notice("It is sent now.")
    if run is None:
        return see_other("document", webservice_id=webservice_id, document_id=document_id)
    return see_other("run", run_id=run.id, document=document_id)


@pressed
def redate(access: Access, webservice_id: str, document_id: str) -> Response:
    """A document of a closed month is booked on the first open day."""
    run = services().redating.redate(access, webservice_id, document_id)
    notice("It is booked on the first open day; its own date stands in the reference.")
    if run is None:
        return see_other("document", webservice_id=webservice_id, document_id=document_id)
    return see_other("run", run_id=run.id, document=document_id)


@pressed
def settle(access: Access, webservice_id: str) -> Response:
    """The answer to a question of the contact import: this contact of the gallery, or stop asking."""
    conflict_id, local_id = request.form.get("conflict", ""), request.form.get("contact") or None
    services().questions.settle(access, webservice_id, conflict_id, local_id)
    notice("Linked." if local_id else "This contact is not asked about any more.")
    return see_other("contacts", webservice_id=webservice_id)


def _chosen() -> ActivityFilter:
    """The filter from the address; what makes no sense is left out."""
    group, kind = request.args.get("group", ""), request.args.get("kind", "")
    search = " ".join(request.args.get("search", "").replace("\x00", "").split())
    run_id = request.args.get("run", "")
    return ActivityFilter(
        group=group if group in GROUPS else "",
        kind=DocumentKind(kind) if kind in set(DocumentKind) else None,
        search=search[:SEARCH_AT_MOST],
        since=_day("since"),
        until=_day("until"),
        run_id=run_id if is_id(run_id) else "",
        after=request.args.get("after") or None,
    )


def _day(name: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _ticked() -> list[str]:
    document_ids = request.form.getlist("document")[:SENT_AT_MOST]
    if not all(is_id(document_id) for document_id in document_ids):
        raise BadRequest("These documents do not exist.")
    return document_ids


def _nothing_ticked(webservice_id: str) -> Response:
    notice("Please tick at least one document.", good=False)
    return see_other("activity", webservice_id=webservice_id, group="waiting")


_COLUMNS = (
    "Kind", "Number", "Contact", "Date", "Amount", "Currency", "State", "Reason", "Explanation", "Xero says",
    "Number in Xero", "Amount in Xero", "Xero id", "First seen (UTC)", "Last change (UTC)",
)  # fmt: skip


def _line(document: Document) -> tuple[Cell, ...]:
    state, _ = document_state(document)
    why = explain(document.reason_code, document.reason_facts) if document.reason_code else None
    return (
        KINDS[document.kind].text, document.label or document.natural_key, document.contact_name,
        document.document_date, money(document.amount, document.currency), document.currency, sentence(state),
        why.title if why else "",
        why.sentence if why else "", document.reason_facts.get("xero", ""), document.xero_number,
        money(document.xero_total, document.currency), document.xero_id, document.created_at, document.updated_at,
    )  # fmt: skip
