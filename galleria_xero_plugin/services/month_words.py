"""The words for a month: how each number is explained, and one suggestion for each that does not agree. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ..domain.comparison import What
from ..domain.month import Entry, Standing, month_name
from ..domain.reasons import explain
from .read_models import Words
from .wording import FINDINGS

_STANDINGS: Mapping[Standing, str] = {
    Standing.AGREES: "Stands in Xero with the same totals",
    Standing.CANCELLED: "Cancelled before it was sent, or in Xero too",
    Standing.ZERO: "Nothing to pay, so it is not sent",
    Standing.ELSEWHERE: "Belongs to %(month)s",
    Standing.DRAFT: "A draft in your gallery",
    Standing.UNUSED: "Not issued: no issued invoice has this number (a draft may have it)",
    Standing.WITHDRAWN: "Cancelled in Xero by %(who)s, %(when)s",
    Standing.PUT_ASIDE: "Not sent: %(who)s pressed Stop asking, %(when)s",
    Standing.LEFT_OUT: "Not sent, by your settings or because it was entered after the last sync",
    Standing.ON_THE_WAY: "Has its turn in the next sync",
    Standing.WAITS: "Waits: %(reason)s",
    Standing.PAYMENT_WAITS: "A payment is not in Xero yet: %(reason)s",
    Standing.ROUNDED: "The same total; each side rounds the tax of its lines by itself",
    Standing.ACCEPTED: "Accepted as it is: %(what)s",
    Standing.TOTAL: "Two different totals",
    Standing.TAX: "The same total, but another tax",
    Standing.PAID: "Two different amounts paid",
    Standing.ABSENT: "Was sent, and does not stand in Xero any more",
    Standing.STILL_THERE: "Cancelled in your gallery, and still stands in Xero",
    Standing.STRANGE: "Stands in Xero only",
    Standing.FOUND: "%(what)s",
}
_NOBODY_NAMED: Mapping[Standing, str] = {
    Standing.WITHDRAWN: "Cancelled in Xero from here",
    Standing.PUT_ASIDE: "Not sent: somebody decided so",
}
"""For what was settled by nobody knows whom."""
NEVER = "never_send"
_FIXES: Mapping[Standing, str] = {
    Standing.TOTAL: "Find out which total the client was asked for, and correct the other one.",
    Standing.TAX: "Ask your bookkeeper which tax is right.",
    Standing.ABSENT: "Ask your bookkeeper why it was voided or deleted; it is not created again by itself.",
    Standing.STILL_THERE: "Your bookkeeper voids or credits it in Xero.",
    Standing.FOUND: "Its history says what happened; your bookkeeper can say whether it is right.",
    Standing.STRANGE: "Ask your bookkeeper whether it is a copy; if so, it is voided in Xero.",
}


def how(entry: Entry) -> Words:
    """How a number is explained."""
    values: dict[str, object] = {}
    match entry.standing:
        case Standing.ELSEWHERE:
            values["month"] = month_name(entry.month)
        case Standing.WAITS | Standing.PAYMENT_WAITS:
            values["reason"] = explain(entry.reason, {}).title if entry.reason else _STANDINGS[Standing.ON_THE_WAY]
        case Standing.PUT_ASIDE if entry.reason == NEVER:
            return Words("Not sent: it is in your books already")
        case Standing.WITHDRAWN | Standing.PUT_ASIDE:
            if not entry.by or entry.at is None:
                return Words(_NOBODY_NAMED[entry.standing])
            values |= {"who": entry.by, "when": entry.at}
        case Standing.ACCEPTED:
            values["what"] = _STANDINGS[Standing(entry.reason)]
        case Standing.FOUND:
            values["what"] = FINDINGS[What(entry.reason)].text
    return Words(_STANDINGS[entry.standing], values)


def fix(entry: Entry) -> Words:
    """The one thing to do about a number that does not agree."""
    if entry.standing is Standing.PAID and entry.gallery and entry.xero:
        if entry.gallery.paid > entry.xero.paid:
            return Words("Look for the payment under Activity: it waits, or it was removed in Xero.")
        return Words("Somebody entered a payment in Xero: enter it in your gallery too, or remove it there.")
    return Words(_FIXES[entry.standing])
