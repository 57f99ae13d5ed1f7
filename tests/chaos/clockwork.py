"""Virtual time, and workers in it that can die or freeze at any step.

A worker is a thread, but only one thread runs at a time and it hands over only where it waits or is frozen: so a
universe is as deterministic as a single loop, while the engine's code is the real one. Time moves when nothing else
is left to do at the present instant; a worker that waits while nothing is due only moves the clock.
"""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
import threading
from collections.abc import Callable

START = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)


class Killed(BaseException):
    """kill -9: what the worker's code would do on its way out never happens, because every step refuses it."""


class Worker:
    """A job in a process of its own."""

    def __init__(self, clockwork: Clockwork, name: str, job: Callable[[], object]) -> None:
        self.name = name
        self.dead = self.over = False
        self._clockwork = clockwork
        self._job = job
        self._may_run, self._has_stopped = _closed(), _closed()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()
        self.go_on()

    def go_on(self) -> None:
        """Run until it waits, freezes or ends. Called by the clockwork's own thread only."""
        if self.over:
            return
        self._clockwork.running = self
        self._may_run.release()
        self._has_stopped.acquire()
        self._clockwork.running = None
        if self.over:
            self._thread.join()

    def stop_here(self) -> None:
        """Hand over until `go_on`. Called by the worker's own thread only."""
        self._has_stopped.release()
        self._may_run.acquire()
        if self.dead:
            raise Killed

    def die(self) -> None:
        self.dead = True
        raise Killed

    def _run(self) -> None:
        self._may_run.acquire()
        try:
            self._job()
        except Killed:
            pass
        except BaseException as error:
            self._clockwork.errors.append((self.name, error))
        finally:
            self.over = True
            self._has_stopped.release()


def _closed() -> threading.Lock:
    """A gate: `release` opens it, whoever holds it, and `acquire` goes through and shuts it again. The threads take
    turns, so it never has to count."""
    gate = threading.Lock()
    gate.acquire()
    return gate


class Clockwork:
    """The clock of everybody (`ports.runtime.Clock`, the database's and Xero's), and what is due when."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self.running: Worker | None = None
        self.errors: list[tuple[str, BaseException]] = []
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._workers: list[Worker] = []

    def now(self) -> dt.datetime:
        return START + dt.timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    def sleep(self, seconds: float) -> None:
        """What runs waits; a person's request (outside any worker) is over before anything else happens."""
        until = self.elapsed + seconds
        worker = self.running
        if worker is None or not self._due or self._due[0][0] >= until:
            self.elapsed = max(self.elapsed, until)
        else:
            self._put(until, worker.go_on)
            worker.stop_here()

    def later(self, seconds: float, call: Callable[[], object]) -> None:
        """Have this happen, in the clockwork's own thread."""
        self._put(self.elapsed + seconds, call)

    def spawn(self, name: str, job: Callable[[], object]) -> None:
        """A worker takes up a job now. From the clockwork's own thread only."""
        worker = Worker(self, name, job)
        self._workers = [known for known in self._workers if not known.over]
        self._workers.append(worker)
        worker.start()

    @property
    def busy(self) -> int:
        """How many workers are alive, frozen ones included."""
        return sum(not worker.over for worker in self._workers)

    def run(self, seconds: float) -> None:
        """Let so much time pass and everything happen that is due in it."""
        until = self.elapsed + seconds
        while self._due and self._due[0][0] <= until:
            at, _, call = heapq.heappop(self._due)
            self.elapsed = max(self.elapsed, at)
            call()
        self.elapsed = max(self.elapsed, until)

    def close(self) -> None:
        """No worker outlives its universe."""
        for worker in self._workers:
            worker.dead = True
            worker.go_on()

    def _put(self, at: float, call: Callable[[], object]) -> None:
        heapq.heappush(self._due, (at, next(self._order), call))
