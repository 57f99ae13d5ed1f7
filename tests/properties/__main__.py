"""`python3 tests --books 20000 [--seed 1]`: that many generated sales through the real export, in two processes, and what happens to them afterwards.

Prints how many agree to the cent, how many wait and why, and everything that must not be; its exit code is 1 when
there is any. A year of a gallery is 500 sales; its seed is printed with what was wrong in it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from .audit import Report
from .year import Year

SALES = 500
PROCESSES = 2


def a_year(seed: int, count: int) -> Report:
    """One gallery's year, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, Year(Path(folder)) as year:
        report = year.exported(seed, count)
    report.wrong = [f"seed {seed}: {fault}" for fault in report.wrong]
    return report


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 tests", allow_abbrev=False)
    parser.add_argument("--books", type=int, metavar="N", required=True, help="how many sales")
    parser.add_argument("--seed", type=int, default=1, help="the first year's seed")
    chosen = parser.parse_args()
    counts = [SALES] * (chosen.books // SALES) + [chosen.books % SALES] * bool(chosen.books % SALES)
    seeds = range(chosen.seed, chosen.seed + len(counts))
    started, whole = time.monotonic(), Report()
    with ProcessPoolExecutor(PROCESSES) as pool:
        for seed, report in zip(seeds, pool.map(a_year, seeds, counts), strict=True):
            whole.add(report)
            print(f"seed {seed}: {report.agreed} of {report.sales} agree, {len(report.wrong)} wrong", flush=True)
    tell(whole, seeds, time.monotonic() - started)
    return 1 if whole.wrong else 0


def tell(report: Report, seeds: range, seconds: float) -> None:
    """The whole, for a reader."""
    sound = report.sales - report.flawed
    print(f"\n{report.sales} sales (seeds {seeds[0]}-{seeds[-1]}) in {seconds:.0f} s")
    print(f"  {report.agreed} agree on total, tax, paid and due, {report.rounded} of them with a rounding line")
    print(f"  {report.waiting_sales} of {sound} sound sales wait ({100 * report.waiting_sales / max(sound, 1):.2f} %)")
    for reason, count in report.waiting.most_common():
        print(f"      {reason}: {count}")
    print(f"  {report.flawed} have something wrong with them, and wait or are sent in part:")
    for reason, count in report.refused.most_common():
        print(f"      {reason}: {count}")
    print(f"  {sum(report.outcomes.values())} changes afterwards:")
    for (what, outcome), count in sorted(report.outcomes.items()):
        print(f"      {what}: {outcome}: {count}")
    print(f"  {len(report.wrong)} disagree or stand still without a reason")
    for fault in report.wrong[:50]:
        print(f"      {fault}")


if __name__ == "__main__":
    sys.exit(main())
