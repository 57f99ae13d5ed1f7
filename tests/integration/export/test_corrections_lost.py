"""Corrections whose answer is lost, or whose worker dies: what arrived is found, and nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

import pytest

from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunState
from galleria_xero_plugin.simulator.core.fault import Fault
from galleria_xero_plugin.testing import factories

from .changing import LAST_MONTH, THIS_MONTH, TODAY, an_hour_later, money, notes, sold, standing
from .office import Office
from .test_unclear_answers import settle


class Case(NamedTuple):
    """A correction: what the owner does, the request that is lost, and what must stand in the end."""

    done: Callable[[Office, str, str], object]
    method: str
    path: str
    stands: Callable[[Office], object]
    date: object = LAST_MONTH
    paid: int = 0


def cheaper(office: Office, sale: str, payment: str) -> None:
    office.gallery.change_invoice(sale, items=[factories.make_item("1", 900)])


def cancelled(office: Office, sale: str, payment: str) -> None:
    office.gallery.cancel_invoice(sale)


def corrected(office: Office, sale: str, payment: str) -> None:
    office.gallery.change_payment(sale, payment, amount=Decimal(450))


def refunded(office: Office, sale: str, payment: str) -> None:
    office.gallery.add_refund(sale, 200, date=TODAY)


def of_invoice(office: Office) -> tuple:
    return standing(office)["Status"], standing(office)["Total"]


def of_credit(office: Office) -> list:
    return [(note["Total"], note["RemainingCredit"]) for note in notes(office)]


CASES = {
    "update": (Case(cheaper, "POST", "/Invoices", of_invoice, THIS_MONTH), ("AUTHORISED", 1080)),
    "void": (Case(cancelled, "POST", "/Invoices", of_invoice, THIS_MONTH), ("VOIDED", 1200)),
    "credit note": (Case(cancelled, "PUT", "/CreditNotes", of_credit), [(1200, 0)]),
    "allocation": (Case(cancelled, "PUT", "/CreditNotes/", of_credit), [(1200, 0)]),
    "refund": (Case(refunded, "PUT", "/Payments", of_credit, paid=1200), [(200, 0)]),
    "payment removal": (
        Case(corrected, "POST", "/Payments", money, paid=500),
        [(500, "DELETED", "Invoice"), (450, "AUTHORISED", "Invoice")],
    ),
}


def prepared(office: Office, case: Case) -> None:
    sale = sold(office, 1000, date=case.date)
    payment = office.gallery.add_payment(sale.id, case.paid, date=THIS_MONTH).id if case.paid else ""
    if case.paid:
        office.sync()
    case.done(office, sale.id, payment)
    office.time.pass_by(minutes=61)


@pytest.mark.parametrize("kind", ["drop", "drop_before"])
@pytest.mark.parametrize("name", CASES)
def test_a_lost_answer_to_a_correction_doubles_nothing_and_loses_nothing(office: Office, name: str, kind: str):
    case, expected = CASES[name]
    prepared(office, case)
    office.simulator.world.faults.add(Fault(kind, path=f"/api.xro/2.0{case.path}", method=case.method))

    run = office.sync()
    assert office.run(run.id).state is RunState.RUNNING, "it is checked what arrived"
    settle(office)

    assert office.run(run.id).state is RunState.FINISHED
    assert case.stands(office) == expected
    office.sync()
    assert case.stands(office) == expected
    assert office.waiting() == {}
    assert not [state for state in office.states() if not state.endswith((" done", " skipped"))]


def test_a_worker_that_dies_after_deleting_a_payment_is_followed_by_one_that_makes_it_anew(office: Office):
    case, expected = CASES["payment removal"]
    prepared(office, case)
    office.press_sync()

    class Death(BaseException):
        pass

    def die(request: object) -> None:
        if getattr(request, "method", "") == "POST":
            raise Death

    office.api.after = die
    with pytest.raises(Death):
        office.work()
    office.api.after = lambda request: None
    office.time.pass_by(minutes=3)
    office.ring()
    settle(office)

    assert money(office) == expected
    assert office.waiting() == {}


def test_an_edit_while_nobody_knows_whether_the_earlier_one_arrived_comes_after_it(office: Office):
    case, _ = CASES["update"]
    prepared(office, case)
    office.simulator.world.faults.add(Fault("drop", path="/api.xro/2.0/Invoices", method="POST"))
    office.sync()
    (sale,) = (invoice for _, invoice in office.gallery.shelf().invoices.values())
    office.gallery.change_invoice(sale.id, items=[factories.make_item("1", 1000)])
    settle(office)
    an_hour_later(office)
    an_hour_later(office)

    assert of_invoice(office) == ("AUTHORISED", 1200)
    with office.units.read() as uow:
        scope = (office.webservice.gallery_id, office.connection.tenant_id)
        updates = uow.ledger.children(*scope, DocumentKind.INVOICE_UPDATE, [sale.id])[sale.id]
    assert [row.state for row in updates] == [DocumentState.DONE, DocumentState.DONE]
