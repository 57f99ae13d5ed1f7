"""Which rows of the chart of accounts and which tax rates can work, and for what.

System accounts (debtors, tax, ...) are never offered, except the Rounding account. Sources: `product.md`
§4.4, `xero-facts.md` §4.4-4.5.
"""

from __future__ import annotations

from .accounting import Account, ReferenceData, TaxRate

ROUNDING = "ROUNDING"
NO_TAX_TYPE = "NONE"


def can_sell(account: Account) -> bool:
    """Whether invoice lines may go to it: active, revenue, with a code (lines name accounts by code)."""
    return _open(account) and account.account_class == "REVENUE" and bool(account.code)


def can_spend(account: Account) -> bool:
    """Whether fees and payouts may go to it: active, expense, with a code."""
    return _open(account) and account.account_class == "EXPENSE" and bool(account.code)


def can_bank(account: Account) -> bool:
    """Whether payments may go to it: a bank account, or one with payments enabled."""
    return _open(account) and (account.type == "BANK" or account.payments_enabled)


def can_round(account: Account) -> bool:
    """Whether a rounding line may go to it: Xero's own Rounding account, or an ordinary one."""
    if account.system == ROUNDING:
        return account.status == "ACTIVE" and bool(account.code)
    return can_sell(account) or can_spend(account)


def can_tax_sales(rate: TaxRate) -> bool:
    """Whether a sales line may carry the rate."""
    return rate.status == "ACTIVE" and rate.applies_to_revenue


def account_by_id(reference: ReferenceData, account_id: str | None) -> Account | None:
    """The account of that id, or None when there is none (any more)."""
    return next((account for account in reference.accounts if account.id == account_id), None)


def tax_rate_by_type(reference: ReferenceData, tax_type: str | None) -> TaxRate | None:
    """The tax rate of that type, or None when there is none (any more)."""
    return next((rate for rate in reference.tax_rates if rate.tax_type == tax_type), None)


def rounding_account(reference: ReferenceData, chosen: str | None) -> Account | None:
    """The account for rounding lines: the chosen one, else Xero's own; None when that cannot be used."""
    if chosen is not None:
        account = account_by_id(reference, chosen)
    else:
        account = next((account for account in reference.accounts if account.system == ROUNDING), None)
    return account if account is not None and can_round(account) else None


def no_tax_rate(reference: ReferenceData) -> TaxRate | None:
    """The organisation's own rate for "no tax" (TaxType NONE, 0 %), which no return of any kind counts."""
    rate = tax_rate_by_type(reference, NO_TAX_TYPE)
    return rate if rate is not None and rate.status == "ACTIVE" and rate.rate == 0 else None


def account_label(account: Account) -> str:
    """An account as a bookkeeper calls it: "200 Sales"."""
    return f"{account.code} {account.name}".strip()


def _open(account: Account) -> bool:
    return account.status == "ACTIVE" and not account.system
