"""The months of a comparison: every invoice of the gallery beside what stands in Xero, kept for the pages."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from ...domain.accounting import XeroInvoice
from ...domain.correcting import XeroCreditNote
from ...domain.export import invoice_number
from ...domain.mapping import contact_name
from ...domain.model import IndexEntry, Invoice, InvoiceState
from ...domain.month import Entry, Figures, OpenPayment, Sheet, Standing, Used, explained, in_order_of_number, judged
from ...domain.month import unreconciled as not_reconciled
from ...domain.reasons import BY_A_PERSON, STOPPED
from ...domain.states import WAITING, DocumentKind, DocumentState
from ...domain.withdrawing import CANCELLED
from ...ports.records import Document
from ...ports.store import UnitOfWork
from .cancel_phase import ASKED_FOR
from .session import BATCH, Session
from .taken_off import NOTHING, TakenOff, taken_off

PAGE = 500
PAYMENTS_SINCE = dt.timedelta(days=100)
"""How far back payments are looked at: who reconciles later than that does not do it by this list."""
BY_SOMEBODY = {CANCELLED: ASKED_FOR, STOPPED: "stopped asking"}
"""Reasons that a person gave, with the entry of the audit that says who."""
GONE = frozenset({"VOIDED", "DELETED"})
Side = tuple[XeroInvoice, Document | None]


def sheets(
    session: Session,
    own: Mapping[str, XeroInvoice],
    notes: Mapping[str, XeroCreditNote],
    strangers: Iterable[XeroInvoice],
) -> list[Sheet]:
    """A sheet for every month since the Sync From Date. `own` is what this app created, by id; `notes` the
    organisation's credit notes, `strangers` those of `own` that no document of ours is about. Raises as `OrganisationCalls.read`."""
    if session.settings.sync_from is None:
        return []
    entries: dict[str, list[Entry]] = defaultdict(list)
    numbers: dict[str, set[int]] = defaultdict(set)
    used: dict[int, Used] = {}
    for page in _index(session):
        ids = [one.id for one in page]
        with session.read() as uow:
            rows = uow.ledger.known(session.gallery_id, session.tenant_id, DocumentKind.INVOICE, ids)
            payments = uow.ledger.children(session.gallery_id, session.tenant_id, DocumentKind.PAYMENT, ids)
            settled = {row.id: _settled(uow, row) for row in rows.values() if row.reason_code in BY_SOMEBODY}
        invoices, standing = session.invoices(ids), _standing(session, rows.values(), own)
        off = taken_off(session, ids, notes)
        for one in page:
            month = _month(one.date)
            cancelled = one.state in (InvoiceState.CANCELLED, InvoiceState.DELETED)
            used[one.number] = Used(month, draft=one.state is InvoiceState.DRAFT, cancelled=cancelled)
            row = rows.get(one.id)
            found = standing.get(row.xero_id or "") if row else None
            entry = _entry(session, one, invoices.get(one.id), row, found, off.get(one.id, NOTHING))
            if entry is not None:
                by, at = settled.get(entry.document_id, ("", None))
                entry = _with_its_payments(replace(entry, by=by, at=at), payments.get(one.id, ()))
                entries[month].append(entry)
                numbers[month].add(one.number)
    for invoice in strangers:
        if invoice.date is not None:
            entries[_month(invoice.date)].append(
                Entry(invoice.number, Standing.STRANGE, invoice.currency, xero=_in_xero(invoice), xero_id=invoice.id)
            )
    open_ones = _unreconciled(session)
    made = []
    for month in sorted(entries.keys() | open_ones.keys()):
        gaps = explained(numbers[month], used, month, session.settings.prefix)
        made.append(Sheet(month, in_order_of_number([*entries[month], *gaps]), tuple(open_ones.get(month, ()))))
    return made


def _entry(
    session: Session,
    index: IndexEntry,
    invoice: Invoice | None,
    row: Document | None,
    standing: XeroInvoice | None,
    off: TakenOff,
) -> Entry | None:
    """A number of the gallery's; None for a draft, which has no place in a month yet."""
    cancelled = index.state is not InvoiceState.ISSUED
    gallery = _in_gallery(invoice) if not cancelled and invoice is not None and invoice.total else None
    xero = _in_xero(standing, off, cancelled=cancelled) if standing is not None and standing.status not in GONE else None
    if cancelled and xero is not None and not xero.total:
        xero = None  # credited in full; what is not paid back yet is the client's credit
    elif cancelled and xero is not None and invoice is not None and xero.total == _kept(invoice):
        gallery = xero  # a deposit that was kept: how much of it is tax only Xero knows
    if index.state is InvoiceState.DRAFT and row is None:
        return None
    return Entry(
        number=row.label if row else invoice_number(session.settings.prefix, index.number),
        standing=Standing.CANCELLED if cancelled and gallery else _how(index, row, gallery, xero),
        currency=index.currency,
        gallery=gallery,
        xero=xero,
        contact=contact_name(invoice.contact) if invoice else "",
        local_id=index.id,
        document_id=row.id if row else "",
        xero_id=standing.id if standing else "",
        reason=(row.reason_code or "") if row and row.state is not DocumentState.DONE else "",
    )


def _settled(uow: UnitOfWork, row: Document) -> tuple[str, dt.datetime | None]:
    """Who has cancelled it in Xero from here, or put it aside, and when."""
    action = BY_SOMEBODY[row.reason_code or ""]
    said = [one for one in uow.audit.of_subject(row.gallery_id, row.id) if one.action == action]
    last = max(said, key=lambda one: one.at, default=None)
    return (last.actor_name, last.at) if last else (row.reason_facts.get("who", ""), None)


