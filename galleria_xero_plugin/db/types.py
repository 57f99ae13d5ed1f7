"""Column types and the database's clock.

Instants are epoch milliseconds in a BIGINT on every database: they compare with the clock expression below
without a conversion, and no driver can lose a time zone. Amounts are exact: NUMERIC without a scale on
PostgreSQL, text on SQLite, which has no decimal type.
"""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, LargeBinary, Numeric, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND = dt.timedelta(milliseconds=1)


def to_ms(instant: dt.datetime) -> int:
    """An aware instant as epoch milliseconds (what is finer is cut off)."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return (instant - _EPOCH) // _MILLISECOND


def from_ms(milliseconds: int) -> dt.datetime:
    """Epoch milliseconds as an aware instant, UTC."""
    return _EPOCH + milliseconds * _MILLISECOND


class db_ms(FunctionElement[int]):
    """The database's clock in epoch milliseconds.

    Not `now()` on PostgreSQL: that is the start of the transaction, too old after a wait for a lock. Not
    `unixepoch('subsec')` on SQLite: it needs 3.42.
    """

    type = BigInteger()
    inherit_cache = True


@compiles(db_ms, "sqlite")
def _sqlite_ms(element: db_ms, compiler: Any, **kw: Any) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"


@compiles(db_ms, "postgresql")
def _postgresql_ms(element: db_ms, compiler: Any, **kw: Any) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"


class Instant(TypeDecorator[dt.datetime]):
    """An aware instant as epoch milliseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_ms(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> dt.datetime | None:
        return None if value is None else from_ms(value)


class Exact(TypeDecorator[Decimal]):
    """A decimal that comes back exactly as it went in, its final zeros included."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | str | None:
        if value is None:
            return None
        if not isinstance(value, Decimal) or not value.is_finite():
            raise TypeError(f"an amount is a finite Decimal, not {value!r}")
        return f"{value:f}" if dialect.name == "sqlite" else value

    def process_result_value(self, value: Decimal | str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


def clean(text: str) -> str:
    """A text that every database can store: PostgreSQL takes no NUL, and nobody takes half a character.
    Names come from other people's systems and ids from the browser, so both happen."""
    if text.isascii() and "\0" not in text:  # nearly every id and number is clean already
        return text
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")


class _Clean(TypeDecorator[str]):
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean(value)


class Words(_Clean):
    """Text of any length."""

    impl = Text
    cache_ok = True


class Key(_Clean):
    """A short text that rows are found by: an id, a code, a number."""

    impl = String
    cache_ok = True

    def __init__(self, length: int = 255) -> None:
        super().__init__(length)


class Json(TypeDecorator[Any]):
    """Plain values as canonical JSON in a text column. Floats are refused: nothing here is inexact."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


def dumps(value: Any) -> str:
    """Canonical JSON in ASCII; raises TypeError for a float."""
    _no_floats(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _no_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("a float is not exact: store a text or a whole number")
    if isinstance(value, dict):
        for item in value.values():
            _no_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _no_floats(item)


class Cipher(bytes):
    """Encrypted bytes that do not show themselves in logs and tracebacks."""

    def __repr__(self) -> str:
        return f"<cipher {len(self)} bytes>"

    __str__ = __repr__


class CipherType(TypeDecorator[Cipher]):
    """Only hides. A column type sees the value and never the row, so it cannot bind a cipher text to its
    gallery and connection: sealing is the business of the `Vault`."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> Cipher | None:
        return None if value is None else Cipher(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Cipher | None:
        return None if value is None else Cipher(value)
