"""Links into Xero: a fixed prefix and checked ids."""

import pytest

from galleria_xero_plugin.xero import links

ID = "11111111-1111-4111-8111-111111111111"


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
