"""Whether the promises were kept: by Xero's log of effects and the gallery's own tables, and by what still waits."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

from sqlalchemy import text

from galleria_xero_plugin.demo.counting import differences
from galleria_xero_plugin.demo.models import db
from galleria_xero_plugin.simulator.core.seeds import NORTH_LIGHT

from . import rows
from .stage import Stage

NOT_DONE = "SELECT kind, label, state, reason_code, attempt FROM galleria_xero_export WHERE state <> 'done'"
RUNS = "SELECT state, step, error_code FROM galleria_xero_run ORDER BY created_at DESC LIMIT 3"
GATE = """SELECT status, status_reason, pause_reason, paused_until, export_lease_until
          FROM galleria_xero_connection"""


class Broken(Exception):
    """A promise was not kept; the text says which."""


def audit_round(stage: Stage, sold: Sequence[int], payments: int) -> None:
    """Since the log began: each of these invoices once, for every two a contact, for each so many payments; none
    twice, and nothing else. Nothing waits."""
    made: dict[str, list[str]] = {"Contacts": [], "Invoices": [], "Payments": []}
    for effect in stage.xero.control("/effects")["objects"]:
        if effect["action"] == "created" and effect["request"]:
            made[effect["kind"]].append(effect["number"])
    wanted = Counter(f"AG-{number}" for number in sold)
    if Counter(made["Invoices"]) != wanted:
        raise Broken(f"invoices created {sorted(made['Invoices'])}, sold {sorted(wanted)}\n{what_stands(stage)}")
    for kind, each in (("Contacts", 1 / 2), ("Payments", payments)):
        if not len(made[kind]) == len(set(made[kind])) == len(sold) * each:
            raise Broken(f"{kind} created {sorted(made[kind])} for {sorted(wanted)}\n{what_stands(stage)}")
    if rows.count(stage.app, "SELECT count(*) FROM galleria_xero_export WHERE state <> 'done'"):
        raise Broken(what_stands(stage))


def audit_books(stage: Stage) -> None:
    """All that was ever sold, to the cent."""
    found = differences(stage.gallery_side(), stage.xero.side(NORTH_LIGHT))
    if found or stage.xero.duplicates(NORTH_LIGHT):
        raise Broken(f"{stage.xero.duplicates(NORTH_LIGHT)} duplicates; {found[:20]}")


def what_stands(stage: Stage) -> str:
    """For whoever has to find out."""
    with stage.app.app_context(), db.engine.connect() as connection:
        waiting, runs, gate = (connection.execute(text(query)).all() for query in (NOT_DONE, RUNS, GATE))
    return f"not done: {waiting}\nruns: {runs}\nconnection: {gate} at {int(time.time() * 1000)}"
