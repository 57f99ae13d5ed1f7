"""The payments of invoices, and the refunds of credit notes, beside those that stand in Xero (for the reconciler)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from ...domain.accounting import NestedPayment, XeroPayment
from ...domain.comparison import What
from ...domain.markers import marker, marker_in_reference, payment_identity, refund_identity
from ...domain.model import Invoice
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import Document
from .session import Session

Note = Callable[..., None]
"""Takes down a finding: what, the row, how both sides stand, and a number in place of the row's."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What may be wrong with money of one kind."""

    absent: What
    amount: What
    twice: What
    strange: What


PAYMENTS = Findings(What.PAYMENT_ABSENT, What.PAYMENT_AMOUNT, What.PAYMENT_TWICE, What.PAYMENT_STRANGE)
REFUNDS = Findings(What.REFUND_ABSENT, What.REFUND_AMOUNT, What.REFUND_TWICE, What.REFUND_STRANGE)


class BookMoney:
    """Checks the money of one invoice after the other."""

    def __init__(self, session: Session, note: Note) -> None:
        self._session = session
        self._note = note
        self._strange: list[tuple[Findings, str, Document]] = []

    def check(
        self,
        what: Findings,
        invoice: Document,
        rows: Sequence[Document],
        standing: Sequence[NestedPayment | XeroPayment],
        removed: Collection[str | None] = (),
    ) -> None:
        """`rows` of an invoice beside what stands; `removed` are the ids of those that we deleted ourselves."""
        there = {payment.id: payment for payment in standing}
        for row in rows:
            if row.state is not DocumentState.DONE or row.deleted_at is not None:
                continue
            payment = there.get(row.xero_id or "")
            if payment is None:
                if row.xero_id not in removed:
                    self._note(what.absent, row, number=invoice.label)
            elif row.xero_total is not None and payment.amount != row.xero_total:
                self._note(what.amount, row, f"{row.xero_total}|{payment.amount}", number=invoice.label)
        markers = Counter(filter(None, (marker_in_reference(payment.reference) for payment in there.values())))
        known = {row.marker: row for row in rows}
        for mark, times in markers.items():
            if times > 1:
                self._note(what.twice, known.get(mark, invoice), f"{mark}|{times}", number=invoice.label)
            elif mark not in known:
                self._strange.append((what, mark, invoice))

    def settle(self) -> None:
        """What is unknown to the ledger is no finding when the gallery has it: the next sync will recognise it."""
        strange, self._strange = self._strange, []
        invoices = self._session.invoices([row.local_id for _, _, row in strange]) if strange else {}
        to_come = {mark for invoice in invoices.values() for mark in self._markers(invoice)}
        for what, mark, row in strange:
            if mark not in to_come:
                self._note(what.strange, row, mark)

    def _markers(self, invoice: Invoice) -> Iterator[str]:
        gallery_id = self._session.gallery_id
        for payment in invoice.payments:
            yield marker(gallery_id, DocumentKind.PAYMENT, payment_identity(payment))
        for refund in invoice.refunds:
            yield marker(gallery_id, DocumentKind.REFUND, refund_identity(refund))
