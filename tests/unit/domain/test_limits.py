"""The minute limit: 60 calls in a sliding window."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galleria_xero_plugin.domain.limits import SPAN_MS, remembered, wait_needed


def test_a_burst_and_then_a_wait():
    assert wait_needed([0, 1_000], 2_000, 3) == 0
    assert wait_needed([0, 1_000, 2_000], 10_000, 3) == SPAN_MS - 10_000
    assert wait_needed([0, 1_000, 2_000], SPAN_MS, 3) == 0


def test_no_limit():
    assert wait_needed([1] * 500, 1, 0) == 0


@pytest.mark.parametrize("ahead", [1_000, 10**9])
def test_a_clock_that_was_ahead_does_not_block_for_longer_than_the_span(ahead):
    assert wait_needed([ahead], 0, 1) <= SPAN_MS


@given(st.integers(1, 5), st.lists(st.integers(0, 90_000), max_size=60))
def test_never_more_than_the_limit_in_any_span(limit, pauses):
    now, sent = 0, []
    for pause in pauses:
        now += pause
        now += wait_needed(sent, now, limit)
        sent.append(now)
    for first, last in zip(sent, sent[limit:], strict=False):
        assert last - first >= SPAN_MS
    assert len(remembered(sent, now)) <= limit
