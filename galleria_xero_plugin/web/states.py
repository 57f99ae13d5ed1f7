"""The host's own invoice pages ask for this to show where an invoice stands in Xero."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import url_for

from ..domain.reasons import explain
from ..proxies import state
from .formats import Formats
from .responses import BLUEPRINT, speaker


@dataclass(frozen=True, slots=True)
class XeroState:
    """Where one invoice stands in Xero.

    `words` is short enough for a badge ("In Xero", "Waits for you"); `tone` says how it looks: "good", "moving"
    (goes on by itself), "needs" (a person) or "off"; `reason` is a sentence saying why it waits or is left out, or
    empty; `activity_url` leads to its page here, where it can be sent, linked or put aside; `xero_url` to the invoice
    in Xero, or is empty.
    """

    words: str
    tone: str
    reason: str
    activity_url: str
    xero_url: str


def document_states(gallery_id: str, invoice_ids: Iterable[object]) -> dict[str, XeroState]:
    """Where these invoices of a gallery stand, by id as text; needs a request.

    An invoice that the plugin does not know is left out: a draft, one before the start date, or one that no sync has
    read yet. Only the plugin's own tables are read, in the same few queries for one invoice and for a page of them.
    Ask for the signed-in person's own gallery, and only where that person may see its sales.
    """
    current = state()
    standing = current.services.host_states.of_invoices(gallery_id, [str(id) for id in invoice_ids])
    if not standing:
        return {}
    fmt = Formats(current.gallery.info(gallery_id))
    say = speaker(fmt)
    return {
        id: XeroState(
            words=say(one.state),
            tone=one.tone.value,
            reason=explain(code, one.document.reason_facts, fmt.fact).sentence if (code := one.document.reason_code) else "",
            activity_url=url_for(
                f"{BLUEPRINT}.document", webservice_id=one.webservice_id, document_id=one.document.id
            ),
            xero_url=one.xero_url,
        )
        for id, one in standing.items()
    }
