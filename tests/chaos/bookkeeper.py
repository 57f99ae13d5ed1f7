"""What a bookkeeper does in Xero itself, and notes down so that the audit can see that it still stands."""

from __future__ import annotations

import random
from typing import Any

from galleria_xero_plugin.simulator.core import control, invoices, payments
from galleria_xero_plugin.simulator.core.errors import Invalid, Refused
from galleria_xero_plugin.simulator.core.reader import Reader
from galleria_xero_plugin.simulator.core.seeds import NORTH_LIGHT
from galleria_xero_plugin.simulator.core.world import World

from .audit import Notes


def book_a_payment(world: World, notes: Notes, chance: random.Random) -> str | None:
    """Money that came in is booked by hand, on the bank account and with no mark of ours."""
    found = _one(notes, chance, lambda row: row["Status"] == "AUTHORISED" and row["AmountDue"] > 0)
    if found is None:
        return None
    unpaid = [payment.amount for payment in notes.of_xero(found).payments]
    amount = min(chance.choice([found["AmountDue"], *unpaid]), found["AmountDue"])
    sent = {"invoice": found["InvoiceID"], "amount": amount, "date": found["Date"].isoformat()}
    try:
        with world.as_person(NORTH_LIGHT) as call:
            saved = payments.save(call, control.payment_element(sent))
    except (Invalid, Refused):
        return None
    notes.booked_by_hand(found["InvoiceID"], saved["PaymentID"])
    return f"the bookkeeper books {amount} on {found['InvoiceNumber']}"


def void_an_invoice(world: World, notes: Notes, chance: random.Random) -> str | None:
    """An invoice that nobody has paid is voided."""
    return _change(world, notes, chance, {"Status": "VOIDED"}, "voids")


def edit_an_invoice(world: World, notes: Notes, chance: random.Random) -> str | None:
    """A remark that must not get lost."""
    return _change(world, notes, chance, {"Reference": "checked by Bea"}, "writes on")


def _change(world: World, notes: Notes, chance: random.Random, change: dict[str, Any], told: str) -> str | None:
    found = _one(notes, chance, lambda row: row["Status"] == "AUTHORISED" and not row["AmountPaid"])
    if found is None:
        return None
    try:
        with world.as_person(NORTH_LIGHT) as call:
            invoices.save(call, Reader({"InvoiceID": found["InvoiceID"], **change}))
    except (Invalid, Refused):
        return None
    notes.changed_by_hand(found["InvoiceID"], change)
    return f"the bookkeeper {told} {found['InvoiceNumber']}"


def _one(notes: Notes, chance: random.Random, wanted: Any) -> dict[str, Any] | None:
    found = [row for row in notes.sent_invoices() if wanted(row)]
    return chance.choice(found) if found else None
