"""A hand of the cards that `python3 tests --chaos-processes 500` deals by the hundred."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.helpers.servers import Postgres

from . import cards
from .audit import audit_books
from .lane import lane


def test_kills_and_a_long_freeze_on_both_databases(postgres_server: Postgres):
    """Who was frozen wakes up when somebody else has proved that nothing arrived, and keeps back what it was about to
    send."""
    one = [
        cards.at("after_p", "orphan", 2),
        cards.at("after_answer", "crash_both", 2),
        cards.frozen("before_first_byte", cards.BEYOND_THE_KEY),
    ]
    other = [cards.at("before_first_byte", "crash", 2), cards.failing("after_t2", "time_out")]
    with ThreadPoolExecutor(2) as together:  # most of it is waiting
        played = together.map(play, (None, postgres_server), (one, other))
    assert sum(played) == 3


def play(postgres: Postgres | None, hand: Sequence[cards.Card]) -> int:
    """How many kills there were."""
    kills = 0
    with lane(postgres, threading.Event()) as table:
        for card in hand:
            table.play(card.befalls)
            kills += len(table.kills)
        audit_books(table.stage)
    return kills
