"""The demo's galleries: believable, the same every time, and with something of everything."""
import datetime as dt
from collections import Counter
from decimal import Decimal

from sqlalchemy import func, select

from galleria_xero_plugin import InvoiceState, ItemKind, TaxMode
from galleria_xero_plugin.demo import models, seed
from galleria_xero_plugin.demo.gallery import DemoGallery
from galleria_xero_plugin.testing.arithmetic import totals
from galleria_xero_plugin.testing.reading import read_changes, read_contacts

from .conftest import TODAY

db = models.db


def invoices(gallery):
    return read_changes(gallery, "1")[0]


def test_there_is_something_of_everything(gallery):
    found = invoices(gallery)
    assert len(read_contacts(gallery, "1")) == 62
    assert db.session.scalar(select(func.count()).where(models.Invoice.gallery_id == 1)) == 120
    states = Counter(invoice.state for invoice in found)
    assert states == {InvoiceState.ISSUED: 117, InvoiceState.CANCELLED: 2}      # and one draft
    assert {item.kind for invoice in found for item in invoice.items} == set(ItemKind)
    assert {invoice.currency for invoice in found} == {"GBP", "EUR"}
    assert {invoice.tax_mode for invoice in found} == {TaxMode.EXCLUSIVE, TaxMode.INCLUSIVE}
    assert len({item.tax_option_id for invoice in found for item in invoice.items}) == 2
    assert len({payment.method_id for invoice in found for payment in invoice.payments}) == 3
    assert any(item.discount_percent for invoice in found for item in invoice.items)
    assert any(item.discount_amount for invoice in found for item in invoice.items)
    paid = Counter(bool(i.payments) + (sum(p.amount for p in i.payments) == i.total) for i in found)
    assert min(paid[0], paid[1], paid[2]) >= 5


def test_totals_are_those_of_the_lines_to_the_cent(gallery):
    rates = {option.id: option.rate for option in gallery.tax_options("1")}
    for invoice in invoices(gallery):
        assert (invoice.total, invoice.tax_total) == totals(invoice.items, invoice.tax_mode, rates), invoice.number


def test_nothing_lies_in_the_future_or_is_paid_too_much(gallery):
    for invoice in invoices(gallery):
        assert TODAY - dt.timedelta(days=430) < invoice.date <= TODAY
        assert all(invoice.date <= payment.date <= TODAY for payment in invoice.payments)
        assert sum((p.amount for p in invoice.payments), Decimal(0)) <= invoice.total
        assert invoice.issued_at < dt.datetime.combine(TODAY, dt.time(), dt.UTC)


def test_money_in_euros_says_what_arrived_in_pounds(gallery):
    foreign = [i for i in invoices(gallery) if i.currency == "EUR"]
    assert foreign and all(i.exchange_rate > 1 for i in foreign)
    assert all(p.bank_amount < p.amount for i in foreign for p in i.payments)


def test_what_is_held_is_there(gallery):
    found = {invoice.number: invoice for invoice in invoices(gallery)}
    gift, namesake = seed.EXPECTED_HELD
    assert found[gift].total == 0
    assert (found[namesake].contact.first_name, found[namesake].contact.last_name) == ("John", "Smith")
    assert [i.number for i in found.values() if i.contact.id == found[namesake].contact.id] == [namesake]


def test_the_seed_is_the_same_every_time(make_site, gallery, tmp_path):
    app = make_site(f"sqlite:///{tmp_path / 'other.db'}")
    first = [(i.number, i.total, i.date, len(i.payments)) for i in invoices(gallery)]
    with app.app_context():
        seed.fill(db.session, TODAY)
        assert [(i.number, i.total, i.date, len(i.payments)) for i in invoices(DemoGallery(db))] == first


def test_amounts_do_not_depend_on_the_day(make_site, gallery, tmp_path):
    app = make_site(f"sqlite:///{tmp_path / 'other.db'}")
    first = [(i.number, i.total) for i in invoices(gallery)]
    with app.app_context():
        seed.fill(db.session, dt.date(2028, 2, 29))
        assert [(i.number, i.total) for i in invoices(DemoGallery(db))] == first
