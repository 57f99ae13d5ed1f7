"""Markers survive everything that may happen to the address or text they stand in."""

import datetime as dt
import hashlib
from base64 import b32encode
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galleria_xero_plugin.domain import markers
from galleria_xero_plugin.domain.text import width
from tests.unit.domain.builders import MARKER, payment

MARKS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=16, max_size=16)


def test_a_marker_can_be_worked_out_again_by_hand():
    by_hand = b32encode(hashlib.sha256(b"galleria-xero|g1|invoice|42").digest()[:10]).decode()
    assert markers.marker("g1", "invoice", "42") == by_hand
    assert len(by_hand) == 16


@given(st.tuples(st.text(), st.text(), st.text()), st.tuples(st.text(), st.text(), st.text()))
def test_different_documents_have_different_markers(one, other):
    assert (markers.marker(*one) == markers.marker(*other)) == (one == other)


def test_a_bar_inside_an_id_does_not_make_two_documents_one():
    assert markers.marker("g|1", "invoice", "2") != markers.marker("g", "1|invoice", "2")
    assert markers.marker("g\\", "a", "b") != markers.marker("g", "\\a", "b")


def test_the_same_payment_is_the_same_however_its_amount_is_written():
    assert markers.payment_identity(payment("100")) == markers.payment_identity(payment("100.00"))


@pytest.mark.parametrize("other", [{"amount": "99.99"}, {"id": "p2"}, {"date": dt.date(2026, 11, 21)}])
def test_a_corrected_payment_is_another_payment(other):
    assert markers.payment_identity(payment(**{"amount": "100", **other})) != markers.payment_identity(payment("100"))


def test_large_amounts_are_written_out():
    assert "|1000|" in markers.payment_identity(payment(Decimal("1E3")))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/i/7", "https://a.example/i/7?g=M"),
        ("https://a.example/i?id=7", "https://a.example/i?id=7&g=M"),
        ("https://a.example/i?id=7#total", "https://a.example/i?id=7&g=M#total"),
        ("https://a.example/i#a?b", "https://a.example/i?g=M#a?b"),
        ("https://a.example/i?", "https://a.example/i?g=M"),
    ],
)
def test_the_address_keeps_its_query_and_fragment(url, expected):
    assert markers.url_with_marker(url, "M") == expected


@given(st.text(), MARKS)
def test_a_marker_survives_any_address(url, mark):
    assert markers.marker_in_url(markers.url_with_marker(url, mark)) == mark


@given(st.text(max_size=600), MARKS)
def test_a_marker_survives_any_reference_and_fits(text, mark):
    reference = markers.reference_with_marker(text, mark)
    assert markers.marker_in_reference(reference) == mark
    assert width(reference) <= 255
    assert reference == " ".join(reference.split())


def test_a_reference_typed_by_a_person_has_no_marker():
    assert markers.marker_in_reference("Deposit [G-12]") is None
    assert markers.marker_in_url("https://a.example/?g=short&id=2") is None


def test_a_marker_pasted_in_other_letters_is_still_read():
    assert markers.marker_in_reference(f"[g-{MARKER.lower()}]") == MARKER


@given(MARKS)
def test_a_contact_number_is_read_back(mark):
    number = markers.contact_number(mark)
    assert number.startswith("g-")
    assert markers.marker_in_contact_number(number) == mark


@pytest.mark.parametrize("number", ["", "g-", "g-1", "C-0042", "h-" + MARKER])
def test_another_program_s_contact_number_is_not_ours(number):
    assert markers.marker_in_contact_number(number) is None


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://gallery.example/i/7?g=M", True),
        ("http://localhost:5000/i", True),
        ("https://gallery.example/xero/i/7", False),
        ("https://XERO-gallery.example/i", False),
        ("https://gallery.example/i?g=ABXEROCDEFGHIJKL", False),
        ("ftp://gallery.example/i", False),
        ("/i/7", False),
        ("https://", False),
        ("https://[broken/i", False),
        ("https://gallery.example/a b", False),
        ("https://gallery.example/\n", False),
    ],
)
def test_addresses_that_xero_takes(url, allowed):
    assert markers.url_allowed(url) is allowed
