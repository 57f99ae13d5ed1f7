"""The doorbell: `JobQueue` over RQ."""

from __future__ import annotations

import logging
import threading
from typing import Any, Protocol

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

log = logging.getLogger("galleria_xero.queue")

TASKS = "galleria_xero_plugin.jobs.tasks."
CONNECT_SECONDS, ANSWER_SECONDS = 1.0, 2.0
"""A page rings while a person waits; without Redis the sweep finds the work anyway."""
JOB_SECONDS = 300
"""Above a slice and the longest call together; a last resort, since a slice ends by itself."""
KEEP_FAILED_SECONDS = 3 * 86_400
NOTHING_BROKEN = (redis.RedisError, OSError, ValueError)


class Settings(Protocol):
    """What the queue needs of the configuration."""

    @property
    def redis_url(self) -> str: ...

    @property
    def queue(self) -> str: ...

    @property
    def lease(self) -> int: ...


class RqQueue:
    """Rings with RQ jobs that carry one id, as JSON.

    Ringing twice is one job: a key `<queue>:rung:<task>:<id>` says that a job waits which nobody has begun. The job
    removes it before it looks at the database, so a ring after that always makes a new one. RQ's own job ids do
    not serve here: one and the same id would be queued twice, and with `unique=True` the hash of a finished or
    failed job blocks the next ring. Should the key survive its job (a worker killed in between), it is gone
    after half a lease.

    Nothing is connected to before the first ring, and each process has connections of its own.
    """

    def __init__(self, config: Settings, client: redis.Redis | None = None) -> None:
        self._url = config.redis_url
        self._name = config.queue
        self._pressed_for = max(1, config.lease // 2)
        self._client = client
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<queue {self._name}>"

    def ring_export(self, connection_id: str) -> bool:
        """See the port."""
        return self._ring("drain", connection_id)

    def ring_contacts(self, connection_id: str) -> bool:
        """See the port."""
        return self._ring("import_contacts", connection_id)

    def ring_reference(self, connection_id: str) -> bool:
        """See the port."""
        return self._ring("refresh_reference", connection_id)

    def alive(self) -> bool:
        """See the port."""
        try:
            return bool(self._redis().ping())
        except NOTHING_BROKEN as problem:
            log.info("the queue does not answer: %s", type(problem).__name__)
            return False

    def highest_lease(self, connection_id: str, number: int) -> int:
        """Note the number of a lease that was claimed; the highest ever noted for the connection, or this one when
        nobody remembers. A database that was restored from a backup comes to lower numbers than were given before."""
        key = f"{self._name}:leases"
        try:
            client = self._redis()
            client.zadd(key, {connection_id: number}, gt=True)
            found = client.zscore(key, connection_id)
        except NOTHING_BROKEN as problem:
            log.info("no lease is remembered: %s", type(problem).__name__)
            return number
        return number if found is None else int(found)

    def _ring(self, task: str, connection_id: str) -> bool:
        try:
            client = self._redis()
            if not client.set(pressed_key(self._name, task, connection_id), "1", nx=True, ex=self._pressed_for):
                return True
            try:
                self._enqueue(client, task, connection_id)
            except NOTHING_BROKEN:
                client.delete(pressed_key(self._name, task, connection_id))
                raise
        except NOTHING_BROKEN as problem:
            # Not the message: some carry the address, and that may hold a password.
            log.warning("no ring for %s: %s; the sweep will find the work", task, type(problem).__name__)
            return False
        return True

    def _enqueue(self, client: redis.Redis, task: str, connection_id: str) -> None:
        Queue(self._name, connection=client, serializer=JSONSerializer).enqueue(
            TASKS + task,
            args=(connection_id,),
            description=f"galleria_xero {task}",
            job_timeout=JOB_SECONDS,
            result_ttl=0,
            failure_ttl=KEEP_FAILED_SECONDS,
        )

    def _redis(self) -> redis.Redis:
        with self._lock:
            if self._client is None:
                # redis-py gives a forked child new connections by itself.
                self._client = redis.Redis.from_url(
                    str(self._url),
                    socket_connect_timeout=CONNECT_SECONDS,
                    socket_timeout=ANSWER_SECONDS,
                    retry=Retry(NoBackoff(), 0),
                )
            return self._client


def pressed_key(queue: str, task: str, connection_id: str) -> str:
    """The key that says that a ring waits for a worker."""
    return f"{queue}:rung:{task}:{connection_id}"


def answer(job: Any) -> None:
    """A job begins: from now on a ring makes a new one. To be called before the job looks at the database."""
    try:
        for connection_id in job.args:
            job.connection.delete(pressed_key(job.origin, job.func_name.rpartition(".")[2], connection_id))
    except NOTHING_BROKEN as problem:
        log.warning("a ring could not be taken back: %s", type(problem).__name__)
