"""Line items of invoices and credit notes: reading, checking, filling in (xero-facts.md §4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext

from .arithmetic import LARGEST_LINE, ZERO, line_amount, line_tax, rounded
from .call import Call
from .errors import Invalid
from .organisation import Organisation, folded
from .reader import Reader
from .tables import Record

DESCRIPTION_LIMIT = 4000
TRACKING_PER_LINE = 2
SALES = {"ACCREC", "ACCRECCREDIT"}
_APPLIES = {
    "ASSET": "CanApplyToAssets",
    "EQUITY": "CanApplyToEquity",
    "EXPENSE": "CanApplyToExpenses",
    "LIABILITY": "CanApplyToLiabilities",
    "REVENUE": "CanApplyToRevenue",
}


def read_lines(
    call: Call,
    sent: Sequence[Reader],
    *,
    document_type: str,
    amount_types: str,
    approved: bool,
    before: Sequence[Record] = (),
    places: int = 2,
) -> list[Record]:
    """The stored form of the lines of a document.

    With LineItemID a line is updated, without it is created; lines left out are gone (§4.2).
    """
    known = {line["LineItemID"]: line for line in before}
    strict = call.settings.unknown_line_ids_refused and bool(before)
    lines = []
    messages: list[str] = []
    for reader in sent:
        try:
            identity = reader.guid("LineItemID")
            old = known.pop(identity, None) if identity else None  # popped: no line is updated twice
            if identity and strict and old is None:
                raise Invalid("The LineItemID does not belong to this document.")
            lines.append(_line(call, reader, old, document_type, amount_types, approved, places))
        except Invalid as refusal:
            messages.extend(refusal.messages)
    if messages:
        raise Invalid(*dict.fromkeys(messages))
    return lines


def reprice(call: Call, lines: Sequence[Record], amount_types: str, places: int = 2) -> list[Record]:
    """Stored lines under another LineAmountTypes."""
    mode = call.settings.rounding
    found = []
    for line in lines:
        rate = call.org.get("TaxRates", line.get("TaxType"))
        percent = rate["EffectiveRate"] if rate else Decimal(0)
        found.append({**line, "TaxAmount": line_tax(line["LineAmount"], percent, amount_types, mode, places)})
    return found


def check_accounts(org: Organisation, lines: Sequence[Record]) -> None:
    """Approval of a draft needs an account on every line that carries money."""
    if any("AccountID" not in line and line["LineAmount"] for line in lines):
        raise Invalid("Account code must be specified for each line item.")
    for line in lines:
        account = org.get("Accounts", line.get("AccountID"))
        if account is not None and account["Status"] != "ACTIVE":
            raise Invalid(_archived(account["Code"]))


def _archived(code: str) -> str:
    return (
        f"Account code '{code}' has been archived, or has been deleted. Each line item must reference a valid account."
    )


def _line(
    call: Call,
    reader: Reader,
    old: Record | None,
    document_type: str,
    amount_types: str,
    approved: bool,
    places: int,
) -> Record:
    old = old or {}
    line: Record = {"LineItemID": old.get("LineItemID", call.org.next_id())}
    description = reader.text("Description", DESCRIPTION_LIMIT)
    description = old.get("Description") if description is None else description
    if reader.has("ItemCode"):
        raise Invalid(f"Item code '{reader.text('ItemCode')}' is not valid")
    line.update(_amounts(call, reader, old, document_type, places))
    if not (description or "").strip():
        raise Invalid("Description is required for each line item.")
    line["Description"] = description
    account = _account(call.org, reader, old)
    if account is not None:
        line["AccountCode"], line["AccountID"] = account.get("Code", ""), account["AccountID"]
    elif approved and line["LineAmount"]:
        raise Invalid("Account code must be specified for each line item.")
    rate = _tax_rate(call, reader, old, account, amount_types)
    if rate is not None:
        line["TaxType"] = rate["TaxType"]
    percent = rate["EffectiveRate"] if rate else Decimal(0)
    sent_tax = reader.decimal("TaxAmount")
    if sent_tax is not None and sent_tax > line["UnitAmount"] and call.settings.tax_above_unit_refused:
        raise Invalid("The TaxAmount must not be greater than the UnitAmount.")
    if sent_tax is not None and amount_types != "NoTax":
        line["TaxAmount"] = rounded(sent_tax, places, call.settings.rounding)
    else:
        line["TaxAmount"] = line_tax(line["LineAmount"], percent, amount_types, call.settings.rounding, places)
    tracking = reader.children("Tracking")
    line["Tracking"] = old.get("Tracking", []) if tracking is None else _tracking(call, tracking)
    return line


def _amounts(call: Call, reader: Reader, old: Record, document_type: str, places: int) -> Record:
    mode = call.settings.rounding
    quantity, unit, total = (reader.decimal(name) for name in ("Quantity", "UnitAmount", "LineAmount"))
    rate, amount = reader.decimal("DiscountRate"), reader.decimal("DiscountAmount")
    if not reader.has("Quantity"):
        quantity = old.get("Quantity")
    if not reader.has("UnitAmount"):
        unit = old.get("UnitAmount")
    if rate is None and amount is None:
        rate, amount = old.get("DiscountRate"), old.get("DiscountAmount")
    if quantity is None:
        quantity = Decimal(0) if unit is None and total is None else Decimal(1)
    quantity = rounded(quantity, 4, mode)
    if unit is None:
        with localcontext() as context:
            context.prec = 40
            unit = total / quantity if total is not None and quantity else ZERO
    if reader.has("UnitAmount") or "UnitAmount" not in old:  # a kept price keeps its four decimals
        unit = rounded(unit, call.unit_places, mode)
    if (rate or amount) and document_type != "ACCREC":
        raise Invalid("Discounts can only be applied to ACCREC invoices and quotes.")
    if rate is not None and not 0 <= rate <= 100:
        raise Invalid("DiscountRate must be between 0 and 100.")
    found: Record = {"Quantity": quantity, "UnitAmount": unit}
    expected = line_amount(quantity, unit, discount_rate=rate, discount_amount=amount, mode=mode, places=places)
    if total is not None and rounded(total, places, mode) != expected:
        raise Invalid(f"The line total {total} does not match the expected line total {expected}")
    if abs(expected) > LARGEST_LINE:
        raise Invalid(f"The line total {expected} is larger than {LARGEST_LINE}")
    if rate:
        found["DiscountRate"] = rate
    elif amount:
        found["DiscountAmount"] = rounded(amount, places, mode)
    found["LineAmount"] = expected
    return found


def _account(org: Organisation, reader: Reader, old: Record) -> Record | None:
    code, identity = reader.text("AccountCode"), reader.guid("AccountID")
    if not code and not identity:
        return org.get("Accounts", old.get("AccountID"))
    if identity:
        found = org.get("Accounts", identity)
    else:
        found = next(iter(org.table("Accounts").find("code", folded(code))), None)
    shown = code or identity
    if found is None or found["Status"] == "DELETED":
        raise Invalid(f"Account code '{shown}' is not a valid code for this document.")
    if found["Status"] != "ACTIVE":
        raise Invalid(_archived(str(shown)))
    if found.get("SystemAccount") in {"DEBTORS", "CREDITORS"} or found["Type"] == "BANK":
        raise Invalid(f"Account code '{shown}' is not a valid code for this document.")
    return found


def _tax_rate(call: Call, reader: Reader, old: Record, account: Record | None, amount_types: str) -> Record | None:
    """The line's own TaxType, or its account's default (recorded, §4.2)."""
    org = call.org
    asked = reader.text("TaxType")
    if amount_types == "NoTax":
        return org.get("TaxRates", "NONE")
    if not asked and reader.has("AccountCode") and account is not None:
        asked = account.get("TaxType")
    asked = asked or old.get("TaxType") or (account or {}).get("TaxType")
    if not asked:
        return None
    rate = org.get("TaxRates", asked.upper())
    if rate is None or rate["Status"] != "ACTIVE":
        raise Invalid(f"The TaxType code '{asked}' does not exist or cannot be used with this type of transaction")
    if account is not None and not rate[_APPLIES[account["Class"]]]:
        shown = account.get("Code") or account["Name"]
        raise Invalid(f"The TaxType code '{asked}' cannot be used with account code '{shown}'")
    return rate


def _tracking(call: Call, sent: Sequence[Reader]) -> list[Record]:
    if len(sent) > TRACKING_PER_LINE:
        raise Invalid("A line item can have no more than 2 tracking categories.")
    found: list[Record] = []
    for reader in sent:
        category = _named(
            list(call.org.table("TrackingCategories").rows.values()),
            "TrackingCategoryID",
            reader.guid("TrackingCategoryID"),
            reader.text("Name"),
        )
        option = category and _named(
            category["Options"], "TrackingOptionID", reader.guid("TrackingOptionID"), reader.text("Option")
        )
        if category is None or option is None:
            if call.settings.unknown_tracking == "ignore":
                continue
            raise Invalid("The tracking category or option does not exist or is not active.")
        if any(entry["TrackingCategoryID"] == category["TrackingCategoryID"] for entry in found):
            raise Invalid("A tracking category can be used only once per line item.")
        found.append(
            {
                "Name": category["Name"],
                "Option": option["Name"],
                "TrackingCategoryID": category["TrackingCategoryID"],
                "TrackingOptionID": option["TrackingOptionID"],
            }
        )
    return found


def _named(entries: list[Record], key: str, identity: str | None, name: str | None) -> Record | None:
    for entry in entries:
        same = entry[key] == identity if identity else folded(entry["Name"]) == folded(name)
        if same and entry["Status"] == "ACTIVE":
            return entry
    return None


def shown_line(line: Record, places: int) -> Record:
    """A stored line as an answer shows it."""
    unit = rounded(line["UnitAmount"], places)
    tracking = [{**entry, "Options": []} for entry in line["Tracking"]]
    return {**line, "UnitAmount": unit, "Tracking": tracking}
