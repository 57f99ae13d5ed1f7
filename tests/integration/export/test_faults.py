"""Faults of the line and of Xero, as the switchboard makes them: the books are right in the end, and nothing is doubled.

The numbers are those of the table of faults that the export has to survive.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunState
from galleria_xero_plugin.errors import NotSent, ReadFailed
from galleria_xero_plugin.services.calls import UNTRUSTED
from galleria_xero_plugin.simulator.core.fault import Fault
from galleria_xero_plugin.simulator.core.seeds import NORTH_LIGHT
from galleria_xero_plugin.testing import factories
from galleria_xero_plugin.xero import client

from .office import OWNER, Office
from .test_clean_run import DAY, created, invoices_in_xero, requests
from .test_review import change_in_xero, tell_at_once
from .test_unclear_answers import fault, settle, someone_enters


def read_fault(office: Office, kind: str, path: str = "/Invoices", **fields) -> None:
    office.simulator.world.faults.add(Fault(kind, path=f"/api.xro/2.0{path}", method="GET", **fields))


@pytest.fixture
def sold(office: Office) -> Office:
    """Two sales of 120.00 with a part payment of 50.00 each, not sent yet."""
    for _ in range(2):
        sale = office.sell(date=DAY)
        office.gallery.add_payment(sale.id, 50, date=DAY)
    return office


def finished(office: Office, run_id: str, looks: int = 4) -> None:
    settle(office, looks)
    assert office.run(run_id).state is RunState.FINISHED
    assert (created(office, "Invoice"), created(office, "Payment")) == (2, 2)
    assert office.states() == {"contact done": 1, "invoice done": 2, "payment done": 2}


@pytest.mark.parametrize("path", ["/Invoices", "/Payments"])
def test_f23_executed_90_seconds_after_we_gave_up(sold: Office, path: str):
    fault(sold, "late", path, seconds=150)
    run = sold.sync()
    sold.time.pass_by(seconds=100)
    sold.ring()
    sold.simulator.world.run_late()
    finished(sold, run.id)


@pytest.mark.parametrize("away", [{"minutes": 5}, {"minutes": 7}, {"days": 3}])
def test_f24_the_answer_is_lost_and_nobody_looks_for_a_while(sold: Office, away: dict[str, int]):
    fault(sold, "drop", "/Payments")
    run = sold.sync()
    sold.time.pass_by(**away)
    finished(sold, run.id)


def test_f25_after_a_500_it_is_tried_again_under_a_new_key(sold: Office):
    fault(sold, "500_before", "/Payments")
    run = sold.sync()
    finished(sold, run.id)
    keys = [request.key for request in requests(sold) if request.method == "PUT" and request.path.endswith("/Payments")]
    assert len(keys) == len(set(keys)) >= 2


@pytest.mark.parametrize(
    ("problem", "retry_after", "seconds"),
    [("day", "73451", 73_451), ("minute", None, 61), ("concurrent", None, 5), ("minute", "-5", 61), ("day", "999999999", 90_000)],
)
def test_f27_f28_a_limit_pauses_the_whole_organisation_for_as_long_as_it_says(
    sold: Office, problem: str, retry_after: str | None, seconds: int
):
    fault(sold, "429", problem=problem, retry_after=retry_after, count=1)
    run = sold.press_sync()
    sold.export().drain(sold.connection.id)
    with sold.units.read() as uow:
        until = uow.connections.get(sold.connection.id).paused_until
    assert seconds <= (until - sold.time.now()).total_seconds() <= seconds + 1
    before = len(requests(sold))
    sold.time.at = until - dt.timedelta(seconds=1)
    sold.ring()
    assert len(requests(sold)) == before, "not one call until then"
    sold.time.at = until
    sold.ring()
    finished(sold, run.id)


@pytest.mark.parametrize("kind", ["half", "xml", "charset", "oversized", "gzip_bomb"])
def test_f29_bodies_that_are_none(sold: Office, kind: str):
    fault(sold, kind, "/Payments")
    run = sold.sync()
    finished(sold, run.id)


@pytest.mark.parametrize("kind", ["reordered", "missing", "doubled", "zero_guid", "wrong_tenant"])
@pytest.mark.parametrize("path", ["/Invoices", "/Payments"])
def test_f30_elements_in_another_order_missing_twice_or_without_an_id(sold: Office, path: str, kind: str):
    fault(sold, kind, path)
    run = sold.sync()
    finished(sold, run.id)
    for kind_of_row, local_id in ((DocumentKind.INVOICE, "inv-1"), (DocumentKind.PAYMENT, "payment-1")):
        assert (sold.document(kind_of_row, local_id).xero_id or "").strip("0-") != ""


def test_f31_a_total_that_differs_by_a_cent_is_shown_and_never_sent_again(sold: Office):
    fault(sold, "cent_off")
    run = sold.sync()
    finished(sold, run.id)
    shown = [sold.document(DocumentKind.INVOICE, f"inv-{n}").reason_code for n in (1, 2)]
    assert "total_mismatch_in_xero" in shown


def test_f32_a_redirect_is_not_followed(sold: Office):
    fault(sold, "redirect", location=f"{sold.simulator.url}/elsewhere")
    run = sold.sync()
    finished(sold, run.id)
    assert not [request for request in sold.simulator.world.effects.requests if "elsewhere" in request.path]


@pytest.mark.parametrize("kind", ["503", "drop_before", "429", "html", "500_before"])
def test_f34_the_look_itself_fails_and_nothing_is_concluded(sold: Office, kind: str):
    fault(sold, "drop", "/Payments")
    run = sold.sync()
    read_fault(sold, kind, count=2)
    finished(sold, run.id, 8)


@pytest.mark.parametrize("path", ["/Invoices", "/Payments"])
def test_f34_one_stale_look_does_not_prove_absence(sold: Office, path: str):
    fault(sold, "drop", path)
    run = sold.sync()
    read_fault(sold, "stale", seconds=600)
    finished(sold, run.id)


def test_f35_a_contact_edited_while_the_list_is_read_hides_no_other(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(client, "CONTACT_PAGE", 5)
    table = office.simulator.world.organisations[NORTH_LIGHT].table("Contacts")
    for number, key in enumerate(list(table.rows)):
        change = office.time.now() - dt.timedelta(days=9) + dt.timedelta(hours=number)
        table.put({**table.rows[key], "UpdatedDateUTC": change})
    read_fault(office, "churn", "/Contacts", count=0, skip=1)
    office.sell(date=DAY)
    office.sync()
    with office.units.read() as uow:
        mirrored = {contact.id for contact in uow.contacts.mirrored("north-light", NORTH_LIGHT)}
    assert mirrored >= set(table.rows) - {office.document(DocumentKind.CONTACT, "c-9").xero_id}


def test_f35_an_invoice_edited_while_the_list_is_read_hides_no_other(office: Office, monkeypatch: pytest.MonkeyPatch):
    for _ in range(12):
        office.sell(date=DAY)
        office.time.pass_by(minutes=5)
        office.sync()
    monkeypatch.setattr(client, "OWN_INVOICE_PAGE", 5)
    read_fault(office, "churn", count=0, skip=1)
    office.time.pass_by(hours=1)
    assert office.export().compare(office.connection.id).agreeing == 12


def test_f58_a_lock_date_that_moves_before_sending_is_xeros_word_and_tried_again_by_a_person(office: Office):
    office.reference().refresh(office.connection.id)
    sale = office.sell(date=dt.date(2026, 1, 10))
    organisation = office.simulator.world.organisations[NORTH_LIGHT]
    organisation.about["PeriodLockDate"] = dt.date(2026, 1, 31)  # after it was read, before it is sent
    office.sync()
    row = office.document(DocumentKind.INVOICE, sale.id)
    assert row.state is DocumentState.REJECTED and "lock" in row.reason_facts["xero"].lower()

    organisation.about["PeriodLockDate"] = None
    office.runs.send_again("north-light", office.webservice.id, [row.id], OWNER)
    office.work()
    assert created(office, "Invoice") == 1


def test_f60_an_invoice_cancelled_while_it_is_sent_is_sent_as_frozen_and_then_a_correction(office: Office):
    sale = office.sell(date=DAY)

    def cancel(request) -> None:
        if request.is_write and request.path == "/Invoices":
            office.api.after = lambda request: None
            office.gallery.cancel_invoice(sale.id)
            tell_at_once(office, sale.id)

    office.api.after = cancel
    office.sync()
    office.sync()
    assert created(office, "Invoice") == 1
    assert office.document(DocumentKind.INVOICE, sale.id).state is DocumentState.DONE
    assert [state for state in office.states() if state.startswith("invoice_void")], "a row of its own"


def test_f61_the_number_of_another_gallerys_invoice_is_never_adopted(office: Office):
    """Two galleries on one organisation: the marker tells whose it is."""
    office.sell(date=DAY)
    office.sync()
    ours = invoices_in_xero(office)["AG-1"]
    change_in_xero(office, "Invoices", ours["InvoiceID"], Url="https://other.example/i/1?g=AAAAAAAAAAAAAAAA")
    with office.engine.begin() as connection:
        for table in ("attempt_document", "attempt", "export"):
            connection.exec_driver_sql(f"DELETE FROM galleria_xero_{table}")
        connection.exec_driver_sql("UPDATE galleria_xero_webservice SET cursor = NULL")
    office.sync()
    assert office.waiting() == {"maybe_in_books": 1}
    assert created(office, "Invoice") == 1


@pytest.mark.parametrize("name", ["Zoë 🎨 Ødegård", "\u202eevil\u202c", "a\x00b", "Mar\u200bsh", "<b>Marsh</b>", "  Ida   Renn ", "x" * 4000])
def test_f65_names_of_all_kinds_stand_in_the_books_or_wait_with_a_reason(office: Office, name: str):
    office.sell(date=DAY, contact=factories.make_contact("c-77", "", "", company=name))
    office.sell(date=DAY)
    office.sync()
    stood = created(office, "Invoice")
    assert stood == 2 or (stood == 1 and sum(office.waiting().values()) > 0)


def test_f68_numbers_that_differ_in_case_are_one_number(office: Office):
    someone_enters(office, "ag-1", Decimal("77.00"))
    office.sell(date=DAY)
    office.sync()
    rows = invoices_in_xero(office)
    assert rows["ag-1"]["Total"] == Decimal("77.00"), "never written over"


def test_f26_maintenance_for_six_hours_is_one_question_every_five_minutes_and_goes_on_by_itself(sold: Office):
    board = sold.simulator.world.faults
    away = board.add(Fault("503", path="/api.xro/2.0", count=0))
    run, asked, from_ = sold.press_sync(), [], sold.time.now()
    while sold.time.now() - from_ < dt.timedelta(hours=6):
        before = len(requests(sold))
        sold.ring()  # the sweep's every minute
        asked.append(len(requests(sold)) - before)
        sold.time.pass_by(minutes=1)
    assert sum(asked) <= 6 * 12 + 1 and max(sum(asked[n : n + 5]) for n in range(len(asked))) <= 2
    assert sold.run(run.id).finished_at is None, "nothing was given up"
    assert board.remove(away)
    sold.time.pass_by(minutes=5)
    finished(sold, run.id)


def test_f33_whoever_cannot_prove_to_be_xero_gets_nothing_and_people_are_told(sold: Office):
    def stranger(request) -> None:
        refused = NotSent() if request.is_write else ReadFailed("Xero could not be read.")
        refused.untrusted = True
        raise refused

    sold.api.before = stranger
    run = sold.sync()
    with sold.units.read() as uow:
        assert uow.notices.claimed(UNTRUSTED) == [sold.connection.id]
        assert uow.connections.get(sold.connection.id).paused_until is not None
    assert (created(sold, "Invoice"), created(sold, "Payment")) == (0, 0)
    sold.api.before = lambda request: None
    sold.time.pass_by(minutes=6)
    sold.ring()
    finished(sold, run.id)


AROUND_MIDNIGHT = [
    ("Pacific/Auckland", "2026-11-23T10:59:59", "2026-11-23"),
    ("Pacific/Auckland", "2026-11-23T11:00:00", "2026-11-24"),
    ("Pacific/Honolulu", "2026-11-24T09:59:59", "2026-11-23"),
    ("Pacific/Honolulu", "2026-11-24T10:00:00", "2026-11-24"),
    ("Europe/London", "2026-11-23T23:59:59", "2026-11-23"),
]


@pytest.mark.parametrize(("zone", "at", "day"), AROUND_MIDNIGHT)
def test_f57_the_days_are_the_gallerys_own_and_not_those_of_utc(office: Office, zone: str, at: str, day: str):
    office.gallery.shelf().info = replace(office.gallery.shelf().info, time_zone=zone)
    office.time.at = dt.datetime.fromisoformat(at).replace(tzinfo=dt.UTC)
    today = dt.date.fromisoformat(day)
    sale = office.sell(date=today, issued_at=office.time.now() - dt.timedelta(hours=2))
    office.gallery.add_payment(sale.id, 120, date=today)
    tomorrow = today + dt.timedelta(days=1)
    office.save(office.settings(sync_from=tomorrow))
    office.sync()
    assert created(office, "Invoice") == 0, "tomorrow has not begun there"
    office.save(office.settings(sync_from=today))
    office.sync()
    assert invoices_in_xero(office)["AG-1"]["Date"] == today
    payments = office.simulator.world.organisations[NORTH_LIGHT].table("Payments").rows.values()
    (payment,) = (row for row in payments if row.get("_app"))
    assert payment["Date"] == today


@pytest.mark.parametrize(("zone", "at", "day"), AROUND_MIDNIGHT)
def test_f57_a_credit_note_is_dated_on_the_gallerys_day(office: Office, zone: str, at: str, day: str):
    office.gallery.shelf().info = replace(office.gallery.shelf().info, time_zone=zone)
    sale = office.sell(date=dt.date(2026, 10, 20))
    office.sync()
    office.time.at = dt.datetime.fromisoformat(at).replace(tzinfo=dt.UTC) - dt.timedelta(minutes=70)
    office.gallery.cancel_invoice(sale.id)
    office.time.pass_by(minutes=70)
    office.sync()
    table = office.simulator.world.organisations[NORTH_LIGHT].table("CreditNotes")
    (note,) = (row for row in table.rows.values() if row.get("_app"))
    assert note["Date"] == dt.date.fromisoformat(day)


def test_f64_the_job_works_for_the_gallery_whoever_asked_and_the_trail_says_who(
    sold: Office, monkeypatch: pytest.MonkeyPatch
):
    """She pressed, and lost her part in the gallery before a worker came."""
    run = sold.press_sync()

    def nobody() -> None:
        raise AssertionError("a job acts by no person's rights")

    monkeypatch.setattr(sold.gallery, "access", nobody)
    sold.work()
    finished(sold, run.id)
    assert sold.run(run.id).asked_by == OWNER.name
    with sold.units.read() as uow:
        assert [(e.actor_id, e.action) for e in uow.audit.of_subject("north-light", run.id)][0] == (OWNER.user_id, "sync started")
