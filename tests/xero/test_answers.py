"""Xero's answers as values: what is needed is demanded, everything else tolerated."""

import datetime as dt
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galleria_xero_plugin.domain.accounting import XeroAddress
from galleria_xero_plugin.ports.xero import WriteKind
from galleria_xero_plugin.xero import answers, elements, reading

A = "aaaaaaaa-1111-4111-8111-111111111111"
B = "bbbbbbbb-2222-4222-8222-222222222222"
ZERO = "00000000-0000-0000-0000-000000000000"
D = Decimal


def without(row, name):
    return {key: value for key, value in row.items() if key != name}


def parsed(document):
    """As it comes off the wire: Decimals instead of floats."""
    return reading.decode(json.dumps(document).encode())


def invoice_row(**changes):
    return parsed(
        {
            "InvoiceID": A.upper(),
            "InvoiceNumber": "AG-1",
            "Type": "ACCREC",
            "Status": "AUTHORISED",
            "Contact": {"ContactID": B, "Name": "Ann"},
            "CurrencyCode": "EUR",
            "Total": 120.1,
            "TotalTax": 20,
            "AmountDue": 120.1,
            "AmountPaid": 0.0,
            "AmountCredited": 0,
            "Date": "/Date(1795132800000+0000)/",
            "DateString": "2026-11-20T00:00:00",
            "UpdatedDateUTC": "/Date(1789378199100+0000)/",
            "Url": "https://gallery.example/i/1",
            "Reference": "r",
            "SomethingNew": {"Of": ["2027"]},
            **changes,
        }
    )


class TestInvoices:
    def test_a_whole_one(self):
        found = answers.invoice(invoice_row())
        assert (found.id, found.number, found.type, found.status) == (A, "AG-1", "ACCREC", "AUTHORISED")
        assert (found.contact_id, found.currency) == (B, "EUR")
        assert (found.total, found.tax_total, found.amount_due) == (D("120.1"), D(20), D("120.1"))
        assert (found.amount_paid, found.amount_credited) == (D(0), D(0))
        assert found.date == dt.date(2026, 11, 20)
        assert found.updated_at == dt.datetime(2026, 9, 14, 9, 29, 59, 100_000, tzinfo=dt.UTC)
        assert (found.url, found.reference, found.payments) == ("https://gallery.example/i/1", "r", ())

    @pytest.mark.parametrize("name", ["InvoiceID", "Status", "Total", "TotalTax", "AmountDue", "AmountPaid"])
    def test_what_is_needed(self, name):
        with pytest.raises(ValueError, match=f"^{name} is missing$"):
            answers.invoice(without(invoice_row(), name))

    @pytest.mark.parametrize(
        "name",
        ["InvoiceNumber", "Type", "Contact", "CurrencyCode", "AmountCredited", "Date", "Url", "UpdatedDateUTC"],
    )
    def test_what_may_be_missing(self, name):
        answers.invoice(without(invoice_row(), name))
        answers.invoice(invoice_row(**{name: None}))

    @pytest.mark.parametrize("value", ["120.10", True, [], {}, "NaN", 10**30])
    def test_amounts_are_numbers(self, value):
        with pytest.raises(ValueError, match=r"^AmountPaid is "):
            answers.invoice(invoice_row(AmountPaid=value))

    @pytest.mark.parametrize("text", ["1e999999", "1e-999999", "123456789012345678.5"])
    def test_amounts_have_a_size(self, text):
        with pytest.raises(ValueError, match="out of range"):
            answers.invoice({**invoice_row(), "Total": D(text)})

    @pytest.mark.parametrize("value", [ZERO, "", "x", A + "x", A[:-1] + "g", 7])
    def test_ids_are_guids(self, value):
        with pytest.raises(ValueError, match=r"^InvoiceID is missing$"):
            answers.invoice(invoice_row(InvoiceID=value))

    @pytest.mark.parametrize(
        ("paid", "payments", "found"),
        [
            (0, None, ()),
            (0, [], ()),
            (50, None, None),
            (50, [], None),
        ],
    )
    def test_money_without_payments_is_unknown(self, paid, payments, found):
        assert answers.invoice(invoice_row(AmountPaid=paid, Payments=payments)).payments == found

    def test_nested_payments(self):
        row = {"PaymentID": B, "Date": "/Date(1795132800000+0000)/", "Amount": 50.05, "Reference": "x [G-ABC]"}
        (found,) = answers.invoice(invoice_row(AmountPaid=50.05, Payments=[row])).payments
        assert (found.id, found.date, found.amount) == (B, dt.date(2026, 11, 20), D("50.05"))
        assert found.reference == "x [G-ABC]"

    @pytest.mark.parametrize("payments", ["x", ["x"], {"a": 1}, [{"PaymentID": B}], [{"Amount": 1}]])
    def test_half_a_list_of_payments_is_none(self, payments):
        with pytest.raises(ValueError):
            answers.invoice(invoice_row(AmountPaid=1, Payments=payments))


