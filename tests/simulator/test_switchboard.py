"""The switchboard: which calls a fault strikes, and what each kind does to them (faults.md F21-F35, F37-F45)."""

from __future__ import annotations

import gzip
import json
import re
import zlib

import pytest
import requests

from galleria_xero_plugin.simulator import HARBOUR, FastClock, ManualClock, Simulator, SimulatorSettings, World
from galleria_xero_plugin.simulator.core import fault_kinds
from galleria_xero_plugin.simulator.core.fault import Fault
from galleria_xero_plugin.simulator.core.fault_kinds import CORE, GATEWAY, KINDS, WIRE

INVOICES = "/api.xro/2.0/Invoices"
KEY = {"Idempotency-Key": "k"}
HTTP_DATE = "Wed, 21 Oct 2026 07:28:00 GMT"


def count(world):
    return len(world.effects.created("Invoices"))


# -- which calls


def test_until_cleared_and_one_by_one(xero, world):
    number = world.faults.add(Fault("503", count=0))
    assert [xero.get("Organisation").status for _ in range(3)] == [503] * 3
    assert world.faults.waiting()[0]["id"] == number
    assert world.faults.remove(number) and not world.faults.remove(number)
    assert xero.get("Organisation").status == 200


def test_probability_is_drawn_from_the_faults_own_seed(xero, world):
    def pattern(seed):
        world.faults.clear()
        world.faults.add(Fault("503", count=0, probability=0.5, seed=seed))
        return [xero.get("Organisation").status for _ in range(12)]

    assert pattern(7) == pattern(7) != pattern(8)
    assert set(pattern(7)) == {200, 503}


def test_several_are_armed_and_a_call_meets_the_first_that_strikes(xero, world):
    world.faults.add(Fault("503", INVOICES, "GET"))
    world.faults.add(Fault("429", INVOICES, count=2, retry_after="5"))
    world.faults.add(Fault("status", "/api.xro/2.0/Contacts", status=502))
    assert [xero.get("Invoices").status for _ in range(4)] == [503, 429, 429, 200]
    assert xero.get("Contacts").status == 502
    assert [entry.kind for entry in world.faults.fired] == ["503", "429", "429", "status"]
    assert world.faults.fired[0].path == INVOICES
    assert world.effects.requests[0].number == world.faults.fired[0].request


def test_exact_path_and_tenant(xero, world, driver):
    made = xero.invoice()
    world.faults.add(Fault("503", INVOICES, "GET", count=0, exact=True, tenant=xero.tenant))
    assert xero.get(f"Invoices/{made['InvoiceID']}").status == 200
    assert xero.get("Invoices").status == 503
    assert driver(world, HARBOUR).get("Invoices").status == 200


def test_the_table_of_faults_names_kinds_there_are():
    rows = [line for line in fault_kinds.__doc__.splitlines() if line.startswith("F")]
    named = set(re.findall(r"[a-z0-9_]+", " ".join(rows))) & set(KINDS)
    assert set(KINDS) - named == {"slow", "key_store_down"}  # from xero-facts.md §3, which the list does not have


def test_every_kind_is_told_once():
    assert set(KINDS) == {*GATEWAY, *CORE, *WIRE}
    assert len(KINDS) == len(GATEWAY) + len(CORE) + len(WIRE)


# -- the gateway: nothing is executed


@pytest.mark.parametrize(
    ("fault", "status", "header"),
    [
        (Fault("offline"), 503, None),
        (Fault("401"), 401, None),
        (Fault("403"), 403, None),
        (Fault("redirect"), 302, ("Location", "https://elsewhere.example/")),
        (Fault("redirect", status=307, location="http://evil.example/x"), 307, ("Location", "http://evil.example/x")),
        (Fault("429", problem="day", retry_after="73451"), 429, ("X-DayLimit-Remaining", "0")),
        (Fault("429", problem="appminute"), 429, ("X-AppMinLimit-Remaining", "0")),
        (Fault("429", retry_after="-5"), 429, ("Retry-After", "-5")),
        (Fault("429", retry_after=HTTP_DATE), 429, ("Retry-After", HTTP_DATE)),
        (Fault("429", retry_after="1000000000"), 429, ("Retry-After", "1000000000")),
        (Fault("key_store_down"), 500, None),
        (Fault("invalid_grant"), 400, None),
    ],
)  # fmt: skip
def test_answers_from_in_front_of_xero(xero, sale, world, fault, status, header):
    world.faults.add(fault)
    answer = xero.put("Invoices", sale(), KEY)
    assert answer.status == status and count(world) == 0
    assert header is None or answer.headers[header[0]] == header[1]
    assert xero.put("Invoices", sale(), KEY).status == 200  # and nothing was cached


