"""What Xero did is unclear: the books are looked at, and nothing is sent twice."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunState
from galleria_xero_plugin.simulator.core.fault import Fault
from galleria_xero_plugin.simulator.core.seeds import NORTH_LIGHT

from .office import Office
from .test_clean_run import DAY, created, invoices_in_xero, requests


def fault(office: Office, kind: str, path: str = "/Invoices", **fields) -> None:
    office.simulator.world.faults.add(Fault(kind, path=f"/api.xro/2.0{path}", method="PUT", **fields))


def settle(office: Office, times: int = 3) -> None:
    for _ in range(times):
        office.time.pass_by(minutes=4)
        office.ring()


LOST_AFTER = ["drop", "500_after", "html", "truncate"]
LOST_BEFORE = ["drop_before", "500_before", "503"]


@pytest.mark.parametrize("kind", LOST_AFTER)
@pytest.mark.parametrize("path", ["/Contacts", "/Invoices", "/Payments"])
def test_an_answer_lost_after_the_books_were_written_is_found_there(office: Office, kind: str, path: str):
    sale = office.sell(date=DAY)
    office.gallery.add_payment(sale.id, 50)
    fault(office, kind, path)

    run = office.sync()
    settle(office)

    assert (created(office, "Contact"), created(office, "Invoice"), created(office, "Payment")) == (1, 1, 1)
    assert office.run(run.id).state is RunState.FINISHED
    assert office.states() == {"contact done": 1, "invoice done": 1, "payment done": 1}


@pytest.mark.parametrize("kind", LOST_BEFORE)
@pytest.mark.parametrize("path", ["/Contacts", "/Invoices", "/Payments"])
def test_a_request_that_never_arrived_is_sent_again_when_its_absence_is_certain(office: Office, kind: str, path: str):
    sale = office.sell(date=DAY)
    office.gallery.add_payment(sale.id, 50)
    fault(office, kind, path)

    run = office.sync()
    assert office.run(run.id).state is RunState.RUNNING
    office.time.pass_by(minutes=1)
    office.ring()
    assert any(state.endswith("unknown") for state in office.states()), "nothing is concluded so early"
    settle(office)

    assert (created(office, "Contact"), created(office, "Invoice"), created(office, "Payment")) == (1, 1, 1)
    assert office.run(run.id).state is RunState.FINISHED


def test_a_number_taken_by_somebody_elses_invoice_is_asked_about_and_never_overwritten(office: Office):
    sale = office.sell(date=DAY, issued_at=office.time.now())  # issued after the gallery was connected
    office.time.pass_by(hours=2)
    someone_enters(office, "AG-1", Decimal("77.00"))

    office.sync()

    row = office.document(DocumentKind.INVOICE, sale.id)
    assert (row.state, row.reason_code) == (DocumentState.CONFLICT, "number_taken")
    assert invoices_in_xero(office)["AG-1"]["Total"] == Decimal("77.00")
    assert office.waiting() == {"number_taken": 1}


def test_a_worker_that_dies_after_sending_is_followed_by_one_that_looks_first(office: Office):
    sale = office.sell(date=DAY)
    office.gallery.add_payment(sale.id, 50)
    office.press_sync()
    with pytest.raises(KilledHere):
        office.work(_dies_after(office, "/Payments"))

    office.time.pass_by(minutes=3)  # the dead worker's lease runs out
    office.ring()
    settle(office)

    assert (created(office, "Invoice"), created(office, "Payment")) == (1, 1)
    assert office.document(DocumentKind.PAYMENT, office.gallery.invoices("north-light", [sale.id])[0].payments[0].id).adopted


def test_a_payment_the_bookkeeper_entered_already_is_recognised(office: Office):
    sale = office.sell(date=DAY)
    office.sync()
    invoice_id = office.document(DocumentKind.INVOICE, sale.id).xero_id
    someone_books_payment(office, invoice_id, Decimal(120), DAY + dt.timedelta(days=2))
    payment = office.gallery.add_payment(sale.id, 120, date=DAY)

    office.sync()

    row = office.document(DocumentKind.PAYMENT, payment.id)
    assert (row.state, row.adopted, row.reason_code) == (DocumentState.DONE, True, "recognised_by_hand")
    assert created(office, "Payment") == 1


def test_a_payment_of_another_amount_in_xero_is_asked_about(office: Office):
    sale = office.sell(date=DAY)
    office.sync()
    someone_books_payment(office, office.document(DocumentKind.INVOICE, sale.id).xero_id, Decimal(60), DAY)
    office.gallery.add_payment(sale.id, 50, date=DAY)

    office.sync()

    assert office.waiting() == {"booked_by_hand_unclear": 1}
    assert created(office, "Payment") == 1


def test_one_bad_document_does_not_hold_up_the_others(office: Office):
    good = [office.sell(date=DAY) for _ in range(4)]
    office.simulator.world.organisations[NORTH_LIGHT].about["EndOfYearLockDate"] = dt.date(2026, 2, 1)
    bad = office.sell(date=dt.date(2026, 1, 15))

    office.sync()

    assert created(office, "Invoice") == len(good)
    row = office.document(DocumentKind.INVOICE, bad.id)
    assert row.state in (DocumentState.REJECTED, DocumentState.BLOCKED)
    assert row.reason_code in ("period_refused", "period_locked")


def test_the_minute_limit_pauses_the_whole_organisation_and_the_run_goes_on_afterwards(office: Office):
    office.sell(date=DAY)
    fault(office, "429", retry_after="26")
    run = office.sync()
    calls = len(requests(office))

    office.ring()
    assert len(requests(office)) == calls, "no call while paused"
    with office.units.read() as uow:
        paused = uow.connections.get(office.connection.id)
    assert paused.pause_reason == "minute" and paused.paused_until > office.time.now()

    office.time.pass_by(seconds=28)
    office.ring()
    assert created(office, "Invoice") == 1
    assert office.run(run.id).state is RunState.FINISHED


def test_two_workers_at_once_are_one_exporter(office: Office):
    for _ in range(3):
        office.sell(date=DAY)
    office.press_sync()
    first, second = office.export(worker="a"), office.export(worker="b")
    lease = first._leases.claim(office.connection.id)
    second.drain(office.connection.id)
    assert created(office, "Invoice") == 0
    with lease:
        pass
    office.bell.rings = [office.connection.id]
    office.work(second)
    assert created(office, "Invoice") == 3


class KilledHere(BaseException):
    """Not an Exception, as kill -9 is none: no handler of ours may see it."""


def _dies_after(office: Office, path: str):
    export = office.export(worker="doomed")
    send = office.api.send

    def dying(request, access, **more):
        answer = send(request, access, **more)
        if request.is_write and path in request.path:
            raise KilledHere
        return answer

    class Dying:
        def __getattr__(self, name):
            return getattr(office.api, name)

        send = staticmethod(dying)

    export._calls.api = Dying()
    return export


def someone_enters(office: Office, number: str, total: Decimal) -> None:
    """A person enters an invoice in Xero."""
    headers = office.simulator.headers(office.simulator.connect())
    body = {
        "Type": "ACCREC",
        "InvoiceNumber": number,
        "Contact": {"Name": "Somebody Else"},
        "Date": "2026-03-01",
        "DueDate": "2026-03-31",
        "Status": "AUTHORISED",
        "LineAmountTypes": "NoTax",
        "LineItems": [{"Description": "By hand", "Quantity": 1, "UnitAmount": str(total), "AccountCode": "200"}],
    }
    put_by_hand(office, "Invoices", body, headers)


def someone_books_payment(office: Office, invoice_id: str | None, amount: Decimal, date: dt.date) -> None:
    headers = office.simulator.headers(office.simulator.connect())
    body = {
        "Invoice": {"InvoiceID": invoice_id},
        "Account": {"Code": "090"},
        "Date": date.isoformat(),
        "Amount": str(amount),
        "Reference": "statement 12",
    }
    put_by_hand(office, "Payments", body, headers)


def put_by_hand(office: Office, resource: str, body: dict, headers: dict) -> dict:
    import requests as http

    answer = http.put(f"{office.simulator.url}/api.xro/2.0/{resource}", json=body, headers=headers, timeout=5)
    assert answer.status_code == 200, answer.text
    return answer.json()


def post_by_hand(office: Office, number: str, status: str) -> None:
    """A person gives an invoice another status in Xero."""
    import requests as http

    headers = office.simulator.headers(office.simulator.connect())
    body = {"InvoiceID": invoices_in_xero(office)[number]["InvoiceID"], "Status": status}
    answer = http.post(f"{office.simulator.url}/api.xro/2.0/Invoices", json=body, headers=headers, timeout=5)
    assert answer.status_code == 200, answer.text
