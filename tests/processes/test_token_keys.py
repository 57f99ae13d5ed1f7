"""The key of the stored tokens is not there: said clearly, nothing lost, and all is well when it is back."""

from __future__ import annotations

from galleria_xero_plugin.db.vault import generate_key
from tests.helpers.waiting import wait_until

from . import rows
from .stage import TOKEN_KEY, Stage


def test_a_missing_key_loses_nothing_and_a_rotated_one_works(stage: Stage):
    stage.sell(3)
    new = generate_key()
    stage.configure(TOKEN_KEYS=[new])
    worker = stage.worker("without-the-key")
    run = stage.press_sync()
    stage.until(lambda: stage.run(run).finished_at, "the end of the run")

    assert (stage.run(run).state, stage.run(run).error_code) == ("failed", "needs_config")
    assert "with the right key" in stage.page(f"/runs/{run}")
    assert "is not in TOKEN_KEYS" in stage.processes.log("without-the-key").read_text()
    assert "Traceback" not in stage.processes.log("without-the-key").read_text()
    assert stage.xero.created() == {}
    worker.ask_to_stop()
    wait_until(lambda: not worker.alive())

    stage.configure(TOKEN_KEYS=[new, TOKEN_KEY])
    stage.flask("rotate", "galleria-xero", "rotate-keys")
    stage.until(lambda: "1 connection put" in stage.processes.log("rotate").read_text(), "the rotation", sweeping=False)
    stage.configure(TOKEN_KEYS=[new])
    stage.worker("with-the-new-key")
    stage.until_done(stage.press_sync())
    stage.agrees()
    assert rows.count(stage.app, "SELECT count(*) FROM galleria_xero_connection") == 1
