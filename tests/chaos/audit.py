"""The audit: what stands in Xero against what the gallery knows.

It knows the simulator's books and effects log, the gallery's invoices in all their versions, and what the bookkeeper
did. Documents are recognised by what a person would recognise them by (the link back to the gallery's invoice, the
payment's own reference), not by our markers. Of the ledger it asks one thing only: whether somebody is told why a
document does not stand in Xero as it should.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from galleria_xero_plugin.domain.model import Invoice, InvoiceState, Payment
from galleria_xero_plugin.domain.reasons import REASONS
from galleria_xero_plugin.domain.states import WAITING, DocumentState
from galleria_xero_plugin.ports.records import Document
from galleria_xero_plugin.simulator.core.organisation import Organisation
from galleria_xero_plugin.simulator.core.seeds import NORTH_LIGHT
from galleria_xero_plugin.simulator.core.world import World

from .site import Site

_LINK = re.compile(r"/invoices/(inv-\d+)\?")
_PAYMENT = re.compile(r"(pay-\d+)\.")
GONE = ("VOIDED", "DELETED")


@dataclass(frozen=True)
class Finding:
    """Something that must not be: `kind` is duplicate, loss, stuck, wrong, overwritten or error."""

    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


class Notes:
    """What the auditor has seen with his own eyes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._versions: dict[str, list[Invoice]] = {}
        self._numbers = itertools.count(1)
        self.hand_payments: dict[str, str] = {}
        self.hand_changes: dict[str, dict[str, Any]] = defaultdict(dict)
        self.already_there = set(self.org.table("Invoices").rows)

    @property
    def org(self) -> Organisation:
        return self._world.organisations[NORTH_LIGHT]

    def saw(self, *invoices: Invoice) -> None:
        """The gallery has this version now."""
        for invoice in invoices:
            self._versions.setdefault(invoice.id, []).append(invoice)

    def next_payment(self) -> int:
        return next(self._numbers)

    def invoices(self) -> list[Invoice]:
        """As they are now."""
        return [versions[-1] for versions in self._versions.values()]

    def versions(self, invoice_id: str) -> list[Invoice]:
        return self._versions[invoice_id]

    def booked_by_hand(self, invoice_id: str, payment_id: str) -> None:
        self.hand_payments[payment_id] = invoice_id

    def changed_by_hand(self, invoice_id: str, change: dict[str, Any]) -> None:
        self.hand_changes[invoice_id] |= change

    def sent_invoices(self) -> list[dict[str, Any]]:
        """What was created in Xero since this universe began."""
        rows = self.org.table("Invoices").rows
        return [row for identity, row in rows.items() if identity not in self.already_there]

    def of_xero(self, row: dict[str, Any]) -> Invoice:
        """The gallery's invoice that it links back to."""
        return self._versions[_local(row)][-1]

    def created_twice(self) -> Iterator[str]:
        """Names of contacts that were created more than once."""
        names = Counter(effect.number for effect in self._world.effects.created("Contacts", NORTH_LIGHT))
        return (name or "?" for name, times in names.items() if times > 1)

    def changed_by_us(self) -> set[str]:
        """Ids of documents that a request of ours changed directly (a payment changes its invoice by itself)."""
        paths = {effect.number: effect.path for effect in self._world.effects.requests}
        return {
            effect.id
            for effect in self._world.effects.objects
            if effect.action == "changed" and paths.get(effect.request, "").endswith(f"/{effect.kind}")
        }


def _local(row: dict[str, Any]) -> str:
    found = _LINK.search(row.get("Url") or "")
    return found.group(1) if found else ""


