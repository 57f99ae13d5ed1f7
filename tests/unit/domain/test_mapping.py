"""The gallery's invoice as Xero's document: situations that a bookkeeper knows."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from galleria_xero_plugin.domain.accounting import InvoiceDraft, InvoiceStatus, LineAmountTypes
from galleria_xero_plugin.domain.mapping import account_for
from galleria_xero_plugin.domain.markers import marker_in_reference, marker_in_url
from galleria_xero_plugin.domain.model import ItemKind, TaxMode, TaxOption
from galleria_xero_plugin.domain.settings import AccountMapping, MissingRate
from tests.unit.domain.builders import (
    DAY,
    MAPPING,
    MARKER,
    OPTIONS,
    RATES,
    ROUNDING,
    SALES,
    SETTINGS,
    draft,
    invoice,
    item,
    rate,
    reference,
    work,
)

D = Decimal


def mapped(**fields):
    return replace(SETTINGS, mapping=replace(MAPPING, **fields))


def codes(made):
    return [line.account_code for line in made.lines]


def test_one_artwork_with_tax_on_top():
    made = draft(invoice(item(artwork=work())))
    assert (made.number, made.date, made.due_date, made.currency) == ("AG-1234", DAY, DAY, "GBP")
    assert made.status is InvoiceStatus.AUTHORISED
    assert made.line_amount_types is LineAmountTypes.EXCLUSIVE
    [line] = made.lines
    assert line.description == "Ana Ruiz, Harbour at dusk, 1962, 3/25, INV-7"
    assert (line.quantity, line.unit_amount, line.account_code, line.tax_type) == (D(1), D("1000.00"), "200", "OUTPUT2")
    assert (made.expected_total, made.expected_tax) == (D("1200.00"), D("200.00"))
    assert marker_in_url(made.url) == MARKER
    assert made.reference == ""


def test_one_artwork_with_tax_included():
    made = draft(invoice(item("1200.00"), tax_mode=TaxMode.INCLUSIVE))
    assert made.line_amount_types is LineAmountTypes.INCLUSIVE
    assert (made.expected_total, made.expected_tax) == (D("1200.00"), D("200.00"))


def test_without_tax_in_an_organisation_that_is_not_registered():
    document = invoice(item(tax=None), total="1000.00", tax="0", tax_mode=TaxMode.NONE)
    made = draft(document, ref=reference(tax_registered=False))
    assert made.line_amount_types is LineAmountTypes.NO_TAX
    assert made.lines[0].tax_type is None


@pytest.mark.parametrize("registered", [True, None])
def test_without_tax_in_a_registered_organisation_carries_the_mapped_zero_rate(registered):
    document = invoice(item(tax=None), total="1000.00", tax="0", tax_mode=TaxMode.NONE)
    made = draft(document, ref=reference(tax_registered=registered))
    assert made.line_amount_types is LineAmountTypes.EXCLUSIVE
    assert made.lines[0].tax_type == "ZERORATEDOUTPUT"
    hold = draft(document, settings=mapped(untaxed=None), ref=reference(tax_registered=registered))
    assert hold.code == "mapping_incomplete"


def test_tax_in_an_organisation_that_is_not_registered_waits():
    assert draft(invoice(), ref=reference(tax_registered=False)).code == "tax_not_registered"


def test_artwork_framing_and_shipping_each_with_its_own_tax_and_account():
    made = draft(
        invoice(
            item("1000.00", "vat0"),
            item("100.00", kind=ItemKind.FRAMING),
            item("50.00", kind=ItemKind.SHIPPING),
            total="1180.00",
            tax="30.00",
        )
    )
    assert codes(made) == ["200", "200", "220"]
    assert [line.tax_type for line in made.lines] == ["ZERORATEDOUTPUT", "OUTPUT2", "OUTPUT2"]
    assert [line.description for line in made.lines] == ["Artwork", "Framing", "Shipping"]


def test_two_kinds_of_zero_percent_go_to_two_different_rates():
    made = draft(invoice(item(tax="vat0"), item(tax="exempt"), total="2000.00", tax="0"))
    assert [line.tax_type for line in made.lines] == ["ZERORATEDOUTPUT", "EXEMPTOUTPUT"]


def test_a_portal_fee_goes_to_the_portal_account():
    made = draft(invoice(item("10.00", kind=ItemKind.PORTAL), total="12.00", tax="2.00"))
    assert codes(made) == ["210"]


@pytest.mark.parametrize("kind", list(ItemKind))
def test_every_kind_of_line_falls_back_to_sales(kind):
    assert account_for(kind, AccountMapping(sales="s")) == "s"
    assert account_for(kind, AccountMapping()) is None


def test_one_line_discounted_by_percent_and_one_by_amount():
    made = draft(
        invoice(
            item("1000.00", "vat0", discount_percent=D("10")),
            item("500.00", "vat0", discount_amount=D("50.01")),
            total="1349.99",
            tax="0",
        )
    )
    first, second = made.lines
    assert (first.discount_rate, first.discount_amount) == (D("10"), None)
    assert (second.discount_rate, second.discount_amount) == (None, D("50.01"))


def test_twelve_prints_at_33_3333():
    made = draft(invoice(item("33.3333", "vat0", quantity="12"), total="400.00", tax="0"))
    [line] = made.lines
    assert (line.quantity, line.unit_amount) == (D(12), D("33.3333"))


def test_a_price_with_more_decimals_than_xero_keeps_is_sent_as_one_piece():
    made = draft(invoice(item("33.333333", "vat0", quantity="3"), total="100.00", tax="0"))
    [line] = made.lines
    assert (line.quantity, line.unit_amount) == (D(1), D("100.00"))


def test_a_third_off_is_sent_as_the_amount_it_comes_to():
    made = draft(invoice(item("100.00", "vat0", discount_percent=D(100) / 3), total="66.67", tax="0"))
    assert made.lines[0].discount_amount == D("33.33")


def test_a_rate_that_changed_in_xero_waits_with_both_percentages():
    rates = [rate("OUTPUT2", "VAT on Income", "17.5"), *RATES[1:]]
    hold = draft(invoice(), ref=reference(rates=rates))
    assert hold.code == "tax_rate_changed"
    assert (hold.facts["gallery_rate"], hold.facts["xero_rate"]) == ("20 %", "17.5 %")


def test_a_tax_option_without_a_rate_waits():
    options = {**OPTIONS, "fair": TaxOption("fair", "Art fair Basel", D("8.1"))}
    hold = draft(invoice(item(tax="fair")), options=options)
    assert (hold.code, hold.facts["tax_option"]) == ("tax_option_unmapped", "Art fair Basel")
    assert draft(invoice(item(tax="unheard of"))).code == "tax_option_unmapped"
    assert draft(invoice(item(tax=None))).code == "tax_option_missing"


@pytest.mark.parametrize("change", [{"status": "DELETED"}, {"applies_to_revenue": False}])
def test_a_tax_rate_that_cannot_be_used_for_sales_waits(change):
    rates = [replace(RATES[0], **change), *RATES[1:]]
    assert draft(invoice(), ref=reference(rates=rates)).code == "tax_rate_unusable"


@pytest.mark.parametrize("accounts", [[replace(SALES, status="ARCHIVED")], [ROUNDING], [replace(SALES, code="")]])
def test_an_account_archived_after_mapping_waits(accounts):
    assert draft(invoice(), ref=reference(accounts)).code == "account_unusable"


def test_nothing_is_sent_before_sales_is_chosen():
    assert draft(invoice(), settings=mapped(sales=None)).code == "mapping_incomplete"


def test_a_gift_of_nothing_is_not_sent():
    assert draft(invoice(item("0"), total="0.00", tax="0")).code == "zero_total"


def test_a_negative_invoice_is_never_sent():
    assert draft(invoice(item("-10", "vat0"), total="-10.00", tax="0")).code == "negative_total"
    assert draft(replace(invoice(), items=())).code == "no_lines"


@pytest.mark.parametrize(
    "lock",
    [{"period_lock_date": DAY}, {"year_end_lock_date": DAY, "period_lock_date": dt.date(2026, 1, 31)}],
)
def test_a_date_on_or_before_the_later_lock_date_waits(lock):
    hold = draft(invoice(), ref=reference(**lock))
    assert (hold.code, hold.facts) == ("period_locked", {"date": "2026-11-20", "lock_date": "2026-11-20"})
    assert isinstance(draft(invoice(date=DAY + dt.timedelta(days=1)), ref=reference(**lock)), InvoiceDraft)


def test_a_currency_that_is_not_enabled_waits():
    assert draft(invoice(currency="USD", exchange_rate=D("1.25"))).code == "currency_not_enabled"


def test_a_foreign_invoice_carries_the_gallery_s_rate():
    assert draft(invoice(currency="EUR", exchange_rate=D("1.17123456"))).currency_rate == D("1.171235")
    assert draft(invoice()).currency_rate is None


@pytest.mark.parametrize("rate", [None, D(0), D("0.0000001")])
def test_a_rate_that_is_missing_is_not_guessed(rate):
    document = invoice(currency="EUR", exchange_rate=rate)
    assert draft(document).code == "currency_policy_missing"
    assert draft(document, settings=replace(SETTINGS, missing_rate=MissingRate.WAIT)).code == "currency_rate_missing"


def test_xeros_rate_of_the_day_counts_when_that_was_chosen_and_the_gallery_has_none():
    chosen = replace(SETTINGS, missing_rate=MissingRate.XERO)
    assert draft(invoice(currency="EUR"), settings=chosen).currency_rate is None
    assert draft(invoice(currency="EUR", exchange_rate=D("1.17")), settings=chosen).currency_rate == D("1.170000")
    other_base = draft(invoice(currency="EUR", exchange_rate=D("1.17")), settings=chosen, currency="USD")
    assert other_base.currency_rate is None
    assert draft(invoice(currency="JPY"), settings=chosen).code == "currency_not_enabled"


TRACKING = (("cat-1", "Artist", ("Ana Ruiz", "Various")), ("cat-2", "Team", ("Mo  Field",)))


def test_lines_are_tracked_by_what_xero_has_an_option_for():
    by = mapped(tracking={"artist": "cat-1", "consultant": "cat-2"})
    known = replace(reference(), tracking=TRACKING)
    document = invoice(item(artwork=work()), consultant="mo field")
    assert draft(document, settings=by, ref=known).lines[0].tracking == (("cat-1", "Ana Ruiz"), ("cat-2", "Mo  Field"))
    unknown = replace(document, consultant="Sam Lee")
    assert draft(unknown, settings=by, ref=known).lines[0].tracking == (("cat-1", "Ana Ruiz"),)
    assert draft(document).lines[0].tracking == ()


def test_an_artwork_says_the_parts_that_were_chosen_in_their_order():
    chosen = replace(SETTINGS, artwork_parts=("inventory_id", "title", "medium", "artist"))
    assert draft(invoice(item(artwork=work())), settings=chosen).lines[0].description == (
        "INV-7, Harbour at dusk, Ana Ruiz"
    )


@pytest.mark.parametrize("foreign", ["EUR", "USD"])
@pytest.mark.parametrize("rate", [None, D("1.17")])
def test_no_rate_helps_when_gallery_and_organisation_have_different_base_currencies(foreign, rate):
    hold = draft(invoice(currency=foreign, exchange_rate=rate), currency="USD")
    assert hold.code == "base_currency_differs"
    assert hold.facts == {"currency": foreign, "gallery_currency": "USD", "xero_currency": "GBP"}
    assert isinstance(draft(invoice(), currency="USD"), InvoiceDraft)


def test_a_due_date_before_the_invoice_s_date_is_kept():
    early = dt.date(2026, 11, 1)
    assert draft(invoice(due_date=early)).due_date == early


@pytest.mark.parametrize(
    "url", ["https://gallery.example/xero/42", "gallery.example/42", "https://gallery.example/?q=XeRo"]
)
def test_where_xero_would_refuse_the_address_the_marker_stands_in_the_reference(url):
    made = draft(invoice(reference="Order 7"), url=url)
    assert made.url == ""
    assert made.reference == f"Order 7 [G-{MARKER}]"


def test_the_gallery_s_reference_is_kept_as_it_is():
    made = draft(invoice(reference="  Order\t7 "))
    assert made.reference == "Order 7"
    assert marker_in_reference(made.reference) is None


def test_a_mapped_theme_is_used_and_a_deleted_one_left_to_xero():
    settings = mapped(branding_themes={"b1": "theme-Formal"})
    document = invoice(branding_theme_id="b1")
    assert draft(document, settings=settings, ref=reference(themes=["Formal"])).branding_theme_id == "theme-Formal"
    assert draft(document, settings=settings).branding_theme_id is None


@pytest.mark.parametrize("status", list(InvoiceStatus))
def test_the_status_that_was_chosen_is_created(status):
    assert draft(invoice(), settings=replace(SETTINGS, invoice_status=status)).status is status


def test_a_long_description_is_cut_at_4000_and_its_characters_survive():
    made = draft(invoice(item(artwork=work('Ω\U0001f3a8\u05d0 "x" & <y> ' * 500))))
    text = made.lines[0].description
    assert text.startswith('Ana Ruiz, Ω\U0001f3a8\u05d0 "x" & <y>')
    assert text.endswith("…")
    assert len(text.encode("utf-16-le")) // 2 <= 4000
