"""Login with Xero (`ports.xero.XeroAuth`): authorization code, refresh, connections.

Authlib's OAuth2Session speaks the protocol. Its registry is not used (it would take the host's slot), and it
lives for one call on a hardened session: left to itself it waits for ever, follows a redirect with the code
in the body, keeps the tokens, and raises what the other side wrote.

No method raises from a frame in which a secret is a plain text: exceptions travel as values out of `_ask`
and `_with_token`, because error reporters record the variables of every frame on the way.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import requests
import urllib3
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from ..errors import AuthRejected, AuthUnavailable
from ..ports.xero import Grant, Secret, TokenSet, XeroTenant
from . import reading as r
from .classify import retry_after
from ..hosts import AUTHORIZE_URL, CONNECTIONS_URL, ISSUER, JWKS_URL, TOKEN_URL
from .identity import IdTokenVerifier, KeyStore, unverified_claims
from .transport import TOKEN_LIMITS, Failure, Limits, Reply, Transport, harden

# What we ask for, and no more (xero-facts §1.5, security 6).
SCOPES = (
    "openid",
    "offline_access",
    "accounting.invoices",
    "accounting.payments",
    "accounting.contacts",
    "accounting.settings.read",
)
# Proven by what came with them, an id_token and a refresh token; the `scope` of an answer may leave them out.
_PROVEN = frozenset({"openid", "offline_access"})
# Definite refusals (xero-facts §1.6). Another word, or the same word with another status, says nothing.
REFUSALS = frozenset({"invalid_grant", "invalid_client", "invalid_scope", "unauthorized_client", "invalid_request"})
LONGEST_LIFE = 24 * 3600  # seconds; an access token lives 1800
_SECONDS = re.compile(r"[1-9]\d{0,8}(?:\.0+)?", re.ASCII)
_TOKEN = re.compile(r"[!-~]{1,16384}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Granted:
    """An accepted answer of the token endpoint."""

    tokens: TokenSet
    id_token: Secret | None
    auth_event_id: str | None


class XeroLogin:
    """The OAuth side of Xero for one app.

    `redirect_uri` is exactly what is registered with Xero. `now` tells seconds since 1970, `clock` counts
    monotonic seconds."""

    def __init__(
        self,
        client_id: str,
        client_secret: Secret,
        redirect_uri: str,
        *,
        authorize_url: str = AUTHORIZE_URL,
        token_url: str = TOKEN_URL,
        connections_url: str = CONNECTIONS_URL,
        jwks_url: str = JWKS_URL,
        issuer: str = ISSUER,
        limits: Limits = TOKEN_LIMITS,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._authorize_url = authorize_url
        self._token_url = token_url
        self._connections_url = connections_url.rstrip("/")
        self._limits = limits
        self._now = now
        self._transport = Transport(limits)
        keys = KeyStore(jwks_url, self._transport, clock)
        self._id_tokens = IdTokenVerifier(keys, issuer=issuer, client_id=client_id, now=now)

    def authorize_url(self, *, state: str, nonce: str) -> str:
        """See the port."""
        with OAuth2Session(self._client_id, redirect_uri=self._redirect_uri, scope=" ".join(SCOPES)) as session:
            url, _state = session.create_authorization_url(self._authorize_url, state=state, nonce=nonce)
        return url

    def exchange(self, code: Secret, *, nonce: str) -> Grant:
        """See the port."""
        granted = self._ask("authorization_code", code=code, redirect_uri=Secret(self._redirect_uri))
        if not isinstance(granted, _Granted):
            raise granted
        if granted.id_token is None:
            raise AuthRejected("invalid_id_token")
        claims = self._id_tokens.verify(granted.id_token, nonce)
        tokens = granted.tokens
        if not tokens.scopes:  # an answer may leave them out when they are as requested (RFC 6749 §5.1)
            tokens = replace(tokens, scopes=frozenset(SCOPES))
        # Without offline_access there is no refresh token, and the connection would last half an hour.
        if set(SCOPES) - _PROVEN - tokens.scopes or not tokens.refresh_token.reveal():
            raise AuthRejected("missing_scope")
        user = r.text(claims, "xero_userid", 100) or r.text(claims, "sub", 100)
        return Grant(tokens, user, granted.auth_event_id)

    def refresh(self, refresh_token: Secret) -> TokenSet:
        """See the port. The scopes are empty when the answer does not name them: they are what they were."""
        granted = self._ask("refresh_token", refresh_token=refresh_token)
        if not isinstance(granted, _Granted):
            raise granted
        if not granted.tokens.refresh_token.reveal():
            raise AuthUnavailable("no refresh token", status=200)
        return granted.tokens

    def connections(self, access_token: Secret, *, auth_event_id: str | None = None) -> tuple[XeroTenant, ...]:
        """See the port. One unreadable entry spoils the answer: a list that lacks an organisation would read
        as a disconnection."""
        query = [("authEventId", r.guid(auth_event_id))] if auth_event_id else []
        reply = self._with_token("GET", self._connections_url, access_token, query)
        tenants = _tenants(reply) if reply.status == 200 else None
        if tenants is None:
            raise self._refusal(reply)
        return tenants

    def disconnect(self, access_token: Secret, connection_id: str) -> None:
        """See the port."""
        url = f"{self._connections_url}/{r.guid(connection_id)}"
        reply = self._with_token("DELETE", url, access_token)
        if reply.status not in (200, 204, 404):
            raise self._refusal(reply)

    def close(self) -> None:
        """Close this thread's connections."""
        self._transport.close()

    def _with_token(self, method: str, url: str, access_token: Secret, query: Sequence[tuple[str, str]] = ()) -> Reply:
        outcome = self._call(method, url, access_token, query)
        if isinstance(outcome, Failure):
            raise AuthUnavailable(outcome.what)
        return outcome

    def _call(self, method: str, url: str, access_token: Secret, query: Sequence[tuple[str, str]]) -> Reply | Failure:
        token = access_token.reveal()
        if not _TOKEN.fullmatch(token):
            return Failure(wrote=False, what="the access token cannot stand in a header")
        return self._transport.call(method, url, headers={"Authorization": f"Bearer {token}"}, query=query)

    def _refusal(self, reply: Reply) -> Exception:
        if reply.status == 401:
            return AuthRejected("invalid_token")
        return self._unavailable("connections", reply.status, reply.headers)

    def _unavailable(self, what: str, status: int, headers: Mapping[str, str]) -> AuthUnavailable:
        wait = retry_after(headers.get("Retry-After"), self._now())
        return AuthUnavailable(what, status=status, retry_after=wait)

    def _ask(self, grant_type: str, **form: Secret) -> _Granted | AuthRejected | AuthUnavailable:
        """One call of the token endpoint. Errors are returned: this frame holds secrets, and so do
        Authlib's."""
        seen: list[requests.Response] = []
        what = "error"
        try:
            with self._session() as session:
                # The only place where Authlib shows the status; and the body becomes what we understood of it.
                session.register_compliance_hook("access_token_response", lambda got: _tidied(got, seen))
                token = session.fetch_token(
                    self._token_url,
                    grant_type=grant_type,
                    allow_redirects=False,
                    **{name: value.reveal() for name, value in form.items()},
                )
            if seen[0].status_code == 200:
                return _granted(token)
            what = "no token"
        except OAuthError as problem:
            what = problem.error
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as problem:
            what = type(problem).__name__
        if not seen:
            return AuthUnavailable(what)
        status, headers = seen[0].status_code, seen[0].headers
        if status == 401:
            return AuthRejected("invalid_client")
        if status == 400 and what in REFUSALS:
            return AuthRejected(what)
        return self._unavailable(what, status, headers)

    def _session(self) -> OAuth2Session:
        """A new one per call: it keeps the tokens it gets."""
        session = OAuth2Session(
            self._client_id,
            self._client_secret.reveal(),
            token_endpoint_auth_method="client_secret_basic",  # noqa: S106 - the name of a method
        )
        harden(session, self._limits)
        return session


