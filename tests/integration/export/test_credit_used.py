"""A return exchanged for a dearer work: the client's open credit pays the new invoice, and no bank moves (situation 69)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from galleria_xero_plugin.domain.model import Invoice, MethodKind, Payment, PaymentMethod
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunState
from galleria_xero_plugin.simulator.core.fault import Fault
from galleria_xero_plugin.testing import factories

from .changing import LAST_MONTH, THIS_MONTH, TODAY, an_hour_later, lock, money, notes, rows, sold, standing
from .office import Office
from .test_unclear_answers import settle

CREDIT = PaymentMethod("credit", "Client's credit", MethodKind.CREDIT)


def exchanged(office: Office, *, price: int = 1500, credit: int = 1200) -> tuple[Invoice, Payment]:
    """A sale of 1,200.00, paid and cancelled, and the dearer one that its credit is to pay."""
    shelf = office.gallery.shelf()
    shelf.payment_methods.append(CREDIT)
    first = sold(office, 1000, date=LAST_MONTH)
    office.gallery.add_payment(first.id, 1200, date=THIS_MONTH)
    office.sync()
    office.gallery.cancel_invoice(first.id)
    dearer = office.sell(items=[factories.make_item("1", price)], date=THIS_MONTH, contact=first.contact)
    payment = office.gallery.add_payment(dearer.id, credit, date=TODAY, method_id=CREDIT.id)
    office.time.pass_by(minutes=61)
    return dearer, payment


def used(office: Office) -> list[tuple[Decimal, bool]]:
    """Credit that was used, as (amount, whether it was taken back)."""
    return [(row["Amount"], row["IsDeleted"]) for row in rows(office, "Allocations")]


def left(office: Office) -> list[Decimal]:
    return [note["RemainingCredit"] for note in notes(office)]


def due(office: Office, number: str = "AG-2") -> Decimal:
    return standing(office, number)["AmountDue"]


def test_69_the_credit_is_used_for_the_new_invoice_in_the_same_sync(office: Office):
    _, payment = exchanged(office)
    office.sync()

    assert (used(office), left(office), due(office)) == ([(1200, False)], [0], 600)
    assert money(office) == [(1200, "AUTHORISED", "Invoice")], "no bank movement"
    row = office.document(DocumentKind.PAYMENT, payment.id)
    assert (row.state, row.reason_code) == (DocumentState.DONE, "credit_used")
    assert office.waiting() == {}
    office.sync()
    assert used(office) == [(1200, False)]


@pytest.mark.parametrize("kind", ["drop", "drop_before"])
def test_69_a_lost_answer_uses_the_credit_once(office: Office, kind: str):
    _, payment = exchanged(office, credit=500)
    office.simulator.world.faults.add(Fault(kind, path="/api.xro/2.0/CreditNotes/", method="PUT"))

    run = office.sync()
    assert office.run(run.id).state is RunState.RUNNING, "it is checked what arrived"
    settle(office)

    assert office.run(run.id).state is RunState.FINISHED
    assert (used(office), left(office)) == ([(500, False)], [700])
    assert office.document(DocumentKind.PAYMENT, payment.id).state is DocumentState.DONE
    office.sync()
    assert used(office) == [(500, False)]
    assert office.waiting() == {}


def test_69_two_equal_part_payments_by_credit_are_two_uses_of_it(office: Office):
    dearer, _ = exchanged(office, credit=500)
    office.gallery.add_payment(dearer.id, 500, date=TODAY, method_id=CREDIT.id)
    office.sync()

    assert (used(office), left(office), due(office)) == ([(500, False), (500, False)], [200], 800)
    assert office.waiting() == {}


def test_69_more_than_is_left_waits_for_the_bookkeeper(office: Office):
    exchanged(office, credit=1300)
    office.sync()

    assert (used(office), left(office)) == ([], [1200])
    assert office.waiting() == {"credit_to_use": 1}


def test_69_credit_of_another_client_is_not_used(office: Office):
    _, payment = exchanged(office)
    with_another = factories.make_contact("somebody-else", "Nora", "Quill")
    (sale,) = (one for _, one in office.gallery.shelf().invoices.values() if payment in one.payments)
    office.gallery.change_invoice(sale.id, contact=with_another)
    an_hour_later(office)

    assert (used(office), left(office)) == ([], [1200])
    assert office.waiting() == {"credit_to_use": 1}


def test_69_credit_that_is_to_be_paid_back_is_not_used(office: Office):
    exchanged(office)
    (first,) = (one for _, one in office.gallery.shelf().invoices.values() if one.number == 1)
    office.gallery.add_refund(first.id, 1200, date=TODAY, method_id="venmo")
    an_hour_later(office)

    assert (used(office), left(office)) == ([], [1200])
    assert office.waiting()["credit_to_use"] == 1


def test_69_a_credit_payment_that_is_removed_is_taken_back(office: Office):
    dearer, payment = exchanged(office)
    office.sync()
    office.gallery.remove_payment(dearer.id, payment.id)
    office.sync()

    assert (used(office), left(office), due(office)) == ([(1200, True)], [1200], 1800)
    assert office.waiting() == {}
    office.sync()
    assert used(office) == [(1200, True)]


@pytest.mark.parametrize("kind", ["drop", "drop_before"])
def test_69_a_lost_answer_to_taking_back_takes_back_once(office: Office, kind: str):
    dearer, payment = exchanged(office)
    office.sync()
    office.gallery.change_payment(dearer.id, payment.id, amount=Decimal(800))
    office.simulator.world.faults.add(Fault(kind, path="/api.xro/2.0/CreditNotes/", method="DELETE"))
    office.sync()
    settle(office)

    assert (used(office), left(office), due(office)) == ([(1200, True), (800, False)], [400], 1000)
    assert office.waiting() == {}


@pytest.mark.parametrize("shape", ["single", "list"])
def test_69_a_corrected_payment_by_credit_is_used_anew(office: Office, shape: str):
    office.simulator.world.change_settings(deleted_allocation_shape=shape)
    dearer, payment = exchanged(office)
    office.sync()
    office.gallery.change_payment(dearer.id, payment.id, amount=Decimal(800))
    office.sync()

    assert (used(office), left(office), due(office)) == ([(1200, True), (800, False)], [400], 1000)
    office.gallery.change_payment(dearer.id, payment.id, amount=Decimal(1200))
    office.sync()
    assert used(office) == [(1200, True), (800, True), (1200, False)]
    assert office.waiting() == {}


def test_69_a_payment_by_credit_that_was_money_after_all_is_booked_as_money(office: Office):
    dearer, payment = exchanged(office)
    office.sync()
    office.gallery.change_payment(dearer.id, payment.id, amount=Decimal(1100), method_id="bank")
    office.sync()

    assert (used(office), left(office), due(office)) == ([(1200, True)], [1200], 700)
    assert money(office)[-1] == (1100, "AUTHORISED", "Invoice")
    assert office.waiting() == {}


def test_69_credit_is_not_taken_back_in_a_locked_month(office: Office):
    dearer, payment = exchanged(office)
    office.sync()
    lock(office, TODAY)
    office.gallery.remove_payment(dearer.id, payment.id)
    office.sync()
    assert (used(office), office.waiting()) == ([(1200, False)], {"period_locked": 1})

    lock(office, dt.date(2026, 10, 31))
    office.sync()
    assert (used(office), office.waiting()) == ([(1200, True)], {})


def test_69_used_credit_is_no_payment_that_the_comparison_misses(office: Office):
    exchanged(office)
    office.sync()
    assert office.export().compare(office.connection.id).clean


def test_69_when_the_new_invoice_is_cancelled_as_well_its_credit_is_the_clients_again(office: Office):
    dearer, _ = exchanged(office, price=1000)
    office.sync()
    assert (used(office), left(office), due(office)) == ([(1200, False)], [0], 0)
    office.gallery.cancel_invoice(dearer.id)
    an_hour_later(office)

    assert left(office) == [0, 1200], "the first credit note is used up, the second one stays open"
    assert used(office) == [(1200, False)]
    assert office.waiting() == {}