class TestPages:
    @pytest.mark.parametrize(
        ("rows", "pagination", "more"),
        [
            (2, None, True),
            (1, None, False),
            (0, None, False),
            (2, {"page": 1, "pageCount": 3}, True),
            (1, {"page": 1, "pageCount": 3}, True),
            (2, {"page": 3, "pageCount": 3}, False),
            (0, {"page": 1, "pageCount": 3}, False),
            (2, {"page": "1", "pageCount": 1}, True),
            (2, {"page": True, "pageCount": 1}, True),
            (2, "garbage", True),
        ],
    )
    def test_more(self, rows, pagination, more):
        document = {"Rows": [{}] * rows, "pagination": pagination}
        found = answers.page(document, "Rows", 2, lambda row: row)
        assert (len(found.items), found.more) == (rows, more)

    @pytest.mark.parametrize("document", [None, [], "x", {}, {"Rows": None}, {"Rows": {}}, {"Rows": [1]}, {"rows": []}])
    def test_no_list_is_not_an_empty_list(self, document):
        with pytest.raises(ValueError, match="no array Rows"):
            answers.page(document, "Rows", 2, lambda row: row)


def test_a_contact():
    blank = {"AddressLine1": "", "City": "", "AttentionTo": ""}
    found = answers.contact(
        {
            "ContactID": A,
            "Name": "Ann \u202eExample\x00",
            "ContactNumber": "g-1",
            "ContactStatus": "ARCHIVED",
            "FirstName": "Ann",
            "LastName": None,
            "EmailAddress": "ann@example.com",
            "IsCustomer": True,
            "IsSupplier": "yes",
            "MergedToContactID": B.upper(),
            "Addresses": [
                {"AddressType": "STREET", **blank},
                {"AddressType": "POBOX", "AddressLine1": "1 Road", "AddressLine3": "Yard", "City": "Bath"},
                "garbage",
            ],
            "Phones": [
                {"PhoneType": "DEFAULT", "PhoneNumber": "123", "PhoneAreaCode": "61", "PhoneCountryCode": "+41"},
                {"PhoneType": "MOBILE", "PhoneNumber": "", "PhoneAreaCode": ""},
                {"PhoneNumber": "9"},
            ],
            "UpdatedDateUTC": "/Date(1789378199100+0000)/",
        }
    )
    assert (found.id, found.name, found.number, found.status) == (A, "Ann Example", "g-1", "ARCHIVED")
    assert (found.first_name, found.last_name, found.email) == ("Ann", "", "ann@example.com")
    assert (found.is_customer, found.is_supplier, found.merged_to) == (True, False, B)
    assert found.addresses == (XeroAddress("POBOX", ("1 Road", "Yard"), "Bath"),)
    assert found.phones == {"DEFAULT": "+41 61 123"}


