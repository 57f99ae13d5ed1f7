"""A sales ledger becomes a gallery of its own: its buyers the contacts, each buyer's day an invoice.

First the sales are grouped into invoices (one buyer on one day), then their dates are moved into the last
two years with their order kept: the other way round, days would fall together and with them invoices.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from . import changes, invoicing, seed, seed_data
from .ledger_file import Sale
from .models import Artwork, Contact, Gallery, Invoice, Item, Method, Payment, Tax

NAME = "M. Knoedler & Co."
BASE = "USD"
RATE = Decimal("0.8786")
"""What a dollar buys of the other currency, whatever it is."""
DAYS = 730
TITLE = re.compile(r"Mrs?\.|Miss|Dr\.|Colonel|Captain|General|Reverend|Mr\. (?:&|and) Mrs\.")
RANK = re.compile(r"Jr\.?|Sr\.?|Senior|\(?[IVX]+\)?")
FIRM = re.compile(r"\b(Inc|Co|Ltd|Company|Gallery|Galleries|Foundation|Museum|Corporation|Estate)\b")
PLACE_BEFORE = re.compile(r"^.*, USA\.\s+")


@dataclass(frozen=True, slots=True)
class Terms:
    """What is put on the ledger's sales: a tax in percent, on top of the prices or included in them, and another
    currency for every tenth invoice. As most galleries do, the tax is worked out on the invoice's total."""

    tax: Decimal | None = None
    tax_mode: str = "exclusive"
    every_tenth: str = ""

    def sums(self, net: Decimal) -> tuple[Decimal, Decimal]:
        """The total and the tax in it, of prices that sum up to `net`."""
        if self.tax is None:
            return net, Decimal(0)
        tax = invoicing.line_tax(net, self.tax, self.tax_mode)
        return (net + tax if self.tax_mode == "exclusive" else net), tax

    def currency(self, number: int) -> str:
        """An invoice's currency."""
        return self.every_tenth if self.every_tenth and number % 10 == 0 else BASE


def load(session: Session, sales: Sequence[Sale], today: dt.date, terms: Terms | None = None) -> Gallery:
    """The ledger's gallery with everything in it, in one transaction; a few statements for each table."""
    terms = terms or Terms()
    home = seed.gallery(
        session, name=NAME, time_zone="America/New_York", locale="en-US", currency=BASE,
        site="knoedler.example", users=seed_data.LEDGER_USERS,
        taxes=() if terms.tax is None else ((f"Sales tax {terms.tax:f}%", f"{terms.tax:f}"),),
    )  # fmt: skip
    tax_id = session.scalar(select(Tax.id).filter_by(gallery_id=home.id))
    bank = session.scalars(select(Method.id).filter_by(gallery_id=home.id, kind="bank_transfer")).one()
    contact_ids = _add_contacts(session, home.id, sales)
    artwork_ids = _add_artworks(session, home.id, sales)
    groups = grouped(sales)
    dates = moved([sales[group[0]].date for group in groups], today)
    sums = [terms.sums(sum((sales[index].price for index in group), Decimal(0))) for group in groups]
    currencies = [terms.currency(n) for n in range(1, len(groups) + 1)]
    numbers = changes.take_numbers(session, home.id, len(groups))
    now = dt.datetime.now(dt.UTC)
    invoice_ids = _insert(session, Invoice, [
        {
            "gallery_id": home.id, "number": n, "change": numbers[n - 1], "changed_at": now, "state": "issued",
            "contact_id": contact_ids[sales[group[0]].buyer], "date": date, "due_date": date,
            "issued_at": dt.datetime.combine(date, dt.time(12), dt.UTC), "total": total, "tax_total": tax,
            "tax_mode": "none" if terms.tax is None else terms.tax_mode, "reference": "", "theme_id": None,
            "currency": currency, "exchange_rate": None if currency == BASE else RATE,
        }
        for n, (group, date, (total, tax), currency) in enumerate(
            zip(groups, dates, sums, currencies, strict=True), 1
        )
    ])  # fmt: skip
    _insert(session, Item, [
        {
            "invoice_id": invoice_id, "position": position, "kind": "artwork", "description": sales[index].title,
            "quantity": Decimal(1), "unit_price": sales[index].price, "artwork_id": artwork_ids[index],
            "tax_id": tax_id,
        }
        for invoice_id, group in zip(invoice_ids, groups, strict=True) for position, index in enumerate(group, 1)
    ])  # fmt: skip
    _insert(session, Payment, [
        {
            "invoice_id": id, "amount": total, "date": date, "method_id": bank, "reference": "",
            "bank_amount": None if currency == BASE else invoicing.cents(total / RATE),
        }
        for id, date, (total, _), currency in zip(invoice_ids, dates, sums, currencies, strict=True) if total
    ])  # fmt: skip
    session.commit()
    return home


