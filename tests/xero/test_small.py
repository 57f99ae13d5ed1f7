"""The limiter's window, the allow-list of hosts, and links into Xero."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galleria_xero_plugin.xero import hosts, links
from galleria_xero_plugin.xero.limits import Window

ID = "11111111-1111-4111-8111-111111111111"


class TestWindow:
    def test_a_burst_and_then_a_wait(self):
        window = Window(3, 60.0)
        for now in (0.0, 1.0, 2.0):
            assert window.wait_needed(now) == 0
            window.note(now)
        assert window.wait_needed(10.0) == 50.0
        assert window.wait_needed(60.0) == 0
        window.note(60.0)
        assert window.wait_needed(60.5) == 0.5

    @pytest.mark.parametrize("limit", [None, 0])
    def test_no_limit(self, limit):
        window = Window(limit)
        window.seed([1.0] * 500)
        for _ in range(500):
            window.note(1.0)
        assert window.wait_needed(1.0) == 0

    def test_a_seed_in_any_order(self):
        window = Window(2, 60.0)
        window.seed([30.0, 10.0, 20.0])
        assert window.wait_needed(40.0) == 40.0  # the older one of the last two was sent at 20

    def test_a_seed_from_the_future_does_not_block_for_longer_than_the_span(self):
        window = Window(1, 60.0)
        window.seed([1e9])
        assert window.wait_needed(0.0) == 60.0

    @given(st.integers(1, 5), st.lists(st.floats(0, 30), max_size=60))
    def test_never_more_than_the_limit_in_any_span(self, limit, pauses):
        window, now, sent = Window(limit, 10.0), 0.0, []
        for pause in pauses:
            now += pause
            now += window.wait_needed(now)
            window.note(now)
            sent.append(now)
        for first, last in zip(sent, sent[limit:], strict=False):
            assert last - first >= 10.0 - 1e-6


class TestHosts:
    def test_what_is_built_in_is_allowed(self):
        addresses = {
            "AUTHORIZE_URL": hosts.AUTHORIZE_URL,
            "TOKEN_URL": hosts.TOKEN_URL,
            "JWKS_URL": hosts.JWKS_URL,
            "CONNECTIONS_URL": hosts.CONNECTIONS_URL,
            "API_URL": hosts.API_URL,
        }
        assert hosts.check_addresses(addresses) == []

    @pytest.mark.parametrize(
        "address",
        [
            "",
            "api.xero.com",
            "//api.xero.com",
            "http://api.xero.com/",
            "https://api.xero.com.evil.example/",
            "https://evil.example/api.xero.com",
            "https://user:hunter2@api.xero.com/",
            "https://api.xero.com@evil.example/",
            "https://evil.example\\@api.xero.com/",
            "https://api.xero.com:8443/",
            "https://api.xero.com:port/",
            "https://[/",
            "https://xero.com/",
            "https://api.xero.com./",
            "https://api.xero.com/?x=1",
            "https://api.xero.com/#x",
            "https://api.xero.com/ x",
            "https://\u0430pi.xero.com/",
            "ftp://api.xero.com/",
            "file:///etc/passwd",
            None,
        ],
    )
    def test_anything_else_is_a_fault(self, address):
        (fault,) = hosts.check_addresses({"API_URL": address})
        assert fault.startswith("API_URL ")
        assert fault.endswith(".")
        assert "hunter2" not in fault

    @pytest.mark.parametrize("address", ["http://localhost:8123/x", "https://simulator.example", "http://127.0.0.1:1"])
    def test_a_simulator(self, address):
        assert hosts.check_addresses({"A": address}, allow_other_hosts=True) == []
        assert len(hosts.check_addresses({"A": address})) == 1

    @pytest.mark.parametrize("address", ["", "ftp://localhost", "http://a@localhost", "http://"])
    def test_even_a_simulator_has_a_proper_address(self, address):
        assert len(hosts.check_addresses({"A": address}, allow_other_hosts=True)) == 1


class TestLinks:
    def test_an_invoice_and_a_contact(self):
        assert links.invoice_link("!a/b", ID.upper()) == f"https://go.xero.com/app/%21a%2Fb/invoicing/view/{ID}"
        assert links.contact_link("!ab", ID) == f"https://go.xero.com/app/%21ab/contacts/contact/{ID}"

    def test_in_the_simulator(self):
        assert links.invoice_link("s", ID, base="http://localhost:1/").startswith("http://localhost:1/app/s/")

    @pytest.mark.parametrize("bad", ["", "javascript:alert(1)", "../x", ID + "?a"])
    def test_only_guids(self, bad):
        with pytest.raises(ValueError, match="GUID"):
            links.invoice_link("!ab", bad)

    def test_a_short_code_is_needed(self):
        with pytest.raises(ValueError, match="short code"):
            links.contact_link("", ID)
