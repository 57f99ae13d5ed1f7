"""Amounts stay exact and instants aware on both databases."""
import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import Column, MetaData, Table, create_engine, func, select

from galleria_xero_plugin.demo.columns import Exact, Instant

table = Table("t", MetaData(), Column("amount", Exact(2)), Column("rate", Exact(6)), Column("at", Instant()))


@pytest.fixture
def connection(database_url):
    engine = create_engine(database_url)
    with engine.begin() as connection:
        table.create(connection)
        yield connection
    engine.dispose()


def test_amounts_come_back_as_they_were_and_sum_exactly(connection):
    connection.execute(table.insert(), [{"amount": Decimal("0.10")}] * 3 + [{"amount": Decimal("9999999999.99")}])
    total = connection.scalar(select(func.sum(table.c.amount)))
    assert (type(total), total) == (Decimal, Decimal("10000000000.29"))
    assert connection.scalar(select(func.count()).where(table.c.amount < Decimal("0.11"))) == 3


def test_nothing_is_stored_as_null(connection):
    connection.execute(table.insert(), {"amount": None, "at": None})
    assert connection.execute(select(table.c.amount, table.c.at)).one() == (None, None)


def test_an_instant_comes_back_in_utc(connection):
    there = dt.datetime(2026, 7, 1, 1, 30, tzinfo=dt.timezone(dt.timedelta(hours=9)))
    connection.execute(table.insert(), {"at": there})
    found = connection.scalar(select(table.c.at))
    assert found == there and found.tzinfo is dt.UTC


@pytest.mark.parametrize(("value", "error"), [(0.1, TypeError), (Decimal("0.001"), ValueError)])
def test_what_is_not_exact_is_refused(value, error):
    with pytest.raises(error):
        Exact(2).process_bind_param(value, create_engine("sqlite://").dialect)


def test_a_naive_instant_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        Instant().process_bind_param(dt.datetime(2026, 1, 1), create_engine("sqlite://").dialect)  # noqa: DTZ001
