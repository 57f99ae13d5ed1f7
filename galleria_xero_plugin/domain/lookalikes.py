"""Which sales invoices in Xero look like invoices of the gallery that were never sent from here.

Before the first send the books are rarely empty: a bookkeeper has entered sales by hand, another connector has sent
them. What is found here is a question for a person and never decided. Source: `product.md` §4.5.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

from . import names
from .accounting import XeroInvoice
from .markers import marker_in_reference, marker_in_url
from .totals import round_half_up

WITHIN = dt.timedelta(days=60)
"""How far apart the two dates of one sale may be."""
TWIN_DAYS = 30
GONE = frozenset({"VOIDED", "DELETED"})
_CENT = Decimal("0.01")
_TOKEN = re.compile(r"[A-Za-z0-9._/-]+")
_FIGURES = re.compile(r"[0-9]{1,12}(\.[0-9]{1,4})?")
_SHORTEST_BARE = 3
"""Digits of a number without its prefix that mean something inside a reference: "12" is a house, a lot, a size."""


class Why(IntEnum):
    """What the likeness rests on, the surest first."""

    MARKER = 1
    NUMBER = 2
    REFERENCE = 3
    CONTACT_AND_TOTAL = 4


@dataclass(frozen=True, slots=True)
class Sale:
    """What is compared of an invoice of the gallery.

    `id` is the caller's own, `number` the gallery's running number and `xero_number` the one it would get in Xero;
    `xero_contact_id` is its contact in Xero when that is known for certain.
    """

    id: str
    marker: str
    number: int
    xero_number: str
    contact: str
    date: dt.date
    total: Decimal
    currency: str
    xero_contact_id: str | None = None


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A sale of the gallery and the invoice in Xero that it may be."""

    sale_id: str
    found: XeroInvoice
    why: Why


def predates(issued_at: dt.datetime | None, date: dt.date, connected_at: dt.datetime, connected_on: dt.date) -> bool:
    """Whether an invoice is older than the connection, so that somebody may have entered it in Xero already. A
    gallery that does not know when it issued an invoice is asked for its date; `connected_on` is the day by its
    own calendar."""
    return issued_at < connected_at if issued_at is not None else date <= connected_on


def find(sales: Sequence[Sale], standing: Iterable[XeroInvoice]) -> tuple[Lookalike, ...]:
    """The likeliest pairs, in the order of the sales.

    A buyer who pays the same price every month has several invoices that look alike. The nearest date comes first;
    the next one of the same buyer and price is offered too when its date is almost as near, because only a person can
    tell them apart. Apart from such twins each sale and each invoice of Xero is in one pair.
    """
    shelves = _Shelves(sales)
    pairs = [
        (why, abs((invoice.date - sale.date).days) if invoice.date else WITHIN.days, sale, invoice)
        for invoice in standing
        if invoice.type == "ACCREC" and invoice.status not in GONE
        for sale, why in shelves.like(invoice)
    ]
    pairs.sort(key=lambda pair: (pair[0], pair[1], pair[2].date, pair[2].number, pair[3].id))
    chosen: dict[str, list[Lookalike]] = defaultdict(list)
    offered: dict[str, list[tuple[Why, int]]] = defaultdict(list)
    for why, days, sale, invoice in pairs:
        before = offered[invoice.id]
        twin = len(before) == 1 and before[0][0] is why and days <= TWIN_DAYS and not chosen[sale.id]
        if twin or not (before or chosen[sale.id]):
            before.append((why, days))
            chosen[sale.id].append(Lookalike(sale.id, invoice, why))
    return tuple(pair for sale in sales for pair in chosen.get(sale.id, ()))


class _Shelves:
    """The sales, sorted by what an invoice in Xero can be looked up by."""

    def __init__(self, sales: Sequence[Sale]) -> None:
        self._words = {sale.id: names.words(sale.contact) for sale in sales}
        self._by_marker = {sale.marker: sale for sale in sales}
        self._by_number: dict[str, list[Sale]] = defaultdict(list)
        self._by_bare: dict[str, list[Sale]] = defaultdict(list)
        self._by_total: dict[tuple[str, Decimal], list[Sale]] = defaultdict(list)
        for sale in sales:
            self._by_number[_key(sale.xero_number)].append(sale)
            self._by_bare[str(sale.number)].append(sale)
            self._by_total[sale.currency, round_half_up(sale.total)].append(sale)

    def like(self, invoice: XeroInvoice) -> Iterator[tuple[Sale, Why]]:
        """The sales that this invoice may be, each with the surest reason."""
        found: dict[str, tuple[Sale, Why]] = {}
        for sale, why in self._all(invoice):
            found.setdefault(sale.id, (sale, why))
        yield from found.values()

    def _all(self, invoice: XeroInvoice) -> Iterator[tuple[Sale, Why]]:
        marker = marker_in_url(invoice.url) or marker_in_reference(invoice.reference)
        if marker in self._by_marker:
            yield self._by_marker[marker], Why.MARKER
        yield from ((sale, Why.NUMBER) for sale in self._by_number.get(_key(invoice.number), ()))
        near = self._near(invoice)
        for sale in self._by_bare.get(invoice.number.strip().lstrip("#"), ()):
            if near(sale):
                yield sale, Why.NUMBER
        for token in dict.fromkeys(_TOKEN.findall(invoice.reference)):
            token = token.strip("./-")
            yield from ((sale, Why.REFERENCE) for sale in self._by_number.get(_key(token), ()))
            if len(token) >= _SHORTEST_BARE:
                yield from ((s, Why.REFERENCE) for s in self._by_bare.get(token, ()) if near(s))
        words = names.words(invoice.contact_name)
        total = round_half_up(invoice.total)
        for amount in (total, total - _CENT, total + _CENT):
            for sale in self._by_total.get((invoice.currency, amount), ()):
                if _in_time(sale, invoice) and self._same_contact(sale, invoice, words):
                    yield sale, Why.CONTACT_AND_TOTAL

    def _near(self, invoice: XeroInvoice):  # type: ignore[no-untyped-def]
        """A bare number is everybody's: something else has to speak for it, the total or the contact."""
        words = names.words(invoice.contact_name)

        def near(sale: Sale) -> bool:
            same_total = sale.currency == invoice.currency and abs(sale.total - invoice.total) <= _CENT
            return same_total or self._same_contact(sale, invoice, words)

        return near

    def _same_contact(self, sale: Sale, invoice: XeroInvoice, words: names.Words) -> bool:
        if sale.xero_contact_id is not None and sale.xero_contact_id == invoice.contact_id:
            return True
        return names.alike(self._words[sale.id], words)


def mentioned(invoice: XeroInvoice, words: str) -> bool:
    """Whether a person who searches for these words may mean this invoice: by its number, its reference, its
    contact, or its amount in figures (1,250.00 or 1250). What is voided or deleted is not meant."""
    wanted = _key(words)
    if not wanted or invoice.status in GONE:
        return False
    if any(wanted in _key(text) for text in (invoice.number, invoice.reference, invoice.contact_name)):
        return True
    figures = words.replace(",", "").strip()
    return _FIGURES.fullmatch(figures) is not None and Decimal(figures) == invoice.total


def _in_time(sale: Sale, invoice: XeroInvoice) -> bool:
    return invoice.date is not None and abs(invoice.date - sale.date) <= WITHIN


def _key(number: str) -> str:
    """What makes two numbers the same to a person: AG-1042, ag 1042 and AG1042."""
    return "".join(char for char in number if char.isalnum()).casefold()
