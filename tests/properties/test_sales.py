"""Whatever a gallery sells: both sides agree on total, tax, paid and due to the cent, or it waits with a reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .audit import audit
from .changes import CHANGES
from .sales import FLAWS, sale
from .year import FIRST, LAST, Year


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    with Year(tmp_path_factory.mktemp("year")) as year:
        yield year


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(random=st.randoms(use_true_random=False), count=st.integers(1, 5))
def test_a_few_sales_of_any_kind_agree_or_wait(year: Year, random: Random, count: int):
    """Hypothesis draws them, so that what fails is shown as small as it can be."""
    sales = year.sell(random, count)
    year.office.sync()
    assert audit(year.office, sales).wrong == []


def test_a_year_and_what_happens_afterwards_agree_and_are_exported_once(tmp_path):
    with Year(tmp_path) as year:
        report = year.exported(seed=3, count=400)
    assert report.wrong == []
    assert report.agreed > 380 and report.rounded > 5 and report.flawed > 2
    assert report.waiting_sales == 0, report.waiting
    agreeing = {what for what, outcome in report.outcomes if outcome == "agrees"}
    assert agreeing == set(CHANGES)


def test_the_generator_draws_what_it_says():
    """A seed tells all; every flaw, mode, currency and number of lines comes up."""
    sales = [sale(Random(7), 1, FIRST, LAST) for _ in range(2)]
    assert sales[0] == sales[1]
    random = Random(8)
    drawn = [sale(random, number, FIRST, LAST) for number in range(2000)]
    assert {one.flaw for one in drawn} == {"", *FLAWS}
    assert {one.invoice.currency for one in drawn} >= {"GBP", "EUR", "USD"}
    assert {len(one.invoice.items) for one in drawn} >= {1, 2, 3, 4, 5, 10}
    assert max(len(one.invoice.items) for one in drawn) > 50
    assert all(FIRST <= one.invoice.date <= LAST for one in drawn)
    assert isinstance(FIRST, dt.date) and sum(len(one.invoice.payments) > 2 for one in drawn) > 100
