"""The unit of work: one short transaction of our own on the host's engine."""

import datetime as dt
import sqlite3
import sys

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from galleria_xero_plugin.db import SqlUnits, check_engine
from galleria_xero_plugin.errors import ConfigError, Conflict

from .making import ANNA, GALLERY, START, connected, document, found, inserted, saved, seen


def note(uow, action="something"):
    uow.audit.add(GALLERY, ANNA, action)


def noted(units):
    return [entry.action for entry in seen(units, lambda uow: uow.audit.latest(GALLERY))]


def test_only_commit_saves(units):
    with units.write() as uow:
        note(uow, "left")
    with pytest.raises(ZeroDivisionError), units.write() as uow:
        note(uow, "raised")
        raise ZeroDivisionError
    with units.write() as uow:
        note(uow, "committed")
        uow.commit()
    assert noted(units) == ["committed"]


def test_it_is_over_after_the_commit(units):
    with units.write() as uow:
        uow.commit()
        with pytest.raises(RuntimeError, match="over"):
            note(uow)
        with pytest.raises(RuntimeError, match="over"):
            uow.commit()
    with pytest.raises(RuntimeError, match="not entered"):
        units.write().now()


def test_a_reading_unit_changes_nothing(units):
    with units.read() as uow:
        with pytest.raises(RuntimeError, match="cannot change"):
            note(uow)
        with pytest.raises(RuntimeError, match="nothing to commit"):
            uow.commit()


def test_after_the_commit_comes_what_was_asked_for_in_its_order(units):
    calls = []
    with units.write() as uow:
        note(uow)
        uow.after_commit(lambda: calls.append(("first", noted(units))))
        uow.after_commit(lambda: 1 / 0)
        uow.after_commit(lambda: calls.append("last"))
        with pytest.raises(ZeroDivisionError):
            uow.commit()
    assert calls == [("first", ["something"]), "last"]


def test_without_a_commit_nothing_is_called(units):
    with units.write() as uow:
        uow.after_commit(lambda: pytest.fail("not committed"))


def test_the_clock_is_the_databases(live_units):
    before = dt.datetime.now(dt.UTC)
    now = seen(live_units, lambda uow: uow.now())
    assert now.tzinfo is dt.UTC
    assert abs(now - before) < dt.timedelta(seconds=10)


def test_a_test_may_own_the_time(units, clock):
    assert seen(units, lambda uow: uow.now()) == START
    clock.move(hours=1)
    assert seen(units, lambda uow: uow.now()) == START + dt.timedelta(hours=1)


def test_a_conflict_does_not_spoil_the_transaction(units):
    connected(units)
    other = saved(units, lambda uow: uow.webservices.add("gallery-2", connected_settings(uow), ANNA))
    with units.write() as uow:
        with pytest.raises(Conflict):
            uow.webservices.add("gallery-2", other.settings, ANNA)
        note(uow, "refused")
        uow.commit()
    assert noted(units) == ["refused"]


def connected_settings(uow):
    return uow.webservices.of_gallery(GALLERY)[0].settings


# Beside the host


@pytest.fixture
def host(engine):
    """The host's own table in the same database."""
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE artwork (title TEXT)"))
    yield engine
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE artwork"))


def artworks(engine):
    with engine.connect() as connection:
        return [title for (title,) in connection.execute(text("SELECT title FROM artwork"))]


def test_the_hosts_pending_rows_stay_pending(host, url, vault):
    app = Flask("host")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    db = SQLAlchemy(app)
    units = SqlUnits(lambda: db.engine, vault)

    class Artwork(db.Model):
        title = db.Column(db.Text, primary_key=True)

    with app.app_context():
        db.session.add(Artwork(title="pending"))
        saved(units, note)
        db.session.rollback()
        assert noted(units) == ["something"]
        assert artworks(host) == []
        db.engine.dispose()


def test_the_hosts_statements_are_as_they_were(engine, units):
    statements = []
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    def of_the_host():
        del statements[:]
        with engine.begin() as connection:
            connection.execute(text("SELECT 1"))
            if engine.dialect.name == "postgresql":
                assert connection.exec_driver_sql("SHOW lock_timeout").scalar_one() == "0"
                assert connection.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "off"
        return list(statements)

    before = of_the_host()
    del statements[:]
    saved(units, note)
    assert statements[0] == "BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else "lock_timeout" in statements[0]
    seen(units, lambda uow: uow.now())
    assert of_the_host() == before


