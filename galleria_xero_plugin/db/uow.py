"""The unit of work: one short transaction of our own on the host's engine.

It is never the host's session: committing that would also commit whatever the host had pending. The one
exception is `SqlUnits.within`, for what has to be atomic with a change of the host's.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, bindparam, event, literal, select
from sqlalchemy.engine import Connection, CursorResult, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, scoped_session
from sqlalchemy.sql import Executable

from ..errors import Busy
from ..ports import store as ports
from ..ports.books import BooksStore
from ..ports.ledger import LedgerStore
from ..ports.months import MonthStore
from .audit_store import SqlAudit
from .comparison_store import SqlComparisons
from .connection_store import SqlConnections
from .books_store import SqlBooks
from .contact_store import SqlContacts
from .engine import begin_reading, begin_writing, check_engine, is_busy, reader, writer
from .ledger_store import SqlLedger
from .month_store import SqlMonths
from .notice_store import SqlNotices
from .oauth_store import SqlOAuthStates
from .reference_store import SqlReference
from .run_store import SqlRuns
from .types import db_ms, from_ms, to_ms
from .vault import Vault
from .webservice_store import SqlWebservices

Now = Callable[[], dt.datetime]
_RETRY_SECONDS = 0.02
_MS = BigInteger()
_CLOCK, _TOLD = db_ms(), bindparam("told_now", type_=_MS)


class SqlUnit:
    """A unit of work; use it in a `with`, once. It is over after `commit()`."""

    def __init__(self, engine: Engine, vault: Vault, now: Now | None, *, writing: bool, patience: float = 0.0) -> None:
        self.vault = vault
        self.dialect = engine.dialect.name
        self._engine = engine
        self._now = now
        self._writing = writing
        self._patience = patience
        self._connection: Connection | None = None
        self._after_commit: list[Callable[[], object]] = []

        connections = SqlConnections(self)
        self.connections: ports.ConnectionStore = connections
        self.webservices: ports.WebserviceStore = SqlWebservices(self, connections)
        self.ledger: LedgerStore = SqlLedger(self)
        self.runs: ports.RunStore = SqlRuns(self)
        self.contacts: ports.ContactStore = SqlContacts(self)
        self.books: BooksStore = SqlBooks(self)
        self.oauth_states: ports.OAuthStateStore = SqlOAuthStates(self)
        self.reference: ports.ReferenceStore = SqlReference(self)
        self.audit: ports.AuditStore = SqlAudit(self)
        self.notices: ports.NoticeStore = SqlNotices(self)
        self.comparisons: ports.ComparisonStore = SqlComparisons(self)
        self.months: MonthStore = SqlMonths(self)

    def __enter__(self) -> SqlUnit:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                self._connection = self._begin()
                return self
            except Busy:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(_RETRY_SECONDS)

    def _begin(self) -> Connection:
        """A connection with a transaction. On SQLite this takes the lock, after the host's own busy timeout."""
        try:
            connection = self._engine.connect()
        except PoolTimeout as error:
            raise Busy("no free database connection in the host's pool") from error
        try:
            (begin_writing if self._writing else begin_reading)(connection)
        except BaseException as error:
            connection.close()
            if isinstance(error, DBAPIError) and is_busy(error):
                raise Busy(str(error.orig)) from error
            raise
        return connection

    def __exit__(self, *exc_info: object) -> None:
        self._close()

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()  # rolls back what was not committed

    def commit(self) -> None:
        """Save, end the transaction, then make the `after_commit` calls in their order."""
        if not self._writing:
            raise RuntimeError("a reading unit of work has nothing to commit")
        with _busy():
            self._open().commit()
        self._close()
        calls, self._after_commit = self._after_commit, []
        # Outside the transaction, and each of them even when one before it raises: the commit has happened.
        with contextlib.ExitStack() as stack:
            for call in reversed(calls):
                stack.callback(call)

    def after_commit(self, call: Callable[[], object]) -> None:
        """Call this once the commit has succeeded."""
        self._after_commit.append(call)

    def now(self) -> dt.datetime:
        """The database's clock."""
        self._open()
        if self._now is not None:
            return from_ms(to_ms(self._now()))
        return from_ms(self.run(select(self.clock()), change=False).scalar_one())

    # What the stores need (store.Transaction)

    def clock(self) -> ColumnElement[int]:
        """The present as SQL, in epoch milliseconds: the database's clock, or what a test says."""
        return _CLOCK if self._now is None else literal(to_ms(self._now()), _MS)

    def times(self) -> tuple[ColumnElement[int], Mapping[str, int]]:
        return (_CLOCK, {}) if self._now is None else (_TOLD, {"told_now": to_ms(self._now())})

    def run(self, statement: Executable, rows: Any = None, *, change: bool) -> CursorResult[Any]:
        """Execute a statement of a store."""
        if change and not self._writing:
            raise RuntimeError("a reading unit of work cannot change anything")
        with _busy():
            return self._open().execute(statement, rows)

    def savepoint(self) -> contextlib.AbstractContextManager[Any]:
        return self._open().begin_nested()

    def _open(self) -> Connection:
        if self._connection is None:
            raise RuntimeError("this unit of work is over, or was not entered by `with`")
        return self._connection


