"""Runs: one at a time, counts that add up."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from galleria_xero_plugin.domain.states import RunKind, RunState, RunTrigger
from galleria_xero_plugin.errors import Conflict
from galleria_xero_plugin.ports.records import SCHEDULE

from .making import ANNA, GALLERY, START, connected, saved, seen


@pytest.fixture
def connection(units):
    return connected(units)


def opened(units, connection, kind=RunKind.EXPORT, trigger=RunTrigger.PERSON, actor=ANNA):
    return saved(units, lambda uow: uow.runs.open(connection, kind, trigger, actor))


def read(units, run):
    return seen(units, lambda uow: uow.runs.get(GALLERY, run.id))


def progress(units, run, **what):
    saved(units, lambda uow: uow.runs.progress(run.id, **what))


def test_opened_it_is_queued(units, connection):
    run = opened(units, connection)
    assert (run.gallery_id, run.webservice_id, run.connection_id) == (
        GALLERY,
        connection.webservice_id,
        connection.id,
    )
    assert (run.kind, run.trigger, run.state, run.asked_by) == (
        RunKind.EXPORT,
        RunTrigger.PERSON,
        RunState.QUEUED,
        "Anna",
    )
    assert (run.step, run.counts, run.scanned, run.cursor, run.created_at) == ("", {}, False, None, START)
    assert read(units, run) == run
    assert seen(units, lambda uow: uow.runs.open_of(connection.id, RunKind.EXPORT)) == run
    assert seen(units, lambda uow: uow.runs.open_of(connection.id, RunKind.CONTACTS)) is None
    assert seen(units, lambda uow: uow.runs.get("gallery-2", run.id)) is None


def test_one_open_run_of_a_kind(units, connection):
    run = opened(units, connection)
    with pytest.raises(Conflict):
        opened(units, connection, actor=SCHEDULE)
    opened(units, connection, RunKind.CONTACTS)
    assert saved(units, lambda uow: uow.runs.finish(run.id, RunState.FINISHED))
    assert opened(units, connection).id != run.id


def test_progress(units, connection, clock):
    run = opened(units, connection)
    progress(units, run, step="Reading", add={"found": 3}, cursor="c")
    clock.move(minutes=1)
    progress(units, run, add={"found": 2, "sent": 1}, put={"to_do": 9}, scanned=True)
    progress(units, run)
    run = read(units, run)
    assert run.state is RunState.RUNNING
    assert run.started_at == START
    assert (run.step, run.cursor, run.scanned) == ("Reading", "c", True)
    assert run.counts == {"found": 5, "sent": 1, "to_do": 9}


def test_an_ended_run_stays_as_it_is(units, connection, clock):
    run = opened(units, connection)
    finish = lambda state, **why: saved(units, lambda uow: uow.runs.finish(run.id, state, **why))  # noqa: E731
    with pytest.raises(ValueError, match="does not end"):
        finish(RunState.RUNNING)
    clock.move(minutes=1)
    assert finish(RunState.FAILED, error_code="needs_reauth")
    assert not finish(RunState.FINISHED)
    ended = read(units, run)
    assert (ended.state, ended.error_code, ended.finished_at) == (RunState.FAILED, "needs_reauth", clock())
    progress(units, run, step="late", add={"sent": 1})
    assert read(units, run) == ended
    progress(units, run.__class__(**{name: getattr(run, name) for name in run.__slots__} | {"id": "no such"}))


def test_latest_first_also_within_one_instant(units, connection):
    runs = []
    for _ in range(3):
        runs.insert(0, opened(units, connection))
        saved(units, lambda uow: uow.runs.finish(runs[0].id, RunState.CANCELLED))
    latest = seen(units, lambda uow: uow.runs.latest(GALLERY, connection.webservice_id, 2))
    assert [run.id for run in latest] == [run.id for run in runs[:2]]
    assert seen(units, lambda uow: uow.runs.latest("gallery-2", connection.webservice_id)) == []


def test_counts_of_many_workers_add_up(units, connection):
    run = opened(units, connection)

    def work(_):
        for _ in range(5):
            with units.write(patience=30) as uow:
                uow.runs.progress(run.id, add={"sent": 1})
                uow.commit()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert read(units, run).counts == {"sent": 20}
    assert START + dt.timedelta(0) == read(units, run).started_at
