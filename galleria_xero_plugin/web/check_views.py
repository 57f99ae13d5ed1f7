"""Settings check: what in Xero no longer fits, and picking a replacement."""

from __future__ import annotations

from flask import Response, request

from ..domain.model import Access
from ..errors import Conflict, InvalidInput
from ..proxies import services, state
from ..services.settings_check import CheckPage
from .buttons import pressed
from .formats import Formats
from .responses import notice, page, see_other
from .settings_form import SettingsForm
from .waiting import and_wait, awaited


def check(access: Access, webservice_id: str) -> Response:
    """What is found, each with a way to settle it."""
    found = services().check.page(access, webservice_id)
    return _answer(access, found, SettingsForm.of_saved(found.shown, Formats(found.shown.gallery)))


@pressed
def replace(access: Access, webservice_id: str) -> Response:
    """Use what was picked instead: only in the fields that were found, only what Xero offers."""
    found = services().check.page(access, webservice_id)
    form = SettingsForm.of(found.shown, Formats(found.shown.gallery))
    fields = [name for name in found.to_pick if name in form]
    chosen = {name: request.form.get(name, "") for name in fields}
    wrong = {name: "Please choose one of the list." for name in fields if chosen[name] not in _offered(form[name])}
    if wrong:
        form.add_errors(wrong)
        return _answer(access, found, form, status=422)
    try:
        services().check.replace(access, webservice_id, chosen, form.expected_version())
    except InvalidInput as problem:
        form.add_errors(problem.errors)
        return _answer(access, found, form, status=422)
    except Conflict as problem:
        notice(problem.user_message, good=False)
        return see_other("check", webservice_id=webservice_id)
    if found.shown.row.webservice.settings.scheduled:
        notice("Saved. What waited for it goes on with the next sync.")
    else:
        notice("Saved. What waited for it goes on when you press Sync now.")
    return see_other("check", webservice_id=webservice_id)


@pressed
def check_now(access: Access, webservice_id: str) -> Response:
    """Have a worker read accounts, tax rates and so on anew."""
    head = services().queries.service_page(access, webservice_id)
    connection = head.row.connection
    if connection is not None and state().queue.ring_reference(connection.id):
        return and_wait("check", webservice_id, head.now)
    notice("This cannot be checked at the moment. Please try again later.", good=False)
    return see_other("check", webservice_id=webservice_id)


def _offered(field: object) -> set[str]:
    return {value for _, group in field.choices for value, _ in group}  # type: ignore[attr-defined]


def _answer(access: Access, found: CheckPage, form: SettingsForm, *, status: int = 200) -> Response:
    return page(
        "check.html", access, found.shown.gallery, status=status, page=found.shown, found=found, form=form,
        awaited=awaited("settings", found.shown.row.id, found.shown.fetched_at, found.shown.now),
    )  # fmt: skip
