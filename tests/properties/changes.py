"""What happens to sales afterwards, drawn at random.

How often, for each sale that was sent whole::

    nothing 40 %, price corrected 12 %, a line added 6 %, a line taken off 6 %, money comes in 8 %, cancelled 8 %,
    cancelled and everything given back 6 %, cancelled and a part given back 3 %, a payment taken back 4 %, a payment's
    amount corrected 4 %, a discount after a part was paid 3 %

What cannot be (giving back what was never paid) is nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from random import Random

from galleria_xero_plugin.domain.model import Invoice, Item
from galleria_xero_plugin.testing import FakeGallery

from .sales import CENT, Sale, asked_for, cents, item, one_of, payment

Change = Callable[[Random, FakeGallery, Invoice, dt.date], bool]


def change(random: Random, gallery: FakeGallery, sale: Sale, today: dt.date) -> str:
    """Something happens to a sale, or nothing (""); what is said is one of `CHANGES`."""
    weights = [(weight, name) for name, (weight, _) in CHANGES.items()]
    name = one_of(random, (40, ""), *weights)
    if not name or sale.flaw:
        return ""
    invoice = gallery.invoices(gallery.gallery_id, [sale.invoice.id])[0]
    return name if CHANGES[name][1](random, gallery, invoice, today) else ""


def _price(random: Random, gallery: FakeGallery, invoice: Invoice, today: dt.date) -> bool:
    first, *rest = invoice.items
    return _items(gallery, invoice, (replace(first, unit_price=first.unit_price + random.randint(1, 90)), *rest))


def _line_added(random: Random, gallery: FakeGallery, invoice: Invoice, today: dt.date) -> bool:
    more = item(random, f"{len(invoice.items) + 1}", invoice.items[0].tax_option_id)
    return _items(gallery, invoice, (*invoice.items, more))


def _line_removed(random: Random, gallery: FakeGallery, invoice: Invoice, today: dt.date) -> bool:
    if len(invoice.items) < 2:
        return False
    gone = random.randrange(len(invoice.items))
    return _items(gallery, invoice, tuple(one for place, one in enumerate(invoice.items) if place != gone))


def _discount(random: Random, gallery: FakeGallery, invoice: Invoice, today: dt.date) -> bool:
    """Agreed after a part was paid."""
    first, *rest = invoice.items
    if first.discount_percent or first.discount_amount or not 0 < paid(invoice) < invoice.total:
        return False
    items = (replace(first, discount_percent=Decimal(random.randint(1, 20))), *rest)
    total, _ = asked_for(items, invoice.tax_mode, per_line=True)
    return total > paid(invoice) and _items(gallery, invoice, items)


def _items(gallery: FakeGallery, invoice: Invoice, items: tuple[Item, ...]) -> bool:
    total, tax = asked_for(items, invoice.tax_mode, per_line=True)
    if total <= 0 or total == invoice.total:
        return False
    gallery.change_invoice(invoice.id, items=items, total=total, tax_total=tax)
    return True


def _money(random: Random, gallery: FakeGallery, invoice: Invoice, today: dt.date) -> bool:
    left = invoice.total - paid(invoice)
    if left <= 0:
        return False
    amount = random.choice((left, cents(left / 2) or CENT))
    arrived = replace(payment(random, invoice, len(invoice.payments) + 1, amount), date=today)
    gallery.change_invoice(invoice.id, payments=(*invoice.payments, arrived))
    return True


def _cancelled(random: Random, gallery: FakeGallery, invoice: Invoice, today: dt.date) -> bool:
    gallery.cancel_invoice(invoice.id)
    return True


def _given_back(random: Random, gallery: FakeGallery, invoice: Invoice, today: dt.date) -> bool:
    for one in invoice.payments:
        gallery.add_refund(invoice.id, one.amount, date=today, method_id=one.method_id)
    return bool(invoice.payments) and _cancelled(random, gallery, invoice, today)


def _part_given_back(random: Random, gallery: FakeGallery, invoice: Invoice, today: dt.date) -> bool:
    part = cents(paid(invoice) * random.randint(10, 90) / 100)
    if not part or invoice.currency != "GBP":
        return False
    gallery.add_refund(invoice.id, part, date=today, method_id=invoice.payments[0].method_id)
    return _cancelled(random, gallery, invoice, today)


def _payment_removed(random: Random, gallery: FakeGallery, invoice: Invoice, today: dt.date) -> bool:
    if invoice.payments:
        gallery.remove_payment(invoice.id, random.choice(invoice.payments).id)
    return bool(invoice.payments)


def _payment_corrected(random: Random, gallery: FakeGallery, invoice: Invoice, today: dt.date) -> bool:
    lower = [one for one in invoice.payments if one.amount > 1]
    if not lower:
        return False
    one = random.choice(lower)
    bank_amount = one.bank_amount and max(one.bank_amount - 1, CENT)
    gallery.change_payment(invoice.id, one.id, amount=one.amount - 1, bank_amount=bank_amount)
    return True


def paid(invoice: Invoice) -> Decimal:
    """What came in for an invoice."""
    return sum((one.amount for one in invoice.payments), Decimal(0))


CHANGES: dict[str, tuple[int, Change]] = {
    "price corrected": (12, _price),
    "line added": (6, _line_added),
    "line taken off": (6, _line_removed),
    "money comes in": (8, _money),
    "cancelled": (8, _cancelled),
    "cancelled, all given back": (6, _given_back),
    "cancelled, part given back": (3, _part_given_back),
    "payment taken back": (4, _payment_removed),
    "payment corrected": (4, _payment_corrected),
    "discount": (3, _discount),
}
"""How often each is drawn (of 100), and how it is done; False when it cannot be."""
