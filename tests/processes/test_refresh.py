"""Tokens that everybody wants at once, and answers of Xero that never arrive: the permission stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from galleria_xero_plugin import failpoints
from galleria_xero_plugin.proxies import state

from . import rows
from .stage import Stage

STATUS = "SELECT count(*) FROM galleria_xero_connection WHERE status = 'active'"
VERSION = "SELECT token_version FROM galleria_xero_connection"


def token_calls(stage: Stage) -> int:
    return sum(r["path"] == "/connect/token" for r in stage.xero.control("/effects")["requests"])


def tokens_end(stage: Stage) -> None:
    rows.execute(stage.app, "UPDATE galleria_xero_connection SET access_expires_at = 1")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_twenty_in_two_processes_want_a_token_and_xero_is_asked_once(stage_on: Callable[[str], Stage], database: str):
    stage = stage_on(database)
    stage.connect()
    before, version = token_calls(stage), rows.count(stage.app, VERSION)
    tokens_end(stage)
    stage.xero.control("/faults", {"kind": "delay", "path": "/connect/token", "method": "POST", "seconds": 1})
    start, names = stage.processes.folder / "start", ("here", "there")
    for name in names:
        stage.processes.python(name, "-m", "tests.processes.refreshing", stage.connection_id, "10", str(start))
    said = {name: stage.processes.log(name).read_text for name in names}
    stage.until(lambda: all("ready" in text() for text in said.values()), "twenty threads", sweeping=False)
    start.touch()
    stage.until(lambda: all("given" in text() for text in said.values()), "their tokens", sweeping=False)

    given = [word for text in said.values() for word in text().partition("given")[2].split()]
    assert given == [str(version + 1)] * 20
    assert token_calls(stage) == before + 1


def test_a_refresh_whose_answer_is_lost_and_lost_again_costs_time_and_not_the_permission(stage: Stage):
    stage.sell(2)
    tokens_end(stage)
    stage.xero.control("/faults", {"kind": "drop", "path": "/connect/token", "method": "POST", "count": 2})
    run = stage.press_sync()
    stage.worker()
    stage.until(lambda: stage.xero.control("/faults")["waiting"] == [], "two lost answers")
    stage.until(lambda: rows.count(stage.app, "SELECT count(*) FROM galleria_xero_connection "
                                              "WHERE paused_until > 1"), "a pause")  # fmt: skip
    assert stage.pause_ends() == "offline"

    stage.until_done(run)
    assert rows.count(stage.app, STATUS) == 1
    stage.agrees()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_killed_between_xeros_new_tokens_and_our_commit(stage_on: Callable[[str], Stage], database: str):
    stage = stage_on(database)
    stage.config["TESTING"] = True
    stage.configure(REFRESH_LEASE=2)
    stage.connect()
    stage.sell(2)
    tokens_end(stage)
    (stage.processes.folder / "in_refresh").write_text("crash")
    stage.processes.environment(**{failpoints.VARIABLE: str(stage.processes.folder)})
    version, run = rows.count(stage.app, VERSION), stage.press_sync()
    stage.worker()
    stage.until(lambda: list(stage.processes.folder.glob("in_refresh.*")), "the kill")

    stage.until_done(run)
    assert (rows.count(stage.app, STATUS), rows.count(stage.app, VERSION)) == (1, version + 1)
    with stage.app.app_context(), state().units.read() as uow:
        assert uow.connections.get(stage.connection_id).status_reason is None
    stage.agrees()
