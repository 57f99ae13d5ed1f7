"""Preview: what a sync would do now, without doing any of it and without asking Xero.

It rests on what was last read from Xero (accounts, tax rates, lock dates, contacts) and says when that was. The
decisions are those of the export (`domain.deciding`). A page is one month: its totals are those of the whole month,
because that is what a bookkeeper compares, and a month is small enough to be decided while somebody waits.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from ..domain.accounting import InvoiceDraft, ReferenceData, XeroInvoice
from ..domain.accounts import tax_rate_by_type
from ..domain.contacts import ContactIndex, CreateContact, Linked
from ..domain.deciding import Desk, decide_contact, decide_invoice
from ..domain.effect import Posting, invoice_effect, payment_effect, summed, totals_of
from ..domain.export import SILENT, invoice_number
from ..domain.mapping import contact_name
from ..domain.markers import marker, payment_identity
from ..domain.model import Access, IndexEntry, Invoice, InvoiceState, MethodKind
from ..domain.payments import payment_draft
from ..domain.reasons import BY_A_PERSON, Hold
from ..domain.states import DocumentKind, DocumentState
from ..ports.gallery import Gallery
from ..ports.records import Connection, ContactLink, Document
from ..ports.store import Units
from .export.intake import Intake
from .preview_models import Line, Month, PreviewDocument, PreviewPage, PreviewPayment, Waits, limits
from .queries import Queries
from .read_models import Words
from .usage import index_since, today_of

PAGE = 20
DECIDED_AT_MOST = 500
"""Invoices of one month that are decided at once, for their totals: a whole number of pages. A larger month is shown
in parts of so many."""
CREDITS_AT_MOST = 500
_SENT = (DocumentState.SENDING, DocumentState.UNKNOWN, DocumentState.DONE)
_PERSONS = (DocumentState.CONFLICT, DocumentState.REJECTED)
NOT_READ = "not read yet"

CONTACTS: Mapping[str, Words] = {
    "stored": Words("linked before"),
    "number": Words("it carries our number"),
    "email_and_name": Words("same e-mail and name"),
    "name": Words("same name, and nobody else has it"),
    NOT_READ: Words("looked up in Xero with the next sync"),
    "new": Words("new in Xero, as %(name)s"),
}


class Preview:
    """The page before anything is written, any time."""

    def __init__(self, units: Units, gallery: Gallery, queries: Queries, quiet_period: dt.timedelta) -> None:
        self._units = units
        self._gallery = gallery
        self._queries = queries
        self._quiet_period = quiet_period

    def page(self, access: Access, webservice_id: str, month: str, number: int) -> PreviewPage:
        """One month (`2026-03`; by default the first one with something to send), in pages counted from 1.
        Raises NotFound."""
        head = self._queries.service_page(access, webservice_id)
        page = PreviewPage(head.gallery, head.now, head.row)
        connection, settings = head.row.connection, head.row.webservice.settings
        if connection is None or settings.sync_from is None:
            return page
        scope = (access.gallery_id, connection.tenant_id)
        with self._units.read() as uow:
            reference = uow.reference.get(*scope)
            states = uow.books.invoice_states(*scope)
        if reference is None:
            return page
        entries = self._to_send(access.gallery_id, page, states)
        months = _months(entries)
        chosen = next((one for one in months if one.key == month), months[0] if months else None)
        page = replace(
            page,
            read_at=reference.fetched_at,
            contacts_read_at=connection.contacts_read_at,
            months=months,
            chosen=chosen,
            limits=limits(months, chosen, reference.organisation, connection),
        )
        if chosen is None:
            return page
        whole = [entry for entry in entries if _key(entry.date) == chosen.key]
        number = min(max(number, 1), -(-len(whole) // PAGE))
        part, start = divmod((number - 1) * PAGE, DECIDED_AT_MOST)
        first = part * DECIDED_AT_MOST
        mine = whole[first : first + DECIDED_AT_MOST]
        decided = [one for one in self._decide(page, connection, reference, mine) if one is not None]
        partly = len(whole) > DECIDED_AT_MOST
        return replace(
            page,
            documents=tuple(decided[start : start + PAGE]),
            number=number,
            pages=max(1, -(-(len(whole) if partly else len(decided)) // PAGE)),
            totals=_totals(decided),
            waits=_waits(decided),
            sent=sum(one.hold is None for one in decided),
            decided=len(decided),
            part=(first + 1, first + len(mine)) if partly else None,
        )

    def _to_send(
        self, gallery_id: str, page: PreviewPage, states: Mapping[str, tuple[DocumentState, str | None]]
    ) -> Sequence[IndexEntry]:
        """Issued invoices in scope that were not sent and may be, oldest first, as far as the gallery's light index
        tells: there is nothing to send of one without an amount, or of one that a person has put aside."""
        webservice = page.row.webservice
        today = today_of(page.gallery, page.now)
        since = webservice.settings.sync_from
        if since is None or since > today:
            return ()
        first_new = since if webservice.settings.copy_existing else today_of(page.gallery, webservice.created_at)
        entries, _ = index_since(self._gallery, gallery_id, since)
        found = [
            entry
            for entry in entries
            if entry.state is InvoiceState.ISSUED
            and entry.total != 0
            and not _is_over(*states.get(entry.id, (None, None)))
            and (entry.date >= first_new or entry.id in states)
        ]
        return sorted(found, key=lambda entry: (entry.date, entry.number))

    def _decide(
        self, page: PreviewPage, connection: Connection, reference: ReferenceData, entries: Sequence[IndexEntry]
    ) -> list[PreviewDocument | None]:
        gallery_id, webservice = page.gallery.id, page.row.webservice
        ids = [entry.id for entry in entries]
        invoices = {invoice.id: invoice for invoice in self._gallery.invoices(gallery_id, ids)}
        scope = (gallery_id, connection.tenant_id)
        with self._units.read() as uow:
            rows = uow.ledger.known(*scope, DocumentKind.INVOICE, ids)
            links = uow.contacts.links(*scope, list({invoice.contact.id for invoice in invoices.values()}))
            known = connection.contacts_read_at is not None
            index = ContactIndex(uow.contacts.mirrored(*scope) if known else ())
            owners = dict(uow.contacts.all_links(*scope))
            notes, _ = uow.ledger.page(
                *scope, kind=DocumentKind.CREDIT_NOTE, states=[DocumentState.DONE], limit=CREDITS_AT_MOST
            )
        desk = Desk(
            settings=webservice.settings,
            reference=reference,
            tax_options={option.id: option for option in self._gallery.tax_options(gallery_id)},
            methods={method.id: method for method in self._gallery.payment_methods(gallery_id)},
            gallery_currency=page.gallery.base_currency,
        )
        intake = Intake(connection, webservice, page.gallery, self._quiet_period)
        who = _Contacts(gallery_id, index if known else None, owners, links)
        credit: dict[str, Decimal] = {}
        for note in notes:
            credit[note.contact_name] = max(credit.get(note.contact_name, Decimal(0)), note.amount or Decimal(0))
        return [
            self._document(page, desk, intake, who, credit, invoices[one], rows.get(one))
            for one in ids
            if one in invoices
        ]

    def _document(
        self, page: PreviewPage, desk: Desk, intake: Intake, who: _Contacts, credit: Mapping[str, Decimal],
        invoice: Invoice, row: Document | None,
    ) -> PreviewDocument | None:  # fmt: skip
        number = row.natural_key if row else invoice_number(desk.settings.prefix, invoice.number)
        hold = _as_it_stands(row) or intake.hold(invoice, page.now)
        if hold is not None and hold.code in SILENT:
            return None
        contact, why = who.decide(invoice)
        mark = marker(page.gallery.id, DocumentKind.INVOICE, invoice.id)
        url = self._gallery.invoice_url(page.gallery.id, invoice.id)
        made = decide_invoice(
            desk, invoice, contact, number=number, marker=mark, url=url,
            redated_to=row.redated_to if row else None,
        )  # fmt: skip
        shown = PreviewDocument(
            number=number, invoice=invoice, url=url, row_id=row.id if row else "", contact_why=why,
            hold=hold or (made if isinstance(made, Hold) else None),
        )  # fmt: skip
        if isinstance(made, Hold):
            return shown
        payments = _payments(desk, invoice, made, page.gallery.id, credit.get(contact_name(invoice.contact), Decimal(0)))
        effect = (*invoice_effect(made, desk.reference), *(p for one in payments for p in one.effect))
        return replace(
            shown, lines=_lines(made, desk.reference), payments=payments, effect=summed(effect),
            total=made.expected_total, tax=made.expected_tax,
        )  # fmt: skip


class _Contacts:
    """Who is who, decided one after the other as the export does; `index` None: Xero's contacts were never read."""

    def __init__(
        self, gallery_id: str, index: ContactIndex | None, owners: dict[str, str], links: Mapping[str, ContactLink]
    ) -> None:
        self._gallery_id = gallery_id
        self._index = index
        self._owners = owners
        self._links = links
        self._decided: dict[str, tuple[Linked | Hold, Words | None]] = {}

    def decide(self, invoice: Invoice) -> tuple[Linked | Hold, Words | None]:
        """The contact, and why it is this one. One that is new counts as linked: its invoice goes after it."""
        contact = invoice.contact
        if contact.id not in self._decided:
            self._decided[contact.id] = self._decide(invoice)
        return self._decided[contact.id]

    def _decide(self, invoice: Invoice) -> tuple[Linked | Hold, Words | None]:
        contact = invoice.contact
        link = self._links.get(contact.id)
        if self._index is None and link is None:
            return Linked("", NOT_READ), CONTACTS[NOT_READ]
        found = decide_contact(
            contact,
            link=link.xero_id if link else None,
            marker=marker(self._gallery_id, DocumentKind.CONTACT, contact.id),
            index=self._index or ContactIndex(),
            linked=self._owners,
        )
        if isinstance(found, CreateContact):
            if self._index is not None:
                self._index.reserve(found.name, contact)
            return Linked("", "new"), Words(CONTACTS["new"].text, {"name": found.name})
        if isinstance(found, Linked):
            self._owners[found.xero_id] = contact.id
            return found, CONTACTS.get(found.why)
        return found, None


