"""Makes believable invoices: works, framing, shipping, discounts, two currencies, and how they were paid."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from .invoicing import cents, sum_up
from .models import Artwork, Contact, Gallery, Invoice, Item, Method, Payment, Refund, Tax, Theme
from .seed_data import CONSULTANTS, EURO

NONE = Decimal(0)
RATES = ("1.152300", "1.148000", "1.160500")  # euros for a pound, as the gallery typed them


class Maker:
    """Invoices of one gallery. Every choice comes from `chance`, so the same seed gives the same sales."""

    def __init__(
        self, session: Session, home: Gallery, chance: random.Random, today: dt.date, works: Sequence[Artwork]
    ) -> None:
        self.session, self.home, self.chance, self.today, self.works = session, home, chance, today, works
        self.taxed, self.untaxed = session.scalars(select(Tax).filter_by(gallery_id=home.id).order_by(Tax.id))
        self.bank, self.cash, self.card = session.scalars(
            select(Method).filter_by(gallery_id=home.id).order_by(Method.id)
        )
        self.themes = session.scalars(select(Theme.id).filter_by(gallery_id=home.id).order_by(Theme.id)).all()

    # -- what the seed asks for

    def sale(self, number: int, date: dt.date, client: Contact) -> Invoice:
        """Works, perhaps framed and shipped, paid sooner or later."""
        abroad = client.billing.country not in ("United Kingdom", "United States") or (
            client.billing.country == "United States" and self.home.currency == "GBP"
        )
        invoice = self._new(number, date, client, self.chance.choice(("exclusive", "exclusive", "inclusive")))
        if client.billing.country in EURO and number % 2:
            invoice.currency, invoice.exchange_rate = "EUR", Decimal(self.chance.choice(RATES))
        tax = self.untaxed if abroad else self.taxed
        items = [self._work(tax) for _ in range(self.chance.choice((1, 1, 1, 2, 3)))]
        self._discount(items[0])
        if self.chance.random() < 0.35:
            items.append(self._line("framing", "Framing, oak with museum glass", tax, self._price(80, 420)))
        if self.chance.random() < 0.4 or abroad:
            # Delivery abroad is zero-rated like the goods; at home it carries the usual tax.
            items.append(self._line("shipping", "Packing and delivery", tax, self._price(18, 160)))
        if self.chance.random() < 0.12:
            # An exported work with tax-free certificate beside a taxed line: two rates on one invoice.
            items.append(self._line("custom", "Export licence, at cost", self.untaxed, self._price(20, 60)))
        self._issue(invoice, items)
        self._paid_somehow(invoice)
        return invoice

    def portal_fee(self, number: int, date: dt.date, artist: Contact) -> Invoice:
        """What an artist pays for the portal, by card and at once."""
        invoice = self._new(number, date, artist, "inclusive")
        self._issue(invoice, [self._line("portal", "Artist portal, one season", self.taxed, Decimal("29.50"))])
        self._pay(invoice, invoice.total, date, self.card)
        return invoice

    def gift(self, number: int, date: dt.date, client: Contact) -> Invoice:
        """Given away: a discount of all of it."""
        invoice = self._new(number, date, client, "exclusive")
        item = self._work(self.taxed)
        item.discount_percent = Decimal(100)
        invoice.notes = "With our thanks for twenty years of loyalty."
        return self._issue(invoice, [item])

    def cancelled(self, number: int, date: dt.date, client: Contact) -> Invoice:
        """Issued by mistake."""
        invoice = self._issue(self._new(number, date, client, "exclusive"), [self._work(self.taxed)])
        invoice.state = "cancelled"
        return invoice

    def refunded_and_cancelled(self, number: int, date: dt.date, client: Contact) -> Invoice:
        """Paid, brought back, given back."""
        invoice = self._issue(self._new(number, date, client, "inclusive"), [self._work(self.taxed)])
        self._pay(invoice, invoice.total, date, self.bank)
        returned = self._until_today(date + dt.timedelta(days=9))
        invoice.refunds.append(Refund(amount=invoice.total, date=returned, method=self.bank, reference="Return"))
        invoice.state = "cancelled"
        return invoice

    def draft(self, number: int, date: dt.date, client: Contact) -> Invoice:
        """Not sent out yet."""
        invoice = self._issue(self._new(number, date, client, "exclusive"), [self._work(self.taxed)])
        invoice.state, invoice.issued_at = "draft", None
        return invoice

    # -- parts

    def _new(self, number: int, date: dt.date, client: Contact, tax_mode: str) -> Invoice:
        return Invoice(
            gallery_id=self.home.id, number=number, contact=client, date=date, tax_mode=tax_mode,
            due_date=date + dt.timedelta(days=self.chance.choice((14, 30, 30, 60))), currency=self.home.currency,
            theme_id=self.themes[number % len(self.themes)], consultant=self.chance.choice(CONSULTANTS),
            reference=self.chance.choice(("", "", "Spring Show", "Works on Paper", f"PO {4000 + number}")),
            terms="Title passes on full payment.",
        )  # fmt: skip

    def _issue(self, invoice: Invoice, items: list[Item]) -> Invoice:
        for position, item in enumerate(items, 1):
            item.position = position
        invoice.items = items
        sum_up(invoice, {self.taxed.id: self.taxed.rate, self.untaxed.id: self.untaxed.rate})
        invoice.state = "issued"
        # The day before at the earliest: an invoice dated today was not issued in the future.
        invoice.issued_at = dt.datetime.combine(invoice.date, dt.time(10), dt.UTC) - dt.timedelta(days=1)
        self.session.add(invoice)
        self.session.flush()
        return invoice

    def _price(self, least: int, most: int) -> Decimal:
        return Decimal(self.chance.randint(least * 100, most * 100)).scaleb(-2)

    def _line(self, kind: str, text: str, tax: Tax, price: Decimal, **fields: Any) -> Item:
        values = {"quantity": Decimal(1), "discount_percent": NONE, "discount_amount": NONE} | fields
        return Item(kind=kind, description=text, tax_id=tax.id, unit_price=price, **values)

    def _work(self, tax: Tax) -> Item:
        work = self.chance.choice(self.works)
        count = Decimal(self.chance.choice((1, 2, 3)) if work.edition else 1)
        # Prices with pence make the rounding of tax matter.
        price = work.price + self.chance.choice((NONE, NONE, Decimal("0.95"), Decimal("0.33")))
        return self._line("artwork", work.title, tax, price, artwork=work, quantity=count)

    def _discount(self, item: Item) -> None:
        kind = self.chance.randrange(5)
        if kind == 0:
            item.discount_percent = Decimal(self.chance.choice(("5", "10", "12.5")))
        elif kind == 1:
            item.discount_amount = Decimal(self.chance.choice(("25", "40.50")))

    def _until_today(self, date: dt.date) -> dt.date:
        return min(date, self.today)

    def _paid_somehow(self, invoice: Invoice) -> None:
        age = (self.today - invoice.date).days
        outcome = self.chance.random()
        method = self.chance.choice((self.bank, self.bank, self.card, self.cash if invoice.total < 1000 else self.bank))
        later = self._until_today(invoice.date + dt.timedelta(days=self.chance.randint(0, 35)))
        if outcome < 0.62 and age > 10:
            self._pay(invoice, invoice.total, later, method)
        elif outcome < 0.85:
            deposit = cents(invoice.total * Decimal("0.3"))
            self._pay(invoice, deposit, invoice.date, self.card)
            if age > 45 and self.chance.random() < 0.6:
                self._pay(invoice, invoice.total - deposit, later, method)

    def _pay(self, invoice: Invoice, amount: Decimal, date: dt.date, method: Method) -> None:
        by_card = method is self.card
        payment = Payment(
            amount=amount, date=date, method=method,
            reference=f"ch_{invoice.number}{len(invoice.payments)}" if by_card else "",
            fee=cents(amount * Decimal("0.015") + Decimal("0.20")) if by_card else None,
            # A payment in euros arrives in pounds.
            bank_amount=cents(amount / invoice.exchange_rate) if invoice.exchange_rate else None,
        )  # fmt: skip
        invoice.payments.append(payment)
