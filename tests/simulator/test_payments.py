"""Payments (xero-facts.md §4.3)."""

from __future__ import annotations

TOO_MUCH = "Payment amount exceeds the amount outstanding on this document"
NOT_AUTHORISED = "Payments can only be made against Authorised documents"


def test_part_payment_then_full(xero):
    made = xero.invoice()
    first = xero.payment(made, "20.00", Reference="Card 1").json["Payments"][0]
    assert (first["PaymentType"], first["Status"], first["Amount"]) == ("ACCRECPAYMENT", "AUTHORISED", 20.0)
    assert "DateString" not in first and first["Invoice"]["InvoiceNumber"] == made["InvoiceNumber"]
    half = xero.read(made)
    assert (half["Status"], half["AmountPaid"], half["AmountDue"]) == ("AUTHORISED", 20.0, 100.0)
    assert half["Payments"][0]["Reference"] == "Card 1"
    xero.payment(made, 100, Date="2026-11-22")
    paid = xero.read(made)
    assert (paid["Status"], paid["AmountDue"]) == ("PAID", 0.0)
    assert paid["FullyPaidOnDate"] == "/Date(1795392000000+0000)/"  # the later day of the two


def test_overpaying_and_paying_twice(xero):
    made = xero.invoice()
    assert xero.payment(made, "120.01").messages == [TOO_MUCH]
    xero.payment(made, 120)
    assert xero.payment(made, 120).messages == [NOT_AUTHORISED, TOO_MUCH]


def test_a_draft_cannot_be_paid(xero):
    assert xero.payment(xero.invoice(Status="DRAFT"), 10).messages == [NOT_AUTHORISED]


def test_accounts_that_take_payments(xero):
    made = xero.invoice()
    wrong = "Account type is invalid for making a payment to/from"
    assert xero.payment(made, 1, Account={"Code": "200"}).messages == [wrong]
    assert xero.payment(made, 1, Account={"Code": "nope"}).messages == ["Account could not be found"]
    assert xero.payment(made, 1, Account={"Code": "640"}).status == 200  # EnablePaymentsToAccount
    savings = xero.get("Accounts", where='Name=="Savings"').json["Accounts"][0]
    assert "Code" not in savings
    assert xero.payment(made, 1, Account={"AccountID": savings["AccountID"]}).status == 200


def test_exactly_one_document(xero):
    body = {"Account": {"Code": "090"}, "Amount": 1}
    assert xero.put("Payments", body).status == 400
    both = {**body, "Invoice": {"InvoiceNumber": "OLD-0001"}, "CreditNote": {"CreditNoteNumber": "x"}}
    assert xero.put("Payments", both).status == 400
    by_number = {**body, "Invoice": {"InvoiceNumber": "OLD-0001"}}
    assert xero.put("Payments", by_number).status == 200


def test_a_batch_with_errors_per_element(xero):
    made = xero.invoice()
    entry = {"Invoice": {"InvoiceID": made["InvoiceID"]}, "Account": {"Code": "090"}}
    batch = {"Payments": [{**entry, "Amount": 100}, {**entry, "Amount": 50}, {**entry, "Amount": 20}]}
    found = xero.put("Payments", batch, summarizeErrors="false").json["Payments"]
    assert [row["StatusAttributeString"] for row in found] == ["OK", "ERROR", "OK"]
    assert found[1]["HasValidationErrors"] is True
    assert xero.read(made)["Status"] == "PAID"


def test_a_summarised_batch_is_all_or_nothing(xero):
    made = xero.invoice()
    entry = {"Invoice": {"InvoiceID": made["InvoiceID"]}, "Account": {"Code": "090"}}
    answer = xero.put("Payments", {"Payments": [{**entry, "Amount": 100}, {**entry, "Amount": 50}]})
    assert answer.status == 400 and answer.messages == [TOO_MUCH]
    assert xero.read(made)["AmountPaid"] == 0.0


def test_deleting_reopens_the_invoice(xero):
    made = xero.invoice()
    payment = xero.payment(made, 120).json["Payments"][0]
    wrapped = {"Payments": [{"Status": "DELETED"}]}
    gone = xero.post(f"Payments/{payment['PaymentID']}", wrapped).json["Payments"][0]
    assert gone["Status"] == "DELETED"
    opened = xero.read(made)
    assert (opened["Status"], opened["AmountDue"], opened["Payments"]) == ("AUTHORISED", 120.0, [])
    assert "FullyPaidOnDate" not in opened
    again = xero.post(f"Payments/{payment['PaymentID']}", {"Status": "DELETED"})
    assert again.messages == ["Payment not of valid status for modification"]