def _tidied(response: requests.Response, seen: list[requests.Response]) -> requests.Response:
    """The answer with nothing in its body but what `_granted` and the table of refusals know, so that Authlib
    meets no surprising shapes. Raises ValueError for what is no JSON object."""
    seen.append(response)
    document = r.decode(response.content)
    if not isinstance(document, dict):
        raise ValueError("not an object")
    if document.get("error") is not None:
        word = r.text(document, "error", 50)
        clean: dict[str, object] = {"error": word if word in REFUSALS else "error"}
    else:
        names = ("access_token", "refresh_token", "id_token", "scope")
        clean = {name: document[name] for name in names if isinstance(document.get(name), str)}
        clean["expires_in"] = _seconds(document.get("expires_in"))
    response._content = json.dumps(clean).encode()
    return response


def _seconds(value: object) -> int:
    """Seconds of life, also from "1800" or 1800.0: a rotated refresh token must not get lost for that."""
    if isinstance(value, bool) or not _SECONDS.fullmatch(str(value)):
        raise ValueError("no expires_in")
    return min(int(Decimal(str(value))), LONGEST_LIFE)


def _granted(token: Mapping[str, object]) -> _Granted:
    access, refresh, id_token = (r.text(token, name, 20000) for name in ("access_token", "refresh_token", "id_token"))
    if not _TOKEN.fullmatch(access) or (refresh and not _TOKEN.fullmatch(refresh)):
        raise ValueError("no usable token")
    event = r.optional_id(unverified_claims(access), "authentication_event_id")
    return _Granted(
        TokenSet(Secret(access), Secret(refresh), _seconds(token["expires_in"]), frozenset(_scopes(token, access))),
        Secret(id_token) if id_token else None,
        event or None,
    )


def _scopes(token: Mapping[str, object], access: str) -> list[str]:
    """The granted scopes: as the answer says, else as the access token says."""
    said = token.get("scope")
    if isinstance(said, str):
        return said.split()
    claimed = unverified_claims(access).get("scope")
    return [scope for scope in claimed if isinstance(scope, str)] if isinstance(claimed, list) else []


def _tenants(reply: Reply) -> tuple[XeroTenant, ...] | None:
    """The bare array of GET /connections (xero-facts §1.7), or None for anything else."""
    try:
        return r.each(r.items({"connections": r.decode(reply.body)}, "connections"), _tenant)
    except ValueError:
        return None


def _tenant(row: r.Json) -> XeroTenant:
    return XeroTenant(
        connection_id=r.needed_id(row, "id"),
        tenant_id=r.needed_id(row, "tenantId"),
        tenant_type=r.text(row, "tenantType", 50),
        name=r.text(row, "tenantName", 255),  # may be null for what is no organisation
    )
