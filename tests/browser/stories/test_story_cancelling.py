"""Item 9: what this morning's sync sent is taken back."""

from decimal import Decimal


def test_this_mornings_run_is_cancelled_but_for_what_was_paid(place, nora):
    place.ready()
    for number in range(1, 4):
        place.sell(f"Buyer Number{number}", 100 * number)
    nora.choose_from_menu("Sync now")
    nora.sees("3 invoices sent")
    place.worker.until_quiet()
    address = nora.page.url
    nora.page.reload()
    place.bookkeeper.pay("AG-2", "10.00")

    nora.click("Cancel all 3 in Xero", "link")
    nora.looks_at("Cancel in Xero?")
    nora.sees("the numbers below are spent")
    nora.click("Back", "link")
    assert nora.page.url == address and place.standing()["AG-1"][0] == "AUTHORISED", "asking cancels nothing"

    nora.click("Cancel all 3 in Xero", "link")
    nora.click("Cancel all 3 in Xero")
    nora.sees("Finished")
    place.worker.until_quiet()
    assert {number: status for number, (status, _) in place.standing().items()} == {
        "AG-1": "VOIDED", "AG-2": "AUTHORISED", "AG-3": "VOIDED",
    }  # fmt: skip
    assert place.invoices()["AG-2"]["AmountPaid"] == Decimal(10)
    nora.open("activity")
    nora.looks_at("Activity")
    nora.sees("AG-2 is paid")
    place.sync()
    assert len(place.invoices()) == 3, "nothing of it is sent again"
