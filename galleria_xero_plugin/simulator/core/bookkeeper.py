"""The bookkeeper: what a person does in Xero itself, by hand, beside the app.

    nora = world.bookkeeper()                      # of North Light
    nora.pay("GAL-1001", "120.00", reconciled=True)
    nora.write_off("GAL-1002")
    nora.lock(period="2026-10-31")

Documents are named by id or number, accounts by id or code, contacts by id or name. Each method is one
transaction and answers the record it left; ``Invalid`` and ``Refused`` are Xero's own refusals, for a person
meets the same rules, with few exceptions that the methods name. The effects log shows request 0.
``POST /_simulator/books/<tenant>/person/<method>`` is the same over HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from . import (
    allocations,
    contacts,
    control,
    credit_notes,
    documents,
    invoices,
    payments,
    reference,
    unapplied,
)
from .call import Call
from .errors import Invalid, not_found
from .organisation import Organisation, folded
from .reader import Reader, guid_of
from .tables import Record


@dataclass(frozen=True)
class Bookkeeper:
    """One person at one organisation's books."""

    books: Callable[[], AbstractContextManager[Call]]

    # -- documents

    def enter_invoice(self, contact: str, lines: list[Record], **members: Any) -> Record:
        """Type in a sales invoice, approved unless ``Status`` says otherwise; an unknown contact is made by its name.

        A number in use is refused: a person does not change another invoice by it, as a POST does (§4.2).
        """
        with self.books() as call:
            if invoices.find(call.org, members.get("InvoiceNumber") or "") is not None:
                raise Invalid(invoices.NUMBER_TAKEN)
            known = _known_contact(call, contact)
            whom = {"ContactID": known["ContactID"]} if known else {"Name": contact}
            terms = {"Type": "ACCREC", "Status": "AUTHORISED", "DueDate": members.get("Date") or call.today.isoformat()}
            return invoices.save(call, Reader({**terms, **members, "Contact": whom, "LineItems": lines}))

    def edit_invoice(self, invoice: str, **members: Any) -> Record:
        """Change an invoice: the members of a POST, e.g. ``Reference="x"`` or ``LineItems=[...]``."""
        with self.books() as call:
            return invoices.save(call, Reader({**members, "InvoiceID": _invoice(call, invoice)["InvoiceID"]}))

    def edit_credit_note(self, note: str, **members: Any) -> Record:
        """Change a credit note."""
        with self.books() as call:
            return credit_notes.save(call, Reader({**members, "CreditNoteID": _note(call, note)["CreditNoteID"]}))

    def void(self, document: str) -> Record:
        """Void what is approved, delete what is not; refused while payments or credits stand on it."""
        with self.books() as call:
            kind, record = _document(call, document)
            status = "VOIDED" if record["Status"] in documents.POSTED else "DELETED"
            key = call.org.table(kind).key
            if kind in {"Overpayments", "Prepayments"}:
                return unapplied.void(call, kind, record)
            save = invoices.save if kind == "Invoices" else credit_notes.save
            return save(call, Reader({key: record[key], "Status": status}))

    def write_off(self, invoice: str, amount: Any = None, account: str = "429") -> Record:
        """A credit note without tax over what is due, or over an amount, allocated at once; answers the note."""
        with self.books() as call:
            owed = _invoice(call, invoice)
            money = owed["AmountDue"] if amount is None else _number(amount)
            line = {"Description": f"Written off {owed['InvoiceNumber']}", "Quantity": 1, "UnitAmount": money}
            element = {
                "Type": f"{owed['Type']}CREDIT",
                "Contact": {"ContactID": owed["Contact"]["ContactID"]},
                "Status": "AUTHORISED",
                "CurrencyCode": owed["CurrencyCode"],
                "CurrencyRate": owed["CurrencyRate"],
                "LineAmountTypes": "NoTax",
                "LineItems": [{**line, "AccountCode": account}],
            }
            note = credit_notes.save(call, Reader(element))
            _allocated(call, "CreditNotes", note, owed, money)
            return call.org.table("CreditNotes").rows[note["CreditNoteID"]]

    def allocate(self, credit: str, invoice: str, amount: Any) -> Record:
        """Use a credit note, overpayment or prepayment for an invoice; answers the allocation."""
        with self.books() as call:
            kind, record = _document(call, credit)
            return _allocated(call, kind, record, _invoice(call, invoice), amount)

    def take_back(self, allocation: str) -> Record:
        """Undo an allocation."""
        with self.books() as call:
            row = call.org.get("Allocations", guid_of(allocation))
            if row is None:
                raise not_found()
            kind, credit = allocations.source(call.org, row)
            return allocations.take_back(call, kind, credit, allocation)

    # -- payments

    def overpay(self, contact: str, amount: Any, account: str = "090", currency: str | None = None) -> Record:
        """A customer sent more than was owed: an overpayment, to be allocated or refunded."""
        return self._receive("Overpayments", contact, amount, account, currency)

    def prepay(self, contact: str, amount: Any, account: str = "090", currency: str | None = None) -> Record:
        """A customer paid before there was an invoice: a prepayment."""
        return self._receive("Prepayments", contact, amount, account, currency)

    def _receive(self, kind: str, contact: str, amount: Any, account: str, currency: str | None) -> Record:
        with self.books() as call:
            bank, money = _account(call, account), _number(amount)
            of = currency or call.org.base_currency
            return unapplied.receive(call, kind, _contact(call, contact), money, bank, of)

    def pay(self, document: str, amount: Any = None, account: str = "090", **more: Any) -> Record:
        """A payment of an invoice, or a refund of a credit, over all that is left or an amount.

        ``more``: ``date``, ``reference``, ``reconciled`` and ``batch`` (made with others in one batch payment,
        which the API cannot take apart, §4.3).
        """
        with self.books() as call:
            kind, record = _document(call, document)
            left = record["AmountDue" if kind == "Invoices" else "RemainingCredit"]
            key = call.org.table(kind).key
            element = {
                kind[:-1]: {key: record[key]},
                "Account": {"AccountID": _account(call, account)["AccountID"]},
                "Amount": left if amount is None else str(amount),
                "Date": more.get("date"),
                "Reference": more.get("reference"),
                "IsReconciled": more.get("reconciled", False),
            }
            saved = payments.save(call, Reader(element))
            if more.get("batch"):
                saved = call.put("Payments", {**saved, "BatchPaymentID": call.org.next_id()})
            return saved

    def delete_payment(self, payment: str) -> Record:
        """Remove a payment; a person can do so though it is reconciled."""
        with self.books() as call:
            return payments.save(call, Reader({"PaymentID": payment, "Status": "DELETED"}))

    def reconcile(self, payment: str, reconciled: bool = True) -> Record:
        """Match a payment with the bank statement, or unmatch it."""
        with self.books() as call:
            row = call.org.get("Payments", guid_of(payment))
            if row is None:
                raise not_found()
            return call.put("Payments", {**row, "IsReconciled": reconciled})

    # -- contacts

    def edit_contact(self, contact: str, **members: Any) -> Record:
        """Change a contact; a person can edit and restore archived ones."""
        with self.books() as call:
            sent = Reader({**members, "ContactID": _contact(call, contact)["ContactID"]})
            return control.change_contact(call, sent)

    def archive_contact(self, contact: str) -> Record:
        """Archive a contact; its documents stay."""
        return self.edit_contact(contact, ContactStatus="ARCHIVED")

    def merge_contacts(self, loser: str, winner: str) -> Record:
        """The loser's documents become the winner's; the loser is archived with MergedToContactID (§4.1).

        Answers the loser. The documents keep their UpdatedDateUTC: not every change bumps it (§2.5).
        """
        with self.books() as call:
            gone, kept = _contact(call, loser), _contact(call, winner)
            for kind in ("Invoices", *allocations.KINDS):
                for row in call.org.table(kind).find("contact", gone["ContactID"]):
                    call.org.put(kind, {**row, "Contact": {"ContactID": kept["ContactID"]}})
                    side = row["Type"] if kind == "Invoices" else allocations.SIDES[row["Type"]]
                    contacts.mark_role(call, kept["ContactID"], side)
            merged = {**gone, "ContactStatus": "ARCHIVED", "MergedToContactID": kept["ContactID"]}
            return call.put("Contacts", merged)

    # -- settings

    def edit_account(self, account: str, **members: Any) -> Record:
        """Change an account, e.g. ``Status="ARCHIVED"``."""
        with self.books() as call:
            return control.change_account(call, account, Reader(members))

    def archive_account(self, account: str) -> Record:
        """Archive an account."""
        return self.edit_account(account, Status="ARCHIVED")

    def change_tax_rate(self, tax_type: str, percent: Any = None, **members: Any) -> Record:
        """Another percentage, ``Status`` ("ACTIVE", "ARCHIVED", "DELETED") or ``Name``; documents keep theirs."""
        with self.books() as call:
            row = call.org.get("TaxRates", tax_type.upper())
            if row is None:
                raise not_found()
            changed = {**row, **{name: value for name, value in members.items() if name in {"Status", "Name"}}}
            if percent is not None:
                rate = _number(percent)
                parts = [{**part, "Rate": rate} for part in row["TaxComponents"][:1]]
                changed.update(EffectiveRate=rate, DisplayTaxRate=rate, TaxComponents=parts)
            return call.org.put("TaxRates", changed)

    def lock(self, **days: str | None) -> Record:
        """``period`` and ``year_end``: a day locks up to and including it, None lifts, left out keeps."""
        with self.books() as call:
            return control.set_lock_dates(call, Reader(days))

    def enable_currency(self, code: str, rate: Any = None) -> Record:
        """Subscribe to a currency; ``rate`` is what a unit of the base currency buys."""
        with self.books() as call:
            known = reference.save_currency(call, Reader({"Code": code}))
            value = known["_rate"] if rate is None else _number(rate)
            return call.org.put("Currencies", {**known, "_rate": value, "_disabled": False})

    def disable_currency(self, code: str) -> Record:
        """No longer subscribed, as after a change of plan (§4.7)."""
        with self.books() as call:
            row = call.org.get("Currencies", code.upper())
            if row is None:
                raise not_found()
            return call.org.put("Currencies", {**row, "_disabled": True})

    def delete_theme(self, name: str) -> Record:
        """Remove a branding theme; documents that have it keep its id."""
        with self.books() as call:
            row = control.named(call.org.table("BrandingThemes").rows.values(), "BrandingThemeID", name)
            return call.org.put("BrandingThemes", {**row, "_deleted": True})

    def archive_tracking(self, category: str, option: str | None = None, status: str = "ARCHIVED") -> Record:
        """Archive a tracking category, or one of its options; ``status="ACTIVE"`` restores."""
        with self.books() as call:
            row = control.named(call.org.table("TrackingCategories").rows.values(), "TrackingCategoryID", category)
            if option is None:
                return call.org.put("TrackingCategories", {**row, "Status": status})
            chosen = control.named(row["Options"], "TrackingOptionID", option)
            options = [{**entry, "Status": status} if entry is chosen else entry for entry in row["Options"]]
            return call.org.put("TrackingCategories", {**row, "Options": options})