def test_a_host_that_begins_transactions_itself(tmp_path, vault, sqlite_template):
    """SQLAlchemy's documented recipe for SQLite, and an isolation level of the host's on PostgreSQL."""
    path = tmp_path / "own.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", lambda connection, record: setattr(connection, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    units = SqlUnits(engine, vault)
    with units.write() as uow:
        note(uow, "left")
    saved(units, note)
    assert noted(units) == ["something"]
    engine.dispose()


@pytest.mark.parametrize("options", [{"isolation_level": "AUTOCOMMIT"}, {"connect_args": {"isolation_level": None}}])
def test_a_host_without_transactions_does_not_take_ours_away(tmp_path, vault, sqlite_template, options):
    path = tmp_path / "own.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = create_engine(f"sqlite:///{path}", **options)
    units = SqlUnits(engine, vault)
    with units.write() as uow:
        note(uow, "left")
    saved(units, note)
    assert noted(units) == ["something"]
    engine.dispose()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sqlite3 has this option since Python 3.12")
@pytest.mark.parametrize("autocommit", [True, False])
def test_a_driver_that_never_commits_is_refused(tmp_path, vault, sqlite_template, autocommit):
    path = tmp_path / "own.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = create_engine(f"sqlite:///{path}", connect_args={"autocommit": autocommit})
    units = SqlUnits(engine, vault)
    if autocommit:
        with pytest.raises(ConfigError, match="autocommit"), units.write():
            pytest.fail("nothing would ever be saved")
    else:
        with units.write() as uow:
            note(uow, "left")
        saved(units, note)
        assert noted(units) == ["something"]
    engine.dispose()


def test_a_strict_host_does_not_make_us_strict(url, vault):
    engine = create_engine(url, isolation_level="SERIALIZABLE")
    units = SqlUnits(engine, vault)
    with units.read() as uow:
        if engine.dialect.name == "postgresql":
            assert uow._connection.exec_driver_sql("SHOW transaction_isolation").scalar_one() == "read committed"
    saved(units, note)
    engine.dispose()


def test_within_the_hosts_transaction_the_host_decides(host, units):
    calls = []
    with Session(host) as session:
        session.execute(text("INSERT INTO artwork VALUES ('sold')"))
        with units.within(session) as uow:
            assert uow.ledger.insert([document("1")]) == 1
            uow.after_commit(lambda: calls.append("rung"))
            with pytest.raises(RuntimeError, match="the host commits"):
                uow.commit()
        session.rollback()
        assert artworks(host) == []
        assert calls == []
        with units.within(session) as uow:
            uow.ledger.insert([document("2")])
            uow.after_commit(lambda: calls.append("rung again"))
        session.commit()
    assert "rung again" in calls
    assert found(units, document().kind, "2")


# What is refused


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&cache=shared&uri=true"]
)
def test_sqlite_in_memory_is_refused(url, vault):
    engine = create_engine(url, poolclass=StaticPool)
    with pytest.raises(ConfigError, match="use a file"):
        check_engine(engine)
    with pytest.raises(ConfigError):
        SqlUnits(engine, vault).write()
    engine.dispose()


def test_a_file_under_a_url_without_a_name_is_accepted(tmp_path):
    def creator():
        return sqlite3.connect(tmp_path / "made.db", check_same_thread=False)

    engine = create_engine("sqlite://", creator=creator)
    check_engine(engine)
    engine.dispose()


def test_other_and_old_databases_are_refused(monkeypatch, tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    monkeypatch.setattr(engine.dialect.dbapi, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(ConfigError, match=r"3\.34\.1 is too old: 3\.35\.0"):
        check_engine(engine)
    monkeypatch.setattr(engine.dialect, "name", "mysql")
    with pytest.raises(ConfigError, match="mysql is not supported"):
        check_engine(engine)


def test_the_rows_are_inserted_in_one_unit_or_not_at_all(units):
    with units.write() as uow:
        uow.ledger.insert([document("1"), document("2")])
    assert inserted(units, document("3"))[0].local_id == "3"
    assert seen(units, lambda uow: uow.ledger.known(GALLERY, document().tenant_id, document().kind, ["1", "2"])) == {}
