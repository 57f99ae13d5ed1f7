"""The schedule and the sweep: once per due time, whoever sweeps, and nothing forgotten."""

import datetime as dt
import threading

import pytest

from galleria_xero_plugin.domain.settings import Schedule, ScheduleKind
from galleria_xero_plugin.domain.states import RunKind, RunTrigger
from galleria_xero_plugin.ports.records import SCHEDULE
from galleria_xero_plugin.services.schedule import SweepReport
from galleria_xero_plugin.testing.factories import make_access, make_gallery_info

from .fakes import SOUTH

HOURLY = Schedule(ScheduleKind.HOURLY)

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def hourly(house):
    """A connected gallery that syncs every hour; planned at noon for one o'clock."""
    webservice, connection = house.connected(scheduled=True, schedule=HOURLY)
    house.complete_mapping(webservice)
    plan(house, webservice, connection)
    return webservice, connection


def plan(house, webservice, connection):
    with house.units.write() as uow:
        house.schedules.plan(uow, webservice, connection)
        uow.commit()


def runs(house, webservice, kind=RunKind.EXPORT):
    found = house.read(lambda uow: uow.runs.latest("north-light", webservice.id, limit=50))
    return [run for run in found if run.kind is kind]


def test_planned_in_the_gallerys_time_zone(house):
    webservice, connection = house.connected(scheduled=True, schedule=Schedule(ScheduleKind.DAILY, dt.time(6, 45)))
    info = house.gallery.shelf().info
    house.gallery.shelf().info = type(info)(info.id, info.name, "Pacific/Auckland", "en-NZ", "NZD", info.owner_email)
    plan(house, webservice, connection)
    assert house.connection(connection.id).next_run_at == dt.datetime(2026, 11, 20, 17, 45, tzinfo=dt.UTC)


def test_not_planned_when_not_scheduled(house):
    webservice, connection = house.connected()
    plan(house, webservice, connection)
    assert house.connection(connection.id).next_run_at is None
    assert house.schedules.sweep(housekeeping=False) == SweepReport()


def test_nothing_before_its_time_then_once(house, hourly):
    webservice, connection = hourly
    assert house.schedules.sweep().started == 0
    house.clock.move(hours=1)
    assert house.schedules.sweep().started == 1
    assert house.schedules.sweep().started == 0
    assert house.connection(connection.id).next_run_at == dt.datetime(2026, 11, 20, 14, tzinfo=dt.UTC)
    run, = runs(house, webservice)
    assert (run.trigger, run.asked_by) == (RunTrigger.SCHEDULE, "schedule")
    assert house.queue.rings["export"] >= 1


def test_missed_times_are_caught_up_by_one_run(house, hourly):
    webservice, connection = hourly
    house.clock.move(days=2, minutes=5)
    house.schedules.sweep()
    house.schedules.sweep()
    assert len(runs(house, webservice)) == 1
    assert house.connection(connection.id).next_run_at == dt.datetime(2026, 11, 22, 13, tzinfo=dt.UTC)


def test_two_sweeps_at_once_start_one_run(house, hourly):
    webservice, _connection = hourly
    house.clock.move(hours=1)
    start, reports = threading.Barrier(4), []

    def tick():
        start.wait()
        reports.append(house.schedules.sweep(housekeeping=False))

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(report.started for report in reports) == 1
    assert len(runs(house, webservice)) == 1


def test_two_sweeps_that_read_the_same_due_time(house, hourly):
    webservice, _connection = hourly
    house.clock.move(hours=1)
    due = house.read(lambda uow: uow.connections.due_schedules())[0]
    assert house.schedules._start(due) == 1
    house.runs.cancel("north-light", runs(house, webservice)[0].id, SCHEDULE)
    assert house.schedules._start(due) == 0
    assert len(runs(house, webservice)) == 1


def test_a_run_that_is_going_is_not_doubled(house, hourly):
    webservice, _connection = hourly
    house.runs.start_export("north-light", webservice.id, SCHEDULE, RunTrigger.PERSON)
    house.clock.move(hours=1)
    assert house.schedules.sweep().started == 0
    assert len(runs(house, webservice)) == 1


