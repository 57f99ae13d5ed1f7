"""Rate limits (xero-facts.md §2.1)."""

from __future__ import annotations

import pytest

from galleria_xero_plugin.simulator import HARBOUR, NORTH_LIGHT
from galleria_xero_plugin.simulator.core.errors import Refused


@pytest.fixture
def limited(world, driver):
    return driver(world)


def spend(driver, calls):
    return [driver.get("Organisation") for _ in range(calls)]


@pytest.mark.parametrize("rolling", [False, True])
def test_sixty_a_minute(limited, world, clock, rolling):
    world.change_settings(rolling_windows=rolling)
    answers = spend(limited, 60)
    assert {answer.status for answer in answers} == {200}
    assert answers[0].headers["X-MinLimit-Remaining"] == "59"
    assert answers[-1].headers["X-DayLimit-Remaining"] == "940"
    assert int(answers[-1].headers["X-AppMinLimit-Remaining"]) == 9940
    refused = limited.get("Organisation")
    assert (refused.status, refused.body, refused.content_type) == (429, b"", None)
    assert refused.headers["X-Rate-Limit-Problem"] == "minute"
    assert (refused.headers["X-MinLimit-Remaining"], refused.headers["X-DayLimit-Remaining"]) == ("0", "940")
    wait = int(refused.headers["Retry-After"])
    assert 1 <= wait <= 60
    clock.advance(wait)
    assert limited.get("Organisation").status == 200


def test_the_day_limit(limited, world, clock, driver):
    world.change_settings(day_limit=3)
    spend(limited, 3)
    refused = limited.get("Organisation")
    assert refused.headers["X-Rate-Limit-Problem"] == "day"
    wait = int(refused.headers["Retry-After"])
    assert 60 < wait <= 86_400
    world.change_settings(access_token_seconds=2 * 86_400)
    fresh = driver(world)
    clock.advance(wait - 1)
    assert fresh.get("Organisation").status == 429
    clock.advance(1)
    assert fresh.get("Organisation").status == 200


def test_each_organisation_has_its_own(limited, world, driver):
    spend(limited, 61)
    assert driver(world, HARBOUR).get("Organisation").status == 200


def test_the_app_limit(limited, world):
    world.change_settings(app_minute_limit=2)
    spend(limited, 2)
    assert limited.get("Organisation").headers["X-Rate-Limit-Problem"] == "appminute"


def test_a_sixth_call_in_flight(world):
    settings = world.settings
    slots = [world.limits.slot("app", NORTH_LIGHT, settings) for _ in range(6)]
    for slot in slots[:5]:
        slot.__enter__()
    with pytest.raises(Refused) as refusal:
        slots[5].__enter__()
    assert refusal.value.response.headers == {"X-Rate-Limit-Problem": "concurrent"}
    slots[0].__exit__(None, None, None)
    with world.limits.slot("app", NORTH_LIGHT, settings):
        pass


def test_scaled_windows_tell_real_seconds(limited, world, clock):
    world.change_settings(time_scale=60.0)
    spend(limited, 60)
    refused = limited.get("Organisation")
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
    clock.advance(1)
    assert limited.get("Organisation").status == 200


def test_limits_off(limited, world):
    world.change_settings(limits=False)
    assert {answer.status for answer in spend(limited, 70)} == {200}
    assert limited.get("Organisation").headers["X-DayLimit-Remaining"] == "1000", "nothing is used up"


def test_refused_tenants_cost_nothing(limited):
    for _ in range(70):
        assert limited.get("Organisation", {"xero-tenant-id": "nonsense"}).status == 403
    assert limited.get("Organisation").headers["X-MinLimit-Remaining"] == "59"
