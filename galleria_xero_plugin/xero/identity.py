"""The id_token: whether it is Xero's, meant for us, fresh, and the answer to our own question.

joserfc checks signature and claims. Measured, it would also accept three things we do not: a token without a
key id (it then tries any key of the set), an audience list that merely contains us, and a nonce given as a
list that contains ours. Those are checked here.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import threading
import time
from collections.abc import Callable, Mapping

from joserfc import jws, jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from ..errors import AuthRejected, AuthUnavailable
from ..ports.xero import Secret
from . import reading as r
from .transport import Failure, Reply, Transport

ALGORITHM = "RS256"
LONGEST_TOKEN = 16 << 10  # characters
LEEWAY = 60  # seconds that Xero's clock may differ from ours
REFETCH = 60.0  # seconds between two requests for keys because of an unknown key id
UNKNOWN_KEY = object()  # the signature names a key that we do not have
KEYS_AGE = 24 * 3600.0  # seconds after which keys are asked for again: Xero may have withdrawn one


class KeyStore:
    """Xero's public keys, fetched when first needed. For all threads.

    An unknown key id asks again (keys are rotated), but at most once a minute: else anybody with a browser
    could make us hammer Xero. `clock` is a monotonic one, in seconds."""

    def __init__(self, url: str, transport: Transport, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._transport = transport
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: KeySet | None = None
        self._fetched = 0.0

    def keys(self) -> KeySet:
        """The keys as known. Raises AuthUnavailable when none can be had."""
        with self._lock:
            if self._keys is None or self._clock() - self._fetched > KEYS_AGE:
                return self._fetch()
            return self._keys

    def refreshed(self) -> KeySet | None:
        """The keys, asked for anew, or None when that was done within the last minute."""
        with self._lock:
            if self._clock() - self._fetched < REFETCH:
                return None
            return self._fetch()

    def _fetch(self) -> KeySet:
        outcome = self._transport.call("GET", self._url, headers={})
        if isinstance(outcome, Failure) or outcome.status != 200:
            raise AuthUnavailable("keys", status=None if isinstance(outcome, Failure) else outcome.status)
        self._keys = _signing_keys(outcome)
        self._fetched = self._clock()
        return self._keys


def _signing_keys(reply: Reply) -> KeySet:
    """The RSA keys for signatures with an id; whatever else is in the set is of no use to us."""
    try:
        rows = r.items(r.decode(reply.body), "keys")
        fit = [
            {name: value for name, value in row.items() if isinstance(value, str)}
            for row in rows
            if row.get("kty") == "RSA" and row.get("use", "sig") == "sig" and r.text(row, "kid")
        ]
        return KeySet.import_key_set({"keys": fit})  # type: ignore[typeddict-item]
    except (ValueError, TypeError, KeyError, JoseError):
        pass
    raise AuthUnavailable("keys", status=reply.status)


class IdTokenVerifier:
    """Verifies id_tokens of one issuer for one client. `now` tells seconds since 1970."""

    def __init__(self, keys: KeyStore, *, issuer: str, client_id: str, now: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._client_id = client_id
        self._signature = jws.JWSRegistry(algorithms=[ALGORITHM])
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(now()),
            leeway=LEEWAY,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True},
        )

    def verify(self, token: Secret, nonce: str) -> Mapping[str, object]:
        """The claims. Raises AuthRejected("invalid_id_token"), or AuthUnavailable without keys."""
        found = self._verified(token.reveal(), nonce, self._keys.keys())
        if found is UNKNOWN_KEY:
            keys = self._keys.refreshed()
            found = self._verified(token.reveal(), nonce, keys) if keys is not None else None
        if not isinstance(found, Mapping):
            raise AuthRejected("invalid_id_token")
        return found

    def _verified(self, raw: str, nonce: str, keys: KeySet) -> Mapping[str, object] | object | None:
        """The claims, UNKNOWN_KEY, or None for a refusal. Never raises: this frame holds the token."""
        try:
            header = r.decode(_segment(raw, 0))
            if not isinstance(header, dict) or not r.text(header, "kid"):
                return None
            claims = jwt.decode(raw, keys, registry=self._signature).claims
            self._claims.validate(claims)
        except InvalidKeyIdError:
            return UNKNOWN_KEY
        except (JoseError, ValueError, TypeError, ArithmeticError, RecursionError):
            return None
        given = claims["nonce"]
        ours = isinstance(given, str) and hmac.compare_digest(given.encode(), nonce.encode())
        meant = claims["aud"] in (self._client_id, [self._client_id])
        return claims if ours and meant and claims.get("azp", self._client_id) == self._client_id else None


def unverified_claims(raw: str) -> Mapping[str, object]:
    """The claims of a JWT that came straight from the token endpoint over TLS; empty when it is opaque.
    For a hint that is checked otherwise, never for a decision."""
    try:
        claims = r.decode(_segment(raw, 1))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def _segment(raw: str, index: int) -> bytes:
    """A part of a JWT. Raises ValueError for what is none."""
    parts = raw.split(".")
    if len(parts) != 3 or len(raw) > LONGEST_TOKEN or not raw.isascii():
        raise ValueError("not a JWT")
    try:
        return base64.urlsafe_b64decode(parts[index] + "=" * (-len(parts[index]) % 4))
    except binascii.Error:
        pass
    raise ValueError("not a JWT")
