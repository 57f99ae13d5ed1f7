"""One exporter and one refresh at a time: races between processes, and zombies that come back."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine

from galleria_xero_plugin.db import SqlUnits, Vault
from galleria_xero_plugin.domain.states import DocumentState

from .making import KEYS, PROCESSES, batch, connected, document, found, inserted, saved, seen, tokens

RACERS = 8


@pytest.fixture
def connection(units):
    return connected(units)


def claim(units, connection, seconds=60):
    return saved(units, lambda uow: uow.connections.claim_lease(connection.id, "worker", seconds))


def race(racer, count=RACERS):
    """What each of the racers answers, who all start in the same moment."""
    barrier = threading.Barrier(count)

    def start(number):
        barrier.wait()
        return racer(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))


def test_one_of_eight_threads_gets_the_lease_in_each_of_a_hundred_rounds(units, connection):
    numbers = []
    for _ in range(100):
        won = [number for number in race(lambda _: claim_patiently(units, connection.id)) if number]
        assert len(won) == 1
        numbers += won
        saved(units, lambda uow, lease=won[0]: uow.connections.release_lease(connection.id, lease))
    assert numbers == list(range(1, 101))


def claim_patiently(units, connection_id):
    with units.write(patience=30) as uow:
        number = uow.connections.claim_lease(connection_id, "racer", 60)
        uow.commit()
    return number


def _claim_in_a_process(url, connection_id, ready, answers):
    engine = create_engine(url)
    ready.wait()
    answers.put(claim_patiently(SqlUnits(engine, Vault(KEYS)), connection_id))
    engine.dispose()


def test_one_of_four_processes_gets_the_lease(live_units, url):
    connection = connected(live_units)
    ready, answers = PROCESSES.Barrier(4), PROCESSES.SimpleQueue()
    racers = [
        PROCESSES.Process(target=_claim_in_a_process, args=(url, connection.id, ready, answers)) for _ in range(4)
    ]
    for racer in racers:
        racer.start()
    got = [answers.get() for _ in racers]
    for racer in racers:
        racer.join(60)
    assert sorted(got, key=str) == [1, None, None, None]


def test_a_lease_runs_out_by_the_databases_clock(live_units):
    connection = connected(live_units)
    assert claim(live_units, connection, 60) == 1
    assert claim(live_units, connection) is None
    assert saved(live_units, lambda uow: uow.connections.renew_lease(connection.id, 1, 0))
    assert claim(live_units, connection, 0) == 2
    assert claim(live_units, connection) == 3


def test_a_lease_is_renewed_held_and_given_back(units, connection, clock):
    lease = claim(units, connection)
    for _ in range(3):
        clock.move(seconds=59)
        assert saved(units, lambda uow: uow.connections.renew_lease(connection.id, lease, 60))
        assert saved(units, lambda uow: uow.connections.holds_lease(connection.id, lease))
        assert claim(units, connection) is None
    saved(units, lambda uow: uow.connections.release_lease(connection.id, lease))
    assert not saved(units, lambda uow: uow.connections.renew_lease(connection.id, lease, 60))
    assert not saved(units, lambda uow: uow.connections.holds_lease(connection.id, lease))
    assert claim(units, connection) == lease + 1


def test_a_zombie_changes_nothing(units, connection, clock):
    """A worker was frozen after T2, its lease ran out, and somebody else has taken over."""
    (row,) = inserted(units, document("1"))
    zombie = claim(units, connection)
    assert saved(units, lambda uow: uow.ledger.start_sending(connection.id, zombie, row.kind, batch(row), worker="z"))
    clock.move(seconds=60)
    assert not saved(units, lambda uow: uow.connections.holds_lease(connection.id, zombie))
    heir = claim(units, connection)
    assert heir > zombie

    def come_back(uow):
        uow.connections.release_lease(connection.id, zombie)
        return (
            uow.connections.renew_lease(connection.id, zombie, 60),
            uow.connections.holds_lease(connection.id, zombie),
            uow.ledger.start_sending(connection.id, zombie, row.kind, batch(row, number=2), worker="z"),
        )

    assert saved(units, come_back) == (False, False, False)
    assert saved(units, lambda uow: uow.connections.holds_lease(connection.id, heir))

    # The heir settles the row and sends it anew: the zombie's answer then meets another lease's number.
    settle = clock() - clock()
    assert saved(units, lambda uow: uow.ledger.expire_sending(row.gallery_id, row.tenant_id, heir, settle)) == 1
    back = lambda uow: uow.ledger.move(row.id, expect=[DocumentState.UNKNOWN], to=DocumentState.PENDING)  # noqa: E731
    assert saved(units, back)
    again = batch(row, number=3)
    assert saved(units, lambda uow: uow.ledger.start_sending(connection.id, heir, row.kind, again, worker="h"))

    def finish(uow, lease):
        return uow.ledger.move(
            row.id, expect=[DocumentState.SENDING], to=DocumentState.DONE, lease=lease, xero_id=f"by-{lease}"
        )

    assert not saved(units, lambda uow: finish(uow, zombie))
    assert saved(units, lambda uow: finish(uow, heir))
    assert found(units, row.kind, "1").xero_id == f"by-{heir}"


def test_holding_the_lease_locks_out_a_new_claim(engine, units, connection, clock):
    """T2's first statement: between it and the commit nobody else can take over."""
    lease = claim(units, connection)
    with units.write() as uow:
        assert uow.connections.holds_lease(connection.id, lease)
        clock.move(seconds=61)  # it runs out meanwhile
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(claim_patiently, units, connection.id)
            uow.commit()
            assert other.result(30) == lease + 1


def test_one_of_eight_refreshes(units, connection):
    def refresh(number):
        with units.write(patience=30) as uow:
            lease = uow.connections.claim_refresh(connection.id, 1, 45)
            uow.commit()
        if lease is None:
            return False
        with units.write(patience=30) as uow:
            stored = uow.connections.store_tokens(connection.id, 1, lease, tokens(f"by-{number}"))
            uow.commit()
        return stored

    winners = [number for number, won in enumerate(race(refresh)) if won]
    assert len(winners) == 1
    version, current, previous = seen(units, lambda uow: uow.connections.tokens(connection.id))
    assert version == 2
    assert current.access_token.reveal() == f"access-by-{winners[0]}"
    assert previous.access_token.reveal() == "access-first"
