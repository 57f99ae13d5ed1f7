"""The Webservices tab, and a webservice's life: created, connected, paused, disconnected, deleted."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response, request, session

from ..domain.model import Access
from ..errors import GalleriaXeroError, InvalidInput, NotFound
from ..ports.xero import Secret
from ..proxies import services, state
from ..services.connect import Choose, Connected
from .buttons import pressed
from .forms import ChooseForm, PreferencesForm
from .responses import notice, page, see_other

_BROWSER = "galleria_xero_browser"
_CHOICE = "galleria_xero_choice"
_UNTOLD = "Your invoices stay in Xero. Xero could not be told: please remove us there too, under Connected Apps."


def index(access: Access) -> Response:
    """Websites, Webservices."""
    shown = services().queries.list_page(access)
    return page("index.html", access, shown.gallery, page=shown, to_check=services().check.counts(access))


def new(access: Access) -> Response:
    """New Web Service: which one? So far there is Xero."""
    shown = services().queries.list_page(access)
    return page("new.html", access, shown.gallery, page=shown)


def new_xero(access: Access) -> Response:
    """XERO New Web Service: the five fields of the help article."""
    form = PreferencesForm()
    status = 200
    if request.method == "POST":
        if form.validate():
            try:
                created = services().connect.create(access, form.preferences())
                return see_other("connect", webservice_id=created.id)
            except InvalidInput as problem:
                form.add_errors(problem.errors)
        status = form.refusal
    return page("new_xero.html", access, _gallery(access), status=status, form=form)


def connect(access: Access, webservice_id: str) -> Response:
    """Allow access: what will be read and written, in plain words."""
    shown = services().queries.service_page(access, webservice_id)
    return page("connect.html", access, shown.gallery, page=shown)


@pressed
def begin(access: Access, webservice_id: str) -> Response:
    """Allow access was pressed: on to Xero.

    A redirect after a POST is blocked by Chromium when the host's policy says `form-action 'self'`; an answer
    with a Refresh header is not, and its link works where Refresh is switched off.
    """
    if not _browser(access):
        session[_BROWSER] = [access.user_id, secrets.token_urlsafe(32)]
    url = services().connect.begin(access, webservice_id, _browser(access))
    response = page("continue.html", access, _gallery(access), url=url)
    response.headers["Refresh"] = f"0;url={url}"
    return response


def callback(access: Access) -> Response:
    """Back from Xero. Always goes on to another page: this address holds the code."""
    if request.method == "HEAD":  # a link scanner's: only the browser itself uses the answer up
        return see_other("index")
    code = request.args.get("code")
    try:
        outcome = services().connect.complete(
            access,
            _browser(access),
            state=request.args.get("state", ""),
            code=Secret(code) if code else None,
            error=request.args.get("error"),
        )
    except GalleriaXeroError as problem:
        notice(problem.user_message, good=False)
        return see_other("index")
    if isinstance(outcome, Choose):
        session[_CHOICE] = outcome.choice
        return see_other("choose")
    return _on(outcome)


def _browser(access: Access) -> str:
    """What only this browser's session holds, or "". It is one person's: a session that outlives a sign-out does
    not hand it on to the next."""
    user_id, secret = session.get(_BROWSER) or ("", "")
    return secret if user_id == access.user_id else ""


def choose(access: Access) -> Response:
    """Which of several organisations."""
    offered = services().connect.offered(access, _choice())
    return _choices(access, offered, _choose_form(offered))


@pressed
def chosen(access: Access) -> Response:
    """An organisation was chosen."""
    choice = _choice()
    offered = services().connect.offered(access, choice)
    form = _choose_form(offered)
    if not form.validate():
        return _choices(access, offered, form, status=form.refusal)
    connected = services().connect.choose(access, choice, form.tenant.data or "")
    session.pop(_CHOICE, None)
    return _on(connected)


def _choice() -> str:
    """What this browser came back from Xero with."""
    choice = session.get(_CHOICE)
    if not choice:
        raise NotFound("nothing to choose from in this session")
    return str(choice)


def _choose_form(offered: Choose) -> ChooseForm:
    return ChooseForm.of([(tenant.tenant_id, tenant.name) for tenant in offered.tenants])


def _choices(access: Access, offered: Choose, form: ChooseForm, *, status: int = 200) -> Response:
    return page("choose.html", access, _gallery(access), status=status, form=form, offered=offered)


def _on(connected: Connected) -> Response:
    if connected.reconnected:
        notice(f"Connected with {connected.organisation_name} again. What was missed is caught up by itself.")
        return see_other("index")
    notice(f"Connected with {connected.organisation_name}. Now choose your accounts.")
    return see_other("edit", webservice_id=connected.webservice_id)


@pressed
def pause(access: Access, webservice_id: str) -> Response:
    services().connect.pause(access, webservice_id)
    notice("Paused. Nothing is sent to Xero until you press Resume.")
    return see_other("index")


@pressed
def resume(access: Access, webservice_id: str) -> Response:
    services().connect.resume(access, webservice_id)
    notice("Resumed.")
    return see_other("index")


def confirm_disconnect(access: Access, webservice_id: str) -> Response:
    shown = services().queries.service_page(access, webservice_id)
    return page("disconnect.html", access, shown.gallery, page=shown)


@pressed
def disconnect(access: Access, webservice_id: str) -> Response:
    told = services().connect.disconnect(access, webservice_id)
    notice("Disconnected. Your invoices stay in Xero." if told else f"Disconnected. {_UNTOLD}", good=told)
    return see_other("index")


def confirm_delete(access: Access, webservice_id: str) -> Response:
    shown = services().queries.service_page(access, webservice_id)
    return page("delete.html", access, shown.gallery, page=shown)


@pressed
def delete(access: Access, webservice_id: str) -> Response:
    told = services().connect.delete(access, webservice_id)
    notice("Deleted. Your invoices stay in Xero." if told else f"Deleted. {_UNTOLD}", good=told)
    return see_other("index")


def _gallery(access: Access) -> Any:
    return state().gallery.info(access.gallery_id)
