"""kill -9 in the middle of a run, whoever it hits: a new worker ends it, and nothing is there twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from galleria_xero_plugin.demo import guard

from .stage import LEASE, Stage

INVOICES = 60  # two batches of invoices, four of payments, one of contacts


def killed_while_sending(stage: Stage, what: str, victim: str) -> None:
    stage.sell(INVOICES)
    stage.xero.hold(f"PUT /{what}", seconds=LEASE + 3, skip=0 if what == "Contacts" else 1)
    run = stage.press_sync()
    worker = stage.worker("first")
    stage.until_held()
    horses = worker.kill(victim)
    stage.mourn(horses)
    if victim != "horse":
        stage.worker("second")

    stage.until_done(run)
    # a horse that outlived its parent wakes up, finds that it was replaced, and keeps quiet
    stage.until(lambda: not any(map(guard.alive, horses)), "the end of every horse")
    stage.agrees()


@pytest.mark.parametrize("what", ["Contacts", "Invoices", "Payments"])
def test_the_work_horse_is_killed(stage: Stage, what: str):
    killed_while_sending(stage, what, "horse")


def test_the_worker_is_killed_and_its_horse_goes_on_beside_a_new_one(stage: Stage):
    killed_while_sending(stage, "Payments", "parent")


@pytest.mark.rq
def test_the_whole_machine_dies_while_payments_are_sent(stage: Stage):
    killed_while_sending(stage, "Payments", "both")


def test_a_run_survives_one_kill_after_another_on_postgresql(stage_on: Callable[[str], Stage]):
    """Not in a certain call, but wherever it happens to be."""
    stage = stage_on("postgresql")
    stage.connect()
    stage.sell(INVOICES)
    stage.xero.fault("delay", "PUT /", seconds=0.3, count=100)
    run = stage.press_sync()
    worker = stage.worker("first")
    for made, victim in ((INVOICES // 2 + 1, "horse"), (INVOICES + INVOICES // 2 + 1, "both")):
        stage.until(lambda made=made: sum(stage.xero.created().values()) >= made, f"{made} records")
        stage.until(worker.horses, "a work horse")
        worker.kill(victim)
    stage.worker("second")

    stage.until_done(run, within=90)
    stage.agrees()
