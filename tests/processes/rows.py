"""The gallery's own rows: people, invoices that are paid in parts, and what stands there in the end, by SQL."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence
from decimal import Decimal

from flask import Flask
from sqlalchemy import func, select, text

from galleria_xero_plugin.demo import models, seed, seed_data
from galleria_xero_plugin.demo.invoicing import sum_up
from galleria_xero_plugin.demo.models import db
from galleria_xero_plugin.demo.site import create_tables

GALLERY = 1
DAY = dt.date(2026, 3, 2)
PART, REST = Decimal("50.00"), Decimal("30.00")
"""Each invoice is 120.00 and has two payments; 40.00 stay due, so that Xero would take either of them twice."""


def second_gallery(app: Flask) -> str:
    """Another gallery of the same site, with nobody in it; its id."""
    with app.app_context():
        made = seed.gallery(
            db.session(), name="Harbour Street Prints", time_zone="America/New_York", locale="en-US", currency="USD",
            site="harbour.example", taxes=(("Sales tax", "8.875"),), users=seed_data.HARBOUR_USERS,
        )  # fmt: skip
        db.session.commit()
        known_as = str(made.id)
    forget_connections(app)
    return known_as


_ONE_COMMAND = threading.Lock()
"""The runner of commands puts a stream of its own in the place of this process's output."""


def make_tables(app: Flask) -> None:
    """The site's tables with a gallery in them, and the plugin's by its own command."""
    create_tables(app)
    with app.app_context():
        seed.gallery(
            db.session(), name="North Light Gallery", time_zone="Europe/London", locale="en-GB", currency="GBP",
            site="northlight.example", taxes=(("VAT 20%", "20"), ("Zero-rated export", "0")),
            users=seed_data.NORTH_LIGHT_USERS,
        )  # fmt: skip
        db.session.commit()
    command(app, "db", "upgrade")
    forget_connections(app)


def command(app: Flask, *words: str) -> None:
    """`flask galleria-xero <words>`, in this process."""
    with _ONE_COMMAND:
        result = app.test_cli_runner().invoke(args=["galleria-xero", *words])
    assert result.exit_code == 0, result.output


def forget_connections(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def sell(app: Flask, count: int, amounts: Sequence[Decimal] = (PART, REST)) -> list[int]:
    """So many invoices, two to a buyer, none of whom Xero knows, with payments of these amounts on one day; their
    numbers."""
    with app.app_context():
        session = db.session
        first = session.scalar(select(func.coalesce(func.max(models.Invoice.number), 0))) + 1
        method = session.scalars(select(models.Method).order_by(models.Method.id)).first()
        tax = session.scalars(select(models.Tax).order_by(models.Tax.id)).first()
        buyer = None
        for number in range(first, first + count):
            if buyer is None or number % 2:
                buyer = models.Contact(
                    gallery_id=GALLERY, first_name="Buyer", last_name=f"No. {number}", groups=[],
                    email=f"buyer{number}@example.org", billing=models.Place(), shipping=models.Place(),
                )  # fmt: skip
            session.add(_invoice(number, buyer, tax, method, amounts))
        session.commit()
    forget_connections(app)
    return list(range(first, first + count))


def _invoice(
    number: int, buyer: models.Contact, tax: models.Tax, method: models.Method, amounts: Sequence[Decimal]
) -> models.Invoice:
    invoice = models.Invoice(
        gallery_id=GALLERY, number=number, contact=buyer, date=DAY, due_date=DAY, state="issued", currency="GBP",
        issued_at=dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC), tax_mode="exclusive",
    )  # fmt: skip
    invoice.items = [
        models.Item(
            position=1, kind="custom", description=f"Work {number}", unit_price=Decimal(100), quantity=Decimal(1),
            discount_percent=Decimal(0), discount_amount=Decimal(0), tax=tax, tax_id=tax.id,
        )
    ]  # fmt: skip
    invoice.payments = [models.Payment(amount=amount, date=DAY, method=method) for amount in amounts]
    sum_up(invoice, {tax.id: tax.rate})
    return invoice


def count(app: Flask, query: str, **values: object) -> int:
    """A number from the site's database, by SQL."""
    with app.app_context(), db.engine.connect() as connection:
        return int(connection.execute(text(query), values).scalar_one())


def execute(app: Flask, statement: str) -> None:
    """What no service of ours does: time that passes, for instance."""
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text(statement))


def letters(app: Flask) -> list[tuple[str, str]]:
    """(subject, text) of every mail that went out."""
    with app.app_context(), db.engine.connect() as connection:
        return [(row.subject, row.text) for row in connection.execute(select(models.Letter).order_by(models.Letter.id))]