def test_a_key_store_that_is_down_stops_keyed_calls_only(xero, sale, world):
    # xero-facts.md §3: keyed calls get 500 until it recovers.
    world.faults.add(Fault("key_store_down", count=0))
    assert xero.put("Invoices", sale(), KEY).status == 500
    assert xero.put("Invoices", sale()).status == 200
    assert xero.get("Invoices", headers=KEY).status == 200


def test_hanging_holds_the_line_and_executes_nothing(xero, sale, world, pauses):
    world.faults.add(Fault("hang", INVOICES, seconds=40))
    assert xero.put("Invoices", sale()).drop is True
    assert (pauses, count(world)) == ([40.0], 0)


def test_a_call_executed_long_after_its_client_gave_up(xero, sale, world, clock, pauses):
    # faults.md F23: 90 seconds after the client's timeout.
    world.faults.add(Fault("late", INVOICES, "PUT", seconds=120, hold=30))
    assert xero.put("Invoices", sale(InvoiceNumber="L-1")).drop is True
    assert pauses == [30.0] and count(world) == 0
    clock.advance(119)
    assert xero.get("Invoices", InvoiceNumbers="L-1").json["Invoices"] == []
    clock.advance(61)
    found = xero.get("Invoices", InvoiceNumbers="L-1").json["Invoices"]
    assert [row["UpdatedDateUTCString"] for row in found] == ["2026-11-23T10:02:00Z"]
    assert world.effects.created("Invoices")[0].request == world.faults.fired[0].request


def test_late_calls_run_in_order_and_on_demand(xero, sale, world):
    for number, seconds in (("L-1", 300), ("L-2", 200)):
        world.faults.add(Fault("late", INVOICES, seconds=seconds))
        xero.put("Invoices", sale(InvoiceNumber=number))
    assert world.run_late() == 0
    assert world.run_late(everything=True) == 2
    assert [effect.number for effect in world.effects.created("Invoices")] == ["L-2", "L-1"]


def test_a_late_call_meets_the_rules_of_its_hour(xero, sale, world, clock):
    # The number was taken meanwhile: the late create is refused, not doubled.
    world.faults.add(Fault("late", INVOICES, seconds=60))
    xero.put("Invoices", sale(InvoiceNumber="L-1"))
    assert xero.put("Invoices", sale(InvoiceNumber="L-1")).status == 200
    clock.advance(61)
    world.run_late()
    assert count(world) == 1


# -- the core


def test_slow_execution_holds_the_key(xero, sale, world, pauses):
    world.faults.add(Fault("slow", INVOICES, seconds=12))
    assert xero.put("Invoices", sale(), KEY).status == 200
    assert pauses == [12.0]


def test_a_stale_read_does_not_see_what_was_just_written(xero, sale, world, clock):
    # faults.md F34: a stale "not found".
    old = xero.invoice(InvoiceNumber="S-1")
    clock.advance(60)
    fresh = xero.invoice(InvoiceNumber="S-2")
    xero.post("Invoices", {"InvoiceID": old["InvoiceID"], "Reference": "changed"})
    xero.payment(old, 20)
    world.faults.add(Fault("stale", count=3, seconds=30))
    assert xero.get("Invoices", InvoiceNumbers="S-1,S-2").json["Invoices"][0]["InvoiceNumber"] == "S-1"
    seen = xero.read(old)
    assert (seen.get("Reference"), seen["AmountDue"], seen["Payments"]) == (None, 120.0, [])
    assert xero.get(f"Invoices/{fresh['InvoiceID']}").status == 404
    assert xero.read(fresh)["InvoiceNumber"] == "S-2"
    assert (xero.read(old)["AmountDue"], xero.read(old)["Reference"]) == (100.0, "changed")
    assert xero.put("Invoices", sale(InvoiceNumber="S-2")).status == 400  # the writes were there all along


def test_answers_of_another_organisation(xero, sale, world):
    world.faults.add(Fault("wrong_tenant", count=2))
    made = xero.put("Invoices", sale(InvoiceNumber="W-1")).json["Invoices"]
    assert "W-1" not in {row["InvoiceNumber"] for row in made}
    assert [effect.tenant for effect in world.effects.created("Invoices")] == [xero.tenant]
    assert xero.get("Organisation").json["Organisations"][0]["OrganisationID"] == HARBOUR
    assert xero.get("Organisation").json["Organisations"][0]["OrganisationID"] == xero.tenant


def test_a_list_that_changes_while_it_is_paged(xero, world, clock):
    # faults.md F35: page 2 by offset skips a contact when one of page 1 is edited in between.
    clock.advance(10)
    world.faults.add(Fault("churn", "/api.xro/2.0/Contacts", skip=1))
    pages = [xero.get("Contacts", page=page, pageSize=10).json["Contacts"] for page in (1, 2, 3)]
    names = [row["Name"] for page in pages for row in page]
    assert len(names) == 26 and len(set(names)) == 25  # one twice, one never seen


