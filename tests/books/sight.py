"""What stands in the simulated Xero, read from its own books, and what our pages say about the rest.

Nothing here goes through our client or our rules: the tables are the simulator's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from galleria_xero_plugin.domain.reasons import explain
from galleria_xero_plugin.domain.states import WAITING, DocumentKind, DocumentState
from galleria_xero_plugin.services.document_rows import as_shown
from galleria_xero_plugin.services.wording import KINDS
from galleria_xero_plugin.simulator.core.organisation import Organisation
from galleria_xero_plugin.web.formats import NO_BREAK, Formats

from .words import count, show, show_day

STATUSES = {
    "DRAFT": "Draft", "SUBMITTED": "Awaiting approval", "AUTHORISED": "Awaiting payment", "PAID": "Paid",
    "VOIDED": "Voided", "DELETED": "Deleted",
}  # fmt: skip
MODES = {"Exclusive": "tax on top", "Inclusive": "tax included", "NoTax": "without tax"}
_PLACES = {"POBOX": "billed at", "STREET": "delivered to"}
_ADDRESS = (*(f"AddressLine{number}" for number in range(1, 5)), "City", "Region", "PostalCode", "Country")
NOTHING = "nothing"
LONG = 120
_MARKER = re.compile(r" ?\[G-[A-Z2-7]{16}\]")
_LINK = re.compile(r"https://gallery\.example/invoices/\S+[?&]g=[A-Z2-7]{16}")


class Sight:
    """Looks at one organisation's books; what stood there `before` is left out."""

    def __init__(self, org: Organisation, *, contacts: bool) -> None:
        self.org = org
        self.contacts = contacts
        self.before = {kind: set(org.table(kind).rows) for kind in ("Contacts", "Invoices", "CreditNotes", "Payments")}

    def in_xero(self) -> list[str]:
        """The new documents, in the order of their numbers."""
        lines: list[str] = []
        if self.contacts:
            for contact in sorted(self._new("Contacts"), key=lambda row: _natural(row["Name"])):
                lines += self._contact(contact)
        for invoice in sorted(self._new("Invoices"), key=lambda row: _natural(row["InvoiceNumber"])):
            lines += self._invoice(invoice)
        for note in sorted(self._new("CreditNotes"), key=lambda row: _natural(row["CreditNoteNumber"])):
            lines += self._credit_note(note)
        return lines or [NOTHING]

    def _new(self, kind: str) -> list[Mapping[str, Any]]:
        return [row for key, row in self.org.table(kind).rows.items() if key not in self.before[kind]]

    def _name(self, row: Mapping[str, Any]) -> str:
        return _short(self.org.table("Contacts").rows[row["Contact"]["ContactID"]]["Name"])

    def _contact(self, row: Mapping[str, Any]) -> Iterator[str]:
        name = f"{row.get('FirstName', '')} {row.get('LastName', '')}".strip()
        facts = [f"Contact {_short(row['Name'])}", row.get("EmailAddress") or "no e-mail"]
        if name and name != row["Name"]:
            facts.append(f"person {_short(name)}")
        facts += [f"phone {phone['PhoneNumber']}" for phone in row["Phones"].values() if phone.get("PhoneNumber")]
        for kind, address in sorted(row["Addresses"].items()):
            parts = [address.get(name) for name in _ADDRESS if address.get(name)]
            facts += [f"{_PLACES[kind]} {', '.join(parts)}"] if parts else []
        if row["ContactStatus"] != "ACTIVE":
            facts.append(row["ContactStatus"].lower())
        yield " | ".join(facts)

    def _invoice(self, row: Mapping[str, Any]) -> Iterator[str]:
        when = show_day(row["Date"]) + (f", due {show_day(row['DueDate'])}" if "DueDate" in row else "")
        head = [f"Invoice {row['InvoiceNumber']}", when, self._name(row), STATUSES[row["Status"]], *self._more(row)]
        if row.get("Reference"):
            head.append(f"reference {_MARKER.sub('', row['Reference'])}")
        if row.get("_app") and not _LINK.fullmatch(row.get("Url", "")):
            head.append("no link back")
        if row["SentToContact"]:
            head.append("sent to the client")
        if not row.get("_app"):
            head.append("entered by hand")
        yield " | ".join(head)
        yield from self._lines(row)
        if row["Status"] in ("VOIDED", "DELETED"):
            yield self._total(row)
            return
        settled = [f"paid {show(row['AmountPaid'])}"] if row["AmountPaid"] else []
        settled += [f"credited {show(row['AmountCredited'])}"] if row["AmountCredited"] else []
        yield self._total(row) + "; " + ", ".join([*settled, f"due {show(row['AmountDue'])}"])
        yield from self._payments("Invoice", "InvoiceID", row)

    def _credit_note(self, row: Mapping[str, Any]) -> Iterator[str]:
        number = _plain(row["CreditNoteNumber"])
        head = [f"Credit note {number}", show_day(row["Date"]), self._name(row), STATUSES[row["Status"]]]
        head += self._more(row)
        if row.get("Reference"):
            head.append(f"reference {_MARKER.sub('', row['Reference'])}")
        if not row.get("_app"):
            head.append("entered by hand")
        yield " | ".join(head)
        yield from self._lines(row)
        yield f"{self._total(row)}; left {show(row['RemainingCredit'])}"
        for allocation in self.org.table("Allocations").rows.values():
            if allocation["CreditNoteID"] == row["CreditNoteID"] and not allocation.get("IsDeleted"):
                invoice = self.org.table("Invoices").rows[allocation["InvoiceID"]]
                yield f"  Used | {show(allocation['Amount'])} | for {invoice['InvoiceNumber']}"
        yield from self._payments("CreditNote", "CreditNoteID", row)

    def _more(self, row: Mapping[str, Any]) -> Iterator[str]:
        if row["CurrencyCode"] != self.org.base_currency:
            yield f"{row['CurrencyCode']} at {count(Decimal(row['CurrencyRate']))}"
        themes = self.org.table("BrandingThemes").rows
        theme = themes.get(row.get("BrandingThemeID", ""))
        if theme is not None and theme["SortOrder"]:
            yield f"theme {theme['Name']}"

    def _lines(self, row: Mapping[str, Any]) -> Iterator[str]:
        repeated: list[tuple[int, str]] = []
        for line in row["LineItems"]:
            text = " | ".join(self._line(line, row["LineAmountTypes"]))
            if repeated and repeated[-1][1] == text:
                repeated[-1] = repeated[-1][0] + 1, text
            else:
                repeated.append((1, text))
        for times, text in repeated:
            yield "  " + (f"{times} times: " if times > 1 else "") + text

    def _line(self, line: Mapping[str, Any], mode: str) -> Iterator[str]:
        yield _short(line["Description"])
        price = f"{count(line['Quantity'])} x {show(line['UnitAmount'])}"
        if "DiscountRate" in line:
            price += f" less {count(line['DiscountRate'])}%"
        if "DiscountAmount" in line:
            price += f" less {show(line['DiscountAmount'])}"
        yield price
        account = self.org.table("Accounts").rows[line["AccountID"]]
        yield f"{account.get('Code', '')} {account['Name']}".strip()
        if mode == "NoTax":
            yield show(line["LineAmount"])
        else:
            yield self.org.table("TaxRates").rows[line["TaxType"]]["Name"]
            joint = "+" if mode == "Exclusive" else "with"
            yield f"{show(line['LineAmount'])} {joint} tax {show(line['TaxAmount'])}"
        yield from (f"{entry['Name']}: {entry['Option']}" for entry in line["Tracking"])

    def _total(self, row: Mapping[str, Any]) -> str:
        return f"  Total {show(row['Total'])}, tax {show(row['TotalTax'])}, {MODES[row['LineAmountTypes']]}"

    def _payments(self, singular: str, key: str, document: Mapping[str, Any]) -> Iterator[str]:
        found = [
            row for row in self.org.table("Payments").rows.values()
            if row.get(singular, {}).get(key) == document[key]
        ]  # fmt: skip
        for row in sorted(found, key=lambda row: (row["Date"], row["Status"])):
            account = self.org.table("Accounts").rows[row["Account"]["AccountID"]]
            reference = row.get("Reference", "")
            facts = ["Payment" if singular == "Invoice" else "Refund", show_day(row["Date"]), show(row["Amount"])]
            facts.append(f"{account.get('Code', '')} {account['Name']}".strip())
            if account.get("CurrencyCode", self.org.base_currency) != document["CurrencyCode"]:
                facts.append(f"in the bank {show(row['BankAmount'])}")
            facts += [text] if (text := _MARKER.sub("", reference)) else []
            facts += ["reconciled"] if row["IsReconciled"] else []
            facts += ["removed"] if row["Status"] == "DELETED" else []
            facts += [] if _MARKER.search(reference) else ["entered by hand"]
            yield "  " + " | ".join(facts)