def test_a_bare_contact():
    found = answers.contact({"ContactID": A})
    assert (found.name, found.status, found.addresses, found.phones, found.updated_at) == ("", "ACTIVE", (), {}, None)


def test_a_payment():
    row = {
        "PaymentID": A,
        "Status": "AUTHORISED",
        "Date": "/Date(1795132800000+0000)/",
        "Amount": 5,
        "Reference": "x",
        "Invoice": {"InvoiceID": B},
        "Account": {"AccountID": A, "Code": "090"},
        "IsReconciled": True,
    }
    found = answers.payment(row)
    assert (found.invoice_id, found.account_id, found.amount, found.is_reconciled) == (B, A, D(5), True)
    assert answers.payment(without(row, "Account")).account_id == ""
    assert answers.payment(without(row, "Invoice") | {"CreditNote": {"CreditNoteID": B}}).credit_note_id == B
    for name in ("PaymentID", "Status", "Amount"):
        with pytest.raises(ValueError, match="is missing"):
            answers.payment(without(row, name))


def test_an_organisation():
    row = {
        "OrganisationID": A,
        "Name": "North Light",
        "ShortCode": "!abc",
        "BaseCurrency": "NZD",
        "CountryCode": "NZ",
        "Timezone": "NEWZEALANDSTANDARDTIME",
        "IsDemoCompany": True,
        "PaysTax": False,
        "PeriodLockDate": "/Date(1795132800000+0000)/",
        "Class": "NEVER_HEARD_OF",
    }
    found = answers.organisation({"Organisations": [row]})
    assert (found.id, found.short_code, found.base_currency, found.is_demo) == (A, "!abc", "NZD", True)
    assert (found.tax_registered, found.lock_date) == (False, dt.date(2026, 11, 20))
    assert answers.organisation({"Organisations": [without(row, "PaysTax")]}).tax_registered is None
    for broken in ([], [without(row, "OrganisationID")], [without(row, "BaseCurrency")]):
        with pytest.raises(ValueError):
            answers.organisation({"Organisations": broken})


def test_reference_data():
    account = {"AccountID": A, "Name": "Bank", "Type": "BANK", "Class": "ASSET", "SystemAccount": None}
    (found,) = answers.accounts({"Accounts": [{**account, "EnablePaymentsToAccount": False, "CurrencyCode": "EUR"}]})
    assert (found.code, found.type, found.system, found.payments_enabled, found.currency) == (
        "",
        "BANK",
        "",
        False,
        "EUR",
    )

    rate = {"TaxType": "OUTPUT2", "Name": "GST", "EffectiveRate": D("15.0000"), "Status": "ACTIVE"}
    (found,) = answers.tax_rates({"TaxRates": [{**rate, "CanApplyToRevenue": True}]})
    assert (found.tax_type, found.rate, found.applies_to_revenue) == ("OUTPUT2", D(15), True)

    themes = [{"BrandingThemeID": A, "Name": "Plain", "SortOrder": 1}, {"BrandingThemeID": B, "SortOrder": "x"}]
    assert [t.sort_order for t in answers.branding_themes({"BrandingThemes": themes})] == [1, 0]

    assert answers.currencies({"Currencies": [{"Code": "EUR"}, {"Code": "CHF"}]}) == ("EUR", "CHF")

    options = [{"Name": "North", "Status": "ACTIVE"}, {"Name": "Old", "Status": "ARCHIVED"}, {"Name": "South"}]
    categories = [
        {"TrackingCategoryID": A, "Name": "Region", "Status": "ACTIVE", "Options": options},
        {"TrackingCategoryID": B, "Name": "Gone", "Status": "ARCHIVED"},
    ]
    assert answers.tracking_categories({"TrackingCategories": categories}) == ((A, "Region", ("North", "South")),)


def utc(*parts):
    return dt.datetime(*parts, tzinfo=dt.UTC)


