"""What the tests of the contact import count, and its memory."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from galleria_xero_plugin.demo.memory import HorseWatch
from galleria_xero_plugin.demo.models import db
from galleria_xero_plugin.domain.settings import Settings

from . import rows
from .stage import Stage, Worker

EVERYBODY = Settings(import_contacts=True, import_suppliers=True)
CONTACTS = "SELECT count(*) FROM contact WHERE email LIKE 'contact%@example.com'"
LINKS = "SELECT count(*) FROM xero_link"
TWICE = "SELECT count(*) FROM (SELECT email FROM contact WHERE email <> '' GROUP BY email HAVING count(*) > 1) twice"
LINKED_TWICE = "SELECT count(*) FROM (SELECT 1 FROM xero_link GROUP BY contact_id HAVING count(*) > 1) twice"


@dataclass(frozen=True)
class Figures:
    """What one import took and brought. `created` is counted in the gallery, `said` is what the run told."""

    seconds: float
    calls: int
    created: int
    said: int
    above_idle_mb: float


def imported(stage: Stage, worker: Worker, *, within: float) -> Figures:
    """Import, from the click to the end, by a worker that is there and idle."""
    stage.until(lambda: stage.valkey.connect().scard("rq:workers"), "the worker")
    contacts, calls, idle = people(stage), len(stage.xero.requests()), resident_mb(worker.pid)
    with HorseWatch(worker.pid) as memory:
        began = time.monotonic()
        run = stage.import_contacts()
        done = stage.until_done(run, within=within)
        seconds = time.monotonic() - began
    return Figures(
        seconds=round(seconds, 1), calls=len(stage.xero.requests()) - calls, created=people(stage) - contacts,
        said=done.counts.get("created", 0), above_idle_mb=round(max(0, (memory.peak_mb or 0) - idle), 1),
    )  # fmt: skip


def people(stage: Stage) -> int:
    """All contacts in the gallery's own table."""
    return rows.count(stage.app, "SELECT count(*) FROM contact")


def nobody_twice(stage: Stage, contacts: int) -> None:
    assert rows.count(stage.app, CONTACTS) == contacts
    assert rows.count(stage.app, TWICE) == 0
    assert rows.count(stage.app, LINKED_TWICE) == 0


def forget_watermark(stage: Stage) -> None:
    """The next import reads everything again, not only what changed."""
    with stage.app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE galleria_xero_webservice SET contacts_watermark = NULL"))


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024
