"""Connections: consent, status, schedule."""

import datetime as dt
from dataclasses import replace

import pytest

from galleria_xero_plugin.domain.settings import Settings
from galleria_xero_plugin.domain.states import DocumentState, RunKind, RunState, RunTrigger
from galleria_xero_plugin.errors import Conflict, NotFound
from galleria_xero_plugin.ports.records import ConnectionStatus
from galleria_xero_plugin.ports.xero import Quota

from .making import ANNA, GALLERY, START, TENANT, connected, document, inserted, saved, seen, sent, tenant, tokens

OTHER = "22222222-bbbb-4bbb-8bbb-222222222222"
ACTIVE, PAUSED, NEEDS_REAUTH, DISCONNECTED = ConnectionStatus


@pytest.fixture
def connection(units):
    return connected(units)


def read(units, connection):
    return seen(units, lambda uow: uow.connections.get(connection.id))


def test_connected_it_is_there(units, connection):
    assert (connection.gallery_id, connection.tenant_id, connection.status) == (GALLERY, TENANT, ACTIVE)
    assert connection.organisation_name == "North Light"
    assert connection.access_expires_at == START + dt.timedelta(minutes=30)
    assert (connection.refreshed_at, connection.token_version, connection.call_times) == (START, 1, ())
    assert read(units, connection) == connection
    with units.read() as uow:
        assert uow.connections.of_webservice(GALLERY, connection.webservice_id) == connection
        assert uow.connections.of_webservice("g2", connection.webservice_id) is None
        assert uow.connections.open_of_tenant(TENANT) == connection
        assert uow.connections.open_of_tenant(OTHER) is None
        assert uow.connections.get("no such") is None


def test_connecting_again_goes_on_where_it_was(units, connection, clock):
    saved(units, lambda uow: uow.connections.set_next_run(connection.id, START))
    saved(units, lambda uow: uow.connections.claim_lease(connection.id, "w", 60))
    saved(units, lambda uow: uow.connections.set_status(connection.id, NEEDS_REAUTH, "needs_reauth"))
    clock.move(days=3)
    again = connected(units)
    assert again == replace(
        connection,
        token_version=2,
        refreshed_at=clock(),
        access_expires_at=clock() + dt.timedelta(minutes=30),
        next_run_at=START,
    )
    assert saved(units, lambda uow: uow.connections.claim_lease(connection.id, "w", 60)) == 2


def test_another_organisation_takes_the_place_of_the_first(units, connection, clock):
    clock.move(hours=1)
    second = connected(units, tenant_id=OTHER)
    assert second.id != connection.id
    assert read(units, connection).status is DISCONNECTED
    assert seen(units, lambda uow: uow.connections.tokens(connection.id)) is None
    clock.move(hours=1)
    back = connected(units)
    assert back.id == connection.id
    assert read(units, second).status is DISCONNECTED
    assert seen(units, lambda uow: uow.connections.of_webservice(GALLERY, back.webservice_id)) == back


def test_an_organisation_is_held_once(units, connection):
    with pytest.raises(Conflict) as caught:
        connected(units, "gallery-2")
    assert GALLERY not in caught.value.user_message
    assert seen(units, lambda uow: uow.connections.open_of_tenant(TENANT)).gallery_id == GALLERY
    saved(units, lambda uow: uow.connections.close(connection.id))
    assert connected(units, "gallery-2").gallery_id == "gallery-2"
    with pytest.raises(Conflict):
        connected(units)


def test_the_loser_of_a_race_hears_it_too(units, connection, monkeypatch):
    """The look says free, the index says taken: what happens when two consents end in the same moment."""
    service = saved(units, lambda uow: uow.webservices.add("gallery-2", Settings(), ANNA))
    with units.write() as uow:
        monkeypatch.setattr(uow.connections, "open_of_tenant", lambda tenant_id: None)
        with pytest.raises(Conflict):
            uow.connections.connect("gallery-2", service.id, tenant(), tokens())
        uow.audit.add("gallery-2", ANNA, "refused")  # the transaction is still good
        uow.commit()
    assert seen(units, lambda uow: uow.connections.of_webservice("gallery-2", service.id)) is None
    assert len(seen(units, lambda uow: uow.audit.latest("gallery-2"))) == 1


