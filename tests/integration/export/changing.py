"""What tests of corrections have in common: a sale of this month, an hour that passes, and what stands in Xero."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from galleria_xero_plugin.domain.model import Invoice
from galleria_xero_plugin.domain.states import DocumentKind
from galleria_xero_plugin.ports.records import Document
from galleria_xero_plugin.simulator.core.seeds import NORTH_LIGHT
from galleria_xero_plugin.testing import factories

from .office import Office

THIS_MONTH = dt.date(2026, 11, 20)
TODAY = dt.date(2026, 11, 23)
LAST_MONTH = dt.date(2026, 10, 20)


def sold(office: Office, price: int = 1000, *more: int, date: dt.date = THIS_MONTH, **fields: object) -> Invoice:
    """A sale that stands in Xero, with a line for each price (at 20 % on top)."""
    items = [factories.make_item(str(n), each) for n, each in enumerate((price, *more), 1)]
    sale = office.sell(items=items, date=date, **fields)
    office.sync()
    return sale


def an_hour_later(office: Office) -> None:
    """The owner has corrected what was to be corrected, and the next sync comes."""
    office.time.pass_by(minutes=61)
    office.sync()


def rows(office: Office, table: str) -> list[dict]:
    return list(office.simulator.world.organisations[NORTH_LIGHT].table(table).rows.values())


def standing(office: Office, number: str = "AG-1") -> dict:
    return next(row for row in rows(office, "Invoices") if row["InvoiceNumber"] == number)


def notes(office: Office) -> list[dict]:
    return [row for row in rows(office, "CreditNotes") if row.get("_app")]


def money(office: Office) -> list[tuple[Decimal, str, str]]:
    """Payments as (amount, status, of what), in the order of entry."""
    return [
        (row["Amount"], row["Status"], "Invoice" if "Invoice" in row else "CreditNote")
        for row in rows(office, "Payments")
        if row.get("_app")
    ]


def in_xero_by_hand(office: Office, table: str, **changes: object) -> None:
    """Somebody works in Xero: the only row of ours in a table is changed."""
    organisation = office.simulator.world.organisations[NORTH_LIGHT]
    (row,) = (row for row in organisation.table(table).rows.values() if row.get("_app"))
    organisation.put(table, {**row, **changes})


def lock(office: Office, date: dt.date) -> None:
    """The bookkeeper closes the books up to a day."""
    organisation = office.simulator.world.organisations[NORTH_LIGHT]
    organisation.about["PeriodLockDate"] = date
    office.reference_data = office.reference().refresh(office.connection.id)


def correction(office: Office, kind: DocumentKind, parent: str) -> list[Document]:
    with office.units.read() as uow:
        return list(uow.ledger.children(office.webservice.gallery_id, NORTH_LIGHT, kind, [parent]).get(parent, ()))
