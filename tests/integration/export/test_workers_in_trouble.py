"""What befalls a worker's process and its database while it exports, one thing at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy.exc import OperationalError

from galleria_xero_plugin.db.uow import SqlUnit
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunState
from galleria_xero_plugin.domain import deciding
from galleria_xero_plugin.services.export import Export

from .office import Office
from .test_clean_run import DAY, created
from .test_unclear_answers import fault

LOST = OperationalError("COMMIT", {}, ConnectionError("server closed the connection unexpectedly"))
FULL = OperationalError("COMMIT", {}, OSError("database or disk is full"))


@pytest.fixture
def sale(office: Office):
    """An invoice with two payments of the same money on the same day; Xero would take either of them twice."""
    made = office.sell(date=DAY)
    for _ in range(2):
        office.gallery.add_payment(made.id, 30)
    return made


def until_done(office: Office, *, export: Callable[[], Export] | None = None) -> None:
    """Somebody presses again whenever a run ended in an error, and the sweep rings every four minutes."""
    run = None
    for _ in range(12):
        if run is None or office.run(run.id).finished_at:
            run = office.press_sync()
        try:
            office.bell.ring_export(office.connection.id)
            office.work(export() if export else None)
        except (OperationalError, MemoryError):
            office.export().failed(office.connection.id)  # what the job does about an error nobody foresaw
        office.time.pass_by(minutes=4)
        if office.run(run.id).state is RunState.FINISHED:
            return
    raise AssertionError(office.states())


def once(office: Office) -> None:
    """Everything is in Xero once."""
    assert [created(office, kind) for kind in ("Contact", "Invoice", "Payment")] == [1, 1, 2]
    assert {state.split()[1] for state in office.states()} == {"done"}


def losing(monkeypatch: pytest.MonkeyPatch, which: int, problem: Exception, *, kept: bool) -> list[int]:
    """The `which`th COMMIT of a writing transaction fails, and was executed by the database or was not."""
    real, count = SqlUnit.commit, [0]

    def commit(unit: SqlUnit) -> None:
        count[0] += 1
        if count[0] != which:
            real(unit)
            return
        if kept:
            real(unit)
        raise problem

    monkeypatch.setattr(SqlUnit, "commit", commit)
    return count


@pytest.mark.parametrize("kept", [True, False], ids=["the database kept it", "the database did not"])
def test_the_database_goes_away_at_any_commit_of_a_run(office: Office, monkeypatch: pytest.MonkeyPatch, kept: bool):
    """T0, T1, T2, T3 and everything in between: whichever commit it is, nobody knows whether it happened."""
    with monkeypatch.context() as patch:
        count = losing(patch, 0, LOST, kept=True)
        office.sell(date=DAY)
        office.sync()
    commits = count[0]
    assert commits > 10
    for which in range(2, commits):
        before = [created(office, kind) for kind in ("Contact", "Invoice", "Payment")]
        made = office.sell(date=DAY)
        for _ in range(2):
            office.gallery.add_payment(made.id, 30)
        with monkeypatch.context() as patch:
            losing(patch, which, LOST, kept=kept)
            until_done(office)
        after = [created(office, kind) for kind in ("Contact", "Invoice", "Payment")]
        assert [b - a for a, b in zip(before, after, strict=True)] == [0, 1, 2], which


@pytest.mark.parametrize("problem", [FULL, MemoryError()], ids=["disk full", "no memory"])
@pytest.mark.parametrize("place", ["after_t2", "after_answer"])
def test_nothing_is_half_written(
    office: Office, sale, monkeypatch: pytest.MonkeyPatch, problem: Exception, place: str
):
    struck = []

    def reach(at: str) -> None:
        if at == place and not struck:
            struck.append(at)
            raise problem

    monkeypatch.setattr("galleria_xero_plugin.failpoints.reach", reach)
    until_done(office)
    assert struck
    once(office)


def test_a_job_that_comes_ten_times_out_of_order_and_three_hours_late(office: Office, sale):
    jobs = [office.export(worker=f"worker-{number}") for number in range(10)]
    office.press_sync()
    for job in jobs:
        job.drain(office.connection.id)
    office.work()
    once(office)
    asked = len(office.simulator.world.effects.requests)
    office.time.pass_by(hours=3)
    for job in reversed(jobs):
        job.drain(office.connection.id)
    once(office)
    assert len(office.simulator.world.effects.requests) == asked, "a run that is over asks nobody"


def test_a_deploy_between_sending_and_recording_changes_nothing_about_what_was_sent(
    office: Office, sale, monkeypatch: pytest.MonkeyPatch
):
    """The new release writes other descriptions; the invoice that arrived under the old one is that invoice."""
    fault(office, "drop")
    office.press_sync()
    office.work()
    frozen = office.document(DocumentKind.INVOICE, sale.id)
    assert frozen.state is DocumentState.UNKNOWN
    draft = deciding.invoice_draft

    def newer(*args, **more):
        made = draft(*args, **more)
        return replace(made, reference="by the new release")

    monkeypatch.setattr(deciding, "invoice_draft", newer)
    for _ in range(3):
        office.time.pass_by(minutes=4)
        office.ring()
    once(office)
    assert office.document(DocumentKind.INVOICE, sale.id).adopted


def test_a_clock_of_the_host_that_jumps_sends_nothing_late(office: Office, sale, monkeypatch: pytest.MonkeyPatch):
    """Frozen between writing ahead and sending: the deadline is that of a clock that only goes forward."""
    frozen = []

    def reach(place: str) -> None:
        if place == "after_t2" and not frozen:
            frozen.append(place)
            office.time.pass_by(minutes=10)

    monkeypatch.setattr("galleria_xero_plugin.failpoints.reach", reach)
    office.press_sync()
    office.work()
    assert frozen
    until_done(office)
    once(office)
    with office.units.read() as uow:
        connection = uow.connections.get(office.connection.id)
    assert connection.paused_until is None, "a worker that came too late says nothing about Xero"
    assert dt.timedelta(0) < office.time.now() - connection.created_at
