"""Whatever app and bookkeeper do, in any order: the books add up."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from galleria_xero_plugin.simulator import ManualClock, World
from galleria_xero_plugin.simulator.core import books
from galleria_xero_plugin.simulator.core.errors import Invalid, Refused

AMOUNTS = st.sampled_from(["0.01", "10.00", "59.99", "120.00", "500.00"])
PLACES = st.integers(0, 5)
ACTS = ("invoice", "note", "pay", "write_off", "allocate", "overpay", "void", "delete_payment", "take_back", "edit")
STEPS = st.lists(st.tuples(st.sampled_from(ACTS), PLACES, PLACES, AMOUNTS), min_size=4, max_size=14)


def pick(rows, place):
    found = list(rows)
    return found[place % len(found)] if found else None


def act(xero, nora, what, sale, line, places, amount):
    """One step; a refusal is as good as any other end."""
    org = xero.world.organisations[xero.tenant]
    invoice = pick(org.table("Invoices").rows, places[0])
    anna = xero.contact_id()  # the contact of every credit
    hers = pick([row["InvoiceID"] for row in org.table("Invoices").find("contact", anna)], places[0])
    credits = [*org.table("CreditNotes").rows, *org.table("Overpayments").rows]
    credit, payment = pick(credits, places[1]), pick(org.table("Payments").rows, places[0])
    allocation = pick(org.table("Allocations").rows, places[0])
    steps = {
        "invoice": lambda: xero.put("Invoices", sale(LineItems=[line(UnitAmount=amount)])),
        "note": lambda: xero.put("CreditNotes", sale(Type="ACCRECCREDIT", LineItems=[line(UnitAmount=amount)])),
        "pay": lambda: nora.pay(credit if places[1] % 2 and credit else invoice, amount, date="2026-11-23"),
        "write_off": lambda: nora.write_off(invoice, amount),
        "allocate": lambda: credit and nora.allocate(credit, hers, amount),
        "overpay": lambda: nora.overpay("Anna Fischer", amount),
        "void": lambda: nora.void(invoice),
        "delete_payment": lambda: payment and nora.delete_payment(payment),
        "take_back": lambda: allocation and nora.take_back(allocation),
        "edit": lambda: nora.edit_invoice(invoice, LineItems=[line(UnitAmount=amount)]),
    }
    try:
        steps[what]()
    except (Invalid, Refused):
        return


def check(org):
    paid, used = defaultdict(Decimal), defaultdict(Decimal)
    for row in org.table("Payments").rows.values():
        if row["Status"] == "AUTHORISED":
            target = next(row[name] for name in ("Invoice", "CreditNote", "Overpayment") if name in row)
            paid[next(iter(target.values()))] += row["Amount"]
    for row in org.table("Allocations").rows.values():
        if not row["IsDeleted"]:
            used[row["InvoiceID"]] += row["Amount"]
            used[row.get("CreditNoteID") or row["OverpaymentID"]] += row["Amount"]
    for kind in ("Invoices", "CreditNotes", "Overpayments"):
        left = "AmountDue" if kind == "Invoices" else "RemainingCredit"
        for identity, row in org.table(kind).rows.items():
            assert row[left] == row["Total"] - paid[identity] - used[identity] >= 0
            assert (row["Status"] == "PAID") <= (row[left] == 0)
            if row["Status"] in {"VOIDED", "DELETED"}:
                assert not paid[identity] and not used[identity]
    assert sum(row.net for row in books.journal(org)) == 0
    for rows in org.tables.values():
        assert all(rows.get(identity) is row for identity, row in rows.rows.items())


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_the_books_always_add_up(signing_key, driver, sale, line, steps):
    world = World(clock=ManualClock(), key=signing_key)
    world.change_settings(limits=False)
    xero, nora = driver(world), world.bookkeeper()
    org = world.organisations[xero.tenant]
    for what, one, two, amount in steps:
        before = world.clock.now()
        world.clock.advance(1)
        act(xero, nora, what, sale, line, (one, two), amount)
        with org.as_of(before):  # a stale view is whole, too
            check(org)
        check(org)
