"""Item 3: five drafts first, then everything."""

from decimal import Decimal

from playwright.sync_api import expect


def test_five_drafts_are_looked_at_and_approved_and_the_rest_follows(place, nora):
    place.ready(first_five_as_drafts=True)
    for number in range(1, 8):
        place.sell(f"Buyer Number{number}", 100 * number)

    nora.open("/xero/")
    nora.sees("Not live yet")
    nora.click("Sync now")
    nora.sees("5 invoices sent")
    place.worker.until_quiet()
    drafts = {number: row["InvoiceID"] for number, row in place.invoices().items()}
    assert {status for status, _ in place.standing().values()} == {"DRAFT"}
    assert len(drafts) == 5

    nora.open("/xero/")
    nora.sees("Not live yet")
    nora.click("Look and go on", "link")
    nora.looks_at("First run")
    expect(nora.page.get_by_role("row")).to_have_count(1 + 5)
    with nora.page.expect_navigation():
        nora.page.get_by_role("link", name="AG-1 in Xero").click()
    expect(nora.page.get_by_text("Draft").first).to_be_visible()
    nora.page.go_back()
    nora.click("Approve and go on")
    nora.sees("Finished")
    place.worker.until_quiet()

    assert place.standing() == {f"AG-{n}": ("AUTHORISED", Decimal(120 * n)) for n in range(1, 8)}
    assert drafts.items() <= {number: row["InvoiceID"] for number, row in place.invoices().items()}.items(), (
        "the drafts themselves were approved, and none was made anew"
    )
    nora.open("/xero/")
    nora.does_not_see("Not live yet")
    nora.open("first-run")
    nora.looks_at("First run")
    nora.sees("this webservice is live")
