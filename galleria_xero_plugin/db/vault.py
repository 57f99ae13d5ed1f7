"""Tokens at rest: AES-GCM under keys that are not in the database (security 11-14).

A cipher text is bound to its gallery and its connection, so one that was copied to another row does not open.
The first key seals, every key opens. Rotating: add the new key second everywhere, then put it first, then run
`rotate-keys`, then remove the old one.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import json
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..errors import TokenUnreadable
from ..ports.xero import Secret, TokenSet
from .types import Cipher

_KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = b"\x01"
_ADVICE = (
    "a token key is 32 random bytes, written as base64url (43 characters) or as hex (64 characters); "
    'make one with: python -c "import secrets; print(secrets.token_urlsafe(32))"'
)


def generate_key() -> str:
    """A new key as base64url text, fit for TOKEN_KEYS."""
    return secrets.token_urlsafe(_KEY_BYTES)


def parse_keys(keys: Sequence[str]) -> tuple[bytes, ...]:
    """The keys as bytes. Raises ValueError with advice; the message says which key, never what it is."""
    if isinstance(keys, str):
        raise ValueError("token keys are a list of texts, not one text")
    if not keys:
        raise ValueError(f"there is no token key: {_ADVICE}")
    parsed: list[bytes] = []
    for number, text in enumerate(keys, 1):
        key = _parse(text)
        if key is None:
            raise ValueError(f"token key {number} cannot be read: {_ADVICE}")
        if len(set(key)) < _KEY_BYTES // 4:
            raise ValueError(f"token key {number} is not random: {_ADVICE}")
        if key in parsed:
            raise ValueError(f"token key {number} is there twice")
        parsed.append(key)
    return tuple(parsed)


def _parse(key: str) -> bytes | None:
    """None for what is no key. It does not raise: the error's context would hold the key's text."""
    text = key.strip() if isinstance(key, str) else ""
    try:
        if len(text) == 2 * _KEY_BYTES:
            return bytes.fromhex(text)
        padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    return raw if len(raw) == _KEY_BYTES else None


class Vault:
    """Seals and opens the tokens of a connection."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._ciphers = {_key_id(key): AESGCM(key) for key in parse_keys(keys)}
        self.key_id = next(iter(self._ciphers))

    def __repr__(self) -> str:
        return f"<vault of {len(self._ciphers)} keys>"

    def seal(self, gallery_id: str, connection_id: str, tokens: TokenSet) -> tuple[str, Cipher]:
        """(key id, cipher text) under the first key."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        bound_to = _bound_to(gallery_id, connection_id, self.key_id)
        return self.key_id, Cipher(_FORMAT + nonce + self._ciphers[self.key_id].encrypt(nonce, _pack(tokens), bound_to))

    def open(self, gallery_id: str, connection_id: str, key_id: str | None, blob: bytes) -> TokenSet:
        """The tokens. Raises TokenUnreadable when the key is missing or the row was altered."""
        cipher = self._ciphers.get(key_id or "")
        if cipher is None:
            raise TokenUnreadable(f"connection {connection_id}: key {key_id} is not in TOKEN_KEYS")
        plain = None
        if blob[:1] == _FORMAT:
            nonce, sealed = bytes(blob[1 : 1 + _NONCE_BYTES]), bytes(blob[1 + _NONCE_BYTES :])
            # Raised below, outside: an error must not carry this one's frames along.
            with contextlib.suppress(InvalidTag, ValueError):
                plain = cipher.decrypt(nonce, sealed, _bound_to(gallery_id, connection_id, key_id or ""))
        if plain is None:
            raise TokenUnreadable(f"connection {connection_id}: its tokens were altered or belong to another row")
        return _unpack(plain)


def _key_id(key: bytes) -> str:
    """Made from the key itself, so that there are no labels to mistype."""
    return hashlib.sha256(b"galleria-xero token key" + key).hexdigest()[:12]


def _bound_to(gallery_id: str, connection_id: str, key_id: str) -> bytes:
    # A JSON list: ids joined by a separator would be ambiguous.
    return json.dumps(["galleria-xero", 1, gallery_id, connection_id, key_id], separators=(",", ":")).encode()


def _pack(tokens: TokenSet) -> bytes:
    return json.dumps(
        {
            "access": tokens.access_token.reveal(),
            "refresh": tokens.refresh_token.reveal(),
            "expires_in": tokens.expires_in,
            "scopes": sorted(tokens.scopes),
        }
    ).encode()


def _unpack(plain: bytes) -> TokenSet:
    found = json.loads(plain)
    return TokenSet(Secret(found["access"]), Secret(found["refresh"]), found["expires_in"], frozenset(found["scopes"]))
