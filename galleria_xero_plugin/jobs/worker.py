"""The worker with the settings it needs, and the tick beside it."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import redis
from flask import Flask
from rq import Queue, Worker
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer

from ..errors import GalleriaXeroError
from ..proxies import services, state
from . import tasks

log = logging.getLogger("galleria_xero.worker")

# A worker that is killed leaves its job "started". It comes back after about a minute with these, and after up to
# eighteen with RQ's own: an idle worker looks up only every `worker_ttl` seconds, and cleans up in `maintenance`.
WORKER_TTL, MONITORING_INTERVAL, MAINTENANCE_INTERVAL = 30, 5, 15
LOOK_EVERY = 10.0
"""Seconds between two looks for due work."""
KEEP_HOUSE_EVERY = 6
"""Every so many looks also what is asked for once a minute."""
WATCH_PARENT_EVERY = 1.0
ENDS_WITHIN = 10.0
"""Seconds that a tick gets to end its sweep before it is killed."""


OURS = frozenset(
    f"{job.__module__}.{job.__name__}"
    for job in (tasks.drain, tasks.import_contacts, tasks.refresh_reference, tasks.sweep)
)


class OurJob(Job):
    """A job can name any function there is, and so can whoever gets at Redis. This worker runs our four, and is not
    ended by a job that nobody can read."""

    success_callback = failure_callback = stopped_callback = None

    def restore(self, raw_data: Any) -> None:
        try:
            super().restore(raw_data)
        except Exception as broken:
            raise NoSuchJobError(f"{self.id} is no job") from broken  # which RQ passes over

    def perform(self) -> Any:
        if self.func_name not in OURS:
            raise PermissionError(f"{self.func_name[:80]!r} is not a job of this queue")
        return super().perform()


class NoRedis(GalleriaXeroError):
    """The queue's server does not answer."""

    def __init__(self) -> None:
        super().__init__("Redis does not answer at GALLERIA_XERO_REDIS_URL. Is it running?")


def run_worker(app: Flask, *, burst: bool = False, tick: Sequence[str] | None = None) -> bool:
    """Work until SIGTERM (or, with `burst`, until the queue is empty). `tick` is the command of the tick.

    The tick is a process: a thread in a process that forks would leave its children with locks that nobody
    holds. Raises NoRedis when there is none to begin with.
    """
    with app.app_context():
        config = state().config
    connection = redis.Redis.from_url(str(config.redis_url))
    try:
        connection.ping()
    except redis.ConnectionError:
        raise NoRedis from None
    queue = Queue(config.queue, connection=connection, serializer=JSONSerializer, job_class=OurJob)
    worker = Worker(
        [queue],
        connection=connection,
        serializer=JSONSerializer,
        job_class=OurJob,
        worker_ttl=WORKER_TTL,
        job_monitoring_interval=MONITORING_INTERVAL,
        maintenance_interval=MAINTENANCE_INTERVAL,
        log_job_description=False,
    )
    _close_connections(app)
    with app.app_context(), _beside(tick):
        return bool(worker.work(burst=burst, with_scheduler=False))


def workers_seen(app: Flask) -> int:
    """How many workers answered for our queue lately. Raises NoRedis."""
    with app.app_context():
        config = state().config
    client = redis.Redis.from_url(str(config.redis_url), socket_connect_timeout=1, socket_timeout=2)
    try:
        with client:
            return Worker.count(queue=Queue(config.queue, connection=client, serializer=JSONSerializer))
    except redis.RedisError:
        raise NoRedis from None


def run_tick(app: Flask, *, parent: int | None = None, once: bool = False) -> None:
    """Sweep every ten seconds, until SIGTERM or until `parent` (a process id) is gone.

    The sweep is done here and not as a job: it then depends neither on Redis nor on a worker that is free. Two
    ticks at once are harmless, whatever happens once is claimed in the database.
    """
    ending = threading.Event()
    with _on_signals(ending.set):
        looks = 0
        while not ending.is_set():
            _sweep(app, housekeeping=looks % KEEP_HOUSE_EVERY == 0)
            looks += 1
            if once:
                return
            waited = 0.0
            while waited < LOOK_EVERY and not ending.wait(WATCH_PARENT_EVERY):
                waited += WATCH_PARENT_EVERY
                if parent is not None and os.getppid() != parent:
                    log.info("the worker is gone: the tick ends with it")
                    return


def _sweep(app: Flask, *, housekeeping: bool) -> None:
    # A context for each sweep: the host's sessions end with it.
    with app.app_context():
        try:
            report = services().schedules.sweep(housekeeping=housekeeping)
            log.debug("%s", report)
        except Exception:  # the next look may well succeed: a database that restarts, a host that is reloaded
            log.exception("a sweep failed")


@contextlib.contextmanager
def _beside(command: Sequence[str] | None) -> Iterator[None]:
    """The tick's process, for as long as the worker works."""
    if command is None:
        yield
        return
    # A session of its own: Ctrl-C reaches the worker only, which ends the tick in order.
    process = subprocess.Popen(  # noqa: S603 - our own command line
        [*command, "--parent", str(os.getpid())], stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def tick_command(group: str) -> list[str]:
    """How this very process was started, with `tick` in place of what stands behind the command group: the same
    Python, flask or script of the host's, and the same app."""
    arguments = sys.orig_argv[1:]
    if group in arguments:
        place = len(arguments) - 1 - arguments[::-1].index(group)
        return [sys.executable, *arguments[:place], group, "tick"]
    return [sys.executable, "-m", "flask", group, "tick"]


@contextlib.contextmanager
def _on_signals(call: Callable[[], None]) -> Iterator[None]:
    before = {number: signal.signal(number, lambda *_: call()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _close_connections(app: Flask) -> None:
    """The worker itself needs no database; what the start of the site may have opened must not be inherited."""
    database = app.extensions.get("sqlalchemy")
    if database is not None:
        with app.app_context():
            for engine in database.engines.values():
                engine.dispose()


__all__ = ["run_tick", "run_worker", "tasks", "tick_command", "workers_seen"]
