"""What a change in the gallery means for what stands in Xero already: which corrections enter the ledger (T0).

Only what differs is decided here; whether a correction is made, and how, is decided with Xero's own figures just
before (`domain.changes`). A correction that was not begun is overtaken by the next change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...domain.fingerprint import content_hash
from ...domain.markers import marker, payment_identity
from ...domain.model import Invoice, InvoiceState, Payment
from ...domain.reasons import BY_A_PERSON, Hold, amount_text
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import Document, NewDocument
from ...ports.store import UnitOfWork
from .credit_rows import refund
from .rows import Rows, asked_by_a_person, of_this_one, quiet

BEGUN = (DocumentState.SENDING, DocumentState.UNKNOWN)
UNSENT = (DocumentState.PENDING, DocumentState.BLOCKED, DocumentState.REJECTED, DocumentState.CONFLICT)
AGAIN = (DocumentState.BLOCKED, DocumentState.REJECTED, DocumentState.SKIPPED)
OF_INVOICES = (DocumentKind.INVOICE_UPDATE, DocumentKind.INVOICE_VOID)


@dataclass(frozen=True, slots=True)
class Corrections:
    """The corrections of some invoices that are in the ledger already, by kind and invoice."""

    rows: Mapping[DocumentKind, Mapping[str, Sequence[Document]]]

    @classmethod
    def read(cls, uow: UnitOfWork, gallery_id: str, tenant_id: str, invoice_ids: Sequence[str]) -> Corrections:
        kinds = (*OF_INVOICES, DocumentKind.PAYMENT_DELETE) if invoice_ids else ()
        return cls({kind: uow.ledger.children(gallery_id, tenant_id, kind, invoice_ids) for kind in kinds})

    def of(self, kind: DocumentKind, invoice_id: str) -> Sequence[Document]:
        return self.rows.get(kind, {}).get(invoice_id, ())


@dataclass(frozen=True, slots=True)
class AfterSending:
    """Finds the corrections that a change asks for."""

    rows: Rows
    quiet_period: dt.timedelta
    now: dt.datetime
    known: Corrections

    def of_invoice(self, uow: UnitOfWork, row: Document, invoice: Invoice) -> Iterable[NewDocument]:
        """The invoice itself, which stands in Xero (`row` is DONE)."""
        updates = of_this_one(row, self.known.of(DocumentKind.INVOICE_UPDATE, invoice.id))
        voids = of_this_one(row, self.known.of(DocumentKind.INVOICE_VOID, invoice.id))
        if any(asked_by_a_person(one) and one.state is not DocumentState.SKIPPED for one in voids):
            overtake(uow, updates)  # a person took it out of Xero, and nothing but a new invoice brings it back
        elif invoice.state is InvoiceState.ISSUED:
            overtake(uow, voids)
            yield from self._update(uow, row, invoice, updates, voids)
        elif invoice.state in (InvoiceState.CANCELLED, InvoiceState.DELETED):
            overtake(uow, updates)
            yield from self._end(row, invoice, updates, voids)

    def _update(
        self,
        uow: UnitOfWork,
        row: Document,
        invoice: Invoice,
        updates: Sequence[Document],
        voids: Sequence[Document],
    ) -> Iterable[NewDocument]:
        wanted = content_hash(invoice)
        begun = any(one.state in BEGUN for one in (*updates, *voids))
        reissued = _latest(voids) > _latest(updates)
        waiting = [one for one in updates if one.state in UNSENT]
        if wanted == _written(row, updates) and not begun and not reissued:
            overtake(uow, waiting)
            return
        if any(one.content_hash == wanted for one in (*waiting, *filter(_let_be, updates))):
            return  # it is on its way, or a person lets it be; something else about the invoice has changed
        overtake(uow, waiting)
        hold = quiet(invoice, self.quiet_period, self.now)
        yield self.rows.correction(
            row,
            DocumentKind.INVOICE_UPDATE,
            invoice,
            content_hash=wanted,
            amount=invoice.total,
            document_date=invoice.date,
            depends_on=(DocumentKind.CONTACT, invoice.contact.id),
            **_aside(hold),
        )

    def _end(
        self, row: Document, invoice: Invoice, updates: Sequence[Document], voids: Sequence[Document]
    ) -> Iterable[NewDocument]:
        if invoice.state is InvoiceState.DELETED:
            if any(one.state is not DocumentState.SKIPPED or _let_be(one) for one in voids):
                return
            question = Hold("deleted_after_sending", {"number": row.label})
            yield self.rows.correction(row, DocumentKind.INVOICE_VOID, invoice, **_aside(question, asked=True))
        elif not any(one.state in (*UNSENT, *BEGUN) or _let_be(one) for one in voids) and not (_latest(voids) > _latest(updates)):
            hold = quiet(invoice, self.quiet_period, self.now)
            yield self.rows.correction(row, DocumentKind.INVOICE_VOID, invoice, **_aside(hold))

    def of_payment(self, row: Document, invoice: Invoice) -> Iterable[NewDocument]:
        """A payment that stands in Xero (`row` is DONE) and is not what the gallery has any more."""
        removals = [
            one for one in self.known.of(DocumentKind.PAYMENT_DELETE, invoice.id)
            if one.marker == row.marker and (one.state is not DocumentState.SKIPPED or _let_be(one))
            and not (one.state is DocumentState.DONE and one.xero_id != row.xero_id)  # of the same money, entered before
        ]  # fmt: skip
        if not removals:
            yield self.rows.correction(row, DocumentKind.PAYMENT_DELETE, invoice)

    def payment_as_it_was(self, uow: UnitOfWork, row: Document) -> None:
        """A payment that stands in Xero as the gallery has it: a removal that was not begun is not wanted."""
        removals = self.known.of(DocumentKind.PAYMENT_DELETE, row.parent_local_id)
        overtake(uow, [one for one in removals if one.marker == row.marker])


    def refunds(
        self,
        uow: UnitOfWork,
        invoice_row: Document | NewDocument,
        invoice: Invoice,
        known: Mapping[str, Sequence[Document]],
    ) -> Iterable[NewDocument]:
        """Money that was given back. It follows the gallery until it was sent; what changes then is asked."""
        rows = {row.local_id: row for row in known.get(invoice.id, ()) if row.local_revision == 0}
        asked = {row.marker for row in known.get(invoice.id, ()) if row.local_revision}
        for given_back in invoice.refunds if invoice_row.state is not DocumentState.SKIPPED else ():
            document = refund(invoice_row, given_back)
            row = rows.pop(given_back.id, None)
            if row is None:
                yield document
            elif row.marker == document.marker and (row.state is not DocumentState.SKIPPED or _let_be(row)):
                continue
            elif row.state in (*UNSENT, DocumentState.SKIPPED):
                uow.ledger.refresh(row.id, document)
                uow.ledger.move(row.id, expect=AGAIN, to=DocumentState.PENDING)
            elif row.state is DocumentState.DONE and row.marker not in asked:
                yield self._refund_question(row, invoice)
        for row in rows.values():
            if row.state is DocumentState.DONE and row.marker not in asked:
                yield self._refund_question(row, invoice)
            elif row.state in UNSENT:
                reason = ("changed_again", {"number": row.label})
                uow.ledger.move(row.id, expect=[row.state], to=DocumentState.SKIPPED, reason=reason)

    def _refund_question(self, row: Document, invoice: Invoice) -> NewDocument:
        facts = {"number": row.label}
        if row.amount is not None:
            facts["amount"] = amount_text(row.amount, row.currency)
        question = Hold("refund_changed_after_sending", facts)
        return self.rows.correction(row, DocumentKind.REFUND, invoice, **_aside(question, asked=True))


def replacement(rows: Rows, invoice: Invoice, removed: Document) -> NewDocument | None:
    """What is created in place of a payment that was deleted in Xero: the gallery's payment of the same id, when
    there is one."""
    current = next((payment for payment in invoice.payments if payment.id == removed.local_id), None)
    return rows.payment(invoice, current, revision=invoice.revision) if current else None


def same_payment(payment: Payment, row: Document) -> bool:
    """Whether a row is about the payment as the gallery has it now."""
    return marker(row.gallery_id, DocumentKind.PAYMENT, payment_identity(payment)) == row.marker


def overtake(uow: UnitOfWork, corrections: Iterable[Document]) -> None:
    """Corrections that were not begun are not wanted any more."""
    for one in corrections:
        if one.state in UNSENT:
            reason = ("changed_again", {"number": one.label})
            uow.ledger.move(one.id, expect=[one.state], to=DocumentState.SKIPPED, reason=reason)


def _let_be(row: Document) -> bool:
    """A person does not want to be asked about it any more."""
    return row.state is DocumentState.SKIPPED and row.reason_code in BY_A_PERSON


def _written(row: Document, updates: Sequence[Document]) -> str:
    """The content hash of the version that Xero has."""
    done = [one for one in updates if one.state is DocumentState.DONE]
    return max(done, key=lambda one: one.local_revision).content_hash if done else row.content_hash


def _latest(rows: Sequence[Document]) -> int:
    """The revision of the last one that was carried out; -1 for none."""
    return max((one.local_revision for one in rows if one.state is DocumentState.DONE), default=-1)


def _aside(hold: Hold | None, *, asked: bool = False) -> dict:
    if hold is None:
        return {}
    state = DocumentState.CONFLICT if asked else DocumentState.BLOCKED
    return {"state": state, "reason_code": hold.code, "reason_facts": hold.facts, "not_before": hold.until}
