"""Thousands of contacts come in once, in bounded memory, whatever is killed.

`measure_contacts.py` does the same with 100,000.
"""

from __future__ import annotations

from . import doomed, rows
from .importing import CONTACTS, EVERYBODY, LINKS, forget_watermark, imported, nobody_twice, people
from .stage import Stage

MANY = 5_000
MOST_ABOVE_IDLE_MB = 100
PAGES_LEASE = 60
"""Within a page of 1,000 contacts the claim is only renewed every 20 seconds."""


def test_contacts_are_imported_twice_and_the_second_time_nobody_is_new(unconnected: Stage):
    stage = unconnected
    stage.configure(LEASE=PAGES_LEASE)
    stage.connect(EVERYBODY)
    stage.xero.add_contacts(MANY)
    worker = stage.worker()

    first = imported(stage, worker, within=60)
    forget_watermark(stage)
    second = imported(stage, worker, within=60)

    assert first.created == first.said == people(stage) >= MANY
    assert (second.created, second.said) == (0, 0)
    assert MANY // 1_000 < min(first.calls, second.calls) <= max(first.calls, second.calls) < MANY // 1_000 + 6
    assert max(first.above_idle_mb, second.above_idle_mb) <= MOST_ABOVE_IDLE_MB
    nobody_twice(stage, MANY)


def test_the_import_is_killed_in_the_middle_and_begun_again(unconnected: Stage):
    stage = unconnected
    stage.configure(LEASE=PAGES_LEASE)
    stage.connect(EVERYBODY)
    stage.xero.add_contacts(3_000)
    run = stage.import_contacts()
    worker = stage.worker("first")
    stage.until(lambda: rows.count(stage.app, CONTACTS) > 1_200, "a part of them")
    worker.kill("both")
    assert rows.count(stage.app, CONTACTS) < 3_000
    stage.lease_ends()
    stage.worker("second")

    stage.until_done(run, within=60)
    nobody_twice(stage, 3_000)


def test_the_worker_dies_between_the_gallerys_commit_and_ours(unconnected: Stage):
    stage = unconnected
    sentence = stage.processes.folder / "sentence"
    sentence.write_text("150")
    stage.processes.environment(**{doomed.SENTENCE: str(sentence)})
    stage.configure(APP=doomed.APP)
    stage.connect(EVERYBODY)
    stage.xero.add_contacts(300)
    run = stage.import_contacts()
    stage.worker()
    stage.until(lambda: not sentence.exists(), "the death", sweeping=False)
    assert rows.count(stage.app, LINKS) == 150, "the gallery has them"
    assert rows.count(stage.app, "SELECT count(*) FROM galleria_xero_contact_link") == 0, "we know of none"

    stage.until_done(run)
    nobody_twice(stage, 300)
    assert rows.count(stage.app, "SELECT count(*) FROM galleria_xero_contact_link") == rows.count(stage.app, LINKS)