def test_the_owner_removes_the_app_in_mid_run(xero, world):
    world.faults.add(Fault("disconnect", skip=1))
    assert [xero.get("Organisation").status for _ in range(3)] == [200, 403, 403]


# -- the wire: executed, and cached in its sound form


@pytest.mark.parametrize("kind", sorted(WIRE))
def test_the_wire_spoils_one_answer_and_nothing_else(xero, sale, world, kind):
    world.faults.add(Fault(kind, INVOICES, size=1000))
    first = xero.put("Invoices", sale(), KEY)
    assert count(world) == 1
    sound = xero.put("Invoices", sale(), KEY)
    assert sound.json["Invoices"][0]["Total"] == 120.0 and count(world) == 1
    assert kind == "delay" or first != sound


def test_elements_in_disorder(xero, sale, world):
    batch = {"Invoices": [sale(InvoiceNumber=f"D-{place}") for place in range(3)]}
    seen = {}
    for kind in ("reordered", "missing", "doubled", "zero_guid", "cent_off"):
        world.faults.add(Fault(kind, INVOICES))
        seen[kind] = xero.put("Invoices", batch, {"Idempotency-Key": "same"}).json["Invoices"]
    numbers = {kind: [row["InvoiceNumber"] for row in rows] for kind, rows in seen.items()}
    assert numbers["reordered"] == ["D-2", "D-1", "D-0"]
    assert numbers["missing"] == ["D-1", "D-2"]
    assert numbers["doubled"] == ["D-0", "D-0", "D-1", "D-2"]
    assert [row["InvoiceID"].startswith("00000000-0000") for row in seen["zero_guid"]] == [True, False, False]
    assert {(row["Total"], row["AmountDue"]) for row in seen["cent_off"]} == {(120.01, 120.01)}
    assert count(world) == 3


def test_other_formats(xero, world):
    world.faults.add(Fault("xml"))
    assert xero.get("Organisation").body.startswith(b"<?xml")
    world.faults.add(Fault("charset"))
    with pytest.raises(UnicodeDecodeError):
        xero.get("Organisation").body.decode("utf-8")


def test_a_gzip_bomb_is_small_until_it_is_opened(xero, world):
    world.faults.add(Fault("gzip_bomb", size=5_000_000))
    answer = xero.get("Organisation")
    assert answer.headers["Content-Encoding"] == "gzip" and len(answer.body) < 50_000
    opened = gzip.decompress(answer.body)
    assert len(opened) > 5_000_000 and json.loads(opened)["Organisations"]


# -- time


def test_the_seconds_of_faults_are_the_simulators(world, xero, pauses):
    world.change_settings(time_scale=60)
    world.faults.add(Fault("delay", seconds=30))
    xero.get("Organisation")
    assert pauses == [0.5]


def test_six_minutes_in_six_seconds_for_keys(xero, sale, world, clock):
    world.change_settings(time_scale=60)
    for number, seconds in (("T-1", 5.9), ("T-2", 6.1)):
        first = xero.put("Invoices", sale(InvoiceNumber=number), {"Idempotency-Key": number})
        clock.advance(seconds)
        again = xero.put("Invoices", sale(InvoiceNumber=number), {"Idempotency-Key": number})
        assert (first.status, again.status) == (200, 200 if number == "T-1" else 400)


def test_a_fast_clock_runs_everything_faster(signing_key, driver, sale):
    base, waited = ManualClock(), []
    world = World(clock=FastClock(60, base), key=signing_key, pause=waited.append)
    xero = driver(world)
    first = xero.put("Invoices", sale(InvoiceNumber="F-1"), KEY).json["Invoices"][0]
    assert first["UpdatedDateUTCString"] == "2026-11-23T10:00:00Z"
    base.advance(5)
    assert xero.put("Invoices", sale(InvoiceNumber="F-1"), KEY).status == 200  # the cached answer
    assert xero.invoice()["UpdatedDateUTCString"] == "2026-11-23T10:05:00Z"
    base.advance(2)
    assert xero.put("Invoices", sale(InvoiceNumber="F-1"), KEY).status == 400  # seven minutes: the key is new
    world.faults.add(Fault("delay", seconds=30))
    xero.get("Organisation")
    assert waited == [0.5]
    base.advance(30)
    assert xero.get("Organisation").status == 401  # half an hour: the token expired
    with pytest.raises(ValueError):
        FastClock(0)


# -- over HTTP


def test_half_a_body_then_a_cut(server, sale, world):
    tokens = server.connect()
    world.faults.add(Fault("half", INVOICES))
    with pytest.raises(requests.RequestException):
        requests.put(server.url + INVOICES, json=sale(), headers=server.headers(tokens), timeout=5)
    assert count(world) == 1


