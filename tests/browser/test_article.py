"""The eight steps of the help article, in Chromium, in the demo as a stranger starts it: real site, worker, Valkey
and simulated Xero. On every page axe finds nothing, the console is silent and nothing is wider than the window.

With `SCREENSHOTS=folder` in the environment every page is also kept as a picture.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.helpers.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
PICTURES = os.environ.get("SCREENSHOTS")
A_SYNC = 60_000
"""Milliseconds that a whole sync may take on a busy machine."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The address of a running demo."""
    said = tmp_path_factory.mktemp("demo") / "said"
    with said.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "galleria_xero_plugin.demo", "--port", "0"],
            cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )

    def address():
        assert process.poll() is None, said.read_text()
        found = re.search(r"ready:\s+(\S+)", said.read_text())
        return found and found.group(1)

    yield wait_until(address, timeout=60, message=lambda: said.read_text())
    process.terminate()
    process.wait(20)


@pytest.fixture
def visitor(demo, page):
    """A browser whose pages are looked at as they come."""
    page.set_default_timeout(15_000)
    visit = Visit(page, demo)
    yield visit
    page.close()
    assert visit.complaints == []


class Visit:
    """What a person does, and what is checked on every page on the way."""

    def __init__(self, page, address):
        self.page, self.address, self.complaints, self.seen = page, address, [], 0
        page.on("console", lambda message: self._complain(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self._complain(str(error)))

    def _complain(self, text):
        # A form that came back with mistakes is a 422, and Chromium calls every 4xx an error
        if "status of 422" not in text:
            self.complaints.append(text)

    def sign_in(self, email="nora@northlight.example"):
        self.page.goto(self.address)
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill("canvas")
        self.page.get_by_role("button", name="Sign in").click()

    def look(self, heading):
        """The page is there, and it is a good one."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(heading)
        assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), heading
        found = Axe().run(self.page)
        assert found.violations_count == 0, f"{heading}\n{found.generate_report()}"
        self.seen += 1
        if PICTURES:
            name = re.sub(r"\W+", "-", heading.lower())
            self.page.screenshot(path=f"{PICTURES}/{self.seen:02d}-{name}.png", full_page=True)

    def click(self, name, role="button"):
        self.page.get_by_role(role, name=name, exact=True).first.click()


def test_the_eight_steps_of_the_article(visitor):
    page, look, click = visitor.page, visitor.look, visitor.click
    visitor.sign_in()

    # 1. In Websites open the Webservices tab, and click New Webservice.
    click("Websites", "link")
    click("Webservices", "link")
    look("Webservices")
    click("New Webservice", "link")

    # 2. Select Xero in the New Web Service screen.
    look("New Web Service")
    page.get_by_role("link", name=re.compile(r"^Xero\b")).click()

    # 3. In the XERO New Web Service screen, enter your preferences. A mistake is shown at its field.
    look("XERO New Web Service")
    page.get_by_label("Invoice Prefix").fill("A,G")
    click("Create Webservice")
    expect(page.get_by_label("Invoice Prefix")).to_have_attribute("aria-invalid", "true")
    look("XERO New Web Service")
    page.get_by_label("Invoice Prefix").fill("")
    page.get_by_label("Enable Scheduled Sync").check()
    page.get_by_label("Import all Xero contacts").check()
    page.get_by_label("Copy All Existing Invoices and Associated Contacts To Xero").check()

    # 4. Click Create Webservice and then click Allow access on the following page.
    click("Create Webservice")
    look("Allow access")
    click("Allow access")
    page.wait_for_url(re.compile("/identity/connect/authorize"))
    look("wants access to")
    page.get_by_label("North Light Gallery").check()
    click("Allow access")
    page.wait_for_url(re.compile("/websites/webservices/"))

    # 5. Open the more options (...) menu on the Xero row and select Edit.
    page.goto(f"{visitor.address}/websites/webservices/")
    look("Webservices")
    page.get_by_role("button", name=re.compile("More options")).press("Enter")
    expect(page.get_by_role("menuitem", name="Edit")).to_be_focused()
    page.keyboard.press("Enter")

    # 6. Make sure that all the different accounts are correct.
    look("Edit Xero")
    expect(page.get_by_label("Sales", exact=True)).to_have_value(re.compile(".+"))
    click("Update Webservice")  # the 0 % option was not chosen for us, and no date either
    look("Edit Xero")
    expect(page.get_by_text("Please choose the tax rate for Zero-rated export").first).to_be_visible()
    page.get_by_label(re.compile("^Zero-rated export")).select_option(label="Zero Rated Income (0 %)")

    # The article knows no net of five drafts: without it everything goes at once.
    page.get_by_label("Send the first five as drafts").uncheck()

    # 7. Finally, select a Sync From Date.
    page.get_by_label("Sync From Date").fill("2024-01-01")

    # 8. Click Update Webservice to save your changes: the first sync runs by itself.
    click("Update Webservice")
    expect(page.get_by_text("115 invoices sent")).to_be_visible(timeout=A_SYNC)
    look("Sync")

    # What stands where: every document with its state and its way to Xero
    click("Show the documents", "link")
    look("Activity")
    link = page.get_by_role("link", name="in Xero", exact=True).first
    with page.expect_popup() if link.get_attribute("target") else page.expect_navigation() as opened:
        link.click()
    landed = opened.value if link_opens_window(opened) else page
    expect(landed.get_by_role("heading", level=1)).to_contain_text("AG-")


def link_opens_window(opened):
    return hasattr(opened.value, "get_by_role")


@pytest.mark.parametrize("width", [320, 1200])
def test_afterwards_every_page_is_good_on_a_telephone_and_on_a_desk(visitor, width):
    page = visitor.page
    page.set_viewport_size({"width": width, "height": 800})
    visitor.sign_in()
    page.goto(f"{visitor.address}/websites/webservices/")
    visitor.look("Webservices")
    for item, heading in (("Activity", "Activity"), ("Edit", "Edit Xero")):
        page.goto(f"{visitor.address}/websites/webservices/")
        page.get_by_role("button", name=re.compile("More options")).click()
        page.get_by_role("menuitem", name=item).click()
        visitor.look(heading)
    page.goto(f"{visitor.address}/websites/webservices/")
    page.get_by_role("button", name=re.compile("More options")).click()
    page.get_by_role("menuitem", name="Sync now").click()
    expect(page.get_by_role("status").first).to_contain_text("Finished", timeout=A_SYNC)


def test_a_collaborator_without_rights_is_told_so(visitor):
    visitor.sign_in("colin@northlight.example")
    answer = visitor.page.goto(f"{visitor.address}/websites/webservices/")
    assert answer.status == 403
    visitor.complaints.clear()  # Chromium calls the refusal an error, and it is meant
    expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
