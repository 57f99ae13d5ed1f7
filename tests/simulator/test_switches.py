"""Every open question of the facts is a switch; here is what each reading looks like to a client."""

from __future__ import annotations

import re
from dataclasses import fields
from urllib.parse import urlencode

import pytest

from galleria_xero_plugin.simulator import Request, SimulatorSettings
from galleria_xero_plugin.simulator.core.settings import explained

SINCE = {"If-Modified-Since": "2030-01-01T00:00:00"}


def test_every_switch_says_what_it_decides_and_which_section_left_it_open():
    names = {f.name for f in fields(SimulatorSettings)} - {"apps", "users"}
    found = explained()
    assert set(found) == names
    for name, about in found.items():
        assert re.search(r"§\d", about["says"]), name
        assert not about["choices"] or about["default"] in about["choices"], name


@pytest.mark.parametrize(("name", "value"), [("page_past_end", "?"), ("rounding", "half"), ("day_limit", True)])
def test_a_word_that_is_no_choice_is_refused(world, name, value):
    with pytest.raises(ValueError, match=name):
        world.change_settings(**{name: value})


def test_a_page_past_the_end(xero, world):
    assert xero.get("Contacts", page=99).json["Contacts"] == []
    world.change_settings(page_past_end="not_found")
    assert xero.get("Contacts", page=99).status == 404
    assert xero.get("Contacts", page=1).status == 200


def test_nothing_modified_since(xero, world):
    assert xero.get("Contacts", headers=SINCE).json["Contacts"] == []
    world.change_settings(unchanged_is_304=True)
    assert xero.get("Contacts", headers=SINCE).status == 304


def test_pagination_of_a_list_nobody_paged(xero, world):
    assert "pagination" not in xero.get("Contacts").json
    world.change_settings(pagination_always=True)
    found = xero.get("Contacts").json
    assert found["pagination"]["itemCount"] == len(found["Contacts"]) == 26
    assert "pagination" not in xero.get("Accounts").json


def test_kinds_nobody_has_heard_of(xero, world):
    world.change_settings(extra_values=True, extra_fields=True)
    accounts = xero.get("Accounts").json["Accounts"]
    assert (accounts[-1]["Type"], accounts[-1]["Class"], accounts[-1]["Status"]) == ("UNHEARD-OF",) * 3
    assert all("NewThisYear" in account for account in accounts)
    assert xero.get("Organisation").json["Organisations"][0]["Class"] == "UNHEARD-OF"
    assert xero.get("TaxRates").json["TaxRates"][-1]["TaxType"] == "UNHEARD-OF"


def test_where_the_text_of_a_key_used_twice_stands(xero, sale, world):
    key = {"Idempotency-Key": "k"}
    text = "Idempotency Key: k is used with a different request."
    xero.put("Invoices", sale(), key)
    assert xero.put("Contacts", {"Name": "x"}, key).json["Message"] == text
    world.change_settings(key_conflict_shape="elements")
    assert xero.put("Contacts", {"Name": "x"}, key).messages == [text]


def test_the_names_of_limits(xero, world):
    world.change_settings(app_minute_limit=1, app_minute_problem="app-minute")
    assert [xero.get("Organisation").headers.get("X-Rate-Limit-Problem") for _ in range(2)] == [None, "app-minute"]
    world.change_settings(concurrent_limit=0)
    assert "Retry-After" not in xero.get("Organisation").headers
    world.change_settings(concurrent_retry_after=3)
    assert xero.get("Organisation").headers["Retry-After"] == "3"


@pytest.mark.parametrize(("once", "last"), [(False, 200), (True, 400)])
def test_how_often_the_previous_refresh_token_works(xero, world, once, last):
    world.change_settings(refresh_grace_once=once)
    app = world.settings.apps[0]
    who = {"client_id": app.client_id, "client_secret": app.client_secret}
    form = {"grant_type": "refresh_token", "refresh_token": xero.tokens["refresh_token"], **who}
    sent = {"content-type": "application/x-www-form-urlencoded"}

    def refresh():
        return world.handle(Request("POST", "/connect/token", {}, sent, urlencode(form).encode())).status

    assert [refresh() for _ in range(3)] == [200, 200, last]


def test_unknown_tracking_may_be_left_out_instead(xero, line, world):
    world.change_settings(unknown_tracking="ignore")
    tracking = [{"Name": "Artist", "Option": "Nobody"}, {"Name": "Exhibition", "Option": "Spring Show"}]
    made = xero.invoice(LineItems=[line(Tracking=tracking)])
    assert [entry["Option"] for entry in made["LineItems"][0]["Tracking"]] == ["Spring Show"]


def test_names_and_numbers_without_their_guards(xero, sale, world):
    # §4.1: Xero warns that uniqueness of names may end; faults.md wants uniqueness on and off.
    xero.invoice(InvoiceNumber="INV-A")
    assert xero.put("Contacts", {"Name": "Anna Fischer"}).status == 400
    assert xero.put("Invoices", sale(InvoiceNumber="inv-a")).status == 400
    world.change_settings(contact_names_unique=False, numbers_ignore_case=False)
    assert xero.put("Contacts", {"Name": "Anna Fischer"}).status == 200
    assert xero.put("Invoices", sale(InvoiceNumber="inv-a")).status == 200
    assert xero.put("Invoices", sale(InvoiceNumber="inv-a")).status == 400
    world.change_settings(invoice_numbers_unique=False)
    assert xero.put("Invoices", sale(InvoiceNumber="inv-a")).status == 200


def test_a_tax_amount_above_the_unit_amount(xero, sale, line, world):
    lines = [line(Quantity=100, UnitAmount=1, TaxAmount=20)]
    assert xero.put("Invoices", sale(LineItems=lines)).status == 200
    world.change_settings(tax_above_unit_refused=True)
    assert xero.put("Invoices", sale(LineItems=lines)).status == 400


def test_a_far_off_rate_is_kept_with_a_warning(xero, sale, world):
    # §2.4: StatusAttributeString may be WARNING, and the document is there all the same.
    body = {"Invoices": [sale(CurrencyCode="EUR", CurrencyRate=9)]}
    made = xero.put("Invoices", body, summarizeErrors="false").json["Invoices"][0]
    assert (made["StatusAttributeString"], made["HasErrors"], made["CurrencyRate"]) == ("WARNING", False, 9.0)
    assert "rate" in made["Warnings"][0]["Message"]
    assert "Warnings" in xero.put("Invoices", body).json["Invoices"][0]  # summarised: 200 with a remark
    world.change_settings(odd_rate_warnings=False)
    assert "Warnings" not in xero.put("Invoices", body).json["Invoices"][0]


def test_a_list_that_is_too_long_is_refused(xero, world):
    world.change_settings(largest_list=20)
    assert xero.get("Contacts").status == xero.get("Contacts", page=1).status == 400
    assert xero.get("Contacts", searchTerm="Anna").status == 200
