"""Runs: Sync now, the import of contacts, their live progress, and stopping them."""

from __future__ import annotations

from flask import Response, request

from ..domain.model import Access
from ..domain.states import RunTrigger
from ..errors import Conflict, InvalidInput
from ..ports.records import Actor
from ..proxies import services
from ..services.export.gate import only_cancels
from .buttons import pressed
from .formats import Formats
from .responses import PollResponse, is_id, notice, page, poll_answer, see_other, speaker

RELOAD_SECONDS = 5


@pressed
def sync(access: Access, webservice_id: str) -> Response:
    """Sync now; when a sync is going already, that one is shown."""
    try:
        run, started = services().runs.open_or_current(
            access.gallery_id, webservice_id, _actor(access), RunTrigger.PERSON
        )
    except InvalidInput:
        notice("Please choose your accounts first: nothing is sent before.", good=False)
        return see_other("edit", webservice_id=webservice_id)
    if not started and only_cancels(run):
        notice("Invoices are being cancelled in Xero at the moment, and nothing is sent with that. Please press Sync now "
               "again when it is done.", good=False)  # fmt: skip
    elif not started:
        notice("A sync is going on already: this is it.")
    return see_other("run", run_id=run.id)


@pressed
def import_contacts(access: Access, webservice_id: str) -> Response:
    """Import contacts; when an import is going already, that one is shown."""
    runs, gallery_id = services().runs, access.gallery_id
    try:
        run = runs.start_contacts(gallery_id, webservice_id, _actor(access), RunTrigger.PERSON)
    except Conflict as problem:
        notice(problem.user_message, good=False)
        return see_other("index")
    return see_other("run", run_id=run.id)


def run(access: Access, run_id: str) -> Response:
    """A run with its progress; without JavaScript the page reloads itself while the run is going."""
    document_id = request.args.get("document", "")
    shown = services().queries.run_page(access, run_id, document_id if is_id(document_id) else "")
    cancellations, count = services().cancelling.outcome(access, shown)
    response = page("run.html", access, shown.gallery, page=shown, cancellations=cancellations, cancelled_of=count,
                    able=services().cancelling.able(shown) if access.may_change else None)  # fmt: skip
    if not shown.view.done:
        response.headers["Refresh"] = f"{RELOAD_SECONDS}"
    return response


def runs(access: Access, webservice_id: str) -> Response:
    """What was done when."""
    shown = services().queries.runs_page(access, webservice_id)
    return page("runs.html", access, shown.gallery, page=shown)


def run_progress(access: Access, run_id: str) -> PollResponse:
    """The same for the polling module."""
    shown = services().queries.run_page(access, run_id)
    view, fmt = shown.view, Formats(shown.gallery)
    say = speaker(fmt)
    return poll_answer(
        state=view.run.state.value,
        done=view.done,
        percent=view.percent,
        step=view.run.step,
        message=str(say(view.headline)),
        counts=[{"name": count.name, "value": count.value, "label": str(say(count.label))} for count in view.counts],
        summary=", ".join(str(say(part)) for part in shown.summary),
        finish=f"Expected to be done at {fmt.near(shown.finish, shown.now)}." if shown.finish else "",
        paused_until=view.paused_until.isoformat() if view.paused_until else None,
        queue_alive=shown.queue_alive,
    )


@pressed
def cancel(access: Access, run_id: str) -> Response:
    """Stop: what is under way is finished, nothing new is begun."""
    services().runs.cancel(access.gallery_id, run_id, _actor(access))
    return see_other("run", run_id=run_id)


def _actor(access: Access) -> Actor:
    return Actor(access.user_id, access.user_name)
