"""Garbage from Xero, and no Xero at all: a clear message, nothing lost, nothing twice, and on it goes afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from . import rows
from .importing import EVERYBODY, nobody_twice
from .stage import Stage
from .twisted import Line, line_to
from .xero import API

GOES_ON = "continues by itself at"
GARBAGE = [b"", b"null", b"[]", b'"Invoices"', b'{"Contacts": null}', b'{"Contacts": [1, 2]}', b"\xff\xfe", b"[" * 9000]


@pytest.fixture
def line(unconnected: Stage) -> Iterator[Line]:
    """The site's way to Xero's accounting; signing in goes another way."""
    with line_to(unconnected.xero.url) as line:
        unconnected.configure(API_URL=f"{line.url}{API}")
        yield line


def test_garbage_in_the_middle_of_an_export(stage: Stage):
    stage.sell(6)
    stage.xero.fault("html", "GET /Contacts")
    stage.xero.fault("truncate", "PUT /Contacts")
    stage.xero.fault("html", "PUT /Invoices")
    stage.xero.fault("truncate", "GET /Invoices", skip=1)
    stage.xero.fault("truncate", "PUT /Payments")
    run = stage.press_sync()
    stage.worker()

    for _ in range(2):  # the two reads: after a read that failed Xero is left alone for some minutes
        stage.until(lambda: paused(stage), "a pause")
        assert GOES_ON in stage.page(f"/runs/{run}")
        assert stage.pause_ends() == "offline"
    stage.until_done(run)
    assert stage.xero.control("/faults")["waiting"] == []
    stage.agrees()
    assert_calm(stage)


def test_garbage_in_the_middle_of_an_import(unconnected: Stage, line: Line):
    stage = unconnected
    stage.connect(EVERYBODY)
    stage.xero.add_contacts(40)
    garbage = iter(GARBAGE)
    line.twist = lambda what, body: next(garbage, body) if what == f"GET {API}/Contacts" else body
    run = stage.import_contacts()
    stage.worker()

    for _ in GARBAGE:
        stage.until(lambda: paused(stage), "a pause")
        assert stage.pause_ends() == "offline"
    stage.until_done(run)
    nobody_twice(stage, 40)
    assert_calm(stage)


def test_values_nobody_has_heard_of_hold_what_they_concern_and_nothing_else(unconnected: Stage, line: Line):
    stage = unconnected
    stage.connect(replace(EVERYBODY, copy_existing=True))
    stage.sell(3)
    stage.xero.add_contacts(2)
    line.twist = new_in_xero
    worker = stage.worker()
    stage.until_done(stage.import_contacts())
    nobody_twice(stage, 2)
    stage.until_done(stage.press_sync())

    assert worker.alive()
    made = stage.xero.created()
    assert (made["Contacts"], made["Invoices"], made["Payments"]) == (2, 3, 0)
    line.twist = lambda what, body: body
    stage.until_done(stage.press_sync())
    stage.agrees()
    assert_calm(stage)


def new_in_xero(what: str, body: bytes) -> bytes:
    """Statuses, kinds and members that Xero may invent next month. Payments look at their invoices first."""
    body = re.sub(rb'"AddressType":\s*"POBOX"', b'"AddressType": "MOON"', body)
    if what == f"GET {API}/Invoices":
        body = re.sub(rb'"Status":\s*"AUTHORISED"', b'"Status": "TELEPORTED"', body)
    return re.sub(rb'^\{', b'{"Novelty": {"Deep": [1, {"er": null}]},', body)


def test_xero_is_down_when_a_run_begins_and_once_more_while_it_is_going(unconnected: Stage, line: Line):
    stage = unconnected
    stage.connect()
    stage.sell(60)
    line.cut()
    run = stage.press_sync()
    stage.worker()
    stage.until(lambda: paused(stage), "a pause")
    assert GOES_ON in stage.page(f"/runs/{run}")
    assert stage.xero.created() == {}

    line.mend()
    stage.pause_ends()
    stage.xero.hold("PUT /Invoices", seconds=1)
    stage.until_held()
    line.cut()
    stage.until(lambda: paused(stage), "another pause")
    line.mend()
    stage.pause_ends()
    stage.until_done(run)
    stage.agrees()
    assert_calm(stage)


def paused(stage: Stage) -> bool:
    return bool(rows.count(stage.app, "SELECT count(*) FROM galleria_xero_connection WHERE paused_until > 1"))


def assert_calm(stage: Stage) -> None:
    """All of it was foreseen: no job ended in a stack trace."""
    assert [log.name for log in stage.logs() if "Traceback" in log.read_text()] == []
