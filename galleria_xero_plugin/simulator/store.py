"""State that survives a restart: JSON rows in an SQLite file, written through per request."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from threading import Lock
from typing import Any

from .core.identity import Connection, Grant, Identity, Token
from .core.organisation import Change, Organisation
from .core.signing import SigningKey
from .core.world import World

_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    tenant TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, content TEXT NOT NULL,
    PRIMARY KEY (tenant, kind, id));
CREATE TABLE IF NOT EXISTS identity (name TEXT PRIMARY KEY, content TEXT NOT NULL);
"""
_PARTS: dict[str, type[Any]] = {
    "grants": Grant,
    "codes": Token,
    "refresh_tokens": Token,
    "access_tokens": Token,
    "connections": Connection,
}


def _packed(value: object) -> Any:
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, datetime):
        return {"$moment": value.isoformat()}
    if isinstance(value, date):
        return {"$day": value.isoformat()}
    raise TypeError(f"{type(value).__name__} cannot be kept")


_UNPACK: dict[str, Callable[[str], Any]] = {
    "$decimal": Decimal,
    "$moment": datetime.fromisoformat,
    "$day": date.fromisoformat,
}


def _unpacked(value: dict[str, Any]) -> Any:
    if len(value) == 1:
        name, content = next(iter(value.items()))
        if name in _UNPACK:
            return _UNPACK[name](content)
    return value


def pack(value: Any) -> str:
    """A record as text."""
    return json.dumps(value, default=_packed, separators=(",", ":"))


def unpack(text: str) -> Any:
    """A record from text."""
    return json.loads(text, object_hook=_unpacked)


class SqliteStore:
    """One file. Limits, idempotency keys and the effects log are not kept."""

    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def load(self, world: World) -> bool:
        """Fill a world from the file; False when the file is new."""
        with self._lock:
            rows = self._connection.execute("SELECT tenant, kind, content FROM record ORDER BY rowid").fetchall()
            kept = dict(self._connection.execute("SELECT name, content FROM identity").fetchall())
        for tenant, kind, content in rows:
            org = world.organisations.setdefault(tenant, Organisation(tenant))
            org.tables[kind].put(unpack(content))
        if "key" in kept:
            identity = world.identity
            identity.key = SigningKey(unpack(kept["key"]))
            for part, made_of in _PARTS.items():
                values = {name: made_of(**entry) for name, entry in unpack(kept[part]).items()}
                setattr(identity, part, values)
        return bool(rows)

    def save_books(self, tenant: str, changes: Iterable[Change]) -> None:
        """Keep what one transaction changed."""
        rows = [(tenant, change.kind, change.identity, pack(change.after)) for change in changes]
        with self._lock, self._connection:
            self._connection.executemany(
                "INSERT INTO record (tenant, kind, id, content) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (tenant, kind, id) DO UPDATE SET content = excluded.content",
                rows,
            )

    def forget(self) -> None:
        """Empty the file."""
        with self._lock, self._connection:
            self._connection.execute("DELETE FROM record")
            self._connection.execute("DELETE FROM identity")

    def save_identity(self, identity: Identity) -> None:
        """Keep tokens (as hashes), connections and the signing key."""
        rows = [("key", pack(identity.key.pem))]
        for part in _PARTS:
            entries = {name: asdict(entry) for name, entry in getattr(identity, part).items()}
            rows.append((part, pack(entries)))
        with self._lock, self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO identity VALUES (?, ?)", rows)
