"""A sales ledger becomes invoices; a file that is none is refused with the line that shows it."""
import datetime as dt
import time
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from galleria_xero_plugin import InvoiceState, TaxMode
from galleria_xero_plugin.demo import command, ledger, models
from galleria_xero_plugin.demo.gallery import DemoGallery
from galleria_xero_plugin.demo.ledger_file import LedgerError, Sale, read
from galleria_xero_plugin.testing.reading import read_changes, read_contacts

from .conftest import TODAY

db = models.db
HEADER = "title,artists,buyer,sale_date,sale_price,buyer_address,object_type,height,width\n"
GOOD = 'A Cart,"RAEBURN, HENRY","Frick, Henry Clay",1916-12-12,9500,"1 E. 70th St., New York, NY, USA",Painting,30,25\n'


@pytest.fixture
def write(tmp_path):
    """Writes a file and gives its path."""

    def write(content):
        path = tmp_path / "ledger.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def sale(buyer="Frick, Henry Clay", date="1916-12-12", price="100", **fields):
    return Sale(buyer, dt.date.fromisoformat(date), Decimal(price), fields.pop("title", "A Cart"), ("X",), **fields)


def load(app, sales, terms=None):
    with app.app_context():
        home = ledger.load(db.session, sales, TODAY, terms)
        gallery = DemoGallery(db)
        found = read_changes(gallery, str(home.id))[0], read_contacts(gallery, str(home.id))
        db.session.remove()
        return found


def test_a_row_is_read_with_all_that_an_artwork_has(write):
    assert read(write(HEADER + GOOD)) == [Sale(
        "Frick, Henry Clay", dt.date(1916, 12, 12), Decimal("9500.00"), "A Cart", ("RAEBURN, HENRY",), "Painting",
        "30 x 25 in", "1 E. 70th St., New York, NY, USA")]


def test_columns_may_stand_in_any_order_and_more_may_be_there(write):
    text = "sale_price,colour,buyer,artists,title,sale_date\n1.005,red,B,X; Y,T,1900-01-01\n\n"
    assert read(write("\ufeff" + text)) == [Sale("B", dt.date(1900, 1, 1), Decimal("1.01"), "T", ("X", "Y"))]


def row(**fields):
    values = {"title": "T", "artists": "X", "buyer": "B", "sale_date": "1900-01-01", "sale_price": "1"} | fields
    return ",".join(values.values()) + "\n"


SMALL = "title,artists,buyer,sale_date,sale_price\n"


@pytest.mark.parametrize(("content", "said"), [
    ("", "line 1: these columns are missing: title, artists, buyer, sale_date, sale_price"),
    ("title,buyer\nT,B\n", "line 1: these columns are missing: artists, sale_date, sale_price"),
    (SMALL, "there is no sale"),
    ("title,title,artists,buyer,sale_date,sale_price\n", "twice"),
    (SMALL + row() + row(sale_price="-5"), "line 3: sale_price '-5' is no amount"),
    (SMALL + row(sale_price="NaN"), "line 2: sale_price 'NaN' is no amount"),
    (SMALL + row(sale_price="1e9"), "line 2: sale_price"),
    (SMALL + row(sale_price="£5"), "line 2: sale_price"),
    (SMALL + row(sale_price="\u0661"), "line 2: sale_price"),
    (SMALL + row(sale_price=""), "line 2: sale_price"),
    (SMALL + row(sale_date="1900-02-30"), "line 2: sale_date '1900-02-30' is no date"),
    (SMALL + row(sale_date="01/02/1900"), "line 2: sale_date"),
    (SMALL + row(sale_date="19000101"), "line 2: sale_date"),
    (SMALL + row(buyer="  "), "line 2: the buyer is empty"),
    (SMALL + row(buyer="x" * 201), "line 2: the buyer's name has more than 200"),
    (SMALL + row(title="x" * 5000), "line 2: title has more than 4000"),
    (SMALL + row(title="x" * 200_000), "line 2: this is no CSV"),
    (SMALL + row() + "T,X,B\n", "line 3: 3 fields instead of 5"),
    (SMALL + '"T"x,X,B,1900-01-01,1\n', "line 2: this is no CSV"),
    (SMALL + row() + '"T,X,B,1900-01-01,1\n', "line 3: this is no CSV"),
    (SMALL.encode() + row().encode() + "T,X,Müller,1900-01-01,1\n".encode("latin-1"), "line 3: the file is not UTF-8"),
    (SMALL + row() + row(title="a\0b"), "line 3: the file has a NUL"),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "line 1: the file is not UTF-8"),
])
def test_a_file_that_is_no_ledger_is_refused_with_its_line(write, content, said):
    with pytest.raises(LedgerError) as refused:
        read(write(content))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(LedgerError, match="No such file"):
        read(tmp_path / "none.csv")
    with pytest.raises(LedgerError, match="directory"):
        read(tmp_path)


