"""Item 8: both sides, month by month, to the cent; and the bookkeeper's own page."""

import csv
import datetime as dt
import io
from decimal import Decimal

from playwright.sync_api import expect

from .person import Person


def rows_of(download):
    with open(download.path(), encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(io.StringIO(file.read())))


def test_a_month_is_compared_given_away_signed_off_and_taken_back(place, nora, browser):
    place.ready()
    place.sell("Wilhelmina Oakes", 100)
    place.sell("Hugo Penhale", 250)
    place.sell("Sofia Bell", 80)
    place.sync()
    place.bookkeeper.void("AG-2")  # and nobody tells the gallery

    nora.choose_from_menu("Compare with Xero")
    nora.sees("Not compared yet.")
    nora.click("Compare now")
    place.worker.until_quiet()
    nora.open("months?month=2026-11")
    nora.looks_at("Compare with Xero")
    nora.sees("2 of 3 gallery invoices stand in Xero with the same totals")
    nora.sees("Ask your bookkeeper why it was voided or deleted")
    sides = nora.page.get_by_role("table", name="Both sides in GBP")
    for amount in ("430.00", "180.00", "250.00"):
        expect(sides.get_by_role("row", name="Net")).to_contain_text(amount)
    expect(sides.get_by_role("row", name="Still owed by clients")).to_contain_text("−300.00")
    numbers = nora.page.get_by_role("table", name="Every number from the first to the last")
    expect(numbers.get_by_role("row")).to_have_count(1 + 3)
    expect(numbers.get_by_role("row", name="AG-2")).to_contain_text("does not stand in Xero any more")
    for label in ("Show its history", "Open in your gallery", "Open in Xero"):
        expect(nora.page.get_by_role("link", name=label)).to_be_visible()
    with nora.page.expect_download() as kept:
        nora.click("Download as CSV", "link")
    assert [row[0] for row in rows_of(kept.value) if row and row[0].startswith("AG-")] == ["AG-1", "AG-2", "AG-3"]

    # The bookkeeper's link: this month, nothing else, without a login
    nora.click("Give it to my bookkeeper")
    nora.looks_at("For your bookkeeper")
    link = nora.page.get_by_label("Link").input_value()
    context = browser.new_context()
    bo = Person(context.new_page(), place, who=None)
    bo.page.goto(link)
    bo.looks_at("November 2026")
    bo.page.get_by_label("Your name").fill("Bo Keeper")
    bo.click("I have checked this month")
    bo.sees("Signed off by Bo Keeper")
    bo.looks_at("November 2026")
    with bo.page.expect_download() as given:
        bo.click("Download as CSV", "link")
    assert len(rows_of(given.value)) == len(rows_of(kept.value))
    bo.page.goto(f"{place.url}/xero/{place.made.id}/months")
    bo.sees("Please sign in")

    # Taken back: the link opens nothing any more, and the signature stays
    nora.open("months?month=2026-11")
    nora.sees("Signed off by Bo Keeper")
    nora.click("Revoke the link")
    nora.does_not_see("Revoke the link")
    assert bo.page.goto(link).status == 404
    bo.complaints.clear()  # the browser writes the 404 on its console
    bo.looks_at("")
    bo.leave()
    context.close()
    assert place.standing()["AG-2"] == ("VOIDED", Decimal(300)), "comparing changed nothing"


def test_a_payment_that_nobody_reconciles_is_named_after_ten_days(place, nora):
    place.ready()
    sale = place.sell("Wilhelmina Oakes", 100)
    place.gallery.add_payment(sale.id, 120)
    place.sync()
    place.time.move_to(place.time.now() + dt.timedelta(days=1))
    nora.open("months")
    nora.click("Compare now")
    place.worker.until_quiet()
    nora.open("months?month=2026-11")
    nora.sees("Dated more than 10 days ago and not reconciled in Xero")
    nora.looks_at("Compare with Xero")
    (payment,) = [row for row in place.rows("Payments") if row.get("Invoice", {}).get("InvoiceID")
                  == place.invoices()["AG-1"]["InvoiceID"]]  # fmt: skip
    place.bookkeeper.reconcile(payment["PaymentID"])
    nora.click("Compare now")
    place.worker.until_quiet()
    nora.open("months?month=2026-11")
    nora.does_not_see("Dated more than 10 days ago and not reconciled in Xero")
