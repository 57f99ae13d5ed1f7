"""Runs come when the gallery's clock says so, also in the nights when it jumps."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galleria_xero_plugin.domain.schedule import next_run
from galleria_xero_plugin.domain.settings import Schedule, ScheduleKind

LONDON = ZoneInfo("Europe/London")
ZONES = ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia",
         "America/Nuuk", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Santiago", "Africa/Cairo"]  # fmt: skip


def utc(*parts):
    return dt.datetime(*parts, tzinfo=dt.UTC)


def daily(hour, minute=0):
    return Schedule(ScheduleKind.DAILY, dt.time(hour, minute))


def test_nightly_runs_at_half_past_two_by_the_gallery_s_clock():
    assert next_run(Schedule(), utc(2026, 7, 1, 12), LONDON) == utc(2026, 7, 2, 1, 30)
    assert next_run(Schedule(), utc(2026, 12, 1, 12), LONDON) == utc(2026, 12, 2, 2, 30)


def test_the_time_of_a_nightly_schedule_does_not_count():
    other = Schedule(ScheduleKind.NIGHTLY, dt.time(9))
    assert next_run(other, utc(2026, 12, 1, 12), LONDON) == utc(2026, 12, 2, 2, 30)


def test_daily_runs_at_its_time_and_not_twice_at_the_same_instant():
    first = next_run(daily(8), utc(2026, 12, 1, 7, 59), LONDON)
    assert first == utc(2026, 12, 1, 8)
    assert next_run(daily(8), first, LONDON) == utc(2026, 12, 2, 8)


def test_the_hour_that_is_missing_in_spring_is_the_next_that_exists():
    assert next_run(daily(1, 30), utc(2026, 3, 28, 12), LONDON) == utc(2026, 3, 29, 1)  # 02:00 summer time


def test_the_hour_that_comes_twice_in_autumn_has_one_run():
    first = next_run(daily(1, 30), utc(2026, 10, 24, 12), LONDON)
    assert first == utc(2026, 10, 25, 0, 30)
    assert next_run(daily(1, 30), first, LONDON) == utc(2026, 10, 26, 1, 30)
    assert next_run(daily(1, 30), utc(2026, 10, 25, 1, 15), LONDON) == utc(2026, 10, 26, 1, 30)


def test_a_day_that_the_calendar_left_out_has_no_run():
    apia = ZoneInfo("Pacific/Apia")  # there was no 30 December 2011
    first = next_run(daily(8), utc(2011, 12, 29, 12), apia)
    assert first.astimezone(apia).date() == dt.date(2011, 12, 29)
    assert next_run(daily(8), first, apia).astimezone(apia).date() == dt.date(2011, 12, 31)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (ScheduleKind.EVERY_15_MINUTES, utc(2026, 11, 20, 12, 15)),
        (ScheduleKind.EVERY_30_MINUTES, utc(2026, 11, 20, 12, 30)),
        (ScheduleKind.HOURLY, utc(2026, 11, 20, 13)),
    ],
)
def test_short_schedules_come_on_the_marks_of_the_clock(kind, expected):
    assert next_run(Schedule(kind), utc(2026, 11, 20, 12, 0, 1), LONDON) == expected
    assert next_run(Schedule(kind), utc(2026, 11, 20, 12), LONDON) == expected


def test_hourly_follows_a_clock_that_is_45_minutes_off():
    kathmandu = ZoneInfo("Asia/Kathmandu")
    found = next_run(Schedule(ScheduleKind.HOURLY), utc(2026, 11, 20, 12), kathmandu)
    assert found.astimezone(kathmandu).time() == dt.time(18)


INSTANTS = st.integers(0, 20 * 365 * 86400).map(lambda seconds: utc(2010, 1, 1) + dt.timedelta(seconds=seconds))


@given(INSTANTS, st.times(), st.sampled_from(ZONES))
def test_exactly_one_run_on_every_local_day(after, at, zone):
    tz = ZoneInfo(zone)
    days = []
    for _ in range(4):
        later = next_run(Schedule(ScheduleKind.DAILY, at), after, tz)
        assert later > after and later.tzinfo is dt.UTC
        days.append(later.astimezone(tz).date())
        after = later
    left_out = dt.date(2011, 12, 30) if zone == "Pacific/Apia" else None
    expected = [day for day in (days[0] + dt.timedelta(days=n) for n in range(5)) if day != left_out]
    assert days == expected[:4]


@given(INSTANTS, st.sampled_from(ZONES))
def test_the_nights_of_a_clock_change_have_one_run_each(after, zone):
    tz = ZoneInfo(zone)
    first = next_run(Schedule(), after, tz)
    assert next_run(Schedule(), first - dt.timedelta(seconds=1), tz) == first
    assert first - after <= dt.timedelta(hours=50)
