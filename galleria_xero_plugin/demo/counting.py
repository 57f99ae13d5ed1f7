"""What stands on both sides, for the smoke: the gallery's own tables by SQL, and Xero's books as Xero tells
them. Our plugin's records are not asked: they are what is being judged."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import requests
from sqlalchemy import Engine, text

NUMBER = re.compile(r"AG-(\d+)")
ROUNDING = "Rounding"
TIMEOUT = 60


@dataclass
class Document:
    """An invoice as one side has it. `rounding` is what stands on a rounding line, which is no line of the sale."""

    currency: str
    total: Decimal
    paid: Decimal
    lines: int
    payments: int
    contact: str
    tax: Decimal = Decimal(0)
    rounding: Decimal = Decimal(0)


@dataclass
class Side:
    """All invoices of one side by their gallery number."""

    documents: dict[int, Document] = field(default_factory=dict)

    def __sub__(self, numbers: set[int]) -> Side:
        return Side({number: document for number, document in self.documents.items() if number not in numbers})

    @property
    def totals(self) -> dict[str, str]:
        return self._sums("total")

    @property
    def paid(self) -> dict[str, str]:
        return self._sums("paid")

    def count(self, what: str) -> int:
        return sum(getattr(document, what) for document in self.documents.values())

    @property
    def contacts(self) -> int:
        return len({document.contact for document in self.documents.values()})

    def _sums(self, what: str) -> dict[str, str]:
        found: dict[str, Decimal] = defaultdict(lambda: Decimal("0.00"))
        for document in self.documents.values():
            found[document.currency] += getattr(document, what)
        return {currency: f"{found[currency]:.2f}" for currency in sorted(found)}


def gallery_side(engine: Engine, gallery_id: int) -> Side:
    """Every issued invoice, read with plain SQL. Amounts are exact: cents on SQLite, numeric on PostgreSQL."""
    scale = Decimal("0.01") if engine.dialect.name == "sqlite" else Decimal(1)
    query = text("""
        SELECT number, currency, total, tax_total, contact_id,
               (SELECT count(*) FROM item WHERE invoice_id = invoice.id),
               (SELECT count(*) FROM payment WHERE invoice_id = invoice.id),
               (SELECT coalesce(sum(amount), 0) FROM payment WHERE invoice_id = invoice.id)
          FROM invoice WHERE gallery_id = :gallery AND state = 'issued' ORDER BY number
    """)
    with engine.connect() as connection:
        return Side({
            number: Document(
                currency, total * scale, Decimal(paid) * scale, lines, payments, str(contact), tax * scale
            )
            for number, currency, total, tax, contact, lines, payments, paid
            in connection.execute(query, {"gallery": gallery_id})
        })  # fmt: skip


class Xero:
    """The simulator's own account of itself, by its control pages; with another Xero there is none."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False

    def control(self, path: str, body: dict[str, Any] | None = None) -> Any:
        method = "GET" if body is None else "POST"
        answer = self._session.request(method, f"{self._url}/_simulator{path}", json=body, timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def tenant(self, name: str) -> str:
        """The id of the organisation of this name."""
        return next(str(o["tenantId"]) for o in self.control("")["organisations"] if o["name"] == name)

    def calls(self) -> Counter[str]:
        """How many requests there were: accounting calls, token calls and other ones."""
        return Counter(_sort(request["path"]) for request in self.control("/effects")["requests"])

    def created(self) -> Counter[str]:
        """How many records were created, by kind."""
        return Counter(e["kind"] for e in self.control("/effects")["objects"] if e["action"] == "created")

    def duplicates(self, tenant: str) -> int:
        """Invoice numbers, payment references and created contacts' names that are there more than once."""
        books = self.control(f"/books/{tenant}")
        names = Counter(
            effect["number"] for effect in self.control("/effects")["objects"]
            if effect["kind"] == "Contacts" and effect["action"] == "created" and effect["tenant"] == tenant
        )  # fmt: skip
        more = [count - 1 for count in names.values() if count > 1]
        for kind in ("duplicateNumbers", "duplicatePaymentReferences"):
            more += (count - 1 for count in books[kind].values())
        return sum(more)

    def side(self, tenant: str) -> Side:
        """Every living sales invoice with a number of ours, read as any client reads them.

        It consents anew for this, so it comes last: nothing of it shall count as the plugin's.
        """
        self.control("/limits/reset", {})
        token = self.control("/connect", {"tenants": [tenant]})["access_token"]
        headers = {"Authorization": f"Bearer {token}", "xero-tenant-id": tenant, "Accept": "application/json"}
        side, page = Side(), 1
        while True:
            asked: dict[str, str | int] = {
                "page": page, "pageSize": 1000, "where": 'Type=="ACCREC"', "order": "InvoiceNumber"
            }  # fmt: skip
            answer = self._session.get(
                f"{self._url}/api.xro/2.0/Invoices", headers=headers, timeout=TIMEOUT, params=asked
            )
            answer.raise_for_status()
            found = answer.json(parse_float=Decimal)["Invoices"]
            for row in found:
                number = NUMBER.fullmatch(row.get("InvoiceNumber", ""))
                if number and row["Status"] not in ("VOIDED", "DELETED"):
                    side.documents[int(number[1])] = _document(row)
            if len(found) < 1000:
                return side
            page += 1


def _sort(path: str) -> str:
    if path.startswith("/api.xro/"):
        return "api"
    return "token" if path.startswith("/connect/token") else "other"


def _document(row: dict[str, Any]) -> Document:
    rounding = [Decimal(line["LineAmount"]) for line in row["LineItems"] if line["Description"] == ROUNDING]
    return Document(
        row["CurrencyCode"], Decimal(row["Total"]), Decimal(row["AmountPaid"]), len(row["LineItems"]) - len(rounding),
        len(row.get("Payments", ())), row["Contact"]["ContactID"], Decimal(row["TotalTax"]), sum(rounding, Decimal(0)),
    )  # fmt: skip


def roundings(ours: Side, theirs: Side) -> dict[str, int | str]:
    """How tax that was worked out on an invoice's total meets tax that Xero works out line by line."""
    pairs = [(ours.documents[number], theirs.documents[number]) for number in ours.documents.keys() & theirs.documents]
    apart = [mine.tax - other.tax for mine, other in pairs if mine.tax != other.tax]
    return {
        "rounding_lines": sum(bool(other.rounding) for _, other in pairs),
        "tax_differs": len(apart),
        "tax_differs_by_at_most": f"{max(map(abs, apart), default=Decimal(0)):.2f}",
        "unexplained": sum(
            mine.total != other.total or (other.rounding != 0 and mine.tax != other.tax + other.rounding)
            for mine, other in pairs
        ),
    }


def differences(ours: Side, theirs: Side) -> list[str]:
    """Each document that is not the same on both sides, in words."""
    found = []
    for number in sorted(ours.documents.keys() | theirs.documents.keys()):
        mine, other = ours.documents.get(number), theirs.documents.get(number)
        if mine is None or other is None:
            found.append(f"#{number}: only in {'Xero' if mine is None else 'the gallery'}")
            continue
        for what in ("currency", "total", "paid", "lines", "payments"):
            if getattr(mine, what) != getattr(other, what):
                found.append(f"#{number}: {what} {getattr(mine, what)} in the gallery, {getattr(other, what)} in Xero")
    return found
