"""A hand of the cards that `python3 tests --chaos-processes 500` deals by the hundred."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from . import cards
from .lane import Lane, lane


@pytest.fixture(scope="module")
def on_sqlite() -> Iterator[Lane]:
    with lane(None, threading.Event()) as made:
        yield made


@pytest.fixture(scope="module")
def on_postgresql(postgres_server) -> Iterator[Lane]:
    with lane(postgres_server, threading.Event()) as made:
        yield made


def test_kills_on_sqlite(on_sqlite: Lane):
    for card in (cards.at("after_p", "orphan", 2), cards.at("after_answer", "crash_both", 2)):
        on_sqlite.play(card.befalls)
        assert on_sqlite.kills, card.name
    on_sqlite.audit_books()


def test_killed_after_writing_ahead_on_postgresql(on_postgresql: Lane):
    on_postgresql.play(cards.at("before_first_byte", "crash", 2).befalls)
    assert on_postgresql.kills
    on_postgresql.audit_books()


def test_frozen_for_longer_than_the_lease_and_the_key_on_sqlite(on_sqlite: Lane):
    """It wakes up when somebody else has proved that nothing arrived, and keeps back what it was about to send."""
    on_sqlite.play(cards.frozen("before_first_byte", cards.BEYOND_THE_KEY).befalls)
    on_sqlite.audit_books()
