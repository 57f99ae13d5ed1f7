"""RS256 signatures of access and id tokens, and the public key to check them by."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import RSAKey


class SigningKey:
    """One RSA key. It is made on first use: half a second that many tests never need."""

    def __init__(self, pem: str | None = None) -> None:
        self._given = pem

    @cached_property
    def pem(self) -> str:
        """The private key as text, for the state file."""
        if self._given is not None:
            return self._given
        key = generate_private_key(public_exponent=65537, key_size=2048)
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @cached_property
    def _key(self) -> RSAKey:
        return RSAKey.import_key(self.pem, {"use": "sig", "alg": "RS256", "kid": self._kid})

    @cached_property
    def _kid(self) -> str:
        return hashlib.sha256(self.pem.encode()).hexdigest()[:40].upper()

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A signed JWT."""
        header = {"alg": "RS256", "kid": self._kid, "typ": "JWT"}
        return jwt.encode(header, dict(claims), self._key)

    def jwks(self) -> dict[str, Any]:
        """The public half, as /.well-known/openid-configuration/jwks shows it."""
        return {"keys": [dict(self._key.as_dict(private=False))]}


def half_hash(token: str) -> str:
    """``at_hash``: the left half of the token's SHA-256."""
    return urlsafe(hashlib.sha256(token.encode()).digest()[:16])


def urlsafe(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