def grouped(sales: Sequence[Sale]) -> list[list[int]]:
    """Which sales make which invoice, in the order of their days (and of the file within a day)."""
    groups: dict[tuple[dt.date, str], list[int]] = defaultdict(list)
    for index, sale in enumerate(sales):
        groups[sale.date, sale.buyer].append(index)
    return sorted(groups.values(), key=lambda group: (sales[group[0]].date, group[0]))


def moved(dates: Sequence[dt.date], today: dt.date) -> list[dt.date]:
    """The dates, in order as they are, stretched or pressed into the two years that end yesterday."""
    first, span = dates[0], max((dates[-1] - dates[0]).days, 1)
    start = today - dt.timedelta(days=DAYS)
    return [start + dt.timedelta(days=(date - first).days * (DAYS - 1) // span) for date in dates]


def names(buyers: Iterable[str]) -> dict[str, dict[str, str]]:
    """Each buyer's name in the parts of a contact. Two buyers never get the same name."""
    taken: set[str] = set()
    found: dict[str, dict[str, str]] = {}
    for buyer in buyers:
        parts = name_parts(buyer)
        shown = parts["company"] or f"{parts['first_name']} {parts['last_name']}".strip()
        if shown.casefold() in taken:
            shown, number = buyer, 2
            while shown.casefold() in taken:
                shown, number = f"{buyer} ({number})", number + 1
            parts = {"first_name": "", "last_name": "", "company": shown}
        taken.add(shown.casefold())
        found[buyer] = parts
    return found


def name_parts(buyer: str) -> dict[str, str]:
    """ "Frick, Henry Clay" is a person, "Bacon, Francis M., Jr." too; without a comma, or with the words of
    a firm, it is a company. What stands in brackets goes with the last name."""
    name = PLACE_BEFORE.sub("", buyer)
    last, *rest = (part.strip() for part in name.split(","))
    if not rest or any(part.startswith("(") and not RANK.fullmatch(part) for part in rest) or FIRM.search(name):
        return {"first_name": "", "last_name": "", "company": name.replace(", (", " (").replace("), ", ") ")}
    title = " ".join(part for part in rest if TITLE.fullmatch(part))
    rank = " ".join(part for part in rest if RANK.fullmatch(part))
    first = " ".join(part for part in rest if not TITLE.fullmatch(part) and not RANK.fullmatch(part))
    first, bracket, aside = first.partition(" (")
    last = f"{last} {rank}".strip() + (f" ({aside}" if bracket else "")
    return {"first_name": f"{title} {first}".strip(), "last_name": last, "company": ""}


def address(text: str) -> dict[str, str]:
    """ "1 E. 70th St., New York, NY, USA" in the columns of a billing address."""
    parts = [part.strip() for part in text.rsplit(",", 3)]
    if len(parts) < 4 or parts[3] != "USA":
        parts = [text, "", "", ""]
    lines, city, region, country = parts
    return {
        "billing_lines": lines, "billing_city": city, "billing_region": region, "billing_country": country,
        "billing_postal_code": "",
    }  # fmt: skip


def _add_contacts(session: Session, gallery_id: int, sales: Iterable[Sale]) -> dict[str, int]:
    addresses: dict[str, Counter[str]] = defaultdict(Counter)
    for sale in sales:
        addresses[sale.buyer][sale.address] += 1
    rows = [
        # The address that stands most often in the book; the first one when several do.
        {"gallery_id": gallery_id, "groups": ["Buyers"], **parts, **address(addresses[buyer].most_common(1)[0][0])}
        for buyer, parts in names(addresses).items()
    ]
    return dict(zip(addresses, _insert(session, Contact, rows), strict=True))


def _add_artworks(session: Session, gallery_id: int, sales: Iterable[Sale]) -> list[int]:
    return _insert(session, Artwork, [
        {
            "gallery_id": gallery_id, "inventory_id": f"MK-{number:05}", "artists": list(sale.artists),
            "title": sale.title, "medium": sale.kind, "dimensions": sale.size[:100], "price": sale.price,
        }
        for number, sale in enumerate(sales, 1)
    ])  # fmt: skip


def _insert(session: Session, kind: type, rows: Sequence[dict[str, Any]]) -> list[int]:
    """The new rows' ids, in the order of the rows."""
    table: Table = kind.__table__  # type: ignore[attr-defined]
    if not rows:
        return []
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return list(session.scalars(statement, rows))
