"""What a person does in Xero by hand, and how the app meets it afterwards."""

from __future__ import annotations

import pytest
import requests

from galleria_xero_plugin.simulator import NORTH_LIGHT
from galleria_xero_plugin.simulator.core.errors import Invalid, Refused


def test_a_write_off_shows_as_credit_and_not_as_a_payment(xero, nora):
    # xero-facts.md §4.8: allocations reduce AmountDue through AmountCredited, with no Payment row.
    made = xero.invoice()
    nora.write_off(made["InvoiceID"], "20.00")
    seen = xero.read(made)
    assert (seen["AmountDue"], seen["AmountCredited"], seen["AmountPaid"]) == (100.0, 20.0, 0.0)
    note = nora.write_off(made["InvoiceNumber"])
    assert (note["Status"], note["TotalTax"]) == ("PAID", 0)
    assert xero.read(made)["Status"] == "PAID"


def test_a_credit_note_allocated_and_taken_back_by_hand(xero, nora, sale):
    made = xero.invoice()
    note = xero.put("CreditNotes", sale(Type="ACCRECCREDIT")).json["CreditNotes"][0]
    allocation = nora.allocate(note["CreditNoteNumber"], made["InvoiceNumber"], "30.00")
    assert xero.read(made)["AmountDue"] == 90.0
    nora.take_back(allocation["AllocationID"])
    assert xero.read(made)["AmountDue"] == 120.0


def test_paying_reconciling_and_removing(xero, nora):
    made = xero.invoice()
    payment = nora.pay(made["InvoiceNumber"], "50.00", reference="Statement 4", reconciled=True)
    path = f"Payments/{payment['PaymentID']}"
    assert xero.post(path, {"Status": "DELETED"}).status == 400  # §4.3: a reconciled payment, the default
    nora.reconcile(payment["PaymentID"], False)
    assert xero.get(path).json["Payments"][0]["IsReconciled"] is False
    nora.reconcile(payment["PaymentID"])
    nora.delete_payment(payment["PaymentID"])  # a person removes and redoes
    assert xero.read(made)["AmountDue"] == 120.0


def test_a_payment_of_a_batch_cannot_be_deleted_by_the_app(xero, nora):
    # §4.3: payments created through batch payments cannot be deleted this way.
    made = xero.invoice()
    payment = nora.pay(made["InvoiceID"], batch=True)
    path = f"Payments/{payment['PaymentID']}"
    assert xero.get(path).json["Payments"][0]["BatchPaymentID"]
    assert xero.post(path, {"Status": "DELETED"}).status == 400
    assert nora.delete_payment(payment["PaymentID"])["Status"] == "DELETED"


def test_editing_and_voiding(xero, nora, line):
    made = xero.invoice()
    nora.edit_invoice(made["InvoiceID"], LineItems=[line(UnitAmount=200)])
    assert xero.read(made)["Total"] == 240.0
    assert nora.void(made["InvoiceID"])["Status"] == "VOIDED"
    assert nora.void(xero.invoice(Status="DRAFT")["InvoiceID"])["Status"] == "DELETED"
    paid = xero.invoice()
    nora.pay(paid["InvoiceID"], 1)
    with pytest.raises(Invalid, match="payments or credit notes allocated"):
        nora.void(paid["InvoiceID"])


def test_archiving_and_merging_contacts(xero, nora, sale):
    # §4.1: merges happen in Xero only; the loser is archived and names the winner.
    made = xero.invoice()
    loser, winner = made["Contact"]["ContactID"], xero.contact_id("Anne Fisher")
    nora.merge_contacts("Anna Fischer", "Anne Fisher")
    assert xero.read(made)["Contact"]["ContactID"] == winner
    gone = xero.get(f"Contacts/{loser}").json["Contacts"][0]
    assert (gone["ContactStatus"], gone["MergedToContactID"]) == ("ARCHIVED", winner)
    assert xero.put("Invoices", sale(Contact={"ContactID": loser})).status == 400
    nora.archive_contact("Anne Fisher")
    assert xero.put("Invoices", sale(Contact={"ContactID": winner})).status == 400
    nora.edit_contact("Anne Fisher", ContactStatus="ACTIVE")
    assert xero.put("Invoices", sale(Contact={"ContactID": winner})).status == 200


