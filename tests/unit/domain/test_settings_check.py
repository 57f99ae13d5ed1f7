"""The settings check: what in Xero no longer fits is found before a sale waits for it."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

from galleria_xero_plugin.domain.settings import AccountMapping, Settings
from galleria_xero_plugin.domain.settings_check import Fix, check, with_choice
from tests.web.site import BANK, CLEARING, MAPPING, SALES, VAT20, reference
from galleria_xero_plugin.testing.factories import make_gallery_info
from galleria_xero_plugin.testing import FakeGallery

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
GALLERY = FakeGallery(make_gallery_info("g"))
SETTINGS = Settings(sync_from=dt.date(2026, 1, 1), mapping=MAPPING)
XERO = reference(NOW)


def found(settings=SETTINGS, xero=XERO, *, currency="GBP", waiting=None):
    return check(
        settings, xero, tax_options=GALLERY.tax_options("g"), methods=GALLERY.payment_methods("g"),
        base_currency=currency, waiting=waiting or {}, today=NOW.date(),
    )  # fmt: skip


def without(account):
    return tuple(one for one in XERO.accounts if one.id != account.id)


def test_settings_that_fit():
    assert found() == ()
    assert found(Settings()) == ()  # nothing was chosen yet: that is asked on the Edit page


def test_an_account_that_is_gone_archived_or_takes_no_payments():
    gone = found(xero=replace(XERO, accounts=without(SALES)))
    assert [(one.field, one.fix) for one in gone] == [("sales", Fix.PICK)]
    archived = found(xero=replace(XERO, accounts=(*without(BANK), replace(BANK, status="ARCHIVED"))))
    assert {one.field for one in archived} == {"bank:bank", "bank:cash"}
    unpayable = found(xero=replace(XERO, accounts=(*without(CLEARING), replace(CLEARING, payments_enabled=False))))
    assert [one.field for one in unpayable] == ["bank:card"]


def test_a_tax_rate_that_is_gone_or_has_another_percentage():
    rates = tuple(one for one in XERO.tax_rates if one.tax_type != VAT20.tax_type)
    assert [one.field for one in found(xero=replace(XERO, tax_rates=rates))] == ["tax:vat-20"]
    changed = (*rates, replace(VAT20, rate=Decimal("21")))
    [one] = found(xero=replace(XERO, tax_rates=changed))
    assert one.field == "tax:vat-20" and "20 %" in one.message and "21 %" in one.message


def test_currencies_lock_dates_contacts_and_permissions():
    assert "EUR" in found(currency="EUR")[0].message
    locked = replace(XERO, organisation=replace(XERO.organisation, period_lock_date=NOW.date()))
    assert "locked up to 2026-11-23" in found(xero=locked)[0].message
    waiting = {"period_locked": 2, "contact_archived": 1, "currency_not_enabled": 3, "scope_missing": 1, "zero_total": 9}
    assert [one.fix for one in found(waiting=waiting)] == [Fix.ACTIVITY, Fix.ACTIVITY, Fix.ACTIVITY, Fix.CONNECT]


def test_a_replacement_changes_its_own_field_only():
    assert with_choice(SETTINGS, "sales", "x").mapping == replace(MAPPING, sales="x")
    assert with_choice(SETTINGS, "bank:card", "x").mapping == replace(MAPPING, banks=MAPPING.banks | {"card": "x"})
    assert with_choice(SETTINGS, "tax:vat-20", "").mapping.tax_rates == {"vat-0": "ZERORATEDOUTPUT"}
    assert with_choice(Settings(), "portal", "").mapping == AccountMapping()
