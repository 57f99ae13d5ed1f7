"""What the stores share: how they reach the transaction that they are part of."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import Executable

from ..errors import Conflict
from .vault import Vault

T = TypeVar("T")
CHUNK = 500  # values in one IN list


class Transaction(Protocol):
    """What a store sees of its unit of work."""

    vault: Vault
    dialect: str

    def run(self, statement: Executable, rows: Any = None, *, change: bool) -> CursorResult[Any]:
        """Execute; `change` is refused in a reading transaction. Raises Busy."""

    def savepoint(self) -> contextlib.AbstractContextManager[Any]:
        """Undo what happens inside when it raises, and go on with the transaction."""

    def clock(self) -> ColumnElement[int]:
        """The present in epoch milliseconds, as SQL."""

    def times(self) -> tuple[ColumnElement[int], Mapping[str, int]]:
        """The same for a statement that is made once: always the same expression, and the values that it needs."""


class Store:
    """A part of one transaction. It never commits; that is the caller's decision."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def _read(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Any:
        """The result, whose rows SQLAlchemy 2.0 and 2.1 type differently. A statement that is made once has its
        `values` apart."""
        return self._transaction.run(statement, values, change=False)

    def _change(
        self, statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """The same for a change; with a list of `values` one of many rows."""
        return self._transaction.run(statement, values, change=True)

    def _hit(self, statement: Executable, values: Mapping[str, Any] | None = None) -> bool:
        """Execute a conditional change of one row: whether the condition held."""
        return self._transaction.run(statement, values, change=True).rowcount == 1

    @property
    def _now(self) -> ColumnElement[int]:
        """The present as SQL, in epoch milliseconds."""
        return self._transaction.clock()

    def _insert(self, table: Any) -> Any:
        """An INSERT that knows ON CONFLICT, which every dialect has under a name of its own."""
        return (sqlite if self._transaction.dialect == "sqlite" else postgresql).insert(table)

    @contextlib.contextmanager
    def _or_conflict(self, message: str) -> Iterator[None]:
        """A unique index that refuses what happens inside is a Conflict, and the transaction lives on."""
        try:
            with self._transaction.savepoint():
                yield
        except IntegrityError as error:
            raise Conflict(message, detail=str(error.orig)) from error


def new_id() -> str:
    """A random id."""
    return str(uuid.uuid4())


def past(column: Any, now: ColumnElement[int]) -> ColumnElement[bool]:
    """A waiting time that is over, or that never was."""
    return or_(column.is_(None), column <= now)


def chunks(values: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Pieces of at most `size`."""
    return (values[start : start + size] for start in range(0, len(values), size))