def _as_it_stands(row: Document | None) -> Hold | None:
    """What a person, or Xero, has left open about a document stays as it is until they act."""
    if row is None or row.reason_code is None:
        return None
    return Hold(row.reason_code, dict(row.reason_facts)) if row.state in _PERSONS else None


def _is_over(state: DocumentState | None, reason_code: str | None) -> bool:
    """It was sent, or a person has put it aside: no sync takes it up."""
    return state in _SENT or (state is DocumentState.SKIPPED and reason_code in BY_A_PERSON)


def _payments(
    desk: Desk, invoice: Invoice, made: InvoiceDraft, gallery_id: str, credit: Decimal
) -> tuple[PreviewPayment, ...]:
    """`credit` is the largest credit note of ours that the client has: what the sync may use for a payment by
    credit. How much of it is left only Xero knows."""
    standing = XeroInvoice(
        id="", number=made.number, type="ACCREC", status=made.status.value, contact_id=made.contact_id,
        currency=made.currency, total=made.expected_total, tax_total=made.expected_tax,
        amount_due=made.expected_total, amount_paid=made.expected_total * 0, amount_credited=made.expected_total * 0,
    )  # fmt: skip
    found = []
    for payment in sorted(invoice.payments, key=lambda one: one.date):
        plan = payment_draft(
            payment, invoice, settings=desk.settings, reference=desk.reference, xero_invoice=standing,
            marker=marker(gallery_id, DocumentKind.PAYMENT, payment_identity(payment)), methods=desk.methods,
        )  # fmt: skip
        effect: tuple[Posting, ...] = ()
        if plan.draft is not None:
            effect = payment_effect(plan.draft, desk.reference)
            standing = replace(standing, amount_due=standing.amount_due - plan.draft.amount)
        method = desk.methods.get(payment.method_id)
        by_credit = method is not None and method.kind is MethodKind.CREDIT and payment.amount <= credit
        hold = None if by_credit and plan.hold is not None and plan.hold.code == "credit_to_use" else plan.hold
        found.append(PreviewPayment(payment, method.name if method else "", effect, hold, by_credit and hold is None))
    return tuple(found)


