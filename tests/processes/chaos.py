"""`python3 tests --chaos-processes 500 [--seed S] [--lanes L]`: kill -9 by the hundred, and what came of it.

Real workers, two to a gallery; Valkey, SQLite and PostgreSQL in turn, the simulated Xero. Every gallery ("lane") plays
its cards one after the other: sell, let something befall, wait until all is well, audit by Xero's log of effects and
the gallery. Ends with 1 when a promise was not kept. The same seed deals the same cards.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import random
import signal
import statistics
import sys
import threading
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from typing import TextIO

from tests.helpers import network
from tests.helpers.servers import Postgres, postgres

from .audit import Broken, audit_books
from .cards import Card, deck
from .lane import LIFE, LONGEST, SCALE, Lane, lane

PROMISED = 5 * 60
"""Seconds of life for p95 where the effect exists in Xero or nothing was written ahead."""
AT_MOST = LIFE["LEASE"] * SCALE + 8 * 60
"""Where something was written ahead that never arrived."""


Recovery = tuple[float, str]
"""Seconds of life from the last kill of a round until all was done, and the card."""


@dataclass
class Tally:
    """What all lanes have come to; one lock for all of it."""

    wanted: int
    rounds: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    cards: Counter[str] = field(default_factory=Counter)
    documents: Counter[str] = field(default_factory=Counter)
    found: list[Recovery] = field(default_factory=list)
    unsent: list[Recovery] = field(default_factory=list)
    late: list[Recovery] = field(default_factory=list)
    others: list[Recovery] = field(default_factory=list)
    loads: list[float] = field(default_factory=list)
    missed: int = 0
    pressed_again: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    interrupted: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def group(self, table: Lane, card: Card) -> list[Recovery]:
        """Where the way back from this card counts."""
        if not card.plain:
            return self.others
        if table.resent():
            return self.late
        return self.found if table.found() else self.unsent

    @property
    def over(self) -> bool:
        return bool(self.broken) or self.kills.total() >= self.wanted


def main(arguments: list[str] | None = None) -> int:
    """0 when every promise was kept."""
    asked, out = _arguments(arguments), sys.stdout  # commands in the lanes borrow it meanwhile
    network.close_network()
    logging.getLogger("galleria_xero").setLevel(logging.ERROR)  # that nobody rings without Redis is no news here
    seed = random.SystemRandom().randrange(2**31) if asked.seed is None else asked.seed
    print(f"{asked.kills} kills in {asked.lanes} galleries, seed {seed}; time runs {SCALE} times faster, "
          f"with {LIFE}", file=out, flush=True)  # fmt: skip
    tally, began = Tally(asked.kills), time.monotonic()
    with postgres() as server:
        threads = [
            threading.Thread(target=_play, args=(number, seed, server if number % 2 else None, tally), daemon=True)
            for number in range(asked.lanes)
        ]
        for thread in threads:
            thread.start()
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with contextlib.suppress(KeyboardInterrupt):
            _wait(threads, tally, began, out)
        tally.interrupted.set()
        for thread in threads:
            thread.join()
    return report(tally, time.monotonic() - began, seed)


def _wait(threads: list[threading.Thread], tally: Tally, began: float, out: TextIO) -> None:
    said = began
    tally.loads.append(os.getloadavg()[0])
    while any(thread.is_alive() for thread in threads):
        time.sleep(1)
        if time.monotonic() - said > 60:
            said = time.monotonic()
            tally.loads.append(os.getloadavg()[0])
            print(f"{(said - began) / 60:5.1f} min: {tally.kills.total()} kills, {tally.rounds} rounds, "
                  f"load {tally.loads[-1]:.1f}", file=out, flush=True)  # fmt: skip


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 tests", description=__doc__)
    parser.add_argument("--chaos-processes", dest="kills", type=int, default=500, metavar="N")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--lanes", type=int, default=2 * (os.cpu_count() or 1),
                        help="galleries at once; most of it is waiting")  # fmt: skip
    return parser.parse_args(arguments)


def _play(number: int, seed: int, server: Postgres | None, tally: Tally) -> None:
    chance, playing = random.Random(f"{seed}:{number}"), "the beginning"
    where = f"lane {number} ({'PostgreSQL' if server else 'SQLite'})"
    try:
        with contextlib.ExitStack() as stack:
            table = stack.enter_context(lane(server, tally.interrupted))
            while not tally.over:
                for card in deck(chance):
                    playing = card.name
                    recovered = table.play(card.befalls)
                    _note(tally, table, card, recovered)
                    if tally.over:
                        break
            playing = "the comparison of both books"
            audit_books(table.stage)
    except Exception as problem:
        if tally.interrupted.is_set():
            return
        told = str(problem) if isinstance(problem, Broken) else traceback.format_exc()
        with tally.lock:
            tally.broken.append(f"{where}, seed {seed}: {playing}\n{told}")


def _note(tally: Tally, table: Lane, card: Card, recovered: float) -> None:
    with tally.lock:
        tally.rounds += 1
        tally.cards[card.kind] += 1
        tally.kills.update(what for what, _ in table.kills)
        tally.missed += max(0, card.strikes - len(table.kills))
        tally.documents.update(Invoices=len(table.sold), Payments=3 * len(table.sold))
        if table.pressed_again:
            tally.pressed_again[card.name] += table.pressed_again
            table.pressed_again = 0
        if table.kills:
            tally.group(table, card).append((recovered * SCALE, card.name))
        if recovered > LONGEST:
            tally.broken.append(f"recovered after {_life(recovered * SCALE)}: {card.name}")


def report(tally: Tally, seconds: float, seed: int) -> int:
    """Print what there is to say; 0 when every promise was kept."""
    print(f"\n{tally.kills.total()} kills in {tally.rounds} rounds, {seconds / 60:.1f} min, seed {seed}")
    for what, times in sorted(tally.kills.items()):
        print(f"  {times:4} {what}")
    print(f"{tally.documents['Invoices']} invoices, {tally.documents['Payments']} payments; "
          f"{tally.missed} strikes nobody came by")  # fmt: skip
    for name, times in tally.pressed_again.items():
        print(f"  pressed again {times} times after: {name}")
    print("What befell them:")
    for what, times in sorted(tally.cards.items()):
        print(f"  {times:4} {what}")
    print(f"Recovered, in minutes of life ({SCALE} of them in one; load of the machine "
          f"{statistics.mean(tally.loads):.1f}, at most {max(tally.loads):.1f}, {os.cpu_count()} processors):")  # fmt: skip
    for what, found in (
        ("it stood in Xero and was found there", tally.found),
        ("nothing had been sent", tally.unsent),
        ("written ahead and never arrived", tally.late),
        ("Redis, the line or the database gone as well", tally.others),
    ):
        print(f"  {what}: {_quantiles(found)}")
        for longest, name in sorted(found, reverse=True)[:3]:
            print(f"    {_life(longest)} {name}")
    faults = list(tally.broken)
    if tally.kills.total() < tally.wanted:
        faults.append(f"ended after {tally.kills.total()} of {tally.wanted} kills")
    soon = tally.found + tally.unsent
    if soon and _quantile(soon, 0.95) > PROMISED:
        faults.append(f"p95 is above {_life(PROMISED)}")
    if tally.late and max(tally.late)[0] > AT_MOST:
        faults.append(f"the longest way back is above {_life(AT_MOST)}")
    for fault in faults:
        print(f"\nBROKEN: {fault}")
    if not faults:
        print("0 duplicates, 0 losses, 0 stuck.")
    return bool(faults)


def _quantiles(times: list[Recovery]) -> str:
    if not times:
        return "none"
    shown = (f"p{int(share * 100)} {_life(_quantile(times, share))}" for share in (0.5, 0.95))
    return f"{len(times)} times, {', '.join(shown)}, max {_life(max(times)[0])}"


def _quantile(times: list[Recovery], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(share * len(times)))][0]


def _life(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


if __name__ == "__main__":
    sys.exit(main())
