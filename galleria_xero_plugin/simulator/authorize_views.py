"""The consent page: sign-in and choice of organisation (xero-facts.md §1.2).

One page instead of Xero's two or three; what goes in and comes out is the same.
"""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit, urlunsplit

import flask

from .context import current_world
from .core import scopes

blueprint = flask.Blueprint("authorize", __name__)
KEPT = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
    "code_challenge_method", "acr_values",
)  # fmt: skip


def _refusal(question: dict[str, str]) -> tuple[str, str] | None:
    """Errors the login page shows itself instead of sending the browser back."""
    world = current_world()
    app = world.identity.app(question.get("client_id", ""))
    if app is None:
        return "unauthorized_client", "Unknown client or client not enabled"
    if question.get("redirect_uri") not in app.redirect_uris:
        return "unauthorized_client", "Invalid redirect_uri"
    if urlsplit(question["redirect_uri"]).hostname == "127.0.0.1":
        return "unauthorized_client", "Invalid redirect_uri"
    if question.get("response_type") != "code":
        return "unsupported_response_type", "Only the code flow is supported"
    asked = question.get("scope", "").split()
    if not asked or scopes.unknown(asked, broad_allowed=world.settings.broad_scopes_allowed):
        return "invalid_scope", "Invalid scope for client"
    if question.get("code_challenge") and question.get("code_challenge_method") != "S256":
        return "invalid_request", "Transform algorithm not supported"
    return None


def _back(question: dict[str, str], **values: str) -> flask.typing.ResponseReturnValue:
    if question.get("state"):
        values["state"] = question["state"]
    parts = urlsplit(question["redirect_uri"])
    query = f"{parts.query}&{urlencode(values)}" if parts.query else urlencode(values)
    response = flask.redirect(urlunsplit(parts._replace(query=query)), 302)
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(question: dict[str, str], message: str = "", status: int = 200) -> flask.typing.ResponseReturnValue:
    world = current_world()
    app = world.identity.app(question["client_id"])
    bulk = world.settings.bulk_connections and "bulk_connect:false" not in question.get("acr_values", "")
    return (
        flask.render_template(
            "simulator/authorize.html",
            app=app,
            user=world.settings.users[0],
            question=question,
            scopes=question["scope"].split(),
            organisations=[(org.tenant_id, org.about["Name"]) for org in world.organisations.values()],
            several=bulk,
            message=message,
        ),
        status,
    )


@blueprint.get("/identity/connect/authorize")
def authorize() -> flask.typing.ResponseReturnValue:
    """Ask the user."""
    question = {name: flask.request.args[name] for name in KEPT if name in flask.request.args}
    refusal = _refusal(question)
    if refusal is not None:
        return flask.render_template("simulator/refused.html", error=refusal[0], words=refusal[1]), 400
    return _page(question)


@blueprint.post("/identity/connect/authorize")
def decide() -> flask.typing.ResponseReturnValue:
    """Send the browser back with a code, or with access_denied."""
    form = flask.request.form
    question = {name: form[name] for name in KEPT if name in form}
    refusal = _refusal(question)
    if refusal is not None:
        return flask.render_template("simulator/refused.html", error=refusal[0], words=refusal[1]), 400
    if form.get("decision") != "allow":
        return _back(question, error="access_denied", error_description="The user cancelled")
    world = current_world()
    user = world.identity.user(form.get("email", ""), form.get("password", ""))
    if user is None:
        return _page(question, "Your email or password is incorrect.", 403)
    chosen = [tenant for tenant in form.getlist("organisation") if tenant in world.organisations]
    if not chosen:
        return _page(question, "Choose an organisation.", 400)
    if not world.settings.bulk_connections:
        chosen = chosen[:1]
    code = world.identity.consent(question, user.email, chosen, world.clock.now())
    world.keep_identity()
    return _back(question, code=code, scope=question["scope"])
