"""Before the first send: what stands in the books already, and the five drafts of the first run."""

from __future__ import annotations

import re

from flask import Response, request

from ..domain.model import Access
from ..errors import InvalidInput, NotFound
from ..ports.books import Answer
from ..proxies import services
from .buttons import pressed
from .responses import notice, page, see_other

ANSWERED_AT_MOST = 100
SEARCHED_AT_MOST = 100
_PAIR = re.compile(r"([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}):([0-9a-f-]{36})")
_OFFERED = {answer.value: answer for answer in (Answer.LINK, Answer.NEVER, Answer.DIFFERENT)}


def books(access: Access, webservice_id: str) -> Response:
    """Side by side: what is about to be sent, and what looks like it in Xero."""
    shown = services().lookalikes.page(access, webservice_id, request.args.get("after") or None)
    return page("books.html", access, shown.gallery, page=shown)


@pressed
def decide(access: Access, webservice_id: str) -> Response:
    """Link, Never send, or Different sale: for the pair of the button (`answer/pair`), or for all ticked ones."""
    word, _, one = request.form.get("answer", "").partition("/")
    chosen = [one] if one else request.form.getlist("pair")
    found = [_PAIR.fullmatch(text) for text in chosen[:ANSWERED_AT_MOST]]
    if word not in _OFFERED or not all(found):
        raise NotFound(f"answer {word}")
    pairs = [(match[1], match[2]) for match in found if match]
    result = services().lookalikes.answer(access, webservice_id, pairs, _OFFERED[word])
    if pairs:
        notice(_said(_OFFERED[word], result.done, result.aside))
    else:
        notice("Please tick at least one invoice.", good=False)
    if result.run is not None:
        return see_other("run", run_id=result.run.id)
    return see_other("books", webservice_id=webservice_id)


@pressed
def find_in_xero(access: Access, webservice_id: str, document_id: str) -> Response:
    """Look in Xero for the invoice of an older sale; what is found is asked about on the same page."""
    words = request.form.get("search", "").replace("\0", "")[:SEARCHED_AT_MOST]
    try:
        found = services().books_search.find(access, webservice_id, document_id, words)
    except InvalidInput as problem:
        notice(problem.errors["search"], good=False)
    else:
        if found:
            notice("Found in Xero. Is it this one?" if found == 1 else "Found in Xero. Is it one of these?")
        else:
            notice("Xero has no other invoice like that. Try its number, contact or amount.", good=False)
    return see_other("books", webservice_id=webservice_id, _anchor=document_id)


def first_run(access: Access, webservice_id: str) -> Response:
    """The drafts that stand in Xero, and the one button."""
    shown = services().first_run.page(access, webservice_id)
    return page("first_run.html", access, shown.gallery, page=shown)


@pressed
def go_on(access: Access, webservice_id: str) -> Response:
    """Approve and go on."""
    try:
        run = services().first_run.go_on(access, webservice_id)
    except InvalidInput:
        notice("Please choose your accounts first: nothing is sent before.", good=False)
        return see_other("edit", webservice_id=webservice_id)
    notice("The first invoices are being approved, and the others follow.")
    return see_other("run", run_id=run.id)


def _said(answer: Answer, count: int, aside: int) -> str:
    if not count:
        return "This was decided already."
    if answer is Answer.DIFFERENT and aside:
        return "It is another sale: that one is not asked about again."
    many = f"{count} invoices are" if count > 1 else "The invoice is"
    if answer is Answer.LINK:
        return f"{count} linked; they are not sent again." if count > 1 else "1 linked; it is not sent again."
    if answer is Answer.NEVER:
        return f"{many} never sent."
    return f"{many} another sale, and has its turn." if count == 1 else f"{count} invoices have their turn."
