"""`python3 tests --chaos 10000 [--seed S]`: many universes on both processors, or the story of one.

`--chaos-variants [UNIVERSES]` runs engines with one rule switched off until the audit catches each of them.
"""

from __future__ import annotations

import argparse
import sys

from . import many, variants



def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 tests", description=__doc__.splitlines()[0])
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument("--chaos", type=int, metavar="N", help="so many universes")
    asked.add_argument("--chaos-variants", type=int, nargs="?", const=3000, metavar="N", help="at most N for each")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="the first one (default: 1)")
    parser.add_argument("--processes", type=int, default=2, metavar="P")
    given = parser.parse_args()
    if given.chaos_variants is not None:
        return _variants(given.chaos_variants, given.seed, given.processes)
    return _universes(given.chaos, given.seed, given.processes)


def _universes(count: int, seed: int, processes: int) -> int:
    bad = []
    found = many.Sum()
    for outcome in many.run(range(seed, seed + count), processes):
        found.add(outcome)
        if outcome.findings:
            bad.append(outcome)
            print(f"\nseed {outcome.seed}: " + "; ".join(map(str, outcome.findings)), flush=True)
        if line := found.progress(count):
            print(f"\r{line}" if sys.stdout.isatty() else line, end="" if sys.stdout.isatty() else "\n", flush=True)
    print()
    if count == 1 or bad:
        outcome = bad[0] if bad else found.last
        print("\n".join(outcome.story))
        print(f"Again: python3 tests --chaos 1 --seed {outcome.seed}")
    print(found.report(seed))
    return 1 if bad else 0


def _variants(most: int, seed: int, processes: int) -> int:
    missed = 0
    for variant in variants.VARIANTS:
        caught = None
        for outcome in many.run(range(seed, seed + most), processes, variant.name):
            if outcome.findings:
                caught = outcome
                break
        missed += caught is None
        told = f"seed {caught.seed}: {caught.findings[0]}" if caught else f"not within {most} universes"
        print(f"{variant.name:<28} {told}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