def test_nothing_is_sent_before_the_mapping_is_complete(house):
    webservice, connection = house.connected(scheduled=True, schedule=HOURLY)
    plan(house, webservice, connection)
    house.clock.move(hours=1)
    assert house.schedules.sweep().started == 0
    assert house.connection(connection.id).next_run_at == dt.datetime(2026, 11, 20, 14, tzinfo=dt.UTC)


def test_switched_off_meanwhile(house, hourly):
    webservice, connection = hourly
    with house.units.write() as uow:
        settings = type(webservice.settings)()
        uow.webservices.save_settings("north-light", webservice.id, settings, expected_version=1, actor=SCHEDULE)
        uow.commit()
    house.clock.move(hours=1)
    assert house.schedules.sweep().started == 0
    assert house.connection(connection.id).next_run_at is None


def test_changed_contacts_come_once_a_day_with_the_schedule(house):
    webservice, connection = house.connected(scheduled=True, schedule=HOURLY, import_contacts=True)
    plan(house, webservice, connection)
    for _ in range(30):
        house.clock.move(hours=1)
        house.schedules.sweep(housekeeping=False)
        house.contact_import.work(connection.id)
    assert len(runs(house, webservice, RunKind.CONTACTS)) == 2


def test_the_bell_is_rung_again_for_what_redis_lost(house, hourly):
    webservice, _connection = hourly
    house.queue.up = False
    house.runs.start_export("north-light", webservice.id, SCHEDULE, RunTrigger.PERSON)
    house.runs.start_contacts("north-light", webservice.id, SCHEDULE, RunTrigger.PERSON)
    assert house.schedules.sweep(housekeeping=False) == SweepReport()
    house.queue.up = True
    assert house.schedules.sweep(housekeeping=False).rung == 2
    assert house.queue.rings == {"export": 1, "contacts": 1}


def test_nobody_is_rung_for_who_is_worked_for_or_paused(house, hourly):
    webservice, connection = hourly
    house.runs.start_export("north-light", webservice.id, SCHEDULE, RunTrigger.PERSON)
    with house.leases.claim(connection.id):
        assert house.schedules.sweep(housekeeping=False).rung == 0
    with house.units.write() as uow:
        uow.connections.pause(connection.id, house.clock() + dt.timedelta(minutes=5), "minute")
        uow.commit()
    assert house.schedules.sweep(housekeeping=False).rung == 0
    house.clock.move(minutes=6)
    assert house.schedules.sweep(housekeeping=False).rung == 1


def test_housekeeping(house, hourly):
    webservice, _connection = hourly
    house.connect.begin(house.access, webservice.id, "browser")
    house.clock.move(days=21)
    report = house.schedules.sweep()
    assert (report.kept, report.purged) == (1, 1)


def test_reference_data_is_read_anew_once_a_day(house):
    house.connected()
    for _ in range(24 * 12):
        house.clock.move(minutes=10)
        house.schedules.sweep()
    assert house.queue.rings["reference"] in (2, 3)


def test_one_gallery_that_fails_keeps_no_other_from_its_turn(house, hourly):
    house.gallery.add_gallery(make_gallery_info("other"))
    broken, house.access = hourly, make_access("other")
    webservice = house.webservice(scheduled=True, schedule=HOURLY)
    with house.units.write() as uow:
        connection = uow.connections.connect("other", webservice.id, SOUTH, house.auth.tokens())
        house.schedules.plan(uow, webservice, connection)
        uow.webservices.mark(webservice.id, mapping_completed=True)
        uow.commit()
    info = house.gallery.info

    def half(gallery_id):
        if gallery_id == "north-light":
            raise RuntimeError("this gallery's database is away")
        return info(gallery_id)

    house.gallery.info = half
    house.clock.move(hours=1)
    assert house.schedules.sweep().started == 1
    assert house.connection(broken[1].id).next_run_at == house.clock()  # still due: it gets its turn
    house.gallery.info = info
    assert house.schedules.sweep().started == 1
