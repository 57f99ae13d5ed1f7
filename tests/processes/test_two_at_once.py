"""Two workers and two ticks: one of them talks to the organisation, and what is due happens once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import text

from galleria_xero_plugin.demo.models import db
from galleria_xero_plugin.domain.settings import Schedule, ScheduleKind, Settings
from galleria_xero_plugin.jobs.queue import TASKS

from . import rows
from .stage import LEASE, Stage

HOURLY = Settings(copy_existing=True, scheduled=True, schedule=Schedule(ScheduleKind.HOURLY))
RUNS = "SELECT count(*) FROM galleria_xero_run WHERE \"trigger\" = 'schedule'"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def test_a_second_worker_keeps_quiet_while_the_first_waits_for_xero(stage: Stage):
    # Xero itself notices: the second of two calls at once is refused with 429
    stage.xero.control("/settings", {"limits": True, "concurrent_limit": 1, "minute_limit": 9999, "day_limit": 9999})
    stage.sell(120)
    stage.xero.hold("PUT /Invoices", seconds=LEASE - 1)
    run = stage.press_sync()
    for name in ("one", "two"):
        stage.worker(name)
    stage.until_held()
    with stage.valkey.connect() as client:
        queue = Queue("galleria_xero", connection=client, serializer=JSONSerializer)
        for _ in range(5):
            queue.enqueue(f"{TASKS}drain", args=(stage.connection_id,))
        stage.until(lambda: jobs_done(client) >= 5, "five rings, all of them answered", sweeping=False)
    assert stage.xero.holds(), "no other call has come meanwhile"

    stage.until_done(run)
    assert set(stage.xero.statuses()) == {200}
    stage.xero.control("/settings", {"limits": False})
    stage.agrees()


def jobs_done(client: redis.Redis) -> int:
    return sum(int(client.hget(key, "successful_job_count") or 0) for key in client.smembers("rq:workers"))


def test_a_missed_schedule_is_caught_up_once_with_two_ticks_at_the_same_moment(stage_on: Callable[[str], Stage]):
    stage = stage_on("postgresql")
    stage.connect(HOURLY)
    stage.sell(3)
    stage.worker()
    for times, command in enumerate(("tick", "sweep"), start=1):
        three_days_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=3)
        due_again(stage, three_days_ago)
        both_see_it_due(stage, command)

        stage.until(lambda times=times: rows.count(stage.app, RUNS) >= times, "the run", sweeping=False)
        stage.until(lambda: not open_runs(stage), "its end")
        assert rows.count(stage.app, RUNS) == times
        assert 0 < next_run(stage) - dt.datetime.now(dt.UTC).timestamp() <= 3600
    stage.agrees()


def both_see_it_due(stage: Stage, command: str) -> None:
    """Two processes have read that the sync is due, and wait for the row, which we hold, to claim it."""
    with stage.app.app_context(), db.engine.connect() as held:
        held.execute(text("SELECT id FROM galleria_xero_connection FOR UPDATE"))
        for place in ("here", "there"):
            stage.flask(f"{command}-{place}", "galleria-xero", command)
        stage.until(lambda: rows.count(stage.app, WAITING) >= 2, "two that wait for the row", sweeping=False)


def due_again(stage: Stage, moment: dt.datetime) -> None:
    with stage.app.app_context(), db.engine.begin() as connection:
        when = {"when": int(moment.timestamp() * 1000)}
        connection.execute(text("UPDATE galleria_xero_connection SET next_run_at = :when"), when)


def next_run(stage: Stage) -> float:
    return rows.count(stage.app, "SELECT next_run_at FROM galleria_xero_connection") / 1000


def open_runs(stage: Stage) -> int:
    return rows.count(stage.app, "SELECT count(*) FROM galleria_xero_run WHERE finished_at IS NULL")
