"""The doorbell without Redis, and the jobs' ladder of exceptions."""

import time
from types import SimpleNamespace

import pytest
import redis
from rq.timeouts import JobTimeoutException, UnixSignalDeathPenalty

from galleria_xero_plugin.errors import ReadFailed
from galleria_xero_plugin.jobs import tasks
from galleria_xero_plugin.jobs.queue import RqQueue
from galleria_xero_plugin.proxies import EXTENSION_KEY

CONFIG = SimpleNamespace(redis_url="unix:///nowhere/of/a/password/s", queue="galleria_xero", lease=120)


def test_no_redis_is_no_error(caplog):
    queue = RqQueue(CONFIG)
    assert not queue.ring_export("x")
    assert not queue.ring_contacts("x")
    assert not queue.ring_reference("x")
    assert not queue.alive()
    assert "password" not in caplog.text
    assert "password" not in repr(queue)


def test_a_redis_that_comes_back(valkey_url):
    queue = RqQueue(SimpleNamespace(redis_url=valkey_url, queue="galleria_xero", lease=120))
    assert queue.alive()
    assert queue.ring_export("x")
    queue._client.close()


def test_a_ready_client_is_used(valkey_url):
    with redis.Redis.from_url(valkey_url) as client:
        assert RqQueue(CONFIG, client).ring_export("x")
        assert client.llen("rq:queue:galleria_xero") == 1


def test_the_highest_lease_is_remembered_outside_the_database(valkey_url):
    queue = RqQueue(SimpleNamespace(redis_url=valkey_url, queue="galleria_xero", lease=120))
    assert [queue.highest_lease("x", number) for number in (1, 2, 7, 3, 1_790_000_000_000)] == [1, 2, 7, 7, 1_790_000_000_000]
    assert queue.highest_lease("y", 1) == 1
    queue._client.close()
    assert RqQueue(CONFIG).highest_lease("x", 3) == 3, "without Redis nobody remembers, and all goes on"


class Broken:
    """A service whose work ends as the test says."""

    def __init__(self, problem):
        self.problem = problem
        self.told = []

    def work(self, connection_id, stop):
        raise self.problem

    def failed(self, connection_id):
        self.told.append(connection_id)


@pytest.mark.parametrize(("problem", "told"), [
    (ReadFailed("html"), []), (RuntimeError("a host's error"), ["c-1"]), (KeyError("x"), ["c-1"]),
])  # fmt: skip
def test_what_ends_a_job(app, monkeypatch, caplog, problem, told):
    broken = Broken(problem)
    monkeypatch.setattr(tasks, "services", lambda: SimpleNamespace(contact_import=broken))
    tasks.import_contacts("c-1")
    assert broken.told == told
    assert "c-1" in caplog.text
    assert ("Traceback" in caplog.text) is bool(told)


def test_a_time_out_of_rq_is_never_swallowed(app, monkeypatch):
    broken = Broken(JobTimeoutException("too long"))
    monkeypatch.setattr(tasks, "services", lambda: SimpleNamespace(contact_import=broken))
    with pytest.raises(JobTimeoutException):
        tasks.import_contacts("c-1")
    assert broken.told == []


class Stubborn:
    """A host whose code catches every Exception and begins again."""

    def work(self, connection_id, stop):
        while True:
            try:
                time.sleep(60)
            except Exception:
                continue


def test_a_time_out_ends_a_job_whose_code_catches_everything(app, monkeypatch):
    monkeypatch.setattr(tasks, "services", lambda: SimpleNamespace(contact_import=Stubborn()))
    with pytest.raises(JobTimeoutException), UnixSignalDeathPenalty(1, JobTimeoutException, job_id="x"):
        tasks.import_contacts("c-1")


def test_a_sweep_as_a_job(app):
    tasks.sweep()
    assert EXTENSION_KEY in app.extensions
