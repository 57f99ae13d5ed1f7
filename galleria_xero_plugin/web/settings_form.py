"""The form of the Update Webservice page: its fields follow from what the gallery and Xero have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from wtforms import BooleanField, DateField, HiddenField, StringField, TimeField
from wtforms.validators import Optional, ValidationError

from ..domain.accounting import Account, InvoiceStatus, TaxRate
from ..domain.accounts import account_label
from ..domain.settings import (
    ARTWORK_PARTS,
    DEFAULT_ARTWORK_PARTS,
    TRACKED,
    AccountMapping,
    MissingRate,
    SalesUntilNow,
    Schedule,
    ScheduleKind,
    Settings,
)
from ..services.settings_page import SINGLE, SettingsPage, grouped
from .formats import Formats
from .forms import ChoiceField, Choices, EmailsField, PreferencesForm

STATUSES = [
    (
        "",
        [
            (InvoiceStatus.AUTHORISED.value, "Awaiting payment"),
            (InvoiceStatus.SUBMITTED.value, "Awaiting approval"),
            (InvoiceStatus.DRAFT.value, "Draft"),
        ],
    )
]
SCHEDULES = [
    (
        "",
        [
            (ScheduleKind.NIGHTLY.value, "Every night"),
            (ScheduleKind.EVERY_15_MINUTES.value, "Every 15 minutes"),
            (ScheduleKind.EVERY_30_MINUTES.value, "Every 30 minutes"),
            (ScheduleKind.HOURLY.value, "Every hour"),
            (ScheduleKind.DAILY.value, "Every day at a time of your choice"),
        ],
    )
]
MISSING_RATES = [
    (
        "",
        [
            (MissingRate.WAIT.value, "Let the invoice wait"),
            (MissingRate.XERO.value, "Take Xero's rate of the day"),
        ],
    )
]
UNTIL_NOW = [
    (
        "",
        [
            (SalesUntilNow.INVOICES.value, "As invoices, entered by hand or by another program"),
            (SalesUntilNow.RECEIPTS.value, "As money received on the bank account"),
            (SalesUntilNow.MONTHLY.value, "As totals, once a month or less often"),
            (SalesUntilNow.NOT_AT_ALL.value, "Not at all"),
            (SalesUntilNow.NOT_SAID.value, "I do not know"),
        ],
    )
]
EARLIEST, LATEST = dt.date(1980, 1, 1), dt.date(2099, 12, 31)


class DayField(DateField):
    """A date, with a message that says how to type one where the browser has no calendar."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Please enter the date like 2026-11-23 (year, month, day).") from None


class ClockField(TimeField):
    """A time of day."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Please enter the time like 02:30.") from None


class PartsField(StringField):
    """The parts of an artwork's line in words, separated by commas; `data` stays what was typed."""

    def parts(self) -> tuple[str, ...]:
        words = {label.casefold(): part for part, label in ARTWORK_PARTS.items()}
        typed = [" ".join(word.split()).casefold() for word in (self.data or "").split(",")]
        return tuple(dict.fromkeys(words.get(word, "") for word in typed if word)) or DEFAULT_ARTWORK_PARTS

    def pre_validate(self, form: object) -> None:
        if "" in self.parts():
            raise ValidationError(f"Please use only: {', '.join(ARTWORK_PARTS.values())}.")


