"""Links into Xero's own pages, from a fixed prefix and checked ids (xero-facts §4.11, security 33)."""

from __future__ import annotations

from urllib.parse import quote

from .reading import guid

GO_URL = "https://go.xero.com"


def invoice_link(short_code: str, invoice_id: str, *, base: str = GO_URL) -> str:
    """The page of a sales invoice. Raises ValueError for an id that is no GUID or a missing short code."""
    return _link(base, short_code, "invoicing/view", invoice_id)


def contact_link(short_code: str, contact_id: str, *, base: str = GO_URL) -> str:
    """The page of a contact; raises as `invoice_link`."""
    return _link(base, short_code, "contacts/contact", contact_id)


def _link(base: str, short_code: str, page: str, document_id: str) -> str:
    if not short_code:
        raise ValueError("the organisation's short code is not known")
    # safe="": a short code starts with "!" and must be encoded as a whole.
    return f"{base.rstrip('/')}/app/{quote(short_code, safe='')}/{page}/{guid(document_id)}"
