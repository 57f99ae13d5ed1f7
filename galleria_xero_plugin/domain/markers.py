"""Markers: how a document in Xero is recognised as ours, whatever our tables have forgotten.

A marker depends on nothing but the identity of the gallery's document, so no lost table, changed prefix or
rotated key can change it. Source: `export-protocol.md` §2.2a.
"""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import urlsplit

from .model import Payment, Refund
from .text import clean, cut, width

REFERENCE_LIMIT = 255
_MARKER = re.compile(r"[A-Z2-7]{16}", re.ASCII | re.IGNORECASE)
_IN_REFERENCE = re.compile(r"\[G-([A-Z2-7]{16})\]", re.ASCII | re.IGNORECASE)
_CONTACT_PREFIX = "g-"


def marker(gallery_id: str, kind: str, local_id: str) -> str:
    """The marker of a document: 16 characters of base32 in upper case.

    The first 80 bits of the SHA-256 of `galleria-xero|<gallery id>|<kind>|<local id>` in UTF-8. A `|` or a
    backslash inside a part gets a backslash before it, so that no two identities are written alike.
    """
    digest = hashlib.sha256(_join("galleria-xero", gallery_id, kind, local_id).encode()).digest()
    return base64.b32encode(digest[:10]).decode()


def payment_identity(payment: Payment) -> str:
    """What a payment's marker is made of: id, amount and date (export-protocol §2.2).

    A corrected payment is another payment, because its predecessor is deleted in Xero first.
    100 and 100.00 are the same amount.
    """
    return _join(payment.id, f"{payment.amount.normalize():f}", payment.date.isoformat())


def refund_identity(refund: Refund) -> str:
    """The same for a refund."""
    return _join(refund.id, f"{refund.amount.normalize():f}", refund.date.isoformat())


def anew_identity(invoice_id: str, spent: str) -> str:
    """What the marker of an invoice is made of that is sent again after a person cancelled it in Xero, where it had the
    number `spent`: it is another document there, and must not be taken for the one that was voided."""
    return _join(invoice_id, spent)


def url_with_marker(url: str, marker: str) -> str:
    """`url` with `g=<marker>` as its last query field; everything else of it stays as it is."""
    address, hash_sign, fragment = url.partition("#")
    if "?" not in address:
        address += "?"
    elif not address.endswith(("?", "&")):
        address += "&"
    return f"{address}g={marker}{hash_sign}{fragment}"


def marker_in_url(url: str) -> str | None:
    """The marker that `url_with_marker` put there, or None. The last one counts: ours was added last."""
    query = url.partition("#")[0].partition("?")[2]
    for field in reversed(query.split("&")):
        name, _, value = field.partition("=")
        if name == "g" and _MARKER.fullmatch(value):
            return value.upper()
    return None


def reference_with_marker(text: str, marker: str) -> str:
    """`text [G-<marker>]`, where the text is cut so that the marker always fits into 255 characters."""
    ending = f"[G-{marker}]"
    kept = cut(clean(text), REFERENCE_LIMIT - width(ending) - 1)
    return f"{kept} {ending}" if kept else ending


def marker_in_reference(text: str) -> str | None:
    """The marker in a reference, or None. The last one counts: what stands before it was typed by somebody."""
    found = _IN_REFERENCE.findall(text)
    return found[-1].upper() if found else None


def contact_number(marker: str) -> str:
    """The ContactNumber of a contact that we create: `g-` and the marker in lower case (at most 50 allowed)."""
    return _CONTACT_PREFIX + marker.lower()


def marker_in_contact_number(number: str) -> str | None:
    """The marker in a ContactNumber of ours, or None for anybody else's number."""
    value = number[len(_CONTACT_PREFIX) :]
    return value.upper() if number[:2].lower() == _CONTACT_PREFIX and _MARKER.fullmatch(value) else None


def url_allowed(url: str) -> bool:
    """Whether Xero takes `url` as an invoice's Url: http or https with a host, without "xero" anywhere
    (xero-facts §4.2). Ask it about the finished address: the letters of a marker may spell "XERO" too."""
    if "xero" in url.lower() or any(char.isspace() or not char.isprintable() for char in url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _join(*parts: str) -> str:
    return "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)
