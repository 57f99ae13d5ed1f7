"""Items 5 and 6: what happened, what waits and why, and what to press."""

import csv
import datetime as dt
import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from galleria_xero_plugin.testing import factories

DERELICT = "=HYPERLINK(evil)"
"""A buyer's name that a spreadsheet would take for a formula."""


@pytest.fixture
def worked(place):
    """Two sales in Xero, one of them paid; one in euros that waits for a rate, one with a total nobody can follow."""
    place.ready()
    place.sell("Wilhelmina Oakes", 100)
    paid = place.sell("Hugo Penhale", 250, date=dt.date(2026, 10, 5))
    place.gallery.add_payment(paid.id, 100)
    place.sell("Sofia Bell", 80, currency="EUR")
    place.sell(contact=factories.make_contact("c-x", "", "", company=DERELICT), total=Decimal("130.00"))
    place.sync()
    return place


def row(nora, number):
    return nora.page.get_by_role("row").filter(has=nora.page.get_by_role("rowheader", name=number))


def test_everything_is_found_by_number_kind_date_and_run(worked, nora):
    nora.choose_from_menu("Activity")
    nora.looks_at("Activity")
    page = nora.page
    page.get_by_label("Number or contact").fill("penhale")
    page.get_by_label("Kind").select_option(label="Invoice")
    nora.click("Show")
    expect(page.get_by_role("rowheader")).to_have_count(1)
    expect(row(nora, "AG-2")).to_contain_text("GBP 300.00")
    expect(page.get_by_label("Number or contact")).to_have_value("penhale")
    nora.click("Show everything", "link")
    page.get_by_label("Dated from").fill("2026-11-01")
    page.get_by_label("Kind").select_option(label="Invoice")
    nora.click("Show")
    expect(row(nora, "AG-2")).to_have_count(0)
    expect(page.get_by_role("rowheader")).to_have_count(3)
    page.get_by_label("Sync").select_option(index=1)
    nora.click("Show")
    page.get_by_role("navigation", name="Show").get_by_role("link", name="Waiting").click()
    nora.looks_at("Activity")
    expect(page.get_by_role("rowheader")).to_have_count(2)

    with page.expect_download() as kept:
        nora.click("Download as CSV", "link")
    with open(kept.value.path(), encoding="utf-8-sig", newline="") as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    assert any(DERELICT in cell for cell in cells)
    assert not any(cell.startswith(("=", "+", "@")) for cell in cells), "no cell is a formula"


def test_the_life_of_a_document_and_the_way_to_xero(worked, nora):
    nora.open("activity?search=AG-1")
    nora.click("AG-1", "link")
    nora.looks_at("Invoice AG-1")
    life = nora.page.get_by_role("list").filter(has_text="Came from your gallery").get_by_role("listitem")
    expect(life.first).to_contain_text("23 Nov 2026, 09:00")
    expect(life.nth(1)).to_contain_text("Nora Light")
    nora.click("in this sync", "link")
    nora.looks_at("Sync")
    nora.page.go_back()
    with nora.page.expect_navigation():
        nora.click("Open in Xero", "link")
    assert worked.invoices()["AG-1"]["InvoiceID"] in nora.page.url
    expect(nora.page.get_by_role("heading", level=1)).to_contain_text("AG-1")


def test_a_waiting_document_says_why_and_is_mended_where_its_button_leads(worked, nora):
    worked.bookkeeper.enable_currency("EUR", "1.15")
    nora.open("activity?group=waiting")
    expect(row(nora, "AG-3")).to_contain_text("Which exchange rate? The invoice is in EUR")
    nora.click("AG-3", "link")
    nora.looks_at("Invoice AG-3")
    nora.sees("Waiting for you")
    nora.click("Edit the settings", "link")
    nora.looks_at("Edit Xero")
    nora.page.get_by_label("When your gallery has no exchange rate").select_option(label="Take Xero's rate of the day")
    nora.click("Update Webservice")
    nora.choose_from_menu("Sync now")
    nora.sees("Finished")
    worked.worker.until_quiet()
    assert worked.invoices()["AG-3"]["CurrencyCode"] == "EUR"

    # The other one is put right in the gallery, and one press sends it
    worked.gallery.change_invoice("inv-4", total=Decimal(120))
    nora.open("activity?group=waiting")
    nora.click("AG-4", "link")
    nora.click("Try again")
    nora.sees("1 invoice sent")
    worked.worker.until_quiet()
    assert worked.standing()["AG-4"] == ("AUTHORISED", Decimal(120))


