"""The credit notes of the ledger, what they were used for, and refunds, beside Xero (for the reconciler)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from ...domain.accounting import NestedPayment, XeroInvoice, XeroPayment
from ...domain.comparison import Finding, What
from ...domain.correcting import XeroCreditNote
from ...domain.credits import number_of
from ...domain.markers import marker, marker_in_reference
from ...domain.model import Invoice
from ...domain.standing import GONE
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import Document
from .book_money import REFUNDS, BookMoney, Note
from .credit_rows import FOR_A_REFUND, FOR_A_VERSION, FOR_CANCELLING
from .session import Session, in_order_of_change

Family = Mapping[DocumentKind, Sequence[Document]]
"""What hangs on one invoice of the ledger, by kind."""


class BookCredits:
    """Reads the credit notes of Xero at once; then those of every invoice are checked against them."""

    def __init__(self, session: Session, money: BookMoney, note: Note) -> None:
        self._session = session
        self._money = money
        self._note = note
        notes = in_order_of_change(session, session.tools.api.sales_credit_notes)
        self._standing = {note.id: note for note in notes}
        self._sent: set[str | None] = set()
        self._awaited: set[str] = set()

    @property
    def standing(self) -> Mapping[str, XeroCreditNote]:
        """The organisation's credit notes, by id."""
        return self._standing

    def check(self, invoice: Document, of: Family) -> None:
        """An invoice of the ledger with everything that was credited."""
        ours: dict[str, XeroCreditNote] = {}
        for row in of.get(DocumentKind.CREDIT_NOTE, ()):
            if row.state is not DocumentState.DONE:
                self._awaited.add(row.marker)
                continue
            self._sent.add(row.xero_id)
            note = self._standing.get(row.xero_id or "")
            if note is None or note.status in GONE:
                self._note(What.CREDIT_ABSENT, row, note.status if note else "")
                continue
            ours[row.local_id] = note
            if row.amount is not None and note.total != row.amount:
                self._note(What.CREDIT_TOTAL, row, f"{row.amount}|{note.total}")
        for row in of.get(DocumentKind.ALLOCATION, ()):
            self._check_use(row, ours.get(row.local_id), invoice)
        for row in of.get(DocumentKind.PAYMENT, ()):
            if row.credit_used and row.deleted_at is None:
                self._check_use(row, self._standing.get(row.credit_used), invoice)
        refunds = of.get(DocumentKind.REFUND, ())
        if ours:
            given_back = [payment for note in ours.values() for payment in self._given_back(note, refunds)]
            self._money.check(REFUNDS, invoice, refunds, given_back)

    def _check_use(self, row: Document, note: XeroCreditNote | None, invoice: Document) -> None:
        if row.state is not DocumentState.DONE or note is None or note.allocations is None:
            return
        if not any(one.invoice_id == invoice.xero_id for one in note.allocations):
            self._note(What.CREDIT_UNUSED, row, number=invoice.label)

    def _given_back(self, note: XeroCreditNote, rows: Sequence[Document]) -> Sequence[NestedPayment | XeroPayment]:
        if note.payments is not None:
            return note.payments
        if not rows:
            return ()
        page = self._session.calls.read(self._session.tools.api.refunds_of(note.id))
        return [payment for payment in page.items if payment.status != "DELETED"]

    def strangers(self, issued: Mapping[str, XeroInvoice], local_id: Callable[[XeroInvoice], str]) -> list[Finding]:
        """What carries our marker in Xero, and no checked row is about it. `issued` are the invoices in Xero by
        number, `local_id` tells which one of the gallery's it is, or ""."""
        live = [note for note in self._standing.values() if note.status not in GONE]
        marks = {note.id: mark for note in live if (mark := marker_in_reference(note.reference))}
        times = Counter(marks.values())
        strange = [note for note in live if note.id in marks and note.id not in self._sent]
        known = {note.id: self._invoice_of(note, marks[note.id], issued, local_id) for note in strange}
        invoices = self._session.invoices([one for one in known.values() if one]) if strange else {}
        found = []
        for note in strange:
            mark, sides = marks[note.id], f"{note.id}|{note.total}"
            if times[mark] > 1:
                found.append(Finding(What.CREDIT_TWICE, note.number, sides=sides))
            elif mark not in self._awaited and mark not in self._to_come(invoices.get(known[note.id])):
                found.append(Finding(What.CREDIT_STRANGE, note.number, sides=sides))
        return found

    def _invoice_of(
        self, note: XeroCreditNote, mark: str, issued: Mapping[str, XeroInvoice], local_id: Callable[[XeroInvoice], str]
    ) -> str:
        """The gallery's invoice that the number of the credit note names; "" when there is none."""
        of = issued.get(note.number.removesuffix(number_of("", mark)))
        return local_id(of) if of is not None else ""

    def _to_come(self, invoice: Invoice | None) -> set[str]:
        """The markers of the credit notes that the next sync may want for an invoice, and will recognise then."""
        if invoice is None:
            return set()
        refunds = (f"{FOR_A_REFUND}{refund.id}" for refund in invoice.refunds)
        causes = (FOR_CANCELLING, f"{FOR_A_VERSION}{invoice.revision}", *refunds)
        return {
            marker(self._session.gallery_id, DocumentKind.CREDIT_NOTE, f"{invoice.id}/{cause}") for cause in causes
        }
