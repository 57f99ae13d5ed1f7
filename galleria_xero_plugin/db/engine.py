"""Our own sessions on the host's engine.

`execution_options` gives an engine on the same pool with options of its own: our transactions begin in our way,
the host's statements stay exactly as they were.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from ..errors import ConfigError

OLDEST_SQLITE = (3, 35, 0)  # UPDATE ... RETURNING

# Long enough for any statement of ours; short enough that a stuck one does not take the host's site with it.
_POSTGRESQL_LIMITS = (
    "SELECT set_config('lock_timeout', '5s', true), set_config('statement_timeout', '30s', true), "
    "set_config('idle_in_transaction_session_timeout', '60s', true)"
)

# lock_not_available, query_canceled (statement_timeout), deadlock_detected, serialization_failure,
# idle_in_transaction_session_timeout: PostgreSQL undid the transaction, so nothing was written.
_POSTGRESQL_BUSY = frozenset({"55P03", "57014", "40P01", "40001", "25P03"})

_MEMORY = (
    "the database is SQLite in memory: all of the site shares one connection there, so a transaction of the "
    "plugin would commit or lose the site's own changes; use a file, e.g. sqlite:////var/lib/site/site.db"
)

_NO_COMMIT = (
    "the database connections are opened with autocommit=True, so that a commit does nothing: leave it out of the "
    "engine's connect_args"
)


def check_engine(engine: Engine) -> None:
    """Raise ConfigError with advice when our transactions cannot be kept apart from the host's."""
    name = engine.dialect.name
    if name == "sqlite":
        library = engine.dialect.dbapi.sqlite_version_info  # type: ignore[union-attr]
        if library < OLDEST_SQLITE:
            needed = ".".join(map(str, OLDEST_SQLITE))
            raise ConfigError([f"SQLite {'.'.join(map(str, library))} is too old: {needed} or newer is needed"])
        if _looks_like_memory(engine) and _is_memory(engine):
            raise ConfigError([_MEMORY])
    elif name != "postgresql":
        raise ConfigError([f"the database {name} is not supported: use PostgreSQL, or SQLite with a file"])


def _looks_like_memory(engine: Engine) -> bool:
    database, query = engine.url.database, engine.url.query
    return not database or ":memory:" in database or "mode=memory" in database or query.get("mode") == "memory"


def _is_memory(engine: Engine) -> bool:
    """A host may give a `creator` that opens a file under a URL without a name: the database itself knows."""
    with engine.connect() as connection:
        databases = connection.exec_driver_sql("PRAGMA database_list").all()
    return not any(name == "main" and file for _, name, file in databases)


def writer(engine: Engine) -> Engine:
    """The engine of writing transactions; begin them with `begin_writing`."""
    if engine.dialect.name == "sqlite":
        return _silent(engine.execution_options(galleria_xero="write"))
    # Whatever level the host chose: ours is what the conditional statements were written for.
    return _silent(engine.execution_options(galleria_xero="write", isolation_level="READ COMMITTED"))


def reader(engine: Engine) -> Engine:
    """The engine of reading transactions; begin them with `begin_reading`."""
    if engine.dialect.name == "sqlite":
        return _silent(engine.execution_options(galleria_xero="read"))
    return _silent(
        engine.execution_options(galleria_xero="read", isolation_level="READ COMMITTED", postgresql_readonly=True)
    )


def _silent(own: Engine) -> Engine:
    # Names and addresses of a gallery's clients do not belong in the host's SQL log, nor in its errors.
    own.hide_parameters = True
    return own


def begin_writing(connection: Connection) -> None:
    """Begin a transaction that may write; on SQLite it has the lock from here on.

    A transaction that reads first and then writes dies at once with "database is locked" when somebody else
    wrote in between, and no timeout helps. BEGIN IMMEDIATE moves every wait to here, where nothing is done yet.
    """
    connection.begin()
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.dbapi_connection
        if getattr(driver, "autocommit", None) is True:
            raise ConfigError([_NO_COMMIT])
        if driver.in_transaction:  # the host's engine sends a BEGIN of its own (SQLAlchemy's recipe for SQLite)
            connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(_POSTGRESQL_LIMITS)


def begin_reading(connection: Connection) -> None:
    """Begin a transaction that only reads."""
    connection.begin()
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(_POSTGRESQL_LIMITS)


def is_busy(error: DBAPIError) -> bool:
    """Whether the database said "not now": a lock, a timeout, a deadlock."""
    name = getattr(error.orig, "sqlite_errorname", None) or ""
    return name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or _sqlstate(error) in _POSTGRESQL_BUSY


def _sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