class SettingsForm(PreferencesForm):
    """Preferences, dates and schedule; `of` adds the fields of the mapping, named as in `domain.chart`."""

    version = HiddenField()
    import_suppliers = BooleanField("Import suppliers and artists too", id="gx-import-suppliers")
    bookkeeper_emails = EmailsField("Bookkeeper e-mail", id="gx-bookkeeper-emails")
    sync_from = DayField("Sync From Date", id="gx-sync-from", validators=[Optional()])
    invoice_status = ChoiceField("Invoices arrive in Xero as", choices=STATUSES, id="gx-invoice-status")
    artwork_parts = PartsField("Words of an artwork's line", id="gx-artwork-parts")
    missing_rate = ChoiceField(
        "When your gallery has no exchange rate", choices=[("", [("", "Choose")]), *MISSING_RATES], id="gx-missing-rate"
    )
    first_five_as_drafts = BooleanField("Send the first five as drafts", id="gx-first-five")
    sales_until_now = ChoiceField("How your sales came into Xero until now", choices=UNTIL_NOW, id="gx-until-now")
    schedule_kind = ChoiceField("How often", choices=SCHEDULES, id="gx-schedule-kind")
    schedule_at = ClockField("At", id="gx-schedule-at", validators=[Optional()])

    def validate_sync_from(self, field: DayField) -> None:
        if field.data is not None and not EARLIEST <= field.data <= LATEST:
            raise ValidationError("Please choose a date between 1980 and 2099.")

    @classmethod
    def of(cls, page: SettingsPage, fmt: Formats) -> SettingsForm:
        """A form for this page, bound to what was posted, else filled with the page's settings."""
        return cls._made(page, fmt)

    @classmethod
    def of_saved(cls, page: SettingsPage, fmt: Formats) -> SettingsForm:
        """A form filled with the page's settings, whatever was posted."""
        return cls._made(page, fmt, formdata=None)

    @classmethod
    def _made(cls, page: SettingsPage, fmt: Formats, **how: Any) -> SettingsForm:
        fields = _mapping_fields(page, fmt) if page.choices is not None else {}
        if not page.row.first_run_ahead:
            fields["first_five_as_drafts"] = None  # how WTForms takes an inherited field away
        made = type("SettingsForm", (cls,), fields)
        form: SettingsForm = made(data=_values(page.settings, page.version), **how)
        return form

    def expected_version(self) -> int:
        """The version that the person saw; nothing sensible counts as an old one."""
        text = self.version.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

    def settings(self, before: Settings) -> Settings:
        """What was entered, over the settings as they are where the page offered nothing."""
        entered = self.preferences()
        kind = ScheduleKind(self.schedule_kind.data or before.schedule.kind)
        at = self.schedule_at.data or before.schedule.at
        return replace(
            entered,
            import_suppliers=bool(self.import_suppliers.data),
            bookkeeper_emails=self.bookkeeper_emails.addresses(),
            first_five_as_drafts=self._net(before),
            sales_until_now=SalesUntilNow(self.sales_until_now.data or ""),
            sync_from=self.sync_from.data,
            invoice_status=InvoiceStatus(self.invoice_status.data or before.invoice_status),
            schedule=Schedule(kind, at.replace(second=0, microsecond=0)),
            missing_rate=MissingRate(self.missing_rate.data) if self.missing_rate.data else before.missing_rate,
            artwork_parts=self.artwork_parts.parts(),
            mapping=self._mapping(before.mapping) if "sales" in self else before.mapping,
        )

    def _net(self, before: Settings) -> bool:
        """Asked until the webservice is live; afterwards the page has no such field, and nothing changes."""
        return bool(self.first_five_as_drafts.data) if "first_five_as_drafts" in self else before.first_five_as_drafts

    def _mapping(self, before: AccountMapping) -> AccountMapping:
        single = {name: self[name].chosen() if name in self else getattr(before, name) for name in SINGLE}
        return AccountMapping(
            **single,
            banks=self._part("bank:"),
            tax_rates=self._part("tax:"),
            branding_themes=self._part("theme:"),
            tracking=self._part("tracking:"),
        )

    def _part(self, prefix: str) -> dict[str, str]:
        return {
            name.removeprefix(prefix): field.data
            for name, field in self._fields.items()
            if name.startswith(prefix) and field.data
        }

    def differences(self, theirs: SettingsForm) -> list[tuple[str, str, str]]:
        """(label, theirs, yours) where somebody else's saved settings differ from what stands here."""
        found = []
        for name, mine in self._fields.items():
            if name in ("csrf_token", "version") or name not in theirs:
                continue
            left, right = _shown(theirs[name]), _shown(mine)
            if left != right:
                found.append((mine.label.text, left, right))
        return found