def test_several_are_put_aside_at_once_and_asked_about_again(worked, nora):
    nora.open("activity?group=waiting")
    for box in nora.page.get_by_role("checkbox").all():
        box.check()
    nora.click("Stop asking about the ticked ones")
    nora.looks_at("Stop asking?")
    nora.sees("AG-3, Sofia Bell")
    nora.click("Stop asking")
    nora.open("activity?group=waiting")
    nora.sees("Nothing here, but:")
    nora.open("activity?search=AG-4")
    nora.click("AG-4", "link")
    nora.looks_at("Invoice AG-4")
    nora.click("Ask again")
    worked.worker.until_quiet()
    nora.open("activity?group=waiting")
    expect(row(nora, "AG-4")).to_contain_text("The totals do not agree")
    assert set(worked.invoices()) == {"AG-1", "AG-2"}


def test_what_xero_says_is_folded_below_our_own_words_and_copied_for_the_bookkeeper(place, nora):
    place.ready()
    place.sell("Wilhelmina Oakes", 100)
    place.bookkeeper.archive_account("200")  # after the accounts were read: Xero itself refuses
    place.sync()
    nora.open("activity?group=waiting")
    nora.looks_at("Activity")
    nora.click("AG-1", "link")
    nora.sees("An account can no longer be used")
    nora.sees("Waiting for your bookkeeper")
    said = nora.page.locator(".gx-quote")
    expect(said).to_be_hidden()
    nora.page.get_by_text("What Xero says").press("Enter")
    expect(said).to_contain_text("200")
    nora.looks_at("Invoice AG-1")
    nora.click("Copy for my bookkeeper", "link")
    nora.looks_at("Copy for my bookkeeper")
    letter = nora.page.get_by_label("Text")
    expect(letter).to_have_value(re.compile("An account can no longer be used"))
    expect(letter).to_have_value(re.compile("AG-1, Wilhelmina Oakes"))
    expect(nora.page.get_by_role("button", name="Copy")).to_be_visible()
    assert place.invoices() == {}


def test_send_now_does_not_wait_for_the_next_sync(place, nora):
    place.ready()
    place.rings(place.sell("Wilhelmina Oakes", 100))
    nora.open("activity")
    nora.click("AG-1", "link")
    nora.looks_at("Invoice AG-1")
    assert place.invoices() == {}
    nora.click("Send now")
    nora.sees("1 invoice sent")
    place.worker.until_quiet()
    assert place.standing() == {"AG-1": ("AUTHORISED", Decimal(120))}


def test_a_taken_number_is_compared_and_linked(place, nora):
    """A sale of today, whose number somebody gave away in Xero."""
    place.ready()
    sale = place.sell("Wilhelmina Oakes", 100, issued_at=place.time.now())
    theirs = place.enter_by_hand("Hotel Meridian plc", sale.total, "AG-1")
    place.sync()
    nora.open("activity?group=waiting")
    nora.click("AG-1", "link")
    nora.looks_at("Invoice AG-1")
    nora.page.get_by_role("button", name="It is this one").first.click()
    place.worker.until_quiet()
    place.gallery.add_payment(sale.id, 50)
    place.sync()
    (only,) = place.invoices().values()
    assert (only["InvoiceID"], only["AmountPaid"]) == (theirs["InvoiceID"], Decimal(50))
