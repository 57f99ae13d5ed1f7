"""Dates, times and money as galleries in different places read them."""

import datetime as dt
from decimal import Decimal

import pytest

from galleria_xero_plugin.testing import make_gallery_info
from galleria_xero_plugin.web.formats import Formats

NB, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
TICK = "\N{RIGHT SINGLE QUOTATION MARK}"
NIGHT = dt.datetime(2026, 12, 31, 23, 30, tzinfo=dt.UTC)


def formats(locale="en-GB", time_zone="Europe/London"):
    return Formats(make_gallery_info(locale=locale, time_zone=time_zone))


@pytest.mark.parametrize(("locale", "number", "day"), [
    ("en-GB", "1,234,567.50", "23 Nov 2026"), ("en-US", "1,234,567.50", "Nov 23, 2026"),
    ("de-DE", "1.234.567,50", "23 Nov 2026"), ("de_CH", f"1{TICK}234{TICK}567.50", "23 Nov 2026"),
    ("fr", f"1{NARROW}234{NARROW}567,50", "23 Nov 2026"), ("xx-nonsense", "1,234,567.50", "23 Nov 2026"),
    ("", "1,234,567.50", "23 Nov 2026"),
])
def test_numbers_and_days(locale, number, day):
    fmt = formats(locale)
    assert fmt.money(Decimal("1234567.50"), "EUR") == f"EUR{NB}{number}"
    assert fmt.date(dt.date(2026, 11, 23)) == day.replace(" ", NB)


@pytest.mark.parametrize(("amount", "currency", "shown"), [
    ("450.5", "EUR", "450.50"), ("450", "EUR", "450.00"), ("450.500", "EUR", "450.50"), ("450.125", "EUR", "450.125"),
    ("450.1250", "EUR", "450.125"), ("1E+3", "GBP", "1,000.00"), ("-5", "GBP", "\N{MINUS SIGN}5.00"),
    ("450.00", "JPY", "450"), ("450.5", "JPY", "450.5"), ("1.5", "KWD", "1.500"), ("0", "USD", "0.00"),
])
def test_money_has_the_decimals_of_its_currency(amount, currency, shown):
    assert formats().money(Decimal(amount), currency) == f"{currency}{NB}{shown}"


def test_instants_are_in_the_gallerys_time_zone():
    assert formats(time_zone="Pacific/Kiritimati").moment(NIGHT) == f"1{NB}Jan{NB}2027, 13:30"
    assert formats(time_zone="America/New_York").moment(NIGHT) == f"31{NB}Dec{NB}2026, 18:30"
    assert formats(time_zone="No/Where").time(NIGHT) == "23:30"


def test_today_needs_no_date():
    fmt = formats(time_zone="Pacific/Kiritimati")
    assert fmt.near(NIGHT, NIGHT + dt.timedelta(hours=10)) == "13:30"
    assert fmt.near(NIGHT, NIGHT + dt.timedelta(hours=11)) == f"1{NB}Jan{NB}2027, 13:30"


@pytest.mark.parametrize(("value", "shown"), [
    (Decimal("-5.00"), "\N{MINUS SIGN}5.00"), (Decimal("0"), "0"), (Decimal("1E+3"), "1,000"), (999, "999"),
    (1000, "1,000"), (Decimal("0.0001"), "0.0001"),
])
def test_numbers(value, shown):
    assert formats().number(value) == shown


@pytest.mark.parametrize(("fact", "shown"), [
    ("2026-11-20", f"20{NB}Nov{NB}2026"), ("2026-13-40", "2026-13-40"),
    ("2026-11-23T12:30+00:00", f"23{NB}Nov{NB}2026, 12:30"), ("1250.00 GBP", f"GBP{NB}1,250.00"),
    ("17.5 %", "17.5 %"), ("Low Water", "Low Water"), ("<b>", "<b>"),
])
def test_facts_of_reasons(fact, shown):
    assert formats().fact(fact) == shown


def test_percentages_without_idle_zeros():
    assert [formats("de").percent(Decimal(rate)) for rate in ("20", "17.50", "0")] == [
        f"20{NB}%", f"17,5{NB}%", f"0{NB}%"]
