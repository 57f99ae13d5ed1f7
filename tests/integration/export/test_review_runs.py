"""Runs in odd situations: every run ends, asks no more than needed, and whoever was overtaken concludes nothing."""

from __future__ import annotations

import pytest

from galleria_xero_plugin.domain.accounting import Element
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunState, RunTrigger
from galleria_xero_plugin.errors import Busy
from galleria_xero_plugin.ports.records import ConnectionStatus
from galleria_xero_plugin.services.export import sending
from galleria_xero_plugin.simulator.core.fault import Fault
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


def test_a_cancelled_run_rings_for_nobody(office: Office):
    """What a limit sent back is for the next run; the sweep does not call a worker for it every ten seconds."""
    sell(office, 3)
    fault(office, "429", retry_after="5")
    run = office.press_sync()
    office.work()
    office.runs.cancel("north-light", run.id, OWNER)
    office.time.pass_by(hours=1)
    with office.units.read() as uow:
        assert uow.connections.with_work() == []


def test_an_invoice_that_was_paid_later_is_not_read_again_by_every_sync(office: Office):
    sale = office.sell(date=DAY)
    office.sync()
    office.gallery.add_payment(sale.id, 50)
    office.sync()
    office.gallery.calls.clear()
    office.sync()
    assert office.gallery.calls["invoices"] == 0


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


# -- the gallery's side


@pytest.mark.parametrize("call", ["invoices_changed", "invoices", "info"])
def test_a_gallery_that_fails_for_a_moment_is_asked_again(office: Office, monkeypatch: pytest.MonkeyPatch, call: str):
    sell(office, 1)
    with monkeypatch.context() as down:
        down.setattr(office.gallery, call, fails)
        run = office.sync()
    assert run.state is RunState.RUNNING and run.step == "Your gallery did not answer; trying again"
    office.ring()
    assert office.run(run.id).state is RunState.FINISHED
    assert created(office, "Invoice") == 1


def test_a_gallery_that_goes_on_failing_ends_the_run_with_that_reason(office: Office, monkeypatch: pytest.MonkeyPatch):
    sell(office, 1)
    monkeypatch.setattr(office.gallery, "invoices_changed", fails)
    run = office.sync()
    for _ in range(9):
        office.ring()
    ended = office.run(run.id)
    assert (ended.state, ended.error_code) == (RunState.FAILED, "gallery_failed")


def fails(*_: object) -> None:
    raise RuntimeError("the host's own database is away")
