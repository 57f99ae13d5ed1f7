"""The months of a comparison: both sides in figures, and every number from the first to the last explained."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from galleria_xero_plugin.domain.month import Sheet, Standing, sums
from galleria_xero_plugin.domain.states import DocumentKind
from galleria_xero_plugin.domain.verdict import Light, causes, light
from galleria_xero_plugin.services.month_words import how as how_in_words
from galleria_xero_plugin.simulator.core.seeds import NORTH_LIGHT

from .by_hand import ME, Desk
from .changing import THIS_MONTH
from .office import Office
from .test_clean_run import invoices_in_xero
from .test_review import change_in_xero

MARCH, APRIL = dt.date(2026, 3, 2), dt.date(2026, 4, 2)


@pytest.fixture
def sold(office: Office) -> Office:
    """Three sales in March (one paid), one in April, all in Xero."""
    first = office.sell(date=MARCH)
    office.gallery.add_payment(first.id, first.total, date=MARCH)
    for day in (MARCH, MARCH, APRIL):
        office.sell(date=day)
    office.sync()
    return office


def months(office: Office) -> dict[str, Sheet]:
    office.export().compare(office.connection.id)
    scope = (office.gallery.gallery_id, NORTH_LIGHT)
    with office.units.read() as uow:
        return {line.month: uow.months.get(*scope, line.month).sheet for line in uow.months.all(*scope)}


def how(sheet: Sheet) -> dict[str, Standing]:
    return {entry.number: entry.standing for entry in sheet.entries}


def id_of(office: Office, number: str) -> str:
    return invoices_in_xero(office)[number]["InvoiceID"]


def test_both_sides_agree_month_by_month(sold: Office):
    found = months(sold)
    assert list(found) == ["2026-04", "2026-03"]
    march = found["2026-03"]
    assert (march.agreeing, march.differences) == (3, ())
    gallery, xero = sums(march)["GBP"]
    assert gallery == xero
    assert (gallery.count, gallery.net, gallery.tax) == (3, Decimal(300), Decimal(60))
    assert (gallery.paid, gallery.due) == (Decimal(120), Decimal(240))


def test_every_number_is_explained(sold: Office):
    sold.sell(date=MARCH, total=Decimal(0), tax_total=Decimal(0), items=())  # 5: nothing to pay
    cancelled = sold.sell(date=MARCH)  # 6: never sent
    sold.gallery.cancel_invoice(cancelled.id)
    sold.sell(date=MARCH, number=9)  # 7 and 8 were never used
    assert how(months(sold)["2026-03"]) == {
        "AG-1": Standing.AGREES, "AG-2": Standing.AGREES, "AG-3": Standing.AGREES, "AG-4": Standing.ELSEWHERE,
        "AG-5": Standing.ZERO, "AG-6": Standing.CANCELLED, "AG-7": Standing.UNUSED, "AG-8": Standing.UNUSED,
        "AG-9": Standing.LEFT_OUT,
    }  # fmt: skip


def test_what_waits_or_was_changed_is_a_difference_with_its_cause(sold: Office):
    change_in_xero(sold, "Invoices", id_of(sold, "AG-2"), Total=Decimal("120.01"))
    change_in_xero(sold, "Invoices", id_of(sold, "AG-3"), Status="VOIDED")
    sold.gallery.add_payment("inv-4", 20, date=APRIL, method_id="venmo")
    sold.sync()
    found = months(sold)
    assert {entry.number: entry.standing for entry in found["2026-03"].differences} == {
        "AG-2": Standing.TOTAL, "AG-3": Standing.ABSENT}  # fmt: skip
    [paid] = found["2026-04"].known
    assert (paid.standing, paid.gallery.paid, paid.xero.paid) == (Standing.PAYMENT_WAITS, Decimal(20), Decimal(0))
    assert paid.reason == "payment_method_unmapped"


def test_a_payment_that_nobody_reconciled_for_ten_days(office: Office):
    sale = office.sell(date=office.time.now().date() - dt.timedelta(days=1))
    office.gallery.add_payment(sale.id, sale.total, date=sale.date)
    office.time.pass_by(hours=2)  # the quiet hour of a fresh invoice
    office.sync()
    month = f"{sale.date:%Y-%m}"
    assert months(office)[month].unreconciled == ()  # a bank statement takes its time
    office.time.pass_by(days=10)
    [waiting] = months(office)[month].unreconciled
    assert (waiting.amount, waiting.date) == (sale.total, sale.date)
    org = office.simulator.world.organisations[NORTH_LIGHT]
    for row in org.table("Payments").rows.values():
        row["IsReconciled"] = True
    assert months(office)[month].unreconciled == ()


def test_what_a_person_has_cancelled_in_xero_is_told_so_and_the_money_that_is_missing(office: Office):
    for _ in range(2):
        office.sell(date=THIS_MONTH)
    run = office.sync()
    desk = Desk(office)
    desk.cancelling.cancel(ME, run.id, desk.cancelling.page(ME, run.id).count)
    office.work()
    sheet = months(office)[f"{THIS_MONTH:%Y-%m}"]
    gallery, xero = sums(sheet)["GBP"]
    assert (gallery.count, xero.count) == (2, 0)
    assert light(sheet) is Light.AMBER
    [cause] = causes(sheet.known)
    assert [one.number for one in cause.entries] == ["AG-1", "AG-2"] and cause.money == {"GBP": gallery.due}
    told = how_in_words(cause.entries[0])
    assert told.text.startswith("Cancelled in Xero by") and told.values["who"] == ME.user_name
    assert told.values["when"] <= office.time.now()


def test_an_invoice_that_waits_and_one_that_somebody_put_aside_are_known_but_no_agreement(office: Office):
    for _ in range(2):
        office.sell(date=MARCH, total=Decimal(500), tax_total=Decimal(20))  # not what its lines come to
    office.sync()
    desk = Desk(office)
    aside = office.document(DocumentKind.INVOICE, "inv-2")
    desk.activity.stop_asking(ME, office.webservice.id, [aside.id])
    sheet = months(office)["2026-03"]
    assert how(sheet) == {"AG-1": Standing.WAITS, "AG-2": Standing.PUT_ASIDE}
    assert light(sheet) is Light.AMBER and sheet.agreeing == 0
    assert "Stop asking" in how_in_words(sheet.known[1]).text and sheet.known[1].by == ME.user_name


def test_tax_that_each_side_rounds_by_itself_is_known_and_not_the_same(sold: Office):
    change_in_xero(sold, "Invoices", id_of(sold, "AG-2"), TotalTax=Decimal("20.01"))
    assert how(months(sold)["2026-03"])["AG-2"] is Standing.ROUNDED
