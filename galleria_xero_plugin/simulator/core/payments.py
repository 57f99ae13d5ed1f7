"""Payments (xero-facts.md §4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from . import contacts, documents, history
from .arithmetic import rounded
from .call import Call
from .errors import Invalid
from .organisation import Organisation, folded
from .reader import Reader, guid_of
from .tables import Record
from .where import Column, columns
from .wire import utc_text

TOO_MUCH = "Payment amount exceeds the amount outstanding on this document"
NOT_AUTHORISED = "Payments can only be made against Authorised documents"
WRONG_ACCOUNT = "Account type is invalid for making a payment to/from"
UNKNOWN_ACCOUNT = "Account could not be found"
WRONG_STATUS = "Payment not of valid status for modification"
TYPES = {
    "ACCREC": "ACCRECPAYMENT",
    "ACCPAY": "ACCPAYPAYMENT",
    "ACCRECCREDIT": "ARCREDITPAYMENT",
    "ACCPAYCREDIT": "APCREDITPAYMENT",
    "RECEIVE-OVERPAYMENT": "AROVERPAYMENTPAYMENT",
    "RECEIVE-PREPAYMENT": "ARPREPAYMENTPAYMENT",
}
TARGETS = ("Invoice", "CreditNote", "Prepayment", "Overpayment")


def fields(org: Organisation) -> Mapping[str, Column]:
    """The fields a where or order clause may name."""
    invoices = org.table("Invoices").rows
    accounts = org.table("Accounts").rows
    return {
        **columns(
            text="Status PaymentType Reference",
            guid="PaymentID Invoice.InvoiceID CreditNote.CreditNoteID Account.AccountID",
            date="Date",
            number="Amount BankAmount CurrencyRate",
            bool="IsReconciled",
            moment="UpdatedDateUTC",
        ),
        "Invoice.InvoiceNumber": Column(
            "text",
            lambda record: invoices[record["Invoice"]["InvoiceID"]]["InvoiceNumber"] if "Invoice" in record else None,
        ),
        "Account.Code": Column("text", lambda record: accounts[record["Account"]["AccountID"]].get("Code")),
    }


def find(org: Organisation, identity: str) -> Record | None:
    """A payment by id."""
    return org.get("Payments", guid_of(identity))


def save(call: Call, element: Reader) -> Record:
    """Create one payment. There is no update; naming a PaymentID can only delete it."""
    identity = element.guid("PaymentID")
    if identity:
        return _delete(call, element, identity)
    kind, document = _target(call.org, element)
    account = _account(call.org, element.child("Account"))
    amount = element.decimal("Amount")
    if amount is None or amount <= 0:
        raise Invalid("Payment amount must be greater than zero")
    amount = rounded(amount, call.places(document["CurrencyCode"]))
    left = document["AmountDue" if kind == "Invoices" else "RemainingCredit"]
    problems = documents.Problems()
    with problems.collect():
        if document["Status"] != "AUTHORISED":
            raise Invalid(NOT_AUTHORISED)
    with problems.collect():
        if amount > left or document["Status"] == "PAID":  # a paid document gives both messages
            raise Invalid(TOO_MUCH)
    day = element.day("Date") or call.today
    with problems.collect():
        documents.check_lock_dates(call, day)
    problems.settle()
    singular, key = kind[:-1], f"{kind[:-1]}ID"
    record: Record = {
        "PaymentID": call.org.next_id(),
        "Date": day,
        "Amount": amount,
        **_bank(call, element, document, account, amount),
        "PaymentType": TYPES[document["Type"]],
        "Status": "AUTHORISED",
        "IsReconciled": bool(element.boolean("IsReconciled")),
        singular: {key: document[key]},
        "Account": {"AccountID": account["AccountID"]},
        "_app": call.client_id,
    }
    reference = element.text("Reference")
    if reference:
        record["Reference"] = reference
    saved = call.put("Payments", record)
    documents.settle(call, kind, document)
    history.note(call, document[key], "Payment", f"Payment of {amount} on {day:%d %b %Y}")
    return saved


def _bank(call: Call, element: Reader, document: Record, account: Record, amount: Decimal) -> Record:
    """BankAmount, in the account's currency, is preferred to the CurrencyRate (§4.3)."""
    base, currency = call.org.base_currency, document["CurrencyCode"]
    bank = account.get("CurrencyCode") or base
    rate = element.decimal("CurrencyRate") or document["CurrencyRate"]
    if currency == base:
        rate = Decimal(1)
    if rate <= 0:
        raise Invalid("The currency rate must be greater than zero.")
    received = element.decimal("BankAmount")
    if received is not None and received <= 0:
        raise Invalid("The BankAmount must be greater than zero.")
    if received is None or bank == currency:
        received = amount if bank == currency else amount / rate
    elif currency != base and bank == base:
        rate = amount / received
    return {"BankAmount": rounded(received, call.places(bank)), "CurrencyRate": rounded(rate, 6)}


