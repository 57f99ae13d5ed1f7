"""Before anything is created: the preview, what stands in the books already, and the first five, in Chromium."""

import re

from playwright.sync_api import expect

from galleria_xero_plugin.domain.states import DocumentState

from .test_article import A_SYNC, demo, visitor
from .test_screens import healthy, served, template

__all__ = ["demo", "served", "template", "visitor"]


def test_five_drafts_then_approve_and_go_on(visitor):
    """In the demo as a stranger starts it: connected by the pages, so the net is on."""
    page, look, click = visitor.page, visitor.look, visitor.click
    visitor.sign_in()
    page.goto(f"{visitor.address}/websites/webservices/new/xero")
    page.get_by_label("Copy All Existing Invoices and Associated Contacts To Xero").check()
    click("Create Webservice")
    click("Allow access")
    page.wait_for_url(re.compile("/identity/connect/authorize"))
    page.get_by_label("North Light Gallery").check()
    click("Allow access")
    page.wait_for_url(re.compile("/edit"))
    page.get_by_label(re.compile("^Zero-rated export")).select_option(label="Zero Rated Income (0 %)")
    page.get_by_label("Sync From Date").fill("2024-01-01")
    expect(page.get_by_label("Send the first five as drafts")).to_be_checked()
    page.get_by_label("As invoices, entered by hand or by another program").check()
    click("Update Webservice")
    expect(page.get_by_text("Finished")).to_be_visible(timeout=A_SYNC)
    expect(page.get_by_text("5 invoices sent")).to_be_visible()

    # The tab says what is next; the preview shows the others as the accountant sees them
    page.goto(f"{visitor.address}/websites/webservices/")
    expect(page.get_by_text("Not live yet")).to_be_visible()
    page.get_by_role("button", name=re.compile("More options")).click()
    page.get_by_role("menuitem", name="Preview").click()
    look("Preview")
    page.locator("summary").first.press("Enter")
    expect(page.get_by_text("Effect in the books").first).to_be_visible()
    page.goto(f"{visitor.address}/websites/webservices/")
    click("Look and go on", "link")
    look("First run")
    click("Approve and go on")
    expect(page.get_by_text("110 invoices sent")).to_be_visible(timeout=A_SYNC)
    expect(page.get_by_text("Finished")).to_be_visible(timeout=A_SYNC)
    page.goto(f"{visitor.address}/websites/webservices/")
    expect(page.get_by_text("Not live yet")).to_have_count(0)


def test_linking_with_the_keyboard_alone_and_without_javascript(served, browser):
    made, connection = served.site.ready()
    sale = served.site.gallery.add_invoice()
    document = served.site.document(connection, sale.number, local_id=sale.id, state=DocumentState.CONFLICT,
                                    reason_code="maybe_in_books", reason_facts={"number": "AG-1", "other": "INV-0007"})
    served.site.question(document, connection)
    context = browser.new_context(java_script_enabled=False, base_url=served.url, viewport={"width": 320, "height": 700})
    page = context.new_page()
    page.goto("/enter?as=owner")
    page.goto("/xero/")
    page.get_by_role("link", name="Compare and decide").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Already in your books")
    expect(page.get_by_role("checkbox")).to_be_checked()
    page.get_by_role("button", name="Link the ticked ones").press("Enter")
    expect(page.get_by_text("1 linked; it is not sent again.")).to_be_visible()
    context.close()


def test_the_fold_of_a_document_opens_with_the_keyboard(served):
    made, _ = served.site.ready()
    served.site.gallery.add_invoice()
    page = served.open(f"/xero/{made.id}/preview")
    page.set_viewport_size({"width": 320, "height": 700})
    page.locator("summary").press("Enter")
    expect(page.get_by_text("Effect in the books")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    healthy(page)
