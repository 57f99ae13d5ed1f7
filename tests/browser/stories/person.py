"""A person at a browser: what they do, and what is checked on every page that they look at."""

from __future__ import annotations

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, expect

MOST_TABS = 120
FOCUS = """el => {
  const at = document.activeElement, style = getComputedStyle(at);
  const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  return {there: at === el, seen: at === document.body || seen, what: at.outerHTML.slice(0, 120)};
}"""


class Person:
    """Signed in as `who`. `complaints` are the console's, `strays` the requests to neither the site nor, by a link
    that the person followed, Xero."""

    def __init__(self, page, place, who="owner"):
        self.page, self.place, self.complaints, self.strays = page, place, [], []
        page.on("console", lambda message: self._complain(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._requested)
        if who:
            page.goto(f"{place.url}/enter?as={who}")

    def _complain(self, text):
        if "status of 422" not in text:  # a form that came back with mistakes; Chromium calls every 4xx an error
            self.complaints.append(text)

    def _requested(self, request):
        if request.url.startswith(self.place.url + "/"):
            return
        at_xero = request.url.startswith(self.place.xero.url + "/")
        if not at_xero or not (request.is_navigation_request() or self.page.url.startswith(self.place.xero.url)):
            self.strays.append(request.url)

    def leave(self):
        """The end of every story."""
        self.page.close()
        assert self.complaints == []
        assert self.strays == []

    # -- going about

    def open(self, path):
        """A page of the site, by its path; a path that begins with no slash is one of this webservice."""
        address = self.place.url + (path if path.startswith("/") else f"/xero/{self.place.made.id}/{path}")
        try:
            self.page.goto(address)
        except Error as cut:  # the page that she leaves was loading itself anew at that very moment
            if "ERR_ABORTED" not in str(cut):
                raise
            self.page.goto(address)
        return self.page

    def click(self, name, role="button"):
        self.page.get_by_role(role, name=name, exact=True).first.click()

    def choose_from_menu(self, name):
        self.open("/xero/")
        self.page.get_by_role("button", name="More options for Xero").click()
        self.page.get_by_role("menuitem", name=name, exact=True).click()

    def looks_at(self, heading):
        """The page is there, fits into its window, and axe finds nothing."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(heading)
        assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), heading
        found = Axe().run(self.page)
        assert found.violations_count == 0, f"{heading}\n{found.generate_report()}"

    def sees(self, text, **how):
        expect(self.page.get_by_text(text).first).to_be_visible(**how)

    def does_not_see(self, text):
        expect(self.page.get_by_text(text)).to_have_count(0)

    # -- the keyboard alone

    def tab_to(self, target, key="Tab"):
        """Press Tab until `target` has the focus, which can be seen at every stop."""
        element = target.first.element_handle()
        for _ in range(MOST_TABS):
            at = element.evaluate(FOCUS)
            assert at["seen"], f"the focus cannot be seen on {at['what']}"
            if at["there"]:
                return target
            self.page.keyboard.press(key)
        raise AssertionError(f"the keyboard does not reach {target}")

    def by_menu(self, name):
        """The "..." menu of the Webservices tab, by its arrow keys."""
        self.press(re.compile("^More options for Xero"))
        item = self.page.get_by_role("menuitem", name=name, exact=True)
        expect(self.page.get_by_role("menuitem").first).to_be_focused()
        self.tab_to(item, "ArrowDown")
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def press(self, name, role="button", key="Enter"):
        """Go there with Tab and press it."""
        self.tab_to(self.page.get_by_role(role, name=name, exact=isinstance(name, str)))
        self.page.keyboard.press(key)