def test_there_is_no_update(xero):
    payment = xero.payment(xero.invoice(), 10).json["Payments"][0]
    assert xero.post(f"Payments/{payment['PaymentID']}", {"Amount": 20}).status == 400


def test_a_reconciled_payment_stays_unless_switched(xero, world):
    made = xero.invoice()
    payment = xero.payment(made, 10, IsReconciled=True).json["Payments"][0]
    assert payment["IsReconciled"] is True
    path = f"Payments/{payment['PaymentID']}"
    assert xero.post(path, {"Status": "DELETED"}).status == 400
    world.change_settings(reconciled_payments_deletable=True)
    assert xero.post(path, {"Status": "DELETED"}).status == 200


def test_a_part_paid_sale_is_closed_to_edits_and_voiding(xero):
    made = xero.invoice()
    xero.payment(made, 10)
    assert xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Reference": "x"}).messages == [
        "This document cannot be edited as it has a payment or credit note allocated to it.",
        "Invoice not of valid status for modification",
    ]
    assert xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Status": "VOIDED"}).messages == [
        "The status VOIDED cannot be applied to the invoice because it has payments or credit notes allocated to it."
    ]


def test_a_part_paid_bill_takes_a_few_changes(xero, line):
    made = xero.invoice(Type="ACCPAY", InvoiceNumber="B-1", LineItems=[line(AccountCode="429")])
    xero.payment(made, 10)
    changed = {"InvoiceID": made["InvoiceID"], "Reference": "x", "DueDate": "2027-01-01"}
    assert xero.post("Invoices", changed).json["Invoices"][0]["DueDateString"] == "2027-01-01T00:00:00"
    assert xero.post("Invoices", {**changed, "LineItems": [line()]}).status == 400


def test_foreign_payments_have_a_bank_amount(xero):
    made = xero.invoice(CurrencyCode="EUR", CurrencyRate="1.2")
    payment = xero.payment(made, 60).json["Payments"][0]
    assert (payment["Amount"], payment["BankAmount"], payment["CurrencyRate"]) == (60.0, 50.0, 1.2)


def test_find_payments_of_an_invoice(xero):
    made = xero.invoice()
    xero.payment(made, 10, Reference="One")
    where = f'Invoice.InvoiceID==guid("{made["InvoiceID"]}") AND PaymentType=="ACCRECPAYMENT"'
    found = xero.get("Payments", where=where, page=1).json
    assert [row["Reference"] for row in found["Payments"]] == ["One"]
    assert found["pagination"]["itemCount"] == 1


def test_the_bank_amount_is_in_the_accounts_currency(xero, world):
    # §4.3: prefer BankAmount, the amount in the bank account's currency.
    made = xero.invoice(CurrencyCode="EUR", CurrencyRate="1.2")
    paid = xero.payment(made, 60, BankAmount=48).json["Payments"][0]
    assert (paid["BankAmount"], paid["CurrencyRate"]) == (48.0, 1.25)
    with world.as_person(xero.tenant) as call:
        account = xero.account("092")["AccountID"]
        call.org.put("Accounts", {**call.org.get("Accounts", account), "CurrencyCode": "EUR"})
    euros = xero.payment(made, 60, Account={"Code": "092"}).json["Payments"][0]
    assert (euros["Amount"], euros["BankAmount"]) == (60.0, 60.0)
    assert xero.payment(made, 1, BankAmount=-1).status == 400


def test_yen_and_dinars_have_two_decimals_unless_switched(xero, world, nora, line):
    # §4.2 speaks of two decimals and of no currency's own: a switch.
    nora.enable_currency("JPY", 190)
    nora.enable_currency("KWD", "0.4")
    lines = [line(UnitAmount="99.99")]
    assert xero.invoice(CurrencyCode="JPY", LineItems=lines)["Total"] == 119.99
    world.change_settings(currency_decimals="own")
    assert xero.invoice(CurrencyCode="JPY", LineItems=lines)["Total"] == 120.0
    dinars = [line(UnitAmount="0.1", Quantity="1.115")]
    assert xero.invoice(CurrencyCode="KWD", LineItems=dinars)["SubTotal"] == 0.112
