"""The Xero port: login and accounting calls.

`XeroAuth` is the OAuth side, `XeroApi` the accounting side. Accounting calls come in two halves, because the
exact bytes of a write are committed before the first of them is sent (export-protocol R2): a *builder* makes
an `XeroRequest` without any I/O, `send` performs it. Answers are hostile until parsed; parsing happens in the
adapter, and what comes back here is typed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from ..domain.accounting import (
    Account,
    ContactDraft,
    Element,
    InvoiceDraft,
    InvoiceStatus,
    Organisation,
    PaymentDraft,
    TaxRate,
    XeroBrandingTheme,
    XeroContact,
    XeroInvoice,
    XeroPayment,
)
from ..domain.correcting import CorrectionDraft, XeroCreditNote

T = TypeVar("T")


class Secret:
    """A text that never shows itself: not in repr, logs, tracebacks or JSON. `reveal()` gives it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "<secret>"

    __str__ = __repr__

    def __reduce__(self):  # pickling or copying would carry the plain text along
        raise TypeError("a Secret cannot be pickled")


@dataclass(frozen=True, slots=True)
class TokenSet:
    """What a token endpoint gave: the tokens, seconds of life of the access token, and granted scopes."""

    access_token: Secret
    refresh_token: Secret
    expires_in: int
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Grant:
    """A completed consent: the tokens, who gave it, and the event to find its organisations by."""

    tokens: TokenSet
    xero_user_id: str
    auth_event_id: str | None


@dataclass(frozen=True, slots=True)
class XeroTenant:
    """An entry of GET /connections: `connection_id` is what DELETE takes, `tenant_id` the organisation."""

    connection_id: str
    tenant_id: str
    tenant_type: str
    name: str


class XeroAuth(Protocol):
    """OAuth 2.0 authorization code flow and the connections endpoint (xero-facts §1)."""

    def authorize_url(self, *, state: str, nonce: str) -> str:
        """Where to send the browser. The redirect address and the scopes come from the configuration."""

    def exchange(self, code: Secret, *, nonce: str) -> Grant:
        """Trade the code for tokens and verify the id_token (signature, issuer, audience, expiry, nonce).

        Raises AuthRejected (also with code "invalid_id_token" or "missing_scope") or AuthUnavailable."""

    def refresh(self, refresh_token: Secret) -> TokenSet:
        """Rotate. Raises AuthRejected("invalid_grant") only for a definite refusal, else AuthUnavailable."""

    def connections(self, access_token: Secret, *, auth_event_id: str | None = None) -> tuple[XeroTenant, ...]:
        """The organisations this user connected. Raises AuthRejected (token refused) or AuthUnavailable."""

    def disconnect(self, access_token: Secret, connection_id: str) -> None:
        """DELETE the connection; an unknown one (404) counts as done. Raises as `connections`."""


class WriteKind(StrEnum):
    """What a request writes. ALLOCATION, ALLOCATION_REMOVAL and PAYMENT_REMOVAL take one document, under the id of its
    parent: the credit note, the payment itself."""

    CONTACT = "contact"
    INVOICE = "invoice"
    PAYMENT = "payment"
    INVOICE_CHANGE = "invoice_change"
    CREDIT_NOTE = "credit_note"
    ALLOCATION = "allocation"
    ALLOCATION_REMOVAL = "allocation_removal"
    REFUND = "refund"
    PAYMENT_REMOVAL = "payment_removal"


Draft = ContactDraft | InvoiceDraft | PaymentDraft | CorrectionDraft


@dataclass(frozen=True, slots=True)
class XeroRequest(Generic[T]):
    """A request, ready to send. `body` are the exact bytes; `read` turns an accepted answer into T
    (it raises ValueError for anything that is not the expected shape); `is_write` decides how a failure is
    classified."""

    method: str
    path: str
    read: Callable[[object], T]
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    modified_since: dt.datetime | None = None

    @property
    def is_write(self) -> bool:
        return self.method != "GET"


