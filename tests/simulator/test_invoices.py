"""Invoices: what is accepted, refused and changed (xero-facts.md §4.2)."""

from __future__ import annotations

import pytest

from galleria_xero_plugin.simulator import HARBOUR

ZERO = "00000000-0000-0000-0000-000000000000"


def test_a_draft_needs_only_contact_type_and_a_line(xero):
    made = xero.put(
        "Invoices",
        {"Type": "ACCREC", "Contact": {"Name": "Anna Fischer"}, "LineItems": [{"Description": "A note"}]},
    ).json["Invoices"][0]
    assert (made["Status"], made["Total"], made["LineAmountTypes"]) == ("DRAFT", 0.0, "Exclusive")
    assert made["InvoiceNumber"] == "INV-0001"
    assert "BrandingThemeID" not in made


def test_the_answer_to_a_write_has_the_recorded_shape(xero):
    made = xero.invoice(InvoiceNumber="GAL-1001", Reference="Order 7")
    assert made["Date"] == "/Date(1795132800000+0000)/" and made["DateString"] == "2026-11-20T00:00:00"
    assert made["UpdatedDateUTCString"] == "2026-11-23T10:00:00Z"
    assert made["HasErrors"] is False and "StatusAttributeString" not in made
    assert made["AmountDue"] == 120.0 and made["CurrencyRate"] == 1.0
    assert "Payments" not in made and "AmountCredited" not in made
    assert [slot["AddressType"] for slot in made["Contact"]["Addresses"]] == ["STREET", "POBOX"]
    assert len(made["Contact"]["Phones"]) == 4
    assert made["LineItems"][0]["AccountID"] == xero.account("200")["AccountID"]
    assert "BrandingThemeID" in made


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"LineItems": []}, "One or more line items must be specified"),
        ({"Contact": None}, "A Contact must be specified for this type of transaction"),
        ({"Status": "PAID"}, "Invoice not of valid status for creation"),
        ({"CurrencyCode": "AUD"}, "Organisation is not subscribed to currency AUD"),
        ({"Url": "https://my-xero-app.example/1"}, "The Url must not contain 'xero'."),
        ({"InvoiceNumber": "OLD-0001"}, "Invoice # must be unique."),
        ({"InvoiceNumber": "old-0001 "}, "Invoice # must be unique."),
        ({"DueDate": None}, "The DueDate must be specified for an approved document."),
        (
            {"Contact": {"Name": "Old Customer"}},
            "The contact with the specified contact details has been archived. "
            "The contact must be un-archived before creating new invoices or credit notes",
        ),
    ],
)
def test_refusals_of_a_document(xero, sale, change, message):
    answer = xero.put("Invoices", sale(**change))
    assert answer.status == 400 and answer.messages == [message]
    assert answer.json["ErrorNumber"] == 10 and answer.json["Type"] == "ValidationException"
    assert answer.json["Elements"][0]["InvoiceID"] == ZERO


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"AccountCode": "999"}, "Account code '999' is not a valid code for this document."),
        ({"AccountCode": "610"}, "Account code '610' is not a valid code for this document."),
        ({"AccountCode": "090"}, "Account code '090' is not a valid code for this document."),
        (
            {"AccountCode": "230"},
            "Account code '230' has been archived, or has been deleted. Each line item must reference a valid account.",
        ),
        ({"TaxType": "INPUT2"}, "The TaxType code 'INPUT2' cannot be used with account code '200'"),
        (
            {"TaxType": "TAX999"},
            "The TaxType code 'TAX999' does not exist or cannot be used with this type of transaction",
        ),
        (
            {"TaxType": "OUTPUT"},  # archived
            "The TaxType code 'OUTPUT' does not exist or cannot be used with this type of transaction",
        ),
        ({"AccountCode": None}, "Account code must be specified for each line item."),
        ({"Description": "x" * 4001}, "The Description field must be no more than 4000 characters long."),
        ({"UnitAmount": "99999999999"}, "The line total 99999999999.00 is larger than 9999999999.99"),
        ({"DiscountRate": 101}, "DiscountRate must be between 0 and 100."),
    ],
)
def test_refusals_of_a_line(xero, sale, line, change, message):
    answer = xero.put("Invoices", sale(LineItems=[line(**change)]))
    assert answer.status == 400 and answer.messages == [message]


