"""Calls in odd situations: Xero in trouble, permission in doubt, limits."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunState, RunTrigger
from galleria_xero_plugin.errors import AccessLost, AuthUnavailable, Unknown
from galleria_xero_plugin.ports.records import ConnectionStatus
from galleria_xero_plugin.ports.xero import Quota
from galleria_xero_plugin.services.calls import Calls
from galleria_xero_plugin.services.tokens import Tokens
from galleria_xero_plugin.simulator.core.seeds import NORTH_LIGHT
from galleria_xero_plugin.testing import factories

from .office import OFFLINE_PAUSE, Office
from .test_clean_run import DAY, created
from .test_review import elements
from .test_review_runs import connection, sell, writes
from .test_unclear_answers import fault, settle


def through(office: Office, **limits) -> None:
    """Calls as the site makes them: with limits of its own."""

    def calls() -> Calls:
        tokens = Tokens(office.units, office.auth(), office.time, notify_reconnect=lambda connection: None)
        values = {"per_minute": 0, "day_reserve": 0, "offline_pause": OFFLINE_PAUSE, "lost": office._lost} | limits
        return Calls(office.units, office.api, tokens, office.time, **values)

    office.calls = calls


# -- Xero in trouble


@pytest.mark.parametrize("kind", ["503", "500_before"])
def test_while_xero_is_in_trouble_one_batch_in_five_minutes_is_tried(office: Office, kind: str):
    sell(office, 200)
    fault(office, kind, count=10_000)
    office.press_sync()
    for _ in range(60):
        office.ring()
        office.time.pass_by(seconds=10)
    assert writes(office, "/Invoices") <= 3

    office.simulator.world.faults.clear()
    for _ in range(60):
        office.time.pass_by(minutes=1)
        office.ring()
    assert created(office, "Invoice") == 200


@pytest.mark.parametrize("whole_request_refused", [True, False])
def test_one_document_that_spoils_every_request_is_isolated_and_the_run_ends(
    office: Office, whole_request_refused: bool
):
    sell(office, 12)
    status = 400 if whole_request_refused else 500

    def poisoned(request) -> None:
        if request.is_write and b'"AG-7"' in (request.body or b""):
            raise Unknown(detail="An error occurred", status=status, whole_request_refused=whole_request_refused)

    office.api.before = poisoned
    run = office.sync()
    for _ in range(100):
        office.time.pass_by(minutes=2)
        office.ring()

    assert created(office, "Invoice") == 11
    row = office.document(DocumentKind.INVOICE, "inv-7")
    assert (row.state, row.reason_code) == (DocumentState.CONFLICT, "xero_refused")
    assert office.run(run.id).state is RunState.FINISHED
    if whole_request_refused:
        assert row.reason_facts["xero"] == "An error occurred"


def test_a_document_that_no_answer_ever_mentions_is_left_to_a_person(office: Office):
    sell(office, 1)
    elements(office, "/Invoices", [], times=10_000)
    run = office.sync()
    for _ in range(120):
        office.time.pass_by(minutes=1)
        office.ring()

    assert office.document(DocumentKind.INVOICE, "inv-1").state is DocumentState.CONFLICT
    assert office.run(run.id).state is RunState.FINISHED


# -- permission and limits


def test_a_refused_token_is_renewed_and_the_batch_goes_at_once(office: Office):
    sell(office, 1)
    fault(office, "status", status=401)

    run = office.sync()

    assert run.state is RunState.FINISHED
    assert created(office, "Invoice") == 1


def test_a_token_refused_twice_needs_a_person(office: Office):
    sell(office, 1)
    fault(office, "status", status=401, count=99)

    run = office.sync()

    assert connection(office).status is ConnectionStatus.NEEDS_REAUTH
    assert (run.state, run.error_code) == (RunState.FAILED, "needs_reauth")
    assert writes(office, "/Invoices") == 2


def test_a_403_that_nobody_can_explain_right_now_costs_only_a_pause(office: Office):
    def nobody_says(connection_id: str) -> bool:
        raise AuthUnavailable("no answer")

    through(office, lost=nobody_says)
    sell(office, 1)

    def refused(request) -> None:
        if request.is_write and request.path == "/Invoices":
            office.api.before = lambda request: None
            raise AccessLost("no", status=403)

    office.api.before = refused
    run = office.sync()
    assert connection(office).status is ConnectionStatus.ACTIVE
    office.time.pass_by(minutes=6)
    office.ring()

    assert office.run(run.id).state is RunState.FINISHED
    assert created(office, "Invoice") == 1


def test_the_reserve_of_the_day_is_for_people_and_ends_with_the_day(office: Office):
    through(office, day_reserve=100)
    with office.units.write() as uow:
        uow.connections.note_calls(office.connection.id, [], Quota(day_remaining=80))
        uow.commit()
    sell(office, 1)
    office.time.pass_by(minutes=20)

    scheduled = office.press_sync(RunTrigger.SCHEDULE)
    office.work()
    assert connection(office).pause_reason == "reserve"
    assert created(office, "Invoice") == 0

    office.time.pass_by(hours=2)  # a new day at Xero, which only a call can tell
    office.ring()
    assert office.run(scheduled.id).state is RunState.FINISHED
    assert created(office, "Invoice") == 1


def test_a_person_may_use_the_reserve_at_once(office: Office):
    through(office, day_reserve=100)
    with office.units.write() as uow:
        uow.connections.note_calls(office.connection.id, [], Quota(day_remaining=80))
        uow.connections.pause(office.connection.id, uow.now() + dt.timedelta(minutes=50), "reserve")
        uow.commit()
    sell(office, 1)

    assert office.sync().state is RunState.FINISHED
    assert created(office, "Invoice") == 1


def test_more_contacts_than_a_minute_has_calls_are_read_after_all(office: Office):
    through(office, per_minute=3)
    table = office.simulator.world.organisations[NORTH_LIGHT].table("Contacts")
    model = next(iter(table.rows.values()))
    for number in range(6_000):
        key = f"00000000-0000-4000-8000-{number:012}"
        at = office.time.now() - dt.timedelta(days=9) + dt.timedelta(minutes=number / 10)
        table.put({**model, "ContactID": key, "Name": f"Client {number}", "ContactNumber": "", "UpdatedDateUTC": at})
    sell(office, 1)
    run = office.press_sync()
    office.work()
    for _ in range(10):
        office.time.pass_by(seconds=61)
        office.ring()

    assert office.run(run.id).state is RunState.FINISHED
    assert created(office, "Invoice") == 1


def test_all_contacts_are_read_once_however_often_a_run_looks(office: Office):
    one = factories.make_contact("c-61", "Ida", "Renn", email="ida@one.example")
    for local_id in ("c-61", "c-62"):
        office.sell(date=DAY, contact=replace(one, id=local_id))
    fault(office, "truncate", "/Contacts")
    asked: list[object] = []
    office.api.before = lambda request: asked.append(request.modified_since) if request.path == "/Contacts" else None

    office.sync()
    settle(office)

    reads = [since for since in asked if since is None]
    assert len(reads) - writes(office, "/Contacts") == 1, "everything only the first time"
