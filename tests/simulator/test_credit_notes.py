"""Credit notes, allocations and refunds (xero-facts.md §4.8)."""

from __future__ import annotations

import pytest


@pytest.fixture
def note(xero, sale):
    """An approved credit note over 60.00 for the contact of the usual invoice."""
    body = sale(Type="ACCRECCREDIT")
    body["LineItems"][0]["UnitAmount"] = 50
    return xero.put("CreditNotes", body).json["CreditNotes"][0]


def test_a_credit_note_is_numbered_and_has_credit(note):
    assert (note["CreditNoteNumber"], note["RemainingCredit"], note["Total"]) == ("CN-0001", 60.0, 60.0)


def test_allocating_lowers_what_is_due_without_a_payment(xero, note):
    made = xero.invoice()
    path = f"CreditNotes/{note['CreditNoteID']}/Allocations"
    answer = xero.put(path, {"Allocations": [{"Invoice": {"InvoiceID": made["InvoiceID"]}, "Amount": 60}]})
    assert answer.status == 200
    half = xero.read(made)
    assert (half["AmountDue"], half["AmountCredited"], half["Payments"]) == (60.0, 60.0, [])
    assert half["CreditNotes"][0]["AppliedAmount"] == 60.0
    shown = xero.get(f"CreditNotes/{note['CreditNoteID']}").json["CreditNotes"][0]
    assert (shown["Status"], shown["RemainingCredit"]) == ("PAID", 0.0)
    xero.payment(made, 60)
    assert xero.read(made)["Status"] == "PAID"


def test_an_allocation_taken_back_may_be_answered_as_a_list(xero, note, world):
    world.change_settings(deleted_allocation_shape="list")
    path = f"CreditNotes/{note['CreditNoteID']}/Allocations"
    body = {"Invoice": {"InvoiceID": xero.invoice()["InvoiceID"]}, "Amount": 60}
    allocation = xero.put(path, body).json["Allocations"][0]
    gone = xero.call("DELETE", f"{path}/{allocation['AllocationID']}")
    assert gone.json["Allocations"][0]["IsDeleted"] is True


def test_taking_an_allocation_back(xero, note):
    made = xero.invoice()
    path = f"CreditNotes/{note['CreditNoteID']}/Allocations"
    body = {"Invoice": {"InvoiceID": made["InvoiceID"]}, "Amount": 60, "Date": "2026-11-21"}
    allocation = xero.put(path, body).json["Allocations"][0]
    gone = xero.call("DELETE", f"{path}/{allocation['AllocationID']}")
    assert gone.status == 200 and gone.json["IsDeleted"] is True  # a bare Allocation, as specified
    assert xero.read(made)["AmountDue"] == 120.0
    assert xero.call("DELETE", f"{path}/{allocation['AllocationID']}").status == 404


@pytest.mark.parametrize("amount", [0, -1, 61])
def test_wrong_amounts(xero, note, amount):
    made = xero.invoice()
    body = {"Invoice": {"InvoiceID": made["InvoiceID"]}, "Amount": amount}
    assert xero.put(f"CreditNotes/{note['CreditNoteID']}/Allocations", body).status == 400


def test_only_the_same_contact_and_currency(xero, note):
    path = f"CreditNotes/{note['CreditNoteID']}/Allocations"
    for other in (xero.invoice(Contact={"Name": "Priya Raman"}), xero.invoice(CurrencyCode="EUR")):
        assert xero.put(path, {"Invoice": {"InvoiceID": other["InvoiceID"]}, "Amount": 1}).status == 400


def test_a_refund_is_a_payment_of_the_credit_note(xero, note):
    body = {"CreditNote": {"CreditNoteID": note["CreditNoteID"]}, "Account": {"Code": "090"}, "Amount": 60}
    payment = xero.put("Payments", body).json["Payments"][0]
    assert payment["PaymentType"] == "ARCREDITPAYMENT"
    shown = xero.get(f"CreditNotes/{note['CreditNoteID']}").json["CreditNotes"][0]
    assert (shown["Status"], shown["RemainingCredit"]) == ("PAID", 0.0)
    xero.post(f"Payments/{payment['PaymentID']}", {"Status": "DELETED"})
    shown = xero.get(f"CreditNotes/{note['CreditNoteID']}").json["CreditNotes"][0]
    assert (shown["Status"], shown["RemainingCredit"]) == ("AUTHORISED", 60.0)


def test_no_discounts_unique_numbers_and_unknown_ids(xero, sale, line, note):
    discounted = sale(Type="ACCRECCREDIT", LineItems=[line(DiscountRate=10)])
    assert xero.put("CreditNotes", discounted).status == 400
    again = sale(Type="ACCRECCREDIT", CreditNoteNumber="cn-0001")
    assert xero.put("CreditNotes", again).messages == ["Credit note # must be unique."]
    unknown = {"CreditNoteID": "11111111-1111-4111-8111-111111111111", "Status": "VOIDED"}
    assert xero.post("CreditNotes", unknown).messages == [
        "An existing Credit Note with the specified CreditNoteID could not be found"
    ]


