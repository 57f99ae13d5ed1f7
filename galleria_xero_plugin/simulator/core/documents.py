"""What invoices and credit notes have in common (xero-facts.md §4.2, §4.8)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

from . import history, lines
from .arithmetic import ZERO, Totals, rounded, totals
from .call import Call
from .errors import Invalid
from .organisation import Organisation
from .reader import Reader
from .tables import Record

MOVES = {
    "DRAFT": {"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"},
    "SUBMITTED": {"SUBMITTED", "AUTHORISED", "DRAFT", "DELETED"},
    "AUTHORISED": {"AUTHORISED", "VOIDED"},
    "PAID": {"PAID"},
    "VOIDED": set(),
    "DELETED": set(),
}
APPROVED = {"SUBMITTED", "AUTHORISED", "PAID"}
POSTED = {"AUTHORISED", "PAID"}
# How payments and allocations of a kind of document are found.
INDEXES = {
    "Invoices": "invoice",
    "CreditNotes": "credit note",
    "Overpayments": "overpayment",
    "Prepayments": "prepayment",
}
AMOUNT_TYPES = {"exclusive": "Exclusive", "inclusive": "Inclusive", "notax": "NoTax"}
NOT_EDITABLE = "This document cannot be edited as it has a payment or credit note allocated to it."


class Problems:
    """Collects the messages of several checks, so that an answer names all of them."""

    def __init__(self) -> None:
        self._messages: list[str] = []

    @contextmanager
    def collect(self) -> Iterator[None]:
        """Remember what the block refuses and go on."""
        try:
            yield
        except Invalid as refusal:
            self._messages.extend(refusal.messages)

    def settle(self) -> None:
        """Refuse when anything was collected."""
        if self._messages:
            raise Invalid(*dict.fromkeys(self._messages))


def amount_types(element: Reader, default: str) -> str:
    """LineAmountTypes: Exclusive unless said otherwise."""
    sent = element.text("LineAmountTypes")
    if not sent:
        return default
    if sent.lower() not in AMOUNT_TYPES:
        raise Invalid(f"'{sent}' is not a valid LineAmountTypes.")
    return AMOUNT_TYPES[sent.lower()]


def check_lock_dates(call: Call, day: date) -> None:
    """A document dated on or before a lock date is refused; an adviser passes the period's (§4.6)."""
    locks = (("EndOfYearLockDate", "end of year"), ("PeriodLockDate", "period"))
    for member, words in locks[:1] if call.adviser else locks:
        lock = call.org.about.get(member)
        if lock is not None and day <= lock:
            shown = f"{lock.day} {lock:%b %Y}"
            raise Invalid(f"The document date cannot be before the {words} lock date, currently set at {shown}")


def currency(call: Call, element: Reader, record: Record) -> Record:
    """CurrencyCode and CurrencyRate: the base currency, or an enabled one at the day's rate."""
    code = (element.text("CurrencyCode") or record.get("CurrencyCode") or call.org.base_currency).upper()
    known = call.org.get("Currencies", code)
    if known is None or known.get("_disabled"):
        raise Invalid(f"Organisation is not subscribed to currency {code}")
    if code == call.org.base_currency:
        return {"CurrencyCode": code, "CurrencyRate": Decimal(1)}
    rate = element.decimal("CurrencyRate")
    if rate is None:
        same = record.get("CurrencyCode") == code
        rate = record["CurrencyRate"] if same else known["_rate"]
    if rate <= 0:
        raise Invalid("The currency rate must be greater than zero.")
    return {"CurrencyCode": code, "CurrencyRate": rounded(rate, 6)}


def warnings(call: Call, record: Record) -> list[Record]:
    """A rate more than half away from the day's is kept, with a remark: since 7 April 2026 (§4.2)."""
    known = call.org.get("Currencies", record.get("CurrencyCode"))
    if known is None or record["CurrencyCode"] == call.org.base_currency or not call.settings.odd_rate_warnings:
        return []
    if known["_rate"] / 2 <= record["CurrencyRate"] <= known["_rate"] * 2:
        return []
    return [{"Message": "The currency rate provided differs significantly from the current market rate."}]


