"""A database that somebody else holds: wait as long as was said, then Busy, and nothing was written."""

import sqlite3
import threading

import pytest
from sqlalchemy import create_engine

from galleria_xero_plugin.db import SqlUnits
from galleria_xero_plugin.errors import Busy

from .making import ANNA, GALLERY, START, connected, saved, seen


def note(uow, action="something"):
    uow.audit.add(GALLERY, ANNA, action)


def noted(units):
    return [entry.action for entry in seen(units, lambda uow: uow.audit.latest(GALLERY))]


def test_busy_after_patience(tmp_path, vault, sqlite_template, clock):
    path = tmp_path / "busy.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 0})
    units = SqlUnits(engine, vault, now=clock)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for patience in (0.0, 0.05):
        with pytest.raises(Busy) as caught, units.write(patience=patience):
            pytest.fail("entered a locked database")
        assert "locked" in caught.value.detail
    assert seen(units, lambda uow: uow.audit.latest(GALLERY)) == []  # readers do not wait
    other.execute("ROLLBACK")
    saved(units, note)
    other.close()
    engine.dispose()


def test_patience_outlasts_a_short_lock(tmp_path, vault, sqlite_template, clock, monkeypatch):
    path = tmp_path / "busy.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 0})
    units = SqlUnits(engine, vault, now=clock)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr("galleria_xero_plugin.db.uow.time.sleep", lambda seconds: other.rollback())
    with units.write(patience=30) as uow:
        note(uow)
        uow.commit()
    other.close()
    engine.dispose()


def test_a_commit_that_a_reader_holds_up_is_busy(tmp_path, vault, sqlite_template, clock):
    """Without WAL a long report of the host's keeps everybody from committing."""
    path = tmp_path / "busy.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 0})
    units = SqlUnits(engine, vault, now=clock)
    report = sqlite3.connect(path, isolation_level=None)
    report.execute("BEGIN")
    report.execute("SELECT * FROM galleria_xero_audit").fetchall()
    with pytest.raises(Busy), units.write() as uow:
        note(uow, "lost")
        uow.after_commit(lambda: pytest.fail("not committed"))
        uow.commit()
    report.execute("ROLLBACK")
    saved(units, note)
    assert noted(units) == ["something"]
    report.close()
    engine.dispose()


def test_a_row_lock_that_lasts_is_busy(engine, units):
    if engine.dialect.name == "sqlite":
        return  # has no row locks: the test above is about the same
    connection = connected(units)
    with units.write() as holder, units.write() as waiter:
        holder.connections.set_next_run(connection.id, START)
        waiter._connection.exec_driver_sql("SET LOCAL lock_timeout = '1ms'")
        with pytest.raises(Busy):
            waiter.connections.set_next_run(connection.id, None)


def test_two_that_wait_for_each_other(engine, units):
    """PostgreSQL ends one of them: that one is Busy and has written nothing, the other one is done."""
    if engine.dialect.name == "sqlite":
        return  # one writer at a time cannot wait for another
    rows = [connected(units).id, connected(units, "another-gallery", "22222222-aaaa-4aaa-8aaa-222222222222").id]
    both, ended = threading.Barrier(2), []

    def change(first, second):
        try:
            with units.write() as uow:
                uow._connection.exec_driver_sql("SET LOCAL deadlock_timeout = '50ms'")
                uow.connections.set_next_run(first, START)
                both.wait()
                uow.connections.set_next_run(second, START)
                uow.commit()
            ended.append("done")
        except Busy:
            ended.append("busy")

    threads = [threading.Thread(target=change, args=order) for order in (rows, rows[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["busy", "done"]


def test_no_connection_left_is_busy(url, vault):
    engine = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=0)
    units = SqlUnits(engine, vault)
    with units.read(), pytest.raises(Busy, match="no free"), units.read():
        pytest.fail("there was no connection left")
    engine.dispose()
