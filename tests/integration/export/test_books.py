"""What stood in Xero before the gallery was connected: it is found and asked about, and nothing is created twice."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunState
from galleria_xero_plugin.ports.books import Answer
from galleria_xero_plugin.testing import factories

from .by_hand import ME, Desk, enter
from .office import BUYER, OWNER, Office
from .test_clean_run import DAY, created, invoices_in_xero
from .test_unclear_answers import someone_books_payment

INVOICE, PAYMENT, CONTACT = DocumentKind.INVOICE, DocumentKind.PAYMENT, DocumentKind.CONTACT
SOLD = 120
"""What an invoice of the factory comes to, with its 20 % tax."""


def numbers(office: Office) -> set[str]:
    """The sales invoices in Xero, but for those of its first owner's days."""
    return {number for number in invoices_in_xero(office) if number.startswith(("AG-", "INV-"))}


def test_on_a_first_sync_nothing_at_all_is_created_while_a_question_is_open(office: Office):
    office.sell(date=DAY)
    office.sell(date=DAY, contact=factories.make_contact("c-2", "Tobias", "Finch"), items=[factories.make_item("1", 7)])
    enter(office, "W. Oakes", SOLD, DAY + dt.timedelta(days=9), "INV-0007")
    before = created(office, "Contact"), created(office, "Invoice")

    run = office.sync()

    desk = Desk(office)
    assert (run.state, run.counts["asked"]) == (RunState.FINISHED, 1)
    assert desk.asked() == {"AG-1": ["INV-0007"]}
    assert (created(office, "Contact"), created(office, "Invoice")) == before
    assert office.ended == [], "the first sync is not done yet"
    standing = desk.queries.list_page(ME).rows[0].standing
    assert standing.words.text == "Connected. One invoice may stand in your books already."
    office.sync()
    assert (created(office, "Contact"), created(office, "Invoice")) == before


def test_linking_makes_it_count_as_sent_with_its_payments_and_its_buyer(office: Office):
    sale = office.sell(date=DAY)
    office.gallery.add_payment(sale.id, 50, date=DAY)
    office.gallery.add_payment(sale.id, 70, date=DAY + dt.timedelta(days=20))
    there = enter(office, "Oakes, W.", SOLD, DAY, "INV-0007")
    someone_books_payment(office, there, Decimal(50), DAY + dt.timedelta(days=1))
    office.sync()
    contacts = created(office, "Contact")

    result = Desk(office).answer(Answer.LINK)

    assert (result.done, result.left) == (1, 0) and result.run is not None
    row = office.document(INVOICE, sale.id)
    assert (row.state, row.xero_id, row.adopted, row.xero_number) == (DocumentState.DONE, there, True, "INV-0007")
    assert numbers(office) == {"INV-0007"}
    assert invoices_in_xero(office)["INV-0007"]["AmountPaid"] == SOLD, "one recognised, the other sent"
    assert created(office, "Payment") == 2  # the bookkeeper's own and the missing one
    assert created(office, "Contact") == contacts, "the invoice told who she is in Xero"
    assert [run.id for run in office.ended] == [result.run.id]


def test_an_invoice_on_cash_sales_does_not_make_the_buyer_cash_sales(office: Office):
    sale = office.sell(date=DAY)
    enter(office, "Cash sales", SOLD, DAY, "AG-1")
    office.sync()
    Desk(office).answer(Answer.LINK)
    with office.units.read() as uow:
        assert uow.contacts.links(office.gallery.gallery_id, office.connection.tenant_id, [sale.contact.id]) == {}


def test_never_send_is_for_good_whatever_changes_in_the_gallery(office: Office):
    sale = office.sell(date=DAY)
    office.gallery.add_payment(sale.id, 50)
    enter(office, "W. Oakes", SOLD, DAY)
    office.sync()
    before = created(office, "Contact"), created(office, "Invoice"), created(office, "Payment")

    Desk(office).answer(Answer.NEVER)
    office.gallery.change_invoice(sale.id, reference="PO 77")
    office.save(office.settings(sync_from=dt.date(2025, 1, 1)))
    office.sync()

    row = office.document(INVOICE, sale.id)
    assert (row.state, row.reason_code) == (DocumentState.SKIPPED, "never_send")
    assert (created(office, "Contact"), created(office, "Invoice"), created(office, "Payment")) == before


