"""What the second gallery's bookkeeper typed into Xero before there was a plugin, so that "Already in your books" asks.

The names are spelled as people spell them, the gallery's number stands in the reference if at all, and the money agrees.
It goes in by the simulator's control address, as a person's work does.
"""

from __future__ import annotations

import requests
from sqlalchemy import select
from sqlalchemy.orm import Session

from .counting import Xero
from .models import Gallery, Invoice

GALLERY = ORGANISATION = "Harbour Street Prints"
# The gallery's number: the contact and the reference as they were typed.
TYPED = {
    501: ("R. Delacroix", "Inv 501"),
    502: ("Achterberg, Wendell", "#502"),
    503: ("Cobalt Hotel", "Prints, invoice 503"),
    504: ("Mireille Osey", "504"),
    505: ("Yates Desmond", "HS 505"),
}
BOOKED_AS_ONE = 505
"""Paid in parts, typed in as one sum: the payments of this one have to be compared."""
BANK = "090"
ACCOUNTS = {"card": "640"}
"""Where the bookkeeper booked what came in by another way than the bank: cards have a clearing account."""
WITHIN = 10


def type_in(session: Session, xero_url: str) -> None:
    """Five sales by hand, with what was paid for them. Raises requests' errors."""
    xero = Xero(xero_url)
    desk = f"{xero_url}/_simulator/books/{xero.tenant(ORGANISATION)}/person"
    home = select(Gallery.id).where(Gallery.name == GALLERY).scalar_subquery()
    query = select(Invoice).where(Invoice.gallery_id == home, Invoice.number.in_(TYPED)).order_by(Invoice.number)
    for invoice in session.scalars(query):
        contact, reference = TYPED[invoice.number]
        made = _post(f"{desk}/enter_invoice", {
            "contact": contact, "Reference": reference, "LineAmountTypes": "Inclusive",
            "Date": invoice.date.isoformat(), "DueDate": (invoice.due_date or invoice.date).isoformat(),
            "CurrencyCode": invoice.currency,
            "lines": [{"Description": "Prints", "UnitAmount": str(invoice.total), "AccountCode": "200"}],
        })  # fmt: skip
        paid = [(one.amount, one.date, ACCOUNTS.get(one.method.kind, BANK)) for one in invoice.payments]
        if invoice.number == BOOKED_AS_ONE and paid:
            paid = [(invoice.paid, max(day for _, day, _ in paid), BANK)]
        for amount, day, account in paid:
            _post(f"{desk}/pay", {
                "document": made["InvoiceID"], "amount": str(amount), "date": day.isoformat(), "account": account,
            })  # fmt: skip


def _post(address: str, content: dict[str, object]) -> dict[str, str]:
    answer = requests.post(address, json=content, timeout=WITHIN)
    answer.raise_for_status()
    return dict(answer.json())
