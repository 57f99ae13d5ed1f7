"""What can befall a gallery's workers while they export, as cards: each prepares, lets the run begin, and strikes."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rq import Queue
from rq.serializers import JSONSerializer

from galleria_xero_plugin import failpoints
from galleria_xero_plugin.jobs.queue import TASKS

from . import rows
from .lane import LIFE, Lane

KILLS = ("crash", "orphan", "crash_both")
SENT = ("after_p", "after_t2", "before_first_byte", "after_answer", "after_t3")
"""The places that every batch comes by: contacts, invoices, and payments three times."""
BEYOND_THE_LEASE = LIFE["LEASE"] + 3
BEYOND_THE_KEY = LIFE["KEY_WINDOW"] + LIFE["SETTLE"]


@dataclass(frozen=True)
class Card:
    """`strikes` is how many kills it is meant for. After some of them the way back is longer than what is promised
    for a kill alone (Xero or Redis is away as well, or the database is another): `plain` are those it is promised
    for."""

    name: str
    befalls: Callable[[Lane], Iterator[None]]
    strikes: int = 1
    plain: bool = True

    @property
    def kind(self) -> str:
        """The card without its chances."""
        return re.sub(r"(, visit|, \w+ killed|: | \d+\.\d\d s after).*", "", self.name)


def deck(chance: random.Random) -> list[Card]:
    """Every kill at every place, and everything else at least once, in an order of its own."""
    cards = [at(place, action, chance.choice([0, 1, 1, 2]) if place in SENT else 0)
             for place in failpoints.POINTS for action in KILLS]  # fmt: skip
    cards += [anywhere(what, chance.uniform(0, 1)) for what in ("horse", "horse", "parent", "both", "both")]
    cards += [one_after_another(chance.sample(sorted(failpoints.POINTS.keys() - {"before_ring", "in_refresh"}), 3))
              for _ in range(5)]  # fmt: skip
    cards += [frozen(place, seconds) for place in ("after_t2", "before_first_byte")
              for seconds in (BEYOND_THE_LEASE, BEYOND_THE_KEY)]  # fmt: skip
    cards += [frozen("after_answer", BEYOND_THE_LEASE), frozen("in_refresh", BEYOND_THE_LEASE)]
    cards += [failing(place, how) for place in ("after_t2", "after_answer") for how in ("time_out", "raise")]
    cards += [held(f"PUT /{what}", chance.choice(["horse", "parent", "both"])) for what in ("Invoices", "Payments")]
    cards += [dead_line(direction, chance.choice(["horse", "both"])) for direction in ("requests", "answers")]
    cards += [flushed("idle"), flushed("queued"), flushed("running"), without_redis(), rung_many_times()]
    cards += [restored(chance.choice(SENT[2:])), restored("")]
    chance.shuffle(cards)
    return cards


def at(place: str, action: str, visit: int) -> Card:
    """One kill at one place."""

    def befalls(lane: Lane) -> Iterator[None]:
        _lead_there(lane, place)
        lane.sentence(place, action, visit)
        yield
        lane.until_struck(place, action)

    return Card(f"{action} at {place}, visit {visit}", befalls)


def _lead_there(lane: Lane, place: str) -> None:
    """See to it that a run comes by."""
    if place == "in_refresh":
        rows.execute(lane.stage.app, "UPDATE galleria_xero_connection SET access_expires_at = 1")
    if place == "before_ring":
        lane.xero.hold("PUT /Invoices", seconds=LIFE["SLICE"] + 0.1)


def anywhere(what: str, after: float) -> Card:
    """Not at a place, but wherever it happens to be."""

    def befalls(lane: Lane) -> Iterator[None]:
        yield
        lane.while_it_goes_on(lane.horses, "a work horse")
        time.sleep(after)  # the point is not to wait for anything
        lane.kill(what, f"anywhere: {what}")

    return Card(f"{what} killed {after:.2f} s after it began", befalls)


def one_after_another(places: list[str]) -> Card:
    """Whoever takes over dies as well."""

    def befalls(lane: Lane) -> Iterator[None]:
        lane.sentence(places[0], "crash")
        yield
        for place, following in zip(places, [*places[1:], None], strict=True):
            if not lane.until_struck(place, "crash"):
                return
            if following:
                lane.sentence(following, "crash")

    return Card(f"three kills: {', '.join(places)}", befalls, strikes=3)


def frozen(place: str, seconds: float) -> Card:
    """SIGSTOP, and SIGCONT when others have gone on."""

    def befalls(lane: Lane) -> Iterator[None]:
        _lead_there(lane, place)
        lane.sentence(place, "freeze", 2 if place in SENT else 0)
        yield
        lane.until_struck(place, "freeze", freeze=seconds)

    return Card(f"frozen at {place} for {seconds} s", befalls, strikes=0)


def failing(place: str, how: str) -> Card:
    """RQ's time-out of a job, or an error that nobody foresaw."""

    def befalls(lane: Lane) -> Iterator[None]:
        lane.sentence(place, how, 2)
        yield
        lane.until_struck(place, how)

    return Card(f"{how} at {place}", befalls, strikes=0)


