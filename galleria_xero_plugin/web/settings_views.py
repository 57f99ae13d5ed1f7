"""Edit: the Update Webservice page."""

from __future__ import annotations

import datetime as dt

from flask import Response, request

from ..domain.model import Access
from ..errors import Conflict, InvalidInput
from ..proxies import services, state
from ..services.settings import Saved
from ..services.settings_page import SettingsPage
from ..services.wording import meaning_words
from .buttons import pressed
from .formats import Formats
from .responses import PollResponse, notice, page, poll_answer, see_other, speaker
from .settings_form import SettingsForm


def edit(access: Access, webservice_id: str) -> Response:
    """The settings as they are; on a first visit with our proposals."""
    shown = services().queries.settings_page(access, webservice_id)
    return _answer(access, shown, SettingsForm.of(shown, Formats(shown.gallery)))


def update(access: Access, webservice_id: str) -> Response:
    """Update Webservice was pressed. Whatever comes in between, what was typed stands on the next page."""
    shown = services().queries.settings_page(access, webservice_id)
    form = SettingsForm.of(shown, Formats(shown.gallery))
    if not form.validate():
        return _answer(access, shown, form, status=form.refusal)
    entered = form.settings(shown.row.webservice.settings)
    try:
        saved = services().settings.save(access, webservice_id, entered, form.expected_version())
    except InvalidInput as problem:
        form.add_errors(problem.errors)
        return _answer(access, shown, form, status=form.refusal)
    except Conflict as problem:
        return _second(access, webservice_id, form, problem)
    return _after(saved)


def _second(access: Access, webservice_id: str, form: SettingsForm, problem: Conflict) -> Response:
    """Somebody saved first: say who, show what differs, and let the next press save what stands here."""
    shown = services().queries.settings_page(access, webservice_id)
    theirs = SettingsForm.of_saved(shown, Formats(shown.gallery))
    form.version.data = str(shown.version)
    return _answer(access, shown, form, status=409, conflict=problem.user_message, differences=form.differences(theirs))


def _after(saved: Saved) -> Response:
    if saved.first_run is not None:
        notice("Saved. The first sync has started.")
        return see_other("run", run_id=saved.first_run.id)
    if saved.gaps:
        notice("Saved. Something is still missing before anything is sent: see the marked places.", good=False)
        return see_other("edit", webservice_id=saved.webservice.id)
    if saved.contacts_run is not None:
        notice("Saved. Your contacts are being imported from Xero.")
        return see_other("run", run_id=saved.contacts_run.id)
    notice("Saved.")
    return see_other("index")


def _answer(
    access: Access, shown: SettingsPage, form: SettingsForm, *, status: int = 200, **context: object
) -> Response:
    return page(
        "edit.html",
        access,
        shown.gallery,
        status=status,
        page=shown,
        form=form,
        meaning_words=meaning_words,
        **context,
    )


@pressed
def refresh(access: Access, webservice_id: str) -> Response:
    """Read accounts, tax rates and so on anew, by a worker."""
    shown = services().queries.service_page(access, webservice_id)
    connection = shown.row.connection
    if connection is None:
        notice("Please allow access to Xero first.", good=False)
        return see_other("connect", webservice_id=webservice_id)
    if state().queue.ring_reference(connection.id):
        notice("Your accounts and tax rates are being read from Xero. Reload this page in a moment.")
    else:
        notice("The site's background worker cannot be reached. Please try again later.", good=False)
    return see_other("edit", webservice_id=webservice_id)


def count(access: Access, webservice_id: str) -> PollResponse:
    """How many invoices a Sync From Date means, while it is being chosen."""
    shown = services().queries.service_page(access, webservice_id)
    try:
        day = dt.date.fromisoformat(request.args.get("sync_from", ""))
    except ValueError:
        return poll_answer(message="")
    copy_existing = request.args.get("copy_existing") == "1"
    found = services().queries.meaning(access, webservice_id, day)
    say = speaker(Formats(shown.gallery))
    return poll_answer(message=str(say(meaning_words(found, day, copy_existing=copy_existing))))
