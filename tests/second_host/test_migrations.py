"""The host's own Flask-Migrate and the plugin's tables live side by side."""
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

from tests.second_host.processes import run, settings_of

HOSTS = {"customer", "customer_link", "dealer", "person", "receipt", "sale", "sale_line"}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "migrations"


def test_the_hosts_migrations_and_ours_do_not_meet(make_site, folder):
    """An empty database: our tables by our command, the host's by its own."""
    site = make_site("template1")
    _call(site, "galleria-xero", "db", "upgrade")
    [proposal] = _migrate(site, folder)
    assert "galleria_xero" not in proposal
    assert {name for name in HOSTS if f"op.create_table('{name}'" in proposal} == HOSTS

    run("flask", "db", "upgrade", "-d", str(folder), settings=settings_of(site))
    settings = {**settings_of(site), "KABINETT_MIGRATE_LAST": True}      # with the line, the order does not matter
    again = run("flask", "db", "check", "-d", str(folder), settings=settings)
    assert "No new upgrade operations" in again.stdout
    _call(site, "galleria-xero", "db", "check")
    assert _tables(site) >= HOSTS | {"alembic_version", "galleria_xero_webservice"}


def test_in_the_readmes_order_forgetting_include_name_does_no_harm(make_site, ready, folder):
    assert _migrate(make_site(ready, KABINETT_INCLUDE_NAME=False), folder) == []


def test_migrate_after_the_plugin_needs_the_line(make_site, ready, folder):
    [proposal] = _migrate(make_site(ready, KABINETT_INCLUDE_NAME=False, KABINETT_MIGRATE_LAST=True), folder)
    assert "op.drop_table('galleria_xero_webservice')" in proposal


def _migrate(site, folder: Path):
    """`flask db migrate` in a process of its own: what it configures for logging would stay. The new versions."""
    _call(site, "db", "init", "-d", str(folder))
    run("flask", "db", "migrate", "-d", str(folder), settings=settings_of(site))
    return [version.read_text() for version in (folder / "versions").glob("*.py")]


def _call(site, *command):
    result = site.test_cli_runner().invoke(args=command)
    assert result.exit_code == 0, result.output


def _tables(site):
    engine = create_engine(site.config["SQLALCHEMY_DATABASE_URI"])
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()
