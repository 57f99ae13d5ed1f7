"""Runs and calls in odd situations: every run ends, nobody is asked more than needed, and whoever was overtaken
concludes nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from galleria_xero_plugin.domain.accounting import Element
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunState, RunTrigger
from galleria_xero_plugin.errors import AccessLost, AuthUnavailable, Busy, Unknown
from galleria_xero_plugin.ports.records import ConnectionStatus
from galleria_xero_plugin.ports.xero import Quota
from galleria_xero_plugin.services.calls import Calls
from galleria_xero_plugin.services.export import sending
from galleria_xero_plugin.services.tokens import Tokens
from galleria_xero_plugin.simulator.core.faults import Fault
from galleria_xero_plugin.simulator.core.seeds import NORTH_LIGHT
from galleria_xero_plugin.testing import factories

from .office import OWNER, Office
from .test_clean_run import DAY, created, invoices_in_xero, requests
from .test_review import elements
from .test_unclear_answers import fault, settle


def sell(office: Office, sales: int) -> None:
    for _ in range(sales):
        office.sell(date=DAY)


def writes(office: Office, resource: str) -> int:
    return sum(r.method == "PUT" and r.path.endswith(resource) for r in requests(office))


def connection(office: Office):
    with office.units.read() as uow:
        return uow.connections.get(office.connection.id)


def through(office: Office, **limits) -> None:
    """Calls as the site makes them: with limits of its own."""

    def calls() -> Calls:
        tokens = Tokens(office.units, office.auth(), office.time, notify_reconnect=lambda connection: None)
        values = {"per_minute": 0, "day_reserve": 0, "lost": office._lost} | limits
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


# -- runs


def test_a_cancelled_run_leaves_nothing_that_asks_xero_again_and_again(office: Office):
    sell(office, 3)
    fault(office, "429", retry_after="5")
    run = office.press_sync()
    office.work()
    office.runs.cancel("north-light", run.id, OWNER)
    office.time.pass_by(hours=1)
    before = len(requests(office))

    for _ in range(5):
        office.ring()
        office.time.pass_by(minutes=20)

    assert len(requests(office)) == before
    assert created(office, "Invoice") == 0
    office.sync()
    assert created(office, "Invoice") == 3


def test_waiting_for_xeros_confirmation_costs_no_calls(office: Office):
    office.sell(date=DAY, contact=factories.make_contact("c-71", "Ida", "Renn", email="ida@one.example"))
    office.sell(date=DAY, contact=factories.make_contact("c-72", "Ida", "Renn", email="ida@one.example"))
    fault(office, "drop_before", "/Contacts")
    office.sync()
    before = len(requests(office))

    for _ in range(10):
        office.time.pass_by(seconds=10)
        office.ring()
    assert len(requests(office)) == before

    settle(office)
    assert (created(office, "Contact"), created(office, "Invoice")) == (1, 2)


def test_pause_counts_before_the_next_batch(office: Office):
    sell(office, 120)

    def pause(request) -> None:
        if request.is_write and request.path == "/Invoices":
            with office.units.write() as uow:
                uow.connections.set_status(office.connection.id, ConnectionStatus.PAUSED)
                uow.commit()

    office.api.after = pause
    run = office.sync()
    assert created(office, "Invoice") == 50

    office.api.after = lambda request: None
    with office.units.write() as uow:
        uow.connections.set_status(office.connection.id, ConnectionStatus.ACTIVE)
        uow.commit()
    office.ring()
    assert office.run(run.id).state is RunState.FINISHED
    assert created(office, "Invoice") == 120


def test_a_sale_cancelled_in_the_last_moment_does_not_hold_up_the_others(office: Office):
    sell(office, 5)

    def cancel(request) -> None:
        if request.is_write and request.path == "/Contacts":
            with office.units.write() as uow:
                row = office.document(DocumentKind.INVOICE, "inv-2")
                uow.ledger.move(row.id, expect=[DocumentState.PENDING], to=DocumentState.SKIPPED)
                uow.commit()

    office.api.after = cancel
    assert office.sync().state is RunState.FINISHED
    assert created(office, "Invoice") == 4


def test_settings_saved_while_the_gallery_is_read_hold_from_the_beginning(office: Office):
    office.save(office.settings(copy_existing=False))
    sell(office, 450)
    pages = office.gallery.invoices_changed

    def saved_meanwhile(gallery_id: str, cursor: str | None, limit: int):
        page = pages(gallery_id, cursor, limit)
        if office.gallery.calls["invoices_changed"] == 2:
            office.save(office.settings(copy_existing=True))
            with office.units.write() as uow:
                uow.webservices.set_cursor(office.webservice.id, None)
                uow.commit()
        return page

    office.gallery.invoices_changed = saved_meanwhile
    office.press_sync(RunTrigger.SCHEDULE)
    office.work()
    assert created(office, "Invoice") == 450


def test_the_gallery_is_read_once_in_a_run(office: Office):
    for local_id in ("c-81", "c-82"):
        office.sell(date=DAY, contact=factories.make_contact(local_id, "Ida", "Renn", email="ida@one.example"))
    office.sync()
    assert office.gallery.calls["invoices_changed"] == 1


def test_trying_again_leaves_questions_that_no_sync_can_answer_where_they_are(office: Office):
    sale = office.sell(date=DAY)
    office.sync()
    office.gallery.cancel_invoice(sale.id)
    office.sync()
    assert office.waiting() == {"cancelled_after_sending": 1}
    with office.units.read() as uow:
        rows, _ = uow.ledger.page("north-light", NORTH_LIGHT, kind=DocumentKind.INVOICE_VOID)

    woken = office.runs.send_again("north-light", office.webservice.id, [rows[0].id], OWNER)

    assert woken == (None, 0)
    assert office.states()["invoice_void conflict"] == 1


def test_a_webservice_made_anew_sends_nothing_again(office: Office):
    sale = office.sell(date=DAY)
    office.gallery.add_payment(sale.id, 50)
    office.sync()
    with office.units.write() as uow:
        uow.webservices.delete("north-light", office.webservice.id)
        uow.commit()
    office.connection = office._connect()
    office.save(office.settings(prefix="NEW"))
    office.gallery.add_payment(sale.id, 20)
    office.sell(date=DAY)

    office.sync()

    assert (created(office, "Invoice"), created(office, "Payment")) == (2, 2)
    assert set(invoices_in_xero(office)) >= {"AG-1", "NEW-2"}


# -- overtaken


def test_a_reader_that_was_frozen_concludes_nothing_about_a_later_attempt(office: Office):
    sale = office.sell(date=DAY)
    office.gallery.add_payment(sale.id, 50)
    fault(office, "drop_before", "/Payments")
    office.sync()
    office.time.pass_by(minutes=4)
    office.ring()  # the first look: not there
    office.time.pass_by(minutes=4)

    def frozen(request) -> None:
        """Between its second look and what it concludes, this worker stands still, and another one goes on."""
        if request.is_write or request.path != "/Invoices":
            return
        office.api.after = lambda request: None
        office.time.pass_by(minutes=3)
        office.simulator.world.faults.add(Fault("drop_before", path="/api.xro/2.0/Payments", method="PUT"))
        office.export(worker="other").drain(office.connection.id)
        assert _payment(office).attempt == 2

    office.api.after = frozen
    office.export(worker="frozen").drain(office.connection.id)

    assert _payment(office).attempt == 2
    assert _payment(office).state is DocumentState.UNKNOWN, "nobody knows yet what the second attempt came to"


def _payment(office: Office):
    return office.document(DocumentKind.PAYMENT, "payment-1")


def test_a_result_that_could_not_be_saved_is_found_in_the_books(office: Office, monkeypatch: pytest.MonkeyPatch):
    sale = office.sell(date=DAY)
    office.gallery.add_payment(sale.id, 50)
    results, calls = sending._results, []

    def locked(session):
        calls.append(session)
        if len(calls) in (2, 3):
            raise Busy("the database is locked")
        return results(session)

    monkeypatch.setattr(sending, "_results", locked)
    run = office.press_sync()
    for _ in range(6):
        try:
            office.ring()
        except Busy:
            pass
        office.time.pass_by(minutes=4)

    assert office.run(run.id).state is RunState.FINISHED
    assert (created(office, "Invoice"), created(office, "Payment")) == (1, 1)


class TimedOut(Exception):
    """As RQ's: an Exception, and none of ours."""


@pytest.mark.parametrize("path", ["/Contacts", "/Invoices", "/Payments"])
def test_a_worker_that_runs_out_of_time_in_a_call_gives_way_at_once(office: Office, path: str):
    sale = office.sell(date=DAY)
    office.gallery.add_payment(sale.id, 50)

    def time_out(request) -> None:
        if request.is_write and request.path == path:
            office.api.after = lambda request: None
            raise TimedOut

    office.api.after = time_out
    run = office.press_sync()
    with pytest.raises(TimedOut):
        office.work()
    office.ring()
    settle(office)

    assert office.run(run.id).state is RunState.FINISHED
    assert (created(office, "Contact"), created(office, "Invoice"), created(office, "Payment")) == (1, 1, 1)


def test_the_element_of_somebody_elses_document_explains_nothing(office: Office):
    sell(office, 2)
    elements(office, "/Invoices", [Element("AG-9", "11111111-2222-4333-8444-555555555555", ok=True)])
    office.sync()
    settle(office)
    assert office.states() == {"contact done": 1, "invoice done": 2}
