"""Both sides laid beside each other: what the gallery has, and what stands in the simulated organisation's books.

The books are read from the simulator itself, never through the plugin. Of the plugin's own tables only one thing is
asked: which documents wait, and why.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from galleria_xero_plugin.domain.model import Invoice, InvoiceState, TaxMode
from galleria_xero_plugin.domain.reasons import REASONS
from galleria_xero_plugin.domain.states import DocumentState
from galleria_xero_plugin.ports.records import Document
from galleria_xero_plugin.simulator import NORTH_LIGHT
from galleria_xero_plugin.testing.arithmetic import tolerance

from ..integration.export.office import Office
from .changes import paid
from .sales import FLAWS, Sale

NOTHING = Decimal(0)
GONE = {"VOIDED", "DELETED"}


@dataclass
class Report:
    """`agreed` sales stand alike on both sides, `rounded` of them with a rounding line; `waiting` counts reasons of
    sales without a flaw, `refused` those of flawed ones; `wrong` says what must never be."""

    sales: int = 0
    flawed: int = 0
    agreed: int = 0
    rounded: int = 0
    waiting_sales: int = 0
    waiting: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    held: dict[str, set[str]] = field(default_factory=dict)
    changed: dict[str, str] = field(default_factory=dict)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)

    def afterwards(self, later: Report) -> None:
        """Take in how things stand after the changes."""
        self.wrong += [f"afterwards {fault}" for fault in later.wrong]
        for invoice_id, what in self.changed.items():
            for outcome in later.held.get(invoice_id, {"agrees"}):
                self.outcomes[what, outcome] += 1

    def add(self, other: Report) -> None:
        """Take another report in."""
        for name in ("sales", "flawed", "agreed", "rounded", "waiting_sales"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.waiting += other.waiting
        self.refused += other.refused
        self.wrong += other.wrong
        self.outcomes += other.outcomes


def audit(office: Office, sales: Iterable[Sale]) -> Report:
    """Judge every sale as it stands in the gallery now."""
    books = Books(office)
    rows = defaultdict(list)
    for row in _ledger(office):
        rows[row.parent_local_id or row.local_id].append(row)
    report = Report()
    for sale in sales:
        report.sales += 1
        report.flawed += bool(sale.flaw)
        held = [row for row in rows[sale.invoice.id] if row.state is not DocumentState.DONE]
        reasons = {row.reason_code for row in rows[sale.invoice.id] if row.reason_code}
        # A payment that waits for its invoice has its reason there
        mute = [f"{row.kind} {row.state}" for row in held if not reasons or reasons - set(REASONS)]
        if mute:
            report.wrong.append(f"{_named(sale)}: stands still without a reason: {', '.join(mute)}")
        elif sale.flaw and not reasons & FLAWS[sale.flaw]:
            report.wrong.append(f"{_named(sale)}: {sale.flaw}, and the reason given is {sorted(reasons)}")
        elif held or sale.flaw:
            (report.refused if sale.flaw else report.waiting).update(reasons)
            report.waiting_sales += not sale.flaw
            report.held[sale.invoice.id] = {row.reason_code for row in held if row.reason_code}
            report.wrong += [f"{_named(sale)}: {fault}" for fault in books.exceeded(sale)]
        else:
            faults = books.faults(sale)
            report.wrong += [f"{_named(sale)}: {fault}" for fault in faults]
            report.agreed += not faults
            report.rounded += books.rounded(sale)
    return report


class Books:
    """The simulated organisation's books, by invoice number."""

    def __init__(self, office: Office) -> None:
        self._office = office
        organisation = office.simulator.world.organisations[NORTH_LIGHT]
        self._invoices: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in organisation.table("Invoices").rows.values():
            self._invoices[row["InvoiceNumber"]].append(row)
        self._paid: Counter[str] = Counter()
        for row in organisation.table("Payments").rows.values():
            if row["Status"] == "AUTHORISED":
                self._paid[row["Invoice"]["InvoiceID"] if "Invoice" in row else row["CreditNote"]["CreditNoteID"]] += (
                    row["Amount"]
                )
        self._notes: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in organisation.table("CreditNotes").rows.values():
            if row["Status"] not in GONE:
                self._notes[row["Reference"].split()[0]].append(row)

    def faults(self, sale: Sale) -> list[str]:
        """What differs though nothing waits."""
        return [*self._differences(sale)]

    def exceeded(self, sale: Sale) -> list[str]:
        """What must not be even while something waits: two invoices, more money than was received."""
        found = self._invoices[self._number(sale)]
        live = [row for row in found if row["Status"] not in GONE]
        there = sum((self._paid[row["InvoiceID"]] for row in live), NOTHING)
        faults = [f"stands in Xero {len(live)} times"] if len(live) > 1 else []
        if there > paid(self._now(sale)):
            faults.append(f"{there} paid in Xero, more than was received")
        return faults

    def rounded(self, sale: Sale) -> bool:
        """Whether the sale stands with a rounding line."""
        return any(_rounding(row) for row in self._invoices[self._number(sale)])

    def _differences(self, sale: Sale) -> Iterator[str]:
        invoice, found = self._now(sale), self._invoices[self._number(sale)]
        live = [row for row in found if row["Status"] not in GONE]
        if invoice.state is not InvoiceState.ISSUED and not live and found:
            return
        if len(live) != 1:
            yield f"stands in Xero {len(live)} times"
            return
        row, notes = live[0], self._notes[self._number(sale)]
        if self._paid[row["InvoiceID"]] != paid(invoice) or row["AmountPaid"] != paid(invoice):
            yield f"paid {paid(invoice)} here, {self._paid[row['InvoiceID']]} there"
        given_back = sum((refund.amount for refund in invoice.refunds), NOTHING)
        returned = sum((self._paid[note["CreditNoteID"]] for note in notes), NOTHING)
        if returned != given_back:
            yield f"{given_back} given back here, {returned} there"
        credit = sum((note["Total"] for note in notes), NOTHING)
        if invoice.state is InvoiceState.ISSUED:
            yield from self._issued(invoice, row, credit)
        else:
            # A deposit that was kept stays earned: what is credited is what was still due and what went back
            due = row["Total"] - paid(invoice) + given_back or paid(invoice)
            if credit != due or row["AmountDue"]:
                yield f"cancelled: {credit} credited instead of {due}, {row['AmountDue']} still due"

    def _issued(self, invoice: Invoice, row: dict[str, Any], credit: Decimal) -> Iterator[str]:
        if row["Total"] - credit != invoice.total:
            yield f"total {invoice.total} here, {row['Total']} less {credit} there"
        if not credit:
            yield from self._tax(invoice, row)
        if row["AmountDue"] != invoice.total - paid(invoice):
            yield f"due {invoice.total - paid(invoice)} here, {row['AmountDue']} there"
        if (row["CurrencyCode"], row["Date"]) != (invoice.currency, invoice.date):
            yield f"{invoice.currency} on {invoice.date} here, {row['CurrencyCode']} on {row['Date']} there"

    def _tax(self, invoice: Invoice, row: dict[str, Any]) -> Iterator[str]:
        """On top, the tax and the visible rounding line are the gallery's tax to the cent. Included, the total is
        what was agreed, and the tax in it may differ by what rounding explains."""
        if invoice.tax_mode is TaxMode.INCLUSIVE:
            if abs(row["TotalTax"] - invoice.tax_total) > tolerance(invoice.items):
                yield f"tax {invoice.tax_total} here, {row['TotalTax']} there"
            return
        rounding = _rounding(row)
        if row["TotalTax"] + rounding != invoice.tax_total:
            yield f"tax {invoice.tax_total} here, {row['TotalTax']} and {rounding} of rounding there"

    def _now(self, sale: Sale) -> Invoice:
        return self._office.gallery.invoices(self._office.gallery.gallery_id, [sale.invoice.id])[0]

    def _number(self, sale: Sale) -> str:
        return f"{self._office.webservice.settings.prefix}-{sale.invoice.number}"


def _rounding(row: dict[str, Any]) -> Decimal:
    return sum((line["LineAmount"] for line in row["LineItems"] if line["Description"] == "Rounding"), NOTHING)


def _named(sale: Sale) -> str:
    return f"#{sale.invoice.number}"


def _ledger(office: Office) -> Iterator[Document]:
    after: str | None = None
    while True:
        with office.units.read() as uow:
            rows, after = uow.ledger.page(office.webservice.gallery_id, NORTH_LIGHT, after=after, limit=500)
        yield from rows
        if after is None:
            return
