"""The accounting client (`ports.xero.XeroApi`): builders without I/O, and one `send`."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar, cast

from ..domain.accounting import (
    Account,
    Element,
    InvoiceStatus,
    Organisation,
    TaxRate,
    XeroBrandingTheme,
    XeroContact,
    XeroInvoice,
    XeroPayment,
)
from ..domain.correcting import XeroCreditNote
from ..errors import XeroError
from ..ports.xero import Answer, Draft, ResultPage, TenantAccess, WriteKind, XeroRequest
from . import answers, elements
from . import payloads as writing
from .classify import classify, quota, request_id, unreadable
from ..hosts import API_URL
from .reading import decode, guid
from .transport import API_LIMITS, Failure, Limits, Reply, Transport

T = TypeVar("T")

BATCH_LIMIT = 50  # elements of a request (xero-facts §2.3), and documents of a look-up
CONTACT_PAGE = 1000  # Xero's largest page
INVOICE_PAGE = 100
# Whole invoices with all their lines: 200 of the longest stay well below the limit of a body.
OWN_INVOICE_PAGE = 200
CREDIT_NOTES_LIMIT = 20  # in one condition
NOTE_LIMIT = 2500  # characters of a note (xero-facts §4.10)
SUMMARY_PAGE = 1000
KEY_LIMIT = 128  # characters of an Idempotency-Key (xero-facts §3)

# Four decimals of unit amounts, or two would be compared with four (xero-facts §2.5).
UNIT_DECIMALS = ("unitdp", "4")
_WITH_LINES = (WriteKind.INVOICE, WriteKind.INVOICE_CHANGE, WriteKind.CREDIT_NOTE)
_BY_ID = (WriteKind.INVOICE_CHANGE, WriteKind.PAYMENT_REMOVAL)
_UNDER = {WriteKind.ALLOCATION: "/CreditNotes/{id}/Allocations", WriteKind.PAYMENT_REMOVAL: "/Payments/{id}"}

# Numbers travel in a comma-separated list, so only what needs no quoting may stand in one.
_NUMBER = re.compile(r"[A-Za-z0-9._/-]{1,255}", re.ASCII)
_HEADER_SAFE = re.compile(r"[!-~]+", re.ASCII)


class XeroClient:
    """Calls Xero's accounting API. One object serves all organisations and threads.

    `now` tells seconds since 1970, for a Retry-After that is a date."""

    def __init__(
        self, api_url: str = API_URL, *, limits: Limits = API_LIMITS, now: Callable[[], float] = time.time
    ) -> None:
        self._base = api_url.rstrip("/")
        self._transport = Transport(limits)
        self._now = now

    def payload(self, draft: Draft) -> str:
        """See `payloads.payload`."""
        return writing.payload(draft)

    def create(
        self, kind: WriteKind, payloads: Sequence[str], *, under: str = ""
    ) -> XeroRequest[tuple[Element, ...]]:
        """PUT, because POST would silently change a document that is there already (export-protocol R4); POST only
        for what names a document that stands by its id."""
        _check_size(payloads)
        if not all(isinstance(json.loads(text), dict) for text in payloads):
            raise ValueError("a payload is not a JSON object")
        plural = elements.SHAPES[kind].plural
        path = f"/{plural}"
        if kind is WriteKind.ALLOCATION_REMOVAL:
            (text,) = payloads
            path = f"/CreditNotes/{guid(under)}/Allocations/{guid(json.loads(text)['AllocationID'])}"
            return XeroRequest("DELETE", path, partial(elements.read, kind=kind))
        if kind in _UNDER:
            path = _UNDER[kind].format(id=guid(under))
            if len(payloads) != 1:
                raise ValueError(f"a request takes one {kind}")
        # Said explicitly: the documented default of summarizeErrors is not the real one (xero-facts §2.4).
        query = [("summarizeErrors", "false")]
        if kind in _WITH_LINES:
            query.append(UNIT_DECIMALS)
        return XeroRequest(
            "POST" if kind in _BY_ID else "PUT",
            path,
            partial(elements.read, kind=kind),
            query=tuple(query),
            body=writing.envelope(plural, payloads),
        )

    def note(self, invoice_id: str, text: str) -> XeroRequest[None]:
        body = writing.envelope("HistoryRecords", [writing.canonical({"Details": text[:NOTE_LIMIT]})])
        return XeroRequest("PUT", f"/Invoices/{guid(invoice_id)}/History", lambda document: None, body=body)

    def organisation(self) -> XeroRequest[Organisation]:
        return XeroRequest("GET", "/Organisation", answers.organisation)

    def accounts(self) -> XeroRequest[tuple[Account, ...]]:
        return XeroRequest("GET", "/Accounts", answers.accounts)

    def tax_rates(self) -> XeroRequest[tuple[TaxRate, ...]]:
        return XeroRequest("GET", "/TaxRates", answers.tax_rates)

    def branding_themes(self) -> XeroRequest[tuple[XeroBrandingTheme, ...]]:
        return XeroRequest("GET", "/BrandingThemes", answers.branding_themes)

    def currencies(self) -> XeroRequest[tuple[str, ...]]:
        return XeroRequest("GET", "/Currencies", answers.currencies)

    def tracking_categories(self) -> XeroRequest[tuple[answers.Tracking, ...]]:
        return XeroRequest("GET", "/TrackingCategories", answers.tracking_categories)

    def contacts(
        self,
        page: int,
        *,
        modified_since: dt.datetime | None = None,
        include_archived: bool = False,
        customers_only: bool = False,
    ) -> XeroRequest[ResultPage[XeroContact]]:
        """The order is said: only that of invoices and payments is documented (xero-facts §2.5)."""
        more = [("order", "UpdatedDateUTC ASC")]
        if include_archived:
            more.append(("includeArchived", "true"))
        if customers_only:
            more.append(("where", "IsCustomer==true"))
        return _listing("Contacts", answers.contact, page, CONTACT_PAGE, more, modified_since)

    def invoices_by_number(self, numbers: Sequence[str]) -> XeroRequest[ResultPage[XeroInvoice]]:
        """Raises ValueError for a number that could not stand in a list: ask for it in no other way."""
        _check_size(numbers)
        if not all(_NUMBER.fullmatch(number) for number in numbers):
            raise ValueError("an invoice number contains other characters than A-Z a-z 0-9 . _ / -")
        return _listing("Invoices", answers.invoice, 1, INVOICE_PAGE, [("InvoiceNumbers", ",".join(numbers))])

    def invoices_by_id(self, ids: Sequence[str]) -> XeroRequest[ResultPage[XeroInvoice]]:
        _check_size(ids)
        query = [("IDs", ",".join(map(guid, ids))), UNIT_DECIMALS]
        return _listing("Invoices", answers.invoice, 1, INVOICE_PAGE, query)

    def credit_notes_by_number(self, numbers: Sequence[str]) -> XeroRequest[ResultPage[XeroCreditNote]]:
        """Raises ValueError for a number that could not stand in a condition."""
        if not all(_NUMBER.fullmatch(number) for number in numbers):
            raise ValueError("a number contains other characters than A-Z a-z 0-9 . _ / -")
        return _credit_notes([f'CreditNoteNumber=="{number}"' for number in numbers])

    def credit_notes_by_id(self, ids: Sequence[str]) -> XeroRequest[ResultPage[XeroCreditNote]]:
        return _credit_notes([f'CreditNoteID==guid("{guid(id)}")' for id in ids])

    def open_credit(self, contact_id: str, page: int) -> XeroRequest[ResultPage[XeroCreditNote]]:
        """What has nothing left is PAID, not AUTHORISED (xero-facts §4.8)."""
        where = f'Type=="ACCRECCREDIT" AND Status=="AUTHORISED" AND Contact.ContactID==guid("{guid(contact_id)}")'
        return _listing("CreditNotes", answers.credit_note, page, INVOICE_PAGE, [("where", where), UNIT_DECIMALS])

    def credit_notes_of(self, contact_id: str, page: int) -> XeroRequest[ResultPage[XeroCreditNote]]:
        where = f'Type=="ACCRECCREDIT" AND Contact.ContactID==guid("{guid(contact_id)}")'
        return _listing("CreditNotes", answers.credit_note, page, INVOICE_PAGE, [("where", where), UNIT_DECIMALS])

    def sales_credit_notes(
        self, page: int, *, modified_since: dt.datetime | None
    ) -> XeroRequest[ResultPage[XeroCreditNote]]:
        """Credit notes cannot be asked for by who created them; the order is said, because none is documented."""
        query = [("where", 'Type=="ACCRECCREDIT"'), ("order", "UpdatedDateUTC ASC")]
        return _listing("CreditNotes", answers.credit_note, page, OWN_INVOICE_PAGE, query, modified_since)

    def refunds_of(self, credit_note_id: str) -> XeroRequest[ResultPage[XeroPayment]]:
        where = [("where", f'CreditNote.CreditNoteID==guid("{guid(credit_note_id)}")')]
        return _listing("Payments", answers.payment, 1, INVOICE_PAGE, where)

    def own_invoices(self, page: int, *, modified_since: dt.datetime | None) -> XeroRequest[ResultPage[XeroInvoice]]:
        """In Xero's default order of invoices: UpdatedDateUTC, then id (xero-facts §2.5)."""
        own = [("createdByMyApp", "true")]
        return _listing("Invoices", answers.invoice, page, OWN_INVOICE_PAGE, own, modified_since)

    def sales_invoices(self, page: int, *, since: dt.date) -> XeroRequest[ResultPage[XeroInvoice]]:
        """By filters that Xero has an index for (xero-facts §2.5). A summary is what pages of 1,000 are meant for."""
        where = f'Type=="ACCREC" AND Date>=DateTime({since.year},{since.month:02},{since.day:02})'
        query = [("where", where), ("summaryOnly", "true")]
        return _listing("Invoices", answers.invoice, page, SUMMARY_PAGE, query)

    def set_status(self, ids: Sequence[str], status: InvoiceStatus) -> XeroRequest[tuple[Element, ...]]:
        """POST updates what has the id; an unknown id is refused, so nothing is ever created by this."""
        _check_size(ids)
        rows = [writing.canonical({"InvoiceID": guid(one), "Status": status.value}) for one in ids]
        return XeroRequest(
            "POST",
            "/Invoices",
            partial(elements.read, kind=WriteKind.INVOICE),
            query=(("summarizeErrors", "false"),),
            body=writing.envelope("Invoices", rows),
        )

    def payments_of(self, invoice_id: str) -> XeroRequest[ResultPage[XeroPayment]]:
        """By one of the filters that Xero has an index for (xero-facts §4.3)."""
        where = [("where", f'Invoice.InvoiceID==guid("{guid(invoice_id)}")')]
        return _listing("Payments", answers.payment, 1, INVOICE_PAGE, where)

    def payments_since(self, page: int, since: dt.date) -> XeroRequest[ResultPage[XeroPayment]]:
        """By the date, which is one of the filters that Xero has an index for (xero-facts §4.3)."""
        where = [("where", f"Date>=DateTime({since.year},{since.month:02},{since.day:02})")]
        return _listing("Payments", answers.payment, page, OWN_INVOICE_PAGE, where)

    def send(
        self,
        request: XeroRequest[T],
        access: TenantAccess,
        *,
        idempotency_key: str | None = None,
        within: float | None = None,
    ) -> Answer[T]:
        """See the port. Errors are raised here, in a frame that holds no token, and without a cause."""
        _check_headers(request, access, idempotency_key)
        reply = self._perform(request, access, idempotency_key, within)
        if isinstance(reply, Reply) and reply.status == 304 and request.modified_since is not None:
            # Not documented, but the honest answer to "what has changed since": nothing.
            return _answer(reply, cast(T, ResultPage((), more=False)))
        problem = classify(reply, is_write=request.is_write, now=self._now())
        result = _read(request, cast(Reply, reply)) if problem is None else problem
        if isinstance(result, XeroError):
            raise result
        return result

    def close(self) -> None:
        """Close this thread's connections."""
        self._transport.close()

    def _perform(
        self, request: XeroRequest[T], access: TenantAccess, key: str | None, within: float | None
    ) -> Reply | Failure:
        token = access.access_token.reveal()
        if not _HEADER_SAFE.fullmatch(token):
            return Failure(wrote=False, what="the access token cannot stand in a header")
        headers = {"Authorization": f"Bearer {token}", "xero-tenant-id": access.tenant_id}
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        if key is not None:
            headers["Idempotency-Key"] = key
        if request.modified_since is not None:
            headers["If-Modified-Since"] = _http_instant(request.modified_since)
        outcome = self._transport.call(
            request.method,
            self._base + request.path,
            headers=headers,
            query=request.query,
            body=request.body,
            within=within,
        )
        if isinstance(outcome, Reply):
            # An answer that repeats our token (some proxies do) must not carry it into a log.
            return Reply(outcome.status, outcome.headers, outcome.body.replace(token.encode(), b"[token]"))
        return outcome


