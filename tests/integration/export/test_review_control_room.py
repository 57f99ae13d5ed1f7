"""What people press and read beside the sync, distrusted: stopped runs, questions, first drafts, months, other clocks."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from galleria_xero_plugin.db.models import Webservice, table_of
from galleria_xero_plugin.domain.month import Standing
from galleria_xero_plugin.domain.settings import MissingRate
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState
from galleria_xero_plugin.services.activity import Activity
from galleria_xero_plugin.services.document_rows import Links
from galleria_xero_plugin.simulator.core.fault import Fault
from galleria_xero_plugin.testing import factories
from galleria_xero_plugin.xero import links

from .by_hand import ME, Desk, enter
from .changing import LAST_MONTH, THIS_MONTH, TODAY, an_hour_later, correction, lock, money, sold, standing
from .office import OWNER, Office
from .test_cancelling import last_run, statuses
from .test_months import how, months
from .test_review_corrections import items, paid
from .test_unclear_answers import settle


class Death(BaseException):
    """The worker is killed."""


def test_a_read_that_does_not_show_a_fresh_payment_yet_does_not_have_it_entered_twice(office: Office):
    sale, payment = paid(office, 500)
    office.gallery.change_payment(sale.id, payment.id, amount=Decimal(450))
    office.time.pass_by(seconds=5)
    office.simulator.world.faults.add(Fault("stale", path="/api.xro/2.0/Payments", method="GET", seconds=30))
    office.sync()
    settle(office)
    office.sync()

    assert [(amount, status) for amount, status, _ in money(office)] == [(500, "DELETED"), (450, "AUTHORISED")]


def test_cancelling_a_run_in_xero_sends_no_other_correction_with_it(office: Office):
    other = sold(office, 1000)
    office.time.pass_by(minutes=1)
    sold(office, 500)
    run = last_run(office)
    office.gallery.change_invoice(other.id, items=items(900))
    office.time.pass_by(minutes=61)
    stopped = office.press_sync()

    def stop(request: object) -> None:
        if getattr(request, "method", "GET") != "GET":
            office.runs.cancel(office.webservice.gallery_id, stopped.id, OWNER)
            raise Death

    office.api.before = stop
    with pytest.raises(Death):
        office.work()
    office.api.before = lambda request: None
    office.time.pass_by(minutes=10)
    settle(office)
    (row,) = correction(office, DocumentKind.INVOICE_UPDATE, other.id)
    assert row.state is DocumentState.PENDING, "it waits for the next sync"

    Desk(office).cancelling.cancel(ME, run.id, 1)
    office.work()
    assert (statuses(office)["AG-2"], standing(office, "AG-1")["Total"]) == ("VOIDED", 1200)
    office.sync()
    assert standing(office, "AG-1")["Total"] == 1080


@pytest.mark.parametrize("kind", ["drop", "drop_before"])
def test_a_lost_answer_to_a_change_in_another_currency_is_no_edit_by_somebody_else(office: Office, kind: str):
    office.save(office.settings(missing_rate=MissingRate.XERO))
    sale = sold(office, 1000, currency="EUR")
    rate = standing(office)["CurrencyRate"]
    office.gallery.change_invoice(sale.id, items=items(900))
    office.time.pass_by(minutes=61)
    office.simulator.world.faults.add(Fault(kind, path="/api.xro/2.0/Invoices", method="POST"))
    office.sync()
    settle(office)

    assert office.waiting() == {}
    assert (standing(office)["Total"], standing(office)["CurrencyRate"]) == (1080, rate)


def test_a_refund_that_was_asked_about_goes_when_the_sale_is_cancelled_after_all(office: Office):
    sale, _ = paid(office, 300)
    office.gallery.add_refund(sale.id, 300, date=TODAY)
    office.sync()
    assert office.waiting() == {"refund_needs_bookkeeper": 1}
    office.gallery.cancel_invoice(sale.id)
    an_hour_later(office)

    assert money(office)[-1] == (300, "AUTHORISED", "CreditNote")
    assert office.waiting() == {}


def test_stop_asking_about_a_credit_note_leaves_nothing_behind_that_waits_for_it(office: Office):
    sale = sold(office, 1000, date=LAST_MONTH)
    lock(office, TODAY)
    office.gallery.cancel_invoice(sale.id)
    an_hour_later(office)
    (note,) = correction(office, DocumentKind.CREDIT_NOTE, sale.id)
    head = Desk(office).queries.service_page
    to_xero = Links(links.invoice_link, links.contact_link)
    activity = Activity(office.units, office.gallery, office.runs, to_xero, head, dt.timedelta(0))
    activity.stop_asking(ME, office.webservice.id, [note.id])
    office.sync()
    assert not [state for state in office.states() if not state.endswith((" done", " skipped"))]

    lock(office, dt.date(2026, 10, 31))
    activity.ask_again(ME, office.webservice.id, note.id)
    office.work()
    assert standing(office)["AmountDue"] == 0


def test_where_it_is_tomorrow_already_a_sale_of_today_may_stand_in_the_books_too(office: Office):
    shelf = office.gallery.shelf()
    shelf.info = replace(shelf.info, time_zone="Pacific/Auckland")
    office.time.at = dt.datetime(2026, 11, 23, 20, 0, tzinfo=dt.UTC)
    with office.engine.begin() as connection:  # connected at nine in the morning of the 24th
        connection.execute(table_of(Webservice).update().values(created_at=office.time.now()))
    today = dt.date(2026, 11, 24)
    enter(office, "Wilhelmina Oakes", 1200, today)
    office.sell(items=items(1000), date=today, issued_at=None)
    office.sync()

    assert office.waiting() == {"maybe_in_books": 1}


def test_a_first_draft_that_an_answer_leaves_out_is_not_taken_for_deleted(office: Office):
    office.save(office.settings(first_five_as_drafts=True))
    for _ in range(3):
        office.sell(date=LAST_MONTH)
    office.sync()
    office.simulator.world.faults.add(Fault("stale", path="/api.xro/2.0/Invoices", method="GET", seconds=60))
    office.time.pass_by(seconds=5)
    Desk(office).first_run.go_on(ME, office.webservice.id)
    office.work()
    office.sync()

    assert set(statuses(office).values()) == {"AUTHORISED"}


# -- the months


def test_a_month_with_a_refund_agrees_and_nobody_owes_what_went_back(office: Office):
    sale, _ = paid(office, 1200)
    office.gallery.add_refund(sale.id, 200, date=TODAY)
    an_hour_later(office)

    (entry,) = months(office)["2026-10"].entries
    assert (entry.standing, entry.gallery.paid, entry.gallery.due) == (Standing.AGREES, 1000, 0)
    assert (entry.xero.total, entry.xero.paid, entry.xero.due) == (1200, 1000, 0)


def test_a_month_with_a_discount_by_credit_note_agrees_with_its_tax(office: Office):
    sale, _ = paid(office, 500, THIS_MONTH)
    office.gallery.change_invoice(sale.id, items=items(900))
    an_hour_later(office)

    (entry,) = months(office)["2026-11"].entries
    assert entry.standing is Standing.AGREES
    assert (entry.xero.total, entry.xero.tax, entry.xero.paid, entry.xero.due) == (1080, 180, 500, 580)


@pytest.mark.parametrize(("deposit", "left"), [(0, None), (300, 300), (1200, None)])
def test_a_month_with_a_sale_that_was_cancelled_by_credit_note_agrees(office: Office, deposit: int, left: int | None):
    sale = sold(office, 1000, date=LAST_MONTH)
    if deposit:
        office.gallery.add_payment(sale.id, deposit, date=THIS_MONTH)
        office.sync()
    office.gallery.cancel_invoice(sale.id)
    an_hour_later(office)

    (entry,) = months(office)["2026-10"].entries
    assert entry.standing is Standing.CANCELLED
    assert entry.gallery == entry.xero
    assert (entry.xero.total if entry.xero else None) == left


def test_a_gallery_that_begins_to_count_in_millions_has_one_line_for_what_lies_between(office: Office):
    office.sell(number=7, date=LAST_MONTH)
    office.sell(number=20_261_001, date=LAST_MONTH)
    office.sync()

    assert how(months(office)["2026-10"]) == {
        "AG-7": Standing.AGREES, "AG-8 to AG-20261000": Standing.UNUSED, "AG-20261001": Standing.AGREES,
    }  # fmt: skip
    assert [entry.number for entry in months(office)["2026-10"].entries][0] == "AG-7"
