"""Accounts, tax rates, themes, tracking, currencies, the organisation (xero-facts.md §4.4-§4.7)."""

from __future__ import annotations

from decimal import Decimal

from .call import Call
from .errors import Invalid, not_found
from .organisation import Organisation, folded
from .reader import Reader, guid_of
from .tables import Record
from .where import columns

CLASSES = {
    "BANK": "ASSET", "CURRENT": "ASSET", "FIXED": "ASSET", "INVENTORY": "ASSET", "NONCURRENT": "ASSET",
    "PREPAYMENT": "ASSET", "CURRLIAB": "LIABILITY", "LIABILITY": "LIABILITY", "TERMLIAB": "LIABILITY",
    "PAYG": "LIABILITY", "EQUITY": "EQUITY", "DEPRECIATN": "EXPENSE", "DIRECTCOSTS": "EXPENSE",
    "EXPENSE": "EXPENSE", "OVERHEADS": "EXPENSE", "OTHERINCOME": "REVENUE", "REVENUE": "REVENUE",
    "SALES": "REVENUE",
}  # fmt: skip
ACTIONS = {
    "UseMulticurrency": True,
    "CreateDraftInvoice": True,
    "CreateApprovedInvoice": True,
    "CreateRepeatingInvoice": True,
    "CreateApprovedBill": True,
    "AttachFilesToInvoice": True,
    "ApproveTransactionsBeforePeriodLockDate": False,
}

ACCOUNT_FIELDS = columns(
    text="Code Name Type Class Status SystemAccount TaxType BankAccountType CurrencyCode Description",
    guid="AccountID",
    bool="EnablePaymentsToAccount ShowInExpenseClaims AddToWatchlist",
    moment="UpdatedDateUTC",
)
TAX_RATE_FIELDS = columns(
    text="Name TaxType Status ReportTaxType",
    number="EffectiveRate DisplayTaxRate",
    bool="CanApplyToAssets CanApplyToEquity CanApplyToExpenses CanApplyToLiabilities CanApplyToRevenue",
)
TRACKING_FIELDS = columns(text="Name Status", guid="TrackingCategoryID")
CURRENCY_FIELDS = columns(text="Code Description")
THEME_FIELDS = columns(text="Name", guid="BrandingThemeID", number="SortOrder")


def plain(record: Record) -> Record:
    """A record without its private members."""
    return {name: value for name, value in record.items() if name[0] != "_"}


def save_account(call: Call, element: Reader) -> Record:
    """Create an account, or change its name, code or status."""
    identity = element.guid("AccountID")
    if identity:
        before = call.org.get("Accounts", identity)
        if before is None:
            raise not_found()
        record = dict(before)
    else:
        kind = (element.text("Type") or "").upper()
        if kind not in CLASSES:
            raise Invalid("Account type is invalid.")
        record = {
            "AccountID": call.org.next_id(),
            "Status": "ACTIVE",
            "Type": kind,
            "Class": CLASSES[kind],
            "TaxType": (element.text("TaxType") or "NONE").upper(),
            "EnablePaymentsToAccount": bool(element.boolean("EnablePaymentsToAccount")),
            "ShowInExpenseClaims": False,
            "AddToWatchlist": False,
        }
    for member, limit in (("Code", 10), ("Name", 150), ("Description", 4000), ("BankAccountNumber", 40)):
        value = element.text(member, limit)
        if value is not None:
            record[member] = value.strip()
    if not record.get("Name") or not (record.get("Code") or record["Type"] == "BANK"):
        raise Invalid("Name and Code must be specified.")
    for member in ("Name", "Code"):
        rivals = call.org.table("Accounts").find(member.lower(), folded(record.get(member)))
        if any(rival["AccountID"] != record["AccountID"] for rival in rivals):
            raise Invalid(f"Please enter a unique {member}.")
    status = (element.text("Status") or record["Status"]).upper()
    if status not in {"ACTIVE", "ARCHIVED"}:
        raise Invalid("Account status is invalid.")
    if status != "ACTIVE" and record.get("SystemAccount"):
        raise Invalid("System accounts cannot be archived.")
    return call.put("Accounts", {**record, "Status": status})


def save_currency(call: Call, element: Reader) -> Record:
    """Enable one currency."""
    code = (element.text("Code") or "").upper()
    if len(code) != 3 or not code.isalpha():
        raise Invalid("The currency code is not valid.")
    known = call.org.get("Currencies", code)
    if known is not None and known.get("_disabled"):
        known = call.org.put("Currencies", {**known, "_disabled": False})
    rate = call.org.about["_rates"].get(code, Decimal(1))
    return known or call.org.put("Currencies", {"Code": code, "Description": code, "_rate": rate})


def find_by(kind: str, *, folded_key: bool = False) -> object:
    """A finder by id; tax types and currency codes are compared in upper case."""

    def find(org: Organisation, identity: str) -> Record | None:
        found = org.get(kind, identity.upper() if folded_key else guid_of(identity))
        return None if found and (found.get("_deleted") or found.get("_disabled")) else found

    return find


def show_organisation(org: Organisation) -> Record:
    """GET /Organisation; lock dates only if set."""
    return {**plain(org.about), "Addresses": [], "Phones": [], "ExternalLinks": [], "PaymentTerms": {}}


def actions() -> list[Record]:
    """GET /Organisation/Actions."""
    return [{"Name": name, "Status": "ALLOWED" if allowed else "NOT-ALLOWED"} for name, allowed in ACTIONS.items()]