def _lines(made: InvoiceDraft, reference: ReferenceData) -> tuple[Line, ...]:
    labels = {account.code: f"{account.code} {account.name}" for account in reference.accounts}
    rates = {line.tax_type: tax_rate_by_type(reference, line.tax_type) for line in made.lines}
    return tuple(
        Line(line, labels.get(line.account_code, line.account_code), rates[line.tax_type], figures.amount, figures.tax)
        for line, figures in zip(made.lines, totals_of(made, reference).lines, strict=True)
    )


def _months(entries: Sequence[IndexEntry]) -> tuple[Month, ...]:
    totals: dict[str, dict[str, list[IndexEntry]]] = defaultdict(lambda: defaultdict(list))
    for entry in entries:
        totals[_key(entry.date)][entry.currency].append(entry)
    return tuple(
        Month(
            key,
            sum(map(len, by_currency.values())),
            tuple((code, sum((one.total for one in group), start=group[0].total * 0)) for code, group in
                  sorted(by_currency.items())),
        )
        for key, by_currency in sorted(totals.items())
    )  # fmt: skip


def _key(date: dt.date) -> str:
    return f"{date:%Y-%m}"


def _totals(decided: Sequence[PreviewDocument]) -> tuple[tuple[str, tuple[Posting, ...]], ...]:
    by_currency: dict[str, list[Posting]] = defaultdict(list)
    for one in decided:
        if one.hold is None:
            by_currency[one.invoice.currency] += one.effect
    return tuple(
        (code, tuple(sorted(summed(postings), key=lambda posting: (posting.account, posting.rate))))
        for code, postings in sorted(by_currency.items())
    )


def _waits(decided: Sequence[PreviewDocument]) -> tuple[Waits, ...]:
    found: dict[str, list[str]] = defaultdict(list)
    for one in decided:
        if one.hold is not None:
            found[one.hold.code].append(one.number)
        for payment in one.payments:
            if payment.hold is not None and one.hold is None:
                found[payment.hold.code].append(one.number)
    return tuple(Waits(code, tuple(numbers)) for code, numbers in sorted(found.items(), key=lambda item: -len(item[1])))
