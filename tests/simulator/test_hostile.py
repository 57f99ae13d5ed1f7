"""Malformed requests are refused as Xero does: never a 500, never a stack trace."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import galleria_xero_plugin.simulator as package
from galleria_xero_plugin.simulator import NORTH_LIGHT

FOLDER = Path(package.__file__).parent
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = st.sampled_from([
    "Type", "Contact", "ContactID", "Name", "LineItems", "Quantity", "UnitAmount", "AccountCode", "TaxType",
    "Status", "Date", "DueDate", "Tracking", "CurrencyCode", "CurrencyRate", "InvoiceID", "InvoiceNumber",
    "Payments", "Invoices", "Amount", "Account", "Invoice", "Code", "Details", "Addresses", "Phones",
    "ContactPersons", "Allocations", "CreditNoteID", "DiscountRate", "LineItemID", "Reference", "Url",
    "PaymentTerms",
])  # fmt: skip
VALUES = st.recursive(
    JSON | st.sampled_from(["ACCREC", "AUTHORISED", "Anna Fischer", "200", "2026-11-20", "EUR", "1e400", "NaN", 1e308]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBERS, inner, max_size=6),
    max_leaves=12,
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["Invoices", "Contacts", "Payments", "CreditNotes", "Accounts", "Currencies"]),
    st.sampled_from(["PUT", "POST"]),
    VALUES,
    st.booleans(),
)
def test_no_body_breaks_the_core(xero, path, method, body, per_element):
    answer = xero.call(method, path, json.dumps(body).encode(), summarizeErrors=str(not per_element))
    assert answer.status in {200, 400, 404}


@pytest.fixture
def edited(xero, sale, line, nora):
    """Paths of documents in every state, each of which takes a body."""
    bill = xero.invoice(Type="ACCPAY", InvoiceNumber="B", LineItems=[line(AccountCode="429")])
    xero.payment(bill, 10)
    note = xero.put("CreditNotes", sale(Type="ACCRECCREDIT")).json["CreditNotes"][0]
    note_path = f"CreditNotes/{note['CreditNoteID']}"
    paid = xero.payment(xero.invoice(), 10).json["Payments"][0]
    credit = nora.overpay("Anna Fischer", 10)
    return [
        f"Invoices/{xero.invoice()['InvoiceID']}",
        f"Invoices/{bill['InvoiceID']}",
        f"Invoices/{bill['InvoiceID']}/History",
        note_path,
        f"{note_path}/Allocations",
        f"Overpayments/{credit['OverpaymentID']}/Allocations",
        f"Payments/{paid['PaymentID']}",
    ]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 6), st.sampled_from(["PUT", "POST"]), VALUES, st.booleans())
def test_no_edit_breaks_the_core(xero, edited, place, method, body, per_element):
    answer = xero.call(method, edited[place], json.dumps(body).encode(), summarizeErrors=str(not per_element))
    assert answer.status in {200, 400, 404, 501}


@pytest.mark.parametrize("amount", ["abc", "NaN", "-1", "1e999", [], {}])
@pytest.mark.parametrize("what", ["pay", "write_off", "overpay", "allocate", "enable_currency", "change_tax_rate"])
def test_no_person_breaks_the_core(server, what, amount):
    members = {
        "pay": {"document": "OLD-0001", "amount": amount},
        "write_off": {"invoice": "OLD-0001", "amount": amount},
        "overpay": {"contact": "Anna Fischer", "amount": amount},
        "allocate": {"credit": amount, "invoice": "OLD-0001", "amount": 1},
        "enable_currency": {"code": "EUR", "rate": amount},
        "change_tax_rate": {"tax_type": "OUTPUT2", "percent": amount},
    }
    url = f"{server.url}/_simulator/books/{NORTH_LIGHT}/person/{what}"
    assert requests.post(url, json=members[what], timeout=5).status_code in {400, 404}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"5", b'"x"', b"[]", b"[[]]", b"\xff\xfe", b'{"Name":NaN}', b'{"Amount":1e999999999}',
        b"[" * 100_000, b'{"Invoices":5}', b'{"Invoices":[null]}', b'{"Contact":[]}',
        b'{"Type":"ACCREC","Contact":{"Name":{}},"LineItems":[{}]}',
        b'{"Type":"ACCREC","Date":"31/12/2026"}', b'{"Type":"ACCREC","LineItems":{"a":1}}',
        b'{"Name":"\\u0000"}', b'{"Name":"\\ud800"}', b"9" * 5000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["Invoices", "Payments", "Contacts"])
def test_broken_bodies(xero, path, body):
    answer = xero.call("PUT", path, body)
    assert answer.status == 400
    assert answer.json["Type"] in {"PostDataInvalidException", "ValidationException"}


def test_too_many_elements_and_too_many_bytes(xero):
    assert xero.put("Contacts", {"Contacts": [{"Name": str(n)} for n in range(501)]}).status == 400
    assert xero.put("Contacts", b" " * (10 * 1024 * 1024 + 1)).status == 413
    two = {"Accounts": [{"Code": str(n), "Name": str(n), "Type": "REVENUE"} for n in (1, 2)]}
    assert xero.put("Accounts", two).status == 400


@pytest.mark.parametrize(
    "path",
    ["", "/", "Invoices//", "Invoices/%00", "Invoices/../Contacts", "Invoices/x/History/y", "x" * 5000,
     "Payments/x", "CreditNotes/x/Allocations", "TaxRates/é", "Organisation/x"],
)  # fmt: skip
def test_strange_paths(xero, path):
    assert xero.get(path).status in {200, 404}


def test_a_failed_write_leaves_no_trace(xero, sale, world):
    org = world.organisations[xero.tenant]
    before = {kind: dict(table.rows) for kind, table in org.tables.items()}
    xero.put("Invoices", sale(Contact={"Name": "Somebody New"}, LineItems=[]))
    assert {kind: dict(table.rows) for kind, table in org.tables.items()} == before


def test_the_simulator_imports_nothing_of_the_plugin():
    """It must not share the client's misunderstandings."""
    for path in FOLDER.rglob("*.py"):
        depth = len(path.relative_to(FOLDER).parts)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert node.level <= depth, path
                assert not (node.level == 0 and (node.module or "").startswith("galleria_xero_plugin")), path
            if isinstance(node, ast.Import):
                assert not any(name.name.startswith("galleria_xero_plugin") for name in node.names), path
            if "core" in path.parts and isinstance(node, ast.Import | ast.ImportFrom):
                names = [getattr(node, "module", None), *(name.name for name in node.names)]
                assert not {"flask", "werkzeug", "sqlite3", "requests"} & set(names), path
