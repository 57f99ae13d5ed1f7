"""Models and migrations say the same, go up and down, and leave the host's migrations alone."""

import logging.config
import re
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import flask
import flask_migrate
import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import create_engine, inspect

from galleria_xero_plugin.db import migrate
from galleria_xero_plugin.db.models import PREFIX

from tests.helpers.waiting import wait_until

from .making import PROCESSES

FIRST_RELEASE = "0002"


@pytest.fixture
def empty(database_url):
    """The engine of a database without any table."""
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def upgraded(empty):
    """The engine of a migrated database that a test may spoil."""
    migrate.upgrade(empty)
    return empty


def tables(engine):
    return set(inspect(engine).get_table_names())


def test_the_migrations_make_what_the_models_say(engine):
    assert migrate.check(engine) == []
    assert migrate.at_head(engine)


def test_a_difference_is_seen(upgraded):
    with upgraded.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE galleria_xero_notice ADD COLUMN extra TEXT")
        connection.exec_driver_sql("ALTER TABLE galleria_xero_run DROP COLUMN step")
        connection.exec_driver_sql("DROP TABLE galleria_xero_audit")
        connection.exec_driver_sql("DROP INDEX ix_galleria_xero_export_due")
    found = migrate.check(upgraded)
    assert set(found) >= {
        "The table galleria_xero_audit is missing.",
        "The column galleria_xero_run.step is missing.",
        "The column galleria_xero_notice.extra is not of this release.",
        "The index ix_galleria_xero_export_due is missing.",
    }
    assert all(re.fullmatch(r"The [a-z ]+ [a-z_.]+ is [a-z ]+\.", each) for each in found)


def test_up_down_up(empty):
    assert migrate.current(empty) is None
    assert not migrate.at_head(empty)
    migrate.upgrade(empty)
    first = tables(empty)
    assert migrate.MODELS and {name for name in migrate.Base.metadata.tables} < first
    migrate.downgrade(empty, "base")
    assert tables(empty) == {migrate.VERSION_TABLE}
    migrate.upgrade(empty)
    migrate.upgrade(empty)
    assert tables(empty) == first
    assert migrate.check(empty) == []


def test_every_table_has_the_prefix():
    assert all(name.startswith(PREFIX) for name in [*migrate.Base.metadata.tables, migrate.VERSION_TABLE])


def _upgrade(url, ready):
    engine = create_engine(url)
    ready.wait()
    migrate.upgrade(engine)
    engine.dispose()


def test_processes_that_start_together_migrate_one_after_the_other(empty):
    url = empty.url.render_as_string(hide_password=False)
    ready = PROCESSES.Barrier(3)
    starting = [PROCESSES.Process(target=_upgrade, args=(url, ready)) for _ in range(3)]
    for process in starting:
        process.start()
    for process in starting:
        process.join(60)
    assert [process.exitcode for process in starting] == [0, 0, 0]
    assert migrate.at_head(empty)


def test_workers_of_the_old_release_go_on_while_the_tables_are_brought_up_to_date(empty):
    """Their statements neither fail nor wait for long."""
    migrate.upgrade(empty, FIRST_RELEASE)
    waits, over = [], threading.Event()

    def old_release():
        while not over.is_set():
            began = time.monotonic()
            with empty.begin() as connection:
                for table in ("connection", "export", "run", "webservice"):
                    connection.exec_driver_sql(f"UPDATE galleria_xero_{table} SET gallery_id = gallery_id")
            waits.append(time.monotonic() - began)

    with ThreadPoolExecutor(1) as worker:
        working = worker.submit(old_release)
        wait_until(lambda: len(waits) > 5 or working.done())
        migrate.upgrade(empty)
        seen = len(waits)
        wait_until(lambda: len(waits) > seen + 5 or working.done())
        over.set()
        working.result()
    assert migrate.at_head(empty)
    assert max(waits) < 3  # one second is meant; the rest is what a busy machine may add


def test_a_failed_upgrade_leaves_nothing_behind(empty, monkeypatch):
    with empty.begin() as connection:  # in the way of the second revision
        connection.exec_driver_sql("CREATE TABLE galleria_xero_attempt (id INTEGER)")
    with pytest.raises(Exception, match="galleria_xero_attempt"):
        migrate.upgrade(empty)
    assert tables(empty) == {"galleria_xero_attempt"}


def host(engine, tmp_path, **migrate_options):
    app = flask.Flask("host", root_path=str(tmp_path))
    app.config["SQLALCHEMY_DATABASE_URI"] = engine.url.render_as_string(hide_password=False)
    db = SQLAlchemy(app)

    class Artwork(db.Model):
        id = db.Column(db.Integer, primary_key=True)

    flask_migrate.Migrate(app, db, directory=str(tmp_path / "host_migrations"), **migrate_options)
    return app, db


def proposed(app, db, tmp_path):
    """The text of the host's next revision, by Flask-Migrate's own env.py."""
    with app.app_context(), pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setattr(logging.config, "fileConfig", lambda name: None)  # it would silence everybody's loggers
        warnings.filterwarnings("ignore", "'get_engine' is deprecated", DeprecationWarning)
        flask_migrate.init()
        flask_migrate.migrate(message="next")
        for engine in db.engines.values():
            engine.dispose()
    (revision,) = (tmp_path / "host_migrations" / "versions").glob("*.py")
    return revision.read_text()


def test_without_protection_the_host_would_drop_our_tables(upgraded, tmp_path):
    assert "drop_table('galleria_xero_export')" in proposed(*host(upgraded, tmp_path), tmp_path)


def test_the_hosts_own_line_protects(upgraded, tmp_path):
    app, db = host(upgraded, tmp_path, include_name=migrate.include_name)
    text = proposed(app, db, tmp_path)
    assert "galleria_xero" not in text
    assert "create_table('artwork'" in text


def test_a_migrate_that_was_there_first_is_protected(upgraded, tmp_path):
    app, db = host(upgraded, tmp_path)
    migrate.protect_host_migrations(app)
    migrate.protect_host_migrations(app)
    text = proposed(app, db, tmp_path)
    assert "galleria_xero" not in text
    assert "create_table('artwork'" in text


def test_the_hosts_own_filter_goes_on_working(upgraded, tmp_path):
    app, _ = host(upgraded, tmp_path, include_name=lambda name, type_, parents: name != "artwork")
    migrate.protect_host_migrations(app)
    include = app.extensions["migrate"].configure_args["include_name"]
    assert not include("artwork", "table", {})
    assert not include("galleria_xero_run", "table", {})
    assert not include(migrate.VERSION_TABLE, "table", {})
    assert include("client", "table", {})
    assert include(None, "schema", {})


def test_a_host_without_flask_migrate_needs_no_protection():
    migrate.protect_host_migrations(flask.Flask("host"))
