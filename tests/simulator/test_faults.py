"""Faults on demand, in the core and over HTTP."""

from __future__ import annotations

import pytest
import requests

from galleria_xero_plugin.simulator.core.fault import Fault

KEY = {"Idempotency-Key": "k"}
INVOICES = "/api.xro/2.0/Invoices"


def count(world):
    return len(world.effects.created("Invoices"))


def test_500_before_commit_is_cached_and_changes_nothing(xero, sale, world):
    world.faults.add(Fault("500_before", INVOICES, "PUT"))
    assert xero.put("Invoices", sale(), KEY).status == 500
    assert xero.put("Invoices", sale(), KEY).status == 500  # the same answer under the key
    assert count(world) == 0
    assert xero.put("Invoices", sale(), {"Idempotency-Key": "k2"}).status == 200


def test_500_after_commit_is_cached_and_kept_the_change(xero, sale, world):
    world.faults.add(Fault("500_after", INVOICES))
    assert [xero.put("Invoices", sale(), KEY).status for _ in range(2)] == [500, 500]
    assert count(world) == 1


@pytest.mark.parametrize("kind", ["503", "429", "status", "drop_before"])
def test_the_gateway_executes_nothing_and_caches_nothing(xero, sale, world, kind):
    world.faults.add(Fault(kind, INVOICES, status=502, retry_after="7"))
    first = xero.put("Invoices", sale(), KEY)
    assert first.status == {"503": 503, "429": 429, "status": 502, "drop_before": 0}[kind]
    assert count(world) == 0
    assert xero.put("Invoices", sale(), KEY).status == 200
    assert world.effects.requests[0].fault == kind


def test_429_tells_what_it_was_given(xero, world):
    world.faults.add(Fault("429", retry_after="73451", problem="day"))
    answer = xero.get("Organisation")
    assert (answer.headers["Retry-After"], answer.headers["X-Rate-Limit-Problem"]) == ("73451", "day")
    world.faults.add(Fault("429", problem="concurrent"))
    assert "Retry-After" not in xero.get("Organisation").headers


@pytest.mark.parametrize("kind", ["html", "truncate", "drop", "delay"])
def test_the_wire_spoils_the_answer_but_not_the_books(xero, sale, world, kind, pauses):
    world.faults.add(Fault(kind, INVOICES, seconds=30.0))
    answer = xero.put("Invoices", sale(), KEY)
    assert count(world) == 1
    if kind == "html":
        assert (answer.status, answer.content_type) == (200, "text/html; charset=utf-8")
    if kind == "truncate":
        with pytest.raises(ValueError):
            _ = answer.json
    assert answer.drop is (kind == "drop")
    assert pauses == ([30.0] if kind == "delay" else [])
    assert xero.put("Invoices", sale(), KEY).json["Invoices"]  # a replay of the whole answer
    assert count(world) == 1


def test_count_skip_path_and_method(xero, world):
    world.faults.add(Fault("status", INVOICES, "GET", count=2, skip=1, status=502))
    seen = [xero.get("Invoices").status for _ in range(4)]
    assert seen == [200, 502, 502, 200]
    world.faults.add(Fault("503", INVOICES, "PUT"))
    assert xero.get("Invoices").status == 200 and xero.get("Contacts").status == 200
    assert len(world.faults.waiting()) == 1


def test_a_lost_refresh_answer(server, world):
    tokens = server.connect()
    world.faults.add(Fault("drop", "/connect/token"))
    app = world.settings.apps[0]
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    url, auth = f"{server.url}/connect/token", (app.client_id, app.client_secret)
    with pytest.raises(requests.ConnectionError):
        requests.post(url, form, auth=auth, timeout=5)
    assert requests.post(url, form, auth=auth, timeout=5).status_code == 200  # the grace of §1.4


@pytest.mark.parametrize("kind", ["drop", "drop_before"])
def test_a_cut_connection_over_http(server, sale, world, kind):
    tokens = server.connect()
    world.faults.add(Fault(kind, INVOICES))
    with pytest.raises(requests.ConnectionError):
        requests.put(server.url + INVOICES, json=sale(), headers=server.headers(tokens), timeout=5)
    assert count(world) == (1 if kind == "drop" else 0)
    assert world.effects.requests[-1].status == 0
    again = requests.get(server.url + INVOICES, headers=server.headers(tokens), timeout=5)
    assert again.status_code == 200


@pytest.mark.parametrize("values", [{}, {"kind": "?"}, {"kind": "503", "count": "x"}, {"kind": "503", "other": 1}])
def test_a_wrong_fault_is_refused(values):
    with pytest.raises(ValueError):
        Fault.of(values)
