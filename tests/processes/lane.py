"""One gallery for the chaos of processes: a site, two workers, a Valkey and a Xero of its own, kept for many rounds.

Time runs twenty times faster than in life: a settle time of 180 s is 9 s here, and Xero forgets a key after 18 s.
What is not ours to scale, the start of a process above all, therefore counts twenty times.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from galleria_xero_plugin import failpoints
from galleria_xero_plugin.demo import guard, host
from galleria_xero_plugin.demo.processes import Processes, listening_socket
from galleria_xero_plugin.errors import Conflict
from tests.helpers.servers import Postgres, valkey
from tests.helpers.waiting import wait_until

from . import rows
from .audit import Broken, audit_round, what_stands
from .half_open import HalfOpen, half_open
from .stage import Stage, Worker
from .xero import API, simulated_xero

SCALE = 20
LIFE = {
    "LEASE": 120 // SCALE, "SETTLE": 180 // SCALE, "KEY_WINDOW": 360 // SCALE, "OFFLINE_PAUSE": 300 // SCALE,
    "ANSWER_WITHIN": 60 // SCALE, "SLICE": 40 // SCALE, "SEND_DEADLINE": 20 // SCALE,
    "REFRESH_LEASE": 60 // SCALE,
}  # fmt: skip
PARTS = (Decimal("30.00"), Decimal("30.00"), Decimal("20.00"))
"""Two of them are the same money on the same day; of 120.00 there stay 40.00 due, so that Xero would take any twice."""
LONGEST = 15 * 60 / SCALE
"""Seconds within which everything is well again, whatever happened."""
DONE = "SELECT count(*) FROM galleria_xero_export WHERE state = 'done'"
OPEN_RUNS = "SELECT count(*) FROM galleria_xero_run WHERE finished_at IS NULL"
ADOPTED = "SELECT count(*) FROM galleria_xero_export WHERE adopted AND created_at >= :since"
RESENT = "SELECT count(*) FROM galleria_xero_export WHERE attempt > 1 AND created_at >= :since"

T = TypeVar("T")


class Lane:
    """The gallery, and what a card (`cards`) may do to it."""

    def __init__(
        self, stage: Stage, line: HalfOpen, postgres: Postgres | None, interrupted: threading.Event
    ) -> None:
        self.stage, self.xero, self.line = stage, stage.xero, line
        self._postgres, self._interrupted = postgres, interrupted
        self.sentences = stage.processes.folder / "sentences"
        self.sentences.mkdir()
        self.stage.processes.environment(**{failpoints.VARIABLE: str(self.sentences)})
        self._workers: dict[str, Worker] = {}
        self._started = 0
        self.supervised = True
        self.expected: Counter[str] = Counter()
        self.sold: list[int] = []
        self._began = 0
        self.kills: list[tuple[str, float]] = []
        """(what, when) of this round."""
        self._survivors: list[int] = []
        self._thaw: list[tuple[float, int]] = []
        self.pressed_again = 0

    # -- a round

    def play(self, card: Callable[[Lane], Iterator[None]]) -> float:
        """Sell, let befall what the card says, wait until all is well, and audit; seconds from the last kill on."""
        self.kills, self.sold, self._began = [], [], int(time.time() * 1000)
        self.xero.forget_effects()
        self.sell(4)
        befalls = card(self)
        next(befalls)
        self.press()
        with contextlib.suppress(StopIteration):
            next(befalls)
        last = self.kills[-1][1] if self.kills else time.time()
        self.until(self.all_done, "everything to be done", within=4 * LONGEST)
        recovered = time.time() - last
        self.until(self.nobody_left, "the end of who outlived a kill")
        self._clear()
        audit_round(self.stage, self.sold, len(PARTS))
        return recovered

    def sell(self, count: int) -> None:
        self.sold += rows.sell(self.stage.app, count, PARTS)
        self.expected.update(Contacts=count // 2, Invoices=count, Payments=count * len(PARTS))

    def press(self) -> None:
        with contextlib.suppress(Conflict):  # it is going already
            self.stage.press_sync()

    def finished(self) -> bool:
        return not self.count(OPEN_RUNS) and self.count(DONE) >= sum(self.expected.values())

    def all_done(self) -> bool:
        if self.count(OPEN_RUNS):
            return False
        if self.count(DONE) >= sum(self.expected.values()):
            return True
        self.pressed_again += 1  # the run ended in an error nobody foresaw: somebody presses, or the schedule does
        self.press()
        return False

    def resent(self) -> bool:
        """Whether something was written ahead that never came to Xero."""
        return bool(self.count(RESENT, since=self._began))

    def found(self) -> bool:
        """Whether something stood in Xero of which the ledger did not know."""
        return bool(self.count(ADOPTED, since=self._began))

    # -- the processes

    def supervise(self) -> None:
        """As a process manager does: whoever is gone is started again; who was frozen goes on when it is time."""
        for place, (at, pid) in reversed(list(enumerate(self._thaw))):
            if time.time() >= at:
                del self._thaw[place]
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
        for name in ("one", "two") if self.supervised else ():
            if name not in self._workers or not self._workers[name].alive():
                self._started += 1
                self._workers[name] = self.stage.worker(f"{name}-{self._started}")

    def working(self) -> bool:
        """Whether both workers listen."""
        with contextlib.suppress(Exception), self.stage.valkey.connect() as client:
            return client.scard("rq:workers:galleria_xero") >= 2
        return False

    def horses(self) -> dict[int, int]:
        """Work horses and the worker of each."""
        return {horse: worker.pid for worker in self._workers.values() for horse in worker.horses()}

    def nobody_left(self) -> bool:
        return not self._thaw and not any(map(guard.alive, self._survivors))

    def kill(self, what: str, label: str) -> None:
        """kill -9 of whoever works at this moment: the "horse", the "parent" or "both"."""
        found = self.horses()
        if not found:
            return
        horse, parent = found.popitem()
        for pid in {"horse": [horse], "parent": [parent], "both": [parent, horse]}[what]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._survivors.append(horse)
        self.kills.append((label, time.time()))

    def stop_all(self, label: str = "") -> None:
        """Every process of the site dies at once and stays down; a kill when there is a label to it."""
        self.supervised = False
        victims = [pid for worker in self._workers.values() for pid in (worker.pid, *worker.horses())]
        for pid in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._workers.clear()
        if label:
            self.kills.append((label, time.time()))
        wait_until(lambda: not any(map(guard.alive, victims)), message="their end")

    # -- failpoints

    def sentence(self, place: str, action: str, visit: int = 0) -> None:
        """What shall happen to the first who comes there for the `visit`th time."""
        assert place in failpoints.POINTS and action in failpoints.ACTIONS
        draft = self.sentences / "draft"
        draft.write_text(f"{action} {visit}")
        draft.rename(self.sentences / place)

    def until_struck(self, place: str, action: str, *, freeze: float = 0) -> bool:
        """Wait for the sentence to be executed; False when nobody comes by before everything is done."""

        def struck() -> Path | None:
            return next(iter(self.sentences.glob(f"{place}.*")), None)

        found = self.while_it_goes_on(struck, f"somebody at {place}")
        if found is None:
            (self.sentences / place).unlink(missing_ok=True)
            return False
        at, pid = found.stat().st_ctime, int(found.suffix[1:])
        found.unlink()
        if action == "freeze":
            self._thaw.append((at + freeze, pid))
        elif action in ("crash", "orphan", "crash_both"):
            self.kills.append((f"{place}: {action}", at))
        self._survivors.append(pid)
        return True

    def _clear(self) -> None:
        self._survivors.clear()
        for path in self.sentences.iterdir():
            path.unlink()

    # -- database

    def count(self, query: str, **values: object) -> int:
        return rows.count(self.stage.app, query, **values)

    def backup(self) -> Callable[[], None]:
        """The database as it is; the result puts it back. Nobody may be connected then, nor now on PostgreSQL."""
        rows.forget_connections(self.stage.app)
        url = self.stage.config["SQLALCHEMY_DATABASE_URI"]
        if self._postgres is None:
            path = Path(url.removeprefix("sqlite:///"))
            copy = path.with_suffix(".backup")
            with contextlib.closing(sqlite3.connect(path)) as live, contextlib.closing(sqlite3.connect(copy)) as kept:
                live.backup(kept)
            return lambda: self._put_back(path, copy)
        name = url.partition("@/")[2].partition("?")[0]
        kept_url = self._postgres.create_database(name)
        kept_name = kept_url.partition("@/")[2].partition("?")[0]

        def put_back() -> None:
            rows.forget_connections(self.stage.app)
            assert self._postgres is not None
            self._postgres.drop_database(url)
            self._postgres.rename(kept_name, name)

        return put_back

    def _put_back(self, path: Path, copy: Path) -> None:
        rows.forget_connections(self.stage.app)
        for journal in ("-wal", "-shm"):
            path.with_name(path.name + journal).unlink(missing_ok=True)
        shutil.move(copy, path)

    # -- waiting and looking

    def until(self, condition: Callable[[], Any], what: str, *, within: float = 60) -> Any:
        def met() -> Any:
            if self._interrupted.is_set():
                raise Broken("interrupted")
            self.supervise()
            return condition()

        try:
            return self.stage.until(met, what, within=within)
        except AssertionError as late:
            raise Broken(f"{late}\n{what_stands(self.stage)}") from None

    def while_it_goes_on(self, condition: Callable[[], T | None], what: str) -> T | None:
        """The first true value of it, or None when everything is done before."""
        over = object()
        found = self.until(lambda: condition() or (over if self.finished() else None), what, within=4 * LONGEST)
        return None if found is over else found


@contextlib.contextmanager
def lane(postgres: Postgres | None, interrupted: threading.Event) -> Iterator[Lane]:
    """On PostgreSQL, or else on SQLite; the workers listen. `interrupted` ends it before its time."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(listening_socket(0))
        site = f"http://localhost:{listener.getsockname()[1]}"
        xero = stack.enter_context(simulated_xero(f"{site}{host.PREFIX}/callback"))
        # Access tokens live as long as in life: the two minutes before their end are no setting
        xero.control("/settings", {"time_scale": SCALE, "access_token_seconds": 1_800 * SCALE})
        line = stack.enter_context(half_open(xero.url))
        server = stack.enter_context(valkey())
        processes = stack.enter_context(Processes({}))
        url = postgres.create_database() if postgres else f"sqlite:///{processes.folder / 'site.db'}"
        if postgres:
            stack.callback(postgres.drop_database, url)
        stage = Stage(processes, xero, server, url, listener)
        stack.callback(stage.end)
        stage.config["TESTING"] = True  # a site in production would not start with failpoints
        stage.configure(API_URL=f"{line.url}{API}", **LIFE)
        rows.make_tables(stage.app)
        stage.connect()
        made = Lane(stage, line, postgres, interrupted)
        made.until(made.working, "two workers")
        yield made
        made.supervised = False
