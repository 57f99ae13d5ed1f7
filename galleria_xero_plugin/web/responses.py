"""How our pages and their headers are made: the host's base template, our words, kept by no cache."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Response, current_app, json, redirect, render_template, request, session, url_for
from markupsafe import Markup

from ..domain.model import Access, GalleryInfo
from ..domain.reasons import explain
from ..proxies import state
from ..services.read_models import Words
from .formats import Formats
from .forms import ActionForm

BLUEPRINT = "galleria_xero"
_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_NOTICE = "galleria_xero_notice"
WITH_SECRETS = frozenset({f"{BLUEPRINT}.callback", f"{BLUEPRINT}.begin", f"{BLUEPRINT}.reconnect"})
"""Endpoints whose address or answer holds something that no other site may learn from a Referer."""


def page(template: str, access: Access, gallery: GalleryInfo, *, status: int = 200, **context: Any) -> Response:
    """A page inside the host's base template (which has the blocks `title`, `head` and `content`)."""
    translate = translator()
    fmt = Formats(gallery, translate)
    context = {
        "gallery": gallery,
        "may_change": access.may_change,
        "fmt": fmt,
        "say": speaker(fmt),
        "because": lambda code, facts: explain(code, facts, fmt.fact, translate),
        "action_form": ActionForm(),
        "notice": session.pop(_NOTICE, None),
    } | context
    return Response(_rendered(template, context), status)


def bare_page(template: str, *, status: int, **context: Any) -> Response:
    """A page that needs nothing of the gallery: for errors, when asking might be what failed."""
    return Response(_rendered(template, context), status)


def notice(text: str, *, good: bool = True) -> None:
    """A sentence for the next page that this person sees."""
    session[_NOTICE] = {"text": text, "good": good}


def is_id(text: str) -> bool:
    """Whether a text could be the id of one of our rows."""
    return _ID.fullmatch(text) is not None


def see_other(endpoint: str, **values: Any) -> Response:
    """On to a page of ours after a POST."""
    return redirect(url_for(f"{BLUEPRINT}.{endpoint}", **values), 303)  # type: ignore[return-value]


class PollResponse(Response):
    """A JSON answer that never sets the session cookie.

    A permanent session is set again with every answer, and an answer to a poll that was under way while another
    request wrote the session would bring the old content back. Done at the very last step, when the host's own
    `after_request` functions have run.
    """

    default_mimetype = "application/json"

    def get_wsgi_headers(self, environ: Any) -> Any:
        headers = super().get_wsgi_headers(environ)
        name = current_app.session_interface.get_cookie_name(current_app)
        kept = [value for value in headers.getlist("Set-Cookie") if not value.startswith(f"{name}=")]
        headers.remove("Set-Cookie")
        for value in kept:
            headers.add("Set-Cookie", value)
        return headers


def poll_answer(status: int = 200, **values: Any) -> PollResponse:
    """JSON for the module that polls."""
    return PollResponse(json.dumps(values), status)


def finish(response: Response) -> Response:
    """What every answer of ours carries: kept by nobody, different for everybody.

    `same-origin` and not `no-referrer`: Flask-WTF compares the Referer of forms sent over https.
    """
    if request.endpoint == f"{BLUEPRINT}.static":
        return response
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Cookie")
    secret = request.endpoint in WITH_SECRETS
    response.headers.setdefault("Referrer-Policy", "no-referrer" if secret else "same-origin")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response


def _rendered(template: str, context: dict[str, Any]) -> str:
    # A host with Flask-Babel (or Jinja's i18n extension, new style) has its own `_`; otherwise ours passes through.
    if "gettext" not in current_app.jinja_env.globals:
        context = {"_": untranslated} | context
    return render_template(f"{BLUEPRINT}/{template}", galleria_xero_base=state().config.base_template, **context)


def untranslated(text: str, **values: object) -> Markup:
    """What the i18n extension's gettext does, without translating: the text is ours, the values are escaped."""
    return Markup(text) % values  # noqa: S704 - only constant texts of ours are passed


def translator() -> Callable[[str], str]:
    """The host's translation of a constant text of ours, of which it fills no blanks; as it is where the host has none."""
    environment = current_app.jinja_env
    if "gettext" not in environment.globals:
        return str
    hosts = environment.from_string("{{ gettext(text) }}")  # it wants a template's context
    return lambda text: Markup(hosts.render(text=text))  # noqa: S704 - only constant texts of ours are passed


def speaker(fmt: Formats) -> Any:
    """Sentences of the read models in this gallery's dates and numbers."""

    # The host's gettext wants a template's context; its new style marks the text safe and escapes the values. Made
    # once for a page, because making a template takes far longer than to write one sentence with it.
    environment = current_app.jinja_env
    hosts = environment.from_string("{{ gettext(text, **values) }}") if "gettext" in environment.globals else None

    def say(words: Words) -> Markup:
        values = {name: fmt.any(value) for name, value in words.values.items()}
        if hosts is None:
            return untranslated(words.text, **values)
        return Markup(hosts.render(text=words.text, values=values))  # noqa: S704

    return say
