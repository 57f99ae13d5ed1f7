"""A real ledger of 2,816 sales, of which forty stand in Xero already, each spelled by somebody else on another day.

The forty are picked and spelled anew by a seeded rule: initials, punctuation, or one wrong letter, and a date within
thirty days. Twins (the same buyer, the same price, at about the same time) are offered both, and count as false.
"""

from __future__ import annotations

import datetime as dt
import random
import re
import time
from decimal import Decimal

import pytest

from galleria_xero_plugin import Contact, Invoice, InvoiceState, Item, ItemKind, TaxMode
from galleria_xero_plugin.demo import ledger, ledger_file
from galleria_xero_plugin.domain import lookalikes
from galleria_xero_plugin.domain.accounting import XeroInvoice
from galleria_xero_plugin.domain.lookalikes import Sale
from galleria_xero_plugin.domain.mapping import contact_name
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState
from galleria_xero_plugin.ports.books import Answer

from .by_hand import Desk, enter_all
from .office import START, Office
from .test_clean_run import created, invoices_in_xero

TODAY = START.date()
STANDING = 40
TITLE = re.compile(r"Mrs?\.|Miss|Dr\.")


def sales_of(data_dir) -> list[Invoice]:
    """The ledger as invoices: one buyer, one day; the dates moved into the last two years."""
    sales = ledger_file.read(data_dir / "knoedler_sales.csv")
    names = ledger.names(dict.fromkeys(sale.buyer for sale in sales))
    ids = {buyer: f"b-{n}" for n, buyer in enumerate(names)}
    groups = ledger.grouped(sales)
    dates = ledger.moved([sales[group[0]].date for group in groups], TODAY)
    return [_invoice(n, [sales[i] for i in group], date, names, ids)
            for n, (group, date) in enumerate(zip(groups, dates, strict=True), 1)]


def _invoice(number, works, date, names, ids) -> Invoice:
    noon = dt.datetime.combine(date, dt.time(12), dt.UTC)
    total = sum((work.price for work in works), Decimal(0))
    buyer = works[0].buyer
    return Invoice(
        id=f"k-{number}", number=number, revision=1, state=InvoiceState.ISSUED, date=date, due_date=date,
        contact=Contact(ids[buyer], **names[buyer]), currency="GBP", tax_mode=TaxMode.NONE, total=total,
        tax_total=Decimal(0), issued_at=noon, changed_at=noon,
        items=tuple(Item(str(n), ItemKind.ARTWORK, Decimal(1), work.price, work.title or "A work")
                    for n, work in enumerate(works)),
    )


def spelled_anew(contact: Contact, chance: random.Random) -> str:
    """By somebody else."""
    name = contact_name(contact)
    match chance.choice(["initials", "punctuation", "letter"]):
        case "initials" if contact.first_name:
            given = " ".join(w if TITLE.fullmatch(w) else f"{w[0]}." for w in contact.first_name.split())
            return f"{given} {contact.last_name}"
        case "letter":
            longest = max(name.split(), key=len)
            at = name.index(longest) + chance.randrange(1, max(len(longest), 2))
            return name[:at] + chance.choice(["", "e", "n", "s"]) + name[at + 1 :]
    plain = re.sub(r"[.,]", "", name).replace("&", "and")
    return plain if plain != name else name.replace(" ", ", ", 1)


def entered(picked: list[Invoice], chance: random.Random) -> list[tuple[str, Decimal, dt.date, str]]:
    """What somebody entered for these sales: contact, total, date, number."""
    return [
        (spelled_anew(s.contact, chance), s.total, min(s.date + dt.timedelta(days=chance.randint(-30, 30)), TODAY), f"INV-{n:04}")
        for n, s in enumerate(picked)
    ]


@pytest.fixture(scope="module")
def sales(data_dir) -> list[Invoice]:
    return [sale for sale in sales_of(data_dir) if sale.total]


def as_compared(sale: Invoice) -> Sale:
    number = f"AG-{sale.number}"
    return Sale(sale.id, sale.id, sale.number, number, contact_name(sale.contact), sale.date, sale.total, "GBP")


def as_read(row: tuple[str, Decimal, dt.date, str]) -> XeroInvoice:
    contact, total, date, number = row
    zero = Decimal(0)
    return XeroInvoice(number, number, "ACCREC", "AUTHORISED", contact, "GBP", total, zero, total, zero, zero,
                       date=date, contact_name=contact)


@pytest.mark.parametrize("seed", ["forty of Knoedler's", "another forty", "and another"])
def test_forty_of_a_real_ledger_are_found(sales: list[Invoice], seed: str, capsys):
    chance = random.Random(seed)
    picked = chance.sample(sales, STANDING)
    truth = {f"INV-{n:04}": sale.id for n, sale in enumerate(picked)}
    rows = entered(picked, chance)

    began = time.monotonic()
    pairs = lookalikes.find([as_compared(sale) for sale in sales], [as_read(row) for row in rows])
    seconds = time.monotonic() - began

    right = [pair for pair in pairs if truth[pair.found.number] == pair.sale_id]
    with capsys.disabled():
        print(f"\n  {len(sales)} sales: of {STANDING} found {len(right)}, false {len(pairs) - len(right)}, {seconds:.2f} s")
    assert len(right) >= 38
    assert len(pairs) - len(right) <= 5


def test_nothing_is_doubled_after_linking(sales: list[Invoice], office: Office):
    """The forty, their twins, and a few dozen others, through the whole export."""
    chance = random.Random("forty of Knoedler's")
    picked = chance.sample(sales, STANDING)
    rows = entered(picked, chance)
    truth = {f"INV-{n:04}": sale for n, sale in enumerate(picked)}
    pairs = lookalikes.find([as_compared(sale) for sale in sales], [as_read(row) for row in rows])
    needed = {sale.id for sale in picked} | {pair.sale_id for pair in pairs}
    loaded = [sale for sale in sales if sale.id in needed]
    loaded += [sale for sale in sales if sale.id not in needed][-30:]
    for sale in loaded:
        office.gallery.add_invoice(sale)
    mapping = office.mapping(untaxed="ZERORATEDOUTPUT")
    office.save(office.settings(sync_from=dt.date(2020, 1, 1), mapping=mapping))
    enter_all(office, rows)
    before = created(office, "Contact"), created(office, "Invoice")

    office.sync()

    desk = Desk(office)
    asked = desk.asked()
    right = {n for n, sale in truth.items() if n in asked.get(f"AG-{sale.number}", ())}
    assert len(right) >= 38
    assert (created(office, "Contact"), created(office, "Invoice")) == before, "nothing while a question is open"
    linked, different = [], []
    for label, document_id, xero_id, number in desk.open():
        same = number in truth and f"AG-{truth[number].number}" == label
        (linked if same else different).append((document_id, xero_id))
    assert desk.answer(Answer.LINK, linked).done == len(right)
    desk.answer(Answer.DIFFERENT, different)

    here = [row["InvoiceNumber"] for row in invoices_in_xero(office).values()]
    ours = {number for number in here if number.startswith("AG-")}
    assert ours & {f"AG-{truth[number].number}" for number in right} == set(), "a linked one was created again"
    assert len(ours) == len(loaded) - len(right)
    documents = [office.document(DocumentKind.INVOICE, sale.id) for sale in loaded]
    assert all(row.state is DocumentState.DONE for row in documents)
    assert len({row.xero_id for row in documents}) == len(loaded), "each stands for one of its own"
