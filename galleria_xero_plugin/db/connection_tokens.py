"""A connection's tokens: one refresh at a time, compare-and-swap, rotation of keys (export-protocol §2.8)."""

from __future__ import annotations

import logging
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from ..errors import TokenUnreadable
from ..ports.records import ConnectionStatus
from ..ports.xero import TokenSet
from .connection_record import CONNECTION
from .store import Store, past
from .types import Cipher

_log = logging.getLogger(__name__)
_SEALED = [CONNECTION.c[name] for name in ("id", "gallery_id", "token_version", "key_id", "token", "previous_token")]
_OF_ONE = select(*_SEALED).where(CONNECTION.c.id == bindparam("connection"))
_OPEN = CONNECTION.c.status != ConnectionStatus.DISCONNECTED.value


class Tokens(Store):
    """The tokens' part of `ConnectionStore`."""

    def tokens(self, connection_id: str) -> tuple[int, TokenSet, TokenSet | None] | None:
        row = self._read(_OF_ONE, {"connection": connection_id}).one_or_none()
        if row is None or row.token is None:
            return None
        previous = None if row.previous_token is None else self._unseal(row, row.previous_token)
        return row.token_version, self._unseal(row, row.token), previous

    def claim_refresh(self, connection_id: str, version: int, seconds: int) -> int | None:
        return self._change(
            update(CONNECTION)
            .where(
                CONNECTION.c.id == connection_id,
                _OPEN,
                CONNECTION.c.token_version == version,
                past(CONNECTION.c.refresh_lease_until, self._now),
            )
            .values(refresh_lease=CONNECTION.c.refresh_lease + 1, refresh_lease_until=self._now + seconds * 1000)
            .returning(CONNECTION.c.refresh_lease)
        ).scalar_one_or_none()

    def store_tokens(self, connection_id: str, version: int, lease: int, tokens: TokenSet) -> bool:
        row = self._read(
            select(*_SEALED).where(CONNECTION.c.id == connection_id, CONNECTION.c.token_version == version)
        ).one_or_none()
        if row is None or row.token is None:
            return False
        # Both are sealed anew: the row has one key id for the two.
        key_id, sealed = self._transaction.vault.seal(row.gallery_id, connection_id, tokens)
        return self._hit(
            update(CONNECTION)
            .where(
                CONNECTION.c.id == connection_id,
                _OPEN,
                CONNECTION.c.token_version == version,
                CONNECTION.c.refresh_lease == lease,
            )
            .values(
                key_id=key_id,
                token=sealed,
                previous_token=self._reseal(row, row.token),
                token_version=version + 1,
                access_expires_at=self._now + tokens.expires_in * 1000,
                refreshed_at=self._now,
                refresh_lease_until=None,
            )
        )

    def release_refresh(self, connection_id: str, lease: int) -> None:
        self._change(
            update(CONNECTION)
            .where(CONNECTION.c.id == connection_id, CONNECTION.c.refresh_lease == lease)
            .values(refresh_lease_until=None)
        )

    def rotate_keys(self, after: str, limit: int) -> tuple[str, int]:
        vault = self._transaction.vault
        rows = self._read(
            select(*_SEALED)
            .where(CONNECTION.c.token.is_not(None), CONNECTION.c.key_id != vault.key_id, CONNECTION.c.id > after)
            .order_by(CONNECTION.c.id)
            .limit(limit)
        ).all()
        changed = sum(self._rotate(row) for row in rows)
        return (rows[-1].id if len(rows) == limit else ""), changed

    def _rotate(self, row: Row[Any]) -> bool:
        vault = self._transaction.vault
        token, previous = self._reseal(row, row.token), self._reseal(row, row.previous_token)
        if token is None:
            # Nothing is lost: with the key back in TOKEN_KEYS, rotating once more finds the row again.
            _log.warning("connection %s cannot be opened with key %s: left as it is", row.id, row.key_id)
            return False
        return self._hit(
            update(CONNECTION)
            .where(
                CONNECTION.c.id == row.id,
                CONNECTION.c.token_version == row.token_version,
                CONNECTION.c.key_id == row.key_id,
            )
            .values(key_id=vault.key_id, token=token, previous_token=previous)
        )

    def _reseal(self, row: Row[Any], sealed: Cipher | None) -> Cipher | None:
        """The same tokens under the first key; None when there are none or they cannot be opened."""
        try:
            tokens = None if sealed is None else self._unseal(row, sealed)
        except TokenUnreadable:
            return None
        return None if tokens is None else self._transaction.vault.seal(row.gallery_id, row.id, tokens)[1]

    def _unseal(self, row: Row[Any], sealed: Cipher) -> TokenSet:
        return self._transaction.vault.open(row.gallery_id, row.id, row.key_id, sealed)
