"""Comparing three sides: the gallery's invoices, the ledger, and what this app created in Xero.

Read-only. All counts but `agreeing` should be zero; what to do about a difference is for a person to decide.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...domain.model import InvoiceState
from ...domain.states import DocumentKind, DocumentState
from ...ports.records import Document
from .invoice_phase import GONE, marker_of, own
from .session import Session

PAGE = 500


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found, as numbers of our Xero invoices (`unlisted`: of gallery invoices).

    `unlisted` are issued in the gallery since Sync From Date and not in the ledger, `missing` were sent and are
    not in Xero (or were voided or deleted there), `different` have another total, `extra` carry our marker
    and are in no ledger row.
    """

    agreeing: int
    unlisted: tuple[str, ...]
    missing: tuple[str, ...]
    different: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def clean(self) -> bool:
        return not (self.unlisted or self.missing or self.different or self.extra)

    def __str__(self) -> str:
        parts = [f"{self.agreeing} invoices agree"]
        for name in ("unlisted", "missing", "different", "extra"):
            found: tuple[str, ...] = getattr(self, name)
            shown = ", ".join(found[:10]) + (" …" if len(found) > 10 else "")
            parts.append(f"{len(found)} {name}" + (f" ({shown})" if found else ""))
        return "; ".join(parts) + "."


def compare(session: Session) -> Comparison:
    """Read all three sides. Raises as `OrganisationCalls.read`."""
    standing = {invoice.id: invoice for invoice in own(session)}
    agreeing = 0
    missing: list[str] = []
    different: list[str] = []
    sent_ids = set()
    for row in _sent(session):
        sent_ids.add(row.xero_id)
        invoice = standing.get(row.xero_id or "")
        if row.adopted and invoice is None:
            continue  # somebody else created it: it is not among what this app created
        if invoice is None or invoice.status in GONE:
            missing.append(row.label)
        elif row.amount is not None and invoice.total != row.amount:
            different.append(row.label)
        else:
            agreeing += 1
    extra = [
        invoice.number
        for invoice in standing.values()
        if invoice.id not in sent_ids and marker_of(invoice)
    ]
    return Comparison(agreeing, tuple(_unlisted(session)), tuple(missing), tuple(different), tuple(extra))


def _sent(session: Session) -> Iterator[Document]:
    after: str | None = None
    while True:
        with session.read() as uow:
            rows, after = uow.ledger.page(
                session.gallery_id,
                session.tenant_id,
                states=[DocumentState.DONE],
                kind=DocumentKind.INVOICE,
                after=after,
                limit=PAGE,
            )
        yield from rows
        if after is None:
            return


def _unlisted(session: Session) -> Iterator[str]:
    if session.settings.sync_from is None:
        return
    after: str | None = None
    while True:
        entries = session.tools.gallery.invoice_index(session.gallery_id, session.settings.sync_from, after, PAGE)
        with session.read() as uow:
            ids = [entry.id for entry in entries]
            known = uow.ledger.known(session.gallery_id, session.tenant_id, DocumentKind.INVOICE, ids)
        # what was issued before the connection is left out on purpose when Copy All is off
        if session.settings.copy_existing:
            for entry in entries:
                if entry.id not in known and entry.state is InvoiceState.ISSUED:
                    yield f"#{entry.number}"
        if len(entries) < PAGE:
            return
        after = entries[-1].id
