"""What our credit notes, as they stand in Xero, and our refunds have made of invoices, for the comparison by months."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ...domain.correcting import XeroCreditNote
from ...domain.standing import GONE
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import Document
from .correcting import cause_of
from .credit_rows import FOR_A_REFUND
from .session import Session


@dataclass(frozen=True, slots=True)
class TakenOff:
    """`lowered` for lower prices and cancellations and `returned` for refunds, with the tax in each; `used` of both for
    the invoice itself, and `refunded` as money."""

    lowered: Decimal = Decimal(0)
    lowered_tax: Decimal = Decimal(0)
    returned: Decimal = Decimal(0)
    returned_tax: Decimal = Decimal(0)
    used: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)


NOTHING = TakenOff()


def taken_off(
    session: Session, invoice_ids: Sequence[str], standing: Mapping[str, XeroCreditNote]
) -> Mapping[str, TakenOff]:
    """By the gallery's invoice; only those of which something was taken off. `standing` are the organisation's credit
    notes by id."""
    scope = (session.gallery_id, session.tenant_id)
    with session.read() as uow:
        sent = uow.ledger.known(*scope, DocumentKind.INVOICE, invoice_ids)
        rows = {
            kind: _done(uow.ledger.children(*scope, kind, invoice_ids).values())
            for kind in (DocumentKind.CREDIT_NOTE, DocumentKind.REFUND)
        }
    refunded: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows[DocumentKind.REFUND]:
        if not row.local_revision:  # the others are questions about one of these
            refunded[row.parent_local_id] += row.xero_total or row.amount or Decimal(0)
    notes: dict[str, list[tuple[Document, XeroCreditNote]]] = defaultdict(list)
    for row in rows[DocumentKind.CREDIT_NOTE]:
        note = standing.get(row.xero_id or "")
        if note is not None and note.status not in GONE:
            notes[row.parent_local_id].append((row, note))
    return {
        id: _sum(notes.get(id, ()), sent[id].xero_id, refunded[id])
        for id in notes.keys() | refunded.keys()
        if id in sent
    }


def _sum(notes: Sequence[tuple[Document, XeroCreditNote]], invoice_id: str | None, refunded: Decimal) -> TakenOff:
    back = [note for row, note in notes if cause_of(row).startswith(FOR_A_REFUND)]
    others = [note for row, note in notes if not cause_of(row).startswith(FOR_A_REFUND)]
    uses = [one for _, note in notes for one in note.allocations or () if one.invoice_id == invoice_id]
    return TakenOff(
        lowered=sum((note.total for note in others), Decimal(0)),
        lowered_tax=sum((note.tax_total for note in others), Decimal(0)),
        returned=sum((note.total for note in back), Decimal(0)),
        returned_tax=sum((note.tax_total for note in back), Decimal(0)),
        used=sum((one.amount for one in uses), Decimal(0)),
        refunded=refunded,
    )


def _done(families: Iterable[Sequence[Document]]) -> list[Document]:
    return [row for family in families for row in family if row.state is DocumentState.DONE and row.xero_id]
