"""Granular scopes per endpoint (xero-facts.md §1.5)."""

from __future__ import annotations

from collections.abc import Collection

IDENTITY = {"openid", "profile", "email", "offline_access"}
GRANULAR = {
    "accounting.invoices", "accounting.payments", "accounting.banktransactions",
    "accounting.manualjournals", "accounting.settings", "accounting.contacts",
    "accounting.attachments",
}  # fmt: skip
REPORTS = {
    f"accounting.reports.{name}.read"
    for name in (
        "aged", "balancesheet", "banksummary", "budgetsummary", "executivesummary", "profitandloss",
        "trialbalance", "taxreports",
    )
}  # fmt: skip
BROAD = {"accounting.transactions", "accounting.transactions.read", "accounting.reports.read"}
_COVERED_BY_BROAD = {"accounting.invoices", "accounting.payments"}


def unknown(asked: Collection[str], *, broad_allowed: bool) -> set[str]:
    """The scopes an app created after 2 March 2026 may not ask for."""
    known = IDENTITY | GRANULAR | {f"{scope}.read" for scope in GRANULAR} | REPORTS
    return set(asked) - (known | BROAD if broad_allowed else known)


def allows(granted: Collection[str], needed: str, method: str) -> bool:
    """True when a call may go through: reads need either form, writes the full one."""
    good = {needed}
    if needed in _COVERED_BY_BROAD:
        good.add("accounting.transactions")
    if method in {"GET", "HEAD"}:
        good |= {f"{scope}.read" for scope in good}
    return bool(good & set(granted))
