"""The books port: what stood in an organisation's books before anything was sent there.

A pair of a document of ours and an invoice in Xero is asked about once; the answer stays. Source: `product.md` §4.5.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from ..domain.accounting import XeroInvoice
from ..domain.states import DocumentState
from .records import Actor, Document


class Answer(StrEnum):
    """What a person said about a pair. TAKEN is nobody's: its invoice in Xero is another sale's by now."""

    LINK = "link"
    NEVER = "never"
    DIFFERENT = "different"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Look:
    """The last reading of an organisation's own invoices: when, those dated from when on, how many there were, and
    how many calls it took."""

    looked_at: dt.datetime
    since: dt.date
    documents: int
    calls: int


@dataclass(frozen=True, slots=True)
class Question:
    """A document of ours and the invoice in Xero that it may be. `why` is a `domain.lookalikes.Why` in lower case, or
    "searched" when a person looked for it."""

    document_id: str
    xero_id: str
    why: str
    number: str
    reference: str
    status: str
    contact_id: str
    contact_name: str
    date: dt.date | None
    total: Decimal
    paid: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Ahead:
    """How many invoices of one currency are about to be sent, and what they come to."""

    currency: str
    count: int
    amount: Decimal


class BooksStore(Protocol):
    """Looks and questions, and the ledger rows that they are about."""

    def look(self, gallery_id: str, tenant_id: str) -> Look | None: ...

    def looked(self, gallery_id: str, tenant_id: str, *, since: dt.date, documents: int, calls: int) -> None:
        """Note a look that ended now."""

    def to_compare(self, gallery_id: str, tenant_id: str, after: str, limit: int) -> Sequence[Document]:
        """Invoices that were never tried and never compared with the books, or have an open question although they
        are about to be sent: PENDING ones, and those that are older than Sync From Date and were paid later. In the order
        of their id, behind `after`."""

    def compared(self, document_ids: Sequence[str]) -> None:
        """These need no further look."""

    def linked(self, gallery_id: str, tenant_id: str) -> set[str]:
        """The ids of all invoices in Xero that stand for one of ours."""

    def ask(self, gallery_id: str, tenant_id: str, document_id: str, found: XeroInvoice, why: str) -> bool:
        """Whether a pair is an open question now: it is new, or was asked and not answered."""

    def questions(self, gallery_id: str, tenant_id: str, document_ids: Sequence[str]) -> Mapping[str, Sequence[Question]]:
        """The open pairs of these documents."""

    def asked(
        self, gallery_id: str, tenant_id: str, *, after: str | None = None, limit: int = 50
    ) -> tuple[Sequence[Document], str | None]:
        """Documents with an open pair that are not sent, oldest first, and the cursor of the next page or None."""

    def count(self, gallery_id: str, tenant_id: str) -> int:
        """How many documents are held by an open pair (CONFLICT, `maybe_in_books`)."""

    def answer(self, document_id: str, xero_id: str | None, answer: Answer, actor: Actor) -> int:
        """Answer a document's open pairs, or the one with that invoice of Xero; how many."""

    def ask_again(self, document_ids: Sequence[str]) -> None:
        """A person has taken "never send" back: the pairs that it answered are open again."""

    def taken(self, gallery_id: str, tenant_id: str, xero_id: str, actor: Actor) -> Sequence[str]:
        """An invoice in Xero was linked: nobody else is asked about it. The ids of the documents that were."""

    def not_wanted(self, contact_row_ids: Sequence[str]) -> Mapping[str, bool]:
        """Of these contacts those that no invoice needs to be created for, because a person decides or has decided
        about all that wait for them; and whether a question among these is open still."""

    def next_up(self, gallery_id: str, tenant_id: str, limit: int) -> Sequence[Document]:
        """The invoices that would be sent next, whether or not their contact stands in Xero yet; nothing behind
        something that waits."""

    def ahead(self, gallery_id: str, tenant_id: str) -> Sequence[Ahead]:
        """All invoices that have their turn still to come and wait for nobody, by currency."""

    def tried(self, gallery_id: str, tenant_id: str) -> int:
        """How many invoices were sent from here, or may have been."""

    def paid_later(self, gallery_id: str, tenant_id: str, limit: int) -> Sequence[Document]:
        """Invoices that are older than Sync From Date and were paid later, and of which no invoice in Xero is asked
        about: a person has to find theirs. Oldest first."""

    def invoice_states(self, gallery_id: str, tenant_id: str) -> Mapping[str, tuple[DocumentState, str | None]]:
        """Every invoice of the ledger by its local id, for the preview: its state, and its reason's code."""

    def remarked(self, gallery_id: str, tenant_id: str, codes: Sequence[str]) -> Sequence[Document]:
        """Invoices that stand in Xero and of which this is said."""

    def remark(self, document_id: str, was: str | None, now: tuple[str, Mapping[str, str]] | None) -> bool:
        """Say something else, or nothing any more, of a document that was sent (`was` None: nothing yet). False when it was not so."""
