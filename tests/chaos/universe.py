"""One universe: what happens in it, all of it drawn from one integer.

People work in the gallery, the owner uses the plugin's pages, an operator restores backups, a bookkeeper works in
Xero; workers die and freeze, rings and requests get lost. Then everything calms down, what waits is tried once more,
and the audit begins.
"""

from __future__ import annotations

import contextlib
import random
import secrets
import sqlite3
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rq.timeouts import JobTimeoutException

from galleria_xero_plugin.domain.states import WAITING, DocumentState
from galleria_xero_plugin.errors import Busy, GalleriaXeroError
from galleria_xero_plugin.ports.records import ConnectionStatus
from galleria_xero_plugin.simulator.core.settings import SimulatorSettings
from galleria_xero_plugin.simulator.core.world import World

from . import people
from .audit import Audit, Finding, Notes
from .books import NewBooks
from .clockwork import Clockwork
from .site import AT_THE_DATABASE, Bell, Site
from .wire import AT_THE_FIRST_BYTE, ON_THE_POINT, STILL_WAITING, UnsignedKey, Weather, Wire

GAPS = ((0.0, 4.0), (4.0, 60.0), (60.0, 240.0), (240.0, 1500.0))
"""Seconds between two things that happen: bursts, and pauses in which leases, keys and tokens run out."""
FREEZES = (20.0, 130.0, 250.0, 400.0, 700.0, 1200.0)
SHORT_FREEZES = (20.0, 60.0, 100.0)
"""Between the last look at the deadline and the first byte nothing can watch: longer than this the protocol does not
cover (export-protocol §2.10, row 18)."""
LONG = 400.0
WHILE_HELD = (190.0, 370.0)
"""When the minute's sweep matters while a worker is held on the point of sending: the settle time of what it wrote
ahead is over then, and the life of its key."""
AFTER_A_TIMEOUT = (15.0, 122.0)
"""The same for a worker whose time was up while it waited for an answer: before Xero has executed what it received,
and at the first moment at which anybody looks."""
PATIENCE = 60
"""Rounds after which what is not settled in calm weather is stuck."""


@dataclass(frozen=True)
class Outcome:
    """How a universe ended."""

    seed: int
    findings: tuple[Finding, ...]
    story: tuple[str, ...]
    happened: Counter[str]


