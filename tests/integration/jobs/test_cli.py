"""`flask galleria-xero ...` on a small site."""

import pytest

from galleria_xero_plugin.cli import GROUP
from galleria_xero_plugin.db import Vault
from galleria_xero_plugin.domain.comparison import Comparison
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState
from galleria_xero_plugin.jobs import worker
from galleria_xero_plugin.ports.records import SCHEDULE, NewDocument
from galleria_xero_plugin.services.export import Export

from .conftest import close
from .site import create_app, db


@pytest.fixture
def run(app):
    """Run a command: (exit status, what it said)."""

    def command(*arguments):
        result = app.test_cli_runner().invoke(args=[GROUP, *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.output

    return command


def test_the_tables(run):
    assert run("db", "check") == (0, "The tables are those of this release.\n")
    status, said = run("db", "upgrade")
    assert (status, said.split()[:3]) == (0, ["The", "tables", "are"])
    status, revision = run("db", "current")
    assert said.split()[-1] == revision.strip() + "."


def test_no_tables_yet(environment):
    app = create_app()
    runner = app.test_cli_runner()
    assert "no tables yet" in runner.invoke(args=[GROUP, "db", "current"]).output
    checked = runner.invoke(args=[GROUP, "db", "check"])
    assert checked.exit_code == 1
    assert checked.output == "Error: There are no tables yet: run `flask galleria-xero db upgrade`.\n"
    said = runner.invoke(args=[GROUP, "doctor"])
    assert "FAIL tables: not those of this release" in said.output
    assert said.exit_code == 1
    close(app)
    with app.app_context():
        db.engine.dispose()


def test_the_doctor(run, site):
    status, said = run("doctor")
    assert status == 1
    assert "OK   tables" in said
    assert "OK   redirect address" in said
    assert "warn database: SQLite without WAL" in said
    assert "OK   clock" in said
    assert "OK   token keys: 1 connection can be opened with 1 key\n" in said
    assert "OK   Redis: answers" in said
    assert "FAIL workers: none was seen lately" in said
    assert "OK   configuration" in said and "OK   base template" in said


@pytest.mark.parametrize(("key", "value", "says"), [
    ("GALLERIA_XERO_BASE_TEMPLATE", "basis.html", "FAIL base template: there is no template basis.html"),
    ("SESSION_COOKIE_SAMESITE", "Strict", "FAIL session: SESSION_COOKIE_SAMESITE"),
    ("SECRET_KEY", None, "FAIL session: SECRET_KEY is missing"),
    ("GALLERIA_XERO_REDIS_URI", "x", "warn configuration: no such key, so it has no effect: "
     "GALLERIA_XERO_REDIS_URI (did you mean GALLERIA_XERO_REDIS_URL?)\n"),
])  # fmt: skip
def test_the_doctor_reads_the_sites_settings(environment, key, value, says):
    app = create_app(**{key: value})
    assert says in app.test_cli_runner().invoke(args=[GROUP, "doctor"]).output
    close(app)
    with app.app_context():
        db.engine.dispose()


def test_the_doctor_misses_a_key(run, site, monkeypatch):
    monkeypatch.setattr(site.state.units, "_vault", Vault(["ab12cd34" * 4 + "00ff11ee" * 4]))
    status, said = run("doctor")
    assert status == 1
    assert "FAIL token keys: 1 connection cannot be opened" in said


def test_sweep_sync_and_reconcile(run, site):
    assert run("sweep")[0] == 0
    assert run("sync", "nobody") == (1, "Error: The gallery nobody has no webservice.\n")
    status, said = run("sync", "north-light")
    assert (status, "Choose the accounts" in said) == (1, True)
    with site.state.units.write() as uow:
        uow.webservices.mark(site.webservice.id, mapping_completed=True)
        uow.commit()
    assert "started" in run("sync", "north-light")[1]
    assert "is going already" in run("sync", "north-light")[1]
    assert run("reconcile", "nobody") == (0, "nobody has no connected webservice: nothing to compare.\n")


def test_reconcile_says_what_waits(run, site, monkeypatch):
    comparison = Comparison(2)
    monkeypatch.setattr(Export, "compare", lambda self, connection_id: comparison)
    assert run("reconcile") == (0, f"north-light: {comparison} No invoice waits.\n")
    here = site.connection.gallery_id, site.connection.tenant_id
    with site.state.units.write() as uow:
        uow.ledger.insert([
            NewDocument(*here, DocumentKind.INVOICE, str(n), f"NL-{n}", f"m-{n}", f"NL-{n}", state=state)
            for n, state in enumerate([DocumentState.BLOCKED, DocumentState.REJECTED, DocumentState.PENDING])
        ])  # fmt: skip
        uow.commit()
    assert run("reconcile") == (0, f"north-light: {comparison} 2 invoices wait: Activity says why.\n")


def test_keys(run, site):
    assert run("rotate-keys") == (0, "0 connections put under the first key.\n")
    _status, key = run("new-key")
    Vault([key.strip()])


def test_restored(run, site):
    status, said = run("restored")
    assert (status, said.startswith("1 connection looks first until")) == (0, True)
    with site.state.units.read() as uow:
        assert uow.connections.get(site.connection.id).quarantine_until > uow.now()


def test_the_tick_is_started_as_the_worker_was(monkeypatch):
    typed = ["python", "-W", "error", "-m", "flask", "--app", "x", GROUP, "worker"]
    monkeypatch.setattr(worker.sys, "orig_argv", typed)
    assert worker.tick_command(GROUP)[1:] == ["-W", "error", "-m", "flask", "--app", "x", GROUP, "tick"]
    monkeypatch.setattr(worker.sys, "orig_argv", ["python", "script.py"])
    assert worker.tick_command(GROUP)[1:] == ["-m", "flask", GROUP, "tick"]


def test_one_look(app, site):
    with site.state.units.write() as uow:
        uow.audit.add("north-light", SCHEDULE, "x")
        uow.commit()
    worker.run_tick(app, once=True)
