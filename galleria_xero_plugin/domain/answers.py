"""Reading an answer of Xero: what it proves about a document (export-protocol §2.5 and R5-R7).

Only a definite no may be repeated; whatever is unclear is read back. Absence is believed late and twice.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, auto

from ..errors import AccessLost, GalleriaXeroError, NotConnected, NotSent, Paused, ScopeMissing, Unknown
from .accounting import Element, NestedPayment, XeroInvoice
from .reasons import amount_text

_REFUSALS = (
    ("lock date", "period_refused"),
    ("limit of invoices", "plan_limit_reached"),
    ("has been archived, or has been deleted", "account_unusable"),
    ("not subscribed to currency", "currency_not_enabled"),
    ("cannot be used with account code", "tax_rate_unusable"),
    ("contact must be un-archived", "contact_archived"),
)
"""Signs in Xero's words and what they mean. What we read before sending was older than what Xero knows."""

PASSING = ("period_refused", "plan_limit_reached", "contact_archived")
"""Refusals that time or a bookkeeper undoes without any change here: each new run tries again."""

_ACCOUNT = re.compile(r"[Aa]ccount code '([^']{1,10})'")

_TAKEN = ("must be unique", "already assigned", "already exists", "another contact has this contact number")


class Outcome(Enum):
    """What an answer proves about a document."""

    YES = auto()
    """It stands in Xero (`Verdict.reason` may still name a difference to show)."""
    NO = auto()
    """It does not, and needs other data or settings."""
    UNCLEAR = auto()
    """Read back; `Verdict.at_once` when a look can settle it right away (the number is taken)."""
    NOT_SENT = auto()
    """Surely not executed, and about no document: it has its turn again when the connection can."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What we asked for: the key to find our element by, and the figures it must show."""

    key: str
    currency: str = ""
    total: Decimal | None = None
    tax_total: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome with its reason code (`domain.reasons`) and facts."""

    outcome: Outcome
    reason: str | None = None
    facts: dict[str, str] = field(default_factory=dict)
    at_once: bool = False


NOT_EXECUTED = (NotSent, Paused, NotConnected, ScopeMissing, AccessLost)
"""What a write may end in without Xero having executed it."""


def read_answer(expected: Expected, said: Element | GalleriaXeroError | None, *, alone: bool = False) -> Verdict:
    """What came back for a document that was sent, read as export-protocol §2.5 says.

    `said` is its element of an accepted request, None when the answer left it out or named it twice, or what the
    write ended in; `alone` whether it was the request's only document.

    ==============================================================  =========  =================================
    what came back                                                  outcome    and then
    ==============================================================  =========  =================================
    element OK or WARNING with id, number, currency, total          YES        its warnings are kept
    the same with another total or tax                              YES        the difference is shown
    element ERROR "must be unique", "already assigned"              UNCLEAR    looked at once: ours, or asked
    any other element ERROR                                         NO         Xero's words are shown
    element missing, doubled, without id, with another number       UNCLEAR    read back
    `NotSent`: no byte written, too late, 401                       NOT_SENT   its turn again; 401: one refresh
    `Paused`: 429, a limit of ours                                  NOT_SENT   the whole organisation waits
    `ScopeMissing`: 401 or 403 for a scope                          NOT_SENT   a person reconnects
    `NotConnected`: second 401; `AccessLost`: 403                   NOT_SENT   /connections is asked, a person
                                                                               reconnects
    `Unknown`, refused as a whole (400, 404, 413)                   UNCLEAR    read back, then in half the company;
                                                                               alone it is what Xero refuses
    any other `Unknown` (5xx, time-out, reset, no JSON, key reuse)  UNCLEAR    read back
    ==============================================================  =========  =================================

    Which status and which words are which error stands in `xero.classify.TABLE`.
    """
    if isinstance(said, NOT_EXECUTED):
        return Verdict(Outcome.NOT_SENT)
    if isinstance(said, GalleriaXeroError):
        refused = isinstance(said, Unknown) and said.whole_request_refused and alone
        reason, facts = ("xero_refused", {"xero": said.detail}) if refused else ("checking_with_xero", {})
        return Verdict(Outcome.UNCLEAR, reason, facts)
    return _read_element(expected, said)


def _read_element(expected: Expected, element: Element | None) -> Verdict:
    if element is None:
        return Verdict(Outcome.UNCLEAR, "checking_with_xero")
    if not element.ok:
        said = "; ".join(element.errors) or "no reason given"
        if any(sign in said.lower() for sign in _TAKEN):
            return Verdict(Outcome.UNCLEAR, "checking_with_xero", {"xero": said}, at_once=True)
        code = next((code for sign, code in _REFUSALS if sign in said.lower()), "xero_refused")
        return Verdict(Outcome.NO, code, {**_named_in(said), **_asked(expected), "xero": said})
    if element.id is None or element.key != expected.key:
        return Verdict(Outcome.UNCLEAR, "checking_with_xero")
    if expected.currency and element.currency and element.currency != expected.currency:
        return Verdict(Outcome.UNCLEAR, "checking_with_xero")
    return Verdict(Outcome.YES, **difference(expected, element.total, element.tax_total))


def _asked(expected: Expected) -> dict[str, str]:
    return {"number": expected.key, "currency": expected.currency}


def _named_in(said: str) -> dict[str, str]:
    found = _ACCOUNT.search(said)
    return {"account": f"Account {found[1]}"} if found else {}


def difference(expected: Expected, total: Decimal | None, tax_total: Decimal | None) -> dict:
    """`reason` and `facts` of a verdict when Xero's figures differ from what was asked, else empty: shown to a
    person, never a reason to send again (R7)."""
    pairs = ((expected.total, total), (expected.tax_total, tax_total))
    if all(ours is None or theirs is None or ours == theirs for ours, theirs in pairs):
        return {}
    return {
        "reason": "total_mismatch_in_xero",
        "facts": {
            "number": expected.key,
            "gallery_total": _shown(expected.total, expected.currency, expected.tax_total),
            "xero_total": _shown(total, expected.currency, tax_total),
        },
    }


def _shown(total: Decimal | None, currency: str, tax: Decimal | None) -> str:
    amount = amount_text(total, currency) if total is not None else "unknown"
    return amount if tax is None else f"{amount} with {amount_text(tax, currency)} tax"


def is_ours(
    found: XeroInvoice, *, marker_found: str | None, marker: str, currency: str, contact_ids: set[str]
) -> Verdict:
    """Whether an invoice that bears our number is the one we sent: marker, currency and contact equal
    (export-protocol §2.2a). `contact_ids` are the contact and whatever it was merged into."""
    if marker_found is None or marker_found.lower() != marker.lower():
        burnt = found.status in ("DELETED", "VOIDED")
        return Verdict(Outcome.NO, "number_burnt" if burnt else "number_taken", {"number": found.number})
    if found.currency != currency or found.contact_id not in contact_ids:
        return Verdict(Outcome.NO, "marker_conflict", {"number": found.number})
    return Verdict(Outcome.YES)


def absence_proven(
    *, now: dt.datetime, first_sent_at: dt.datetime, negative_reads: int, key_window: dt.timedelta
) -> bool:
    """Whether "not there" may be believed: at least two negative reads (this one included in
    `negative_reads`), the last one after the idempotency key's life is over (R6)."""
    return negative_reads >= 2 and now >= first_sent_at + key_window


def may_be_this_one(others: Sequence[NestedPayment], *, amount: Decimal, date: dt.date) -> list[NestedPayment]:
    """The payments of the same amount within three days: what their accounts have to be read for."""
    return [
        payment
        for payment in others
        if payment.amount == amount and payment.date is not None and abs(payment.date - date) <= dt.timedelta(days=3)
    ]


def booked_by_hand(
    others: Sequence[NestedPayment],
    accounts: Mapping[str, str],
    *,
    amount: Decimal,
    date: dt.date,
    account_id: str | None,
) -> NestedPayment | None:
    """The one payment without any marker that a bookkeeper entered for this money: same amount, same account,
    within three days, and no second candidate (product.md §5.7). `accounts` maps payment id -> account id."""
    if not account_id:
        return None
    near = [
        payment
        for payment in may_be_this_one(others, amount=amount, date=date)
        if accounts.get(payment.id) == account_id
    ]
    return near[0] if len(near) == 1 else None
