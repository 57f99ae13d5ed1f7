"""Whether an invoice may be taken out of Xero because a person asks for it, though the gallery still has it. Pure.

Narrower than what a cancellation in the gallery does (`domain.changes`): nothing is ever credited for it. A draft goes
at any time; an approved invoice only on the day on which it was sent, while no money came in, its date is open, and
nobody changed it in Xero. Source: `product.md` §2, §5.8-5.9.
"""

from __future__ import annotations

import datetime as dt

from .accounting import ReferenceData, XeroInvoice
from .changes import Action, Decision
from .dates import locked
from .reasons import Hold
from .standing import GONE, UNAPPROVED, print_of_standing

CANCELLED = "cancelled_by_person"
"""The remark of an invoice that a person has cancelled in Xero: nothing sends it again."""
CHANGED, PAID, OLDER = "not_cancelled_changed", "not_cancelled_paid", "not_cancelled_older"


def withdraw(
    standing: XeroInvoice | None,
    *,
    number: str,
    written: str | None,
    sent_on: dt.date | None,
    today: dt.date,
    reference: ReferenceData,
) -> Decision:
    """VOID or DELETE, LEAVE when it is gone already, or ASK with the reason for which it stays.

    `written` is the print of what we wrote last (None when nobody knows), `sent_on` and `today` are the gallery's
    calendar days.
    """
    if standing is None or standing.status in GONE:
        return Decision(Action.LEAVE)
    if print_of_standing(standing) != written:
        return _stays(CHANGED, number)
    if standing.amount_paid or standing.amount_credited:
        return _stays(PAID, number)
    draft = standing.status in UNAPPROVED
    if not draft and sent_on != today:
        return _stays(OLDER, number)
    if standing.date is not None and (lock := locked(standing.date, reference)):
        return Decision(Action.ASK, lock)
    return Decision(Action.DELETE if draft else Action.VOID)


def _stays(code: str, number: str) -> Decision:
    return Decision(Action.ASK, Hold(code, {"number": number}))
