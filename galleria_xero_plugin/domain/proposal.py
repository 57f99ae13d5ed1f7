"""The first mapping, proposed with a reason for every choice. What would be a guess is not proposed.

Source: `product.md` §4.4.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

from .accounting import Account, ReferenceData
from .accounts import can_bank, can_sell, can_tax_sales, rounding_account
from .model import MethodKind, PaymentMethod, TaxOption

BATCHED_KINDS = frozenset({MethodKind.CARD, MethodKind.WALLET, MethodKind.PLATFORM})
"""Methods whose money arrives as net batches, so that it needs a clearing account."""

NEVER_BANKED_KINDS = frozenset({MethodKind.VOUCHER, MethodKind.CREDIT})
"""Methods that bring no money."""

BANKED_KINDS = frozenset({MethodKind.BANK_TRANSFER, MethodKind.CASH, MethodKind.CHEQUE})
"""Methods whose money arrives as it is."""
_SHIPPING_WORDS = ("shipping", "freight", "delivery", "postage", "carriage")
_CLEARING_WORDS = ("clearing", "stripe", "paypal", "venmo", "card", "wallet")
_KEPT_ASIDE = ("saving", "deposit", "card", "loan")
_METHOD_NOISE = frozenset({"card", "cards", "credit", "debit", "payment", "payments", "bank", "account", "online"})


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed value of a settings field (an account's id, a tax type or a date) and why."""

    value: str
    why: str


def propose(
    reference: ReferenceData, tax_options: Iterable[TaxOption], methods: Iterable[PaymentMethod]
) -> dict[str, Proposal]:
    """Proposals by field: `sales`, `portal`, `shipping`, `framing`, `rounding`, `bank:<payment method id>`,
    `tax:<tax option id>`, `sync_from` (an ISO date). A field without a good reason is left out."""
    found: dict[str, Proposal | None] = {"sales": _sales(reference)}
    found["portal"] = _by_words(reference, ("portal",))
    found["shipping"] = _by_words(reference, _SHIPPING_WORDS)
    found["framing"] = _by_words(reference, ("framing", "frames"))
    rounding = rounding_account(reference, None)
    if rounding is not None:
        found["rounding"] = Proposal(rounding.id, "Xero's own account for rounding differences")
    for method in methods:
        found[f"bank:{method.id}"] = _bank(reference, method)
    sales = found["sales"]
    for option in tax_options:
        found[f"tax:{option.id}"] = _tax_rate(reference, option, sales.value if sales is not None else None)
    lock_date = reference.organisation.lock_date
    if lock_date is not None:
        first_open = lock_date + dt.timedelta(days=1)
        found["sync_from"] = Proposal(first_open.isoformat(), f"The books are locked up to {lock_date.isoformat()}")
    return {field: proposal for field, proposal in found.items() if proposal is not None}


def _sales(reference: ReferenceData) -> Proposal | None:
    accounts = _sorted(account for account in reference.accounts if can_sell(account))
    tests = (
        (lambda account: account.name.strip().casefold() == "sales", "It is called Sales"),
        (lambda account: account.code == "200", "200 is the usual code of the Sales account"),
        (lambda account: account.type == "SALES", "It is an account for sales"),
        (lambda account: len(accounts) == 1, "It is the only revenue account"),
    )
    for test, why in tests:
        for account in accounts:
            if test(account):
                return Proposal(account.id, why)
    return None


def _by_words(reference: ReferenceData, words: tuple[str, ...]) -> Proposal | None:
    for account in _sorted(account for account in reference.accounts if can_sell(account)):
        for word in words:
            if word in account.name.casefold():
                return Proposal(account.id, f"Its name says “{word}”")
    return None


def _bank(reference: ReferenceData, method: PaymentMethod) -> Proposal | None:
    accounts = _sorted(account for account in reference.accounts if can_bank(account))
    if method.kind in BANKED_KINDS:
        base = reference.organisation.base_currency
        in_base = [account for account in accounts if account.type == "BANK" and account.currency in ("", base)]
        banks = [account for account in in_base if not _named(account, _CLEARING_WORDS)]
        if len(banks) == 1:
            return Proposal(banks[0].id, f"It is your bank account in {base}")
        if banks:
            # Clients seldom pay into a savings account or onto a company's card; the sort keeps the order of codes
            banks.sort(key=lambda account: (_named(account, _KEPT_ASIDE), not account.code))
            return Proposal(banks[0].id, f"It is the first of your {len(banks)} bank accounts in {base}: please check")
    if method.kind in BATCHED_KINDS:
        provider = [word for word in re.findall(r"\w{3,}", method.name.casefold()) if word not in _METHOD_NOISE]
        for words in (provider, ("clearing",)):
            for account in accounts:
                if _named(account, words):
                    return Proposal(account.id, f"{method.name} is paid out later, and its name fits")
    return None


def _tax_rate(reference: ReferenceData, option: TaxOption, sales_account_id: str | None) -> Proposal | None:
    """0 % is never proposed: zero-rated, exempt and out of scope fall differently on the tax return."""
    if option.rate == 0:
        return None
    rates = [rate for rate in reference.tax_rates if can_tax_sales(rate) and rate.rate == option.rate]
    if len(rates) == 1:
        return Proposal(rates[0].tax_type, f"“{rates[0].name}” is the only sales rate with this percentage")
    usual = {account.tax_type for account in reference.accounts if account.id == sales_account_id}
    for rate in rates:
        if rate.tax_type in usual:
            return Proposal(rate.tax_type, f"“{rate.name}” is the usual rate of your Sales account")
    output = [rate for rate in rates if rate.tax_type.startswith("OUTPUT")]
    if len(output) == 1:
        return Proposal(output[0].tax_type, f"“{output[0].name}” is Xero's standard rate for sales: please check")
    return None


def _named(account: Account, words: Iterable[str]) -> bool:
    return any(word in account.name.casefold() for word in words)


def _sorted(accounts: Iterable[Account]) -> list[Account]:
    return sorted(accounts, key=lambda account: (account.code, account.name, account.id))
