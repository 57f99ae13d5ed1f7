"""When a webservice runs by itself, in the gallery's time zone. Source: `product.md` §5.14."""

from __future__ import annotations

import datetime as dt
import zlib
from itertools import chain
from zoneinfo import ZoneInfo

from .settings import Schedule, ScheduleKind

NIGHTLY_AT = dt.time(2, 30)
"""The local time of the nightly run."""

COMPARED_AT = dt.time(4)
"""The local time from which on organisations are compared with Xero: after the nightly run, spread over two hours."""
_SPREAD = 120

_MINUTE = dt.timedelta(minutes=1)
_EVERY = {ScheduleKind.EVERY_15_MINUTES: 15, ScheduleKind.EVERY_30_MINUTES: 30, ScheduleKind.HOURLY: 60}


def next_run(schedule: Schedule, after: dt.datetime, tz: ZoneInfo) -> dt.datetime:
    """The first due time later than `after` (an aware instant), in UTC.

    Nightly and daily runs come exactly once on every day of the local calendar: in the night when the clock
    goes forward at the first minute that exists, in the night when it goes back at the first of the two.
    """
    if schedule.kind in _EVERY:
        return _next_mark(_EVERY[schedule.kind], after, tz)
    at = schedule.at if schedule.kind is ScheduleKind.DAILY else NIGHTLY_AT
    day = after.astimezone(tz).date()
    while True:
        run = _on_day(day, at, tz)
        if run is not None and run > after:
            return run
        day += dt.timedelta(days=1)


def next_comparison(after: dt.datetime, tz: ZoneInfo, whose: str) -> dt.datetime:
    """When an organisation is compared with Xero the next time: every night, in a minute that follows from `whose`,
    so that a site with many galleries does not compare them all at once."""
    minutes = COMPARED_AT.hour * 60 + zlib.crc32(whose.encode()) % _SPREAD
    return next_run(Schedule(ScheduleKind.DAILY, dt.time(*divmod(minutes, 60))), after, tz)


def _next_mark(minutes: int, after: dt.datetime, tz: ZoneInfo) -> dt.datetime:
    """The next time at which the local clock shows a multiple of `minutes`. Asked minute by minute, because
    offsets are not whole hours everywhere and change in between."""
    instant = after.astimezone(dt.UTC).replace(second=0, microsecond=0) + _MINUTE
    while instant.astimezone(tz).minute % minutes:
        instant += _MINUTE
    return instant


def _on_day(day: dt.date, at: dt.time, tz: ZoneInfo) -> dt.datetime | None:
    """The instant of `at` on a local day; when the clock skips it, the next minute of that day that exists,
    else the last one before; None for a day that the zone left out altogether."""
    wanted = dt.datetime.combine(day, at.replace(second=0, microsecond=0, tzinfo=None, fold=0))
    minute_of_day = wanted.hour * 60 + wanted.minute
    for offset in chain(range(0, 1440 - minute_of_day), range(-1, -minute_of_day - 1, -1)):
        local = wanted + offset * _MINUTE
        instant = local.replace(tzinfo=tz).astimezone(dt.UTC)
        if instant.astimezone(tz).replace(tzinfo=None, fold=0) == local:
            return instant
    return None
