"""Item 7: what changed in Xero is told before a sale breaks on it."""

from decimal import Decimal


def test_an_archived_account_is_replaced_and_the_sale_goes_out(place, nora):
    place.ready()
    place.sell("Wilhelmina Oakes", 100)
    nora.choose_from_menu("Settings check")
    nora.looks_at("Settings check")
    nora.sees("Everything that you chose works.")

    place.bookkeeper.archive_account("200")
    nora.click("Check now")
    place.worker.until_quiet()
    nora.open("/xero/")
    nora.click("1 setting to check", "link")
    nora.looks_at("Settings check")
    nora.sees("200 Sales cannot be used for this (any more). Please choose another one.")
    place.sync()
    assert place.invoices() == {}, "it waits, and is not booked on an archived account"

    nora.open("check")
    nora.page.get_by_label("Sales", exact=True).select_option(label="260 Other Revenue")
    nora.click("Use these instead")
    nora.sees("Everything that you chose works.")
    nora.choose_from_menu("Sync now")
    nora.sees("1 invoice sent")
    place.worker.until_quiet()
    assert place.standing() == {"AG-1": ("AUTHORISED", Decimal(120))}
    assert [line["AccountCode"] for line in place.invoices()["AG-1"]["LineItems"]] == ["260"]
