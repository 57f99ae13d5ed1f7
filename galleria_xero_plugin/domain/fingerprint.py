"""Which version of a gallery document was sent: a hash of the fields that matter in the books."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from .model import Invoice


def content_hash(invoice: Invoice) -> str:
    """A hash of everything that reaches Xero with the invoice itself: payments, refunds, the contact's own
    details and the gallery's notes are left out, because they do not change the posting."""
    matter = {
        "contact": invoice.contact.id,
        "date": invoice.date,
        "due": invoice.due_date,
        "currency": invoice.currency,
        "rate": invoice.exchange_rate,
        "mode": invoice.tax_mode,
        "total": invoice.total,
        "tax": invoice.tax_total,
        "reference": invoice.reference,
        "theme": invoice.branding_theme_id,
        "items": [asdict(item) for item in invoice.items],
    }
    return hashlib.sha256(json.dumps(matter, sort_keys=True, default=str).encode()).hexdigest()
