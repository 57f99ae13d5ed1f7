"""Identity: consent, tokens, rotation, revocation, connections (xero-facts.md §1)."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import RLock
from typing import Any

from .errors import Refused, problem
from .settings import AppSettings, Configuration, UserSettings
from .signing import SigningKey, half_hash, urlsafe
from .wire import answer


@dataclass(frozen=True)
class Connection:
    """An organisation a user connected to an app."""

    id: str
    app: str
    user: str
    tenant: str
    auth_event: str
    created: datetime
    updated: datetime


@dataclass(frozen=True)
class Grant:
    """One consent: what was allowed, by whom."""

    id: str  # the authentication event
    app: str
    user: str
    scope: str
    redirect_uri: str
    nonce: str | None
    challenge: str | None
    at: datetime


@dataclass(frozen=True)
class Token:
    """A code, refresh token or access token; kept under the hash of its text."""

    grant: str
    expires: datetime
    replaced: datetime | None = None


@dataclass(frozen=True)
class Bearer:
    """Who calls."""

    app: AppSettings
    user: str
    scopes: frozenset[str]


class TokenError(Exception):
    """The token endpoint says no (§1.6)."""


def hashed(text: str) -> str:
    """The name a secret is kept under."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Identity:
    """The identity server of one simulator."""

    config: Configuration
    key: SigningKey = field(default_factory=SigningKey)
    grants: dict[str, Grant] = field(default_factory=dict)
    codes: dict[str, Token] = field(default_factory=dict)
    refresh_tokens: dict[str, Token] = field(default_factory=dict)
    access_tokens: dict[str, Token] = field(default_factory=dict)
    connections: dict[str, Connection] = field(default_factory=dict)
    lock: RLock = field(default_factory=RLock)

    def app(self, client_id: str) -> AppSettings | None:
        """A registered app."""
        return next((app for app in self.config.current.apps if app.client_id == client_id), None)

    def user(self, email: str, password: str) -> UserSettings | None:
        """Somebody who can sign in."""
        for user in self.config.current.users:
            if user.email.casefold() == email.strip().casefold() and user.password == password:
                return user
        return None

    # -- consent

    def consent(self, question: Mapping[str, str], user: str, tenants: Sequence[str], now: datetime) -> str:
        """The user agreed: connect the organisations and answer a code."""
        settings = self.config.current
        with self.lock:
            event = str(uuid.uuid4())
            app = question["client_id"]
            self.grants[event] = Grant(
                event,
                app,
                user,
                question.get("scope", ""),
                question["redirect_uri"],
                question.get("nonce") or None,
                question.get("code_challenge") or None,
                now,
            )
            for tenant in tenants:
                self._connect(app, user, tenant, event, now)
            code = secrets.token_urlsafe(32)
            expires = now + timedelta(seconds=settings.seconds(settings.code_seconds))
            self.codes[hashed(code)] = Token(event, expires)
            return code

    def _connect(self, app: str, user: str, tenant: str, event: str, now: datetime) -> None:
        for known in self.connections.values():
            if (known.app, known.user, known.tenant) == (app, user, tenant):
                kept = self.config.current.reconnect_keeps_auth_event
                self.connections[known.id] = replace(known, auth_event=known.auth_event if kept else event, updated=now)
                return
        fresh = Connection(str(uuid.uuid4()), app, user, tenant, event, now, now)
        self.connections[fresh.id] = fresh

    # -- tokens

    def exchange(self, form: Mapping[str, str], client: AppSettings, now: datetime) -> dict[str, Any]:
        """grant_type=authorization_code: single use, the same redirect_uri, the verifier if asked."""
        with self.lock:
            token = self.codes.pop(hashed(form.get("code", "")), None)
            grant = self.grants.get(token.grant) if token else None
            if token is None or grant is None or token.expires <= now or grant.app != client.client_id:
                raise TokenError("invalid_grant")
            if grant.redirect_uri != form.get("redirect_uri"):
                raise TokenError("invalid_grant")
            if grant.challenge is not None:
                verifier = form.get("code_verifier", "")
                if urlsafe(hashlib.sha256(verifier.encode()).digest()) != grant.challenge:
                    raise TokenError("invalid_grant")
            return self._issue(grant, now, first=True)

    def refresh(self, form: Mapping[str, str], client: AppSettings, now: datetime) -> dict[str, Any]:
        """grant_type=refresh_token: rotation, and the grace of the previous token (§1.4)."""
        settings = self.config.current
        with self.lock:
            name = hashed(form.get("refresh_token", ""))
            token = self.refresh_tokens.get(name)
            grant = self.grants.get(token.grant) if token else None
            if token is None or grant is None or token.expires <= now or grant.app != client.client_id:
                raise TokenError("invalid_grant")
            if token.replaced is not None:
                grace = timedelta(seconds=settings.seconds(settings.refresh_grace_seconds))
                if not settings.refresh_grace or now - token.replaced >= grace:
                    raise TokenError("invalid_grant")
                if settings.refresh_grace_once:
                    self.refresh_tokens[name] = replace(token, expires=now)
            else:
                self.refresh_tokens[name] = replace(token, replaced=now)
            return self._issue(grant, now, first=False)

    def _issue(self, grant: Grant, now: datetime, *, first: bool) -> dict[str, Any]:
        settings = self.config.current
        life = settings.seconds(settings.access_token_seconds)
        scopes = grant.scope.split()
        access = self.key.sign(self._claims(grant, now, life, scopes))
        self.access_tokens[hashed(access)] = Token(grant.id, now + timedelta(seconds=life))
        found: dict[str, Any] = {"access_token": access, "expires_in": int(life), "token_type": "Bearer"}
        if "offline_access" in scopes:
            refresh = secrets.token_urlsafe(48)
            expires = now + timedelta(seconds=settings.seconds(settings.refresh_token_seconds))
            self.refresh_tokens[hashed(refresh)] = Token(grant.id, expires)
            found["refresh_token"] = refresh
        if "openid" in scopes:
            found["id_token"] = self.key.sign(self._id_claims(grant, now, access, first))
        return {**found, "scope": grant.scope}

    def _claims(self, grant: Grant, now: datetime, life: float, scopes: list[str]) -> dict[str, Any]:
        issued = int(now.timestamp())
        return {
            "nbf": issued,
            "exp": issued + max(1, int(life)),
            "iss": self.config.current.issuer,
            "aud": f"{self.config.current.issuer}/resources",
            "client_id": grant.app,
            "sub": hashed(grant.user)[:32],
            "auth_time": int(grant.at.timestamp()),
            "xero_userid": str(uuid.uuid5(uuid.NAMESPACE_URL, grant.user)),
            "global_session_id": hashed(grant.id)[:32],
            "authentication_event_id": grant.id,
            "jti": secrets.token_hex(16).upper(),
            "scope": scopes,
            "amr": ["pwd"],
        }

    def _id_claims(self, grant: Grant, now: datetime, access: str, first: bool) -> dict[str, Any]:
        settings = self.config.current
        claims = self._claims(grant, now, settings.seconds(settings.id_token_seconds), [])
        for name in ("scope", "jti", "client_id", "authentication_event_id"):
            del claims[name]
        claims.update(aud=grant.app, iat=claims["nbf"], at_hash=half_hash(access))
        claims["sid"] = claims["global_session_id"]
        user = next((user for user in settings.users if user.email == grant.user), None)
        if user is not None:
            claims.update(
                preferred_username=user.email,
                email=user.email,
                given_name=user.given_name,
                family_name=user.family_name,
            )
        if first and grant.nonce and settings.echo_nonce:
            claims["nonce"] = grant.nonce
        return claims

    def revoke(self, refresh_token: str, client: AppSettings) -> None:
        """All of that user's connections to the app go (§1.7)."""
        with self.lock:
            token = self.refresh_tokens.get(hashed(refresh_token))
            grant = self.grants.get(token.grant) if token else None
            if grant is None or grant.app != client.client_id:
                return
            mine = {g.id for g in self.grants.values() if (g.app, g.user) == (grant.app, grant.user)}
            for store in (self.refresh_tokens, self.access_tokens, self.codes):
                for name in [name for name, entry in store.items() if entry.grant in mine]:
                    del store[name]
            for known in list(self.connections.values()):
                if (known.app, known.user) == (grant.app, grant.user):
                    del self.connections[known.id]

    # -- calls

    def bearer(self, header: str, now: datetime) -> Bearer:
        """Who calls, or a 401 in the gateway's format (§6.2)."""
        kind, _, text = header.partition(" ")
        with self.lock:
            token = self.access_tokens.get(hashed(text.strip())) if kind.lower() == "bearer" else None
            grant = self.grants.get(token.grant) if token else None
        app = self.app(grant.app) if grant else None
        if token is None or grant is None or app is None:
            raise problem(
                401,
                "Unauthorized",
                "AuthenticationUnsuccessful",
                {"WWW-Authenticate": 'Bearer error="invalid_token"'},
            )
        if token.expires <= now:
            detail = f"TokenExpired: token expired at {token.expires:%m/%d/%Y %H:%M:%S}"
            challenge = 'Bearer error="invalid_token", error_description="The token expired"'
            raise problem(401, "Unauthorized", detail, {"WWW-Authenticate": challenge})
        return Bearer(app, grant.user, frozenset(grant.scope.split()))

    def connected(self, bearer: Bearer, tenant: str) -> bool:
        """Whether the caller may reach an organisation."""
        with self.lock:
            return any(
                (entry.app, entry.user, entry.tenant) == (bearer.app.client_id, bearer.user, tenant)
                for entry in self.connections.values()
            )

    def mine(self, bearer: Bearer) -> list[Connection]:
        """The caller's connections, oldest first."""
        with self.lock:
            found = [
                entry
                for entry in self.connections.values()
                if (entry.app, entry.user) == (bearer.app.client_id, bearer.user)
            ]
        return sorted(found, key=lambda entry: entry.created)

    def disconnect(self, tenant: str) -> int:
        """A user removes the app in Xero's own settings; answers how many connections went."""
        with self.lock:
            gone = [entry.id for entry in self.connections.values() if entry.tenant == tenant]
            for identity in gone:
                del self.connections[identity]
            return len(gone)

    def expire_access_tokens(self, now: datetime) -> int:
        """Every access token is past its life at once."""
        with self.lock:
            for name, token in self.access_tokens.items():
                self.access_tokens[name] = replace(token, expires=min(token.expires, now))
            return len(self.access_tokens)


def token_refusal(error: str) -> Refused:
    """400 with only an error code (§1.6)."""
    return Refused(answer(400, {"error": error}))
