"""Overpayments and prepayments: money that stands to a contact's credit (xero-facts.md §4.8).

They cannot be posted: a person, or a bank transaction, makes them. The API reads them, allocates them to
invoices and refunds them with a payment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from . import allocations, contacts, documents, history
from .call import Call
from .errors import Invalid
from .organisation import Organisation
from .reader import guid_of
from .tables import Record
from .where import Column, columns
from .wire import utc_text


def fields(kind: str) -> Callable[[Organisation], Mapping[str, Column]]:
    """The fields a where or order clause may name."""
    known = columns(
        text="Type Status CurrencyCode Reference",
        guid=f"{kind[:-1]}ID Contact.ContactID",
        date="Date",
        number="Total SubTotal TotalTax RemainingCredit CurrencyRate",
        moment="UpdatedDateUTC",
    )
    return lambda org: known


def finder(kind: str) -> Callable[[Organisation, str], Record | None]:
    """By id."""
    return lambda org, identity: org.get(kind, guid_of(identity))


def receive(call: Call, kind: str, contact: Record, amount: Decimal, account: Record, currency: str) -> Record:
    """A customer's money beyond any invoice; an overpayment stands on accounts receivable, without tax."""
    known = call.org.get("Currencies", currency)
    if known is None or known.get("_disabled"):
        raise Invalid(f"Organisation is not subscribed to currency {currency}")
    if amount <= 0:
        raise Invalid("The Amount must be greater than zero.")
    documents.check_lock_dates(call, call.today)
    key = allocations.key_of(kind)
    record: Record = {
        key: call.org.next_id(),
        "Type": f"RECEIVE-{kind[:-1].upper()}",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": contact["ContactID"]},
        "Date": call.today,
        "LineAmountTypes": "NoTax",
        "CurrencyCode": currency,
        "CurrencyRate": Decimal(1) if currency == call.org.base_currency else known["_rate"],
        "SubTotal": amount,
        "TotalTax": Decimal("0.00"),
        "Total": amount,
        "LineItems": [{"Description": kind[:-1], "Quantity": Decimal(1), "UnitAmount": amount, "LineAmount": amount}],
        "_account": account["AccountID"],
    }
    contacts.mark_role(call, contact["ContactID"], "ACCREC")
    history.note(call, record[key], "Created", f"{kind[:-1]} of {amount}")
    return documents.settle(call, kind, record)


def void(call: Call, kind: str, record: Record) -> Record:
    """A person takes it out of the books, unless some of it was used."""
    if record["RemainingCredit"] != record["Total"] or record["Status"] != "AUTHORISED":
        raise Invalid(documents.NOT_EDITABLE)
    documents.check_lock_dates(call, record["Date"])
    return call.put(kind, {**record, "Status": "VOIDED"})


def shower(kind: str) -> Callable[[Organisation, Record, int, str], Record]:
    """As an answer shows it."""

    def show(org: Organisation, record: Record, places: int, how: str) -> Record:
        shown = {name: value for name, value in record.items() if name[0] != "_"}
        shown.update(documents.dates(record))
        shown["Contact"] = contacts.stub(org, record["Contact"]["ContactID"])
        if how in {"list", "summary"}:
            shown["LineItems"] = []
        shown["Allocations"] = allocations.shown(org, kind, record)
        index = documents.INDEXES[kind]
        shown["Payments"] = documents.shown_payments(org, index, record[allocations.key_of(kind)])
        shown["HasAttachments"] = False
        shown["UpdatedDateUTCString"] = utc_text(record["UpdatedDateUTC"])
        return shown

    return show