def test_fifty_megabytes_are_streamed(server, world):
    tokens = server.connect()
    world.faults.add(Fault("oversized"))
    headers = server.headers(tokens)
    with requests.get(f"{server.url}/api.xro/2.0/Organisation", headers=headers, stream=True, timeout=10) as answer:
        assert "Content-Length" not in answer.headers
        size = sum(len(block) for block in answer.iter_content(1_000_000))
    assert size > 50_000_000


def test_a_gzip_bomb_over_http(server, world):
    tokens = server.connect()
    world.faults.add(Fault("gzip_bomb", size=3_000_000))
    headers = server.headers(tokens)
    with requests.get(f"{server.url}/api.xro/2.0/Organisation", headers=headers, stream=True, timeout=10) as answer:
        packed = answer.raw.read(decode_content=False)
    assert len(packed) < 30_000 and len(zlib.decompress(packed, 31)) > 3_000_000


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault("redirect", "/connect/token", status=307), 307),
        (Fault("status", "/connect/token", status=500), 500),
        (Fault("429", "/connect/token", retry_after="30"), 429),
        (Fault("invalid_grant", "/connect/token"), 400),
        (Fault("html", "/connect/token"), 200),
        (Fault("500_after", "/connect/token"), 500),
    ],
)
def test_the_token_endpoint_has_its_faults(server, world, fault, status):
    # faults.md F37, F39-F41; a refresh whose answer was lost is tried again within the grace (§1.4).
    tokens, app = server.connect(), world.settings.apps[0]
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    world.faults.add(fault)
    url, auth = f"{server.url}/connect/token", (app.client_id, app.client_secret)
    assert requests.post(url, form, auth=auth, timeout=5, allow_redirects=False).status_code == status
    assert requests.post(url, form, auth=auth, timeout=5).status_code == 200


def test_without_grace_a_lost_answer_loses_the_connection(server, world):
    world.change_settings(refresh_grace=False)
    tokens, app = server.connect(), world.settings.apps[0]
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    world.faults.add(Fault("drop", "/connect/token"))
    url, auth = f"{server.url}/connect/token", (app.client_id, app.client_secret)
    with pytest.raises(requests.ConnectionError):
        requests.post(url, form, auth=auth, timeout=5)
    assert requests.post(url, form, auth=auth, timeout=5).json() == {"error": "invalid_grant"}


def test_the_board_over_http(server, world):
    url = f"{server.url}/_simulator/faults"
    both = {"faults": [{"kind": "503", "count": 0, "probability": 0.5}, {"kind": "429", "retry_after": 7}]}
    made = requests.post(url, json=both, timeout=5)
    assert made.status_code == 201
    first, second = made.json()["waiting"]
    assert (first["count"], first["probability"], second["retry_after"]) == (0, 0.5, "7")
    assert requests.delete(f"{url}/{first['id']}", timeout=5).status_code == 204
    assert requests.delete(f"{url}/{first['id']}", timeout=5).status_code == 404
    tokens = server.connect()
    about = f"{server.url}/api.xro/2.0/Organisation"
    assert requests.get(about, headers=server.headers(tokens), timeout=5).status_code == 429
    assert [entry["kind"] for entry in requests.get(url, timeout=5).json()["fired"]] == ["429"]
    requests.delete(url + "?fired=1", timeout=5)
    assert requests.get(url, timeout=5).json()["fired"] == []
    for wrong in ({"kind": "503", "count": -1}, {"kind": "503", "seconds": True}, {"faults": "x"}, {"faults": [1]}):
        assert requests.post(url, json=wrong, timeout=5).status_code == 400


def test_late_calls_are_seen_by_the_effects_log_over_http(server, sale, world, clock):
    tokens = server.connect()
    world.faults.add(Fault("late", INVOICES, seconds=60))
    with pytest.raises(requests.ConnectionError):
        requests.put(server.url + INVOICES, json=sale(), headers=server.headers(tokens), timeout=5)
    control = f"{server.url}/_simulator"
    assert requests.get(f"{control}/effects", timeout=5).json()["objects"] == []
    assert requests.get(f"{control}/faults", timeout=5).json()["late"] == 1
    clock.advance(61)
    made = requests.get(f"{control}/effects", timeout=5).json()["objects"]
    assert [entry["kind"] for entry in made if entry["kind"] == "Invoices"] == ["Invoices"]
    assert requests.post(f"{control}/late/run", timeout=5).json() == {"executed": 0}


def test_the_settings_make_a_simulator_of_any_speed():
    with Simulator(SimulatorSettings(time_scale=20)) as running:
        found = requests.get(f"{running.url}/_simulator/settings", timeout=5).json()
    assert found["time_scale"] == 20
