"""Cancel these in Xero: first exactly what will happen, then, pressed, it is done; and sending one again after all."""

from __future__ import annotations

from flask import Response, request
from werkzeug.exceptions import BadRequest

from ..domain.model import Access
from ..errors import Conflict, InvalidInput
from ..proxies import services
from .buttons import pressed
from .responses import notice, page, see_other

MOST_DIGITS = 9


def confirm_cancel(access: Access, run_id: str) -> Response:
    """What would be cancelled in Xero, and what stays with the reason."""
    found = services().cancelling.page(access, run_id)
    return page("cancel.html", access, found.head.gallery, page=found.head, found=found)


@pressed
def cancel_in_xero(access: Access, run_id: str) -> Response:
    """Do what the page said; when it would be something else by now, the page says so anew."""
    expected = request.form.get("count", "")
    if not (expected.isascii() and expected.isdigit() and len(expected) <= MOST_DIGITS):
        services().queries.run_page(access, run_id)  # another gallery's run does not exist, whatever is asked of it
        raise BadRequest("Please open the page of the sync again and press the button there.")
    try:
        run = services().cancelling.cancel(access, run_id, int(expected))
    except Conflict as problem:
        notice(problem.user_message, good=False)
        return see_other("confirm_cancel", run_id=run_id)
    notice("They are being cancelled in Xero now.")
    return see_other("run", run_id=run.id)


@pressed
def send_anew(access: Access, webservice_id: str, document_id: str) -> Response:
    """Send an invoice that was cancelled in Xero again, under another number."""
    number = "".join(request.form.get("number", "").split())
    try:
        run = services().sending_anew.send(access, webservice_id, document_id, number)
    except (Conflict, InvalidInput) as problem:
        notice(problem.errors["number"] if isinstance(problem, InvalidInput) else problem.user_message, good=False)
        return see_other("document", webservice_id=webservice_id, document_id=document_id)
    notice("It is sent again now, under its new number.")
    if run is None:
        return see_other("document", webservice_id=webservice_id, document_id=document_id)
    return see_other("run", run_id=run.id)
