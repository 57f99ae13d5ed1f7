"""The site's pages in a real browser: axe finds nothing, nothing is blocked or missing, 320 pixels are enough."""
import threading

import pytest
from axe_playwright_python.sync_playwright import Axe
from werkzeug.serving import make_server

from galleria_xero_plugin.demo.seed_data import PASSWORD

PAGES = ("/", "/artworks", "/contacts", "/contacts/1", "/invoices", "/invoices/3", "/invoices/117", "/invoices/new",
         "/invoices/117/edit", "/websites", "/mail", "/nowhere")


@pytest.fixture
def address(site):
    server = make_server("127.0.0.1", 0, site, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def faults(page):
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
    return [f"{page.url} {v['id']}: {n['html'][:200]}" for v in found.response["violations"] for n in v["nodes"]]


def test_every_page(page, address):
    complaints = []
    page.on("console", lambda message: complaints.append(f"{page.url}: {message.text}")
            if message.type == "error" and "404" not in message.text else None)
    page.goto(f"{address}/login")
    complaints += faults(page)
    page.get_by_label("Email").fill("nora@northlight.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    for path in PAGES:
        page.set_viewport_size({"width": 1200, "height": 800})
        page.goto(address + path)
        complaints += faults(page)
        page.set_viewport_size({"width": 320, "height": 640})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            complaints.append(f"{path} is wider than 320 pixels")
    assert complaints == []