def said(office: Any, tenant_id: str) -> list[str]:
    """What the Activity page says: what waits and for whom, what was not sent, what was noted."""
    fmt = Formats(office.gallery.info(office.gallery.gallery_id))
    with office.units.read() as uow:
        documents, _ = uow.ledger.page(office.webservice.gallery_id, tenant_id, limit=500)
        before = uow.ledger.before(office.webservice.gallery_id, documents)
    lines = []
    for given in documents:
        document = as_shown(given, before)
        if not document.reason_code:
            if document.state is not DocumentState.DONE:
                lines.append(f"{_document(document)} | {document.state.value}")
            continue
        why = explain(document.reason_code, document.reason_facts, fmt.fact)
        how = why.whose.label if document.state in WAITING else _HOW.get(document.state, document.state.value)
        action = f" [{why.action}]" if document.state in WAITING else ""
        lines.append(f"{_document(document)} | {how} | {why.title}: {why.sentence}{action}".replace(NO_BREAK, " "))
    return sorted(map(_plain, lines), key=_natural) or [NOTHING]


_HOW = {DocumentState.DONE: "Noted", DocumentState.SKIPPED: "Not sent"}


def _document(document: Any) -> str:
    if document.kind is DocumentKind.PAYMENT:
        return f"{document.label} {show(document.amount)}"
    if document.kind is DocumentKind.CONTACT:
        return f"Contact {_short(document.label)}"
    return f"{KINDS[document.kind].text} {document.label}"


def _plain(text: str) -> str:
    """The six letters of its marker behind a credit note's number tell a reader nothing."""
    return re.sub(r"(-C)[A-Z2-7]{6}\b", r"\1…", text)


def _short(text: str) -> str:
    """Long texts by their beginning and their length."""
    line = text.replace("\n", " / ")
    return line if len(line) <= LONG else f"{line[:60]}… ({len(text)} characters)"


def _natural(text: str) -> list[Any]:
    """AG-2 before AG-10."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"\d+|\D+", text)]
