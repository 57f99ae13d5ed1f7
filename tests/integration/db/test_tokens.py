"""Tokens in the database: compare-and-swap, rows that were moved, rotation of keys, and silence about secrets."""

import logging

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from galleria_xero_plugin.db import SqlUnits, Vault
from galleria_xero_plugin.errors import TokenUnreadable
from galleria_xero_plugin.ports.records import ConnectionStatus, OAuthState

from .making import KEYS, START, connected, document, saved, seen, tokens


@pytest.fixture
def connection(units):
    return connected(units)


def stored(units, connection):
    """(version, access token, previous access token)"""
    version, current, previous = seen(units, lambda uow: uow.connections.tokens(connection.id))
    return version, current.access_token.reveal(), previous and previous.access_token.reveal()


def refreshed(units, connection, version, name):
    def do(uow):
        lease = uow.connections.claim_refresh(connection.id, version, 45)
        assert lease is not None
        return uow.connections.store_tokens(connection.id, version, lease, tokens(name))

    return saved(units, do)


def test_tokens_come_back_whole(units, connection):
    version, current, previous = seen(units, lambda uow: uow.connections.tokens(connection.id))
    assert (version, previous) == (1, None)
    assert current.refresh_token.reveal() == "refresh-first"
    assert (current.expires_in, current.scopes) == (1800, frozenset({"openid"}))
    assert seen(units, lambda uow: uow.connections.tokens("no such")) is None


def test_a_refresh_keeps_the_previous_tokens(units, connection, clock):
    clock.move(minutes=20)
    assert refreshed(units, connection, 1, "second")
    assert stored(units, connection) == (2, "access-second", "access-first")
    assert refreshed(units, connection, 2, "third")
    assert stored(units, connection) == (3, "access-third", "access-second")
    assert seen(units, lambda uow: uow.connections.get(connection.id)).refreshed_at == clock()


def test_a_lease_of_the_refresh_is_one_and_runs_out(units, connection, clock):
    claim = lambda version=1: saved(units, lambda uow: uow.connections.claim_refresh(connection.id, version, 45))  # noqa: E731
    assert claim(2) is None
    first = claim()
    assert claim() is None
    clock.move(seconds=45)
    second = claim()
    assert second > first
    saved(units, lambda uow: uow.connections.release_refresh(connection.id, first))
    assert claim() is None  # the first is no more its to give back
    store = lambda lease: saved(units, lambda uow: uow.connections.store_tokens(connection.id, 1, lease, tokens("x")))  # noqa: E731
    assert not store(first)
    saved(units, lambda uow: uow.connections.release_refresh(connection.id, second))
    assert claim() > second


def test_a_late_refresh_does_not_undo_a_new_consent(units, connection):
    lease = saved(units, lambda uow: uow.connections.claim_refresh(connection.id, 1, 45))
    connected(units)
    assert not saved(units, lambda uow: uow.connections.store_tokens(connection.id, 1, lease, tokens("late")))
    assert stored(units, connection) == (2, "access-first", None)


def test_a_late_refresh_does_not_revive_a_closed_connection(units, connection):
    lease = saved(units, lambda uow: uow.connections.claim_refresh(connection.id, 1, 45))
    saved(units, lambda uow: uow.connections.close(connection.id))
    assert not saved(units, lambda uow: uow.connections.store_tokens(connection.id, 1, lease, tokens("late")))
    assert saved(units, lambda uow: uow.connections.claim_refresh(connection.id, 1, 45)) is None
    assert seen(units, lambda uow: uow.connections.tokens(connection.id)) is None


@pytest.mark.parametrize("column", ["gallery_id", "id"])
def test_tokens_of_a_row_that_was_moved_do_not_open(units, connection, engine, column):
    other = connected(units, "gallery-2", "33333333-cccc-4ccc-8ccc-333333333333")
    with engine.begin() as direct:
        if column == "gallery_id":
            direct.execute(text("UPDATE galleria_xero_connection SET gallery_id = 'gallery-9'"))
        else:
            direct.execute(
                text(
                    "UPDATE galleria_xero_connection SET token = (SELECT c.token FROM galleria_xero_connection c "
                    "WHERE c.id = :source) WHERE id = :target"
                ),
                {"source": other.id, "target": connection.id},
            )
    with pytest.raises(TokenUnreadable):
        seen(units, lambda uow: uow.connections.tokens(connection.id))
    assert seen(units, lambda uow: uow.connections.get(connection.id)).status is ConnectionStatus.ACTIVE


