"""Who may call: tokens, tenants, scopes, formats (xero-facts.md §1.5, §6.2)."""

from __future__ import annotations

import pytest

from galleria_xero_plugin.simulator import HARBOUR


def test_a_wrong_token(xero):
    answer = xero.get("Organisation", {"Authorization": "Bearer nonsense"})
    assert answer.status == 401 and answer.json["Detail"] == "AuthenticationUnsuccessful"
    assert answer.json["Title"] == "Unauthorized" and answer.json["Extensions"] == {}
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_an_expired_token(xero, clock):
    clock.advance(1800)
    answer = xero.get("Organisation")
    assert answer.status == 401
    assert answer.json["Detail"] == "TokenExpired: token expired at 11/23/2026 10:30:00"


@pytest.mark.parametrize("tenant", ["", "nonsense", "11111111-1111-4111-8111-111111111111", HARBOUR])
def test_a_wrong_tenant(xero, tenant):
    answer = xero.get("Organisation", {"xero-tenant-id": tenant})
    assert answer.status == 403
    assert (answer.json["Title"], answer.json["Detail"]) == ("Forbidden", "AuthenticationUnsuccessful")


def test_disconnected_in_xero(xero, world):
    world.identity.disconnect(xero.tenant)
    assert xero.get("Organisation").status == 403
    assert xero.get("/connections").json == []


@pytest.mark.parametrize(
    ("scope", "method", "path", "allowed"),
    [
        ("accounting.settings.read", "GET", "Accounts", True),
        ("accounting.settings.read", "GET", "Organisation", True),
        ("accounting.settings.read", "PUT", "Accounts", False),
        ("accounting.settings.read", "GET", "Invoices", False),
        ("accounting.invoices.read", "GET", "CreditNotes", True),
        ("accounting.invoices.read", "PUT", "Invoices", False),
        ("accounting.invoices", "GET", "Invoices", True),
        ("accounting.invoices", "GET", "Payments", False),
        ("accounting.payments", "GET", "Payments", True),
        ("accounting.contacts.read", "POST", "Contacts", False),
    ],
)
def test_granular_scopes(world, driver, scope, method, path, allowed):
    answer = driver(world, scope=scope).call(method, path, {})
    assert (answer.status == 200) is allowed
    if not allowed:
        assert answer.status == 401 and answer.json["Detail"] == "AuthorizationUnsuccessful"
        assert "insufficient_scope" in answer.headers["WWW-Authenticate"]


def test_a_missing_scope_may_be_a_403(world, driver):
    world.change_settings(missing_scope_status=403)
    assert driver(world, scope="openid").get("Accounts").status == 403


def test_without_accept_the_answer_is_xml(xero, sale, world):
    found = xero.get("Accounts", {"Accept": "*/*"})
    assert found.content_type == "text/xml; charset=utf-8"
    assert b"<Accounts><Account><AccountID>" in found.body
    assert b"<TrackingCategory>" in xero.get("TrackingCategories", {"Accept": ""}).body
    assert b"<ApiException>" in xero.put("Invoices", sale(LineItems=[]), {"Accept": "*/*"}).body
    world.change_settings(xml_without_accept=False)
    assert xero.get("Accounts", {"Accept": "*/*"}).json["Accounts"]


def test_novelties_can_be_switched_on(xero, world):
    world.change_settings(extra_fields=True)
    assert xero.get("Accounts").json["Accounts"][0]["NewThisYear"]["Kind"] == "UNHEARD-OF"


def test_the_settings_resources(xero):
    about = xero.get("Organisation").json["Organisations"][0]
    assert (about["BaseCurrency"], about["ShortCode"], about["Version"]) == ("GBP", "!n0rth", "UK")
    assert "PeriodLockDate" not in about and not [name for name in about if name.startswith("_")]
    actions = {row["Name"]: row["Status"] for row in xero.get("Organisation/Actions").json["Actions"]}
    assert actions["UseMulticurrency"] == "ALLOWED"
    assert actions["ApproveTransactionsBeforePeriodLockDate"] == "NOT-ALLOWED"
    rates = {row["TaxType"]: row for row in xero.get("TaxRates").json["TaxRates"]}
    assert rates["OUTPUT2"]["EffectiveRate"] == 20.0 and not rates["INPUT2"]["CanApplyToRevenue"]
    assert rates["OUTPUT"]["Status"] == "ARCHIVED"
    assert [row["Name"] for row in xero.get("BrandingThemes").json["BrandingThemes"]] == ["Standard", "Art fair"]
    assert len(xero.get("TrackingCategories").json["TrackingCategories"]) == 2
    assert [row["Code"] for row in xero.get("Currencies").json["Currencies"]] == ["GBP", "EUR", "USD"]
    assert xero.get("TaxRates/output2").json["TaxRates"][0]["Name"] == "20% (VAT on Income)"


def test_accounts_can_be_made_and_archived(xero):
    made = xero.put("Accounts", {"Code": "299", "Name": "Prints", "Type": "REVENUE", "TaxType": "OUTPUT2"})
    account = made.json["Accounts"][0]
    assert (account["Class"], account["Status"]) == ("REVENUE", "ACTIVE")
    again = xero.put("Accounts", {"Code": "300", "Name": "prints", "Type": "REVENUE"})
    assert again.messages == ["Please enter a unique Name."]
    gone = xero.post(f"Accounts/{account['AccountID']}", {"Status": "ARCHIVED"})
    assert gone.json["Accounts"][0]["Status"] == "ARCHIVED"


def test_a_currency_can_be_enabled(xero):
    assert xero.put("Currencies", {"Code": "CHF"}).json["Currencies"][0]["Code"] == "CHF"
    assert xero.invoice(CurrencyCode="CHF")["CurrencyCode"] == "CHF"
