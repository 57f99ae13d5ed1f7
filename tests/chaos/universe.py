"""One universe: what happens in it, all of it drawn from one integer.

People work in the gallery, the owner uses the plugin's pages, an operator restores backups, a bookkeeper works in
Xero; workers die and freeze, rings and requests get lost. Then everything calms down, what waits is tried once more,
and the audit begins.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import secrets
import sqlite3
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from galleria_xero_plugin.domain.model import Invoice, InvoiceState, TaxMode
from galleria_xero_plugin.domain.states import WAITING, DocumentState
from galleria_xero_plugin.errors import GalleriaXeroError
from galleria_xero_plugin.ports.records import ConnectionStatus
from galleria_xero_plugin.simulator.core.seeds import NORTH_LIGHT
from galleria_xero_plugin.simulator.core.settings import SimulatorSettings
from galleria_xero_plugin.simulator.core.world import World
from galleria_xero_plugin.testing import factories

from . import bookkeeper
from .audit import Audit, Finding, Notes
from .clockwork import Clockwork
from .site import ACCESS, Bell, Site
from .wire import AT_THE_FIRST_BYTE, UnsignedKey, Weather, Wire

BUYERS = (
    factories.make_contact("c-1", "Wilhelmina", "Oakes"),
    factories.make_contact("c-2", "Tobias", "Rourke"),
    factories.make_contact("c-3", "Saoirse", "Lindqvist"),
)
GAPS = ((0.0, 4.0), (4.0, 60.0), (60.0, 240.0), (240.0, 1500.0))
"""Seconds between two things that happen: bursts, and pauses in which leases, keys and tokens run out."""
FREEZES = (20.0, 130.0, 250.0, 400.0, 700.0, 1200.0)
SHORT_FREEZES = (20.0, 90.0, 150.0)
"""Between the last look at the deadline and the first byte nothing can watch: longer than this the protocol does not
cover (export-protocol §2.10, row 18)."""
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
        self.world = World(SimulatorSettings(limits=False), self.clockwork, key=UnsignedKey())  # type: ignore[arg-type]
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
        for _ in range(self.plan.randrange(25, 55)):
            self.clockwork.run(self.plan.uniform(*self.plan.choice(GAPS)))
            action = self.plan.choices(ACTIONS, WEIGHTS)[0]
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
        if draw < self.weather.crash:
            self.tell(f"dies {where}")
            self.happened["crashes"] += 1
            worker.die()
        if draw < self.weather.crash + self.weather.freeze:
            seconds = self.mischief.choice(SHORT_FREEZES if where == AT_THE_FIRST_BYTE else FREEZES)
            self.tell(f"freezes for {seconds:.0f} s {where}")
            self.happened["freezes"] += 1
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
            self.clockwork.later(delay, lambda: self._spawn(name, job))

    def _spawn(self, name: str, job: Callable[[], object]) -> None:
        self.happened["jobs"] += 1
        self.clockwork.spawn(f"{name} {self.happened['jobs']}", lambda: self._job(job))

    def _sweep(self) -> None:
        housekeeping = self.plan.random() < 0.3
        self._spawn("sweep", lambda: self.site.services.schedules.sweep(housekeeping=housekeeping))

    def _job(self, job: Callable[[], object]) -> None:
        """The jobs' ladder of exceptions: what is foreseen is no failure."""
        try:
            job()
        except GalleriaXeroError as error:
            self.tell(f"ends: {error.detail or error.user_message}")

    def _do(self, action: Callable[[Universe], str | None]) -> None:
        """A person does something; what a page would show as an error is no surprise."""
        try:
            told = action(self)
        except GalleriaXeroError as error:
            told = f"tries to {action.__name__.strip('_')}: {error.user_message or error.detail}"
        if told:
            self.happened[action.__name__.strip("_").replace("_", " ")] += 1
            self.tell(told)

    # -- beginning and end

    def _begin(self) -> None:
        self.webservice_id = self.site.create(self.prefix, scheduled=self.scheduled)
        self.site.connect(self.webservice_id)
        self.site.complete_settings(self.webservice_id)
        for _ in range(self.plan.randrange(1, 4)):
            self._do(_issue)

    def _settle(self) -> list[Finding]:
        """Calm weather: everybody wakes up, the owner reconnects and syncs, what waits is tried once more."""
        self.tell("--- it calms down")
        self.clockwork.run(1500)
        while not self._ready():  # a restored permission is noticed at its first use
            with contextlib.suppress(GalleriaXeroError):
                self._repair()
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

    def _repair(self) -> None:
        """The owner sees what the page says: he connects again, reads the accounts again, chooses them again."""
        webservice = self.site.webservice()
        if webservice is None:
            self.webservice_id = self.site.create(self.prefix, scheduled=self.scheduled)
        else:
            self.webservice_id = webservice.id
        if not self._connected():
            self.site.connect(self.webservice_id)
        if not self.site.complete_settings(self.webservice_id):
            self.site.read_accounts(self.webservice_id)
            self.site.complete_settings(self.webservice_id)

    def _connected(self) -> bool:
        connection = self.site.connection(self.webservice_id)
        return connection is not None and connection.status is ConnectionStatus.ACTIVE

    def _ready(self) -> bool:
        webservice = self.site.webservice()
        return webservice is not None and webservice.mapping_completed_at is not None and self._connected()

    def _quiet(self) -> bool:
        """Sweep until nothing is open any more."""
        for _ in range(PATIENCE):
            if not self._connected():
                self._repair()
            connection = self.site.connection(self.webservice_id)
            until = connection.waits_until(self.clockwork.now())
            if until is not None:
                self.clockwork.run((until - self.clockwork.now()).total_seconds() + 1)
            if not self.site.run_open(connection.id) and not any(row.state in OPEN for row in self.site.rows()):
                return True
            self._sweep()
            self.clockwork.run(200)
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
        writes=chance.choice((0, 0.1, 0.35, 0.6)),
        reads=chance.choice((0, 0.02, 0.1)),
        tokens=chance.choice((0, 0.1, 0.4)),
        lost_rings=chance.choice((0, 0.2)),
        doubled_rings=chance.choice((0, 0.3)),
    )


