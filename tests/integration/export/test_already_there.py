"""Something stands in Xero already, and a person says what it is: this one, another one, or under another number."""

from __future__ import annotations

from decimal import Decimal

import pytest

from galleria_xero_plugin.domain.states import DocumentKind, DocumentState
from galleria_xero_plugin.errors import Conflict, InvalidInput, NotFound
from galleria_xero_plugin.services.export.offers import offered
from galleria_xero_plugin.services.questions import Questions
from galleria_xero_plugin.testing import factories
from galleria_xero_plugin.testing.factories import make_access

from .office import Office
from .test_clean_run import DAY, created, invoices_in_xero
from .test_unclear_answers import fault, settle, someone_books_payment, someone_enters

ACCESS = make_access("north-light")


def answer(office: Office) -> Questions:
    return Questions(office.units, office.runs)


@pytest.fixture
def taken(office: Office) -> Office:
    """A sale of 120.00 with a payment of 50.00 whose number is taken by somebody's invoice of 120.00."""
    sale = office.sell(date=DAY, issued_at=office.time.now())  # older ones are asked about before
    office.gallery.add_payment(sale.id, 50, date=DAY)
    someone_enters(office, "AG-1", Decimal("120.00"))
    office.time.pass_by(hours=2)
    office.sync()
    assert office.waiting()["number_taken"] == 1
    return office


def row(office: Office, kind: DocumentKind = DocumentKind.INVOICE, local_id: str = "inv-1"):
    return office.document(kind, local_id)


def test_it_is_the_same_sale_and_its_money_follows(taken: Office):
    (offer,) = offered(row(taken).reason_facts)
    answer(taken).stands_as(ACCESS, taken.webservice.id, row(taken).id, offer.id)
    taken.work()

    assert (row(taken).state, row(taken).adopted, row(taken).xero_id) == (DocumentState.DONE, True, offer.id)
    assert (created(taken, "Invoice"), created(taken, "Payment")) == (1, 1)
    assert invoices_in_xero(taken)["AG-1"]["AmountPaid"] == Decimal(50)
    assert taken.waiting() == {}


def test_it_goes_under_another_number_and_keeps_its_marker(taken: Office):
    marker = row(taken).marker
    answer(taken).is_another(ACCESS, taken.webservice.id, row(taken).id, "AG-1-2")
    taken.work()
    taken.gallery.change_invoice("inv-1", due_date=DAY)  # a later look at the gallery does not undo it
    taken.sync()

    assert invoices_in_xero(taken)["AG-1-2"]["AmountPaid"] == Decimal(50)
    assert invoices_in_xero(taken)["AG-1"]["AmountPaid"] == 0
    assert (row(taken).marker, row(taken).xero_number) == (marker, "AG-1-2")


def test_an_edit_before_it_is_sent_leaves_the_chosen_number(taken: Office):
    with taken.units.write() as uow:
        uow.ledger.move(
            row(taken).id, expect=[DocumentState.CONFLICT], to=DocumentState.PENDING, natural_key="MINE"
        )
        uow.commit()
    taken.gallery.change_invoice("inv-1", items=(factories.make_item("1", 200),))
    taken.sync()
    assert invoices_in_xero(taken)["MINE"]["Total"] == Decimal(240)


@pytest.mark.parametrize("number", ["", "AG-1", "ag-1", "AG 1;--", "x" * 51])
def test_a_number_that_cannot_be(taken: Office, number: str):
    with pytest.raises(InvalidInput):
        answer(taken).is_another(ACCESS, taken.webservice.id, row(taken).id, number)
    assert row(taken).state is DocumentState.CONFLICT


def test_a_number_of_another_document_and_what_was_not_offered(taken: Office):
    taken.sell(date=DAY)
    taken.sync()
    with pytest.raises(Conflict):
        answer(taken).is_another(ACCESS, taken.webservice.id, row(taken).id, "AG-2")
    with pytest.raises(NotFound):
        answer(taken).stands_as(ACCESS, taken.webservice.id, row(taken).id, row(taken, local_id="inv-2").xero_id)
    with pytest.raises(NotFound):
        answer(taken).is_another(ACCESS, taken.webservice.id, row(taken, local_id="inv-2").id, "AG-9")


