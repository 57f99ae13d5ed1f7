"""What stands in the books: for the page people look at and for tests that judge."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .arithmetic import ZERO
from .documents import POSTED
from .organisation import Organisation, folded
from .payments import settled


@dataclass(frozen=True)
class Balance:
    """One account's journal total in one currency."""

    account: str
    currency: str
    debit: Decimal
    credit: Decimal

    @property
    def net(self) -> Decimal:
        """Debits less credits."""
        return self.debit - self.credit


def summary(org: Organisation) -> dict[str, Any]:
    """Counts and sums of an organisation; amounts as texts."""
    with org.lock:
        invoices = list(org.table("Invoices").rows.values())
        notes = list(org.table("CreditNotes").rows.values())
        payments = [row for row in org.table("Payments").rows.values() if row["Status"] == "AUTHORISED"]
        contacts = list(org.table("Contacts").rows.values())
    return {
        "tenantId": org.tenant_id,
        "name": org.about["Name"],
        "contacts": dict(Counter(row["ContactStatus"] for row in contacts)),
        "invoices": _by_status(invoices),
        "creditNotes": _by_status(notes),
        "lines": sum(len(row["LineItems"]) for row in invoices),
        "payments": len(payments),
        "totals": {kind: _totals([row for row in invoices if row["Type"] == kind]) for kind in ("ACCREC", "ACCPAY")},
        "creditTotals": {
            currency: {"total": str(sum((row["Total"] for row in rows), ZERO))}
            for currency, rows in _by_currency(notes).items()
        },
        "paymentTotals": _payment_totals(org, payments),
        "duplicateNumbers": _duplicates([row["InvoiceNumber"] for row in invoices if row["Type"] == "ACCREC"]),
        "duplicatePaymentReferences": _duplicates([row.get("Reference", "") for row in payments]),
    }


def _by_status(rows: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        found[row["Type"]][row["Status"]] += 1
    return {kind: dict(counts) for kind, counts in found.items()}


def _by_currency(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["Status"] not in {"VOIDED", "DELETED"}:
            found[row["CurrencyCode"]].append(row)
    return found


def _totals(rows: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    names = {
        "subtotal": "SubTotal", "tax": "TotalTax", "total": "Total", "paid": "AmountPaid",
        "credited": "AmountCredited", "due": "AmountDue",
    }  # fmt: skip
    return {
        currency: {name: str(sum((row[member] for row in found), ZERO)) for name, member in names.items()}
        for currency, found in _by_currency(rows).items()
    }


def _payment_totals(org: Organisation, payments: list[dict[str, Any]]) -> dict[str, str]:
    found: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for row in payments:
        found[_document(org, row)["CurrencyCode"]] += row["Amount"]
    return {currency: str(amount) for currency, amount in found.items()}


def _document(org: Organisation, payment: dict[str, Any]) -> dict[str, Any]:
    return settled(org, payment)[1]


def _duplicates(texts: list[str]) -> dict[str, int]:
    counts = Counter(folded(text) for text in texts if text)
    return {text: count for text, count in counts.items() if text and count > 1}


def journal(org: Organisation) -> list[Balance]:
    """Journal totals per account and currency; debits and credits of a currency agree.

    Amounts are in the currency of the documents: no gains or losses are worked out.
    """
    sums: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    accounts = org.table("Accounts").rows
    system = {row["SystemAccount"]: row["AccountID"] for row in accounts.values() if row.get("SystemAccount")}

    def post(account: str, currency: str, amount: Decimal) -> None:
        """A positive amount is a debit."""
        sums[account, currency][0 if amount > 0 else 1] += abs(amount)

    with org.lock:
        for kind in ("Invoices", "CreditNotes"):
            for row in org.table(kind).rows.values():
                if row["Status"] in POSTED:
                    _post_document(row, system, post)
        for row in org.table("Payments").rows.values():
            if row["Status"] == "AUTHORISED":
                document = _document(org, row)
                sign = 1 if document["Type"] in {"ACCREC", "ACCPAYCREDIT"} else -1
                ledger = system["CREDITORS" if document["Type"].startswith("ACCPAY") else "DEBTORS"]
                post(row["Account"]["AccountID"], document["CurrencyCode"], sign * row["Amount"])
                post(ledger, document["CurrencyCode"], -sign * row["Amount"])
        for kind in ("Overpayments", "Prepayments"):
            for row in org.table(kind).rows.values():
                if row["Status"] in POSTED:
                    post(row["_account"], row["CurrencyCode"], row["Total"])
                    post(system["DEBTORS"], row["CurrencyCode"], -row["Total"])
    shown = [
        Balance(_label(accounts[account]), currency, debit, credit)
        for (account, currency), (debit, credit) in sums.items()
    ]
    return sorted(shown, key=lambda balance: (balance.currency, balance.account))


def _label(account: dict[str, Any]) -> str:
    return f"{account.get('Code', '')} {account['Name']}".strip()


def _post_document(row: dict[str, Any], system: dict[str, str], post: Any) -> None:
    sign = 1 if row["Type"] in {"ACCREC", "ACCPAYCREDIT"} else -1
    ledger = system["DEBTORS" if row["Type"].startswith("ACCREC") else "CREDITORS"]
    currency = row["CurrencyCode"]
    post(ledger, currency, sign * row["Total"])
    if row["TotalTax"]:
        post(system["GST"], currency, -sign * row["TotalTax"])
    if row.get("RoundingAmount"):
        post(system["ROUNDING"], currency, -sign * row["RoundingAmount"])
    for line in row["LineItems"]:
        if not line["LineAmount"]:
            continue
        net = line["LineAmount"]
        if row["LineAmountTypes"] == "Inclusive":
            net -= line["TaxAmount"]
        post(line["AccountID"], currency, -sign * net)