def branding(call: Call, element: Reader, record: Record, status: str) -> Record:
    """The named theme; the default one is filled in on approval."""
    sent = element.guid("BrandingThemeID")
    themes = {key: row for key, row in call.org.table("BrandingThemes").rows.items() if not row.get("_deleted")}
    if sent:
        if sent not in themes:
            raise Invalid("The BrandingThemeID is not valid.")
        return {"BrandingThemeID": sent}
    if status in APPROVED and "BrandingThemeID" not in record and themes:
        return {"BrandingThemeID": min(themes.values(), key=lambda theme: theme["SortOrder"])["BrandingThemeID"]}
    return {}


def priced(call: Call, element: Reader, record: Record, before: Record | None) -> Totals:
    """Read or keep the lines of a document and work out its sums; fills ``record``."""
    kept = before["LineItems"] if before else []
    sent = element.children("LineItems")
    approved = record["Status"] in APPROVED
    places = call.places(record.get("CurrencyCode"))
    if sent is None:
        found = kept
        if before is not None and before["LineAmountTypes"] != record["LineAmountTypes"]:
            found = lines.reprice(call, kept, record["LineAmountTypes"], places)
        if approved:
            lines.check_accounts(call.org, found)
    else:
        found = lines.read_lines(
            call,
            sent,
            document_type=record["Type"],
            amount_types=record["LineAmountTypes"],
            approved=approved,
            before=kept,
            places=places,
        )
    if not found:
        raise Invalid("One or more line items must be specified")
    record["LineItems"] = found
    sums = totals(found, record["LineAmountTypes"], places)
    if sums.total < 0 and call.settings.negative_totals_refused:
        raise Invalid("The total of the document must not be negative.")
    record.update(sums.members())
    return sums


def settle(call: Call, kind: str, record: Record, *, quiet: bool = False) -> Record:
    """Work out what is paid, credited and left, and flip AUTHORISED and PAID accordingly."""
    org = call.org
    index = INDEXES[kind]
    identity = record[org.table(kind).key]
    payments = [row for row in org.table("Payments").find(index, identity) if row["Status"] == "AUTHORISED"]
    allocations = [row for row in org.table("Allocations").find(index, identity) if not row["IsDeleted"]]
    paid = sum((row["Amount"] for row in payments), ZERO)
    credited = sum((row["Amount"] for row in allocations), ZERO)
    left = record["Total"] - paid - credited
    settled = dict(record)
    settled.pop("FullyPaidOnDate", None)
    if kind == "Invoices":
        settled.update(AmountPaid=paid, AmountCredited=credited, AmountDue=left)
    else:
        settled["RemainingCredit"] = left
    touched = bool(payments or allocations)
    if record["Status"] in POSTED:
        full = left == 0 and (touched or call.settings.zero_total_becomes_paid)
        settled["Status"] = "PAID" if full else "AUTHORISED"
        if full:
            days = [row["Date"] for row in (*payments, *allocations)]
            settled["FullyPaidOnDate"] = max(days, default=record["Date"])
    if not quiet and settled["Status"] != record["Status"]:
        words = "Paid" if settled["Status"] == "PAID" else "Unpaid"
        history.note(call, identity, words, f"{words} on {call.today:%d %b %Y}")
    return call.put(kind, settled)


def dates(record: Record) -> Record:
    """Date and DueDate twice, as text and in the MS form (§5)."""
    found: Record = {}
    for member in ("Date", "DueDate"):
        if member in record:
            found[f"{member}String"] = f"{record[member].isoformat()}T00:00:00"
            found[member] = record[member]
    return found


def shown_payments(org: Organisation, index: str, identity: str) -> list[Record]:
    """Payments as nested in the document they settle (recorded, §4.2)."""
    return [
        {
            "PaymentID": row["PaymentID"],
            "Date": row["Date"],
            "Amount": row["Amount"],
            "Reference": row.get("Reference", ""),
            "CurrencyRate": row["CurrencyRate"],
            "HasAccount": False,
            "HasValidationErrors": False,
        }
        for row in org.table("Payments").find(index, identity)
        if row["Status"] == "AUTHORISED"
    ]
