"""The whole way: the dealer's sales stand in Xero, to the cent; judged by the host's tables and Xero's books."""
import datetime as dt
import re
from decimal import Decimal

import pytest
from sqlalchemy import text

from tests.second_host import books
from tests.second_host.kit import words
from tests.second_host.processes import FACTORY, run, settings_of
from tests.second_host.site import MOUNT
from tests.second_host.site.models import Receipt, Sale, db

BILLED = "sale.dealer_id = 1 AND sale.status = 'billed' AND NOT sale.removed"
SOLD = f"""SELECT count(DISTINCT sale.id), sum(round(price * copies * (100 - rebate) / 100.0)) / 100.0
           FROM sale JOIN sale_line ON sale_line.sale_id = sale.id WHERE {BILLED}"""
RECEIVED = f"SELECT count(*), sum(amount) / 100.0 FROM receipt JOIN sale ON sale.id = receipt.sale_id WHERE {BILLED}"


@pytest.mark.rq
def test_the_sales_stand_in_xero(wired, owner, xero):
    books.keep_in_euros(xero)
    before = books.summary(xero)
    books.connect(owner)
    assert "Connected with North Light Gallery" in owner.text
    owner.send("/edit", **books.MAPPING)
    owner.follow()
    assert "The first sync has started" in owner.text

    run("flask", "galleria-xero", "worker", "--burst", "--no-tick", settings=settings_of(wired))

    sold, received = _figures(wired)
    assert _in_euros(xero) == (sold[1], received[1])
    assert _added(before, books.summary(xero)) == (sold[0], received[0])

    _receive_money(wired)
    owner.open(f"{MOUNT}/")
    owner.send("/sync")
    before = books.summary(xero)
    run("rq.cli", "worker", "-S", "json", "--burst", "--url", wired.config["GALLERIA_XERO_REDIS_URL"], "galleria_xero",
        settings=settings_of(wired), GALLERIA_XERO_APP=FACTORY)

    assert _in_euros(xero) == (sold[1], received[1] + 5)
    assert _added(before, books.summary(xero)) == (0, 1)
    assert not books.summary(xero)["duplicateNumbers"]


@pytest.mark.rq
def test_euros_in_books_of_pounds_wait_with_a_reason(wired, owner, xero):
    before = books.summary(xero)
    books.connect(owner)
    owner.send("/edit", **books.MAPPING)
    run("flask", "galleria-xero", "worker", "--burst", "--no-tick", settings=settings_of(wired))

    assert _added(before, books.summary(xero)) == (0, 0)
    owner.open(f"{MOUNT}/")
    owner.open(re.search(r'href="([^"]*/activity)"', owner.text)[1])
    assert "Two base currencies" in words(owner.text)


def _figures(app):
    with app.app_context(), db.engine.connect() as connection:
        return tuple(connection.execute(text(SOLD)).one()), tuple(connection.execute(text(RECEIVED)).one())


def _in_euros(xero):
    totals = books.summary(xero)["totals"]["ACCREC"]["EUR"]
    return Decimal(totals["total"]), Decimal(totals["paid"])


def _added(before, after):
    invoices = [sum(found["invoices"]["ACCREC"].values()) for found in (before, after)]
    return invoices[1] - invoices[0], after["payments"] - before["payments"]


def _receive_money(app):
    with app.app_context():
        sale = db.session.scalar(db.select(Sale).where(Sale.dealer_id == 1, Sale.bill_no == 2004))
        sale.receipts.append(Receipt(amount=500, received_on=dt.date(2026, 4, 1)))
        db.session.commit()
