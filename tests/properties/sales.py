"""What galleries sell, drawn at random: the generator behind the properties of the books.

How often what is drawn; each choice is apart from the others::

    lines           1: 50 %, 2-4: 32 %, 5-12: 15 %, 13-60: 3 %
    kind of line    artwork 70 %, framing 10 %, shipping 10 %, custom 7 %, portal fee 3 %
    quantity        1: 85 %, 2-12: 10 %, to 5 with four decimals: 5 %
    price           to 9.99: 5 %, to 999.99: 45 %, to 99,999.99: 47 %, to 9,999,999.99: 3 %; one in twenty has four
                    decimals, one in sixty (never the first line) is a trade-in and negative
    discount        none 80 %, whole percent 8 %, percent with two decimals 4 %, an amount 8 %
    tax mode        on top 50 %, included 40 %, none 10 %
    tax option      one for all lines 75 %, each line its own 25 %: 20 % (half), 5 %, 4 %, two kinds of 0 %
    the gallery's   tax of each line rounded and added up 50 %, tax of the whole invoice for each option 50 %
    arithmetic      (as galleries do: this is where real differences to Xero come from)
    currency        GBP 80 %, EUR 12 %, USD 8 %; the exchange rate is known
    payments        none 25 %, in full 45 %, one part 15 %, two to ten instalments 10 % (equal ones on one day among
                    them), in full in two methods 5 %; a foreign one says what arrived at the bank
    date            in the last month 40 %, any day since January 60 %
    buyer           one of forty
    flaw            3 %: one thing is wrong, see `FLAWS`

Everything is drawn from one `random.Random`, so a seed tells a whole year of sales, and Hypothesis can draw it, too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import TypeVar

from galleria_xero_plugin.domain.model import Contact, Invoice, Item, ItemKind, Payment, TaxMode, TaxOption
from galleria_xero_plugin.testing import factories

TAX_OPTIONS = (
    TaxOption("vat-20", "VAT 20%", Decimal(20)),
    TaxOption("vat-5", "Reduced 5%", Decimal(5)),
    TaxOption("resale", "Resale right 4%", Decimal(4)),
    TaxOption("vat-0", "Zero-rated export", Decimal(0)),
    TaxOption("exempt", "Exempt", Decimal(0)),
)
TAX_RATES = {
    "vat-20": "OUTPUT2", "vat-5": "RROUTPUT", "resale": "TAX001", "vat-0": "ZERORATEDOUTPUT", "exempt": "EXEMPTOUTPUT",
}  # fmt: skip
RATES = {option.id: option.rate for option in TAX_OPTIONS}
Value = TypeVar("Value")

METHODS = ("bank", "cash", "card")
CENT = Decimal("0.01")

FLAWS = {
    "overpaid": {"overpayment"},
    "method without an account": {"payment_method_unmapped"},
    "tax option without a rate": {"tax_option_unmapped"},
    "currency not in Xero": {"currency_not_enabled"},
    "exchange rate unknown": {"currency_policy_missing"},
    "another total": {"total_differs"},
    "another tax": {"tax_differs"},
    "nothing to pay": {"zero_total"},
}
"""What can be wrong with a sale, and the reasons one of which must then be given."""


@dataclass(frozen=True)
class Sale:
    """An invoice and what is wrong with it ("" for nothing)."""

    invoice: Invoice
    flaw: str = ""


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def sale(random: Random, number: int, first: dt.date, last: dt.date) -> Sale:
    """One sale, dated from `first` to `last`."""
    items, mode = _items(random)
    total, tax = asked_for(items, mode, per_line=random.random() < 0.5)
    if total <= 0:  # more trade-ins than works
        items = items[:1]
        total, tax = asked_for(items, mode, per_line=True)
    currency = one_of(random, (80, "GBP"), (12, "EUR"), (8, "USD"))
    invoice = factories.make_invoice(
        number,
        items=items,
        tax_mode=mode,
        rates=RATES,
        date=_day(random, last.replace(day=1) if random.random() < 0.4 else first, last),
        contact=buyer(random.randrange(40)),
        currency=currency,
        exchange_rate=None if currency == "GBP" else Decimal(random.randint(900_000, 1_400_000)).scaleb(-6),
        total=total,
        tax_total=tax,
    )
    invoice = replace(invoice, payments=_payments(random, invoice))
    if random.random() >= 0.03:
        return Sale(invoice)
    flaw = random.choice(sorted(FLAWS))
    return Sale(_WITH[flaw](invoice), flaw)


def _day(random: Random, first: dt.date, last: dt.date) -> dt.date:
    return first + dt.timedelta(days=random.randint(0, (last - first).days))


def buyer(number: int) -> Contact:
    """One of the gallery's collectors."""
    return factories.make_contact(f"buyer-{number}", f"Collector{number}", "Of Prints")