def _mapping_fields(page: SettingsPage, fmt: Formats) -> dict[str, Any]:
    """One field for every line of the mapping. Element ids are numbered: ids of the gallery may hold anything."""
    choices = page.choices
    assert choices is not None  # noqa: S101 - the caller looked; for the type checker
    revenue = _accounts(choices.revenue, "Choose an account")
    as_sales = _accounts(choices.revenue, "Same as Sales")
    rates = _rates(choices.tax_rates, fmt)
    fields: dict[str, Any] = {
        "sales": ChoiceField("Sales", choices=revenue, id="gx-sales"),
        "portal": ChoiceField("Portal", choices=as_sales, id="gx-portal"),
        "shipping": ChoiceField("Shipping", choices=as_sales, id="gx-shipping"),
        "framing": ChoiceField("Framing", choices=as_sales, id="gx-framing"),
        "custom": ChoiceField("Custom items", choices=as_sales, id="gx-custom"),
        "expense": ChoiceField("Expense", choices=_accounts(choices.expenses, "None"), id="gx-expense"),
        "rounding": ChoiceField(
            "Rounding", choices=_accounts(choices.rounding, "Whichever Xero uses itself"), id="gx-rounding"
        ),
    }
    if page.asks_untaxed:
        fields["untaxed"] = ChoiceField("Invoices without tax", choices=rates, id="gx-untaxed")
    for n, method in enumerate(page.methods):
        banks = _accounts(choices.banks, "Choose an account")
        fields[f"bank:{method.id}"] = ChoiceField(method.name, choices=banks, id=f"gx-bank-{n}")
    for n, option in enumerate(page.tax_options):
        label = f"{option.name} ({fmt.percent(option.rate)})"
        # Another percentage would only make its invoices wait; all of them where none is the same, to see what there is
        chosen = page.settings.mapping.tax_rates.get(option.id)
        same = [rate for rate in choices.tax_rates if rate.rate == option.rate or rate.tax_type == chosen]
        fields[f"tax:{option.id}"] = ChoiceField(label, choices=_rates(same or choices.tax_rates, fmt), id=f"gx-tax-{n}")
    if page.themes and choices.branding_themes:
        themes = [("", [("", "Xero's default"), *((theme.id, theme.name) for theme in choices.branding_themes)])]
        for n, theme in enumerate(page.themes):
            fields[f"theme:{theme.id}"] = ChoiceField(theme.name, choices=themes, id=f"gx-theme-{n}")
    if choices.tracking:
        categories = [("", [("", "None"), *choices.tracking])]
        for source, label in TRACKED.items():
            fields[f"tracking:{source}"] = ChoiceField(label, choices=categories, id=f"gx-tracking-{source}")
    return fields


def _accounts(accounts: Iterable[Account], none: str) -> Choices:
    """The accounts with a first choice for none, under headings when there are several types."""
    groups = grouped(tuple(accounts))
    listed = {
        heading if len(groups) > 1 else "": [(account.id, account_label(account)) for account in group]
        for heading, group in groups.items()
    }
    return [("", [("", none)]), *listed.items()]


def _rates(rates: Iterable[TaxRate], fmt: Formats) -> Choices:
    listed = [(rate.tax_type, f"{rate.name} ({fmt.percent(rate.rate)})") for rate in rates]
    return [("", [("", "Choose a tax rate"), *listed])]


def _values(settings: Settings, version: int) -> dict[str, object]:
    mapping = settings.mapping
    return {
        "version": str(version),
        "prefix": settings.prefix,
        "admin_emails": ", ".join(settings.admin_emails),
        "bookkeeper_emails": ", ".join(settings.bookkeeper_emails),
        "scheduled": settings.scheduled,
        "import_contacts": settings.import_contacts,
        "import_suppliers": settings.import_suppliers,
        "copy_existing": settings.copy_existing,
        "sync_from": settings.sync_from,
        "first_five_as_drafts": settings.first_five_as_drafts,
        "sales_until_now": settings.sales_until_now.value,
        "invoice_status": settings.invoice_status.value,
        "schedule_kind": settings.schedule.kind.value,
        "schedule_at": settings.schedule.at,
        "missing_rate": settings.missing_rate.value if settings.missing_rate else "",
        "artwork_parts": ", ".join(ARTWORK_PARTS[part] for part in settings.artwork_parts if part in ARTWORK_PARTS),
        **{name: getattr(mapping, name) or "" for name in SINGLE},
        **{f"bank:{method_id}": account_id for method_id, account_id in mapping.banks.items()},
        **{f"tax:{option_id}": tax_type for option_id, tax_type in mapping.tax_rates.items()},
        **{f"theme:{theme_id}": xero_id for theme_id, xero_id in mapping.branding_themes.items()},
        **{f"tracking:{source}": category_id for source, category_id in mapping.tracking.items()},
    }


def _shown(field: Any) -> str:
    """What a person sees in a field."""
    if isinstance(field, BooleanField):
        return "on" if field.data else "off"
    if isinstance(field, ChoiceField):
        return field.label_of(field.data)
    if isinstance(field.data, dt.time):
        return f"{field.data:%H:%M}"
    return str(field.data or "")
