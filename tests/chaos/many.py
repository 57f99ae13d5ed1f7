"""Many universes, in several processes, and what they add up to."""

from __future__ import annotations

import contextlib
import gc
import logging
import multiprocessing
import resource
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from . import variants
from .universe import Outcome, live

PORTION = 8
"""Universes that a process takes at a time."""
TELL_EVERY = 5.0
"""Seconds between two lines about how far it has come."""


def run(seeds: range, processes: int, variant: str = "") -> Iterator[Outcome]:
    """The outcomes, in the order in which they are ready."""
    portions = [(seeds[start : start + PORTION], variant) for start in range(0, len(seeds), PORTION)]
    if processes < 2 or len(portions) == 1:
        for portion in portions:
            yield from _portion(portion)
        return
    with multiprocessing.get_context("spawn").Pool(processes, gc.freeze) as pool:
        for outcomes in pool.imap_unordered(_portion, portions):
            yield from outcomes
        pool.close()
        pool.join()  # only of processes that have ended it is known what they used


def _portion(portion: tuple[range, str]) -> list[Outcome]:
    seeds, name = portion
    outcomes = []
    with variants.switched_off(name), _undisturbed():
        for seed in seeds:
            outcome = live(seed)
            keep = outcome.findings or len(seeds) == 1
            outcomes.append(outcome if keep else replace(outcome, story=()))
    return outcomes


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """No log, because the story tells it, and no garbage collection before the end of a portion."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect()
        logging.disable(before)


class Sum:
    """What many outcomes add up to."""

    def __init__(self) -> None:
        self.universes = self.bad = 0
        self.happened: Counter[str] = Counter()
        self.findings: Counter[str] = Counter()
        self._began, self._told = time.monotonic(), 0.0
        self.last: Outcome

    def add(self, outcome: Outcome) -> None:
        self.universes += 1
        self.bad += bool(outcome.findings)
        self.happened += outcome.happened
        self.findings += Counter(finding.kind for finding in outcome.findings)
        self.last = outcome

    def progress(self, of: int) -> str:
        """How far it has come; "" when that was told a moment ago."""
        seconds = time.monotonic() - self._began
        if seconds < self._told + TELL_EVERY and self.universes < of:
            return ""
        self._told = seconds
        left = seconds / self.universes * (of - self.universes)
        return f"{self.universes} of {of} universes, {self.bad} bad, {seconds:.0f} s, {left:.0f} s to go   "

    def report(self, seed: int) -> str:
        """The whole account."""
        seconds = time.monotonic() - self._began
        spent = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        verdict = ", ".join(
            f"{self.findings[kind]} {word}" for kind, word in (
                ("duplicate", "duplicates"), ("loss", "losses"), ("stuck", "stuck without a reason"),
                ("wrong", "wrong"), ("overwritten", "overwritten"), ("error", "errors"),
            )
        )  # fmt: skip
        lines = [
            f"{self.universes} universes (seeds {seed} to {seed + self.universes - 1}) in {seconds:.0f} s: {verdict}.",
            f"{spent / self.universes:.2f} s of processor time for each, starting up included.",
        ]
        for title, names in _GROUPS.items():
            known = [(name, self.happened.pop(name)) for name in names if self.happened[name]]
            lines.append(f"{title}: " + ", ".join(f"{count} {name}" for name, count in known))
        for title, start in (("Faults", "fault: "), ("Waiting for a person", "waits: ")):
            lines.append(f"{title}: {self._taken(start)}")
        lines.append(f"People: {self._taken('')}")
        return "\n".join(lines)

    def _taken(self, start: str) -> str:
        taken = [(name, count) for name, count in self.happened.most_common() if name.startswith(start)]
        for name, _ in taken:
            del self.happened[name]
        return ", ".join(f"{count} {name.removeprefix(start)}" for name, count in taken)


_GROUPS = {
    "Documents": (
        "documents", "contact done", "invoice done", "payment done", "adopted", "sent more than once",
        "invoice skipped", "payment skipped", "invoice blocked", "payment blocked", "invoice conflict",
        "payment conflict", "invoice_update conflict", "invoice_void conflict", "payment_delete conflict",
    ),
    "Workers": ("jobs", "crashes", "freezes", "time-outs", "lost commits", "lost rings", "doubled rings", "virtual minutes"),
    "Xero": ("requests", "faults"),
}  # fmt: skip
