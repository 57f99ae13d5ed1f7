"""In a real browser, under the host's policy: nothing is refused, and the way to Xero and back is open."""
import threading

import pytest
from werkzeug.serving import make_server

from galleria_xero_plugin.simulator import Simulator, SimulatorSettings
from galleria_xero_plugin.simulator.core.settings import AppSettings
from tests.helpers.servers import free_port
from tests.second_host import kit
from tests.second_host.conftest import OWNER
from tests.second_host.site import MOUNT
from tests.second_host.site.seed import PASSWORD


@pytest.fixture
def address(make_site, ready):
    """The site on a port, with a Xero that knows its redirect address."""
    address = f"http://localhost:{free_port()}"
    callback = f"{address}{MOUNT}/callback"
    known = AppSettings(**{**vars(kit.XERO_APP), "redirect_uris": (callback,)})
    with Simulator(SimulatorSettings(apps=(known,))) as xero:
        site = make_site(ready, GALLERIA_XERO_REDIRECT_URI=callback, **kit.addresses(xero))
        server = make_server("localhost", int(address.rpartition(":")[2]), site, threaded=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield address
        server.shutdown()
        thread.join()
        server.server_close()


def test_from_the_hosts_login_to_the_mapping(page, address):
    complaints = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{address}/anmelden")
    page.get_by_label("E-Mail").fill(OWNER)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    page.get_by_role("link", name="Webservices").click()
    page.get_by_role("link", name="New Webservice").click()
    page.get_by_role("link", name="Xero").click()
    page.get_by_label("Invoice Prefix").fill("KM")
    page.get_by_role("button", name="Create Webservice").click()
    page.get_by_role("button", name="Allow access").click()
    page.get_by_role("heading", name="wants access to").wait_for()
    page.get_by_label("North Light Gallery").check()
    page.get_by_role("button", name="Allow access").click()
    page.get_by_role("heading", name="Edit Xero").wait_for()
    assert page.get_by_role("link", name="Kabinett der Graphik").is_visible()
    assert complaints == []