def asked_for(items: tuple[Item, ...], mode: TaxMode, *, per_line: bool) -> tuple[Decimal, Decimal]:
    """What the gallery asks for: the total with tax, and the tax in it; calculated by line, or for each tax option
    on the whole invoice."""
    amounts = [_amount(item) for item in items]
    if mode is TaxMode.NONE:
        return sum(amounts, Decimal("0.00")), Decimal("0.00")
    groups: dict[str, Decimal] = {}
    for place, (item, amount) in enumerate(zip(items, amounts, strict=True)):
        assert item.tax_option_id is not None
        group = f"{item.tax_option_id} {place}" if per_line else item.tax_option_id
        groups[group] = groups.get(group, Decimal(0)) + amount
    tax = Decimal("0.00")
    for group, amount in groups.items():
        rate = RATES[group.split()[0]]
        tax += cents(amount * rate / (100 if mode is TaxMode.EXCLUSIVE else 100 + rate))
    total = sum(amounts, Decimal("0.00"))
    return (total + tax if mode is TaxMode.EXCLUSIVE else total), tax


def _amount(item: Item) -> Decimal:
    return cents(item.quantity * item.unit_price * (100 - item.discount_percent) / 100 - item.discount_amount)


def _items(random: Random) -> tuple[tuple[Item, ...], TaxMode]:
    low, high = one_of(random, (50, (1, 1)), (32, (2, 4)), (15, (5, 12)), (3, (13, 60)))
    mode = one_of(random, (50, TaxMode.EXCLUSIVE), (40, TaxMode.INCLUSIVE), (10, TaxMode.NONE))
    for_all = _option(random) if random.random() < 0.75 else None
    items = []
    for place in range(random.randint(low, high)):
        option = None if mode is TaxMode.NONE else for_all or _option(random)
        items.append(item(random, str(place + 1), option, trade_in=place > 0 and random.random() < 1 / 60))
    return tuple(items), mode


def item(random: Random, id: str, tax_option_id: str | None, *, trade_in: bool = False) -> Item:
    """One line."""
    kind = one_of(
        random, (70, ItemKind.ARTWORK), (10, ItemKind.FRAMING), (10, ItemKind.SHIPPING), (7, ItemKind.CUSTOM),
        (3, ItemKind.PORTAL),
    )  # fmt: skip
    quantity = one_of(
        random, (85, Decimal(1)), (10, Decimal(random.randint(2, 12))),
        (5, Decimal(random.randint(1, 50_000)).scaleb(-4)),
    )  # fmt: skip
    most = one_of(random, (5, 999), (45, 99_999), (47, 9_999_999), (3, 999_999_999))
    price = Decimal(random.randint(1, most)).scaleb(-2)
    if random.random() < 0.05:
        price += Decimal(random.randint(1, 99)).scaleb(-4)
    discounts: dict[str, Decimal] = one_of(
        random, (80, {}), (8, {"discount_percent": Decimal(random.randint(1, 60))}),
        (4, {"discount_percent": Decimal(random.randint(1, 5000)).scaleb(-2)}),
        (8, {"discount_amount": cents(quantity * price * random.randint(1, 50) / 100)}),
    )  # fmt: skip
    if trade_in:
        kind, quantity, price, discounts = ItemKind.CUSTOM, Decimal(1), -cents(price / 100), {}
    return factories.make_item(id, price, quantity, kind, tax_option_id, **discounts)