class TestDates:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("/Date(1789378199100+0000)/", utc(2026, 9, 14, 9, 29, 59, 100_000)),
            ("/Date(1789378199100)/", utc(2026, 9, 14, 9, 29, 59, 100_000)),
            ("/Date(1789378199100+1300)/", utc(2026, 9, 14, 9, 29, 59, 100_000)),
            ("/Date(-86400000+0000)/", utc(1969, 12, 31)),
            ("2026-09-14", utc(2026, 9, 14)),
            ("2026-09-14T09:29:59", utc(2026, 9, 14, 9, 29, 59)),
            ("2026-09-14T09:29:59Z", utc(2026, 9, 14, 9, 29, 59)),
            ("2026-09-14T09:29:59.4567890", utc(2026, 9, 14, 9, 29, 59, 456_789)),
            ("2026-09-14T09:29:59.5+00:00", utc(2026, 9, 14, 9, 29, 59, 500_000)),
        ],
    )
    def test_readable(self, value, expected):
        assert reading.instant({"X": value}, "X") == expected

    @pytest.mark.parametrize(
        "value", [None, 5, "", "/Date(x)/", "/Date(999999999999999)/", "2026-13-01", "2026-01-01T25:00:00", "today"]
    )
    def test_unreadable_is_none(self, value):
        assert reading.instant({"X": value}, "X") is None

    def test_the_second_field_helps(self):
        assert reading.day({"Date": "?", "DateString": "2026-11-20T00:00:00"}, "Date", "DateString") == dt.date(
            2026, 11, 20
        )


def element(kind=WriteKind.INVOICE, **row):
    base = {"InvoiceID": A, "InvoiceNumber": "AG-1", "Total": 10, "TotalTax": D("1.5"), "CurrencyCode": "EUR"}
    found = elements.read({elements.SHAPES[kind].plural: [{**base, **row}]}, kind)
    return found[0] if found else None


