"""What a change in the gallery means for an invoice that stands in Xero. Pure.

Given the gallery's version, what we wrote last, and what stands now, there is one answer: bring it up to date, end
it, credit it, leave it, or ask. Nothing is ever written over what somebody changed in Xero, nothing in a month that
is over or locked. Sources: `product.md` §5.8-5.11, `export-protocol.md` §2.6a, `xero-facts.md` §4.2.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto

from .accounting import InvoiceDraft, ReferenceData, XeroInvoice, XeroPayment
from .dates import locked
from .reasons import Hold, amount_text
from .standing import GONE, UNAPPROVED, print_of_draft, print_of_standing


class Action(Enum):
    """What to do about a change."""

    LEAVE = auto()
    """Nothing: it stands as it should (`Decision.hold` may say how that came)."""
    UPDATE = auto()
    VOID = auto()
    DELETE = auto()
    CREDIT = auto()
    """A credit note of `Decision.amount`."""
    WAIT = auto()
    """It goes on by itself when time, or Xero, has changed something."""
    ASK = auto()
    """A person decides, and says so by trying again."""


@dataclass(frozen=True, slots=True)
class Decision:
    """An action, the amount it is about, and the reason for a person."""

    action: Action
    hold: Hold | None = None
    amount: Decimal | None = None


def change(
    standing: XeroInvoice | None,
    wanted: InvoiceDraft,
    *,
    written: str | None,
    credited: Decimal,
    today: dt.date,
    reference: ReferenceData,
) -> Decision:
    """An invoice that was changed after it was sent.

    `wanted` is the gallery's version as it would be created, `written` the print of what we wrote last (None when
    nobody knows), `credited` what our own credit notes took off since, `today` the gallery's calendar day.
    """
    if standing is None or standing.status in GONE:
        return Decision(Action.ASK, Hold("voided_in_xero", {"number": standing.number if standing else wanted.number}))
    print_now = print_of_standing(standing)
    if print_now is not None and print_now == print_of_draft(wanted) and not credited:
        return Decision(Action.LEAVE)
    both = versions(standing, wanted.expected_total, credited)
    if print_now is None or print_now != written:
        return Decision(Action.ASK, Hold("edited_in_both", both))
    if standing.amount_paid or standing.amount_credited or credited:
        return _reduction(standing, wanted, credited, both)
    in_month = _same_month(standing.date, today) and _same_month(wanted.date, today)
    if standing.status not in UNAPPROVED and not in_month:
        return Decision(Action.ASK, _changed_after("sending", both))
    lock = locked(min(standing.date or wanted.date, wanted.date), reference)
    return Decision(Action.WAIT, lock) if lock else Decision(Action.UPDATE)


def _reduction(standing: XeroInvoice, wanted: InvoiceDraft, credited: Decimal, both: dict[str, str]) -> Decision:
    """An invoice that money came in for keeps its lines. A lower price is credited, as far as it is still due, unless
    the bookkeeper has credited just that; anything else is for the bookkeeper, also what another credit is for."""
    same = (
        wanted.contact_id == standing.contact_id
        and wanted.currency == standing.currency
        and wanted.date == standing.date
    )
    if standing.amount_credited > credited:
        if same and standing.total - standing.amount_credited == wanted.expected_total:
            return Decision(Action.LEAVE, Hold("credited_in_xero", {"number": standing.number}))
        return Decision(Action.ASK, _changed_after("payment", both))
    off = standing.total - credited - wanted.expected_total
    if same and standing.status not in UNAPPROVED and 0 < off <= standing.amount_due:
        return Decision(Action.CREDIT, amount=off)
    return Decision(Action.ASK, _changed_after("payment", both))


def cancel(
    standing: XeroInvoice | None,
    *,
    number: str,
    written: str | None,
    refunded: Decimal,
    credited: Decimal,
    today: dt.date,
    reference: ReferenceData,
) -> Decision:
    """An invoice that was cancelled after it was sent.

    `credited` is what credit notes of ours took off without being used for it (money that went back, or open
    credit), `refunded` what the gallery gave back beyond that. Unpaid and in the current open month it is voided;
    otherwise what is still due is credited, and what was given back. Of an invoice that is fully paid with nothing
    given back all that was not credited before is, and stays the client's open credit. Money that is neither due
    nor given back was kept: a deposit. Whether today is locked counts when the credit note is sent.
    """
    if standing is None or standing.status in GONE:
        return Decision(Action.LEAVE)
    if standing.status in UNAPPROVED:
        return _end(standing, Action.DELETE, written, reference)
    money = standing.amount_paid or standing.amount_credited
    if not money and _same_month(standing.date, today) and standing.date and not locked(standing.date, reference):
        return _end(standing, Action.VOID, written, reference)
    amount = standing.amount_due + refunded
    kept = standing.amount_paid - credited
    if amount == 0 and kept <= 0:
        return Decision(Action.LEAVE, Hold("credited_in_xero", {"number": number}))
    if amount > standing.total - standing.amount_credited - credited:
        facts = {"number": number, "amount": amount_text(refunded, standing.currency)}
        return Decision(Action.ASK, Hold("refund_needs_bookkeeper", facts))
    return Decision(Action.CREDIT, amount=amount or kept)


def _end(standing: XeroInvoice, action: Action, written: str | None, reference: ReferenceData) -> Decision:
    if print_of_standing(standing) != written:
        return Decision(Action.ASK, Hold("edited_in_xero_cancelled_here", {"number": standing.number}))
    lock = locked(standing.date, reference) if standing.date else None
    return Decision(Action.WAIT, lock) if lock else Decision(action)


def erased(standing: XeroInvoice | None, *, number: str) -> Decision:
    """An invoice that was erased in the gallery: never silently voided. When it is gone from Xero as well, or was
    credited there in full, nothing is left to ask."""
    if standing is None or standing.status in GONE:
        return Decision(Action.LEAVE)
    if standing.amount_due == 0 and standing.amount_paid == 0 and standing.amount_credited:
        return Decision(Action.LEAVE, Hold("credited_in_xero", {"number": number}))
    return Decision(Action.ASK, Hold("deleted_after_sending", {"number": number}))


def removal(
    standing: XeroPayment | None, *, recognised: bool, facts: dict[str, str], reference: ReferenceData
) -> Decision:
    """A payment that was corrected or removed in the gallery after it was sent.

    `standing` is the payment as it stands in Xero now, None when it is gone; `recognised` is whether the
    bookkeeper had entered it, so that it is not ours to delete; `facts` name the invoice and the amount.
    """
    if standing is None or standing.status == "DELETED":
        return Decision(Action.LEAVE)
    if standing.is_reconciled:
        return Decision(Action.ASK, Hold("payment_reconciled", facts))
    if recognised:
        return Decision(Action.ASK, Hold("payment_entered_by_hand", facts))
    lock = locked(standing.date, reference) if standing.date else None
    return Decision(Action.WAIT, lock) if lock else Decision(Action.DELETE)


def versions(standing: XeroInvoice, gallery_total: Decimal, credited: Decimal = Decimal(0)) -> dict[str, str]:
    """Both versions as facts of a reason, what credit notes of ours took off included."""
    return {
        "number": standing.number,
        "gallery_total": amount_text(gallery_total, standing.currency),
        "xero_total": amount_text(standing.total - credited, standing.currency),
    }


def _changed_after(what: str, both: dict[str, str]) -> Hold:
    """Two equal amounts would not say what changed."""
    details = "details_" if both["gallery_total"] == both["xero_total"] else ""
    return Hold(f"{details}changed_after_{what}", both)


def _same_month(date: dt.date | None, today: dt.date) -> bool:
    return date is not None and (date.year, date.month) == (today.year, today.month)
