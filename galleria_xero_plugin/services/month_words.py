"""The words for a month: how each number is explained, and one suggestion for each that does not agree. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ..domain.month import Entry, Standing, month_name
from ..domain.reasons import explain
from .read_models import Words

_STANDINGS: Mapping[Standing, str] = {
    Standing.AGREES: "Stands in Xero with the same totals",
    Standing.CANCELLED: "Cancelled before it was sent, or in Xero too",
    Standing.ZERO: "Nothing to pay, so it is not sent",
    Standing.PUT_ASIDE: "Somebody pressed Stop asking",
    Standing.LEFT_OUT: "Not sent, by your settings or because it was entered after the last sync",
    Standing.ELSEWHERE: "Belongs to %(month)s",
    Standing.DRAFT: "A draft in your gallery",
    Standing.UNUSED: "No invoice of the gallery has this number",
    Standing.ON_THE_WAY: "Has its turn in the next sync",
    Standing.WAITS: "%(reason)s",
    Standing.TOTAL: "Two different totals",
    Standing.TAX: "The same total, but another tax",
    Standing.PAID: "Two different amounts paid",
    Standing.ABSENT: "Was sent, and does not stand in Xero any more",
    Standing.STILL_THERE: "Cancelled in your gallery, and still stands in Xero",
    Standing.STRANGE: "Stands in Xero only",
}
_FIXES: Mapping[Standing, str] = {
    Standing.ON_THE_WAY: "Press Send now on its page, or wait for the next sync.",
    Standing.WAITS: "Its page says what to do.",
    Standing.TOTAL: "Find out which total the client was asked for, and correct the other one.",
    Standing.TAX: "Ask your bookkeeper which tax is right.",
    Standing.ABSENT: "Ask your bookkeeper why it was voided or deleted; it is not created again by itself.",
    Standing.STILL_THERE: "Your bookkeeper voids or credits it in Xero.",
    Standing.STRANGE: "Ask your bookkeeper whether it is a copy; if so, it is voided in Xero.",
}


def how(entry: Entry) -> Words:
    """How a number is explained."""
    values: dict[str, object] = {}
    if entry.standing is Standing.ELSEWHERE:
        values["month"] = month_name(entry.month)
    if entry.standing is Standing.WAITS:
        values["reason"] = explain(entry.reason, {}).title
    return Words(_STANDINGS[entry.standing], values)


def fix(entry: Entry) -> Words:
    """The one thing to do about a number that does not agree."""
    if entry.standing is Standing.PAID and entry.gallery and entry.xero:
        if entry.gallery.paid > entry.xero.paid:
            return Words("Look for the payment under Activity: it waits, or it was removed in Xero.")
        return Words("Somebody entered a payment in Xero: enter it in your gallery too, or remove it there.")
    return Words(_FIXES[entry.standing])
