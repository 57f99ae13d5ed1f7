"""The built-in organisations. Every id is derived from a name, so it is the same in every run."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from .organisation import Organisation, new_id
from .reference import CLASSES
from .seed_people import harbour_people, north_light_people, write_people
from .tables import Record

_SPACE = uuid.UUID("6a1f2c1e-5d0b-4f57-9c59-1f0d3a2b7c11")
CREATED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def seeded(*names: str) -> str:
    """The id of a seeded record."""
    return str(uuid.uuid5(_SPACE, "/".join(names)))


NORTH_LIGHT = seeded("North Light Gallery")
HARBOUR = seeded("Harbour Street Prints")


@dataclass(frozen=True)
class Account:
    """A seeded account. ``takes`` is EnablePaymentsToAccount."""

    code: str
    name: str
    type: str
    tax: str = "NONE"
    takes: bool = False
    system: str = ""
    status: str = "ACTIVE"
    bank: str = ""
    currency: str = ""


@dataclass(frozen=True)
class Rate:
    """A seeded tax rate; ``on`` names the classes it applies to: A E X L R."""

    type: str
    name: str
    percent: str
    on: str
    status: str = "ACTIVE"
    report: str = ""


def _common_accounts(income: str, expense: str, tax_name: str) -> list[Account]:
    return [
        Account("090", "Gallery Bank Account", "BANK", bank="BANK"),
        Account("", "Savings", "BANK", bank="BANK"),
        Account("092", "PayPal", "BANK", bank="PAYPAL"),
        Account("091", "Company Card", "BANK", bank="CREDITCARD"),
        Account("200", "Sales", "REVENUE", income),
        Account("205", "Portal Fees", "REVENUE", income),
        Account("206", "Commission on Consigned Works", "REVENUE", income),
        Account("210", "Framing", "REVENUE", income),
        Account("220", "Art Fair Sales", "SALES", income),
        Account("230", "Old Print Sales", "REVENUE", income, status="ARCHIVED"),
        Account("260", "Other Revenue", "REVENUE", income),
        Account("270", "Interest Income", "OTHERINCOME", "NONE"),
        Account("310", "Cost of Works Sold", "DIRECTCOSTS", expense),
        Account("320", "Artist Payouts", "DIRECTCOSTS", expense),
        Account("404", "Card Fees", "EXPENSE", "NONE"),
        Account("425", "Shipping Charged to Customers", "REVENUE", income),
        Account("426", "Freight & Couriers", "EXPENSE", expense),
        Account("429", "General Expenses", "OVERHEADS", expense),
        Account("469", "Rent", "OVERHEADS", expense),
        Account("610", "Accounts Receivable", "CURRENT", system="DEBTORS"),
        Account("620", "Prepayments", "PREPAYMENT"),
        Account("630", "Inventory of Works", "INVENTORY"),
        Account("640", "Card Clearing", "CURRENT", takes=True),
        Account("645", "Marketplace Clearing", "CURRENT", takes=True),
        Account("800", "Accounts Payable", "CURRLIAB", system="CREDITORS"),
        Account("805", "Gift Vouchers Outstanding", "CURRLIAB", takes=True),
        Account("820", tax_name, "CURRLIAB", system="GST"),
        Account("850", "Suspense", "CURRLIAB"),
        Account("860", "Rounding", "CURRLIAB", system="ROUNDING"),
        Account("877", "Tracking Transfers", "CURRLIAB", system="TRACKINGTRANSFERS"),
        Account("497", "Bank Revaluations", "EXPENSE", system="BANKCURRENCYGAIN"),
        Account("498", "Unrealised Currency Gains", "EXPENSE", system="UNREALISEDCURRENCYGAIN"),
        Account("499", "Realised Currency Gains", "EXPENSE", system="REALISEDCURRENCYGAIN"),
        Account("960", "Retained Earnings", "EQUITY", system="RETAINEDEARNINGS"),
        Account("970", "Owner Funds Introduced", "EQUITY"),
    ]


NORTH_LIGHT_RATES = (
    Rate("OUTPUT2", "20% (VAT on Income)", "20", "AELR", report="OUTPUT"),
    Rate("RROUTPUT", "5% (VAT on Income)", "5", "AELR", report="OUTPUT"),
    Rate("ZERORATEDOUTPUT", "Zero Rated Income", "0", "AELR", report="OUTPUT"),
    Rate("EXEMPTOUTPUT", "Exempt Income", "0", "AELR", report="OUTPUT"),
    Rate("ECZROUTPUT", "Zero Rated EC Goods Income", "0", "AELR", report="OUTPUT"),
    Rate("NONE", "No VAT", "0", "AEXLR"),
    Rate("INPUT2", "20% (VAT on Expenses)", "20", "AEXL", report="INPUT"),
    Rate("RRINPUT", "5% (VAT on Expenses)", "5", "AEXL", report="INPUT"),
    Rate("ZERORATEDINPUT", "Zero Rated Expenses", "0", "AEXL", report="INPUT"),
    Rate("EXEMPTEXPENSES", "Exempt Expenses", "0", "AEXL", report="INPUT"),
    Rate("OUTPUT", "17.5% (VAT on Income)", "17.5", "AELR", "ARCHIVED", "OUTPUT"),
    Rate("TAX001", "Artist's Resale Right", "4", "AELR", report="OUTPUT"),
)
HARBOUR_RATES = (
    Rate("OUTPUT", "Tax on Sales", "8.875", "AELR", report="OUTPUT"),
    Rate("INPUT", "Tax on Purchases", "8.875", "AEXL", report="INPUT"),
    Rate("NONE", "Tax Exempt", "0", "AEXLR"),
    Rate("TAX001", "Out of State", "0", "AELR", report="OUTPUT"),
    Rate("TAX002", "Old City Tax", "8.25", "AELR", "ARCHIVED", "OUTPUT"),
)
_NAMES = {"GBP": "British Pound", "EUR": "Euro", "USD": "United States Dollar"}


def organisations(now: datetime) -> Iterable[Organisation]:
    """Both organisations, not yet committed."""
    yield _north_light(now)
    yield _harbour(now)


def _north_light(now: datetime) -> Organisation:
    about = {
        "Name": "North Light Gallery",
        "LegalName": "North Light Gallery Ltd",
        "Version": "UK",
        "BaseCurrency": "GBP",
        "CountryCode": "GB",
        "TaxNumber": "GB123456789",
        "SalesTaxBasis": "ACCRUALS",
        "SalesTaxPeriod": "QUARTERLY",
        "Timezone": "GMTSTANDARDTIME",
        "ShortCode": "!n0rth",
        "_zone": "Europe/London",
        "_rates": {"EUR": Decimal("1.152300"), "USD": Decimal("1.311500")},
    }
    org = _organisation(NORTH_LIGHT, about, ["GBP", "EUR", "USD"])
    _chart(org, _common_accounts("OUTPUT2", "INPUT2", "VAT"), NORTH_LIGHT_RATES, "VAT")
    _extras(org)
    write_people(org, north_light_people(), seeded, now)
    org.next_id = new_id
    return org


def _harbour(now: datetime) -> Organisation:
    about = {
        "Name": "Harbour Street Prints",
        "LegalName": "Harbour Street Prints LLC",
        "Version": "US",
        "BaseCurrency": "USD",
        "CountryCode": "US",
        "TaxNumber": "12-3456789",
        "SalesTaxBasis": "ACCRUALS",
        "SalesTaxPeriod": "MONTHLY",
        "Timezone": "EASTERNSTANDARDTIME",
        "ShortCode": "!harbr",
        "_zone": "America/New_York",
        "_rates": {"EUR": Decimal("0.878600"), "GBP": Decimal("0.762500")},
    }
    org = _organisation(HARBOUR, about, ["USD", "EUR"])
    _chart(org, _common_accounts("OUTPUT", "INPUT", "Sales Tax"), HARBOUR_RATES, "Sales Tax")
    _extras(org)
    write_people(org, harbour_people(), seeded, now)
    org.next_id = new_id
    return org


def _organisation(tenant: str, about: Record, currencies: list[str]) -> Organisation:
    org = Organisation(tenant)
    numbers = count(1)
    org.next_id = lambda: seeded(tenant, str(next(numbers)))
    org.put(
        "Organisations",
        {
            **about,
            "OrganisationID": tenant,
            "PaysTax": True,
            "OrganisationType": "COMPANY",
            "OrganisationEntityType": "COMPANY",
            "OrganisationStatus": "ACTIVE",
            "IsDemoCompany": False,
            "FinancialYearEndDay": 31,
            "FinancialYearEndMonth": 3,
            "DefaultSalesTax": "Tax Exclusive",
            "DefaultPurchasesTax": "Remember previous",
            "CreatedDateUTC": f"/Date({int(CREATED.timestamp() * 1000)})/",
            "Edition": "BUSINESS",
            "Class": "STANDARD",
        },
    )
    for code in currencies:
        rate = about["_rates"].get(code, Decimal(1))
        org.put("Currencies", {"Code": code, "Description": _NAMES[code], "_rate": rate})
    return org


def _chart(org: Organisation, accounts: list[Account], rates: Iterable[Rate], component: str) -> None:
    for rate in rates:
        org.put("TaxRates", _rate_record(rate, component))
    for account in accounts:
        org.put("Accounts", _account_record(org, account))


def _rate_record(rate: Rate, component: str) -> Record:
    percent = Decimal(rate.percent)
    return {
        "Name": rate.name,
        "TaxType": rate.type,
        "ReportTaxType": rate.report or rate.type,
        "CanApplyToAssets": "A" in rate.on,
        "CanApplyToEquity": "E" in rate.on,
        "CanApplyToExpenses": "X" in rate.on,
        "CanApplyToLiabilities": "L" in rate.on,
        "CanApplyToRevenue": "R" in rate.on,
        "DisplayTaxRate": percent,
        "EffectiveRate": percent,
        "Status": rate.status,
        "TaxComponents": [{"Name": component, "Rate": percent, "IsCompound": False, "IsNonRecoverable": False}],
    }


def _account_record(org: Organisation, account: Account) -> Record:
    record: dict[str, Any] = {
        "AccountID": seeded(org.tenant_id, "account", account.name),
        "Code": account.code,
        "Name": account.name,
        "Status": account.status,
        "Type": account.type,
        "TaxType": account.tax,
        "Class": CLASSES[account.type],
        "EnablePaymentsToAccount": account.takes,
        "ShowInExpenseClaims": False,
        "BankAccountType": account.bank,
        "HasAttachments": False,
        "AddToWatchlist": False,
        "UpdatedDateUTC": CREATED,
    }
    if not account.code:
        del record["Code"]
    if account.system:
        record["SystemAccount"] = account.system
    if account.type == "BANK":
        record["BankAccountNumber"] = "00-0000-0000000-00"
        record["CurrencyCode"] = account.currency or org.base_currency
    return record


def _extras(org: Organisation) -> None:
    for order, name in enumerate(("Standard", "Art fair")):
        org.put(
            "BrandingThemes",
            {
                "BrandingThemeID": seeded(org.tenant_id, "theme", name),
                "Name": name,
                "Type": "INVOICE",
                "SortOrder": order,
                "CreatedDateUTC": CREATED,
            },
        )
    options = {
        "Artist": ("Ada Marsh", "Bruno Keller", "Ines Okafor", "Various"),
        "Exhibition": ("Spring Show", "Works on Paper", "Stockroom"),
    }
    for name, entries in options.items():
        org.put(
            "TrackingCategories",
            {
                "TrackingCategoryID": seeded(org.tenant_id, "tracking", name),
                "Name": name,
                "Status": "ACTIVE",
                "Options": [
                    {
                        "TrackingOptionID": seeded(org.tenant_id, "tracking", name, entry),
                        "Name": entry,
                        "Status": "ACTIVE",
                    }
                    for entry in entries
                ],
            },
        )
