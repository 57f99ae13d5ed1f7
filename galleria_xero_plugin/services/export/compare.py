"""The reconciler: the gallery's index against the ledger, and the ledger against Xero, both ways.

Every night, after a restore, and whenever an operator asks. It only reads; what it found is kept and shown.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator

from ...domain.comparison import Comparison, Finding, What
from ...domain.markers import marker
from ...domain.model import InvoiceState
from ...domain.schedule import next_comparison
from ...domain.states import DocumentKind, DocumentState, RunKind, RunState
from ...ports.records import Document
from ...ports.store import UnitOfWork
from ..usage import zone_of
from .books import Books
from .months import sheets
from .session import Session

PAGE = 500
FAMILY = (DocumentKind.PAYMENT, DocumentKind.CREDIT_NOTE, DocumentKind.ALLOCATION, DocumentKind.REFUND)
"""What hangs on an invoice and is compared with it."""
RUNS = 50
"""How far back a sync is looked for since the last comparison."""


def compare(session: Session) -> Comparison:
    """Read all three sides, keep what was found, and plan the next night. Raises as `OrganisationCalls.read`."""
    unlisted = dict(_unlisted(session))
    books = Books(session, {marker(session.gallery_id, DocumentKind.INVOICE, one): one for one in unlisted})
    families: dict[str, dict[DocumentKind, list[Document]]] = defaultdict(lambda: defaultdict(list))
    for kind in FAMILY:
        for row in _rows(session, kind):
            families[row.parent_local_id][kind].append(row)
    for kind in (DocumentKind.INVOICE_UPDATE, DocumentKind.INVOICE_VOID, DocumentKind.PAYMENT_DELETE):
        books.corrected(row for row in _rows(session, kind) if row.state is DocumentState.DONE)
    for row in _rows(session, DocumentKind.INVOICE):
        books.check(row, families[row.local_id])
    findings = books.findings()
    months = sheets(session, books.standing, books.credit_notes, books.strangers())
    with session.write() as uow:
        before = uow.comparisons.get(session.gallery_id, session.tenant_id, to_change=True)
        if before is not None and _has_synced(session, uow, before.compared_at):
            overlooked = (unlisted[local_id] for local_id in before.comparison.new if local_id in unlisted)
            findings = [*(Finding(What.OVERLOOKED, number) for number in overlooked), *findings]
        comparison = Comparison(books.agreeing, tuple(findings), tuple(unlisted))
        if before is not None:
            comparison = comparison.accepting(before.comparison.accepted)
        uow.comparisons.put(session.gallery_id, session.tenant_id, comparison)
        uow.months.keep(session.gallery_id, session.tenant_id, months)
        plan_next(session, uow)
        uow.commit()
    return comparison


def plan_next(session: Session, uow: UnitOfWork, *, again: bool = True) -> None:
    """Compare in the gallery's next night, each organisation in a minute of its own; with `again` false only when no
    comparison was ever planned."""
    due = next_comparison(uow.now(), zone_of(session.info), session.connection.id)
    uow.comparisons.plan(session.gallery_id, session.tenant_id, due, again=again)


def _has_synced(session: Session, uow: UnitOfWork, since: dt.datetime) -> bool:
    """Whether a sync has read the gallery from beginning to end since then."""
    runs = uow.runs.latest(session.gallery_id, session.webservice.id, RUNS)
    return any(
        run.kind is RunKind.EXPORT and run.state is RunState.FINISHED and run.created_at > since for run in runs
    )


def _rows(session: Session, kind: DocumentKind) -> Iterator[Document]:
    after: str | None = None
    while True:
        with session.read() as uow:
            rows, after = uow.ledger.page(session.gallery_id, session.tenant_id, kind=kind, after=after, limit=PAGE)
        yield from rows
        if after is None:
            return


def _unlisted(session: Session) -> Iterator[tuple[str, str]]:
    """The gallery's issued invoices that are in no ledger row: (id, number for people)."""
    # What was issued before the connection is left out on purpose when Copy All is off
    if session.settings.sync_from is None or not session.settings.copy_existing:
        return
    after: str | None = None
    while True:
        entries = session.tools.gallery.invoice_index(session.gallery_id, session.settings.sync_from, after, PAGE)
        with session.read() as uow:
            ids = [entry.id for entry in entries]
            known = uow.ledger.known(session.gallery_id, session.tenant_id, DocumentKind.INVOICE, ids)
        for entry in entries:
            if entry.id not in known and entry.state is InvoiceState.ISSUED:
                yield entry.id, f"#{entry.number}"
        if len(entries) < PAGE:
            return
        after = entries[-1].id