def test_several_faults_are_named_together(xero, sale):
    answer = xero.put("Invoices", sale(Contact=None, LineItems=[], CurrencyCode="AUD"))
    assert len(answer.messages) == 3


def test_discounts_are_for_sales_only(xero, sale, line):
    bill = sale(Type="ACCPAY", LineItems=[line(AccountCode="429", DiscountRate=10)])
    assert xero.put("Invoices", bill).messages == ["Discounts can only be applied to ACCREC invoices and quotes."]


def test_a_summarised_batch_keeps_nothing_when_one_element_fails(xero, sale, world):
    answer = xero.put("Invoices", {"Invoices": [sale(InvoiceNumber="A-1"), sale(InvoiceNumber="OLD-0001")]})
    assert answer.status == 400 and len(answer.json["Elements"]) == 1
    assert xero.get("Invoices", InvoiceNumbers="A-1").json["Invoices"] == []
    assert world.effects.created("Invoices") == []


def test_per_element_errors_keep_the_good_ones(xero, sale, world):
    answer = xero.put(
        "Invoices",
        {"Invoices": [sale(InvoiceNumber="A-1"), sale(InvoiceNumber="OLD-0001")]},
        summarizeErrors="false",
    )
    good, bad = answer.json["Invoices"]
    assert answer.status == 200
    assert (good["StatusAttributeString"], good["HasErrors"]) == ("OK", False)
    assert (bad["StatusAttributeString"], bad["HasErrors"], bad["InvoiceID"]) == ("ERROR", True, ZERO)
    assert bad["ValidationErrors"] == [{"Message": "Invoice # must be unique."}]
    assert [effect.number for effect in world.effects.created("Invoices")] == ["A-1"]


def test_two_elements_with_one_number_in_one_batch(xero, sale):
    both = [sale(InvoiceNumber="A-1"), sale(InvoiceNumber="A-1")]
    answer = xero.put("Invoices", {"Invoices": both}, summarizeErrors="false")
    assert [entry["StatusAttributeString"] for entry in answer.json["Invoices"]] == ["OK", "ERROR"]


@pytest.mark.parametrize(
    ("start", "target", "works"),
    [
        ("DRAFT", "SUBMITTED", True),
        ("DRAFT", "AUTHORISED", True),
        ("DRAFT", "DELETED", True),
        ("DRAFT", "VOIDED", False),
        ("SUBMITTED", "DRAFT", True),
        ("SUBMITTED", "DELETED", True),
        ("SUBMITTED", "AUTHORISED", True),
        ("AUTHORISED", "VOIDED", True),
        ("AUTHORISED", "DELETED", False),
        ("AUTHORISED", "DRAFT", False),
        ("AUTHORISED", "PAID", False),
    ],
)
def test_the_status_table(xero, start, target, works):
    made = xero.invoice(Status=start)
    answer = xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Status": target})
    if works:
        assert answer.json["Invoices"][0]["Status"] == target
    else:
        assert answer.messages == ["Invoice not of valid status for modification"]
        assert xero.read(made)["Status"] == start


@pytest.mark.parametrize("end", ["VOIDED", "DELETED"])
def test_voided_and_deleted_are_final(xero, end):
    made = xero.invoice(Status="AUTHORISED" if end == "VOIDED" else "DRAFT")
    xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Status": end})
    for status in ("DRAFT", "AUTHORISED", end):
        answer = xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Status": status})
        assert answer.messages == ["Invoice not of valid status for modification"]


def test_a_voided_invoice_keeps_its_sums_as_recorded(xero):
    made = xero.invoice()
    answer = xero.post(f"Invoices/{made['InvoiceID']}", {"Status": "VOIDED"}, summarizeErrors="false")
    voided = answer.json["Invoices"][0]
    assert (voided["Status"], voided["Total"], voided["AmountDue"]) == ("VOIDED", 120.0, 120.0)
    assert voided["StatusAttributeString"] == "OK"


