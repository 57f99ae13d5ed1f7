"""Which invoices go, from when on, and under which number."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from galleria_xero_plugin.domain.export import (
    LISTED,
    SILENT,
    eligibility,
    invoice_number,
    numbers_compare,
    prefix_error,
)
from galleria_xero_plugin.domain.model import IndexEntry, InvoiceState
from galleria_xero_plugin.domain.reasons import REASONS
from tests.unit.domain.builders import DAY, NOW, SETTINGS, invoice, payment

HOUR = dt.timedelta(hours=1)
CREATED = NOW - dt.timedelta(days=10)


def reason(document, *, sync_from=SETTINGS.sync_from, copy_existing=False, quiet=HOUR, today=DAY):
    hold = eligibility(
        document,
        settings=replace(SETTINGS, sync_from=sync_from, copy_existing=copy_existing),
        webservice_created_at=CREATED,
        today_local=today,
        quiet=quiet,
        now=NOW,
    )
    return hold.code if hold is not None else None


def entry(**changes):
    values = dict(id="42", number=1, revision=1, state=InvoiceState.ISSUED, date=DAY, total=Decimal(5), currency="GBP")
    return IndexEntry(**{**values, **changes})


def test_an_issued_invoice_goes():
    assert reason(invoice()) is None
    assert reason(entry()) is None


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (InvoiceState.DRAFT, "draft_or_not_issued"),
        (InvoiceState.CANCELLED, "cancelled_never_sent"),
        (InvoiceState.DELETED, "cancelled_never_sent"),
    ],
)
def test_drafts_and_cancelled_invoices_do_not_go(state, code):
    assert reason(invoice(state=state)) == code
    assert reason(entry(state=state)) == code
    assert code not in LISTED


def test_the_sync_from_date_itself_is_included():
    assert reason(invoice(), sync_from=DAY) is None
    assert reason(invoice(), sync_from=DAY + dt.timedelta(days=1), today=DAY + dt.timedelta(days=1)) == (
        "dated_before_sync_from"
    )


def test_a_future_date_exports_nothing_until_then():
    tomorrow = DAY + dt.timedelta(days=1)
    assert reason(invoice(), sync_from=tomorrow) == "future_sync_date"
    assert reason(invoice(date=tomorrow), sync_from=tomorrow) == "future_sync_date"
    assert reason(invoice(date=tomorrow), sync_from=tomorrow, today=tomorrow) is None


def test_nothing_goes_before_the_date_is_chosen():
    assert reason(invoice(), sync_from=None) == "mapping_incomplete"


def test_an_older_invoice_that_is_paid_later_is_listed():
    older = invoice(date=dt.date(2025, 12, 31), payments=(payment(date=dt.date(2026, 1, 1)),))
    assert reason(older) == "paid_before_sync_from"
    assert "paid_before_sync_from" in LISTED
    assert reason(replace(older, payments=(payment(date=dt.date(2025, 12, 31)),))) == "dated_before_sync_from"


def test_existing_invoices_go_only_with_copy_all():
    existing = invoice(issued_at=CREATED - dt.timedelta(seconds=1))
    assert reason(existing) == "issued_before_connection"
    assert reason(existing, copy_existing=True) is None
    assert reason(replace(existing, issued_at=CREATED)) is None
    assert reason(replace(existing, issued_at=None)) == "issued_before_connection"


def test_copy_all_does_not_reach_before_the_sync_from_date():
    assert reason(invoice(date=dt.date(2025, 12, 31)), copy_existing=True) == "dated_before_sync_from"


def test_a_gift_of_nothing_is_listed_so_that_its_number_is_explained():
    assert reason(invoice(total="0.00")) == "zero_total"
    assert reason(entry(total=Decimal("0.00"))) == "zero_total"
    assert "zero_total" in LISTED


def test_a_fresh_invoice_waits_for_its_owner_s_typing_errors():
    fresh = invoice(issued_at=NOW - dt.timedelta(minutes=59))
    hold = eligibility(fresh, settings=SETTINGS, webservice_created_at=CREATED, today_local=DAY, quiet=HOUR, now=NOW)
    assert (hold.code, hold.until) == ("settling_down", NOW + dt.timedelta(minutes=1))
    assert reason(invoice(issued_at=NOW - HOUR)) is None
    assert reason(fresh, quiet=dt.timedelta(0)) is None


def test_every_silent_reason_exists_and_the_others_are_listed():
    assert set(REASONS) >= SILENT
    assert set(REASONS) == LISTED | SILENT


@pytest.mark.parametrize("prefix", ["AG", "a.b_c/d-1", "X" * 20, "7"])
def test_good_prefixes(prefix):
    assert prefix_error(prefix) is None


@pytest.mark.parametrize("prefix", ["", "X" * 21, "A,B", "A B", "AG\n", "\x00", "ÄG", "AG#", "\uff14"])
def test_bad_prefixes_are_told_what_to_do(prefix):
    assert prefix_error(prefix).startswith("Please")


def test_numbers():
    assert invoice_number("AG", 1234) == "AG-1234"
    assert numbers_compare("AG-1234", " ag - 1234")
    assert not numbers_compare("AG-1234", "AG-12345")
