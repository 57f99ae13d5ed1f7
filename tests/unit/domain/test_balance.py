"""Both sides agree to the cent, or the invoice waits."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from galleria_xero_plugin.domain.accounting import InvoiceDraft
from galleria_xero_plugin.domain.model import InvoiceState, TaxMode, TaxOption
from galleria_xero_plugin.domain.reasons import Hold
from galleria_xero_plugin.domain.totals import predict, round_half_up
from tests.unit.domain.builders import (
    MAPPING,
    RATES,
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


def test_a_cent_between_both_ways_of_rounding_goes_to_a_visible_rounding_line():
    # The gallery taxed the sum of 0.09 (0.018, so 0.02); Xero taxes three lines of 0.03 (0.006, so 0.01 each).
    made = draft(invoice(*[item("0.03")] * 3, total="0.11", tax="0.02"))
    rounding = made.lines[-1]
    assert (rounding.description, rounding.unit_amount, rounding.account_code) == ("Rounding", D("-0.01"), "860")
    assert rounding.tax_type == "NONE"
    assert made.expected_total == D("0.11")


def test_the_rounding_line_has_no_rate_where_there_is_no_tax():
    document = invoice(item(tax=None), total="1000.02", tax="0", tax_mode=TaxMode.NONE)
    assert draft(document, ref=reference(tax_registered=False)).lines[-1].tax_type is None


def test_xero_s_own_rounding_account_is_found_without_a_choice():
    made = draft(invoice(total="1200.01"), settings=mapped(rounding=None))
    assert codes(made) == ["200", "860"]


def test_rounding_needs_an_account_and_a_rate():
    document = invoice(total="1200.01")
    without_account = reference([SALES])
    assert draft(document, ref=without_account, settings=mapped(rounding=None)).code == "mapping_incomplete"
    without_rate = reference(rates=[rate for rate in RATES if rate.tax_type != "NONE"])
    assert draft(document, ref=without_rate).code == "tax_rate_unusable"


def test_six_cents_apart_on_two_lines_waits_and_names_the_line():
    lines = (item("100.00", artwork=work("Small")), item("0.033", artwork=work("The odd one")))
    hold = draft(invoice(*lines, total="120.10", tax="20.07"))
    assert hold.code == "total_differs"
    assert hold.facts["gallery_total"] == "120.10 GBP"
    assert hold.facts["xero_total"] == "120.04 GBP"
    assert "The odd one" in hold.facts["line"]


def test_five_cents_is_rounding_and_six_is_not():
    assert isinstance(draft(invoice(total="1200.05")), InvoiceDraft)
    assert isinstance(draft(invoice(total="1199.95")), InvoiceDraft)
    assert draft(invoice(total="1200.06")).code == "total_differs"


def test_inclusive_totals_agree_and_two_cents_of_tax_are_shown_not_held():
    document = invoice(item("1200.00"), tax="200.02", tax_mode=TaxMode.INCLUSIVE)
    made = draft(document)
    assert (made.expected_tax, document.tax_total - made.expected_tax) == (D("200.00"), D("0.02"))
    assert draft(replace(document, tax_total=D("190.00"))).code == "tax_differs"


def test_yen_have_no_sen():
    # Xero works out 15.50 of tax, the gallery charged a round 16: half a yen is rounding.
    options = {"ct": TaxOption("ct", "Consumption tax", D(10))}
    settings = mapped(tax_rates={"ct": "TAX001"})
    rates = [*RATES, rate("TAX001", "Consumption tax", 10)]
    document = invoice(item("155", "ct"), total="171", tax="16", currency="JPY", exchange_rate=D("190"))
    made = draft(document, settings=settings, options=options, ref=reference(rates=rates, currencies=["JPY"]))
    assert (made.expected_total, made.lines[-1].unit_amount) == (D("171"), D("0.50"))


def test_a_dinar_with_three_decimals_waits_because_xero_keeps_two():
    ref = reference(currencies=["KWD"])
    exact = invoice(item("1.25", "vat0"), total="1.25", tax="0", currency="KWD", exchange_rate=D("0.4"))
    assert isinstance(draft(exact, ref=ref), InvoiceDraft)
    finer = replace(exact, items=(item("1.234", "vat0"),), total=D("1.234"))
    assert draft(finer, ref=ref).code == "amount_too_precise"


def test_sixty_lines_with_every_rate():
    lines = [item("9.99", ("vat20", "vat0", "exempt")[position % 3]) for position in range(60)]
    made = draft(invoice(*lines, total="639.40", tax="40.00"))
    assert made.expected_total == D("639.40")


PRICES = st.decimals(D("0.01"), 100_000, places=2)


@given(
    st.lists(
        st.tuples(PRICES, st.sampled_from(["vat20", "vat0"]), st.decimals(0, 60, places=2)), min_size=1, max_size=12
    ),
    st.sampled_from([TaxMode.EXCLUSIVE, TaxMode.INCLUSIVE]),
    st.decimals(D("-0.30"), D("0.30"), places=2),
)
def test_what_is_sent_has_the_gallery_s_total_or_it_waits(lines, mode, off):
    items = [item(price, tax, discount_percent=discount) for price, tax, discount in lines]
    net = sum((each.unit_price * (100 - each.discount_percent) / 100 for each in items), D(0))
    taxed = sum(
        (each.unit_price * (100 - each.discount_percent) / 100 for each in items if each.tax_option_id == "vat20"), D(0)
    )
    tax = round_half_up(taxed / 5 if mode is TaxMode.EXCLUSIVE else taxed / 6)
    total = round_half_up(net) + (tax if mode is TaxMode.EXCLUSIVE else 0) + off
    made = draft(invoice(*items, total=total, tax=tax, tax_mode=mode, state=InvoiceState.ISSUED))
    if isinstance(made, Hold):
        assert made.code in {"total_differs", "tax_differs", "zero_total", "negative_total"}
        return
    assert made.expected_total == total
    rates = {each.tax_type: each.rate for each in RATES}
    assert predict(made.lines, made.line_amount_types, rates).total == total
    assert len(made.lines) - len(items) in (0, 1)