@pytest.fixture
def unclear(office: Office) -> Office:
    """A sale in Xero on which somebody booked 60.00; the gallery's payment of 50.00 waits."""
    sale = office.sell(date=DAY)
    office.sync()
    someone_books_payment(office, row(office).xero_id, Decimal(60), DAY)
    office.gallery.add_payment(sale.id, 50, date=DAY)
    office.sync()
    assert office.waiting() == {"booked_by_hand_unclear": 1}
    return office


def payment(office: Office):
    return row(office, DocumentKind.PAYMENT, "payment-1")


def test_a_payment_of_another_amount_cannot_be_this_one(unclear: Office):
    """Sixty in Xero are not the fifty of the gallery, whatever a person presses: the answer says what to do."""
    (offer,) = offered(payment(unclear).reason_facts)
    assert (offer.amount, offer.day, offer.name) == ("60.00 GBP", DAY, "statement 12")
    with pytest.raises(InvalidInput) as refused:
        answer(unclear).stands_as(ACCESS, unclear.webservice.id, payment(unclear).id, offer.id)
    assert "In Xero it is 60.00, here 50.00: they cannot be the same payment." in refused.value.errors["xero_id"]
    assert payment(unclear).state is DocumentState.CONFLICT and created(unclear, "Payment") == 1, "only theirs"


def test_one_payment_in_xero_does_not_stand_for_two(unclear: Office):
    (offer,) = offered(payment(unclear).reason_facts)
    other = unclear.gallery.add_payment("inv-1", 10, date=DAY)
    unclear.sync()
    with unclear.units.write() as uow:
        uow.ledger.move(
            unclear.document(DocumentKind.PAYMENT, other.id).id, expect=[DocumentState.CONFLICT],
            to=DocumentState.DONE, xero_id=offer.id, adopted=True,
        )  # fmt: skip
        uow.commit()
    with pytest.raises(InvalidInput) as refused:
        answer(unclear).stands_as(ACCESS, unclear.webservice.id, payment(unclear).id, offer.id)
    assert refused.value.errors == {"xero_id": "The payment of 10.00 stands for it already."}


def test_it_is_a_different_payment(unclear: Office):
    answer(unclear).is_another(ACCESS, unclear.webservice.id, payment(unclear).id)
    unclear.work()
    assert payment(unclear).state is DocumentState.DONE and not payment(unclear).adopted
    assert created(unclear, "Payment") == 2
    assert invoices_in_xero(unclear)["AG-1"]["AmountPaid"] == Decimal(110)
    assert unclear.waiting() == {}


def test_another_one_that_comes_meanwhile_is_asked_about_anew(unclear: Office):
    someone_books_payment(unclear, row(unclear).xero_id, Decimal(5), DAY)
    answer(unclear).is_another(ACCESS, unclear.webservice.id, payment(unclear).id)
    unclear.work()
    assert unclear.waiting() == {"booked_by_hand_unclear": 1}
    assert [offer.amount for offer in offered(payment(unclear).reason_facts)] == ["5.00 GBP"]


@pytest.mark.parametrize(("trouble", "more"), [("429", {"retry_after": "26"}), ("drop_before", {})])
def test_an_answer_is_kept_when_the_payment_does_not_arrive_at_once(unclear: Office, trouble: str, more: dict):
    fault(unclear, trouble, "/Payments", **more)
    answer(unclear).is_another(ACCESS, unclear.webservice.id, payment(unclear).id)
    unclear.work()
    assert payment(unclear).state is not DocumentState.DONE
    settle(unclear)
    assert (payment(unclear).state, unclear.waiting()) == (DocumentState.DONE, {})
    assert invoices_in_xero(unclear)["AG-1"]["AmountPaid"] == Decimal(110)


def test_an_answer_does_not_count_for_another_amount(unclear: Office):
    fault(unclear, "429", "/Payments", retry_after="26")
    answer(unclear).is_another(ACCESS, unclear.webservice.id, payment(unclear).id)
    unclear.work()
    unclear.gallery.change_payment("inv-1", "payment-1", amount=Decimal(60))
    settle(unclear)
    assert payment(unclear).adopted, "now it is the one of 60.00 that somebody booked"
    assert created(unclear, "Payment") == 1
