"""What people do while everything may go wrong: in the gallery, on the plugin's pages, at the database, in Xero.

Each action takes the universe, draws what it needs from its plan, and tells what happened; None when there was
nothing to do.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from galleria_xero_plugin.domain.model import Invoice, InvoiceState, TaxMode
from galleria_xero_plugin.domain.states import WAITING
from galleria_xero_plugin.errors import Conflict
from galleria_xero_plugin.simulator.core.seeds import NORTH_LIGHT
from galleria_xero_plugin.testing import factories

from . import bookkeeper
from .site import ACCESS

if TYPE_CHECKING:
    from .universe import Universe

BUYERS = (
    factories.make_contact("c-1", "Wilhelmina", "Oakes"),
    factories.make_contact("c-2", "Tobias", "Rourke"),
    factories.make_contact("c-3", "Saoirse", "Lindqvist"),
)


# -- in the gallery


def _money(universe: Universe, most: int) -> Decimal:
    return Decimal(universe.plan.randrange(10, most * 50)) * 2 / 100


def _some(universe: Universe, wanted: Callable[[Invoice], bool]) -> Invoice | None:
    found = [invoice for invoice in universe.notes.invoices() if wanted(invoice)]
    return universe.plan.choice(found) if found else None


def _is_open(invoice: Invoice) -> bool:
    return invoice.state is InvoiceState.ISSUED


def _owed(invoice: Invoice) -> Decimal:
    return invoice.total - sum((payment.amount for payment in invoice.payments), Decimal(0))


def issue(universe: Universe) -> str:
    plan, now = universe.plan, universe.clockwork.now()
    mode = plan.choice((TaxMode.EXCLUSIVE, TaxMode.INCLUSIVE))
    items = [
        factories.make_item(str(n), _money(universe, 3000), tax_option_id=plan.choice(("vat-20", "vat-0")))
        for n in range(1, plan.randrange(2, 4))
    ]
    invoice = universe.site.gallery.add_invoice(
        contact=plan.choice(BUYERS),
        items=items,
        tax_mode=mode,
        date=(now - dt.timedelta(days=plan.randrange(3))).date(),
        issued_at=now,
    )
    universe.notes.saw(invoice)
    return f"the gallery issues #{invoice.number} over {invoice.total}"


def pay(universe: Universe) -> str | None:
    """In full, in part, or in two equal parts on one day: of those a doubled one looks just like its twin."""
    invoice = _some(universe, lambda one: _is_open(one) and _owed(one) > 0)
    return None if invoice is None else _pay(universe, invoice)


def _pay(universe: Universe, invoice: Invoice) -> str:
    plan = universe.plan
    due, how = _owed(invoice), plan.random()
    if how < 0.6:
        cents = int(due * 100)
        part = Decimal(max(1, cents // plan.choice((2, 3, 4)))) / 100
        amounts = [part, part] if part * 2 <= due else [part]
    else:
        amounts = [due] if how < 0.75 else [min(due, Decimal(plan.randrange(1, 200)))]
    for amount in amounts:
        number = universe.notes.next_payment()
        universe.site.gallery.add_payment(
            invoice.id, amount, id=f"pay-{number}", reference=f"pay-{number}.", method_id=plan.choice(("bank", "cash"))
        )
    universe.notes.saw(*universe.site.gallery.invoices(universe.site.gallery_id, [invoice.id]))
    return f"#{invoice.number} is paid: {' and '.join(map(str, amounts))} of {due}"


def edit(universe: Universe) -> str | None:
    plan = universe.plan
    invoice = _some(universe, _is_open)
    if invoice is None:
        return None
    if plan.random() < 0.5:
        changed = universe.site.gallery.change_invoice(invoice.id, reference=f"PO {plan.randrange(1000)}")
    else:
        items = (*invoice.items, factories.make_item(str(len(invoice.items) + 1), _money(universe, 50)))
        changed = universe.site.gallery.change_invoice(invoice.id, items=items)
    universe.notes.saw(changed)
    return f"#{invoice.number} is edited: {changed.total}"


def cancel(universe: Universe) -> str | None:
    invoice = _some(universe, lambda one: _is_open(one) and not one.payments)
    if invoice is None:
        return None
    gallery = universe.site.gallery
    end = gallery.cancel_invoice if universe.plan.random() < 0.6 else gallery.delete_invoice
    universe.notes.saw(end(invoice.id))
    return f"#{invoice.number} is cancelled or deleted"


def correct_payment(universe: Universe) -> str | None:
    invoice = _some(universe, lambda one: _is_open(one) and bool(one.payments))
    if invoice is None:
        return None
    payment, gallery = universe.plan.choice(invoice.payments), universe.site.gallery
    if universe.plan.random() < 0.5:
        gallery.remove_payment(invoice.id, payment.id)
        told = f"{payment.id} of #{invoice.number} is removed"
    else:
        amount = max(Decimal("0.01"), payment.amount - Decimal(universe.plan.randrange(1, 500)) / 100)
        gallery.change_payment(invoice.id, payment.id, amount=amount)
        told = f"{payment.id} of #{invoice.number} is corrected to {amount}"
    universe.notes.saw(*gallery.invoices(universe.site.gallery_id, [invoice.id]))
    return told


# -- on the plugin's pages, and by the operator


def sync(universe: Universe) -> str:
    universe.site.press_sync(universe.webservice_id)
    return "the owner presses Sync now"


def sweep(universe: Universe) -> str:
    universe.sweep()
    return "a sweep"


def try_again(universe: Universe) -> str:
    waiting = [row.id for row in universe.site.rows() if row.state in WAITING]
    return f"the owner presses Try again: {universe.site.try_again(universe.webservice_id, waiting)} documents"


def change_prefix(universe: Universe) -> str | None:
    prefix = universe.plan.choice(("AG", "NL", "AG2"))
    if not universe.site.complete_settings(universe.webservice_id, prefix=prefix):
        return None
    universe.prefix = prefix
    return f"the prefix is {prefix} from now on"


def recreate(universe: Universe) -> str:
    """Delete the webservice and make a new one for the same organisation."""
    if universe.site.webservice() is not None:
        universe.site.services.connect.delete(ACCESS, universe.webservice_id)
    universe.webservice_id = universe.site.create(universe.prefix, scheduled=universe.scheduled)
    universe.site.connect(universe.webservice_id)
    universe.site.complete_settings(universe.webservice_id)
    return "the webservice is deleted and created again"


def disconnect(universe: Universe) -> str:
    if universe.plan.random() < 0.5:
        universe.world.identity.disconnect(NORTH_LIGHT)
        return "somebody disconnects us in Xero"
    universe.site.services.connect.disconnect(ACCESS, universe.webservice_id)
    return "the owner disconnects"


def reconnect(universe: Universe) -> str | None:
    if universe.connected() and universe.plan.random() < 0.8:
        return None
    universe.repair()
    return "the owner connects again"


def back_up(universe: Universe) -> str:
    universe.backups.append(universe.site.database.snapshot())
    return "the database is backed up"


def restore(universe: Universe) -> str | None:
    """The operator puts a backup in place and says so; workers that are frozen just now know nothing of it."""
    if not universe.backups:
        return None
    return _put_back(universe, universe.plan.choice(universe.backups))


def _put_back(universe: Universe, backup: sqlite3.Connection) -> str:
    universe.site.database.restore(backup)
    universe.site.restored()
    webservice = universe.site.webservice()
    if webservice is not None:
        universe.webservice_id = webservice.id
    return "the database is restored from a backup"


def fail_over(universe: Universe) -> str:
    """In the middle of a sync, with a payment on its way, the database's standby takes over, and it has nothing of what
    was committed last. The minute's sweep comes soon after."""
    in_xero = {universe.notes.of_xero(row).id for row in universe.notes.sent_invoices()}
    invoice = _some(universe, lambda one: _is_open(one) and _owed(one) > 0 and one.id in in_xero)
    paid = pay(universe) if invoice is None else _pay(universe, invoice)
    with contextlib.suppress(Conflict):  # a sync is going on already
        universe.site.press_sync(universe.webservice_id)
    standby = universe.site.database.snapshot()
    universe.backups.append(standby)
    universe.weather.slow_payments = 0.7

    def take_over() -> None:
        universe.weather.slow_payments = 0
        universe.tell(_put_back(universe, standby))

    after = universe.plan.uniform(5, 60)
    universe.clockwork.later(after, take_over)
    universe.clockwork.later(after + universe.plan.uniform(1, 10), universe.sweep)
    return f"{paid or 'nobody pays'}, the owner presses Sync now, and the database's standby falls behind"


# -- in Xero


def book_by_hand(universe: Universe) -> str | None:
    return bookkeeper.book_a_payment(universe.world, universe.notes, universe.plan)


def void_by_hand(universe: Universe) -> str | None:
    return bookkeeper.void_an_invoice(universe.world, universe.notes, universe.plan)


def annotate_by_hand(universe: Universe) -> str | None:
    return bookkeeper.edit_an_invoice(universe.world, universe.notes, universe.plan)


Action = Callable[["Universe"], "str | None"]
_WEIGHTS: dict[Action, float] = {
    issue: 8, pay: 22, edit: 3, cancel: 2, correct_payment: 4,
    sync: 16, sweep: 26, try_again: 2,
    change_prefix: 2, recreate: 1, disconnect: 1, reconnect: 5, back_up: 3, restore: 3, fail_over: 4,
    book_by_hand: 2, void_by_hand: 1, annotate_by_hand: 1,
}  # fmt: skip
ACTIONS, WEIGHTS = list(_WEIGHTS), list(_WEIGHTS.values())