def _option(random: Random) -> str:
    return one_of(random, (50, "vat-20"), (15, "vat-5"), (10, "resale"), (15, "vat-0"), (10, "exempt"))


def _payments(random: Random, invoice: Invoice) -> tuple[Payment, ...]:
    how = one_of(random, (25, "none"), (45, "full"), (15, "part"), (10, "instalments"), (5, "two methods"))
    total = invoice.total
    if how == "none" or total < Decimal("0.20"):
        return ()
    if how == "full":
        return (payment(random, invoice, 1, total),)
    if how == "part":
        return (payment(random, invoice, 1, cents(total * random.randint(1, 99) / 100) or CENT),)
    if how == "two methods":
        part = cents(total * random.randint(1, 99) / 100) or CENT
        rest = (payment(random, invoice, 2, total - part),) if part < total else ()
        return (payment(random, invoice, 1, part), *rest)
    count = random.randint(2, 10)
    each = (total / count).quantize(CENT, rounding="ROUND_DOWN")
    same_day = random.random() < 0.3
    made = [payment(random, invoice, n, each) for n in range(1, count + 1)]
    if same_day:
        made = [replace(one, date=made[0].date, method_id=made[0].method_id) for one in made]
    return tuple(made)


def payment(random: Random, invoice: Invoice, number: int, amount: Decimal) -> Payment:
    """Money that arrives for an invoice, up to sixty days after it was written."""
    return factories.make_payment(
        f"{invoice.id}-p{number}",
        amount,
        invoice.date + dt.timedelta(days=random.randint(0, 60)),
        method_id=random.choice(METHODS),
        bank_amount=None if invoice.currency == "GBP" else cents(amount / (invoice.exchange_rate or 1)) or CENT,
    )


def one_of(random: Random, *choices: tuple[int, Value]) -> Value:
    """One of several values, by weight."""
    draw = random.randrange(sum(weight for weight, _ in choices))
    for weight, value in choices:
        if draw < weight:
            return value
        draw -= weight
    raise AssertionError("weights do not add up")


# -- what can be wrong


def _overpaid(invoice: Invoice) -> Invoice:
    bank_amount = None if invoice.currency == "GBP" else invoice.total + 50
    much = factories.make_payment(f"{invoice.id}-p1", invoice.total + 50, invoice.date, bank_amount=bank_amount)
    return replace(invoice, payments=(much,))


def _unknown_method(invoice: Invoice) -> Invoice:
    paid = factories.make_payment(f"{invoice.id}-p1", invoice.total, invoice.date, method_id="barter")
    return replace(invoice, payments=(paid,))


def _unknown_option(invoice: Invoice) -> Invoice:
    items = tuple(replace(item, tax_option_id="sales tax of 1987") for item in invoice.items)
    return replace(invoice, items=items, tax_mode=TaxMode.EXCLUSIVE)


def _unpayable(invoice: Invoice) -> Invoice:
    items = tuple(replace(item, discount_percent=Decimal(100), discount_amount=Decimal(0)) for item in invoice.items)
    return replace(invoice, items=items, total=Decimal(0), tax_total=Decimal(0), payments=())


_WITH: dict[str, Callable[[Invoice], Invoice]] = {
    "overpaid": _overpaid,
    "method without an account": _unknown_method,
    "tax option without a rate": _unknown_option,
    "currency not in Xero": lambda invoice: replace(invoice, currency="CHF", exchange_rate=Decimal("1.1")),
    "exchange rate unknown": lambda invoice: replace(invoice, currency="EUR", exchange_rate=None),
    "another total": lambda invoice: replace(invoice, total=invoice.total + 1, payments=()),
    "another tax": lambda invoice: replace(invoice, tax_total=invoice.tax_total + 1, tax_mode=invoice.tax_mode),
    "nothing to pay": _unpayable,
}
