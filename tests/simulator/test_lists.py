"""Pages, filters, order, If-Modified-Since (xero-facts.md §2.5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galleria_xero_plugin.simulator.core import control
from galleria_xero_plugin.simulator.core.errors import Refused
from galleria_xero_plugin.simulator.core.where import columns, predicate

KNOWN = columns(
    text="Name EmailAddress", number="Total", bool="IsCustomer", guid="ContactID Invoice.InvoiceID",
    date="Date", moment="UpdatedDateUTC",
)  # fmt: skip


def names(answer):
    return [entry["Name"] for entry in answer.json["Contacts"]]


def test_pages_cover_everything_once(xero):
    everything = names(xero.get("Contacts"))
    first = xero.get("Contacts", page=1, pageSize=10)
    assert first.json["pagination"] == {"page": 1, "pageSize": 10, "pageCount": 3, "itemCount": len(everything)}
    pages = [name for page in (1, 2, 3) for name in names(xero.get("Contacts", page=page, pageSize=10))]
    assert pages == everything
    assert names(xero.get("Contacts", page=4, pageSize=10)) == []


@pytest.mark.parametrize(("asked", "given_size"), [(0, 1), (-5, 1), (5000, 1000), ("x", 100)])
def test_sizes_out_of_range_are_adjusted(xero, asked, given_size):
    assert xero.get("Contacts", page=1, pageSize=asked).json["pagination"]["pageSize"] == given_size


def test_pages_of_nothing_know_their_place(xero):
    assert xero.get("CreditNotes", page=0).json["pagination"] == {
        "page": 1, "pageSize": 100, "pageCount": 0, "itemCount": 0,
    }  # fmt: skip


def test_the_default_order_is_by_change(xero, clock):
    clock.advance(10)
    made = xero.invoice()
    assert xero.get("Invoices", page=1).json["Invoices"][-1]["InvoiceID"] == made["InvoiceID"]


def test_modified_since_to_the_second_and_inclusive(xero, clock, world):
    clock.advance(10)
    made = xero.invoice()
    exact = {"If-Modified-Since": "2026-11-23T10:00:10"}
    assert [row["InvoiceID"] for row in xero.get("Invoices", exact).json["Invoices"]] == [made["InvoiceID"]]
    world.change_settings(modified_since_inclusive=False)
    assert xero.get("Invoices", exact).json["Invoices"] == []
    later = {"If-Modified-Since": "2026-11-23T10:00:11"}
    assert xero.get("Invoices", later).json["Invoices"] == []


def test_a_payment_moves_the_invoice_to_the_end(xero, clock):
    made = xero.invoice()
    xero.invoice()
    clock.advance(5)
    xero.payment(made, 10)
    assert xero.get("Invoices", page=1).json["Invoices"][-1]["InvoiceID"] == made["InvoiceID"]


def test_unpaged_invoices_have_no_lines(xero):
    assert xero.get("Invoices").json["Invoices"][0]["LineItems"] == []
    assert xero.get("Invoices", page=1).json["Invoices"][0]["LineItems"] != []
    assert "pagination" in xero.get("Invoices", Statuses="PAID").json
    assert "Payments" not in xero.get("Invoices", summaryOnly="true").json["Invoices"][0]


def test_explicit_filters_of_invoices(xero):
    made = xero.invoice(InvoiceNumber="GAL-7")

    def numbers(**query):
        return [row["InvoiceNumber"] for row in xero.get("Invoices", **query).json["Invoices"]]

    assert numbers(IDs=f"{made['InvoiceID'].upper()}") == ["GAL-7"]
    assert sorted(numbers(InvoiceNumbers="gal-7,OLD-0001")) == ["GAL-7", "OLD-0001"]
    assert numbers(createdByMyApp="true") == ["GAL-7"]
    assert numbers(searchTerm="gal-") == ["GAL-7"]
    assert "GAL-7" in numbers(ContactIDs=made["Contact"]["ContactID"])
    assert set(numbers(Statuses="PAID")) == {"OLD-0002", "OLD-0004", "OLD-0006"}


def test_a_renamed_contact_is_found_under_its_new_name_at_once(xero):
    made = xero.invoice()
    where = {"where": 'Contact.Name=="Anna Maria Fischer"'}
    assert xero.get("Invoices", **where).json["Invoices"] == []
    xero.post("Contacts", {"ContactID": made["Contact"]["ContactID"], "Name": "Anna Maria Fischer"})
    assert len(xero.get("Invoices", **where).json["Invoices"]) == 2


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ('Name=="anna fischer"', {"Anna Fischer"}),
        ('EmailAddress=="anna.fischer@example.com"', {"Anna Fischer", "Anna Fischer (Hamburg)"}),
        ('Name.StartsWith("Marlowe")', {"Marlowe & Sons", "Marlowe and Sons Ltd"}),
        ('Name.Contains("Neill") OR Name=="Elena Rossi"', {"O'Neill Interiors", "Elena Rossi"}),
        ('(Name.Contains("smith") && IsCustomer==true)', {"J. Smith Collection"}),
        ('EmailAddress!=null AND EmailAddress.EndsWith(".it")', {"Elena Rossi"}),
        ('ContactNumber="CMT-01"', {"City Museum Trust"}),
        ('EmailAddress==null && Name.StartsWith("Walk")', {"Walk-in customer"}),
        ('IsSupplier && !(Name.Contains("o") || Name.Contains("a"))', set()),
    ],
)
def test_where_on_contacts(xero, where, found):
    assert set(names(xero.get("Contacts", where=where))) == found


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ('Type=="ACCREC" AND Status=="PAID"', 3),
        ("Date>=DateTime(2026,02,01) && Date<DateTime(2026,02,03)", 1),
        ('Type=="ACCPAY" && AmountDue>3000', 1),
        ("UpdatedDateUTC>=DateTime(2030,1,1)", 0),
    ],
)
def test_where_on_invoices(xero, where, count):
    assert len(xero.get("Invoices", where=where).json["Invoices"]) == count


@pytest.mark.parametrize(
    "where",
    [
        "Nmae==\"x\"", "Name==", "Name==5", "ContactID==\"x\"", "ContactID==guid(\"x\")", "Name==\"x",
        "Name==\"x\" AND", "(((", "Date==DateTime(2026)", "Name.Contains(5)", "Name>null", "1==1", ";",
        "UpdatedDateUTC==DateTime(2026,13,41)", "(" * 500 + "Name==\"x\"" + ")" * 500, "IsCustomer==\"true\"",
    ],
)  # fmt: skip
def test_a_bad_clause_is_a_400_of_its_own_kind(xero, where):
    answer = xero.get("Contacts", where=where)
    assert answer.status == 400
    assert (answer.json["ErrorNumber"], answer.json["Type"]) == (16, "QueryParseException")


@given(st.text(alphabet='NameTotal=!<>&|()".,0123456789ContainsDateTimeGuidANDORnulltrue \\', max_size=60))
def test_no_clause_breaks_the_parser(clause):
    try:
        test = predicate(clause, KNOWN)
    except Refused as refusal:
        assert refusal.response.status == 400
    else:
        test({"Name": "x", "Total": None})


def test_order(xero):
    up = names(xero.get("Contacts", order="Name"))
    assert up == sorted(up, key=str.casefold)
    assert names(xero.get("Contacts", order="Name DESC")) == up[::-1]
    assert xero.get("Contacts", order="Nmae").status == 400
    by_two = xero.get("Invoices", order="Type DESC, Total").json["Invoices"]
    keys = [(row["Type"] == "ACCPAY", row["Total"]) for row in by_two]
    assert keys == sorted(keys)


def test_case_of_paths_and_singular_names_do_not_matter(xero):
    assert xero.get("contacts").status == xero.get("Contact").status == xero.get("INVOICES").status == 200
    assert xero.get("Nothing").status == 404
    assert xero.call("DELETE", "Invoices").status == 501


def test_many_contacts_page_quickly(xero, world):
    import time

    with world.as_person(xero.tenant) as call:
        control.add_contacts(call, 20_000, "Collector")
    query = {"pageSize": 1000, "order": "Name"}
    since = {"If-Modified-Since": "2026-11-01T00:00:00"}
    xero.get("Contacts", since, page=1, **query)
    start = time.perf_counter()
    seen = [
        row["ContactID"]
        for page in range(1, 21)
        for row in xero.get("Contacts", since, page=page, **query).json["Contacts"]
    ]
    assert len(set(seen)) == 20_000
    assert time.perf_counter() - start < 10  # some 0.5 s; sorting per page would take several times that