def test_a_dead_number_stays_taken_unless_switched(xero, sale, world):
    made = xero.invoice(InvoiceNumber="A-1", Status="DRAFT")
    xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Status": "DELETED"})
    assert xero.put("Invoices", sale(InvoiceNumber="A-1")).status == 400
    world.change_settings(dead_numbers_stay_taken=False)
    assert xero.put("Invoices", sale(InvoiceNumber="A-1")).status == 200


def test_bills_may_share_a_number(xero, sale, line):
    bill = sale(Type="ACCPAY", InvoiceNumber="SAME", LineItems=[line(AccountCode="429")])
    assert xero.put("Invoices", bill).status == xero.put("Invoices", bill).status == 200


def test_put_creates_and_post_with_a_known_number_updates(xero, sale, world):
    made = xero.invoice(InvoiceNumber="A-1")
    assert xero.put("Invoices", sale(InvoiceNumber="A-1")).messages == ["Invoice # must be unique."]
    again = xero.post("Invoices", sale(InvoiceNumber="a-1", Reference="changed")).json["Invoices"][0]
    assert (again["InvoiceID"], again["Reference"]) == (made["InvoiceID"], "changed")
    world.change_settings(post_with_known_number="refuse")
    assert xero.post("Invoices", sale(InvoiceNumber="A-1")).messages == ["Invoice # must be unique."]


def test_lines_by_id_are_updated_without_id_created_left_out_deleted(xero, line):
    made = xero.invoice(LineItems=[line(Description="one"), line(Description="two")])
    first = made["LineItems"][0]
    changed = xero.post(
        "Invoices",
        {
            "InvoiceID": made["InvoiceID"],
            "LineItems": [{"LineItemID": first["LineItemID"], "UnitAmount": 50}, line(Description="three")],
        },
    ).json["Invoices"][0]
    assert [entry["Description"] for entry in changed["LineItems"]] == ["one", "three"]
    assert changed["LineItems"][0]["LineItemID"] == first["LineItemID"]
    assert (changed["LineItems"][0]["AccountCode"], changed["SubTotal"]) == ("200", 150.0)


def test_a_status_only_update_keeps_the_lines(xero):
    made = xero.invoice(Status="DRAFT")
    changed = xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Status": "AUTHORISED"}).json["Invoices"][0]
    assert changed["LineItems"] == made["LineItems"]


def test_an_unknown_id_is_a_404_with_an_empty_html_body(xero):
    unknown = "11111111-1111-4111-8111-111111111111"
    for answer in (
        xero.get(f"Invoices/{unknown}"),
        xero.post("Invoices", {"InvoiceID": unknown, "Status": "VOIDED"}),
    ):
        assert (answer.status, answer.body, answer.content_type) == (404, b"", "text/html; charset=utf-8")


def test_lock_dates_hold_for_creating_editing_and_voiding(xero, sale, world):
    made = xero.invoice(Date="2026-10-31")
    with world.as_person(xero.tenant) as call:
        from datetime import date

        call.org.put("Organisations", {**call.org.about, "PeriodLockDate": date(2026, 10, 31)})
    text = "The document date cannot be before the period lock date, currently set at 31 Oct 2026"
    assert xero.put("Invoices", sale(Date="2026-10-31")).messages == [text]
    assert xero.put("Invoices", sale(Date="2026-11-01")).status == 200
    assert xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Status": "VOIDED"}).messages == [text]
    assert xero.payment(made, 10, Date="2026-10-30").messages == [text]
    assert xero.get("Organisation").json["Organisations"][0]["PeriodLockDate"].startswith("/Date(")


def test_foreign_currency_takes_the_day_rate(xero, sale):
    made = xero.invoice(CurrencyCode="EUR")
    assert (made["CurrencyCode"], made["CurrencyRate"]) == ("EUR", 1.1523)
    assert xero.invoice(CurrencyCode="EUR", CurrencyRate="1.2")["CurrencyRate"] == 1.2
    assert xero.put("Invoices", sale(CurrencyCode="EUR", CurrencyRate=-1)).status == 400