@dataclass(frozen=True, slots=True)
class ResultPage(Generic[T]):
    """A page of a list; `more` tells whether a further page is worth asking for."""

    items: tuple[T, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Quota:
    """Calls left as Xero's headers say; None where a header was missing."""

    day_remaining: int | None = None
    minute_remaining: int | None = None


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A completed call."""

    value: T
    quota: Quota
    status: int
    request_id: str | None


@dataclass(frozen=True, slots=True)
class TenantAccess:
    """Which organisation, with which token. The tenant id comes from the stored connection only."""

    tenant_id: str
    access_token: Secret


class XeroApi(Protocol):
    """The accounting API (xero-facts §4). Builders do no I/O; `send` performs exactly one HTTP request."""

    def payload(self, draft: Draft) -> str:
        """The draft as canonical JSON (sorted keys, no spaces, decimals as written): what is frozen at T2."""

    def create(
        self, kind: WriteKind, payloads: Sequence[str], *, under: str = ""
    ) -> XeroRequest[tuple[Element, ...]]:
        """PUT of up to 50 frozen payloads with summarizeErrors=false (and unitdp=4 for what has lines). Only what
        names documents that stand by their ids is a POST: changes of invoices, removals of payments. To take back an
        allocation is a DELETE without a body."""

    def note(self, invoice_id: str, text: str) -> XeroRequest[None]:
        """PUT of a note into an invoice's history, where it stays for good."""

    def organisation(self) -> XeroRequest[Organisation]: ...

    def accounts(self) -> XeroRequest[tuple[Account, ...]]: ...

    def tax_rates(self) -> XeroRequest[tuple[TaxRate, ...]]: ...

    def branding_themes(self) -> XeroRequest[tuple[XeroBrandingTheme, ...]]: ...

    def currencies(self) -> XeroRequest[tuple[str, ...]]: ...

    def tracking_categories(self) -> XeroRequest[tuple[tuple[str, str, tuple[str, ...]], ...]]: ...

    def contacts(
        self,
        page: int,
        *,
        modified_since: dt.datetime | None = None,
        include_archived: bool = False,
        customers_only: bool = False,
    ) -> XeroRequest[ResultPage[XeroContact]]:
        """A page of 1,000 contacts in the order of their last change, then id."""

    def invoices_by_number(self, numbers: Sequence[str]) -> XeroRequest[ResultPage[XeroInvoice]]:
        """Up to 50 invoices of all statuses by number, paged, so that nested payments are there."""

    def invoices_by_id(self, ids: Sequence[str]) -> XeroRequest[ResultPage[XeroInvoice]]:
        """Up to 50 invoices by id, paged, so that nested payments and lines are there."""

    def credit_notes_by_number(self, numbers: Sequence[str]) -> XeroRequest[ResultPage[XeroCreditNote]]:
        """Up to 20 credit notes of all statuses by number, with what they were used for."""

    def credit_notes_by_id(self, ids: Sequence[str]) -> XeroRequest[ResultPage[XeroCreditNote]]:
        """Up to 20 credit notes by id, with what they were used for."""

    def open_credit(self, contact_id: str, page: int) -> XeroRequest[ResultPage[XeroCreditNote]]:
        """A page of 100 approved credit notes of a client that have something left."""

    def credit_notes_of(self, contact_id: str, page: int) -> XeroRequest[ResultPage[XeroCreditNote]]:
        """A page of 100 credit notes of a client, of all statuses."""

    def sales_credit_notes(
        self, page: int, *, modified_since: dt.datetime | None
    ) -> XeroRequest[ResultPage[XeroCreditNote]]:
        """A page of 200 credit notes for clients, whoever created them, in the order of their last change (for the
        nightly comparison)."""

    def refunds_of(self, credit_note_id: str) -> XeroRequest[ResultPage[XeroPayment]]:
        """The payments of one credit note with their accounts."""

    def own_invoices(self, page: int, *, modified_since: dt.datetime | None) -> XeroRequest[ResultPage[XeroInvoice]]:
        """Invoices created by this app, in the order of their last change (for the nightly comparison)."""

    def sales_invoices(self, page: int, *, since: dt.date) -> XeroRequest[ResultPage[XeroInvoice]]:
        """A page of 1,000 sales invoices of all statuses, whoever created them, dated on or after a day. A summary:
        nothing is known of their payments (`payments` is None when money was paid)."""

    def set_status(self, ids: Sequence[str], status: InvoiceStatus) -> XeroRequest[tuple[Element, ...]]:
        """POST of up to 50 invoices with nothing but their id and the status that they shall have."""

    def payments_of(self, invoice_id: str) -> XeroRequest[ResultPage[XeroPayment]]:
        """The payments of one invoice with their accounts."""

    def payments_since(self, page: int, since: dt.date) -> XeroRequest[ResultPage[XeroPayment]]:
        """A page of the organisation's payments dated on or after a day (for what is not reconciled)."""

    def send(
        self,
        request: XeroRequest[T],
        access: TenantAccess,
        *,
        idempotency_key: str | None = None,
        within: float | None = None,
    ) -> Answer[T]:
        """Perform the request once: no retry, no redirect, bounded time and size. Its first byte leaves `within`
        so many seconds, or none does (TooLate).

        Raises of the XeroError tree: for a write NotSent, RateLimited, Unknown, ScopeMissing, AccessLost;
        for a read ReadFailed, NotSent (401 with `token_refused`), RateLimited, ScopeMissing, AccessLost.
        """