class Universe:
    """Everything of one seed. Use `live`."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.plan, self.mischief = random.Random(f"plan {seed}"), random.Random(f"mischief {seed}")
        self.story: list[str] = []
        self.happened: Counter[str] = Counter()
        self.clockwork = Clockwork()
        self.weather = _weather(self.plan)
        xero = SimulatorSettings(limits=False)
        self.world = World(xero, self.clockwork, NewBooks(), key=UnsignedKey())  # type: ignore[arg-type]
        self.wire = Wire(self.world, self.clockwork, self.weather, self.mischief, self.step, self.tell)
        self.notes = Notes(self.world)
        quiet = self.plan.choice((0, 0, 600))
        self.site = Site(self.clockwork, self.world, self.wire, Bell(self.ring), self.step, quiet)
        self.webservice_id = ""
        self.prefix = "AG"
        self.scheduled = self.plan.random() < 0.5
        self.backups: list[sqlite3.Connection] = []

    def live(self) -> Outcome:
        """From the first connection to the audit."""
        calm = Weather(**vars(self.weather))
        self.weather.calm()
        self._begin()
        vars(self.weather).update(vars(calm))
        for _ in range(self.plan.randrange(20, 44)):
            self.clockwork.run(self.plan.uniform(*self.plan.choice(GAPS)))
            action = self.plan.choices(people.ACTIONS, people.WEIGHTS)[0]
            self._do(action)
        self.weather.calm()
        findings = self._settle()
        findings += [Finding("error", f"{name}: {error!r}") for name, error in self.clockwork.errors]
        if not findings:
            findings = Audit(self.notes, self.site).findings()
        self._count()
        return Outcome(self.seed, tuple(findings), tuple(self.story), self.happened)

    def close(self) -> None:
        self.clockwork.close()
        for backup in self.backups:
            backup.close()

    # -- what the engine runs into

    def tell(self, text: str) -> None:
        worker = self.clockwork.running
        self.story.append(f"{self.clockwork.now():%H:%M:%S} {worker.name if worker else '-':>10}  {text}")

    def step(self, where: str) -> None:
        """Between two steps of a worker."""
        worker = self.clockwork.running
        if worker is None:
            return
        if worker.dead:
            worker.die()
        if not where:
            return
        draw = self.mischief.random()
        if where == STILL_WAITING:
            if draw < self.weather.overdue:
                self.tell("its time is up")
                self.happened["time-outs"] += 1
                for wait in AFTER_A_TIMEOUT:
                    self.clockwork.later(wait, self.sweep)
                raise JobTimeoutException
            return
        if draw < self.weather.crash:
            self.tell(f"dies {where}")
            self.happened["crashes"] += 1
            worker.die()
        if draw > 1 - self.weather.database and where in AT_THE_DATABASE:
            self.tell(f"loses the database {where}")
            self.happened["lost commits"] += 1
            raise Busy("the connection is lost")
        if draw < self.weather.crash + (self.weather.hold if where == ON_THE_POINT else self.weather.freeze):
            seconds = self.mischief.choice(SHORT_FREEZES if where == AT_THE_FIRST_BYTE else FREEZES)
            self.tell(f"freezes for {seconds:.0f} s {where}")
            self.happened["freezes"] += 1
            if where == ON_THE_POINT and seconds >= LONG:
                for wait in WHILE_HELD:
                    self.clockwork.later(wait, self.sweep)
            self.clockwork.sleep(seconds)
            self.tell("goes on")

    def ring(self, name: str, job: Callable[[], object]) -> None:
        """The doorbell."""
        draw = self.mischief.random()
        if draw < self.weather.lost_rings:
            self.happened["lost rings"] += 1
            return
        times = 1
        if draw < self.weather.lost_rings + self.weather.doubled_rings:
            self.happened["doubled rings"] += 1
            times = self.mischief.choice((2, 2, 3))
        for _ in range(times):
            delay = self.mischief.choice((0.1, 1.0, 1.0, 3.0, 90.0 if times > 1 else 0.5))
            self.clockwork.later(delay, lambda: self.spawn(name, job))

    def spawn(self, name: str, job: Callable[[], object]) -> None:
        self.happened["jobs"] += 1
        self.clockwork.spawn(f"{name} {self.happened['jobs']}", lambda: self._job(job))

    def sweep(self) -> None:
        housekeeping = self.plan.random() < 0.3
        self.spawn("sweep", lambda: self.site.services.schedules.sweep(housekeeping=housekeeping))

    def _job(self, job: Callable[[], object]) -> None:
        """The jobs' ladder of exceptions: what is foreseen is no failure."""
        try:
            job()
        except JobTimeoutException:
            return  # RQ ends the job; unlike a kill it unwinds the stack, and so gives the lease back
        except GalleriaXeroError as error:
            self.tell(f"ends: {error.detail or error.user_message}")

    def _do(self, action: people.Action) -> None:
        """A person does something; what a page would show as an error is no surprise."""
        try:
            told = action(self)
        except GalleriaXeroError as error:
            told = f"tries to {action.__name__.replace('_', ' ')}: {error.user_message or error.detail}"
        if told:
            self.happened[action.__name__.replace("_", " ")] += 1
            self.tell(told)

    # -- beginning and end

    def _begin(self) -> None:
        self.webservice_id = self.site.create(self.prefix, scheduled=self.scheduled)
        self.site.connect(self.webservice_id)
        self.site.complete_settings(self.webservice_id)
        for _ in range(self.plan.randrange(1, 4)):
            self._do(people.issue)

    def _settle(self) -> list[Finding]:
        """Calm weather: everybody wakes up, the owner reconnects and syncs, what waits is tried once more."""
        self.tell("--- it calms down")
        self.clockwork.run(1500)
        while not self._ready():  # a restored permission is noticed at its first use
            with contextlib.suppress(GalleriaXeroError):
                self.repair()
        for press in (lambda: None, self._press_sync, self._press_try_again):
            with contextlib.suppress(GalleriaXeroError):
                press()
            if not self._quiet():
                return [Finding("stuck", self._what_is_open())]
        return []

    def _press_sync(self) -> None:
        self.site.press_sync(self.webservice_id)

    def _press_try_again(self) -> None:
        self.site.try_again(self.webservice_id, [row.id for row in self.site.rows() if row.state in WAITING])

    def repair(self) -> None:
        """The owner sees what the page says: he connects again, reads the accounts again, chooses them again."""
        webservice = self.site.webservice()
        if webservice is None:
            self.webservice_id = self.site.create(self.prefix, scheduled=self.scheduled)
        else:
            self.webservice_id = webservice.id
        if not self.connected():
            self.site.connect(self.webservice_id)
        if not self.site.complete_settings(self.webservice_id):
            self.site.read_accounts(self.webservice_id)
            self.site.complete_settings(self.webservice_id)

    def connected(self) -> bool:
        connection = self.site.connection(self.webservice_id)
        return connection is not None and connection.status is ConnectionStatus.ACTIVE

    def _ready(self) -> bool:
        webservice = self.site.webservice()
        return webservice is not None and webservice.mapping_completed_at is not None and self.connected()

    def _quiet(self) -> bool:
        """Answer the bell, and sweep until nothing is open any more."""
        for _ in range(PATIENCE):
            if not self.connected():
                self.repair()
            connection = self.site.connection(self.webservice_id)
            until = connection.waits_until(self.clockwork.now())
            wait = (until - self.clockwork.now()).total_seconds() + 1 if until is not None else 0
            self.clockwork.run(wait + 200)
            if not self.site.run_open(connection.id) and not any(row.state in OPEN for row in self.site.rows()):
                return True
            self.sweep()
        return False

    def _what_is_open(self) -> str:
        rows = [f"{row.kind} {row.label} {row.state}" for row in self.site.rows() if row.state in OPEN]
        return f"not settled after {PATIENCE} rounds: {', '.join(rows) or 'a run that never ends'}"

    def _count(self) -> None:
        self.happened["requests"] += self.wire.calls
        self.happened["faults"] += sum(self.wire.fates.values())
        for fate, times in self.wire.fates.items():
            self.happened[f"fault: {fate}"] += times
        for row in self.site.rows():
            self.happened["documents"] += 1
            self.happened[f"{row.kind} {row.state}"] += 1
            self.happened["adopted"] += row.adopted
            self.happened["sent more than once"] += row.attempt > 1
            if row.state in WAITING and row.reason_code:
                self.happened[f"waits: {row.reason_code}"] += 1
        self.happened["virtual minutes"] += int(self.clockwork.elapsed // 60)


OPEN = (DocumentState.SENDING, DocumentState.UNKNOWN)


def _weather(chance: random.Random) -> Weather:
    """Each universe has troubles of its own."""
    return Weather(
        crash=chance.choice((0, 0.005, 0.02)),
        freeze=chance.choice((0, 0.004, 0.015)),
        hold=chance.choice((0, 0.02, 0.3)),
        overdue=chance.choice((0, 0.3, 0.8)),
        database=chance.choice((0, 0, 0.01)),
        slow=chance.choice((0, 0, 0.15, 0.5)),
        writes=chance.choice((0, 0.1, 0.35, 0.6)),
        reads=chance.choice((0, 0.02, 0.1)),
        stale=chance.choice((0, 0.1, 0.6)),
        tokens=chance.choice((0, 0.1, 0.4)),
        lost_rings=chance.choice((0, 0.2)),
        doubled_rings=chance.choice((0, 0.3)),
    )


@contextlib.contextmanager
def _drawn_from(seed: int) -> Iterator[None]:
    """Ids and jitter come from the seed too, so that a replay is the same to the last digit."""
    chance = random.Random(f"ids {seed}")
    before = uuid.uuid4, secrets.randbelow
    uuid.uuid4 = lambda: uuid.UUID(int=chance.getrandbits(128), version=4)  # type: ignore[assignment]
    secrets.randbelow = chance.randrange  # type: ignore[assignment]
    try:
        yield
    finally:
        uuid.uuid4, secrets.randbelow = before


def live(seed: int) -> Outcome:
    """One universe from its seed."""
    with _drawn_from(seed):
        universe = Universe(seed)
        try:
            return universe.live()
        finally:
            universe.close()
