"""Item 1: what a sync would do now, before it does anything."""

from decimal import Decimal

from playwright.sync_api import expect


def test_nora_sees_what_her_accountant_will_see_and_then_sends_just_that(place, nora):
    place.ready()
    place.sell("Wilhelmina Oakes", 1000)
    place.sell("Hugo Penhale", "249.50")
    place.sell("Sofia Bell", 80, currency="EUR")
    asked_of_xero = place.calls()

    nora.choose_from_menu("Preview")
    nora.looks_at("Preview")
    nora.sees("3 invoices in all")
    nora.sees("2 would be sent, 1 would wait.")
    nora.sees("Which exchange rate? (1): AG-3")
    page = nora.page
    totals = page.get_by_role("table", name="Totals and tax per account, GBP")
    expect(totals.get_by_role("row", name="200 Sales")).to_contain_text("GBP 249.90")
    expect(totals.get_by_role("row", name="200 Sales")).to_contain_text("GBP 1,249.50")
    expect(totals.get_by_role("row", name="610 Accounts Receivable")).to_contain_text("GBP 1,499.40")

    # One document as the accountant sees it
    nora.page.locator("summary").filter(has_text="AG-2").press("Enter")
    lines = page.get_by_role("table", name="Lines").filter(visible=True)
    expect(lines).to_contain_text("200 Sales")
    expect(lines).to_contain_text("20% (VAT on Income) (20 %)")
    expect(page.get_by_text("Contact:").filter(visible=True)).to_contain_text("looked up in Xero")
    expect(page.get_by_role("table", name="Effect in the books").filter(visible=True)).to_contain_text("GBP 299.40")
    nora.looks_at("Preview")
    assert place.calls() == asked_of_xero, "looking asks Xero nothing"
    assert place.invoices() == {}

    nora.click("Sync now")
    nora.sees("2 invoices sent")
    place.worker.until_quiet()
    assert place.standing() == {"AG-1": ("AUTHORISED", Decimal(1200)), "AG-2": ("AUTHORISED", Decimal("299.40"))}
    assert {line["AccountCode"] for row in place.invoices().values() for line in row["LineItems"]} == {"200"}
    assert sum(row["TotalTax"] for row in place.invoices().values()) == Decimal("249.90")

    # The next sale to a buyer that Xero knows by now says whom it is matched with
    place.sell("Hugo Penhale", 60)
    nora.choose_from_menu("Preview")
    nora.sees("1 would be sent, 1 would wait.")
    page.locator("summary").filter(has_text="AG-4").click()
    expect(page.get_by_text("Contact:").filter(visible=True)).to_contain_text("linked before")
