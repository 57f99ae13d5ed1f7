"""What may still change, and when: lines by id, paid documents, lock dates, plan limits (xero-facts.md §4.2)."""

from __future__ import annotations

from datetime import timedelta

import pytest

NOT_EDITABLE = "This document cannot be edited as it has a payment or credit note allocated to it."
LOCKED = "The document date cannot be before the period lock date, currently set at 31 Oct 2026"


def edit(xero, made, **members):
    return xero.post("Invoices", {"InvoiceID": made["InvoiceID"], **members})


# -- lines


def test_a_line_is_named_once_and_belongs_to_the_document(xero, world, line):
    made = xero.invoice()
    known = made["LineItems"][0]["LineItemID"]
    twice = [{"LineItemID": known, "UnitAmount": 5}, {"LineItemID": known, "UnitAmount": 6}]
    assert edit(xero, made, LineItems=twice).status == 400
    foreign = [line(LineItemID="11111111-1111-4111-8111-111111111111")]
    assert edit(xero, made, LineItems=foreign).status == 400
    world.change_settings(unknown_line_ids_refused=False)  # the other reading: it is a new line
    changed = edit(xero, made, LineItems=foreign).json["Invoices"][0]
    assert changed["LineItems"][0]["LineItemID"] not in {known, foreign[0]["LineItemID"]}


def test_lines_without_ids_replace_all_lines(xero, line):
    made = xero.invoice(LineItems=[line(Description="one"), line(Description="two")])
    changed = edit(xero, made, LineItems=[line(Description="one")]).json["Invoices"][0]
    assert len(changed["LineItems"]) == 1
    assert changed["LineItems"][0]["LineItemID"] not in {entry["LineItemID"] for entry in made["LineItems"]}


def test_a_price_that_is_kept_keeps_its_four_decimals(xero, sale, line):
    # §2.5: unitdp=4 keeps four decimals, otherwise two.
    sent = sale(LineItems=[line(UnitAmount="0.3333", Quantity=3)])
    made = xero.put("Invoices", sent, unitdp=4).json["Invoices"][0]
    assert (made["LineItems"][0]["UnitAmount"], made["SubTotal"]) == (0.3333, 1.0)
    known = {"LineItemID": made["LineItems"][0]["LineItemID"]}
    edit(xero, made, LineItems=[{**known, "Description": "Pins"}])
    assert xero.get(f"Invoices/{made['InvoiceID']}", unitdp=4).json["Invoices"][0]["SubTotal"] == 1.0
    changed = edit(xero, made, LineItems=[{**known, "UnitAmount": "0.3333"}]).json["Invoices"][0]
    assert changed["SubTotal"] == 0.99


def test_an_empty_list_of_lines_is_refused_and_none_keeps_them(xero):
    made = xero.invoice()
    assert edit(xero, made, LineItems=[]).messages == ["One or more line items must be specified"]
    assert edit(xero, made, Reference="x").json["Invoices"][0]["LineItems"] == made["LineItems"]


def test_another_amount_type_prices_the_kept_lines_again(xero):
    made = xero.invoice()
    changed = edit(xero, made, LineAmountTypes="Inclusive").json["Invoices"][0]
    assert (changed["Total"], changed["TotalTax"]) == (100.0, 16.67)


# -- approved, paid, credited


def test_an_approved_unpaid_invoice_takes_every_change(xero, line):
    made = xero.invoice()
    changes = {"Date": "2026-11-21", "DueDate": "2027-01-31", "CurrencyCode": "EUR", "Reference": "r"}
    changed = edit(xero, made, **changes, Contact={"Name": "Priya Raman"}, LineItems=[line(UnitAmount=7)])
    seen = changed.json["Invoices"][0]
    assert (seen["CurrencyCode"], seen["Contact"]["Name"], seen["SubTotal"]) == ("EUR", "Priya Raman", 7.0)


@pytest.mark.parametrize(
    "change",
    [
        {"Reference": "x"},
        {"DueDate": "2027-01-01"},
        {"InvoiceNumber": "other"},
        {"Contact": {"Name": "Priya Raman"}},
        {"LineAmountTypes": "Inclusive"},
    ],
)
def test_a_credited_sale_is_as_closed_as_a_paid_one(xero, nora, change):
    # §4.2: sources disagree for ACCREC; the default is "not editable".
    made = xero.invoice(InvoiceNumber="A-1")
    nora.write_off("A-1", "1.00")
    assert edit(xero, made, **change).messages[0] == NOT_EDITABLE


def test_naming_a_paid_sale_by_its_own_number_and_contact_is_no_edit(xero):
    made = xero.invoice(InvoiceNumber="A-1")
    xero.payment(made, 120)
    same = {"InvoiceNumber": "A-1", "Contact": {"ContactID": made["Contact"]["ContactID"]}}
    assert edit(xero, made, **same, SentToContact=True).json["Invoices"][0]["SentToContact"] is True


