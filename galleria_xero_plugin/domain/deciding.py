"""What would be sent for an invoice and its contact, or why it waits: the one decision that the export and the
preview share, so that a preview cannot say anything else than what happens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from .accounting import InvoiceDraft, InvoiceStatus, ReferenceData
from .contact_fields import contact_name
from .contacts import ContactIndex, CreateContact, Linked, match, stored_link
from .mapping import invoice_draft
from .model import Contact, Invoice, PaymentMethod, TaxOption
from .reasons import Hold
from .settings import Settings


@dataclass(frozen=True, slots=True)
class Desk:
    """What lies in front of whoever decides: settings, what stands in Xero, and what the gallery knows by id."""

    settings: Settings
    reference: ReferenceData
    tax_options: Mapping[str, TaxOption]
    methods: Mapping[str, PaymentMethod]
    gallery_currency: str


def decide_contact(
    contact: Contact, *, link: str | None, marker: str, index: ContactIndex, linked: Mapping[str, str]
) -> Linked | CreateContact | Hold:
    """Who the contact is in Xero. `link` is the stored one (Xero's id); `linked` as in `contacts.match`."""
    if link is not None:
        return stored_link(link, contact=contact, index=index)
    return match(contact, marker=marker, index=index, linked=linked)


def decide_invoice(
    desk: Desk,
    invoice: Invoice,
    contact: Linked | Hold | None,
    *,
    number: str,
    marker: str,
    url: str,
    redated_to: dt.date | None = None,
    as_draft: bool = False,
) -> InvoiceDraft | Hold:
    """The invoice as it goes, under the `number` that it has in the ledger: a prefix changed since is for new ones
    (R3). None is a contact that does not stand in Xero yet."""
    if contact is None:
        return Hold("waiting_for_contact", {"contact": contact_name(invoice.contact)})
    if isinstance(contact, Hold):
        return contact
    draft = invoice_draft(
        invoice,
        settings=desk.settings,
        reference=desk.reference,
        tax_options=desk.tax_options,
        contact_id=contact.xero_id,
        marker=marker,
        url=url,
        gallery_currency=desk.gallery_currency,
        redated_to=redated_to,
    )
    if isinstance(draft, Hold):
        return draft
    return replace(draft, number=number, status=InvoiceStatus.DRAFT if as_draft else draft.status)
