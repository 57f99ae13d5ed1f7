"""Small galleries and organisations to test rules with: everything has a default, a test names what matters."""

import datetime as dt
from decimal import Decimal

from galleria_xero_plugin.domain.accounting import (
    Account,
    Organisation,
    ReferenceData,
    TaxRate,
    XeroBrandingTheme,
    XeroContact,
    XeroInvoice,
)
from galleria_xero_plugin.domain.mapping import invoice_draft
from galleria_xero_plugin.domain.markers import marker
from galleria_xero_plugin.domain.model import (
    Artwork,
    Contact,
    Invoice,
    InvoiceState,
    Item,
    ItemKind,
    Payment,
    TaxMode,
    TaxOption,
)
from galleria_xero_plugin.domain.settings import AccountMapping, Settings

NOW = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
DAY = dt.date(2026, 11, 20)
MARKER = marker("g1", "invoice", "42")
URL = "https://gallery.example/invoices/42"

VAT20 = TaxOption("vat20", "VAT 20 %", Decimal(20))
VAT0 = TaxOption("vat0", "Zero-rated", Decimal(0))
EXEMPT = TaxOption("exempt", "Exempt", Decimal(0))
OPTIONS = {option.id: option for option in (VAT20, VAT0, EXEMPT)}


def account(code, name, type="SALES", account_class="REVENUE", **more):
    more.setdefault("id", f"acc-{code or name}")
    more.setdefault("status", "ACTIVE")
    return Account(code=code, name=name, type=type, account_class=account_class, **more)


SALES = account("200", "Sales", tax_type="OUTPUT2")
PORTAL = account("210", "Portal fees", "REVENUE")
SHIPPING = account("220", "Shipping recharged", "REVENUE")
BANK = account("090", "Current account", "BANK", "ASSET", currency="GBP")
CLEARING = account("610", "Stripe clearing", "CURRENT", "ASSET", payments_enabled=True)
EUROS = account("091", "Euro account", "BANK", "ASSET", currency="EUR")
FEES = account("404", "Bank fees", "EXPENSE", "EXPENSE")
ROUNDING = account("860", "Rounding", "CURRLIAB", "LIABILITY", system="ROUNDING")
DEBTORS = account("610D", "Accounts receivable", "CURRENT", "ASSET", system="DEBTORS")


def rate(tax_type, name, percentage, status="ACTIVE", applies_to_revenue=True):
    return TaxRate(tax_type, name, Decimal(percentage), status, applies_to_revenue)


RATES = (
    rate("OUTPUT2", "20% (VAT on Income)", 20),
    rate("ZERORATEDOUTPUT", "Zero rated income", 0),
    rate("EXEMPTOUTPUT", "Exempt income", 0),
    rate("NONE", "No VAT", 0),
    rate("INPUT2", "20% (VAT on Expenses)", 20, applies_to_revenue=False),
)


def organisation(**more):
    values = {"id": "org", "name": "North Light", "short_code": "!x", "base_currency": "GBP", "tax_registered": True}
    return Organisation(**{**values, **more})


def reference(accounts=None, rates=RATES, currencies=("GBP", "EUR"), themes=(), **organisation_fields):
    return ReferenceData(
        organisation=organisation(**organisation_fields),
        accounts=tuple(accounts or (SALES, PORTAL, SHIPPING, BANK, CLEARING, EUROS, FEES, ROUNDING, DEBTORS)),
        tax_rates=tuple(rates),
        branding_themes=tuple(XeroBrandingTheme(f"theme-{name}", name) for name in themes),
        currencies=tuple(currencies),
        fetched_at=NOW,
    )


MAPPING = AccountMapping(
    sales=SALES.id,
    portal=PORTAL.id,
    shipping=SHIPPING.id,
    rounding=ROUNDING.id,
    banks={"transfer": BANK.id, "stripe": CLEARING.id, "euro": EUROS.id},
    tax_rates={"vat20": "OUTPUT2", "vat0": "ZERORATEDOUTPUT", "exempt": "EXEMPTOUTPUT"},
    untaxed="ZERORATEDOUTPUT",
)
SETTINGS = Settings(sync_from=dt.date(2026, 1, 1), mapping=MAPPING)


def item(price="1000.00", tax="vat20", kind=ItemKind.ARTWORK, quantity="1", **more):
    more.setdefault("id", "line")
    return Item(kind=kind, quantity=Decimal(quantity), unit_price=Decimal(price), tax_option_id=tax, **more)


def work(title="Harbour at dusk", **more):
    return Artwork(inventory_id="INV-7", artists=("Ana Ruiz",), title=title, year="1962", edition="3/25", **more)


def contact(id="1042", first_name="Ann", last_name="Example", email="ann@example.com", **more):
    return Contact(id=id, first_name=first_name, last_name=last_name, email=email, **more)


def invoice(*items, total="1200.00", tax="200.00", **more):
    values = {
        "id": "42",
        "number": 1234,
        "revision": 1,
        "state": InvoiceState.ISSUED,
        "contact": contact(),
        "date": DAY,
        "currency": "GBP",
        "tax_mode": TaxMode.EXCLUSIVE,
        "changed_at": NOW,
        "issued_at": NOW - dt.timedelta(days=1),
    }
    return Invoice(items=items or (item(),), total=Decimal(total), tax_total=Decimal(tax), **{**values, **more})


def draft(document, *, settings=SETTINGS, ref=None, url=URL, currency="GBP", options=OPTIONS):
    return invoice_draft(
        document,
        settings=settings,
        reference=ref or reference(),
        tax_options=options,
        contact_id="xero-contact",
        marker=MARKER,
        url=url,
        gallery_currency=currency,
    )


def payment(amount="1200.00", method="transfer", date=DAY, **more):
    more.setdefault("id", "p1")
    return Payment(amount=Decimal(amount), method_id=method, date=date, **more)


def xero_invoice(due="1200.00", status="AUTHORISED", **more):
    values = {
        "id": "xero-invoice",
        "number": "AG-1234",
        "type": "ACCREC",
        "contact_id": "xero-contact",
        "currency": "GBP",
        "total": Decimal("1200.00"),
        "tax_total": Decimal("200.00"),
        "amount_paid": Decimal(0),
        "amount_credited": Decimal(0),
    }
    return XeroInvoice(status=status, amount_due=Decimal(due), **{**values, **more})


def xero_contact(id="x1", name="Ann Example", email="", **more):
    return XeroContact(id=id, name=name, email=email, **more)
