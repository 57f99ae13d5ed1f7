"""The machine side of identity: token, revocation, connections, keys (xero-facts.md §1)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from . import scopes
from .errors import Refused, not_found
from .identity import Bearer, Connection, Identity, TokenError, token_refusal
from .settings import AppSettings
from .wire import Request, Response, answer

TOKEN, REVOCATION = "/connect/token", "/connect/revocation"
CONNECTIONS = "/connections"
DISCOVERY = "/.well-known/openid-configuration"
JWKS = DISCOVERY + "/jwks"


def handles(path: str) -> bool:
    """Whether a path is one of ours."""
    path = path.lower().rstrip("/")
    return path in {TOKEN, REVOCATION, DISCOVERY, JWKS} or path.startswith(CONNECTIONS)


def handle(identity: Identity, names: Callable[[str], str | None], request: Request, now: datetime) -> Response:
    """Answer one call. ``names`` gives the name of a tenant."""
    path = request.path.lower().rstrip("/")
    try:
        if path == TOKEN and request.method == "POST":
            return _token(identity, request, now)
        if path == REVOCATION and request.method == "POST":
            identity.revoke(request.form().get("token", ""), _client(identity, request))
            return Response(200)
        if path == JWKS:
            return answer(200, identity.key.jwks())
        if path == DISCOVERY:
            return answer(200, _discovery(identity, request))
        if path.startswith(CONNECTIONS):
            bearer = identity.bearer(request.headers.get("authorization", ""), now)
            return _connections(identity, bearer, names, request, path[len(CONNECTIONS) :].strip("/"))
    except TokenError as refusal:
        raise token_refusal(str(refusal)) from None
    raise not_found()


def _client(identity: Identity, request: Request) -> AppSettings:
    """The app of a Basic header, or of the form as Xero's own SDK sends it.

    Broken or absent is invalid_request, wrong is invalid_client.
    """
    form = request.form()
    if "authorization" not in request.headers and form.get("client_id"):
        return _checked(identity, form["client_id"], form.get("client_secret", ""))
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    client_id, _, secret = text.partition(":")
    if kind.lower() != "basic" or not client_id:
        raise TokenError("invalid_request")
    return _checked(identity, client_id, secret)


def _checked(identity: Identity, client_id: str, secret: str) -> AppSettings:
    app = identity.app(client_id)
    if app is None or app.client_secret != secret:
        raise TokenError("invalid_client")
    return app


def _token(identity: Identity, request: Request, now: datetime) -> Response:
    form = request.form()
    if not form:
        raise TokenError("invalid_request")
    client = _client(identity, request)
    kind = form.get("grant_type")
    if kind == "authorization_code":
        found = identity.exchange(form, client, now)
    elif kind == "refresh_token":
        found = identity.refresh(form, client, now)
    elif kind == "client_credentials":
        asked = form.get("scope", "").split()
        raise TokenError("unauthorized_client" if asked == ["app.connections"] else "invalid_scope")
    else:
        raise TokenError("unsupported_grant_type" if kind else "invalid_request")
    return answer(200, found, {"Cache-Control": "no-store"})


def iso7(moment: datetime) -> str:
    """ISO with seven fraction digits and no zone (§1.7)."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0"


def _shown(entry: Connection, name: str | None) -> dict[str, Any]:
    return {
        "id": entry.id,
        "authEventId": entry.auth_event,
        "tenantId": entry.tenant,
        "tenantType": "ORGANISATION",
        "tenantName": name,
        "createdDateUtc": iso7(entry.created),
        "updatedDateUtc": iso7(entry.updated),
    }


def _connections(
    identity: Identity, bearer: Bearer, names: Callable[[str], str | None], request: Request, rest: str
) -> Response:
    mine = identity.mine(bearer)
    if not rest and request.method == "GET":
        event = request.query.get("autheventid", "").lower()
        return answer(
            200,
            [_shown(entry, names(entry.tenant)) for entry in mine if event in {"", entry.auth_event}],
        )
    if rest and request.method == "DELETE":
        for entry in mine:
            if entry.id == rest:
                with identity.lock:
                    identity.connections.pop(entry.id, None)
                return Response(204)
        raise not_found()
    raise Refused(Response(405))


def _discovery(identity: Identity, request: Request) -> dict[str, Any]:
    here = f"http://{request.headers.get('host', 'localhost')}"
    return {
        "issuer": identity.config.current.issuer,
        "jwks_uri": here + JWKS,
        "authorization_endpoint": here + "/identity/connect/authorize",
        "token_endpoint": here + TOKEN,
        "revocation_endpoint": here + REVOCATION,
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": sorted(scopes.IDENTITY | scopes.GRANULAR),
    }