def test_settings_change_under_the_app(xero, nora, sale, line):
    nora.change_tax_rate("OUTPUT2", "21")
    assert xero.invoice()["TotalTax"] == 21.0
    nora.change_tax_rate("OUTPUT2", Status="ARCHIVED")
    assert xero.put("Invoices", sale()).status == 400
    nora.change_tax_rate("OUTPUT2", 20, Status="ACTIVE")
    nora.disable_currency("EUR")
    refused = xero.put("Invoices", sale(CurrencyCode="EUR"))
    assert refused.messages == ["Organisation is not subscribed to currency EUR"]
    assert [row["Code"] for row in xero.get("Currencies").json["Currencies"]] == ["GBP", "USD"]
    nora.enable_currency("EUR", "1.2")
    assert xero.invoice(CurrencyCode="EUR")["CurrencyRate"] == 1.2
    nora.archive_account("Sales")
    assert "has been archived" in xero.put("Invoices", sale()).messages[0]
    nora.edit_account("200", Status="ACTIVE")


def test_a_deleted_theme_and_an_archived_tracking_option(xero, nora, sale, line):
    theme = xero.get("BrandingThemes").json["BrandingThemes"][1]
    nora.delete_theme(theme["Name"])
    assert len(xero.get("BrandingThemes").json["BrandingThemes"]) == 1
    assert xero.put("Invoices", sale(BrandingThemeID=theme["BrandingThemeID"])).status == 400
    nora.archive_tracking("Artist", "Ada Marsh")
    named = [line(Tracking=[{"Name": "Artist", "Option": "Ada Marsh"}])]
    assert xero.put("Invoices", sale(LineItems=named)).status == 400
    listed = xero.get("TrackingCategories").json["TrackingCategories"][0]
    assert "Ada Marsh" not in {option["Name"] for option in listed["Options"]}
    whole = xero.get("TrackingCategories", includeArchived="true").json["TrackingCategories"][0]
    assert "Ada Marsh" in {option["Name"] for option in whole["Options"]}
    nora.archive_tracking("Artist")
    assert [row["Name"] for row in xero.get("TrackingCategories").json["TrackingCategories"]] == ["Exhibition"]


def test_an_adviser_passes_the_period_lock_only(xero, nora, world):
    # §4.6: advisers may pass PeriodLockDate only.
    made = xero.invoice(Date="2026-10-31")
    nora.lock(period="2026-10-31")
    with pytest.raises(Invalid, match="period lock date"):
        nora.edit_invoice(made["InvoiceID"], Reference="x")
    adviser = world.bookkeeper(adviser=True)
    assert adviser.edit_invoice(made["InvoiceID"], Reference="x")["Reference"] == "x"
    nora.lock(year_end="2026-10-31", period=None)
    with pytest.raises(Invalid, match="end of year lock date"):
        adviser.edit_invoice(made["InvoiceID"], Reference="y")


def test_the_effects_log_knows_that_no_app_did_it(xero, nora, world):
    made = xero.invoice()
    nora.pay(made["InvoiceID"])
    paid = world.effects.created("Payments")[-1]
    assert paid.request == 0


def test_an_unknown_name_is_refused(nora, world):
    for act in (nora.void, nora.pay, nora.delete_payment, nora.archive_contact, nora.archive_account):
        with pytest.raises((Invalid, Refused)):
            act("nothing of the kind")
    with pytest.raises(ValueError):
        world.bookkeeper("nowhere").void("x")


def test_over_http(server, sale):
    tokens = server.connect()
    url = f"{server.url}/_simulator/books/{NORTH_LIGHT}/person/"
    api = f"{server.url}/api.xro/2.0/Invoices"
    made = requests.put(api, json=sale(), headers=server.headers(tokens), timeout=5).json()["Invoices"][0]
    paid = requests.post(url + "pay", json={"document": made["InvoiceID"], "amount": "20.00"}, timeout=5)
    assert paid.status_code == 200 and paid.json()["Amount"] == 20.0
    edited = {"invoice": made["InvoiceID"], "Reference": "by hand"}
    assert requests.post(url + "edit_invoice", json=edited, timeout=5).status_code == 400  # part-paid
    assert requests.post(url + "lock", json={"period": "2026-01-31"}, timeout=5).status_code == 200
    for wrong in ("nonsense", "_books", "books"):
        assert requests.post(url + wrong, json={}, timeout=5).status_code == 400
    assert requests.post(url + "pay", json={"colour": 1}, timeout=5).status_code == 400