class TestElements:
    def test_a_created_invoice(self):
        found = element(StatusAttributeString="OK", HasErrors=False)
        assert (found.key, found.id, found.ok, found.errors, found.warnings) == ("AG-1", A, True, (), ())
        assert (found.number, found.total, found.tax_total, found.currency) == ("AG-1", D(10), D("1.5"), "EUR")

    def test_a_warning_is_a_success(self):
        found = element(StatusAttributeString="WARNING", Warnings=[{"Message": "rate looks odd"}])
        assert (found.ok, found.warnings) == (True, ("rate looks odd",))

    def test_an_error(self):
        found = element(
            InvoiceID=ZERO,
            StatusAttributeString="ERROR",
            HasErrors=True,
            ValidationErrors=[{"Message": "one"}, {"Description": "two"}, {"Message": "one"}, {"Other": "x"}, 7],
            LineItems=[{"ValidationErrors": [{"Message": "three"}]}],
            Contact={"Addresses": [{"ValidationErrors": [{"Message": "four"}]}]},
        )
        assert (found.id, found.ok) == (None, False)
        assert found.errors == ("one", "two", "three", "four")

    def test_an_error_may_name_the_document_in_the_way(self):
        row = {"ContactID": B, "ContactNumber": "g-1", "HasValidationErrors": True}
        found = element(WriteKind.CONTACT, **row, StatusAttributeString="ERROR")
        assert (found.key, found.id, found.ok) == ("g-1", B, False)

    @pytest.mark.parametrize(
        ("row", "ok"),
        [
            ({}, True),
            ({"HasErrors": True}, False),
            ({"HasValidationErrors": True}, False),
            ({"ValidationErrors": [{"Message": "x"}]}, False),
            ({"ValidationErrors": []}, True),
            ({"StatusAttributeString": "ok"}, True),
            ({"StatusAttributeString": "ERROR"}, False),
        ],
    )
    def test_verdicts(self, row, ok):
        assert element(**row).ok is ok

    @pytest.mark.parametrize(
        "row",
        [
            {"StatusAttributeString": "OK", "HasErrors": True},
            {"StatusAttributeString": "WARNING", "HasValidationErrors": True},
            {"StatusAttributeString": "OK", "ValidationErrors": [{"Message": "x"}]},
            {"StatusAttributeString": "PERHAPS"},
        ],
    )
    def test_a_contradiction_counts_as_missing(self, row):
        assert element(**row) is None

    def test_what_is_said_inside_an_accepted_document_is_a_warning(self):
        found = element(StatusAttributeString="OK", LineItems=[{"ValidationErrors": [{"Message": "odd"}]}])
        assert (found.ok, found.errors, found.warnings) == (True, (), ("odd",))

    def test_a_payment_is_known_by_invoice_and_reference(self):
        row = {
            "PaymentID": B,
            "Amount": 5,
            "Reference": "x [G-A]",
            "Invoice": {"InvoiceID": A.upper(), "CurrencyCode": "EUR"},
        }
        (found,) = elements.read({"Payments": [row]}, WriteKind.PAYMENT)
        assert found.key == f"{A}|x [G-A]" == elements.payment_key(A, "x [G-A]")
        assert (found.id, found.total, found.tax_total, found.number, found.currency) == (B, D(5), None, "", "EUR")
        (found,) = elements.read({"Payments": [without(row, "Invoice")]}, WriteKind.PAYMENT)
        assert found.key == ""

    def test_texts_are_bounded(self):
        many = [{"Message": f"{n} " + "x" * 1000} for n in range(100)]
        found = element(StatusAttributeString="ERROR", ValidationErrors=many)
        assert len(found.errors) == 20
        assert max(map(len, found.errors)) == 500

    def test_a_deep_tree_is_not_walked_to_its_end(self):
        deep = {"ValidationErrors": [{"Message": "deep"}]}
        for _ in range(500):
            deep = {"Inner": deep}
        assert element(StatusAttributeString="ERROR", Inner=deep).errors == ()


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from([A, ZERO, "/Date(0)/", "OK", "ERROR"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Message", "ValidationErrors", "Payments", "Invoice", "InvoiceID", "Contact", "pagination"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)
ROWS = {
    "Invoices": invoice_row(Payments=[]),
    "Contacts": {"ContactID": A, "Addresses": [], "Phones": [], "ContactNumber": "g"},
    "Payments": {"PaymentID": A, "Status": "x", "Amount": 1, "Invoice": {"InvoiceID": B}, "Account": {}},
}
READERS = [
    ("Invoices", lambda d: answers.page(d, "Invoices", 1, answers.invoice)),
    ("Contacts", lambda d: answers.page(d, "Contacts", 1, answers.contact)),
    ("Payments", lambda d: answers.page(d, "Payments", 1, answers.payment)),
    ("Invoices", lambda d: elements.read(d, WriteKind.INVOICE)),
    ("Contacts", lambda d: elements.read(d, WriteKind.CONTACT)),
    ("Payments", lambda d: elements.read(d, WriteKind.PAYMENT)),
]


@pytest.mark.parametrize(("name", "read"), READERS)
@given(data=st.data())
def test_whatever_comes_it_is_a_value_or_a_value_error(name, read, data):
    row = dict(ROWS[name])
    for field in data.draw(st.lists(st.sampled_from(sorted(row)), max_size=3)):
        row[field] = data.draw(json_values)
    try:
        read({name: [row], "pagination": data.draw(json_values)})
    except ValueError as problem:
        assert len(str(problem)) < 80


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_raise_value_error(body):
    try:
        reading.decode(body)
    except ValueError as problem:
        assert str(problem) == "not JSON"


@given(st.text(max_size=50))
def test_texts_fit_on_one_line_of_a_log(value):
    assert not set(reading.text({"a": value}, "a")) & set("\r\x00\x1b\x85\u2028\u2029\u202e")