def test_the_date_defaults_to_today_where_the_organisation_is(world, driver, clock, sale):
    clock.advance((16 * 60) * 60)  # 02:00 UTC on the 24th: still the 23rd in New York
    harbour = driver(world, HARBOUR)
    body = sale(Contact={"Name": "Grace Liu"})
    del body["Date"]
    assert harbour.put("Invoices", body).json["Invoices"][0]["DateString"] == "2026-11-23T00:00:00"


def test_tracking_by_name_and_by_id(xero, sale, line):
    made = xero.invoice(LineItems=[line(Tracking=[{"Name": "artist", "Option": "Ada Marsh"}])])
    entry = made["LineItems"][0]["Tracking"][0]
    assert entry["Name"] == "Artist" and entry["TrackingCategoryID"]
    ids = {name: entry[name] for name in ("TrackingCategoryID", "TrackingOptionID")}
    assert xero.invoice(LineItems=[line(Tracking=[ids])])["LineItems"][0]["Tracking"][0]["Option"] == "Ada Marsh"
    assert xero.put("Invoices", sale(LineItems=[line(Tracking=[{"Name": "Artist", "Option": "?"}])])).status == 400
    assert xero.put("Invoices", sale(LineItems=[line(Tracking=[ids, ids, ids])])).status == 400


def test_an_unknown_contact_name_makes_a_contact(xero, world):
    made = xero.invoice(Contact={"Name": "Nobody Yet", "EmailAddress": "n@example.com"})
    assert made["Contact"]["IsCustomer"] is True
    assert [effect.number for effect in world.effects.created("Contacts")] == ["Nobody Yet"]


def test_a_contact_sent_with_more_than_its_id_is_updated(xero):
    identity = xero.contact_id()
    xero.invoice(Contact={"ContactID": identity})
    xero.invoice(Contact={"ContactID": identity, "EmailAddress": "new@example.com"})
    shown = xero.get(f"Contacts/{identity}").json["Contacts"][0]
    assert (shown["Name"], shown["EmailAddress"]) == ("Anna Fischer", "new@example.com")


def test_sent_to_contact_needs_approval(xero, sale):
    assert xero.put("Invoices", sale(Status="DRAFT", SentToContact=True)).status == 400
    assert xero.invoice(SentToContact=True)["SentToContact"] is True


def test_email_online_invoice_and_history(xero):
    made = xero.invoice()
    path = f"Invoices/{made['InvoiceID']}"
    assert xero.post(f"{path}/Email", {}).status == 204
    assert xero.read(made)["SentToContact"] is True
    assert xero.get(f"{path}/OnlineInvoice").json["OnlineInvoices"][0]["OnlineInvoiceUrl"]
    note = xero.put(f"{path}/History", {"HistoryRecords": [{"Details": "Sent by the gallery"}]})
    assert set(note.json["HistoryRecords"][0]) == {"DateUTCString", "DateUTC", "Details", "ValidationErrors"}
    assert xero.get(f"{path}/History").json["HistoryRecords"][0]["Details"] == "Sent by the gallery"
    unknown = xero.put(f"Invoices/{ZERO}/History", {"HistoryRecords": [{"Details": "x"}]})
    assert unknown.messages == ["The document with the supplied id was not found for this endpoint."]


def test_a_zero_total_is_paid_at_once_and_can_be_voided(xero, line, world):
    made = xero.invoice(LineItems=[line(UnitAmount=0)])
    assert (made["Status"], made["AmountDue"]) == ("PAID", 0.0)
    assert xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Status": "VOIDED"}).status == 200
    world.change_settings(zero_total_becomes_paid=False)
    assert xero.invoice(LineItems=[line(UnitAmount=0)])["Status"] == "AUTHORISED"


def test_negative_lines_but_no_negative_total(xero, sale, line):
    assert xero.invoice(LineItems=[line(), line(UnitAmount=-40)])["SubTotal"] == 60.0
    assert xero.put("Invoices", sale(LineItems=[line(UnitAmount=-40)])).status == 400
