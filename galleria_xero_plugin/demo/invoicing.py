"""What the gallery does with invoices: sums them up, issues, edits, cancels, and takes money for them."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask.signals import Namespace
from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session

from .models import Gallery, Invoice, Item, Method, Payment

CENT, HUNDRED = Decimal("0.01"), Decimal(100)

# Sent in the transaction of the change, before its commit, with `gallery_id`, `invoice_id` and `session`.
invoice_changed = Namespace().signal("invoice-changed")


class Refused(Exception):
    """The gallery's own rules do not allow it; the text is for the person who tried."""


def cents(amount: Decimal) -> Decimal:
    """Rounded half up to two places."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def line_amount(quantity: Decimal, price: Decimal, percent: Decimal, amount: Decimal) -> Decimal:
    """A line after its discount."""
    return cents(quantity * price * (HUNDRED - percent) / HUNDRED - amount)


def line_tax(amount: Decimal, rate: Decimal, tax_mode: str) -> Decimal:
    """The tax on a line, or in it when prices include tax."""
    if tax_mode == "none":
        return Decimal("0.00")
    return cents(amount * rate / (HUNDRED if tax_mode == "exclusive" else HUNDRED + rate))


def sum_up(invoice: Invoice, rates: dict[int, Decimal]) -> None:
    """Set the totals: tax is rounded on each line and then added up."""
    amounts = [line_amount(i.quantity, i.unit_price, i.discount_percent, i.discount_amount) for i in invoice.items]
    taxes = [
        line_tax(amount, rates[item.tax_id], invoice.tax_mode) if item.tax_id else Decimal("0.00")
        for amount, item in zip(amounts, invoice.items, strict=True)
    ]
    invoice.tax_total = sum(taxes, Decimal("0.00"))
    invoice.total = sum(amounts, Decimal("0.00"))
    if invoice.tax_mode == "exclusive":
        invoice.total += invoice.tax_total


def today(gallery: Gallery) -> dt.date:
    """The gallery's own calendar day."""
    return dt.datetime.now(ZoneInfo(gallery.time_zone)).date()


def next_number(session: scoped_session[Any], gallery_id: int) -> int:
    """Behind the highest number; the table's unique key settles a race."""
    highest = session.scalar(select(func.max(Invoice.number)).where(Invoice.gallery_id == gallery_id))
    return 1 + (highest or 1000)


def issue(session: scoped_session[Any], invoice: Invoice, items: list[Item], rates: dict[int, Decimal]) -> Invoice:
    """Give a new invoice its number and send it out."""
    invoice.items = items
    for position, item in enumerate(items, 1):
        item.position = position
    sum_up(invoice, rates)
    if invoice.total < 0:
        raise Refused("The discount is larger than the price.")
    invoice.number = next_number(session, invoice.gallery_id)
    invoice.state, invoice.issued_at = "issued", dt.datetime.now(dt.UTC)
    session.add(invoice)
    return save(session, invoice)


def issue_draft(session: scoped_session[Any], invoice: Invoice) -> Invoice:
    """Send a draft out."""
    if invoice.state != "draft":
        raise Refused("Only a draft can be issued.")
    invoice.state, invoice.issued_at = "issued", dt.datetime.now(dt.UTC)
    return save(session, invoice)


def edit(session: scoped_session[Any], invoice: Invoice, rates: dict[int, Decimal], **fields: Any) -> Invoice:
    """Change fields, and sum up anew what may have changed with its lines."""
    if invoice.state not in ("draft", "issued"):
        raise Refused("This invoice is closed.")
    for name, value in fields.items():
        setattr(invoice, name, value)
    sum_up(invoice, rates)
    return save(session, invoice)


def pay(
    session: scoped_session[Any], invoice: Invoice, method: Method, amount: Decimal, date: dt.date, reference: str = ""
) -> Invoice:
    """Record a payment."""
    if invoice.state != "issued":
        raise Refused("Only an issued invoice can be paid.")
    if not 0 < amount <= invoice.total - invoice.paid:
        raise Refused(f"The amount must be between 0.01 and {invoice.total - invoice.paid:.2f}.")
    session.add(Payment(invoice_id=invoice.id, amount=amount, date=date, method=method, reference=reference))
    return save(session, invoice)


def cancel(session: scoped_session[Any], invoice: Invoice) -> Invoice:
    """Take an issued invoice back; it stays in the lists."""
    if invoice.state != "issued":
        raise Refused("Only an issued invoice can be cancelled.")
    invoice.state = "cancelled"
    return save(session, invoice)


def delete(session: scoped_session[Any], invoice: Invoice) -> Invoice:
    """Remove an invoice from the lists, leaving a tombstone behind."""
    if invoice.state == "deleted":
        raise Refused("This invoice is deleted already.")
    invoice.state = "deleted"
    return save(session, invoice)


def save(session: scoped_session[Any], invoice: Invoice) -> Invoice:
    """Write the change, tell whoever wants to know within the same transaction, and commit."""
    session.flush()
    session.refresh(invoice)
    invoice_changed.send(gallery_id=str(invoice.gallery_id), invoice_id=str(invoice.id), session=session())
    session.commit()
    return invoice