def _listing(
    name: str,
    read: Callable[[answers.r.Json], T],
    page: int,
    size: int,
    query: Sequence[tuple[str, str]],
    modified_since: dt.datetime | None = None,
) -> XeroRequest[ResultPage[T]]:
    """Always paged: lists without pages leave out details, payments among them (xero-facts §2.5)."""
    if page < 1:
        raise ValueError("pages are counted from 1")
    if modified_since is not None:
        _http_instant(modified_since)
    return XeroRequest(
        "GET",
        f"/{name}",
        partial(answers.page, name=name, size=size, read=read),
        query=(*query, ("page", str(page)), ("pageSize", str(size))),
        modified_since=modified_since,
    )


def _credit_notes(conditions: Sequence[str]) -> XeroRequest[ResultPage[XeroCreditNote]]:
    """Credit notes have no list of ids or numbers to ask for (xero-facts §4.8), so an address must hold them all."""
    if not 1 <= len(conditions) <= CREDIT_NOTES_LIMIT:
        raise ValueError(f"a request takes 1 to {CREDIT_NOTES_LIMIT} credit notes")
    query = [("where", " OR ".join(conditions)), UNIT_DECIMALS]
    return _listing("CreditNotes", answers.credit_note, 1, INVOICE_PAGE, query)


def _check_size(batch: Sequence[str]) -> None:
    if not 1 <= len(batch) <= BATCH_LIMIT:
        raise ValueError(f"a request takes 1 to {BATCH_LIMIT} documents")


def _check_headers(request: XeroRequest[T], access: TenantAccess, key: str | None) -> None:
    """Before the token is taken out of its wrapper: an error raised beside it would show it."""
    guid(access.tenant_id)
    if key is None:
        return
    if not request.is_write:
        raise ValueError("only writes have an idempotency key")
    if len(key) > KEY_LIMIT or not _HEADER_SAFE.fullmatch(key):
        raise ValueError(f"an idempotency key has 1 to {KEY_LIMIT} printable characters")


def _http_instant(moment: dt.datetime) -> str:
    """UTC, whole seconds, rounded down (xero-facts §2.5)."""
    if moment.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _read(request: XeroRequest[T], reply: Reply) -> Answer[T] | XeroError:
    try:
        return _answer(reply, request.read(decode(reply.body)))
    except ValueError as problem:
        what = str(problem)
    return unreadable(reply, what, is_write=request.is_write)


def _answer(reply: Reply, value: T) -> Answer[T]:
    return Answer(value, quota(reply.headers), reply.status, request_id(reply.headers))
