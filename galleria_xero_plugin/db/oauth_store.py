"""Consents under way, and completed ones whose organisation is still to be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, and_, delete, insert, select, update

from ..ports.records import OAuthState as Record
from ..ports.xero import TokenSet, XeroTenant
from .codec import from_plain, to_plain
from .models import OAuthState, table_of
from .store import Store

_STATE = table_of(OAuthState)
_RECORD = [_STATE.c[name] for name in ("gallery_id", "user_id", "webservice_id", "browser_hash", "nonce", "expires_at")]
_WIPED: dict[str, None] = {"key_id": None, "token": None, "tenants": None}
_DAY = 86_400_000


class SqlOAuthStates(Store):
    """`OAuthStateStore` in SQL."""

    def add(self, state_hash: str, state: Record) -> None:
        self._change(insert(_STATE).values(state_hash=state_hash, **_values(state)))

    def use(self, state_hash: str) -> Record | None:
        row = self._change(
            update(_STATE).where(self._usable(state_hash)).values(used_at=self._now, **_WIPED).returning(*_RECORD)
        ).one_or_none()
        return None if row is None else _record(row)

    def hold(self, choice_hash: str, state: Record, tokens: TokenSet, tenants: Sequence[XeroTenant]) -> None:
        key_id, sealed = self._transaction.vault.seal(state.gallery_id, choice_hash, tokens)
        self._change(
            insert(_STATE).values(
                state_hash=choice_hash, **_values(state), key_id=key_id, token=sealed, tenants=to_plain(list(tenants))
            )
        )

    def held(self, choice_hash: str) -> tuple[Record, TokenSet, Sequence[XeroTenant]] | None:
        query = select(*_RECORD, _STATE.c.key_id, _STATE.c.token, _STATE.c.tenants).where(
            self._usable(choice_hash), _STATE.c.token.is_not(None)
        )
        row = self._read(query).one_or_none()
        if row is None:
            return None
        tokens = self._transaction.vault.open(row.gallery_id, choice_hash, row.key_id, row.token)
        return _record(row), tokens, [from_plain(XeroTenant, tenant) for tenant in row.tenants]

    def purge(self) -> int:
        expired = update(_STATE).where(_STATE.c.expires_at <= self._now, _STATE.c.token.is_not(None))
        self._change(expired.values(_WIPED))
        return self._change(delete(_STATE).where(_STATE.c.expires_at < self._now - _DAY)).rowcount

    def _usable(self, state_hash: str) -> Any:
        return and_(_STATE.c.state_hash == state_hash, _STATE.c.used_at.is_(None), _STATE.c.expires_at > self._now)


def _values(state: Record) -> dict[str, Any]:
    return {column.name: getattr(state, column.name) for column in _RECORD}


def _record(row: Row[Any]) -> Record:
    return Record(
        gallery_id=row.gallery_id,
        user_id=row.user_id,
        webservice_id=row.webservice_id,
        browser_hash=row.browser_hash,
        nonce=row.nonce,
        expires_at=row.expires_at,
    )
