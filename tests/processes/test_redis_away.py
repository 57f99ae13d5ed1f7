"""Redis loses everything, or is not there: the rows in the database are the work, and the tick finds them."""

from __future__ import annotations

import pytest

from galleria_xero_plugin.demo.browser import Browser
from galleria_xero_plugin.demo.seed_data import PASSWORD
from galleria_xero_plugin.demo.smoke import run_address, webservices

from .stage import Stage


@pytest.mark.rq
def test_redis_is_flushed_while_a_run_is_queued_and_while_it_is_going(stage: Stage):
    stage.configure(SLICE=1)
    stage.sell(60)
    run = stage.press_sync()
    stage.valkey.flush()
    stage.xero.hold("PUT /Invoices", seconds=1.5)
    stage.worker(tick=True)
    stage.until(stage.xero.holds, "the held call", sweeping=False)
    stage.valkey.flush()

    stage.until_done(run, sweeping=False)
    stage.agrees()


def test_redis_dies_while_a_run_is_going_and_comes_back_later(stage: Stage):
    stage.configure(SLICE=1)
    stage.sell(60)
    run = stage.press_sync()
    stage.xero.hold("PUT /Payments", seconds=3)
    worker = stage.worker("first", tick=True)
    stage.until(stage.xero.holds, "the held call", sweeping=False)
    stage.mourn(worker.horses())
    stage.valkey.kill()
    stage.until(lambda: stage.xero.statuses()[0] == 0, "the answer", sweeping=False)
    stage.valkey.start()
    # RQ's worker may give up when it loses Redis during a job; whoever started it starts it again
    stage.until(lambda: stage.run(run).finished_at or not worker.alive(), "an end", sweeping=False)
    if not worker.alive():
        stage.worker("second", tick=True)

    stage.until_done(run, sweeping=False)
    stage.agrees()


def test_sync_now_without_redis_is_accepted_and_runs_when_redis_is_back(stage: Stage):
    stage.sell(3)
    site, owner = stage.web(), Browser()
    owner.press(owner.get(f"{site}/login"), "Sign in", {"Email": "nora@northlight.example", "Password": PASSWORD})
    stage.valkey.kill()

    page = owner.press(webservices(owner, site), "Sync now")

    assert page.status == 200 and "Traceback" not in page.html
    run = run_address(owner, page, site).rpartition("/")[2]
    stage.valkey.start()
    stage.worker()
    stage.until_done(run)
    stage.agrees()
