"""`python3 tests --screens FOLDER`: a picture of every screen in every main state, wide and on a small telephone.

For people to look at: what a test cannot see is ugly, confusing or cut off.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from galleria_xero_plugin.db import migrate
from tests.helpers import browser
from tests.web.site import Site

from .serving import serving
from .states import STATES

WIDTHS = (1200, 320)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 tests", allow_abbrev=False)
    parser.add_argument("--screens", type=Path, metavar="FOLDER", required=True, help="where the pictures go")
    folder = parser.parse_args().screens
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.ensure(sys.executable), args=browser.ARGUMENTS)
        for width in WIDTHS:
            for number, state in enumerate(STATES, 1):
                page = chromium.new_page(viewport={"width": width, "height": 800})
                for shown, name in enumerate(screens(state, page), 1):
                    path = folder / f"{number:02}-{state.__name__.replace('_', '-')}-{shown:02}-{name}-{width}.png"
                    page.screenshot(path=path, full_page=True)
                    print(path, flush=True)
        chromium.close()
    return 0


def screens(state, page):
    """The heading of every screen of a state, as a part of a file's name, while the page shows it."""
    with tempfile.TemporaryDirectory() as folder:
        site = Site(f"sqlite:///{folder}/site.db")
        migrate.upgrade(site.engine)
        with serving(site, page) as here:
            for _ in state(here):
                yield re.sub(r"\W+", "-", page.get_by_role("heading", level=1).inner_text().lower()).strip("-")


if __name__ == "__main__":
    sys.exit(main())
