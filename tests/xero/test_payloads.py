"""Drafts as the exact bytes that Xero gets."""

import datetime as dt
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galleria_xero_plugin.domain.accounting import (
    ContactDraft,
    InvoiceDraft,
    InvoiceStatus,
    LineAmountTypes,
    LineDraft,
    PaymentDraft,
    XeroAddress,
)
from galleria_xero_plugin.xero.payloads import canonical, envelope, payload

CONTACT = "11111111-1111-4111-8111-111111111111"
INVOICE = "22222222-2222-4222-8222-222222222222"
ACCOUNT = "33333333-3333-4333-8333-333333333333"
THEME = "44444444-4444-4444-8444-444444444444"
D = Decimal


def line(**changes):
    return LineDraft(
        **{
            "description": "Étude, oil",
            "quantity": D("1"),
            "unit_amount": D("33.3333"),
            "account_code": "200",
            "tax_type": "OUTPUT2",
            **changes,
        }
    )


def invoice(**changes):
    return InvoiceDraft(
        **{
            "number": "AG-1001",
            "contact_id": CONTACT.upper(),
            "date": dt.date(2026, 11, 20),
            "due_date": dt.date(2026, 12, 4),
            "line_amount_types": LineAmountTypes.INCLUSIVE,
            "currency": "EUR",
            "status": InvoiceStatus.AUTHORISED,
            "lines": (line(),),
            "expected_total": D("1"),
            "expected_tax": D("0"),
            **changes,
        }
    )


def test_an_invoice():
    draft = invoice(
        lines=(line(), line(tax_type=None, discount_rate=D("0"), unit_amount=D("9999999999.99"))),
        url="https://gallery.example/i/1?g=ABC",
        reference="Sale 7",
        currency_rate=D("1.234567"),
        branding_theme_id=THEME,
    )
    assert payload(draft) == (
        '{"BrandingThemeID":"44444444-4444-4444-8444-444444444444",'
        '"Contact":{"ContactID":"11111111-1111-4111-8111-111111111111"},'
        '"CurrencyCode":"EUR","CurrencyRate":1.234567,"Date":"2026-11-20","DueDate":"2026-12-04",'
        '"InvoiceNumber":"AG-1001","LineAmountTypes":"Inclusive","LineItems":['
        '{"AccountCode":"200","Description":"Étude, oil","Quantity":1,"TaxType":"OUTPUT2","UnitAmount":33.3333},'
        '{"AccountCode":"200","Description":"Étude, oil","DiscountRate":0,"Quantity":1,"UnitAmount":9999999999.99}],'
        '"Reference":"Sale 7","SentToContact":false,"Status":"AUTHORISED","Type":"ACCREC",'
        '"Url":"https://gallery.example/i/1?g=ABC"}'
    )


@pytest.mark.parametrize("status", [InvoiceStatus.DRAFT, InvoiceStatus.SUBMITTED])
def test_what_is_not_given_is_not_said(status):
    sent = json.loads(payload(invoice(status=status)))
    assert sent.keys() == {
        "Contact",
        "CurrencyCode",
        "Date",
        "DueDate",
        "InvoiceNumber",
        "LineAmountTypes",
        "LineItems",
        "Status",
        "Type",
    }
    assert sent["Contact"].keys() == {"ContactID"}


def test_a_discount_amount():
    sent = json.loads(payload(invoice(lines=(line(discount_amount=D("5.50")),))), parse_float=D)
    assert sent["LineItems"][0]["DiscountAmount"] == D("5.50")


def test_a_long_description_is_cut_where_xero_would_refuse_it():
    sent = json.loads(payload(invoice(lines=(line(description="é" * 5000),))))
    assert sent["LineItems"][0]["Description"] == "é" * 4000


def test_a_payment():
    draft = PaymentDraft(INVOICE, ACCOUNT, dt.date(2026, 11, 20), D("120.00"), "Sale 7 [G-ABC]")
    assert payload(draft) == (
        '{"Account":{"AccountID":"33333333-3333-4333-8333-333333333333"},"Amount":120.00,"Date":"2026-11-20",'
        '"Invoice":{"InvoiceID":"22222222-2222-4222-8222-222222222222"},"Reference":"Sale 7 [G-ABC]"}'
    )


