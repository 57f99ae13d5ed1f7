"""The promise "RQ 2.12 and 3.x".

Every test marked `rq` runs in this process under the newest RQ, and once more in a pytest of its own under the
oldest, whose subprocesses, the workers, inherit that RQ.
"""
import importlib.metadata
import os
import subprocess
import sys

import pytest
import redis
import rq
from rq.serializers import JSONSerializer

from tests.helpers.rq_versions import OLDEST_RQ, OLDEST_RQ_DIR, oldest_rq_environment


def test_jobs_under_the_oldest_rq(pytestconfig):
    assert os.path.isdir(OLDEST_RQ_DIR), "run `python3 tests` once: it brings the oldest RQ"
    arguments = ["-m", "rq", "-q", "-p", "no:cacheprovider"]
    child = subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=pytestconfig.rootpath,
                           env={**oldest_rq_environment(), "EXPECTED_RQ": OLDEST_RQ},
                           stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert child.returncode == 0, f"under RQ {OLDEST_RQ}:\n{child.stdout[-8000:]}{child.stderr[-2000:]}"


@pytest.mark.rq
def test_processes_have_the_rq_that_is_meant(valkey_url):
    """Also that a worker started by its command line sees the same one."""
    here = importlib.metadata.version("rq")
    assert here == os.environ.get("EXPECTED_RQ", here)
    with redis.Redis.from_url(valkey_url) as connection:
        queue = rq.Queue("versions", connection=connection, serializer=JSONSerializer)
        job = queue.enqueue("importlib.metadata.version", "rq")
        worker = [sys.executable, "-m", "rq.cli", "worker", "-S", "json", "--burst", "-u", valkey_url, queue.name]
        subprocess.run(worker, check=True, stdin=subprocess.DEVNULL, capture_output=True)
        assert job.return_value(refresh=True) == here
