"""Payments in odd situations: nothing in Xero keeps one from being entered twice."""

from __future__ import annotations

from decimal import Decimal

from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunState
from galleria_xero_plugin.simulator.core.seeds import NORTH_LIGHT

from .office import Office
from .test_clean_run import DAY, created, invoices_in_xero, requests
from .test_review import restore
from .test_unclear_answers import fault, settle, someone_books_payment


def test_a_payment_taken_back_and_entered_again_is_sent(office: Office):
    office.save(office.settings(mapping=office.mapping(banks={"bank": office.account("090")})))
    sale = office.sell(date=DAY)
    payment = office.gallery.add_payment(sale.id, 50, method_id="card")
    office.sync()
    office.gallery.remove_payment(sale.id, payment.id)
    office.sync()
    assert office.document(DocumentKind.PAYMENT, payment.id).state is DocumentState.SKIPPED

    office.gallery.change_invoice(sale.id, payments=(payment,))
    office.save(office.settings())
    office.sync()

    assert created(office, "Payment") == 1


def test_money_of_a_sale_that_is_cancelled_before_sending_does_not_stay_on_the_way(office: Office):
    sale = office.sell(date=DAY, total=Decimal(999))
    office.gallery.add_payment(sale.id, 50)
    office.sync()
    office.gallery.cancel_invoice(sale.id)
    office.sync()

    assert office.states() == {"contact done": 1, "invoice skipped": 1, "payment skipped": 1}


def test_a_payment_corrected_between_reading_and_sending_is_sent_as_what_it_is_now(office: Office):
    sale = office.sell(date=DAY)
    payment = office.gallery.add_payment(sale.id, 50)

    def correct(request) -> None:
        if request.is_write and request.path == "/Invoices":
            office.api.after = lambda request: None
            office.gallery.change_payment(sale.id, payment.id, amount=Decimal(60))

    office.api.after = correct
    office.sync()
    office.sync()

    assert invoices_in_xero(office)["AG-1"]["AmountPaid"] == 60
    assert office.waiting() == {}, "nobody is asked to correct what is right"


def test_an_earlier_version_of_a_payment_in_xero_is_a_question_after_a_restore(office: Office):
    sale = office.sell(date=DAY)
    payment = office.gallery.add_payment(sale.id, 50)
    office.sync()
    restore(office)
    office.gallery.change_payment(sale.id, payment.id, amount=Decimal(60))

    office.sync()

    assert invoices_in_xero(office)["AG-1"]["AmountPaid"] == 50
    assert office.waiting() == {"booked_by_hand_unclear": 1}


def test_money_that_cannot_be_this_payment_costs_no_call_each(office: Office):
    sales = [office.sell(date=DAY) for _ in range(5)]
    office.sync()
    for sale in sales:
        someone_books_payment(office, office.document(DocumentKind.INVOICE, sale.id).xero_id, Decimal(7), DAY)
        office.gallery.add_payment(sale.id, 50, date=DAY)
    before = len(requests(office))

    office.sync()

    assert office.waiting() == {"booked_by_hand_unclear": 5}
    assert len(requests(office)) - before <= 2


def test_a_payment_whose_invoice_cannot_be_read_any_more_is_left_to_a_person(office: Office):
    sale = office.sell(date=DAY)
    payment = office.gallery.add_payment(sale.id, 50)
    fault(office, "drop_before", "/Payments")
    run = office.sync()
    invoices = office.simulator.world.organisations[NORTH_LIGHT].table("Invoices")
    invoices.remove(office.document(DocumentKind.INVOICE, sale.id).xero_id)  # a demo company begins anew
    settle(office, times=12)

    assert office.document(DocumentKind.PAYMENT, payment.id).state is DocumentState.CONFLICT
    assert office.run(run.id).state is RunState.FINISHED
