"""100,000 contacts, imported twice, and with a kill -9 in the middle. Takes minutes, so it is asked for by name:

    python3 tests -s tests/processes/measure_contacts.py
"""

from __future__ import annotations

from . import rows
from .importing import CONTACTS, EVERYBODY, forget_watermark, imported, nobody_twice, people
from .stage import Stage

MANY = 100_000
MOST_ABOVE_IDLE_MB = 100


def test_100_000_contacts_twice(unconnected: Stage):
    stage = unconnected
    stage.configure(LEASE=60)
    stage.connect(EVERYBODY)
    stage.xero.add_contacts(MANY)
    worker = stage.worker()

    first = imported(stage, worker, within=1200)
    print("\nfirst:", first)
    forget_watermark(stage)
    second = imported(stage, worker, within=1200)
    print("second:", second)
    third = imported(stage, worker, within=1200)
    print("what changed:", third)

    assert first.created == first.said == people(stage)
    assert second.created == third.created == 0
    assert max(figures.above_idle_mb for figures in (first, second, third)) <= MOST_ABOVE_IDLE_MB
    nobody_twice(stage, MANY)


def test_100_000_contacts_with_a_kill_in_the_middle(unconnected: Stage):
    stage = unconnected
    stage.configure(LEASE=60)
    stage.connect(EVERYBODY)
    stage.xero.add_contacts(MANY)
    run = stage.import_contacts()
    worker = stage.worker("first")
    stage.until(lambda: rows.count(stage.app, CONTACTS) > MANY // 2, "half of them", within=1200)
    worker.kill("both")
    print("\nkilled at", rows.count(stage.app, CONTACTS))
    stage.lease_ends()
    stage.worker("second")

    stage.until_done(run, within=1200)
    nobody_twice(stage, MANY)
