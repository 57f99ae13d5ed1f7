"""What can be chosen, what is proposed and why, what is missing."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from galleria_xero_plugin.domain.chart import choices, gaps, propose, warnings
from galleria_xero_plugin.domain.model import MethodKind, PaymentMethod, TaxOption
from galleria_xero_plugin.domain.settings import AccountMapping, Settings
from tests.unit.domain.builders import (
    BANK,
    CLEARING,
    DEBTORS,
    EUROS,
    EXEMPT,
    FEES,
    MAPPING,
    PORTAL,
    RATES,
    ROUNDING,
    SALES,
    SETTINGS,
    SHIPPING,
    VAT0,
    VAT20,
    account,
    rate,
    reference,
)

TRANSFER = PaymentMethod("transfer", "Bank transfer", MethodKind.BANK_TRANSFER)
STRIPE = PaymentMethod("stripe", "Card (Stripe)", MethodKind.CARD)
VOUCHER = PaymentMethod("voucher", "Gift voucher", MethodKind.VOUCHER)


def proposed(ref=None, options=(), methods=()):
    return {field: found.value for field, found in propose(ref or reference(), options, methods).items()}


def test_only_accounts_that_can_work_are_offered_in_the_order_of_their_codes():
    archived = account("205", "Old sales", status="ARCHIVED")
    without_code = account("", "Nameless revenue")
    offered = choices(
        reference([SHIPPING, SALES, archived, without_code, CLEARING, EUROS, BANK, FEES, ROUNDING, DEBTORS])
    )
    assert offered.revenue == (SHIPPING, SALES)
    assert offered.banks == (BANK, EUROS, CLEARING)
    assert offered.expenses == (FEES,)
    assert offered.rounding[0] == ROUNDING
    assert DEBTORS not in offered.rounding + offered.banks
    assert [each.tax_type for each in offered.tax_rates] == ["EXEMPTOUTPUT", "NONE", "ZERORATEDOUTPUT", "OUTPUT2"]


def test_the_first_mapping_is_proposed_with_reasons():
    found = propose(reference(), [VAT20], [TRANSFER, STRIPE])
    assert {field: each.value for field, each in found.items()} == {
        "sales": SALES.id,
        "portal": PORTAL.id,
        "shipping": SHIPPING.id,
        "rounding": ROUNDING.id,
        "bank:transfer": BANK.id,
        "bank:stripe": CLEARING.id,
        "tax:vat20": "OUTPUT2",
    }
    assert all(each.why for each in found.values())


@pytest.mark.parametrize(
    ("accounts", "expected"),
    [
        ([account("300", "Prints"), account("400", "Sales")], "acc-400"),
        ([account("100", "Paintings"), account("200", "Works of art", "REVENUE")], "acc-200"),
        ([account("100", "Grants", "OTHERINCOME"), account("300", "Paintings")], "acc-300"),
        ([account("500", "Turnover", "REVENUE")], "acc-500"),
        ([account("500", "Grants", "REVENUE"), account("600", "Rent", "REVENUE")], None),
    ],
)
def test_the_sales_account_is_found_by_name_code_or_type(accounts, expected):
    assert proposed(reference(accounts)).get("sales") == expected


@pytest.mark.parametrize("option", [VAT0, EXEMPT])
def test_a_zero_percent_option_is_never_proposed(option):
    only_zero = reference(rates=[rate("ZERORATEDOUTPUT", "Zero rated income", 0)])
    assert f"tax:{option.id}" not in proposed(only_zero, [option])


def test_of_two_rates_with_one_percentage_the_sales_account_s_own_is_proposed():
    rates = (rate("CAPOUTPUT", "20% capital", 20), *RATES)
    assert proposed(reference(rates=rates), [VAT20])["tax:vat20"] == "OUTPUT2"
    plain = replace(SALES, tax_type="")
    assert proposed(reference([plain], rates=rates), [VAT20])["tax:vat20"] == "OUTPUT2"
    unclear = [rate("TAX001", "Home", 20), rate("TAX002", "Fair", 20)]
    assert "tax:vat20" not in proposed(reference([plain], rates=unclear), [VAT20])


@pytest.mark.parametrize("kind", [MethodKind.VOUCHER, MethodKind.CREDIT, MethodKind.OTHER])
def test_vouchers_and_credits_are_never_a_bank(kind):
    assert "bank:m" not in proposed(methods=[PaymentMethod("m", "Stripe current account", kind)])


def test_card_money_is_not_proposed_onto_the_bank_account():
    assert "bank:stripe" not in proposed(reference([SALES, BANK]), methods=[STRIPE])


def test_a_clearing_account_of_the_provider_goes_before_a_general_one():
    general = account("600", "Clearing", "CURRENT", "ASSET", payments_enabled=True)
    ref = reference([general, CLEARING])
    venmo = PaymentMethod("venmo", "Venmo", MethodKind.WALLET)
    found = proposed(ref, methods=[STRIPE, venmo])
    assert (found["bank:stripe"], found["bank:venmo"]) == (CLEARING.id, general.id)


def test_a_bank_account_in_another_currency_is_not_proposed():
    assert "bank:transfer" not in proposed(reference([SALES, EUROS]), methods=[TRANSFER])


def test_several_bank_accounts_are_said():
    second = account("092", "Second account", "BANK", "ASSET", currency="GBP")
    why = propose(reference([BANK, second]), [], [TRANSFER])["bank:transfer"].why
    assert "2 bank accounts" in why and "check" in why


def test_the_sync_from_date_is_proposed_as_the_first_open_day():
    assert proposed(reference(period_lock_date=dt.date(2026, 12, 31)))["sync_from"] == "2027-01-01"


def fields(found):
    return [each.field for each in found]


def test_nothing_is_missing_when_the_required_part_is_complete():
    assert gaps(SETTINGS, reference(), {"vat20", "vat0"}, {"transfer", "stripe"}) == ()


def test_everything_required_is_asked_for_by_name():
    found = gaps(
        Settings(), reference(), {"vat20"}, {"transfer", "voucher"}, untaxed_in_use=True,
        tax_options=[VAT20], methods=[TRANSFER, VOUCHER],
    )  # fmt: skip
    assert fields(found) == ["sync_from", "sales", "tax:vat20", "untaxed", "bank:transfer"]
    assert "VAT 20 %" in found[2].message and "Bank transfer" in found[4].message


@pytest.mark.parametrize("registered", [True, None])
def test_untaxed_invoices_need_a_rate_unless_the_organisation_is_surely_unregistered(registered):
    settings = replace(SETTINGS, mapping=replace(MAPPING, untaxed=None))
    found = gaps(settings, reference(tax_registered=registered), set(), set(), untaxed_in_use=True)
    assert fields(found) == ["untaxed"]


def test_an_unregistered_organisation_needs_no_rate_for_untaxed_invoices():
    settings = replace(SETTINGS, mapping=replace(MAPPING, untaxed=None))
    assert gaps(settings, reference(tax_registered=False), set(), set(), untaxed_in_use=True) == ()


def test_what_was_archived_since_is_a_gap():
    archived = replace(PORTAL, status="ARCHIVED")
    rates = [replace(RATES[0], status="DELETED"), *RATES[1:]]
    found = gaps(SETTINGS, reference([SALES, archived, SHIPPING, ROUNDING, BANK], rates), {"vat20"}, {"stripe"})
    assert fields(found) == ["portal", "tax:vat20", "bank:stripe"]
    assert "Portal fees" in found[0].message


def test_a_voucher_mapped_to_a_bank_is_a_gap():
    mapping = AccountMapping(sales=SALES.id, banks={"voucher": BANK.id})
    found = gaps(replace(SETTINGS, mapping=mapping), reference(), set(), {"voucher"}, methods=[VOUCHER])
    assert fields(found) == ["bank:voucher"]


def test_a_wrong_kind_of_account_is_a_gap():
    mapping = replace(MAPPING, sales=BANK.id, rounding=DEBTORS.id, expense=SALES.id)
    found = gaps(replace(SETTINGS, mapping=mapping), reference(), set(), set())
    assert fields(found) == ["sales", "expense", "rounding"]


def test_different_percentages_and_card_money_among_transfers_are_warned_about():
    mapping = replace(MAPPING, banks={"transfer": BANK.id, "stripe": BANK.id})
    odd = TaxOption("vat20", "VAT", Decimal("17.5"))
    found = warnings(replace(SETTINGS, mapping=mapping), reference(), [odd, VAT0], [TRANSFER, STRIPE, VOUCHER])
    assert fields(found) == ["tax:vat20", "bank:stripe"]
    assert "17.5 %" in found[0].message and "20 %" in found[0].message
    assert warnings(SETTINGS, reference(), [VAT20], [TRANSFER, STRIPE]) == ()