def test_only_the_gallerys_own_webservice_is_connected(units, connection):
    for gallery_id, webservice_id in (("gallery-2", connection.webservice_id), (GALLERY, "no such")):
        with pytest.raises(NotFound):
            saved(
                units, lambda uow, g=gallery_id, w=webservice_id: uow.connections.connect(g, w, tenant(OTHER), tokens())
            )


def test_lease_numbers_of_an_organisation_go_on_in_a_new_webservice(units, connection):
    for _ in range(3):
        lease = saved(units, lambda uow: uow.connections.claim_lease(connection.id, "w", 60))
        saved(units, lambda uow, n=lease: uow.connections.release_lease(connection.id, n))
    saved(units, lambda uow: uow.webservices.delete(GALLERY, connection.webservice_id))
    again = connected(units)
    assert again.id != connection.id
    assert saved(units, lambda uow: uow.connections.claim_lease(again.id, "w", 60)) > lease


def test_a_status_changes_once(units, connection):
    def set_status(status, reason=None):
        return saved(units, lambda uow: uow.connections.set_status(connection.id, status, reason))

    assert set_status(NEEDS_REAUTH, "needs_reauth")
    assert not set_status(NEEDS_REAUTH, "needs_reauth")
    assert set_status(NEEDS_REAUTH, "scope_missing")
    assert set_status(ACTIVE)
    assert not set_status(ACTIVE)
    assert set_status(DISCONNECTED, "gone")
    closed = read(units, connection)
    assert (closed.status, closed.status_reason, closed.access_expires_at) == (DISCONNECTED, "gone", None)
    assert not set_status(ACTIVE)
    assert not set_status(DISCONNECTED)
    assert seen(units, lambda uow: uow.connections.tokens(connection.id)) is None


def test_closing_stops_whoever_is_exporting(units, connection):
    lease = saved(units, lambda uow: uow.connections.claim_lease(connection.id, "w", 60))
    assert saved(units, lambda uow: uow.connections.close(connection.id))
    assert not saved(units, lambda uow: uow.connections.close(connection.id))
    assert not saved(units, lambda uow: uow.connections.holds_lease(connection.id, lease))
    assert not saved(units, lambda uow: uow.connections.renew_lease(connection.id, lease, 60))
    assert saved(units, lambda uow: uow.connections.claim_lease(connection.id, "w", 60)) is None


def test_small_notes(units, connection):
    later = START + dt.timedelta(hours=1)

    def do(uow):
        uow.connections.rename(connection.id, organisation_name="NL Ltd", short_code="!abc", base_currency="GBP")
        uow.connections.pause(connection.id, later, "minute")
        uow.connections.note_calls(connection.id, [1, 2, 3], Quota(day_remaining=4000))
        uow.connections.note_calls(connection.id, [2, 3], Quota())
        uow.connections.contacts_read(connection.id, START)
        uow.connections.set_next_run(connection.id, later)

    saved(units, do)
    assert read(units, connection) == replace(
        connection,
        organisation_name="NL Ltd",
        short_code="!abc",
        base_currency="GBP",
        paused_until=later,
        pause_reason="minute",
        call_times=(2, 3),
        day_remaining=4000,
        contacts_read_at=START,
        next_run_at=later,
    )
    saved(units, lambda uow: uow.connections.pause(connection.id, None, None))
    saved(units, lambda uow: uow.connections.contacts_read(connection.id, None))
    assert read(units, connection).paused_until is read(units, connection).contacts_read_at is None


def test_a_schedule_is_claimed_once(units, connection, clock):
    due = lambda: [c.id for c in seen(units, lambda uow: uow.connections.due_schedules())]  # noqa: E731
    claim = lambda was, then: saved(units, lambda uow: uow.connections.claim_schedule(connection.id, was, then))  # noqa: E731
    saved(units, lambda uow: uow.connections.set_next_run(connection.id, START + dt.timedelta(minutes=1)))
    assert due() == []
    was = clock.move(minutes=1)
    assert due() == [connection.id]
    assert claim(was, was + dt.timedelta(days=1))
    assert not claim(was, was + dt.timedelta(days=1))
    assert due() == []
    saved(units, lambda uow: uow.connections.set_status(connection.id, PAUSED))
    clock.move(days=2)
    assert due() == []
    assert not claim(was + dt.timedelta(days=1), None)