def held(what: str, victim: str) -> Card:
    """Xero executes and does not answer in time; meanwhile somebody dies."""

    def befalls(lane: Lane) -> Iterator[None]:
        lane.xero.hold(what, seconds=LIFE["ANSWER_WITHIN"] + 1)
        yield
        if lane.while_it_goes_on(lane.xero.holds, "the held call"):
            lane.kill(victim, f"while Xero works: {victim}")

    return Card(f"{victim} killed while Xero executes {what}", befalls)


def dead_line(direction: str, victim: str) -> Card:
    """A line that is dead and does not say so, and a kill of who waits at it."""

    def befalls(lane: Lane) -> Iterator[None]:
        lost = lane.line.lost
        lane.xero.hold("PUT /Invoices", seconds=1)
        yield
        lane.while_it_goes_on(lane.xero.holds, "a call under way")
        lane.line.swallows = direction
        if lane.while_it_goes_on(lambda: lane.line.lost > lost, "a dead line"):
            lane.kill(victim, f"dead line: {victim}")
        lane.line.swallows = ""

    return Card(f"line that loses {direction}, {victim} killed", befalls, plain=False)


def flushed(when: str) -> Card:
    """FLUSHALL, and a kill in the same run."""

    def befalls(lane: Lane) -> Iterator[None]:
        if when == "idle":
            lane.stage.valkey.flush()
        lane.sentence("after_answer", "crash", 1)
        yield
        if when == "running":
            lane.while_it_goes_on(lane.horses, "a work horse")
        if when != "idle":
            lane.stage.valkey.flush()
        lane.until_struck("after_answer", "crash")

    return Card(f"FLUSHALL while {when}", befalls, plain=False)


def without_redis() -> Card:
    """Redis dies in the middle and stays away for a while; so do the workers, which cannot do without it."""

    def befalls(lane: Lane) -> Iterator[None]:
        lane.xero.hold("PUT /Payments", seconds=1)
        yield
        lane.while_it_goes_on(lane.xero.holds, "a call under way")
        lane.supervised = False
        lane.stage.valkey.kill()
        lane.kill("horse", "without Redis: horse")
        time.sleep(1)  # twenty seconds of life without Redis
        lane.stage.valkey.start()
        lane.supervised = True

    return Card("Redis away", befalls, plain=False)


def rung_many_times() -> Card:
    """The same job ten times, so that both workers are at it, and one of them dies."""

    def befalls(lane: Lane) -> Iterator[None]:
        lane.sentence("after_answer", "crash_both", 1)
        yield
        with lane.stage.valkey.connect() as client:
            queue = Queue("galleria_xero", connection=client, serializer=JSONSerializer)
            for _ in range(10):
                queue.enqueue(f"{TASKS}drain", args=(lane.stage.connection_id,), result_ttl=0)
        lane.until_struck("after_answer", "crash_both")

    return Card("ten jobs for one run", befalls)


def restored(place: str) -> Card:
    """The database is put back to what it was before the run sent anything; some of it, or all, is in Xero."""

    def befalls(lane: Lane) -> Iterator[None]:
        lane.stop_all()
        lane.press()
        put_back = lane.backup()
        lane.stage.valkey.flush()
        if place:
            lane.sentence(place, "crash", 1)
        lane.supervised = True
        yield
        if not place or not lane.until_struck(place, "crash"):
            lane.until(lane.all_done, "everything to be done before the restore")
        lane.stop_all("before the restore")
        put_back()
        _say_so(lane)
        lane.supervised = True

    return Card(f"restored from a backup after {place or 'the run'}", befalls, strikes=2, plain=False)


def _say_so(lane: Lane) -> None:
    """What the operating instructions ask for after a restore."""
    rows.command(lane.stage.app, "restored")
    lane.stage.allow_access()