def test_a_paid_sale_takes_the_few_changes_when_switched(xero, world):
    made = xero.invoice()
    xero.payment(made, 120)
    world.change_settings(paid_sales_invoices_editable=True)
    assert edit(xero, made, Reference="x", Contact={"Name": "Priya Raman"}).status == 200
    assert edit(xero, made, Date="2026-11-01").messages[0] == NOT_EDITABLE


def test_a_paid_bill_takes_words_accounts_and_tracking_of_its_lines(xero, line):
    # Since 19 March 2026 (§4.2).
    made = xero.invoice(Type="ACCPAY", InvoiceNumber="B", LineItems=[line(AccountCode="429")])
    xero.payment(made, 10)
    known = {"LineItemID": made["LineItems"][0]["LineItemID"]}
    changed = edit(xero, made, LineItems=[{**known, "Description": "Paper", "AccountCode": "426"}])
    assert changed.json["Invoices"][0]["LineItems"][0]["Description"] == "Paper"
    assert edit(xero, made, LineItems=[{**known, "UnitAmount": 1}]).status == 400
    assert edit(xero, made, LineItems=[{"Description": "Another line"}]).status == 400


def test_dates_of_part_paid_bills_do_not_bump_the_time(xero, line, clock):
    # §2.5: not every change bumps UpdatedDateUTC.
    made = xero.invoice(Type="ACCPAY", InvoiceNumber="B", LineItems=[line(AccountCode="429")])
    xero.payment(made, 10)
    before = xero.read(made)["UpdatedDateUTC"]
    clock.advance(60)
    edit(xero, made, DueDate="2027-01-01")
    assert xero.read(made)["UpdatedDateUTC"] == before


# -- lock dates, for each kind of document


@pytest.mark.parametrize("lock", ["period", "year_end"])
def test_nothing_moves_in_a_locked_period(xero, nora, sale, lock):
    made = xero.invoice(Date="2026-10-15")
    paid = xero.invoice(Date="2026-10-15")
    payment = xero.payment(paid, 10, Date="2026-10-20").json["Payments"][0]
    note = xero.put("CreditNotes", sale(Type="ACCRECCREDIT", Date="2026-10-16")).json["CreditNotes"][0]
    allocations = f"CreditNotes/{note['CreditNoteID']}/Allocations"
    body = {"Invoice": {"InvoiceID": paid["InvoiceID"]}, "Amount": 5, "Date": "2026-10-21"}
    allocation = xero.put(allocations, body).json["Allocations"][0]
    nora.lock(**{lock: "2026-10-31"})
    note_path = f"CreditNotes/{note['CreditNoteID']}"
    for answer in (
        xero.put("Invoices", sale(Date="2026-10-31")),
        edit(xero, made, Reference="x"),
        edit(xero, made, Status="VOIDED"),
        xero.put("CreditNotes", sale(Type="ACCRECCREDIT", Date="2026-10-31")),
        xero.post(note_path, {"Reference": "x"}),
        xero.payment(made, 1, Date="2026-10-31"),
        xero.post(f"Payments/{payment['PaymentID']}", {"Status": "DELETED"}),
        xero.put(allocations, {**body, "Date": "2026-10-30"}),
        xero.call("DELETE", f"{allocations}/{allocation['AllocationID']}"),
    ):
        assert answer.status == 400, answer.body
    # What is dated after the lock goes on, for documents before it too.
    assert xero.payment(made, 1, Date="2026-11-01").status == 200
    assert xero.put(allocations, {**body, "Date": "2026-11-01"}).status == 200
    nora.lock(**{lock: None})
    assert edit(xero, xero.invoice(Date="2026-10-15"), Status="VOIDED").status == 200


def test_a_draft_may_be_moved_out_of_the_way_only_before_the_lock(xero, nora):
    draft = xero.invoice(Status="DRAFT", Date="2026-10-15")
    nora.lock(period="2026-10-31")
    assert edit(xero, draft, Date="2026-11-02").messages == [LOCKED]


# -- plans


def test_a_small_plan_approves_so_many_sales_invoices_a_month(xero, world, sale, line, clock, driver):
    # §4.2, Plan cap: 20 sales invoices a month on the legacy plans.
    world.change_settings(sales_invoices_a_month=2)
    text = ["You have reached the limit of invoices you can approve"]
    xero.invoice()
    draft = xero.invoice(Status="DRAFT")
    xero.invoice()
    assert xero.put("Invoices", sale()).messages == text
    assert edit(xero, draft, Status="AUTHORISED").messages == text
    assert xero.put("Invoices", sale(Status="DRAFT")).status == 200
    assert xero.put("Invoices", sale(Type="ACCPAY", LineItems=[line(AccountCode="429")])).status == 200
    clock.advance(timedelta(days=10).total_seconds())  # 3 December
    assert driver(world).put("Invoices", sale()).status == 200
