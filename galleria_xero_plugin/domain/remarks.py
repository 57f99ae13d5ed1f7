"""What is worth saying about a document that is sent all the same. Source: `product.md` §4.4, §5.4-5.7."""

from __future__ import annotations

from collections.abc import Mapping

from .accounting import ContactDraft, InvoiceDraft, ReferenceData, XeroInvoice
from .lines import label
from .model import Contact, Invoice, Payment, PaymentMethod
from .reasons import Hold, amount_text
from .settings import AccountMapping
from .tracking import untracked


def about_invoice(
    invoice: Invoice, draft: InvoiceDraft, mapping: AccountMapping, reference: ReferenceData
) -> Hold | None:
    """The most important of: the tax was rounded otherwise, a theme or a tracking option is missing in Xero."""
    if draft.expected_tax != invoice.tax_total:
        facts = {
            "number": draft.number,
            "gallery_tax": amount_text(invoice.tax_total, invoice.currency),
            "xero_tax": amount_text(draft.expected_tax, invoice.currency),
        }
        return Hold("tax_rounded", facts)
    if mapping.branding_themes.get(invoice.branding_theme_id or "") and draft.branding_theme_id is None:
        return Hold("theme_missing", {"number": draft.number})
    missing = untracked(invoice, mapping, reference)
    if missing:
        return Hold("tracking_missing", {"number": draft.number, "option": ", ".join(missing)})
    return None


def about_payment(payment: Payment, standing: XeroInvoice, methods: Mapping[str, PaymentMethod]) -> Hold | None:
    """What the processor kept, which nobody has booked yet; or that part of the invoice was settled by a credit."""
    if payment.fee:
        method = methods[payment.method_id].name if payment.method_id in methods else payment.method_id
        facts = {
            "amount": amount_text(payment.amount, standing.currency),
            "fee": amount_text(payment.fee, standing.currency),
            "method": method,
        }
        return Hold("fee_to_book", facts)
    if standing.amount_credited > 0:
        facts = {"number": standing.number, "amount": amount_text(standing.amount_credited, standing.currency)}
        return Hold("partly_credited", facts)
    return None


def about_contact(contact: Contact, draft: ContactDraft) -> Hold | None:
    """An e-mail address that Xero would refuse, or a name that had to be changed."""
    if contact.email.strip() and not draft.email:
        return Hold("email_left_out", {"contact": label(draft.name), "email": label(contact.email)})
    written = contact.company or f"{contact.first_name} {contact.last_name}".strip()
    if draft.name != written:
        return Hold("name_adjusted", {"contact": label(written), "xero_name": label(draft.name)})
    return None
