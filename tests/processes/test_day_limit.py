"""The calls of a day are used up: twenty hours of silence for one organisation, and for nobody else."""

from __future__ import annotations

import datetime as dt
import time
from zoneinfo import ZoneInfo

from rq import Queue
from rq.serializers import JSONSerializer

from galleria_xero_plugin.domain.settings import Settings
from galleria_xero_plugin.domain.states import RunTrigger
from galleria_xero_plugin.jobs.queue import TASKS
from galleria_xero_plugin.ports.xero import Secret, TokenSet, XeroTenant
from galleria_xero_plugin.proxies import state
from galleria_xero_plugin.simulator.core.seeds import HARBOUR, NORTH_LIGHT

from . import rows
from .stage import OWNER, Stage

TWENTY_HOURS = 73_451
PAUSED_UNTIL = "SELECT paused_until FROM galleria_xero_connection WHERE gallery_id = '1'"


def calls(stage: Stage, tenant: str) -> list[dict]:
    return [request for request in stage.xero.requests() if request["tenant"] == tenant]


def paused_until(stage: Stage) -> int:
    """Milliseconds since 1970; 0 when it is not paused."""
    return rows.count(stage.app, f"SELECT coalesce(({PAUSED_UNTIL}), 0)")


def import_elsewhere(stage: Stage) -> str:
    """Another gallery of the site, connected to another organisation, asks for its contacts; the run."""
    gallery_id = rows.second_gallery(stage.app)
    granted = stage.xero.control("/connect", {"tenants": [HARBOUR]})
    tokens = TokenSet(Secret(granted["access_token"]), Secret(granted["refresh_token"]), 1_800)
    with stage.app.app_context():
        with state().units.write() as uow:
            webservice = uow.webservices.add(gallery_id, Settings(import_contacts=True, import_suppliers=True), OWNER)
            tenant = XeroTenant("c-2", HARBOUR, "ORGANISATION", "Harbour Street Prints")
            uow.connections.connect(gallery_id, webservice.id, tenant, tokens)
            uow.commit()
        return state().services.runs.start_contacts(gallery_id, webservice.id, OWNER, RunTrigger.PERSON).id


def finished(stage: Stage, run: str) -> bool:
    return bool(rows.count(stage.app, "SELECT count(*) FROM galleria_xero_run WHERE id = :run AND state = 'finished'",
                           run=run))  # fmt: skip


def test_the_day_limit_silences_one_organisation_until_its_day_is_over(stage: Stage):
    stage.sell(3)
    stage.xero.fault("429", "PUT /Invoices", problem="day", retry_after=str(TWENTY_HOURS))
    run = stage.press_sync()
    worker = stage.worker()
    stage.until(lambda: paused_until(stage), "the pause")
    until, asked = paused_until(stage), len(calls(stage, NORTH_LIGHT))
    assert TWENTY_HOURS - 60 < until / 1000 - time.time() < TWENTY_HOURS + 60

    # The page says until when, in the gallery's time
    local = dt.datetime.fromtimestamp(until / 1000, ZoneInfo("Europe/London"))
    page = stage.page(f"/runs/{run}")
    assert "continues by itself" in page and f"{local:%H:%M}" in page

    # The worker is free for others, however often somebody rings for the first
    elsewhere = import_elsewhere(stage)
    with stage.valkey.connect() as client:
        queue = Queue("galleria_xero", connection=client, serializer=JSONSerializer)
        for _ in range(10):
            queue.enqueue(f"{TASKS}drain", args=(stage.connection_id,), result_ttl=0)
    stage.until(lambda: finished(stage, elsewhere), "the other gallery's import")
    stage.until(lambda: worker.alive() and not worker.horses(), "a worker that is free")
    assert calls(stage, HARBOUR)
    assert len(calls(stage, NORTH_LIGHT)) == asked
    assert stage.run(run).finished_at is None

    # All but two of the seconds pass; nobody asks before their end, and then it goes on by itself
    rows.execute(stage.app, f"UPDATE galleria_xero_connection SET paused_until = {int((time.time() + 2) * 1000)} "
                            "WHERE gallery_id = '1'")  # fmt: skip
    until = paused_until(stage)
    stage.until_done(run)
    first = dt.datetime.fromisoformat(calls(stage, NORTH_LIGHT)[asked]["time"])
    assert first.timestamp() * 1000 >= until
    stage.agrees()