# -- in the gallery


def _money(universe: Universe, most: int) -> Decimal:
    return Decimal(universe.plan.randrange(10, most * 50)) * 2 / 100


def _some(universe: Universe, wanted: Callable[[Invoice], bool]) -> Invoice | None:
    found = [invoice for invoice in universe.notes.invoices() if wanted(invoice)]
    return universe.plan.choice(found) if found else None


def _open(invoice: Invoice) -> bool:
    return invoice.state is InvoiceState.ISSUED


def _due(invoice: Invoice) -> Decimal:
    return invoice.total - sum((payment.amount for payment in invoice.payments), Decimal(0))


def _issue(universe: Universe) -> str:
    plan, now = universe.plan, universe.clockwork.now()
    mode = plan.choice((TaxMode.EXCLUSIVE, TaxMode.INCLUSIVE))
    items = [
        factories.make_item(str(n), _money(universe, 3000), tax_option_id=plan.choice(("vat-20", "vat-0")))
        for n in range(1, plan.randrange(2, 4))
    ]
    invoice = universe.site.gallery.add_invoice(
        contact=plan.choice(BUYERS),
        items=items,
        tax_mode=mode,
        date=(now - dt.timedelta(days=plan.randrange(3))).date(),
        issued_at=now,
    )
    universe.notes.saw(invoice)
    return f"the gallery issues #{invoice.number} over {invoice.total}"


