"""What stood in the books before: documents older than the connection are looked up among Xero's own invoices, and
what may be one of them becomes a question. Nothing is created for a document with an open question.

The look costs a call for every 1,000 sales invoices dated since the oldest such document less 60 days. It is taken
when such documents enter the ledger: with the first sync, and when Sync From Date is widened.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence

from ...domain import lookalikes
from ...domain.accounting import XeroInvoice
from ...domain.lookalikes import Lookalike, Sale, Why
from ...domain.mapping import contact_name
from ...domain.model import Invoice
from ...domain.states import DocumentState
from ...ports.records import ContactLink, Document
from .invoice_phase import settle_found
from .session import Session

PAGE = 200


def step(session: Session) -> bool:
    """Compare everything that was not compared yet. False when there is nothing to compare."""
    rows: list[Document] = []
    sales: list[Sale] = []
    while page := _uncompared(session, rows[-1].id if rows else ""):
        rows += page
        sales += _sales(session, page)
        session.lease.must_hold()
        if len(page) < PAGE:
            break
    if not rows:
        return False
    found: Sequence[Lookalike] = ()
    if sales:
        session.say("Looking at what stands in your books already")
        since = min(sale.date for sale in sales) - lookalikes.WITHIN
        found = lookalikes.find(sales, _standing(session, since))
    # Our own marker is proof enough: nobody is asked (export-protocol §2.2a)
    marked = {pair.sale_id: pair.found for pair in found if pair.why is Why.MARKER}
    looked_up = [(row, marked.get(row.id)) for row in rows if row.state is DocumentState.PENDING]
    settle_found(session, looked_up, expect=DocumentState.PENDING)
    _ask(session, rows, [pair for pair in found if pair.why is not Why.MARKER])
    return True


def _uncompared(session: Session, after: str) -> Sequence[Document]:
    with session.read() as uow:
        return uow.books.to_compare(session.gallery_id, session.tenant_id, after, PAGE)


def _sales(session: Session, rows: Sequence[Document]) -> list[Sale]:
    """Those of the rows that somebody may have entered in Xero before it was connected."""
    invoices = session.invoices([row.local_id for row in rows])
    contact_ids = [invoice.contact.id for invoice in invoices.values()]
    with session.read() as uow:
        links = uow.contacts.links(session.gallery_id, session.tenant_id, contact_ids)
    connected_at = session.webservice.created_at
    connected_on = session.intake.today(connected_at)
    return [
        _sale(row, invoice, links)
        for row in rows
        if (invoice := invoices.get(row.local_id)) is not None
        and lookalikes.predates(invoice.issued_at, invoice.date, connected_at, connected_on)
    ]


def _sale(row: Document, invoice: Invoice, links: Mapping[str, ContactLink]) -> Sale:
    link = links.get(invoice.contact.id)
    return Sale(
        id=row.id,
        marker=row.marker,
        number=invoice.number,
        xero_number=row.natural_key,
        contact=contact_name(invoice.contact),
        date=invoice.date,
        total=invoice.total,
        currency=invoice.currency,
        xero_contact_id=link.xero_id if link is not None else None,
    )


def _standing(session: Session, since: dt.date) -> Sequence[XeroInvoice]:
    """The organisation's sales invoices since a day, without those that stand for one of ours; read once in a slice."""
    if session.books is None or session.books[0] > since:
        found: list[XeroInvoice] = []
        page = 1
        while True:
            result = session.calls.read(session.tools.api.sales_invoices(page, since=since))
            found += result.items
            if not result.more:
                break
            session.lease.must_hold()
            page += 1
        session.books = (since, found)
        with session.write() as uow:
            uow.books.looked(session.gallery_id, session.tenant_id, since=since, documents=len(found), calls=page)
            uow.commit()
    with session.read() as uow:
        linked = uow.books.linked(session.gallery_id, session.tenant_id)
    return [invoice for invoice in session.books[1] if invoice.id not in linked]


def _ask(session: Session, rows: Sequence[Document], found: Sequence[Lookalike]) -> None:
    by_row: dict[str, list[Lookalike]] = defaultdict(list)
    for pair in found:
        by_row[pair.sale_id].append(pair)
    for start in range(0, len(rows), PAGE):
        page = rows[start : start + PAGE]
        asked = 0
        with session.write() as uow:
            scope = (session.gallery_id, session.tenant_id)
            for row in page:
                for pair in by_row.get(row.id, ()):
                    uow.books.ask(*scope, row.id, pair.found, pair.why.name.lower())
            uow.books.ask_again([row.id for row in page])
            questions = uow.books.questions(*scope, [row.id for row in page])
            for row in page:
                if row.id in questions and row.state is DocumentState.PENDING:
                    facts = {"number": row.label, "other": questions[row.id][0].number or "an invoice"}
                    asked += uow.ledger.move(
                        row.id,
                        expect=[DocumentState.PENDING],
                        to=DocumentState.CONFLICT,
                        reason=("maybe_in_books", facts),
                    )
            uow.books.compared([row.id for row in page])
            session.note(uow, asked=asked)
            uow.commit()