# Rotation of keys


def ids_of_many(units, count=5):
    return [connected(units, f"gallery-{n}", f"tenant-{n}").id for n in range(count)]


def test_a_rotation_goes_on_where_it_stopped(engine, clock):
    old, both, new = (SqlUnits(engine, Vault(keys), now=clock) for keys in (KEYS[:1], KEYS[::-1], KEYS[1:]))
    ids = ids_of_many(old)
    saved(old, lambda uow: refresh_within(uow, ids[0]))
    last, changed = saved(both, lambda uow: uow.connections.rotate_keys("", 2))
    assert (last, changed) == (sorted(ids)[1], 2)
    with both.write() as uow:
        uow.connections.rotate_keys(last, 2)  # dies before its commit
    last, changed = saved(both, lambda uow: uow.connections.rotate_keys(last, 2))
    assert changed == 2
    assert saved(both, lambda uow: uow.connections.rotate_keys(last, 2)) == ("", 1)
    assert saved(both, lambda uow: uow.connections.rotate_keys("", 2)) == ("", 0)
    for one in ids:
        assert seen(new, lambda uow, one=one: uow.connections.tokens(one))[1].access_token.reveal()
        with pytest.raises(TokenUnreadable):
            seen(old, lambda uow, one=one: uow.connections.tokens(one))
    assert seen(new, lambda uow: uow.connections.tokens(ids[0]))[2].access_token.reveal() == "access-first"


def refresh_within(uow, connection_id):
    lease = uow.connections.claim_refresh(connection_id, 1, 45)
    assert uow.connections.store_tokens(connection_id, 1, lease, tokens("second"))


def test_a_refresh_in_between_wins(engine, clock, monkeypatch):
    old, both = (SqlUnits(engine, Vault(keys), now=clock) for keys in (KEYS[:1], KEYS[::-1]))
    connection_id = ids_of_many(old, 1)[0]
    with both.write() as uow:
        rotate = uow.connections._rotate

        def after_a_refresh(row):
            refresh_within(uow, connection_id)
            return rotate(row)

        monkeypatch.setattr(uow.connections, "_rotate", after_a_refresh)
        assert uow.connections.rotate_keys("", 10) == ("", 0)
        uow.commit()
    version, current, _ = seen(both, lambda uow: uow.connections.tokens(connection_id))
    assert (version, current.access_token.reveal()) == (2, "access-second")


def test_what_cannot_be_opened_is_reported_and_left_alone(engine, clock, caplog):
    old, new = (SqlUnits(engine, Vault(keys), now=clock) for keys in (KEYS[:1], KEYS[1:]))
    connection_id = ids_of_many(old, 1)[0]
    assert saved(new, lambda uow: uow.connections.rotate_keys("", 10)) == ("", 0)
    assert connection_id in caplog.text
    assert seen(old, lambda uow: uow.connections.tokens(connection_id))[1].access_token.reveal() == "access-first"


# Silence


def test_neither_logs_nor_errors_show_secrets_or_names(url, clock, caplog):
    caplog.set_level(logging.DEBUG)
    engine = create_engine(url, echo="debug")
    units = SqlUnits(engine, Vault(KEYS), now=clock)
    connection = connected(units)
    refreshed(units, connection, 1, "second")
    state = OAuthState("g", "7", connection.webservice_id, "hash", "nonce-in-full", START.replace(year=2027))
    saved(units, lambda uow: uow.oauth_states.hold("choice", state, tokens("held"), []))
    seen(units, lambda uow: uow.oauth_states.held("choice"))
    saved(units, lambda uow: uow.ledger.insert([document(contact_name="Ada Lovelace")]))
    with pytest.raises(DBAPIError) as caught, units.write() as uow:
        uow.oauth_states.add("choice", state)
    engine.dispose()
    logged = caplog.text + str(caught.value)
    assert "INSERT INTO galleria_xero_oauth_state" in logged
    assert "parameters hidden" in logged
    for secret in ("access-", "refresh-", "Ada Lovelace"):
        assert secret not in logged
    assert "Row (" in logged  # rows are logged at DEBUG, but a cipher hides
    assert "<cipher" in logged
    assert "x01" not in logged  # the first byte of every cipher text
    assert "access-" not in repr(connection)