def _pay(universe: Universe) -> str | None:
    """In full, in part, or in two equal parts on one day: of those a doubled one looks just like its twin."""
    plan = universe.plan
    invoice = _some(universe, lambda one: _open(one) and _due(one) > 0)
    if invoice is None:
        return None
    due, how = _due(invoice), plan.random()
    if how < 0.4:
        cents = int(due * 100)
        part = Decimal(max(1, cents // plan.choice((2, 3, 4)))) / 100
        amounts = [part, part] if part * 2 <= due else [part]
    else:
        amounts = [due] if how < 0.6 else [min(due, Decimal(plan.randrange(1, 200)))]
    for amount in amounts:
        number = universe.notes.next_payment()
        universe.site.gallery.add_payment(
            invoice.id, amount, id=f"pay-{number}", reference=f"pay-{number}.", method_id=plan.choice(("bank", "cash"))
        )
    universe.notes.saw(*universe.site.gallery.invoices(universe.site.gallery_id, [invoice.id]))
    return f"#{invoice.number} is paid: {' and '.join(map(str, amounts))} of {due}"


def _edit(universe: Universe) -> str | None:
    plan = universe.plan
    invoice = _some(universe, _open)
    if invoice is None:
        return None
    if plan.random() < 0.5:
        changed = universe.site.gallery.change_invoice(invoice.id, reference=f"PO {plan.randrange(1000)}")
    else:
        items = (*invoice.items, factories.make_item(str(len(invoice.items) + 1), _money(universe, 50)))
        changed = universe.site.gallery.change_invoice(invoice.id, items=items)
    universe.notes.saw(changed)
    return f"#{invoice.number} is edited: {changed.total}"


def _cancel(universe: Universe) -> str | None:
    invoice = _some(universe, lambda one: _open(one) and not one.payments)
    if invoice is None:
        return None
    gallery = universe.site.gallery
    end = gallery.cancel_invoice if universe.plan.random() < 0.6 else gallery.delete_invoice
    universe.notes.saw(end(invoice.id))
    return f"#{invoice.number} is cancelled or deleted"


def _correct_payment(universe: Universe) -> str | None:
    invoice = _some(universe, lambda one: _open(one) and bool(one.payments))
    if invoice is None:
        return None
    payment, gallery = universe.plan.choice(invoice.payments), universe.site.gallery
    if universe.plan.random() < 0.5:
        gallery.remove_payment(invoice.id, payment.id)
        told = f"{payment.id} of #{invoice.number} is removed"
    else:
        amount = max(Decimal("0.01"), payment.amount - Decimal(universe.plan.randrange(1, 500)) / 100)
        gallery.change_payment(invoice.id, payment.id, amount=amount)
        told = f"{payment.id} of #{invoice.number} is corrected to {amount}"
    universe.notes.saw(*gallery.invoices(universe.site.gallery_id, [invoice.id]))
    return told


# -- on the plugin's pages, and by the operator


def _sync(universe: Universe) -> str:
    universe.site.press_sync(universe.webservice_id)
    return "the owner presses Sync now"


def _sweep(universe: Universe) -> str:
    universe._sweep()
    return "a sweep"


def _try_again(universe: Universe) -> str:
    waiting = [row.id for row in universe.site.rows() if row.state in WAITING]
    return f"the owner presses Try again: {universe.site.try_again(universe.webservice_id, waiting)} documents"


def _change_prefix(universe: Universe) -> str | None:
    prefix = universe.plan.choice(("AG", "NL", "AG2"))
    if not universe.site.complete_settings(universe.webservice_id, prefix=prefix):
        return None
    universe.prefix = prefix
    return f"the prefix is {prefix} from now on"


def _recreate(universe: Universe) -> str:
    """Delete the webservice and make a new one for the same organisation."""
    if universe.site.webservice() is not None:
        universe.site.services.connect.delete(ACCESS, universe.webservice_id)
    universe.webservice_id = universe.site.create(universe.prefix, scheduled=universe.scheduled)
    universe.site.connect(universe.webservice_id)
    universe.site.complete_settings(universe.webservice_id)
    return "the webservice is deleted and created again"


def _disconnect(universe: Universe) -> str:
    if universe.plan.random() < 0.5:
        universe.world.identity.disconnect(NORTH_LIGHT)
        return "somebody disconnects us in Xero"
    universe.site.services.connect.disconnect(ACCESS, universe.webservice_id)
    return "the owner disconnects"


def _reconnect(universe: Universe) -> str | None:
    connection = universe.site.connection(universe.webservice_id)
    if connection is not None and connection.status is ConnectionStatus.ACTIVE and universe.plan.random() < 0.8:
        return None
    universe._repair()
    return "the owner connects again"


def _back_up(universe: Universe) -> str:
    universe.backups.append(universe.site.database.snapshot())
    return "the database is backed up"


def _restore(universe: Universe) -> str | None:
    """The operator puts a backup in place and says so; workers that are frozen just now know nothing of it."""
    if not universe.backups:
        return None
    universe.site.database.restore(universe.plan.choice(universe.backups))
    universe.site.restored()
    webservice = universe.site.webservice()
    if webservice is not None:
        universe.webservice_id = webservice.id
    return "the database is restored from a backup"


# -- in Xero


def _book_by_hand(universe: Universe) -> str | None:
    return bookkeeper.book_a_payment(universe.world, universe.notes, universe.plan)


def _void_by_hand(universe: Universe) -> str | None:
    return bookkeeper.void_an_invoice(universe.world, universe.notes, universe.plan)


def _annotate_by_hand(universe: Universe) -> str | None:
    return bookkeeper.edit_an_invoice(universe.world, universe.notes, universe.plan)


_WEIGHTS: dict[Callable[[Universe], str | None], float] = {
    _issue: 9, _pay: 16, _edit: 4, _cancel: 2, _correct_payment: 4,
    _sync: 16, _sweep: 26, _try_again: 2,
    _change_prefix: 2, _recreate: 1, _disconnect: 1, _reconnect: 5, _back_up: 4, _restore: 4,
    _book_by_hand: 2, _void_by_hand: 1, _annotate_by_hand: 1,
}  # fmt: skip
ACTIONS, WEIGHTS = list(_WEIGHTS), list(_WEIGHTS.values())


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