def test_the_command_ends_with_status_2_before_anything_starts(write, capsys):
    assert command.main(["--smoke", "--ledger", str(write(SMALL + row(sale_price="-5")))]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1 and "line 2" in captured.err


def test_one_buyer_on_one_day_is_one_invoice(empty_site):
    invoices, contacts = load(empty_site, [
        sale("B, A", "1900-01-02", "1.10"), sale("C, A", "1900-01-02", "5"), sale("B, A", "1900-01-01", "7"),
        sale("B, A", "1900-01-02", "2.20")])
    assert [(i.number, i.contact.last_name, str(i.total), len(i.items)) for i in invoices] == [
        (1, "B", "7.00", 1), (2, "B", "3.30", 2), (3, "C", "5.00", 1)]
    assert len(contacts) == 2
    for invoice in invoices:
        assert invoice.state is InvoiceState.ISSUED and invoice.tax_mode is TaxMode.NONE
        assert [(p.amount, p.date) for p in invoice.payments] == [(invoice.total, invoice.date)]


def test_dates_move_into_two_years_and_keep_their_order():
    dates = [dt.date(1872, 1, 1), dt.date(1872, 1, 2), dt.date(1900, 6, 1), dt.date(1970, 1, 1)]
    moved = ledger.moved(dates, TODAY)
    assert moved == sorted(moved)
    assert TODAY - dt.timedelta(days=730) == moved[0] and moved[-1] == TODAY - dt.timedelta(days=1)
    assert ledger.moved([dates[0]], TODAY) == [TODAY - dt.timedelta(days=730)]


def test_days_that_fall_together_do_not_join_invoices(empty_site):
    days = [dt.date(1872, 1, 1) + dt.timedelta(days=n) for n in range(30)] + [dt.date(1970, 1, 1)]
    invoices, contacts = load(empty_site, [sale(date=day.isoformat()) for day in days])
    assert len(invoices) == 31 and len(contacts) == 1
    assert len({invoice.date for invoice in invoices}) < 31


@pytest.mark.parametrize(("buyer", "first", "last", "company"), [
    ("Frick, Henry Clay", "Henry Clay", "Frick", ""),
    ("Bacon, Francis M., Jr.", "Francis M.", "Bacon Jr.", ""),
    ("Reid, Whitelaw, Mrs.", "Mrs. Whitelaw", "Reid", ""),
    ("Ekstrom, Arne, Mr. & Mrs.", "Mr. & Mrs. Arne", "Ekstrom", ""),
    ("Clark, William (New York)", "William", "Clark (New York)", ""),
    ("Astor, John Jacob (III)", "John Jacob", "Astor (III)", ""),
    ("Graham, (James & Sons), Gallery", "", "", "Graham (James & Sons) Gallery"),
    ("Pinakos, Inc. (Rudolf Heinemann)", "", "", "Pinakos, Inc. (Rudolf Heinemann)"),
    ("Scott and Fowles", "", "", "Scott and Fowles"),
    ("Brooklyn, NY, USA.  Brooklyn Museum of Art", "", "", "Brooklyn Museum of Art"),
])
def test_names_of_buyers(buyer, first, last, company):
    assert ledger.name_parts(buyer) == {"first_name": first, "last_name": last, "company": company}


def test_two_buyers_never_become_one_contact():
    names = ledger.names(["Smith, John", "John Smith", "SMITH, JOHN", "Smith, John "])
    shown = {(p["company"] or f"{p['first_name']} {p['last_name']}").casefold() for p in names.values()}
    assert len(shown) == 4


def test_the_address_that_stands_most_often(empty_site):
    here, there = "1 E. 70th St., New York, NY, USA", "Somewhere"
    _, contacts = load(empty_site, [sale(address=a) for a in (there, here, here)])
    assert contacts[0].billing.lines == ("1 E. 70th St.",)
    assert (contacts[0].billing.city, contacts[0].billing.region, contacts[0].billing.country) == (
        "New York", "NY", "USA")


def test_tax_is_worked_out_on_the_invoice_as_galleries_do(empty_site):
    sales = [sale("B, A", "1900-01-01", price) for price in ("3.37", "3.37", "10.26")]
    [on_top], _ = load(empty_site, sales, ledger.Terms(Decimal("20")))
    assert (on_top.total, on_top.tax_total, on_top.tax_mode) == (Decimal("20.40"), Decimal("3.40"), TaxMode.EXCLUSIVE)
    assert {item.tax_option_id for item in on_top.items} != {None} and on_top.payments[0].amount == on_top.total


def test_tax_may_be_included_and_every_tenth_invoice_in_another_currency(empty_site):
    sales = [sale(f"B, {n}", "1900-01-01", "108.88") for n in range(20)]
    invoices, _ = load(empty_site, sales, ledger.Terms(Decimal("8.875"), "inclusive", "EUR"))
    assert {(i.total, i.tax_total) for i in invoices} == {(Decimal("108.88"), Decimal("8.88"))}
    assert {i.number for i in invoices if i.currency == "EUR"} == {10, 20}
    foreign = next(i for i in invoices if i.number == 10)
    assert (foreign.exchange_rate, foreign.payments[0].bank_amount) == (Decimal("0.8786"), Decimal("123.92"))


@pytest.mark.parametrize("options", [
    ["--tax", "lots"], ["--tax", "-1"], ["--every-tenth", "euro"], ["--tax-mode", "x"],
])
def test_terms_that_make_no_sense_are_refused(options, capsys):
    with pytest.raises(SystemExit):
        command.arguments(options)
    assert "error: argument" in capsys.readouterr().err


def test_it_loads_into_postgresql_too(make_site, postgres_url):
    invoices, _ = load(make_site(postgres_url), [sale(), sale(price="0.05", buyer="B, A")])
    assert [str(i.total) for i in invoices] == ["100.00", "0.05"]


def test_the_real_ledger(empty_site, data_dir):
    """Knoedler's books, 1872 to 1970."""
    began = time.monotonic()
    sales = read(data_dir / "knoedler_sales.csv")
    invoices, contacts = load(empty_site, sales)
    assert time.monotonic() - began < 6
    assert (len(invoices), sum(len(i.items) for i in invoices), len(contacts)) == (2816, 4193, 1297)
    assert sum(i.total for i in invoices) == sum(s.price for s in sales) == Decimal("19853935.49")
    assert [i.number for i in sorted(invoices, key=lambda i: i.date)] == list(range(1, 2817))
    with empty_site.app_context():
        assert db.session.scalar(select(func.count()).select_from(models.Payment)) == 2816