class _GuestUnit(SqlUnit):
    """A unit of work inside a transaction of the host's: what it writes is saved or lost with the host's."""

    def __init__(self, session: Session, engine: Engine, vault: Vault, now: Now | None) -> None:
        super().__init__(engine, vault, now, writing=True)
        self._session = session

    def __enter__(self) -> SqlUnit:
        ours = _engine_of(self._session) is self._engine
        options = {} if ours else {"bind_arguments": {"bind": self._engine}}
        self._connection = self._session.connection(**options)
        return self

    def _close(self) -> None:
        self._connection = None

    def commit(self) -> None:
        """Refused: the transaction is the host's."""
        raise RuntimeError("the host commits this transaction")

    def after_commit(self, call: Callable[[], object]) -> None:
        """Call this once the host's commit has succeeded."""
        event.listen(self._session, "after_commit", lambda _: call(), once=True)


class SqlUnits:
    """Makes units of work on the host's engine.

    `engine` is the engine, or a call that gives it (the host's `db.engine` needs an application context, so it
    is asked late). `now` stands in for the database's clock in tests; every comparison of times then uses it.
    """

    def __init__(self, engine: Engine | Callable[[], Engine], vault: Vault, *, now: Now | None = None) -> None:
        self._engine = engine
        self._vault = vault
        self._now = now
        self._known: tuple[Engine, Engine, Engine] | None = None

    def write(self, *, patience: float = 0.0) -> SqlUnit:
        """A writing transaction; entering it raises Busy after `patience` seconds of trying."""
        _, own, _ = self._engines()
        return SqlUnit(own, self._vault, self._now, writing=True, patience=patience)

    def read(self) -> SqlUnit:
        """A reading transaction."""
        _, _, own = self._engines()
        return SqlUnit(own, self._vault, self._now, writing=False)

    def within(self, session: Session | scoped_session[Any]) -> SqlUnit:
        """A unit of work inside the transaction of a session of the host's, which the host commits."""
        host, _, _ = self._engines()
        real = session() if isinstance(session, scoped_session) else session
        return _GuestUnit(real, host, self._vault, self._now)

    def _engines(self) -> tuple[Engine, Engine, Engine]:
        """(the host's, ours for writing, ours for reading); made once per engine of the host's."""
        host = self._engine if isinstance(self._engine, Engine) else self._engine()
        if self._known is None or self._known[0] is not host:
            check_engine(host)
            self._known = (host, writer(host), reader(host))
        return self._known


@contextlib.contextmanager
def _busy() -> Any:
    try:
        yield
    except DBAPIError as error:
        if is_busy(error):
            raise Busy(str(error.orig)) from error
        raise


def _engine_of(session: Session) -> Engine:
    bind = session.get_bind()
    return bind.engine
