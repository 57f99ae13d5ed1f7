"""Item 2: nothing is created for a sale that somebody typed into Xero long ago."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

BUYERS = ("Wilhelmina Oakes", "Hugo Penhale", "Sofia Bell", "Tomas Weir", "Una Crane")


@pytest.fixture
def typed(place):
    """Five sales; Xero has one that looks like each, under numbers of its own."""
    place.ready()
    for number, buyer in enumerate(BUYERS, 1):
        sale = place.sell(buyer, 100 * number)
        place.enter_by_hand(buyer, sale.total, f"INV-{number}")
    place.sell("Vera Nyland", 700)
    return place


def test_link_never_send_a_different_sale_and_the_rest_at_once(typed, nora):
    by_hand = {number: row["InvoiceID"] for number, row in typed.invoices("INV-").items()}
    nora.choose_from_menu("Sync now")
    nora.sees("Finished")
    assert typed.invoices() == {}, "nothing at all is created while questions are open"

    nora.open("/xero/")
    nora.click("Compare and decide", "link")
    nora.looks_at("Already in your books")
    nora.sees("5 invoices to decide in all")
    nora.sees("AG-1 may be INV-1.")

    nora.click("Link: AG-1, INV-1")
    nora.sees("4 invoices to decide in all")
    nora.click("Never send: already in the books: AG-2")
    nora.sees("3 invoices to decide in all")
    nora.click("Different sale: create it: AG-3, INV-3")
    nora.sees("2 invoices to decide in all")
    expect(nora.page.get_by_role("checkbox", checked=True)).to_have_count(2)
    nora.click("Link the ticked ones")
    nora.looks_at("Sync")  # nothing is left to decide: it goes on by itself
    typed.worker.until_quiet()
    nora.open("books")
    nora.looks_at("Already in your books")
    nora.sees("Nothing to decide.")

    # The third sale and the one that nobody had typed; the linked ones are the same documents as before
    assert typed.standing() == {"AG-3": ("AUTHORISED", Decimal(360)), "AG-6": ("AUTHORISED", Decimal(840))}
    assert {number: row["InvoiceID"] for number, row in typed.invoices("INV-").items()} == by_hand

    # A linked one counts as sent, and what is paid on it here is booked there
    typed.gallery.add_payment("inv-1", 120, date=typed.gallery.invoices("north-light", ["inv-1"])[0].date)
    typed.sync()
    assert typed.invoices("INV-")["INV-1"]["AmountPaid"] == Decimal(120)
    assert len(typed.invoices()) == 2
    nora.open("activity?search=AG-1")
    expect(nora.page.get_by_role("link", name="in Xero").first).to_be_visible()
    nora.open("activity?search=AG-2")
    nora.looks_at("Activity")
    expect(nora.page.get_by_role("row", name="AG-2")).to_contain_text("Not sent")


def test_what_was_said_about_the_sales_until_now_is_answered(place, nora):
    """The set-up asks, and explains what follows from the answer."""
    place.ready()
    nora.choose_from_menu("Edit")
    nora.sees("How did your sales come into Xero until now?")
    nora.page.get_by_label("As money received on the bank account").check()
    nora.click("Update Webservice")
    nora.choose_from_menu("Already in your books")
    nora.looks_at("Already in your books")
    nora.sees("Such entries cannot be compared with invoices")