def test_the_keeper_sees_open_connections_with_old_tokens(units, connection, clock):
    kept = lambda: [c.id for c in seen(units, lambda uow: uow.connections.to_keep(clock() - dt.timedelta(days=20)))]  # noqa: E731
    assert kept() == []
    clock.move(days=21)
    assert kept() == [connection.id]
    saved(units, lambda uow: uow.connections.set_status(connection.id, PAUSED))
    assert kept() == [connection.id]
    saved(units, lambda uow: uow.connections.close(connection.id))
    assert kept() == []


def test_quarantine_is_for_all(units, connection):
    second = connected(units, "gallery-2", OTHER)
    saved(units, lambda uow: uow.connections.close(second.id))
    assert saved(units, lambda uow: uow.connections.quarantine(START)) == 2
    assert read(units, connection).quarantine_until == read(units, second).quarantine_until == START


def test_nobody_works_in_quarantine_and_a_worker_from_before_the_restore_never_again(units, connection, clock):
    from_before = saved(units, lambda uow: uow.connections.claim_lease(connection.id, "w", 120))
    saved(units, lambda uow: uow.connections.quarantine(clock() + dt.timedelta(minutes=6)))
    assert not saved(units, lambda uow: uow.connections.renew_lease(connection.id, from_before, 120))
    assert saved(units, lambda uow: uow.connections.claim_lease(connection.id, "w", 120)) is None
    clock.move(minutes=6)
    first = saved(units, lambda uow: uow.connections.claim_lease(connection.id, "w", 120))
    assert first > START.timestamp() * 1000, "beyond any number that a worker can hold from before the restore"


def test_a_second_restore_gives_higher_numbers_again(units, connection, clock):
    claimed = [saved(units, lambda uow: uow.connections.claim_lease(connection.id, "w", 120))]
    for _ in range(2):
        saved(units, lambda uow: uow.connections.quarantine(clock()))
        claimed.append(saved(units, lambda uow: uow.connections.claim_lease(connection.id, "w", 120)))
    assert claimed == sorted(set(claimed))


def test_a_webservice_made_anew_is_in_the_same_quarantine(units, connection):
    until = START + dt.timedelta(minutes=6)
    saved(units, lambda uow: uow.connections.quarantine(until))
    saved(units, lambda uow: uow.connections.close(connection.id))
    saved(units, lambda uow: uow.webservices.delete(connection.gallery_id, connection.webservice_id))
    assert connected(units).quarantine_until == until


# What a sweep has to ring for


@pytest.fixture
def with_work(units):
    return lambda: [c.id for c in seen(units, lambda uow: uow.connections.with_work())]


def test_an_open_run_is_work(units, connection, with_work, clock):
    assert with_work() == []
    run = saved(units, lambda uow: uow.runs.open(connection, RunKind.EXPORT, RunTrigger.PERSON, ANNA))
    assert with_work() == [connection.id]
    saved(units, lambda uow: uow.connections.pause(connection.id, START + dt.timedelta(seconds=1), "minute"))
    assert with_work() == []
    clock.move(seconds=1)
    lease = saved(units, lambda uow: uow.connections.claim_lease(connection.id, "w", 60))
    assert with_work() == []
    clock.move(seconds=60)
    assert with_work() == [connection.id]  # whoever had the lease is dead
    saved(units, lambda uow: uow.connections.release_lease(connection.id, lease))
    saved(units, lambda uow: uow.connections.set_status(connection.id, PAUSED))
    assert with_work() == []
    saved(units, lambda uow: uow.connections.set_status(connection.id, ACTIVE))
    saved(units, lambda uow: uow.runs.finish(run.id, RunState.CANCELLED))
    assert with_work() == []


def test_what_was_begun_is_work_and_what_was_not_is_none(units, connection, with_work, clock):
    (row,) = inserted(units, document("1"))
    assert with_work() == []  # nobody asked for it yet
    sent(units, connection, row)
    assert with_work() == [connection.id]
    later = START + dt.timedelta(minutes=3)
    move = lambda **change: saved(units, lambda uow: uow.ledger.move(row.id, **change))  # noqa: E731
    assert move(expect=[DocumentState.SENDING], to=DocumentState.UNKNOWN, not_before=later)
    assert with_work() == []
    clock.move(minutes=3)
    assert with_work() == [connection.id]
    assert move(expect=[DocumentState.UNKNOWN], to=DocumentState.PENDING)
    assert with_work() == []  # settled: it was not there, and the next run sends it
    assert move(expect=[DocumentState.PENDING], to=DocumentState.BLOCKED, reason=("period_locked", {}))
    assert with_work() == []
