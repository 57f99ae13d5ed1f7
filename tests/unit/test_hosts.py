"""The allow-list of hosts that the plugin may call."""

import pytest

from galleria_xero_plugin import hosts


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
        assert not fault.endswith(".")
        assert "hunter2" not in fault

    @pytest.mark.parametrize("address", ["http://localhost:8123/x", "https://simulator.example", "http://127.0.0.1:1"])
    def test_a_simulator(self, address):
        assert hosts.check_addresses({"A": address}, allow_other_hosts=True) == []
        assert len(hosts.check_addresses({"A": address})) == 1

    @pytest.mark.parametrize("address", ["", "ftp://localhost", "http://a@localhost", "http://"])
    def test_even_a_simulator_has_a_proper_address(self, address):
        assert len(hosts.check_addresses({"A": address}, allow_other_hosts=True)) == 1
