"""The ledger beside what stands in Xero, document by document (for the reconciler)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal

from ...domain.accounting import XeroInvoice
from ...domain.comparison import Finding, What
from ...domain.correcting import XeroCreditNote
from ...domain.standing import GONE
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import Document
from .book_credits import BookCredits, Family
from .book_money import PAYMENTS, BookMoney
from .invoice_phase import marker_of, own
from .session import Session


class Books:
    """Reads Xero's side at once; then every invoice of the ledger is checked against it.

    `awaited` are the gallery's ids, by marker, of invoices that the ledger does not know yet, because the gallery's
    next sync brings them: after a restore they may well stand in Xero.
    """

    def __init__(self, session: Session, awaited: Mapping[str, str]) -> None:
        self.agreeing = 0
        self._standing = {invoice.id: invoice for invoice in own(session)}
        self._local_ids = dict(awaited)
        self._awaited = set(awaited)
        self._sent: set[str] = set()
        self._voided: set[str | None] = set()
        self._removed: set[str | None] = set()
        self._totals: dict[str | None, Decimal] = {}
        self._found: list[Finding] = []
        self._money = BookMoney(session, self._note)
        self._credits = BookCredits(session, self._money, self._note)

    @property
    def standing(self) -> Mapping[str, XeroInvoice]:
        """What this app created in Xero, by id."""
        return self._standing

    @property
    def credit_notes(self) -> Mapping[str, XeroCreditNote]:
        """The organisation's credit notes, by id."""
        return self._credits.standing

    def strangers(self) -> list[XeroInvoice]:
        """Live ones with our marker that no checked row is about."""
        return [invoice for invoice in self._live() if invoice.id not in self._sent]

    def corrected(self, rows: Iterable[Document]) -> None:
        """What our own corrections have done since the documents were sent."""
        for row in sorted(rows, key=lambda row: row.local_revision):
            if row.kind is DocumentKind.INVOICE_VOID:
                self._voided.add(row.xero_id)
            elif row.kind is DocumentKind.PAYMENT_DELETE:
                self._removed.add(row.xero_id)
            elif row.xero_total is not None:
                self._totals[row.xero_id] = row.xero_total

    def check(self, row: Document, of: Family) -> None:
        """An invoice of the ledger with its payments, credit notes and refunds."""
        self._local_ids[row.marker] = row.local_id
        if row.state is not DocumentState.DONE:
            self._awaited.add(row.marker)
            return
        self._sent.add(row.xero_id or "")
        before = len(self._found)
        self._credits.check(row, of)
        invoice = self._standing.get(row.xero_id or "")
        if invoice is None:
            if not row.adopted:  # what somebody else created is not among what this app created
                self._note(What.ABSENT, row)
            return
        if invoice.status in GONE:
            if row.xero_id not in self._voided:
                self._note(What.GONE, row, invoice.status)
        else:
            total = self._totals.get(row.xero_id, row.amount)
            if total is not None and invoice.total != total:
                self._note(What.TOTAL, row, f"{total}|{invoice.total}")
            if invoice.payments is not None:  # else the answer left them out, which says nothing
                # Used credit is no payment in Xero
                money = [payment for payment in of.get(DocumentKind.PAYMENT, ()) if not payment.credit_used]
                self._money.check(PAYMENTS, row, money, invoice.payments, self._removed)
        self.agreeing += len(self._found) == before

    def findings(self) -> list[Finding]:
        """Everything that does not agree, when all rows were checked."""
        self._check_strangers()
        issued = {invoice.number: invoice for invoice in self._standing.values()}
        self._found += self._credits.strangers(issued, lambda of: self._local_ids.get(marker_of(of) or "", ""))
        self._money.settle()
        return self._found

    def _check_strangers(self) -> None:
        """What carries our marker in Xero, and no checked row is about it."""
        times = Counter(marker_of(invoice) for invoice in self._live())
        for invoice in self.strangers():
            mark, sides = marker_of(invoice), f"{invoice.id}|{invoice.total}"
            if times[mark] > 1:
                self._found.append(Finding(What.TWICE, invoice.number, sides=sides))
            elif mark not in self._awaited:
                self._found.append(Finding(What.STRANGE, invoice.number, sides=sides))

    def _live(self) -> list[XeroInvoice]:
        return [invoice for invoice in self._standing.values() if invoice.status not in GONE and marker_of(invoice)]

    def _note(self, what: What, row: Document, sides: str = "", *, number: str = "") -> None:
        here = row.xero_number if row.kind is DocumentKind.INVOICE else ""  # another one, after a change of the prefix
        self._found.append(Finding(what, number or here or row.label, row.id, sides))
