"""A new database with our tables: the migrations make one for each process, and every test gets a copy."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, create_engine, make_url

from galleria_xero_plugin.db import migrate


def new_engine(url: str) -> Engine:
    """An engine on a database that does not exist yet (a SQLite file) or is empty, with our tables in it."""
    file = make_url(url).database
    if url.startswith("sqlite") and file:
        Path(file).write_bytes(_template())
        return create_engine(url)
    engine = create_engine(url)
    migrate.upgrade(engine)
    return engine


@cache
def _template() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        engine = create_engine(f"sqlite:///{path}")
        migrate.upgrade(engine)
        engine.dispose()
        return path.read_bytes()
