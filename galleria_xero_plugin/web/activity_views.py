"""Activity: every document, why it waits, and trying it again; and the questions of the contact import."""

from __future__ import annotations

import re

from flask import Response, request
from werkzeug.exceptions import BadRequest, NotFound

from ..domain.model import Access
from ..domain.states import DocumentKind
from ..errors import InvalidInput
from ..ports.records import Actor
from ..proxies import services
from ..services.document_rows import GROUPS
from ..services.read_models import ActivityFilter
from .buttons import pressed
from .responses import notice, page, see_other

SEARCH_AT_MOST = 100
SENT_AT_MOST = 50
_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def activity(access: Access, webservice_id: str) -> Response:
    """The documents, newest first, with a filter and a search."""
    shown = services().queries.activity_page(access, webservice_id, _chosen())
    return page("activity.html", access, shown.gallery, page=shown)


def document(access: Access, webservice_id: str, document_id: str) -> Response:
    """One document with its history."""
    shown = services().queries.document_page(access, webservice_id, document_id)
    return page("document.html", access, shown.gallery, page=shown)


@pressed
def send_again(access: Access, webservice_id: str) -> Response:
    """Try again or Send now, for the ticked documents or the one of the button."""
    document_ids = request.form.getlist("document")[:SENT_AT_MOST]
    if not all(_ID.fullmatch(document_id) for document_id in document_ids):
        raise BadRequest("These documents do not exist.")
    if not document_ids:
        notice("Please tick at least one document.", good=False)
        return see_other("activity", webservice_id=webservice_id, group="waiting")
    actor = Actor(access.user_id, access.user_name)
    try:
        run, woken = services().runs.send_again(access.gallery_id, webservice_id, document_ids, actor)
    except InvalidInput:
        notice("Please choose your accounts first: nothing is sent before.", good=False)
        return see_other("edit", webservice_id=webservice_id)
    if run is None:
        raise NotFound("Nothing of this waits any more.")
    notice("It is tried again now." if woken == 1 else f"{woken} documents are tried again now.")
    return see_other("run", run_id=run.id)


def comparison(access: Access, webservice_id: str) -> Response:
    """What the last comparison with Xero found."""
    shown = services().queries.comparison_page(access, webservice_id)
    return page("comparison.html", access, shown.gallery, page=shown)


def contacts(access: Access, webservice_id: str) -> Response:
    """Contacts of Xero that no rule could place."""
    shown = services().queries.conflicts_page(access, webservice_id)
    return page("contacts.html", access, shown.gallery, page=shown)


@pressed
def is_this_one(access: Access, webservice_id: str, document_id: str) -> Response:
    """A waiting contact is this one of Xero's."""
    xero_id = request.form.get("xero_id", "")
    run = services().questions.is_this_one(access, webservice_id, document_id, xero_id)
    notice("Linked. What waited for this contact goes on now.")
    if run is None:
        return see_other("document", webservice_id=webservice_id, document_id=document_id)
    return see_other("run", run_id=run.id)


@pressed
def redate(access: Access, webservice_id: str, document_id: str) -> Response:
    """A document of a closed month is booked on the first open day."""
    run = services().redating.redate(access, webservice_id, document_id)
    notice("It is booked on the first open day; its own date stands in the reference.")
    if run is None:
        return see_other("document", webservice_id=webservice_id, document_id=document_id)
    return see_other("run", run_id=run.id)


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
    return ActivityFilter(
        group=group if group in GROUPS else "",
        kind=DocumentKind(kind) if kind in set(DocumentKind) else None,
        search=search[:SEARCH_AT_MOST],
        after=request.args.get("after") or None,
    )