def _target(org: Organisation, element: Reader) -> tuple[str, Record]:
    """Exactly one document per payment; an invoice may be named by number."""
    named = [name for name in TARGETS if element.has(name)]
    if not named and element.has("InvoiceNumber"):
        found = org.table("Invoices").find("number", folded(element.text("InvoiceNumber")))
        if found:
            return "Invoices", found[0]
    if len(named) != 1:
        raise Invalid("Exactly one of Invoice, CreditNote, Prepayment or Overpayment must be specified")
    singular = named[0]
    kind = f"{singular}s"
    reader = element.child(singular)
    document = None
    if reader is not None:
        identity, number = reader.guid(f"{singular}ID"), reader.text(f"{singular}Number")
        document = org.get(kind, identity)
        if document is None and not identity and number and singular in {"Invoice", "CreditNote"}:
            document = next(iter(org.table(kind).find("number", folded(number))), None)
    if document is None:
        raise Invalid(f"{singular} could not be found")
    return kind, document


def _account(org: Organisation, reader: Reader | None) -> Record:
    """Type BANK, or EnablePaymentsToAccount; by id or by code."""
    if reader is None:
        raise Invalid(UNKNOWN_ACCOUNT)
    identity, code = reader.guid("AccountID"), reader.text("Code")
    found = org.get("Accounts", identity)
    if found is None and code and not identity:
        found = next(iter(org.table("Accounts").find("code", folded(code))), None)
    if found is None or found["Status"] != "ACTIVE":
        raise Invalid(UNKNOWN_ACCOUNT)
    if found["Type"] != "BANK" and not found["EnablePaymentsToAccount"]:
        raise Invalid(WRONG_ACCOUNT)
    return found


def _delete(call: Call, element: Reader, identity: str) -> Record:
    before = call.org.get("Payments", identity)
    if before is None:
        raise Invalid("Payment could not be found")
    if (element.text("Status") or "").upper() != "DELETED":
        raise Invalid("Payments cannot be updated; the only Status that can be sent is DELETED")
    if before["Status"] == "DELETED":
        raise Invalid(WRONG_STATUS)
    if "BatchPaymentID" in before and not call.by_hand:
        raise Invalid("Payments of a batch cannot be deleted one by one")
    may = call.by_hand or call.settings.reconciled_payments_deletable
    if before["IsReconciled"] and not may:
        raise Invalid("The payment has been reconciled and cannot be deleted")
    documents.check_lock_dates(call, before["Date"])
    gone = call.put("Payments", {**before, "Status": "DELETED"})
    kind, document = settled(call.org, before)
    documents.settle(call, kind, document)
    history.note(call, document[f"{kind[:-1]}ID"], "Payment deleted", f"Payment of {before['Amount']} deleted")
    return gone


def settled(org: Organisation, payment: Record) -> tuple[str, Record]:
    """The document a payment pays or refunds."""
    singular = next(name for name in TARGETS if name in payment)
    return f"{singular}s", org.table(f"{singular}s").rows[payment[singular][f"{singular}ID"]]


def show(org: Organisation, record: Record) -> Record:
    """A payment as an answer shows it: Date in the MS form only (§5)."""
    shown = {name: value for name, value in record.items() if name[0] != "_"}
    account = org.table("Accounts").rows[record["Account"]["AccountID"]]
    shown["Account"] = {name: account[name] for name in ("AccountID", "Code", "Name") if account.get(name)}
    kind, document = settled(org, record)
    singular = kind[:-1]
    number = f"{singular}Number"
    shown[singular] = {
        "Type": document["Type"],
        f"{singular}ID": document[f"{singular}ID"],
        **({number: document[number]} if number in document else {}),
        "CurrencyCode": document["CurrencyCode"],
        "Contact": contacts.stub(org, document["Contact"]["ContactID"]),
        "LineItems": [],
        "HasErrors": False,
    }
    shown.update(HasAccount=True, HasValidationErrors=False)
    shown["UpdatedDateUTCString"] = utc_text(record["UpdatedDateUTC"])
    return shown
