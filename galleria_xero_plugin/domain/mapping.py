"""A gallery's invoice as the document to create in Xero, or the reason why it waits.

Nothing is guessed: an account, a tax rate or an exchange rate that nobody chose is a `Hold`. Payments are in
`payments`, contacts in `contact_fields`; their functions can be imported from here as well. Sources:
`product.md` §5.4-5.6, §5.10, `xero-facts.md` §4.2-4.5.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from .accounting import InvoiceDraft, LineAmountTypes, LineDraft, Organisation, ReferenceData, TaxRate
from .accounts import account_by_id, account_label, can_sell, can_tax_sales, tax_rate_by_type
from .balance import balanced
from .contact_fields import contact_draft, contact_name
from .dates import booked_on, dated_reference, locked
from .export import invoice_number
from .lines import amounts, description, label
from .markers import REFERENCE_LIMIT, reference_with_marker, url_allowed, url_with_marker
from .model import Invoice, Item, ItemKind, TaxMode, TaxOption
from .payments import PaymentPlan, payment_draft
from .reasons import Hold, amount_text, percent_text
from .settings import AccountMapping, MissingRate, Settings
from .text import cut
from .totals import round_half_up
from .tracking import tracking_of

__all__ = ["PaymentPlan", "account_for", "contact_draft", "contact_name", "invoice_draft", "payment_draft"]

_RATE_DECIMALS = 6


def account_for(kind: ItemKind, mapping: AccountMapping) -> str | None:
    """The revenue account (its Xero id) of a kind of line; what has none of its own goes to Sales."""
    own = {
        ItemKind.PORTAL: mapping.portal,
        ItemKind.SHIPPING: mapping.shipping,
        ItemKind.FRAMING: mapping.framing,
        ItemKind.CUSTOM: mapping.custom,
    }
    return own.get(kind) or mapping.sales


def invoice_draft(
    invoice: Invoice,
    *,
    settings: Settings,
    reference: ReferenceData,
    tax_options: Mapping[str, TaxOption],
    contact_id: str,
    marker: str,
    url: str,
    gallery_currency: str,
    redated_to: dt.date | None = None,
) -> InvoiceDraft | Hold:
    """The sales invoice to create, whose total in Xero is the gallery's to the cent.

    `tax_options` are the gallery's by id, `contact_id` is Xero's, `url` is the invoice's page on the gallery's
    site without the marker, `gallery_currency` the currency that `invoice.exchange_rate` is relative to,
    `redated_to` the day that a person chose because the invoice's own is locked.
    """
    date = booked_on(invoice.date, redated_to, reference)
    hold = _nothing_to_send(invoice, settings) or locked(date, reference)
    if hold is not None:
        return hold
    rate = _currency_rate(invoice, settings.missing_rate, reference, gallery_currency)
    if isinstance(rate, Hold):
        return rate
    taxes = _Taxes(invoice, settings.mapping, reference, tax_options)
    line_amount_types = taxes.line_amount_types()
    if isinstance(line_amount_types, Hold):
        return line_amount_types

    lines: list[LineDraft] = []
    percentages: dict[str, Decimal] = {}
    for item in invoice.items:
        code = _account_code(item, settings.mapping, reference)
        if isinstance(code, Hold):
            return code
        tax_rate = None
        if line_amount_types is not LineAmountTypes.NO_TAX:
            found = taxes.rate_of(item)
            if isinstance(found, Hold):
                return found
            tax_rate = found
            percentages[tax_rate.tax_type] = tax_rate.rate
        figures = amounts(item)
        lines.append(
            LineDraft(
                description=description(item, settings.artwork_parts),
                quantity=figures.quantity,
                unit_amount=figures.unit_amount,
                account_code=code,
                tax_type=tax_rate.tax_type if tax_rate is not None else None,
                discount_rate=figures.discount_rate,
                discount_amount=figures.discount_amount,
                tracking=tracking_of(item, invoice, settings.mapping, reference),
            )
        )
    made = balanced(invoice, lines, line_amount_types, percentages, mapping=settings.mapping, reference=reference)
    if isinstance(made, Hold):
        return made

    address = url_with_marker(url, marker)
    in_url = url_allowed(address)
    reference_text = dated_reference(invoice.reference, invoice.date, date)
    return InvoiceDraft(
        number=invoice_number(settings.prefix, invoice.number),
        contact_id=contact_id,
        date=date,
        due_date=invoice.due_date or invoice.date,
        line_amount_types=line_amount_types,
        currency=invoice.currency,
        status=settings.invoice_status,
        lines=made.lines,
        expected_total=made.totals.total,
        expected_tax=made.totals.tax,
        url=address if in_url else "",
        reference=(
            cut(reference_text, REFERENCE_LIMIT) if in_url else reference_with_marker(reference_text, marker)
        ),
        currency_rate=rate,
        branding_theme_id=_branding_theme(invoice, settings.mapping, reference),
    )


def _nothing_to_send(invoice: Invoice, settings: Settings) -> Hold | None:
    facts = {
        "number": invoice_number(settings.prefix, invoice.number),
        "total": amount_text(invoice.total, invoice.currency),
    }
    if invoice.total == 0:
        return Hold("zero_total", facts)
    if invoice.total < 0:
        return Hold("negative_total", facts)
    return None if invoice.items else Hold("no_lines", facts)


def _currency_rate(
    invoice: Invoice, missing: MissingRate | None, reference: ReferenceData, gallery_currency: str
) -> Decimal | Hold | None:
    """Units of the invoice's currency for one of the organisation's base currency, which is also how Xero puts
    it; None for the base currency itself, and where Xero's rate of the day shall count. The gallery's rate is of use
    only when both share the base."""
    base = reference.organisation.base_currency
    if invoice.currency == base:
        return None
    if gallery_currency != base and missing is not MissingRate.XERO:
        facts = {"currency": invoice.currency, "gallery_currency": gallery_currency, "xero_currency": base}
        return Hold("base_currency_differs", facts)
    if invoice.currency not in reference.currencies:
        return Hold("currency_not_enabled", {"currency": invoice.currency})
    if gallery_currency == base:
        rate = round_half_up(invoice.exchange_rate or Decimal(0), _RATE_DECIMALS)
        if rate > 0:
            return rate
    if missing is MissingRate.XERO:
        return None
    unasked = Hold("currency_policy_missing", {"currency": invoice.currency})
    return unasked if missing is None else Hold("currency_rate_missing", {"currency": invoice.currency})


def _account_code(item: Item, mapping: AccountMapping, reference: ReferenceData) -> str | Hold:
    account_id = account_for(item.kind, mapping)
    if account_id is None:
        return Hold("mapping_incomplete", {"missing": "the Sales account"})
    account = account_by_id(reference, account_id)
    if account is None:
        return Hold("account_unusable", {"account": f"The account for {item.kind}"})
    return account.code if can_sell(account) else Hold("account_unusable", {"account": account_label(account)})


def _branding_theme(invoice: Invoice, mapping: AccountMapping, reference: ReferenceData) -> str | None:
    """The mapped theme; one that was deleted in Xero is left out, and Xero takes the default one."""
    chosen = mapping.branding_themes.get(invoice.branding_theme_id or "")
    return next((theme.id for theme in reference.branding_themes if theme.id == chosen), None)


@dataclass(frozen=True, slots=True)
class _Taxes:
    """How one invoice and each of its lines is taxed in Xero."""

    invoice: Invoice
    mapping: AccountMapping
    reference: ReferenceData
    tax_options: Mapping[str, TaxOption]

    @property
    def _organisation(self) -> Organisation:
        return self.reference.organisation

    def line_amount_types(self) -> LineAmountTypes | Hold:
        """In a registered organisation an invoice without tax still needs a rate, because the return asks for
        such sales: it goes out as Exclusive with the mapped 0 % rate, not as NoTax (product.md §5.4)."""
        if self.invoice.tax_mode is TaxMode.NONE:
            unregistered = self._organisation.tax_registered is False
            return LineAmountTypes.NO_TAX if unregistered else LineAmountTypes.EXCLUSIVE
        if self._organisation.tax_registered is False and self.invoice.tax_total:
            tax = amount_text(self.invoice.tax_total, self.invoice.currency)
            return Hold("tax_not_registered", {"gallery_tax": tax})
        if self.invoice.tax_mode is TaxMode.INCLUSIVE:
            return LineAmountTypes.INCLUSIVE
        return LineAmountTypes.EXCLUSIVE

    def rate_of(self, item: Item) -> TaxRate | Hold:
        """The mapped rate of a line, with the percentage that the gallery calculated with."""
        if self.invoice.tax_mode is TaxMode.NONE:
            name, percentage, tax_type = "Without tax", Decimal(0), self.mapping.untaxed
            if tax_type is None:
                return Hold("mapping_incomplete", {"missing": "the tax rate for invoices without tax"})
        else:
            if item.tax_option_id is None:
                return Hold("tax_option_missing", {"line": label(description(item))})
            option = self.tax_options.get(item.tax_option_id)
            tax_type = self.mapping.tax_rates.get(item.tax_option_id)
            if option is None or tax_type is None:
                name = option.name if option is not None else item.tax_option_id
                return Hold("tax_option_unmapped", {"line": label(description(item)), "tax_option": name})
            name, percentage = option.name, option.rate
        rate = tax_rate_by_type(self.reference, tax_type)
        if rate is None or not can_tax_sales(rate):
            return Hold("tax_rate_unusable", {"tax_rate": rate.name if rate is not None else tax_type})
        if rate.rate != percentage:
            facts = {
                "tax_option": name,
                "gallery_rate": percent_text(percentage),
                "tax_rate": rate.name,
                "xero_rate": percent_text(rate.rate),
            }
            return Hold("tax_rate_changed", facts)
        return rate
