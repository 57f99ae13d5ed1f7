"""Our migrations: a version table of our own, run by our own command, out of the way of the host's."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from alembic import autogenerate, command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine

from .._paths import resource_dir
from . import books_models, contact_models, ledger_models, month_models
from .engine import begin_writing, check_engine, reader, writer
from .models import PREFIX, Base

VERSION_TABLE = PREFIX + "alembic_version"
HEAD = "head"
MODELS = (books_models, contact_models, ledger_models, month_models)  # importing them is what fills the metadata

# Any number that nobody else takes; it is the same for every process of every release.
_ADVISORY_LOCK = 0x67616C6C
_KINDS = {"fk": "foreign key", "nullable": "rule for empty values"}
# Alembic's environment is a global of the process.
_ONE_AT_A_TIME = threading.Lock()


def upgrade(engine: Engine, revision: str = HEAD) -> None:
    """Bring our tables up to date. Processes that start together do it one after the other."""
    with _locked(engine) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take our tables back to a revision, or "base"; loses what they hold."""
    with _locked(engine) as connection:
        command.downgrade(_config(connection), revision)


def current(engine: Engine) -> str | None:
    """The revision of the database, or None before the first upgrade."""
    with reader(engine).connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        return context.get_current_revision()


def at_head(engine: Engine) -> bool:
    """Whether the database has the revision that this release needs."""
    return current(engine) == ScriptDirectory.from_config(_config()).get_current_head()


def check(engine: Engine) -> list[str]:
    """How the database differs from the models, one sentence each; empty when it does not."""
    with reader(engine).connect() as connection:
        context = MigrationContext.configure(connection, opts=context_options())
        found = autogenerate.compare_metadata(context, Base.metadata)
    # Changes of one column come together in a list of their own
    return [_in_words(one) for each in found for one in (each if isinstance(each, list) else [each])]


def _in_words(difference: tuple[Any, ...]) -> str:
    what, subject = difference[0], difference[-1]
    verb, _, kind = what.partition("_")
    if verb == "modify":
        _, _, table, column, *_ = difference
        return f"The column {table}.{column} has another {kind}."
    name = f"{difference[2]}.{subject.name}" if kind == "column" else subject.name
    return f"The {_KINDS.get(kind, kind)} {name} is {'missing' if verb == 'add' else 'not of this release'}."


def context_options() -> dict[str, Any]:
    """How Alembic looks at our tables and at nobody else's (also for `migrations/env.py`)."""
    return {
        "target_metadata": Base.metadata,
        "version_table": VERSION_TABLE,
        "include_name": _is_ours,
        "render_as_batch": True,
        "compare_type": True,
    }


def include_name(name: str | None, type_: str, parent_names: Mapping[str, str | None]) -> bool:
    """For the host: `Migrate(app, db, include_name=include_name)`. False for our tables, so that the host's
    `flask db migrate` does not propose to drop them."""
    return not (type_ == "table" and name is not None and name.startswith(PREFIX))


def _is_ours(name: str | None, type_: str, parent_names: Mapping[str, str | None]) -> bool:
    return type_ != "table" or name in Base.metadata.tables


def protect_host_migrations(app: Any) -> None:
    """Do what `include_name` does for a Flask-Migrate that was initialised before us, and keep its own filter."""
    migrate = app.extensions.get("migrate")
    arguments = getattr(migrate, "configure_args", None)
    if arguments is None:
        return
    own = arguments.get("include_name")
    if own is include_name:
        return

    def both(name: str | None, type_: str, parent_names: Mapping[str, str | None]) -> bool:
        return include_name(name, type_, parent_names) and own(name, type_, parent_names)

    arguments["include_name"] = include_name if own is None else both


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resource_dir("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _locked(engine: Engine) -> Iterator[Connection]:
    """One transaction, while nobody else migrates. SQLite's BEGIN IMMEDIATE is the lock."""
    check_engine(engine)
    with _ONE_AT_A_TIME, writer(engine).connect() as connection:
        begin_writing(connection)
        if engine.dialect.name == "postgresql":
            # An upgrade may take as long as it takes, and so may the wait for somebody else's.
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
        yield connection
        connection.commit()