def test_voiding(xero, note):
    path = f"CreditNotes/{note['CreditNoteID']}"
    assert xero.post(path, {"Status": "VOIDED"}).json["CreditNotes"][0]["Status"] == "VOIDED"
    assert xero.post(path, {"Status": "AUTHORISED"}).status == 400


def test_the_refunds_of_a_credit_note_are_nested_in_it(xero, note):
    body = {"CreditNote": {"CreditNoteID": note["CreditNoteID"]}, "Account": {"Code": "090"}, "Amount": 20}
    xero.put("Payments", {**body, "Reference": "Refund 1"})
    shown = xero.get(f"CreditNotes/{note['CreditNoteID']}").json["CreditNotes"][0]
    assert [(row["Amount"], row["Reference"]) for row in shown["Payments"]] == [(20.0, "Refund 1")]
    assert xero.put("Payments", {**body, "Amount": 41}).messages == [
        "Payment amount exceeds the amount outstanding on this document"
    ]


def test_a_used_credit_note_is_closed_to_edits_and_voiding(xero, note):
    made = xero.invoice()
    allocations = f"CreditNotes/{note['CreditNoteID']}/Allocations"
    xero.put(allocations, {"Invoice": {"InvoiceID": made["InvoiceID"]}, "Amount": 1})
    for change in ({"Status": "VOIDED"}, {"Reference": "x"}):
        assert xero.post(f"CreditNotes/{note['CreditNoteID']}", change).status == 400


def test_a_draft_has_nothing_to_allocate_until_it_is_approved(xero, sale):
    made = xero.invoice()
    draft = xero.put("CreditNotes", sale(Type="ACCRECCREDIT", Status="DRAFT")).json["CreditNotes"][0]
    allocations = f"CreditNotes/{draft['CreditNoteID']}/Allocations"
    body = {"Invoice": {"InvoiceID": made["InvoiceID"]}, "Amount": 1}
    assert xero.put(allocations, body).status == 400
    xero.post(f"CreditNotes/{draft['CreditNoteID']}", {"Status": "AUTHORISED"})
    assert xero.put(allocations, body).status == 200


def test_several_allocations_in_one_call(xero, note):
    first, second = xero.invoice(), xero.invoice()
    path = f"CreditNotes/{note['CreditNoteID']}/Allocations"
    both = [{"Invoice": {"InvoiceID": made["InvoiceID"]}, "Amount": 40} for made in (first, second)]
    assert xero.put(path, {"Allocations": both}).status == 400  # 80 of 60: all or nothing
    assert xero.read(first)["AmountCredited"] == 0.0
    found = xero.put(path, {"Allocations": both}, summarizeErrors="false").json["Allocations"]
    assert [row["StatusAttributeString"] for row in found] == ["OK", "ERROR"]
    assert xero.read(first)["AmountCredited"] == 40.0


def test_the_day_of_an_allocation_is_a_switch(xero, note, world):
    # §4.8: the specification requires Date, the documentation calls it read-only.
    made = xero.invoice()
    path = f"CreditNotes/{note['CreditNoteID']}/Allocations"
    body = {"Invoice": {"InvoiceID": made["InvoiceID"]}, "Amount": 1}
    world.change_settings(allocation_date="required")
    assert xero.put(path, body).status == 400
    world.change_settings(allocation_date="today")
    shown = xero.put(path, {**body, "Date": "2026-11-21"}).json["Allocations"][0]
    assert shown["Date"] == "/Date(1795392000000+0000)/"  # today, the 23rd, all the same


def test_a_number_in_use_updates_with_post_unless_switched(xero, sale, note, world):
    body = sale(Type="ACCRECCREDIT", CreditNoteNumber="CN-0001", Reference="changed")
    assert xero.post("CreditNotes", body).json["CreditNotes"][0]["Reference"] == "changed"
    world.change_settings(post_with_known_number="refuse")
    assert xero.post("CreditNotes", body).messages == ["Credit note # must be unique."]


def test_what_is_credited_and_refunded_is_in_the_history(xero, note):
    made = xero.invoice()
    path = f"CreditNotes/{note['CreditNoteID']}"
    xero.put(f"{path}/Allocations", {"Invoice": {"InvoiceID": made["InvoiceID"]}, "Amount": 1})
    assert xero.get(f"{path}/History").json["HistoryRecords"][0]["Changes"] == "Credit Applied"
    assert xero.get(f"Invoices/{made['InvoiceID']}/History").json["HistoryRecords"][0]["Changes"] == "Credit Applied"
    assert xero.put(f"{path}/History", {"HistoryRecords": [{"Details": "Returned work"}]}).status == 200