def test_a_different_sale_is_created_and_never_asked_about_again(office: Office):
    sale = office.sell(date=DAY)
    enter(office, "W. Oakes", SOLD, DAY, "INV-0007")
    office.sync()

    Desk(office).answer(Answer.DIFFERENT)
    office.gallery.change_invoice(sale.id, reference="PO 77")
    office.sync()

    assert numbers(office) == {"INV-0007", "AG-1"}
    assert office.document(INVOICE, sale.id).state is DocumentState.DONE
    assert Desk(office).asked() == {}


def test_of_twins_the_other_one_is_created_when_one_is_linked(office: Office):
    first = office.sell(date=DAY)
    second = office.sell(date=DAY + dt.timedelta(days=10))
    enter(office, "Wilhelmina Oakes", SOLD, DAY + dt.timedelta(days=2), "INV-0007")
    office.sync()
    desk = Desk(office)
    assert desk.asked() == {"AG-1": ["INV-0007"], "AG-2": ["INV-0007"]}

    result = desk.answer(Answer.LINK)  # both were ticked: the second finds it taken

    assert (result.done, result.left) == (1, 0)
    states = {office.document(INVOICE, one.id).adopted for one in (first, second)}
    assert states == {True, False}
    assert len(numbers(office)) == 2


def test_try_again_is_no_answer(office: Office):
    sale = office.sell(date=DAY)
    enter(office, "W. Oakes", SOLD, DAY)
    office.sync()
    row = office.document(INVOICE, sale.id)
    assert office.runs.send_again(row.gallery_id, office.webservice.id, [row.id], OWNER) == (None, 0)


def test_what_is_issued_after_connecting_costs_no_look(office: Office):
    office.sell(date=DAY)
    office.sync()
    look = Desk(office).lookalikes.page(ME, office.webservice.id, None).look
    assert look is not None and look.calls == 1
    office.time.pass_by(days=1)
    office.sell(issued_at=office.time.now(), date=office.time.now().date())
    office.time.pass_by(hours=2)
    office.sync()
    assert Desk(office).lookalikes.page(ME, office.webservice.id, None).look == look
    assert numbers(office) == {"AG-1", "AG-2"}


def test_widening_the_date_looks_again_and_holds_only_what_is_asked_about(office: Office):
    office.save(office.settings(sync_from=dt.date(2026, 3, 1)))
    office.sell(date=DAY)
    office.sync()
    old = office.sell(date=dt.date(2026, 1, 20), contact=factories.make_contact("c-2", "Tobias", "Finch"))
    other = office.sell(date=dt.date(2026, 1, 21), contact=BUYER, items=[factories.make_item("1", 7)])
    enter(office, "T. Finch", SOLD, dt.date(2026, 1, 25), "INV-0007")
    contacts = created(office, "Contact")

    office.save(office.settings(sync_from=dt.date(2026, 1, 1)))
    office.sync()

    assert office.document(INVOICE, old.id).reason_code == "maybe_in_books"
    assert office.document(CONTACT, "c-2").reason_code == "waiting_for_books"
    assert office.document(INVOICE, other.id).state is DocumentState.DONE
    assert created(office, "Contact") == contacts, "nobody is created who stands there under another spelling"
    page = Desk(office).lookalikes.page(ME, office.webservice.id, None)
    assert page.look is not None and page.look.since == dt.date(2026, 1, 20) - dt.timedelta(days=60)
    assert (page.look.calls, page.count) == (1, 1)


def test_an_older_invoice_that_was_paid_later_is_linked_so_that_its_payment_is_not_lost(office: Office):
    office.save(office.settings(sync_from=dt.date(2026, 3, 1)))
    sale = office.sell(date=dt.date(2026, 2, 20))
    office.gallery.add_payment(sale.id, SOLD, date=dt.date(2026, 3, 9))
    enter(office, "Wilhelmina Oakes", SOLD, dt.date(2026, 2, 20), "INV-0007")
    office.sync()
    assert office.document(INVOICE, sale.id).reason_code == "paid_before_sync_from"

    Desk(office).answer(Answer.LINK)

    assert invoices_in_xero(office)["INV-0007"]["AmountPaid"] == SOLD


