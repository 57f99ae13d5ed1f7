"""What can be chosen on the settings page, what is missing there, and what deserves a second look.

Fields are named as in `proposal.propose`. Source: `product.md` §4.4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass

from .accounting import Account, ReferenceData, TaxRate, XeroBrandingTheme
from .accounts import (
    ROUNDING,
    account_by_id,
    account_label,
    can_bank,
    can_round,
    can_sell,
    can_spend,
    can_tax_sales,
    tax_rate_by_type,
)
from .model import MethodKind, PaymentMethod, TaxOption
from .proposal import BATCHED_KINDS, NEVER_BANKED_KINDS, Proposal, propose
from .reasons import percent_text
from .settings import Settings

__all__ = ["Caution", "Choices", "Gap", "Proposal", "choices", "gaps", "propose", "warnings"]


@dataclass(frozen=True, slots=True)
class Choices:
    """Only what can work, in the order to show it: accounts by type and code (sales first, bank accounts first among banks,
    Xero's own Rounding account first among rounding), tax rates by percentage and name."""

    revenue: tuple[Account, ...]
    banks: tuple[Account, ...]
    expenses: tuple[Account, ...]
    rounding: tuple[Account, ...]
    tax_rates: tuple[TaxRate, ...]
    branding_themes: tuple[XeroBrandingTheme, ...]
    tracking: tuple[tuple[str, str], ...] = ()
    """Tracking categories: (id, name)."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is required and not chosen, or chosen and no longer usable."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Caution:
    """Something that works but may not be meant."""

    field: str
    message: str


def choices(reference: ReferenceData) -> Choices:
    """What the settings page offers of an organisation's chart of accounts, tax rates and themes."""

    def accounts(usable: Callable[[Account], bool], first: Callable[[Account], bool]) -> tuple[Account, ...]:
        offered = (account for account in reference.accounts if usable(account))
        return tuple(sorted(offered, key=lambda a: (not first(a), a.type, a.code, a.name, a.id)))

    def selling(account: Account) -> bool:
        return account.type in ("REVENUE", "SALES")

    def by_type(account: Account) -> bool:
        return False

    rates = (rate for rate in reference.tax_rates if can_tax_sales(rate))
    return Choices(
        revenue=accounts(can_sell, selling),
        banks=accounts(can_bank, lambda account: account.type == "BANK"),
        expenses=accounts(can_spend, by_type),
        rounding=accounts(can_round, lambda account: account.system == ROUNDING),
        tax_rates=tuple(sorted(rates, key=lambda rate: (rate.rate, rate.name, rate.tax_type))),
        branding_themes=tuple(sorted(reference.branding_themes, key=lambda theme: (theme.sort_order, theme.name))),
        tracking=tuple((category_id, name) for category_id, name, _ in reference.tracking),
    )


def gaps(
    settings: Settings,
    reference: ReferenceData,
    options_in_use: Set[str],
    methods_in_use: Set[str],
    *,
    untaxed_in_use: bool = False,
    tax_options: Iterable[TaxOption] = (),
    methods: Iterable[PaymentMethod] = (),
) -> tuple[Gap, ...]:
    """What is still required before anything is exported, and what cannot be used (any more).

    In use is what invoices since the Sync From Date carry; `untaxed_in_use` whether some of them carry no tax
    at all. `tax_options` and `methods` lend their names to the messages; a voucher or a credit needs no bank.
    """
    mapping = settings.mapping
    found: list[Gap] = []
    if settings.sync_from is None:
        found.append(Gap("sync_from", "Please choose the Sync From Date."))
    if mapping.sales is None:
        found.append(Gap("sales", "Please choose the Sales account."))
    for field, account_id, usable in (
        ("sales", mapping.sales, can_sell),
        ("portal", mapping.portal, can_sell),
        ("shipping", mapping.shipping, can_sell),
        ("framing", mapping.framing, can_sell),
        ("custom", mapping.custom, can_sell),
        ("expense", mapping.expense, can_spend),
        ("rounding", mapping.rounding, can_round),
    ):
        found.extend(_account_gap(field, account_id, usable, reference))

    named = {option.id: option.name for option in tax_options}
    for option_id in sorted(options_in_use):
        field = f"tax:{option_id}"
        tax_type = mapping.tax_rates.get(option_id)
        if tax_type is None:
            found.append(Gap(field, f"Please choose the tax rate for {named.get(option_id, option_id)}."))
        found.extend(_rate_gap(field, tax_type, reference))
    if reference.organisation.tax_registered is not False:
        if untaxed_in_use and mapping.untaxed is None:
            found.append(Gap("untaxed", "Please choose the tax rate for invoices without tax."))
        found.extend(_rate_gap("untaxed", mapping.untaxed, reference))

    known = {method.id: method for method in methods}
    for method_id in sorted(methods_in_use):
        field = f"bank:{method_id}"
        account_id = mapping.banks.get(method_id)
        method = known.get(method_id)
        if method is not None and method.kind in NEVER_BANKED_KINDS:
            if account_id is not None:
                found.append(Gap(field, f"{method.name} brings no money, so it has no bank account."))
            continue
        if account_id is None:
            name = method.name if method is not None else method_id
            found.append(Gap(field, f"Please choose the bank account for {name}."))
        found.extend(_account_gap(field, account_id, can_bank, reference))
    return tuple(found)


def warnings(
    settings: Settings,
    reference: ReferenceData,
    tax_options: Iterable[TaxOption],
    methods: Iterable[PaymentMethod],
) -> tuple[Caution, ...]:
    """What deserves a second look: percentages that differ, and card money on the account of bank transfers,
    where its net payouts never match the bank statement."""
    mapping = settings.mapping
    found: list[Caution] = []
    for option in tax_options:
        rate = tax_rate_by_type(reference, mapping.tax_rates.get(option.id))
        if rate is not None and rate.rate != option.rate:
            found.append(
                Caution(
                    f"tax:{option.id}",
                    f"{option.name} is {percent_text(option.rate)} in your gallery, but {rate.name} is "
                    f"{percent_text(rate.rate)} in Xero. Its invoices wait until both agree.",
                )
            )
    methods = tuple(methods)
    transfers = {mapping.banks.get(m.id) for m in methods if m.kind is MethodKind.BANK_TRANSFER} - {None}
    for method in methods:
        if method.kind in BATCHED_KINDS and mapping.banks.get(method.id) in transfers:
            found.append(
                Caution(
                    f"bank:{method.id}",
                    f"{method.name} is paid out later and less its fees, so its payments will not match your bank "
                    "statement. A clearing account of its own is better.",
                )
            )
    return tuple(found)


def _account_gap(
    field: str, account_id: str | None, usable: Callable[[Account], bool], reference: ReferenceData
) -> Iterable[Gap]:
    if account_id is None:
        return
    account = account_by_id(reference, account_id)
    if account is None:
        yield Gap(field, "The chosen account is no longer in Xero. Please choose another one.")
    elif not usable(account):
        yield Gap(field, f"{account_label(account)} cannot be used for this (any more). Please choose another one.")


def _rate_gap(field: str, tax_type: str | None, reference: ReferenceData) -> Iterable[Gap]:
    if tax_type is None:
        return
    rate = tax_rate_by_type(reference, tax_type)
    if rate is None:
        yield Gap(field, "The chosen tax rate is no longer in Xero. Please choose another one.")
    elif not can_tax_sales(rate):
        yield Gap(field, f"{rate.name} cannot be used for sales (any more). Please choose another one.")