def test_a_payment_into_a_foreign_account():
    draft = PaymentDraft(INVOICE, ACCOUNT, dt.date(2026, 11, 20), D("120"), "r", bank_amount=D("99.10"))
    assert '"BankAmount":99.10' in payload(draft)


def test_a_contact():
    draft = ContactDraft(
        "g-abc",
        'Ann "A" Example',
        first_name="Ann",
        last_name="Example",
        email="ann@example.com",
        addresses=(XeroAddress("POBOX", ("1", "", "2", "3", "4", "5"), "Basel", "BS", "4001", "Switzerland"),),
        phones={"MOBILE": "+41 79 1", "DEFAULT": "+41 61 1", "FAX": ""},
    )
    assert payload(draft) == (
        '{"Addresses":[{"AddressLine1":"1","AddressLine2":"2","AddressLine3":"3","AddressLine4":"4, 5",'
        '"AddressType":"POBOX","City":"Basel","Country":"Switzerland","PostalCode":"4001","Region":"BS"}],'
        '"ContactNumber":"g-abc","EmailAddress":"ann@example.com","FirstName":"Ann","LastName":"Example",'
        '"Name":"Ann \\"A\\" Example","Phones":[{"PhoneNumber":"+41 61 1","PhoneType":"DEFAULT"},'
        '{"PhoneNumber":"+41 79 1","PhoneType":"MOBILE"}]}'
    )


@pytest.mark.parametrize("lines", [(), ("1",), ("1", "2", "3"), ("1", "2", "3", "4")])
def test_address_lines(lines):
    sent = json.loads(payload(ContactDraft("g", "n", addresses=(XeroAddress("STREET", lines),))))
    assert sent["Addresses"] == [{"AddressType": "STREET", **{f"AddressLine{n}": n for n in lines}}]


def test_a_bare_contact():
    assert payload(ContactDraft("g", "n")) == '{"ContactNumber":"g","Name":"n"}'


@pytest.mark.parametrize(
    "draft",
    [
        invoice(lines=()),
        invoice(contact_id="AG-1"),
        invoice(branding_theme_id="x"),
        invoice(lines=(line(unit_amount=D("NaN")),)),
        invoice(lines=(line(unit_amount=D("Infinity")),)),
        invoice(lines=(line(unit_amount=D("1e400000")),)),
        invoice(lines=(line(unit_amount=D("1e-400000")),)),
        invoice(number="\ud800"),
        PaymentDraft("x", ACCOUNT, dt.date(2026, 1, 1), D(1), "r"),
        PaymentDraft(INVOICE, "200", dt.date(2026, 1, 1), D(1), "r"),
    ],
)
def test_what_cannot_be_written(draft):
    with pytest.raises(ValueError):
        payload(draft)


def test_what_is_no_draft():
    with pytest.raises(TypeError):
        payload({"Type": "ACCREC"})


def test_an_envelope_keeps_every_byte():
    assert envelope("Payments", ['{"a":1.10}', '{"b":"é\\n"}']) == '{"Payments":[{"a":1.10},{"b":"é\\n"}]}'.encode()


amounts = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4)
texts = st.text(st.characters(exclude_categories=["Cs"]))
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | amounts | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(amounts)
def test_amounts_arrive_digit_for_digit(amount):
    written = canonical(amount)
    assert "E" not in written.upper()
    assert D(written).as_tuple() == amount.as_tuple()
    # json reads a number without a point as an int
    assert D(json.loads(written, parse_float=D)) == amount


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_number_is_written_exactly_or_not_at_all(amount):
    try:
        written = canonical(amount)
    except ValueError:
        return
    assert D(written) == amount


@given(trees)
def test_canonical_json_is_json_and_one_text_per_value(tree):
    written = canonical(tree)
    assert json.loads(written, parse_float=D) == tree
    assert canonical(json.loads(written, parse_float=D)) == canonical(tree) or "Decimal" in repr(tree)


@given(st.dictionaries(texts, st.integers(), min_size=2))
def test_the_order_of_keys_does_not_matter(fields):
    assert canonical(fields) == canonical(dict(reversed(fields.items())))


@pytest.mark.parametrize("value", [1.5, float("nan"), b"x", {1: 2}, {"a": {1, 2}}, dt.date(2026, 1, 1)])
def test_floats_and_other_strangers_are_refused(value):
    with pytest.raises((TypeError, AttributeError)):
        canonical(value)