class Audit:
    """Judges one universe."""

    def __init__(self, notes: Notes, site: Site) -> None:
        self._notes = notes
        self._found: list[Finding] = []
        self._in_xero: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in notes.sent_invoices():
            self._in_xero[_local(row)].append(row)
        self._payments: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for payment in notes.org.table("Payments").rows.values():
            if match := _PAYMENT.search(payment.get("Reference") or ""):
                self._payments[match.group(1)].append(payment)
        self._compared = site.compared(site.webservice().id)  # type: ignore[union-attr]
        self._rows: dict[str, list[Document]] = defaultdict(list)
        for row in site.rows():
            for local_id in {row.local_id, row.parent_local_id}:
                self._rows[local_id].append(row)

    def findings(self) -> list[Finding]:
        """Everything that must not be."""
        for name in self._notes.created_twice():
            self._note("duplicate", f"the contact {name} was created twice")
        for local_id in self._in_xero.keys() - {invoice.id for invoice in self._notes.invoices()}:
            self._note("wrong", f"an invoice in Xero leads to {local_id or 'nowhere'}")
        for invoice in self._notes.invoices():
            self._invoice(invoice)
        self._hands_off()
        self._nothing_open()
        return self._found

    def _note(self, kind: str, text: str) -> None:
        self._found.append(Finding(kind, text))

    # -- one invoice with its payments

    def _invoice(self, invoice: Invoice) -> None:
        standing = self._in_xero[invoice.id]
        if len(standing) > 1:
            self._note("duplicate", f"#{invoice.number} stands in Xero {len(standing)} times")
        versions = self._notes.versions(invoice.id)
        for row in standing:
            if not any(_same(row, version) for version in versions):
                stands = f"{row['Total']} {row['CurrencyCode']}"
                self._note("wrong", f"#{invoice.number} in Xero is no version of it: {stands}")
        if invoice.state is not InvoiceState.ISSUED:
            if standing and standing[0]["Status"] not in GONE and not self._told(invoice):
                self._note("loss", f"#{invoice.number} was cancelled, stands in Xero, and nobody is told")
        elif not standing:
            self._note("loss", f"#{invoice.number} never reached Xero{self._why(invoice.id)}")
        elif not _same(standing[0], invoice) and not self._told(invoice):
            self._note("loss", f"#{invoice.number} differs in Xero, and nobody is told")
        self._payments_of(invoice, versions, standing)

    def _payments_of(self, invoice: Invoice, versions: list[Invoice], standing: list[dict[str, Any]]) -> None:
        known = {payment.id: payment for version in versions for payment in version.payments}
        now = {payment.id: payment for payment in invoice.payments}
        plain = self._is_plain(invoice, versions, standing)
        for payment_id in known:
            booked = [row for row in self._payments[payment_id] if row["Status"] == "AUTHORISED"]
            if len(booked) > 1:
                self._note("duplicate", f"{payment_id} of #{invoice.number} stands in Xero {len(booked)} times")
            ever = {(p.amount, p.date) for version in versions for p in version.payments if p.id == payment_id}
            if plain and any((row["Amount"], row["Date"]) not in ever for row in booked):
                self._note("wrong", f"{payment_id} of #{invoice.number} is another sum in Xero")
            wanted = now.get(payment_id)
            if invoice.state is InvoiceState.ISSUED and standing:
                self._payment(invoice, payment_id, wanted, booked, plain)

    def _payment(
        self, invoice: Invoice, payment_id: str, wanted: Payment | None, booked: list[dict[str, Any]], plain: bool
    ) -> None:
        stands = [(row["Amount"], row["Date"]) for row in booked]
        if stands == ([] if wanted is None else [(wanted.amount, wanted.date)]):
            return
        if plain:
            self._note("loss", f"{payment_id} of #{invoice.number} is not in Xero{self._why(payment_id)}")
        elif not self._told(invoice) and not self._recognised(invoice):
            self._note("loss", f"{payment_id} of #{invoice.number} differs in Xero, and nobody is told")

    def _is_plain(self, invoice: Invoice, versions: list[Invoice], standing: list[dict[str, Any]]) -> bool:
        """Nothing ever happened to it but being issued and paid: then nothing of it may wait, for any reason."""
        ids = {row["InvoiceID"] for row in standing}
        by_hand = ids & (set(self._notes.hand_changes) | set(self._notes.hand_payments.values()))
        seen: set[Payment] = set()
        for version in versions:
            if version.state is not InvoiceState.ISSUED or version.total != invoice.total:
                return False
            if not seen <= set(version.payments):
                return False
            seen = set(version.payments)
        return not by_hand and all(_same(row, invoice) for row in standing)

    def _recognised(self, invoice: Invoice) -> bool:
        """The bookkeeper has booked as much as is missing."""
        ids = {row["InvoiceID"] for row in self._in_xero[invoice.id]}
        return bool(ids & set(self._notes.hand_payments.values()))

    def _told(self, invoice: Invoice) -> bool:
        """Whether a person can read about it: a ledger row of it waits, or stands with a remark, or the nightly
        comparison lists it: by the number in Xero what the ledger does not know (a restore forgot it, and it was
        cancelled since), by its ledger row what stands in Xero under a number of an earlier prefix."""
        rows = self._rows[invoice.id]
        numbers = {row["InvoiceNumber"] for row in self._in_xero[invoice.id]}
        ids = {row.id for row in rows}
        listed = any(found.number in numbers or found.document_id in ids for found in self._compared.findings)
        return listed or any(row.reason_code in REASONS for row in rows)

    def _why(self, local_id: str) -> str:
        rows = [f"{row.kind} {row.state} {row.reason_code or ''}".strip() for row in self._rows[local_id]]
        return f" ({'; '.join(rows) or 'no row in the ledger'})"

    # -- the rest of the books

    def _hands_off(self) -> None:
        """The bookkeeper's work stands as it was."""
        table = self._notes.org.table("Invoices").rows
        for identity, changes in self._notes.hand_changes.items():
            for name, value in changes.items():
                if table[identity].get(name) != value:
                    self._note("overwritten", f"{name} of {table[identity]['InvoiceNumber']} was {value!r}")
        for identity in self._notes.hand_payments:
            if self._notes.org.table("Payments").rows[identity]["Status"] != "AUTHORISED":
                self._note("overwritten", f"a payment booked by hand on {self._notes.hand_payments[identity]} is gone")
        for identity in self._notes.changed_by_us() & self._notes.already_there:
            self._note("overwritten", f"{table[identity]['InvoiceNumber']}, which is not ours")

    def _nothing_open(self) -> None:
        rows = {row.id: row for rows in self._rows.values() for row in rows}
        for row in rows.values():
            if row.state in (DocumentState.SENDING, DocumentState.UNKNOWN):
                self._note("stuck", f"{row.kind} {row.label} is {row.state}")
            elif row.state is DocumentState.PENDING and not self._behind(row, rows):
                self._note("stuck", f"{row.kind} {row.label} is never sent")
            elif row.state in WAITING and row.reason_code not in REASONS:
                self._note("stuck", f"{row.kind} {row.label} waits and nobody knows why")

    def _behind(self, row: Document, rows: dict[str, Document]) -> bool:
        """It waits for what waits itself, visibly."""
        before = rows.get(row.depends_on or "")
        if before is None:
            return False
        return before.state in WAITING or (before.state is DocumentState.PENDING and self._behind(before, rows))


def _same(row: dict[str, Any], invoice: Invoice) -> bool:
    return (row["Total"], row["CurrencyCode"], row["Date"]) == (invoice.total, invoice.currency, invoice.date)
