"""What a person does in Xero itself, for tests and the control page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from . import contacts, reference
from .call import Call
from .errors import not_found
from .organisation import folded
from .reader import Reader, guid_of
from .tables import Record

MOST_CONTACTS = 1_000_000


def set_lock_dates(call: Call, sent: Reader) -> Record:
    """``period`` and ``year_end``; null lifts one, left out keeps it."""
    about = dict(call.org.about)
    for name, member in (("period", "PeriodLockDate"), ("year_end", "EndOfYearLockDate")):
        if name in sent.raw:
            about.pop(member, None)
            day = sent.day(name)
            if day is not None:
                about[member] = day
    call.org.put("Organisations", about)
    return {name: about.get(name) for name in ("PeriodLockDate", "EndOfYearLockDate")}


def add_contacts(call: Call, count: int, prefix: str) -> int:
    """Contacts ``<prefix> 000001`` and so on, one millisecond apart, numbered after those there."""
    if not 0 < count <= MOST_CONTACTS:
        raise ValueError(f"count must be 1 to {MOST_CONTACTS}.")
    start = len(call.org.table("Contacts")) + 1
    begin = call.now - timedelta(milliseconds=count)
    for place in range(count):
        number = start + place
        call.org.put(
            "Contacts",
            {
                "ContactID": call.org.next_id(),
                "Name": f"{prefix} {number:06d}",
                "EmailAddress": f"contact{number}@example.com",
                "ContactStatus": "ACTIVE",
                "IsCustomer": False,
                "IsSupplier": False,
                "UpdatedDateUTC": begin + timedelta(milliseconds=place),
            },
        )
    return count


def account(call: Call, name: str) -> Record:
    """An account by id, code or name; an unknown one is a 404."""
    table = call.org.table("Accounts")
    by_text = table.find("code", folded(name)) + table.find("name", folded(name))
    found = table.get(guid_of(name) or "") or next(iter(by_text), None)
    if found is None:
        raise not_found()
    return found


def named(entries: Iterable[Record], key: str, name: str) -> Record:
    """An entry of a settings list by id or name; an unknown one is a 404."""
    for entry in entries:
        if name in {entry[key], entry["Name"]}:
            return entry
    raise not_found()


def change_account(call: Call, name: str, sent: Reader) -> Record:
    """An account by id, code or name."""
    return reference.save_account(call, Reader({**sent.raw, "AccountID": account(call, name)["AccountID"]}))


def change_contact(call: Call, sent: Reader) -> Record:
    """A person may edit and restore archived contacts, which the API refuses."""
    settings = replace(call.settings, archived_contacts_editable=True)
    return contacts.save(replace(call, settings=settings), sent)


def payment_element(sent: dict[str, Any]) -> Reader:
    """``{"invoice": id, "account": code, "amount": "1.00", "date", "reference", "reconciled"}``."""
    return Reader(
        {
            "Invoice": {"InvoiceID": sent.get("invoice")},
            "Account": {"Code": sent.get("account", "090")},
            "Amount": sent.get("amount"),
            "Date": sent.get("date"),
            "Reference": sent.get("reference"),
            "IsReconciled": sent.get("reconciled", False),
        }
    )
