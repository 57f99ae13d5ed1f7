"""SIGTERM in the middle of a batch, as every deploy sends it."""

from __future__ import annotations

import pytest

from . import rows
from .stage import Stage

UNSURE = "SELECT count(*) FROM galleria_xero_export WHERE state IN ('sending', 'unknown')"


@pytest.mark.parametrize("horses", [False, True], ids=["to the worker", "to the whole family"])
def test_a_worker_that_is_asked_to_stop_ends_in_order(stage: Stage, horses: bool):
    stage.configure(SLICE=1)
    stage.sell(120)
    stage.xero.hold("PUT /Invoices", seconds=1.5)
    run = stage.press_sync()
    worker = stage.worker("first")
    stage.until_held()

    worker.ask_to_stop(horses=horses)
    stage.until(lambda: not worker.alive(), "the worker's end", within=20, sweeping=False)

    made = stage.xero.created()
    assert rows.count(stage.app, UNSURE) == 0
    assert rows.count(stage.app, "SELECT count(*) FROM galleria_xero_export WHERE state = 'done' AND kind = 'invoice'"
                      ) == made["Invoices"] >= 50  # fmt: skip
    assert made["Payments"] < 240, "there is something left to do"
    stage.worker("second")
    stage.until_done(run)
    stage.agrees()
