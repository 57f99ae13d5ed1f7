"""What a gallery hands over: its invoices, payments and contacts, as frozen values.

The host's implementation of the gallery port (`ports.gallery.Gallery`) builds these. Amounts are `Decimal`
in the invoice's currency unless said otherwise, dates are the gallery's calendar days, instants are aware
datetimes, ids are non-empty strings that never change. Rates and discounts are percent (`Decimal("20")`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class InvoiceState(StrEnum):
    """Where an invoice stands in the gallery. Paid is derived from the payments, never a state."""

    DRAFT = "draft"
    ISSUED = "issued"
    CANCELLED = "cancelled"
    DELETED = "deleted"


class ItemKind(StrEnum):
    """What a line sells; decides the revenue account."""

    ARTWORK = "artwork"
    CUSTOM = "custom"
    FRAMING = "framing"
    SHIPPING = "shipping"
    PORTAL = "portal"


class TaxMode(StrEnum):
    """How an invoice's prices carry tax: added on top, included in the price, or none at all."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"
    NONE = "none"


class MethodKind(StrEnum):
    """What a payment method is; card, wallet and platform money arrives as net batches, so it wants a
    clearing account, and vouchers and credits are never a bank."""

    BANK_TRANSFER = "bank_transfer"
    CASH = "cash"
    CHEQUE = "cheque"
    CARD = "card"
    WALLET = "wallet"
    PLATFORM = "platform"
    VOUCHER = "voucher"
    CREDIT = "credit"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class GalleryInfo:
    """A customer's account on the site: the tenant of our side.

    `time_zone` is an IANA name, `locale` a BCP 47 tag, `base_currency` ISO 4217, `owner_email` the primary
    account user's address (mail goes there when no Admin Email is given), `websites` their names.
    """

    id: str
    name: str
    time_zone: str
    locale: str
    base_currency: str
    owner_email: str
    websites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaxOption:
    """A tax choice that an invoice line can carry; `rate` in percent, `Decimal(0)` included."""

    id: str
    name: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A way in which the gallery is paid, e.g. "Bank transfer" or "Card (Stripe)"."""

    id: str
    name: str
    kind: MethodKind = MethodKind.OTHER


@dataclass(frozen=True, slots=True)
class BrandingTheme:
    """A look of the gallery's invoices; may be mapped to one of Xero's branding themes."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; every part may be empty. `country` is a name or ISO code as the gallery keeps it."""

    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Phones:
    """Phone numbers as typed; any may be empty."""

    main: str = ""
    mobile: str = ""
    fax: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """A person or company in the gallery's address book.

    A company's name stands in `company`; a person may belong to one. `groups` are the gallery's own lists.
    """

    id: str
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    email: str = ""
    phones: Phones = Phones()
    billing: Address = Address()
    shipping: Address = Address()
    groups: tuple[str, ...] = ()
    is_artist: bool = False


@dataclass(frozen=True, slots=True)
class Artwork:
    """What identifies the work on a line; any text may be empty, `edition` is like "3/25"."""

    inventory_id: str
    artists: tuple[str, ...] = ()
    title: str = ""
    year: str = ""
    edition: str = ""
    medium: str = ""
    dimensions: str = ""


@dataclass(frozen=True, slots=True)
class Commission:
    """Who is owed what of a line's price (consigned work). Used by a later step; `share` in percent."""

    contact_id: str
    share: Decimal


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an invoice.

    `unit_price` is in the invoice's currency, with tax when the invoice's mode is inclusive, before discount.
    At most one of `discount_percent` and `discount_amount` (for the whole line) is not zero.
    `tax_option_id` is None only when the invoice's tax mode is none.
    """

    id: str
    kind: ItemKind
    quantity: Decimal
    unit_price: Decimal
    description: str = ""
    tax_option_id: str | None = None
    discount_percent: Decimal = Decimal(0)
    discount_amount: Decimal = Decimal(0)
    artwork: Artwork | None = None
    commissions: tuple[Commission, ...] = ()


@dataclass(frozen=True, slots=True)
class Payment:
    """Money received for an invoice.

    `amount` is in the invoice's currency: what the client is credited with. `reference` is the processor's own (may
    be empty), `fee` what the processor or a bank kept of it when known, `bank_amount` what arrived in the bank's
    currency when it differs.
    """

    id: str
    amount: Decimal
    date: dt.date
    method_id: str
    reference: str = ""
    fee: Decimal | None = None
    bank_amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back for an invoice; `amount` is positive and in the invoice's currency, `bank_amount` what left the
    bank in its own currency when it differs."""

    id: str
    amount: Decimal
    date: dt.date
    method_id: str
    reference: str = ""
    bank_amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice, whole: items, the complete list of payments, refunds and the contact.

    `number` is the gallery's running number (1234 for #1234); `revision` grows with every change of the
    invoice, its items or its payments; `issued_at` is None for a draft; `exchange_rate` is units of
    `currency` for one unit of the gallery's base currency, or None when the gallery does not know (it is used when
    gallery and organisation keep their books in the same currency); `total` is what the client was asked to pay,
    tax included, and `tax_total` the tax in it, both as they stand on the invoice, however they were rounded;
    `consultant` and `exhibition` are names, for Xero's tracking categories.
    """

    id: str
    number: int
    revision: int
    state: InvoiceState
    contact: Contact
    date: dt.date
    currency: str
    tax_mode: TaxMode
    total: Decimal
    tax_total: Decimal
    items: tuple[Item, ...]
    changed_at: dt.datetime
    payments: tuple[Payment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    due_date: dt.date | None = None
    issued_at: dt.datetime | None = None
    reference: str = ""
    branding_theme_id: str | None = None
    exchange_rate: Decimal | None = None
    consultant: str = ""
    notes: str = ""
    terms: str = ""
    exhibition: str = ""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """An invoice in one line, for the nightly comparison of the gallery with the ledger."""

    id: str
    number: int
    revision: int
    state: InvoiceState
    date: dt.date
    total: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a longer list: give `next_cursor` back to go on; `more` says whether there is more now."""

    items: tuple[T, ...]
    next_cursor: str
    more: bool


@dataclass(frozen=True, slots=True)
class Access:
    """Who is asking, for the current request of the host.

    `fresh_login` is whether the person signed in with their password lately: connecting and disconnecting
    ask for that. A person who may change may also view.
    """

    gallery_id: str
    user_id: str
    user_name: str
    may_view: bool
    may_change: bool
    fresh_login: bool = True
