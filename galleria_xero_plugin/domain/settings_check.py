"""What in Xero no longer fits the settings, found before a sale breaks on it (`product.md` §6). Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from .accounting import ReferenceData
from .chart import gaps, warnings
from .model import PaymentMethod, TaxOption
from .settings import Settings


class Fix(StrEnum):
    """Where a finding is settled: a replacement is picked here, or somebody goes somewhere else."""

    PICK = "pick"
    XERO = "xero"
    ACTIVITY = "activity"
    CONNECT = "connect"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that holds sales back, or will. `field` is the one to choose anew (named as in `chart`); dates in
    the message are ISO."""

    message: str
    fix: Fix
    field: str = ""


def check(
    settings: Settings,
    reference: ReferenceData,
    *,
    tax_options: Iterable[TaxOption],
    methods: Iterable[PaymentMethod],
    base_currency: str,
    waiting: Mapping[str, int],
    today: dt.date,
) -> tuple[Finding, ...]:
    """Everything that is chosen and does not work any more. `waiting` is how many documents wait, by reason;
    `today` is the gallery's."""
    options, methods, mapping = tuple(tax_options), tuple(methods), settings.mapping
    unusable = gaps(settings, reference, mapping.tax_rates.keys(), mapping.banks.keys(), tax_options=options, methods=methods)
    found = [Finding(gap.message, Fix.PICK, gap.field) for gap in unusable if _is_chosen(settings, gap.field)]
    found += [
        Finding(caution.message, Fix.PICK, caution.field)
        for caution in warnings(settings, reference, options, methods)
        if caution.field.startswith("tax:")
    ]
    if reference.currencies and base_currency not in reference.currencies:
        found.append(Finding(f"The currency {base_currency} is not switched on in Xero.", Fix.XERO))
    elif count := waiting.get("currency_not_enabled", 0):
        found.append(Finding(f"{_documents(count)} in a currency that is not switched on in Xero.", Fix.ACTIVITY))
    lock = reference.organisation.lock_date
    if lock is not None and lock >= today:
        found.append(Finding(f"The books in Xero are locked up to {lock}: nothing dated today can be sent.", Fix.XERO))
    elif count := waiting.get("period_locked", 0):
        until = f", which was locked up to {lock}" if lock is not None else ""
        found.append(Finding(f"{_documents(count)} dated in a closed month of Xero{until}.", Fix.ACTIVITY))
    if count := waiting.get("contact_archived", 0):
        found.append(Finding(f"{_documents(count)} because their contacts are archived in Xero.", Fix.ACTIVITY))
    if waiting.get("scope_missing", 0):
        found.append(Finding("Xero does not let us do something that is needed: a permission is missing.", Fix.CONNECT))
    return tuple(found)


def with_choice(settings: Settings, field: str, value: str) -> Settings:
    """The settings with another account or tax rate in one field of the mapping; "" for none."""
    kind, _, key = field.partition(":")
    mapping = settings.mapping
    if not key:
        return replace(settings, mapping=replace(mapping, **{field: value or None}))
    name = {"bank": "banks", "tax": "tax_rates"}[kind]
    chosen = {one: other for one, other in getattr(mapping, name).items() if one != key}
    return replace(settings, mapping=replace(mapping, **{name: chosen | ({key: value} if value else {})}))


def _is_chosen(settings: Settings, field: str) -> bool:
    """Whether the gap is about something that had been chosen; what was never chosen is asked on the Edit page."""
    kind, _, key = field.partition(":")
    mapping = settings.mapping
    if kind == "bank":
        return key in mapping.banks
    if kind == "tax":
        return key in mapping.tax_rates
    return getattr(mapping, field, None) is not None


def _documents(count: int) -> str:
    return "1 document waits" if count == 1 else f"{count} documents wait"
