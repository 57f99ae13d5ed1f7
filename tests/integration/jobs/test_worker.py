"""Jobs through a real Valkey and real workers, under both promised versions of RQ."""

import os
import signal
from pathlib import Path

import pytest

from galleria_xero_plugin.domain.states import RunState
from tests.helpers.waiting import wait_until

from .conftest import QUEUE, finished

pytestmark = pytest.mark.rq

PLAIN_WORKER = ("-m", "rq.cli", "worker", "-S", "json", QUEUE)
OUR_WORKER = ("-m", "flask", "galleria-xero", "worker")


@pytest.fixture
def gate(tmp_path, monkeypatch):
    """Where the site stops at its fifth contact."""
    folder = tmp_path / "gate"
    folder.mkdir()
    monkeypatch.setenv("SITE_GATE", str(folder))
    monkeypatch.setenv("SITE_GATE_AT", "5")
    return folder


def redis_argument():
    return "-u", os.environ["GALLERIA_XERO_REDIS_URL"]


def alive(pid):
    """Whether a process is there and not only waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_plain_rq_worker_does_it(site, start):
    site.start_contacts()
    finished(start(*PLAIN_WORKER, *redis_argument(), "--burst"))
    run = site.run()
    assert run.state is RunState.FINISHED, run
    assert run.counts["read"] == site.in_xero()
    assert site.complete()


def test_our_worker_does_it_and_reads_reference_data(site, start):
    site.start_contacts()
    site.state.queue.ring_reference(site.connection.id)
    finished(start(*OUR_WORKER, "--burst"))
    assert site.run().state is RunState.FINISHED
    data = site.state.services.reference.current("north-light", site.connection.tenant_id)
    assert data.accounts
    assert data.organisation.base_currency == "GBP"


def test_ringing_twice_is_one_job_and_a_job_never_blocks_the_next_ring(site, bell, start):
    ring = site.state.queue.ring_contacts
    assert ring(site.connection.id)
    assert ring(site.connection.id)
    assert len(bell) == 1
    finished(start(*OUR_WORKER, "--burst"))
    assert len(bell) == 0
    assert ring(site.connection.id)
    assert len(bell) == 1


def test_a_job_carries_one_id_as_json(site, bell):
    site.state.queue.ring_export(site.connection.id)
    job, = bell.jobs
    assert (job.func_name, job.args, job.kwargs) == (
        "galleria_xero_plugin.jobs.tasks.drain", [site.connection.id], {})  # fmt: skip
    assert site.connection.id not in job.description
    assert job.result_ttl == 0
    assert job.failure_ttl < 7 * 86_400
    assert not job.retries_left, "a retry needs RQ's scheduler, which nobody runs: the sweep rings again"


def test_a_job_that_failed_never_blocks_the_next_ring(site, bell, start, monkeypatch):
    site.state.queue.ring_contacts(site.connection.id)
    monkeypatch.setenv("GALLERIA_XERO_APP", "nowhere:create_app")
    finished(start(*PLAIN_WORKER, *redis_argument(), "--burst"))
    assert len(bell.failed_job_registry) == 1
    assert site.state.queue.ring_contacts(site.connection.id)
    assert len(bell) == 1


def test_killed_between_the_gallerys_commit_and_ours(site, start, gate):
    (gate / "die").touch()
    site.start_contacts()
    finished(start(*OUR_WORKER, "--burst"))  # the worker outlives its work horse
    assert (gate / "reached").exists()
    assert site.run().state is RunState.RUNNING
    assert site.people() == (5, 5)
    with site.state.units.write() as uow:  # the dead one's lease is over
        uow.connections.release_lease(site.connection.id, 1)
        uow.commit()
    assert site.state.services.schedules.sweep(housekeeping=False).rung == 1
    finished(start(*OUR_WORKER, "--burst"))
    assert site.run().state is RunState.FINISHED
    assert site.complete()


def test_sigterm_to_everybody_lets_the_slice_end_in_order(site, start, gate):
    site.start_contacts()
    worker = start(*OUR_WORKER, "--no-tick")
    wait_until((gate / "reached").exists, 60, worker.output)
    horse, = children(worker.pid)
    os.kill(worker.pid, signal.SIGTERM)
    os.kill(horse, signal.SIGTERM)
    (gate / "go").touch()
    finished(worker)
    assert site.run().counts["created"] >= 5
    assert site.people() == (site.run().counts["created"],) * 2
    assert "terminated unexpectedly" not in worker.output()


def test_the_tick_starts_and_ends_with_its_worker(site, start):
    worker = start(*OUR_WORKER)
    tick = wait_until(lambda: children(worker.pid), 30, worker.output)[0]
    wait_until(lambda: b"tick" in Path(f"/proc/{tick}/cmdline").read_bytes(), message=worker.output)
    wait_until(lambda: "Listening" in worker.output(), 30, worker.output)
    os.kill(worker.pid, signal.SIGTERM)
    finished(worker)
    wait_until(lambda: not alive(tick))


def test_the_tick_notices_that_its_worker_was_killed(site, start):
    worker = start(*OUR_WORKER)
    tick = wait_until(lambda: children(worker.pid), 30, worker.output)[0]
    wait_until(lambda: "Listening" in worker.output(), 30, worker.output)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    wait_until(lambda: not alive(tick), 30)


def test_the_tick_finds_what_redis_lost(site, start, bell):
    site.start_contacts()
    bell.connection.flushall()
    worker = start(*OUR_WORKER)
    wait_until(lambda: site.run().state is RunState.FINISHED, 60, worker.output)
    os.kill(worker.pid, signal.SIGTERM)
    finished(worker)


def test_no_secret_in_redis(site, bell):
    site.start_contacts()
    seen = []
    for key in bell.connection.scan_iter():
        kind = bell.connection.type(key)
        if kind == b"hash":
            seen += bell.connection.hgetall(key).values()
    with site.state.units.read() as uow:
        _, granted, _ = uow.connections.tokens(site.connection.id)
    assert granted.access_token.reveal().encode() not in b"".join(seen)
    assert b"secret" not in b"".join(seen)


def test_without_redis_the_worker_says_so(environment, app, start, monkeypatch):
    monkeypatch.setenv("GALLERIA_XERO_REDIS_URL", "unix:///nowhere/s")
    worker = start(*OUR_WORKER, "--burst")
    wait_until(lambda: worker.poll() is not None, 30, worker.output)
    assert worker.returncode == 1
    assert worker.output().strip().endswith("Redis does not answer at GALLERIA_XERO_REDIS_URL. Is it running?")


def test_without_an_app_a_plain_worker_says_what_to_set(site, bell, start, monkeypatch):
    site.state.queue.ring_contacts(site.connection.id)
    monkeypatch.setenv("GALLERIA_XERO_APP", "")
    assert "set GALLERIA_XERO_APP" in finished(start(*PLAIN_WORKER, *redis_argument(), "--burst"))