_FINDERS: dict[str, Callable[[Organisation, str], Record | None]] = {
    "Invoices": invoices.find,
    "CreditNotes": credit_notes.find,
    "Overpayments": unapplied.finder("Overpayments"),
    "Prepayments": unapplied.finder("Prepayments"),
}


def _number(value: Any) -> Decimal:
    """A person's number: finite and not below zero; ValueError otherwise."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number.") from None
    if not found.is_finite() or found < 0 or found.adjusted() > 12:
        raise ValueError(f"{value!r} is out of range.")
    return found


def _found(record: Record | None) -> Record:
    if record is None:
        raise not_found()
    return record


def _invoice(call: Call, name: str) -> Record:
    return _found(invoices.find(call.org, name))


def _note(call: Call, name: str) -> Record:
    return _found(credit_notes.find(call.org, name))


def _document(call: Call, name: str) -> tuple[str, Record]:
    for kind, find in _FINDERS.items():
        record = find(call.org, name)
        if record is not None:
            return kind, record
    raise not_found()


def _account(call: Call, name: str) -> Record:
    return control.account(call, name)


def _contact(call: Call, name: str) -> Record:
    return _found(_known_contact(call, name))


def _known_contact(call: Call, name: str) -> Record | None:
    table = call.org.table("Contacts")
    by_name = table.find("active name", folded(name)) + table.find("name", folded(name))
    return contacts.find(call.org, name) or next(iter(by_name), None)


def _allocated(call: Call, kind: str, credit: Record, invoice: Record, amount: Any) -> Record:
    amount = _number(amount)
    sent = {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": amount, "Date": call.today.isoformat()}
    return allocations.allocate(call, kind, credit, Reader(sent))
