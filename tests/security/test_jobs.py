"""What somebody with access to Redis can do with it: a worker reads JSON and nothing else (security 47, 50)."""

import os
import pickle
from pathlib import Path

import pytest
from rq import Callback, Queue
from rq.serializers import DefaultSerializer

from tests.integration.jobs.conftest import (  # noqa: F401 - fixtures
    QUEUE,
    app,
    bell,
    environment,
    finished,
    site,
    start,
    xero,
)
from tests.integration.jobs.test_worker import OUR_WORKER, PLAIN_WORKER, redis_argument


class Bomb:
    """Unpickling it leaves a file behind."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (Path(self.path),)


@pytest.mark.parametrize("worker", [OUR_WORKER, PLAIN_WORKER], ids=["ours", "plain"])
def test_a_pickle_in_redis_is_refused(app, bell, start, tmp_path, worker):  # noqa: F811
    """It is neither read nor does it end the worker, which goes on with the next job."""
    planted = tmp_path / "unpickled"
    pickle.loads(pickle.dumps(Bomb(planted)))  # it would work
    planted.unlink()
    pickling = Queue(QUEUE, connection=bell.connection, serializer=DefaultSerializer)
    pickled = pickling.enqueue(os.getcwd, Bomb(planted))
    bell.enqueue("galleria_xero_plugin.jobs.tasks.sweep", result_ttl=0)
    more = redis_argument() if worker is PLAIN_WORKER else ()
    said = finished(start(*worker, *more, "--burst"))
    assert not planted.exists(), said
    assert len(bell) == 0 and pickled.id in bell.failed_job_registry.get_job_ids()
    assert len(bell.failed_job_registry) == 1  # the other one was done


@pytest.mark.rq
@pytest.mark.parametrize("function", ["os.mkdir", "galleria_xero_plugin.jobs.tasks.os.mkdir"])
def test_a_job_that_names_another_function_is_not_run(app, bell, start, tmp_path, function):  # noqa: F811
    made = tmp_path / "made"
    bell.enqueue(function, str(made), on_failure=Callback("os.mkdir"))
    bell.enqueue("galleria_xero_plugin.jobs.tasks.sweep", result_ttl=0)
    said = finished(start(*OUR_WORKER, "--burst"))
    assert not made.exists(), said
    assert "is not a job of this queue" in said
    assert len(bell) == 0 and len(bell.failed_job_registry) == 1


@pytest.mark.rq
def test_a_queue_full_of_junk_hides_no_export(site, bell, start):  # noqa: F811
    """Thousands of jobs that do not exist, and some that nobody can read: passed over at some 200 a second."""
    with bell.connection.pipeline() as pipe:
        pipe.sadd("rq:queues", bell.key)
        for number in range(2_000):
            pipe.rpush(bell.key, f"junk-{number}")
            if number % 200 == 0:
                pipe.hset(f"rq:job:junk-{number}", mapping={"data": b"\x80\x04junk", "created_at": "yesterday"})
        pipe.execute()
    run = site.start_contacts()
    said = finished(start(*OUR_WORKER, "--burst"), timeout=120)
    assert site.run().id == run.id and site.run().state == "finished", said[-2000:]
    assert site.complete() and len(bell) == 0
