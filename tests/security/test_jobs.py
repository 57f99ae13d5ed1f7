"""What somebody with access to Redis can do with it: a worker reads JSON and nothing else (security 47, 50)."""

import os
import pickle
from pathlib import Path

import pytest
from rq import Queue
from rq.serializers import DefaultSerializer

from tests.integration.jobs.conftest import (  # noqa: F401 - fixtures
    QUEUE,
    app,
    bell,
    environment,
    finished,
    start,
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
