"""Somebody disconnects the organisation in Xero while a run is going, and connects it again."""

from __future__ import annotations

from galleria_xero_plugin.demo.browser import Browser, Page
from galleria_xero_plugin.demo.smoke import answers, connect, follow, run_address, webservices

from . import rows
from .stage import Stage

ORGANISATION = "North Light Gallery"
LOST = f"{ORGANISATION} was disconnected in Xero"
OPEN_RUNS = "SELECT count(*) FROM galleria_xero_run WHERE finished_at IS NULL"


def test_a_disconnection_in_mid_run_is_noticed_and_the_gap_catches_up_after_reconnect(unconnected: Stage):
    stage = unconnected
    stage.sell(120)
    site, owner = stage.web(), Browser()
    stage.worker()
    edit = connect(owner, site, "nora@northlight.example", ORGANISATION)
    stage.xero.hold("PUT /Invoices", seconds=2, skip=1)
    page = owner.press(edit, "Update Webservice", answers(edit))
    run = run_address(owner, page, site).rpartition("/")[2]

    stage.until_held()
    stage.xero.disconnect()
    stage.until(lambda: stage.run(run).finished_at, "the end of the run")

    assert (stage.run(run).state, stage.run(run).error_code) == ("failed", "disconnected")
    assert stage.xero.created()["Invoices"] == 100
    asked = len(stage.xero.requests())
    stage.sell(1)
    stage.until(lambda: LOST in subjects(stage), "the mail")
    assert "Reconnect" in webservices(owner, site).text
    assert len(stage.xero.requests()) == asked, "nobody asks Xero while there is no permission"

    reconnect(owner, site)
    stage.until(lambda: stage.xero.created()["Payments"] == 242, "the gap is caught up", within=60)
    stage.until(lambda: not rows.count(stage.app, OPEN_RUNS), "the end of the run")
    stage.agrees()
    assert subjects(stage).count(LOST) == 1


def subjects(stage: Stage) -> list[str]:
    return [subject for subject, _ in rows.letters(stage.app)]


def reconnect(owner: Browser, site: str) -> Page:
    page = follow(owner, webservices(owner, site), "Reconnect")
    page = owner.press(page, "Allow access")
    return owner.press(page, "Allow access", {"organisation": ORGANISATION})