def _with_its_payments(entry: Entry, payments: Iterable[Document]) -> Entry:
    """What Xero has not been paid is explained when it is to the cent what waits of the payments."""
    if entry.standing is not Standing.PAID or entry.gallery is None or entry.xero is None:
        return entry
    waits = [one for one in payments if one.state is not DocumentState.DONE and one.deleted_at is None]
    amounts = [one.amount for one in waits if one.amount is not None]
    if not amounts or sum(amounts) != entry.gallery.paid - entry.xero.paid:
        return entry
    reason = next((one.reason_code for one in waits if one.reason_code), None)
    return replace(entry, standing=Standing.PAYMENT_WAITS, reason=reason or "")


def _how(index: IndexEntry, row: Document | None, gallery: Figures | None, xero: Figures | None) -> Standing:
    if row is not None and row.state is DocumentState.DONE:
        if row.reason_code == CANCELLED and gallery is not None and xero is None:
            return Standing.WITHDRAWN
        return judged(gallery, xero)
    if index.state is not InvoiceState.ISSUED:
        return Standing.CANCELLED
    if not index.total:
        return Standing.ZERO
    if row is None:
        return Standing.LEFT_OUT
    if row.state is DocumentState.SKIPPED:
        return Standing.PUT_ASIDE if row.reason_code in BY_A_PERSON else Standing.LEFT_OUT
    return Standing.WAITS if row.state in WAITING or row.reason_code else Standing.ON_THE_WAY


def _kept(invoice: Invoice) -> Decimal:
    """What came in and did not go back."""
    return sum((one.amount for one in invoice.payments), Decimal(0)) - sum(
        (one.amount for one in invoice.refunds), Decimal(0)
    )


def _in_gallery(invoice: Invoice) -> Figures:
    paid = _kept(invoice)
    due = invoice.total - paid
    if due > 0:  # nobody owes what was given back
        due = max(due - sum((one.amount for one in invoice.refunds), Decimal(0)), Decimal(0))
    return Figures(invoice.total, invoice.tax_total, paid, due, "paid" if due <= 0 else "part paid" if paid else "open")


def _in_xero(invoice: XeroInvoice, off: TakenOff | None = None, *, cancelled: bool = False) -> Figures:
    """An invoice with what our own credit notes and refunds made of it."""
    off = off or NOTHING
    settled = invoice.amount_paid + invoice.amount_credited - off.used - off.refunded
    total, tax = invoice.total - off.lowered, invoice.tax_total - off.lowered_tax
    if cancelled:  # what was credited for a refund lowers what is left of it, while a sale that goes on keeps its price
        total, tax = total - off.returned, tax - off.returned_tax
    return Figures(total, tax, settled, invoice.amount_due, invoice.status)


def _standing(
    session: Session, rows: Iterable[Document], own: Mapping[str, XeroInvoice]
) -> Mapping[str, XeroInvoice]:
    """What stands in Xero for these rows; those that somebody else had created are read by their ids."""
    ids = [row.xero_id for row in rows if row.xero_id]
    found = {one: own[one] for one in ids if one in own}
    others = [one for one in ids if one not in own]
    for start in range(0, len(others), BATCH):
        answer = session.calls.read(session.tools.api.invoices_by_id(others[start : start + BATCH]))
        found |= {invoice.id: invoice for invoice in answer.items}
    return found


def _unreconciled(session: Session) -> dict[str, list[OpenPayment]]:
    with session.read() as uow:
        today = session.intake.today(uow.now())
    since = today - PAYMENTS_SINCE
    sent = [
        (OpenPayment(row.label, row.contact_name, row.document_date, row.amount, row.currency, row.id), row.xero_id)
        for row in _payments(session, since)
        if row.document_date is not None and row.amount is not None and row.xero_id
    ]
    found: dict[str, list[OpenPayment]] = defaultdict(list)
    if sent:
        for one in not_reconciled(sent, _reconciled(session, since), today):
            found[_month(one.date)].append(one)
    return found


def _payments(session: Session, since: dt.date) -> Iterator[Document]:
    after: str | None = None
    while True:
        with session.read() as uow:
            rows, after = uow.ledger.page(
                session.gallery_id, session.tenant_id, states=[DocumentState.DONE], kind=DocumentKind.PAYMENT,
                since=since, after=after, limit=PAGE,
            )  # fmt: skip
        yield from (row for row in rows if not row.credit_used)  # what never touches a bank is never reconciled
        if after is None:
            return


def _reconciled(session: Session, since: dt.date) -> dict[str, bool]:
    found: dict[str, bool] = {}
    page = 1
    while True:
        answer = session.calls.read(session.tools.api.payments_since(page, since))
        found |= {payment.id: payment.is_reconciled for payment in answer.items}
        if not answer.more:
            return found
        session.lease.must_hold()
        page += 1


def _index(session: Session) -> Iterator[list[IndexEntry]]:
    assert session.settings.sync_from is not None
    after: str | None = None
    while True:
        page = list(session.tools.gallery.invoice_index(session.gallery_id, session.settings.sync_from, after, PAGE))
        yield page
        if len(page) < PAGE:
            return
        after = page[-1].id


def _month(day: dt.date) -> str:
    return f"{day:%Y-%m}"
