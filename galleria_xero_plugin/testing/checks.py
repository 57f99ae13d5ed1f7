"""What a single value of the gallery port must be. Each function fails with a sentence that says what is wrong."""

# ruff: noqa: S101
from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from urllib.parse import urlsplit

from ..domain.model import Contact, Invoice, InvoiceState, ItemKind, TaxMode
from .arithmetic import cents, tolerance, totals

AT_HOME = ("localhost", "127.0.0.1", "::1")


def values_of(value: object, path: str) -> Iterator[tuple[str, object]]:
    """Everything inside a dataclass or tuple, with the path to it, for a message that can be acted on."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from values_of(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, tuple):
        for index, part in enumerate(value):
            yield from values_of(part, f"{path}[{index}]")
    else:
        yield path, value


def check_id(id: object, what: str) -> None:
    """Ids are stored as text and compared for equality: no numbers, no blanks around, no surprising size."""
    assert type(id) is str, f"{what}: an id is a str, not {type(id).__name__}"
    assert id and id == id.strip(), f"{what}: the id {id!r} is empty or has blanks around it"
    assert len(id) <= 64 and id.isprintable(), f"{what}: the id {id!r} is longer than 64 or has control characters"


def check_plain_values(value: object, what: str) -> None:
    """No floats, no infinite or rounded-off decimals, no naive instants, no lists: frozen, exact, comparable."""
    hash(value)
    for path, part in values_of(value, what):
        assert type(part) is not float, f"{path} is a float: money must stay exact, use Decimal"
        assert not isinstance(part, list | dict | set), f"{path} is a {type(part).__name__}: use a tuple"
        if isinstance(part, Decimal):
            assert part.is_finite(), f"{path} is {part}"
            assert part == round(part, 10), f"{path} is {part}: more than ten decimals were never typed"
        if isinstance(part, dt.datetime):
            assert part.utcoffset() is not None, f"{path} has no time zone"


def check_contact(contact: Contact, what: str) -> None:
    """A contact that can be matched and named."""
    assert isinstance(contact, Contact), f"{what} is a {type(contact).__name__}, not a Contact"
    check_id(contact.id, what)
    check_plain_values(contact, what)
    for path, part in values_of(contact, what):
        assert isinstance(part, str | bool), f"{path} is {part!r}: empty text stands for nothing, not None"


def check_invoice(invoice: Invoice, rates: Mapping[str, Decimal], methods: set[str]) -> None:
    """An invoice, whole and consistent in itself. `rates` and `methods` are the gallery's options."""
    what = f"invoice #{invoice.number} ({invoice.id})"
    check_id(invoice.id, what)
    check_plain_values(invoice, what)
    check_contact(invoice.contact, f"{what}.contact")
    assert type(invoice.number) is int and invoice.number > 0, f"{what}: the number counts up from 1"
    assert type(invoice.revision) is int, f"{what}: the revision is an int"
    assert isinstance(invoice.state, InvoiceState) and isinstance(invoice.tax_mode, TaxMode), what
    assert type(invoice.date) is dt.date, f"{what}: the date is a calendar day (datetime.date)"
    assert invoice.due_date is None or type(invoice.due_date) is dt.date, f"{what}: the due date is a day"
    assert isinstance(invoice.changed_at, dt.datetime), f"{what}: changed_at is an instant"
    assert re.fullmatch("[A-Z]{3}", invoice.currency), f"{what}: {invoice.currency!r} is no ISO 4217 code"
    assert invoice.exchange_rate is None or invoice.exchange_rate > 0, f"{what}: the exchange rate is not above 0"
    if invoice.state in (InvoiceState.ISSUED, InvoiceState.CANCELLED):
        assert isinstance(invoice.issued_at, dt.datetime), f"{what} is {invoice.state} but has no issued_at"
    check_items(invoice, rates, what)
    check_money_received(invoice, methods, what)
    if invoice.state is not InvoiceState.DELETED:  # of a deleted one the host hands over what it still knows
        check_total(invoice, rates, what)


def check_items(invoice: Invoice, rates: Mapping[str, Decimal], what: str) -> None:
    """Every line can be sent: a kind, a tax option that the gallery has, at most one discount."""
    assert len({item.id for item in invoice.items}) == len(invoice.items), f"{what}: two items share an id"
    for item in invoice.items:
        line = f"{what}, item {item.id}"
        check_id(item.id, line)
        assert isinstance(item.kind, ItemKind), line
        for name in ("quantity", "unit_price", "discount_percent", "discount_amount"):
            assert type(getattr(item, name)) is Decimal, f"{line}: {name} is not a Decimal"
        assert 0 <= item.discount_percent <= 100, f"{line}: a discount of {item.discount_percent} percent"
        assert item.discount_amount >= 0, f"{line}: a negative discount"
        assert not (item.discount_percent and item.discount_amount), f"{line}: two discounts on one line"
        if item.tax_option_id is None:
            assert invoice.tax_mode is TaxMode.NONE, f"{line}: no tax option in mode {invoice.tax_mode}"
        else:
            assert item.tax_option_id in rates, f"{line}: tax_options() does not have {item.tax_option_id!r}"


def check_money_received(invoice: Invoice, methods: set[str], what: str) -> None:
    """Payments and refunds are positive amounts by a method that the gallery has."""
    for name, money in (("payment", invoice.payments), ("refund", invoice.refunds)):
        assert len({part.id for part in money}) == len(money), f"{what}: two {name}s share an id"
        for part in money:
            line = f"{what}, {name} {part.id}"
            check_id(part.id, line)
            assert type(part.amount) is Decimal and part.amount > 0, f"{line}: {part.amount!r} is not above 0"
            assert part.amount == cents(part.amount), f"{line}: {part.amount} has more than two decimals"
            assert type(part.date) is dt.date, f"{line}: the date is a calendar day"
            assert part.method_id in methods, f"{line}: payment_methods() does not have {part.method_id!r}"


def check_total(invoice: Invoice, rates: Mapping[str, Decimal], what: str) -> None:
    """The lines sum to the total that the client was asked to pay, within what rounding can do."""
    assert type(invoice.total) is Decimal and type(invoice.tax_total) is Decimal, f"{what}: totals are Decimals"
    assert invoice.total == cents(invoice.total), f"{what}: the total {invoice.total} has more than two decimals"
    total, tax = totals(invoice.items, invoice.tax_mode, rates)
    near = tolerance(invoice.items)
    assert abs(total - invoice.total) <= near, (
        f"{what}: its items sum to {total} in mode {invoice.tax_mode}, but its total is {invoice.total}"
    )
    assert abs(tax - invoice.tax_total) <= near, (
        f"{what}: the tax of its items sums to {tax}, but its tax total is {invoice.tax_total}"
    )


def check_url(url: object, what: str) -> None:
    """An absolute https address; http only on a developer's own machine."""
    assert type(url) is str and url.isascii() and not re.search(r"[\s\"'<>\\]", url), f"{what}: {url!r} is no address"
    parts = urlsplit(url)
    assert parts.hostname, f"{what}: {url!r} is not absolute (a worker has no request to complete it)"
    assert parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in AT_HOME), f"{what}: {url!r}"