def test_an_older_invoice_that_was_paid_later_is_searched_for_where_nothing_looks_like_it(office: Office):
    office.save(office.settings(sync_from=dt.date(2026, 3, 1)))
    sale = office.sell(date=dt.date(2026, 2, 20))
    office.gallery.add_payment(sale.id, SOLD, date=dt.date(2026, 3, 9))
    there = enter(office, "Cash sales", SOLD, dt.date(2026, 2, 25), "TILL-9", Reference="studio visit")
    office.sync()
    desk, row = Desk(office), office.document(INVOICE, sale.id)
    assert desk.asked() == {} and [one.id for one in desk.lookalikes.page(ME, desk.id, None).lost] == [row.id]
    waiting = desk.queries.list_page(ME).rows[0].waiting
    assert (waiting.you, waiting.itself) == (1, 0), "money may be lost: somebody is needed"

    office.save(office.settings(sync_from=dt.date(2026, 3, 1)))  # decided anew: it can be linked all the same
    assert desk.search.find(ME, desk.id, row.id, "no such thing") == 0
    for words in ("till 9", "Studio", "120.00", "cash"):
        assert desk.search.find(ME, desk.id, row.id, words) == 1, words
    assert desk.open() == [("AG-1", row.id, there, "TILL-9")]
    assert desk.lookalikes.page(ME, desk.id, None).lost == ()

    assert desk.answer(Answer.LINK).done == 1
    assert invoices_in_xero(office)["TILL-9"]["AmountPaid"] == SOLD
    assert desk.queries.list_page(ME).rows[0].waiting.people == 0


def test_the_one_that_was_found_is_not_it(office: Office):
    office.save(office.settings(sync_from=dt.date(2026, 3, 1)))
    sale = office.sell(date=dt.date(2026, 2, 20))
    office.gallery.add_payment(sale.id, SOLD, date=dt.date(2026, 3, 9))
    enter(office, "Cash sales", SOLD, dt.date(2026, 2, 25), "TILL-9")
    office.sync()
    desk, row = Desk(office), office.document(INVOICE, sale.id)
    assert desk.search.find(ME, desk.id, row.id, "TILL-9") == 1
    assert desk.answer(Answer.DIFFERENT).aside == 1
    assert [one.id for one in desk.lookalikes.page(ME, desk.id, None).lost] == [row.id], "still to be found"
    assert desk.search.find(ME, desk.id, row.id, "TILL-9") == 0, "and not asked about again"


def test_a_second_press_changes_nothing(office: Office):
    office.sell(date=DAY)
    enter(office, "W. Oakes", SOLD, DAY)
    office.sync()
    desk = Desk(office)
    pairs = desk.pairs()
    assert desk.answer(Answer.LINK, pairs).done == 1
    assert desk.answer(Answer.DIFFERENT, pairs).done == 0
    assert len(numbers(office)) == 1



def test_f57_the_day_of_connecting_is_the_gallerys_own(office: Office):
    """East of Greenwich it is tomorrow already: what is dated that day may have been entered by hand."""
    office.gallery.shelf().info = replace(office.gallery.shelf().info, time_zone="Pacific/Auckland")
    connected_at = dt.datetime(2026, 11, 22, 19, 0, tzinfo=dt.UTC)  # eight in the morning of the 23rd
    with office.engine.begin() as connection:
        at = int(connected_at.timestamp() * 1000)
        connection.exec_driver_sql(f"UPDATE galleria_xero_webservice SET created_at = {at}")
    day = dt.date(2026, 11, 23)
    enter(office, "W. Oakes", SOLD, day, "INV-0007")
    office.sell(date=day, issued_at=None)
    office.sell(date=day + dt.timedelta(days=1), issued_at=None)  # not that day any more
    office.sync()
    assert Desk(office).asked() == {"AG-1": ["INV-0007"]}
