"""Overpayments and prepayments, as far as an export meets them (xero-facts.md §4.8)."""

from __future__ import annotations

import pytest
import requests

from galleria_xero_plugin.simulator import NORTH_LIGHT

PLURALS = {"overpay": "Overpayments", "prepay": "Prepayments"}


@pytest.fixture(params=sorted(PLURALS))
def credit(request, nora):
    """60.00 to the credit of Anna Fischer: the plural and the record."""
    return PLURALS[request.param], getattr(nora, request.param)("Anna Fischer", "60.00")


def identity(credit):
    plural, record = credit
    return record[f"{plural[:-1]}ID"]


def test_it_can_be_read_but_not_posted(xero, credit):
    plural, _ = credit
    found = xero.get(plural, page=1).json[plural][0]
    assert (found["Type"], found["RemainingCredit"]) == (f"RECEIVE-{plural[:-1].upper()}", 60.0)
    assert found["Contact"]["Name"] == "Anna Fischer" and found["DateString"] == "2026-11-23T00:00:00"
    assert xero.get(plural, where="RemainingCredit>59").json[plural]
    assert xero.put(plural, {plural: [{"Total": 1}]}).status == 501


def test_allocated_it_is_credit_on_the_invoice(xero, credit):
    plural, _ = credit
    made = xero.invoice()
    path = f"{plural}/{identity(credit)}/Allocations"
    body = {"Invoice": {"InvoiceID": made["InvoiceID"]}, "Amount": 60, "Date": "2026-11-23"}
    allocation = xero.put(path, {"Allocations": [body]}).json["Allocations"][0]
    seen = xero.read(made)
    assert (seen["AmountDue"], seen["AmountCredited"], seen["Payments"], seen["CreditNotes"]) == (60.0, 60.0, [], [])
    assert [row["AppliedAmount"] for row in seen[plural]] == [60.0]
    assert xero.get(f"{plural}/{identity(credit)}").json[plural][0]["Status"] == "PAID"
    # It is credit: the invoice is as closed as by a credit note.
    assert xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Status": "VOIDED"}).status == 400
    assert xero.call("DELETE", f"{path}/{allocation['AllocationID']}").status == 200
    assert xero.read(made)[plural] == []


def test_a_refund_is_a_payment_that_names_it(xero, credit):
    plural, _ = credit
    singular = plural[:-1]
    body = {singular: {f"{singular}ID": identity(credit)}, "Account": {"Code": "090"}, "Amount": 60}
    paid = xero.put("Payments", body).json["Payments"][0]
    assert paid["PaymentType"] == f"AR{singular.upper()}PAYMENT"
    assert xero.get(f"{plural}/{identity(credit)}").json[plural][0]["RemainingCredit"] == 0.0
    assert xero.put("Payments", body).status == 400
    gone = xero.post(f"Payments/{paid['PaymentID']}", {"Status": "DELETED"})
    assert gone.json["Payments"][0]["Status"] == "DELETED"
    assert xero.get(f"{plural}/{identity(credit)}").json[plural][0]["RemainingCredit"] == 60.0


def test_by_hand(xero, nora, credit):
    made = xero.invoice()
    allocation = nora.allocate(identity(credit), made["InvoiceID"], 20)
    assert xero.read(made)["AmountCredited"] == 20.0
    with pytest.raises(Exception, match="cannot be edited"):
        nora.void(identity(credit))
    nora.take_back(allocation["AllocationID"])
    assert nora.void(identity(credit))["Status"] == "VOIDED"


def test_more_than_is_owed_is_refused_as_a_payment(xero):
    # §4.3: the export meets overpayments only as this refusal.
    made = xero.invoice()
    assert xero.payment(made, "120.01").messages == ["Payment amount exceeds the amount outstanding on this document"]


def test_the_books_balance_and_show_it(server, nora, sale):
    tokens = server.connect()
    api = f"{server.url}/api.xro/2.0/Invoices"
    made = requests.put(api, json=sale(), headers=server.headers(tokens), timeout=5).json()["Invoices"][0]
    for act in (nora.overpay, nora.prepay):
        record = act("Anna Fischer", 30)
        nora.allocate(record.get("OverpaymentID") or record["PrepaymentID"], made["InvoiceID"], 10)
    page = requests.get(f"{server.url}/app/!n0rth/invoicing/view/{made['InvoiceID']}", timeout=5).text
    assert "from Overpayment" in page and "from Prepayment" in page
    rows = requests.get(f"{server.url}/_simulator/books/{NORTH_LIGHT}/journal", timeout=5).json()
    assert sum(float(row["net"]) for row in rows) == pytest.approx(0)
