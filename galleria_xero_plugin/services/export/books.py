"""The ledger beside what this app created in Xero, document by document (for the reconciler)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from ...domain.accounting import XeroInvoice
from ...domain.comparison import Finding, What
from ...domain.markers import marker, marker_in_reference, payment_identity
from ...domain.standing import GONE
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import Document
from .invoice_phase import marker_of, own
from .session import Session


class Books:
    """Reads Xero's side at once; then every invoice of the ledger is checked against it.

    `awaited` are the markers of invoices that the ledger does not know yet, because the gallery's next sync brings
    them: after a restore they may well stand in Xero.
    """

    def __init__(self, session: Session, awaited: set[str]) -> None:
        self.agreeing = 0
        self._session = session
        self._standing = {invoice.id: invoice for invoice in own(session)}
        self._awaited = awaited
        self._sent: set[str] = set()
        self._voided: set[str | None] = set()
        self._removed: set[str | None] = set()
        self._totals: dict[str | None, Decimal] = {}
        self._found: list[Finding] = []
        self._strange_payments: list[tuple[str, Document]] = []

    @property
    def standing(self) -> Mapping[str, XeroInvoice]:
        """What this app created in Xero, by id."""
        return self._standing

    def strangers(self) -> list[XeroInvoice]:
        """Live ones with our marker that no checked row is about."""
        return [
            invoice for invoice in self._standing.values()
            if invoice.id not in self._sent and invoice.status not in GONE and marker_of(invoice)
        ]  # fmt: skip

    def corrected(self, rows: Iterable[Document]) -> None:
        """What our own corrections have done since the documents were sent."""
        for row in sorted(rows, key=lambda row: row.local_revision):
            if row.kind is DocumentKind.INVOICE_VOID:
                self._voided.add(row.xero_id)
            elif row.kind is DocumentKind.PAYMENT_DELETE:
                self._removed.add(row.xero_id)
            elif row.xero_total is not None:
                self._totals[row.xero_id] = row.xero_total

    def check(self, row: Document, payments: Sequence[Document]) -> None:
        """An invoice of the ledger with its payments."""
        if row.state is not DocumentState.DONE:
            self._awaited.add(row.marker)
            return
        self._sent.add(row.xero_id or "")
        invoice = self._standing.get(row.xero_id or "")
        if invoice is None:
            if not row.adopted:  # what somebody else created is not among what this app created
                self._note(What.ABSENT, row)
            return
        if invoice.status in GONE:
            if row.xero_id in self._voided:
                self.agreeing += 1
            else:
                self._note(What.GONE, row)
            return
        before = len(self._found)
        total = self._totals.get(row.xero_id, row.amount)
        if total is not None and invoice.total != total:
            self._note(What.TOTAL, row)
        self._check_payments(row, invoice, payments)
        self.agreeing += len(self._found) == before

    def _check_payments(self, invoice_row: Document, invoice: XeroInvoice, rows: Sequence[Document]) -> None:
        if invoice.payments is None:
            return  # the answer left them out, which says nothing
        standing = {payment.id: payment for payment in invoice.payments}
        for row in rows:
            if row.state is not DocumentState.DONE or row.deleted_at is not None:
                continue
            payment = standing.get(row.xero_id or "")
            if payment is None:
                if row.xero_id not in self._removed:
                    self._note(What.PAYMENT_ABSENT, row, invoice_row.label)
            elif row.xero_total is not None and payment.amount != row.xero_total:
                self._note(What.PAYMENT_AMOUNT, row, invoice_row.label)
        markers = Counter(filter(None, (marker_in_reference(payment.reference) for payment in standing.values())))
        known = {row.marker: row for row in rows}
        for mark, times in markers.items():
            if times > 1:
                self._note(What.PAYMENT_TWICE, known.get(mark, invoice_row), invoice_row.label)
            elif mark not in known:
                self._strange_payments.append((mark, invoice_row))

    def check_strangers(self) -> None:
        """What carries our marker in Xero, and no checked row is about it."""
        live = [invoice for invoice in self._standing.values() if invoice.status not in GONE and marker_of(invoice)]
        times = Counter(marker_of(invoice) for invoice in live)
        for invoice in live:
            mark = marker_of(invoice)
            if invoice.id in self._sent:
                continue
            if times[mark] > 1:
                self._found.append(Finding(What.TWICE, invoice.number))
            elif mark not in self._awaited:
                self._found.append(Finding(What.STRANGE, invoice.number))

    def findings(self) -> list[Finding]:
        """Everything that does not agree."""
        strange, self._strange_payments = self._strange_payments, []
        invoices = self._session.invoices([row.local_id for _, row in strange]) if strange else {}
        to_come = {
            marker(self._session.gallery_id, DocumentKind.PAYMENT, payment_identity(payment))
            for invoice in invoices.values()
            for payment in invoice.payments
        }
        for mark, row in strange:
            if mark not in to_come:
                self._note(What.PAYMENT_STRANGE, row)
        return self._found

    def _note(self, what: What, row: Document, number: str = "") -> None:
        self._found.append(Finding(what, number or row.label, row.id))
