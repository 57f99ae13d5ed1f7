"""What stands in Xero, and what we ask Xero to write, as frozen values.

Names are Xero's (organisation, account, tax rate, branding theme). Ids are Xero's GUIDs in lower case.
`xero.payloads` makes these from answers and turns the drafts into requests. Sources: `xero-facts.md` §4.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class LineAmountTypes(StrEnum):
    """How the unit amounts of a document carry tax (§4.2)."""

    EXCLUSIVE = "Exclusive"
    INCLUSIVE = "Inclusive"
    NO_TAX = "NoTax"


class InvoiceStatus(StrEnum):
    """Statuses in which we create an invoice."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    AUTHORISED = "AUTHORISED"


@dataclass(frozen=True, slots=True)
class Organisation:
    """The books' owner (§4.6). `tax_registered` is None when Xero's answer does not tell; `plan` is Xero's
    Class (STARTER, STANDARD, DEMO, ...), which grows new values."""

    id: str
    name: str
    short_code: str
    base_currency: str
    country: str = ""
    time_zone: str = ""
    is_demo: bool = False
    tax_registered: bool | None = None
    period_lock_date: dt.date | None = None
    year_end_lock_date: dt.date | None = None
    plan: str = ""

    @property
    def lock_date(self) -> dt.date | None:
        """The later of both lock dates: a document dated on or before it is refused (§4.6)."""
        return max((d for d in (self.period_lock_date, self.year_end_lock_date) if d), default=None)


@dataclass(frozen=True, slots=True)
class Account:
    """A row of the chart of accounts (§4.4). `account_class` is ASSET, EQUITY, EXPENSE, LIABILITY or REVENUE;
    `system` is Xero's SystemAccount ("" for none); `currency` is set for bank accounts."""

    id: str
    code: str
    name: str
    type: str
    account_class: str
    status: str
    tax_type: str = ""
    system: str = ""
    payments_enabled: bool = False
    currency: str = ""


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A tax rate (§4.5); `rate` is the effective percentage."""

    tax_type: str
    name: str
    rate: Decimal
    status: str
    applies_to_revenue: bool


@dataclass(frozen=True, slots=True)
class XeroBrandingTheme:
    """A look of Xero's invoices (§4.7); the one with `sort_order` 0 is the default."""

    id: str
    name: str
    sort_order: int = 0


@dataclass(frozen=True, slots=True)
class ReferenceData:
    """What the settings page and the mapping need of an organisation, read together.

    `fetched_at` is when it was read (aware); `tracking` is (category id, name, option names).
    """

    organisation: Organisation
    accounts: tuple[Account, ...]
    tax_rates: tuple[TaxRate, ...]
    branding_themes: tuple[XeroBrandingTheme, ...]
    currencies: tuple[str, ...]
    fetched_at: dt.datetime
    tracking: tuple[tuple[str, str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class XeroAddress:
    """One address slot of a Xero contact: `kind` is POBOX (billing) or STREET (delivery) (§4.1)."""

    kind: str
    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class XeroContact:
    """A contact as Xero has it (§4.1). `phones` maps DEFAULT, DDI, MOBILE, FAX to a number as one text."""

    id: str
    name: str
    number: str = ""
    status: str = "ACTIVE"
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    is_customer: bool = False
    is_supplier: bool = False
    merged_to: str = ""
    addresses: tuple[XeroAddress, ...] = ()
    phones: dict[str, str] = field(default_factory=dict)
    updated_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class XeroLine:
    """A line as Xero has it (§4.2): `amount` is what it comes to after its discount, `tracking` is (category id,
    option name)."""

    id: str
    description: str
    quantity: Decimal
    unit_amount: Decimal
    account_code: str
    tax_type: str
    amount: Decimal
    tax: Decimal
    discount_rate: Decimal | None = None
    discount_amount: Decimal | None = None
    tracking: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NestedPayment:
    """A payment as it stands inside an invoice (§4.2): no account there."""

    id: str
    date: dt.date | None
    amount: Decimal
    reference: str = ""


@dataclass(frozen=True, slots=True)
class XeroInvoice:
    """An invoice as Xero has it (§4.2). `payments` is None when the answer left the list out
    although money was paid: that is *unknown*, never "no payments" (export-protocol §2.6). `lines` is None when
    the answer has none: some lists leave them out."""

    id: str
    number: str
    type: str
    status: str
    contact_id: str
    currency: str
    total: Decimal
    tax_total: Decimal
    amount_due: Decimal
    amount_paid: Decimal
    amount_credited: Decimal
    date: dt.date | None = None
    url: str = ""
    reference: str = ""
    payments: tuple[NestedPayment, ...] | None = ()
    updated_at: dt.datetime | None = None
    due_date: dt.date | None = None
    line_amount_types: str = ""
    currency_rate: Decimal | None = None
    lines: tuple[XeroLine, ...] | None = None
    contact_name: str = ""


@dataclass(frozen=True, slots=True)
class XeroPayment:
    """A payment as Xero has it (§4.3), of an invoice or, as a refund, of a credit note."""

    id: str
    status: str
    date: dt.date | None
    amount: Decimal
    reference: str
    invoice_id: str
    account_id: str
    is_reconciled: bool = False
    credit_note_id: str = ""


@dataclass(frozen=True, slots=True)
class ContactDraft:
    """A contact to create; `number` is our marker (ContactNumber), `name` is unique among active contacts."""

    number: str
    name: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    addresses: tuple[XeroAddress, ...] = ()
    phones: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LineDraft:
    """A line to create: at most four decimals in `unit_amount`; at most one of the discounts is set.
    `tax_type` is None only in a document whose amounts are NoTax; `tracking` is (category id, option name)."""

    description: str
    quantity: Decimal
    unit_amount: Decimal
    account_code: str
    tax_type: str | None
    discount_rate: Decimal | None = None
    discount_amount: Decimal | None = None
    tracking: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class InvoiceDraft:
    """A sales invoice (ACCREC) to create. `expected_total` and `expected_tax` are what Xero must arrive at
    (`domain.totals`), checked again on the answer; they are not sent."""

    number: str
    contact_id: str
    date: dt.date
    due_date: dt.date
    line_amount_types: LineAmountTypes
    currency: str
    status: InvoiceStatus
    lines: tuple[LineDraft, ...]
    expected_total: Decimal
    expected_tax: Decimal
    url: str = ""
    reference: str = ""
    currency_rate: Decimal | None = None
    branding_theme_id: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentDraft:
    """A payment of an invoice to create; `reference` ends with the marker in brackets (export-protocol §2.6).
    `amount` is in the invoice's currency, `bank_amount` in the bank account's when that differs."""

    invoice_id: str
    account_id: str
    date: dt.date
    amount: Decimal
    reference: str
    bank_amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Element:
    """One document of a batch's answer (export-protocol §2.5), to be matched by its key, never by position.

    `key` is the InvoiceNumber or ContactNumber, for payments "<invoice id>|<reference>", for a change of what
    stands its id; empty when the element does not say. `id` is None for a failed create (Xero echoes the zero
    GUID). `ok` is true for OK and WARNING. Amounts are None where the kind has none. `standing` is the print
    (`domain.standing`) of an invoice as it stands now, when the element shows all of it.
    """

    key: str
    id: str | None
    ok: bool
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    number: str = ""
    total: Decimal | None = None
    tax_total: Decimal | None = None
    currency: str = ""
    standing: str | None = None
