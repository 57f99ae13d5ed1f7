"""Idempotency keys (xero-facts.md §3)."""

from __future__ import annotations

from threading import Event, Thread

import pytest

from galleria_xero_plugin.simulator import HARBOUR, Request
from galleria_xero_plugin.simulator.core.idempotency import IdempotencyKeys
from galleria_xero_plugin.simulator.core.settings import SimulatorSettings
from galleria_xero_plugin.simulator.core.wire import Response

KEY = {"Idempotency-Key": "galleria-1"}


def test_a_replay_returns_the_first_answer_and_changes_nothing(xero, sale, world):
    first = xero.put("Invoices", sale(), KEY)
    again = xero.put("Invoices", sale(), {"IDEMPOTENCY-KEY": "galleria-1"})
    assert first.body == again.body
    assert len(world.effects.created("Invoices")) == 1
    assert [entry.replayed for entry in world.effects.requests] == [False, True]


def test_a_replay_costs_quota(xero, sale):
    first = xero.put("Invoices", sale(), KEY)
    again = xero.put("Invoices", sale(), KEY)
    left = [int(answer.headers["X-MinLimit-Remaining"]) for answer in (first, again)]
    assert left[1] == left[0] - 1


def test_a_different_request_under_the_key_is_refused(xero, sale):
    xero.put("Invoices", sale(), KEY)
    text = "Idempotency Key: galleria-1 is used with a different request."
    for answer in (
        xero.put("Invoices", sale(Reference="other"), KEY),
        xero.post("Invoices", sale(), KEY),
        xero.put("Contacts", sale(), KEY),
        xero.put("Invoices", sale(), KEY, summarizeErrors="false"),
    ):
        assert answer.status == 400 and text in answer.body.decode()


def test_errors_are_kept_as_well(xero, sale):
    bad = sale(CurrencyCode="AUD")
    first = xero.put("Invoices", bad, KEY)
    assert first.status == 400
    assert xero.put("Currencies", {"Code": "AUD"}).status == 200
    assert xero.put("Invoices", bad, KEY).body == first.body
    assert xero.put("Invoices", bad, {"Idempotency-Key": "galleria-2"}).status == 200


def test_after_six_minutes_the_key_is_new(xero, sale, clock, world):
    xero.put("Invoices", sale(), KEY)
    clock.advance(359)
    xero.put("Invoices", sale(), KEY)
    assert len(world.effects.created("Invoices")) == 1
    clock.advance(1)  # counted from the first call, not from the replay
    xero.put("Invoices", sale(), KEY)
    assert len(world.effects.created("Invoices")) == 2


def test_the_window_shrinks_with_the_time_scale(xero, sale, clock, world):
    world.change_settings(time_scale=60.0)
    xero.put("Invoices", sale(), KEY)
    clock.advance(6)
    xero.put("Invoices", sale(), KEY)
    assert len(world.effects.created("Invoices")) == 2


def test_keys_belong_to_the_app_not_to_the_tenant(xero, world, driver):
    """The trap of §3: the same key and body for another organisation replays the first one's answer."""
    body = {"Name": "Both"}
    first = xero.put("Contacts", body, KEY)
    assert driver(world, HARBOUR).put("Contacts", body, KEY).body == first.body
    assert len(world.effects.created("Contacts")) == 1


def test_reading_ignores_the_key(xero):
    assert xero.get("Contacts", KEY, page=1).status == 200
    assert xero.get("Invoices", KEY, page=1).status == 200


def test_long_keys(xero, sale):
    assert xero.put("Invoices", sale(), {"Idempotency-Key": "x" * 128}).status == 200
    assert xero.put("Invoices", sale(), {"Idempotency-Key": "x" * 129}).status == 400


def test_a_refused_rate_limit_is_not_kept_under_the_key(xero, sale, world, clock):
    world.change_settings(minute_limit=1)
    world.limits.reset()
    xero.get("Organisation")
    assert xero.put("Invoices", sale(), KEY).status == 429
    clock.advance(60)
    assert xero.put("Invoices", sale(), KEY).status == 200


@pytest.mark.parametrize(("switch", "replayed"), [("wait", True), ("execute", False)])
def test_a_second_call_while_the_first_runs(clock, switch, replayed):
    keys, settings = IdempotencyKeys(), SimulatorSettings(idempotency_concurrent=switch)
    request = Request("PUT", "/x", headers={"idempotency-key": "k"})
    entered, go_on, found = Event(), Event(), []

    def slow() -> Response:
        entered.set()
        assert go_on.wait(5)
        return Response(200, b"first")

    first = Thread(target=lambda: keys.answer("app", request, clock.now(), settings, slow))
    second = Thread(
        target=lambda: found.append(
            keys.answer("app", request, clock.now(), settings, lambda: Response(200, b"second"))
        )
    )
    first.start()
    assert entered.wait(5)
    second.start()
    go_on.set()
    first.join(5)
    second.join(5)
    assert found[0] == (Response(200, b"first" if replayed else b"second"), replayed)
