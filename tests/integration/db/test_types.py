"""What goes into a column comes out again, exactly, or is refused."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, insert, select

from galleria_xero_plugin.db.codec import from_plain, to_plain
from galleria_xero_plugin.db.types import Cipher, CipherType, Exact, Instant, Json, Words, dumps, from_ms, to_ms
from galleria_xero_plugin.domain.accounting import Account, Organisation, ReferenceData, TaxRate, XeroBrandingTheme
from galleria_xero_plugin.domain.settings import AccountMapping, Schedule, ScheduleKind, Settings

from .making import START


@pytest.fixture
def through(engine):
    """Send one value through a column of this type."""

    def through(type_, value):
        table = Table("trial", MetaData(), Column("value", type_))
        with engine.begin() as connection:
            table.create(connection)
            connection.execute(insert(table).values(value=value))
            read = connection.execute(select(table.c.value)).scalar_one()
            table.drop(connection)
        return read

    return through


@pytest.mark.parametrize("text", ["0.00", "12.50", "-0.0001", "123456789012345678901234567890.123456789", "1E+3"])
def test_amounts_are_exact(through, text):
    read = through(Exact(), Decimal(text))
    assert read == Decimal(text)
    assert f"{read:f}" == f"{Decimal(text):f}"  # the final zeros too


@pytest.mark.parametrize("value", [1.5, 1, "1.5", Decimal("NaN"), Decimal("Infinity")])
def test_what_is_not_an_exact_amount_is_refused(value):
    with pytest.raises(TypeError, match="finite Decimal"):
        Exact().process_bind_param(value, None)


def test_instants_come_back_in_utc(through):
    tokyo = dt.timezone(dt.timedelta(hours=9))
    read = through(Instant(), START.astimezone(tokyo))
    assert read == START
    assert read.tzinfo is dt.UTC


@given(st.datetimes(timezones=st.just(dt.UTC)))
def test_an_instant_loses_less_than_a_millisecond(instant):
    assert dt.timedelta(0) <= instant - from_ms(to_ms(instant)) < dt.timedelta(milliseconds=1)


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        to_ms(START.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("given", "kept"), [("Ærø \U0001f5bc", "Ærø \U0001f5bc"), ("a\0b", "a\ufffdb"), ("a\ud800b", "a?b")]
)
def test_any_text_can_be_stored(through, given, kept):
    assert through(Words(), given) == kept
    assert through(Json(), {"text": given}) == {"text": given}


def test_floats_do_not_get_into_json():
    for value in (1.5, {"a": [1, {"b": 0.1}]}, [float("nan")]):
        with pytest.raises(TypeError, match="exact"):
            dumps(value)


def test_json_is_canonical():
    assert dumps({"b": 1, "a": [True, None, "é"]}) == '{"a":[true,null,"\\u00e9"],"b":1}'


def test_a_cipher_hides(through):
    read = through(CipherType(), b"secret")
    assert read == b"secret"
    assert f"{read!r} {read}" == "<cipher 6 bytes> <cipher 6 bytes>"
    assert isinstance(read, Cipher)


SETTINGS = Settings(
    prefix="NL",
    admin_emails=("a@example.org", "b@example.org"),
    scheduled=True,
    sync_from=dt.date(2026, 1, 1),
    schedule=Schedule(ScheduleKind.DAILY, dt.time(6, 15)),
    mapping=AccountMapping(sales="s", banks={"cash": "b"}, tax_rates={"vat": "OUTPUT2"}, untaxed="NONE"),
)
REFERENCE = ReferenceData(
    organisation=Organisation(
        "o", "North Light", "!x", "GBP", tax_registered=None, period_lock_date=dt.date(2026, 3, 31)
    ),
    accounts=(Account("a", "200", "Sales", "REVENUE", "REVENUE", "ACTIVE"),),
    tax_rates=(TaxRate("OUTPUT2", "20 %", Decimal("20.0000"), "ACTIVE", True),),
    branding_themes=(XeroBrandingTheme("t", "Standard"),),
    currencies=("GBP", "EUR"),
    fetched_at=START,
    tracking=(("c", "Region", ("North", "South")),),
)


@pytest.mark.parametrize("value", [Settings(), SETTINGS, REFERENCE])
def test_the_codec_gives_back_what_it_was_given(value):
    plain = to_plain(value)
    dumps(plain)
    assert from_plain(type(value), plain) == value


def test_the_codec_reads_what_an_older_or_newer_release_wrote():
    plain = to_plain(SETTINGS)
    del plain["import_suppliers"], plain["mapping"]["expense"]
    plain["of_tomorrow"] = 1
    assert from_plain(Settings, plain) == SETTINGS


def test_the_codec_refuses_what_it_would_lose():
    for value in (1.5, {1}, object()):
        with pytest.raises(TypeError, match="cannot store"):
            to_plain(value)
