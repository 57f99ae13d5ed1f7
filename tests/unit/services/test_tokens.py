"""Export-protocol §2.8: one refresh at a time, none lost, and a permission only given up when it is."""

import datetime as dt
import threading

import pytest

from galleria_xero_plugin.db.connection_store import SqlConnections
from galleria_xero_plugin.domain.states import RunKind, RunState, RunTrigger
from galleria_xero_plugin.errors import AuthRejected, AuthUnavailable, NotConnected, ReconnectRequired
from galleria_xero_plugin.ports.records import SCHEDULE, ConnectionStatus
from galleria_xero_plugin.services.tokens import UNANSWERED, Tokens

from .fakes import LOST, SILENT, RealTime

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


def test_a_token_with_time_left_is_used_as_it_is(house):
    _, connection = house.connected()
    version, token = house.tokens.access(connection.id)
    assert (version, token.reveal()) == (1, "access-1")
    assert not house.auth.calls


def test_a_token_about_to_end_is_refreshed_and_committed(house):
    _, connection = house.connected()
    house.clock.move(seconds=1800 - 119)
    version, token = house.tokens.access(connection.id)
    assert (version, token.reveal()) == (2, "access-2")
    found = house.read(lambda uow: uow.connections.tokens(connection.id))
    assert (found[0], found[1].access_token.reveal(), found[2].access_token.reveal()) == (2, "access-2", "access-1")
    assert found[1].scopes == {"openid"}


def test_twenty_threads_make_one_token_call(house):
    _, connection = house.connected()
    house.clock.move(hours=1)
    house.auth.slow.clear()
    tokens = Tokens(house.units, house.auth, RealTime(), notify_reconnect=house.notify.reconnect_needed)
    got, start = [], threading.Barrier(21)

    def ask():
        start.wait()
        got.append(tokens.access(connection.id)[0])

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    start.wait()
    house.auth.slow.set()
    for thread in threads:
        thread.join()
    assert got == [2] * 20
    assert house.auth.calls["refresh"] == 1


def test_a_lost_answer_is_asked_for_again_at_once(house):
    _, connection = house.connected()
    house.clock.move(hours=1)
    house.auth.faults = [LOST]
    version, token = house.tokens.access(connection.id)
    assert version == 2
    assert token.reveal() == "access-3"  # access-2 was in the answer that got lost


def test_an_answer_lost_twice_is_kept_alive_by_the_sweep(house):
    _webservice, connection = house.connected()
    house.clock.move(hours=1)
    house.auth.faults = [LOST, SILENT]
    with pytest.raises(AuthUnavailable):
        house.tokens.access(connection.id)
    seen = house.connection(connection.id)
    assert (seen.status, seen.status_reason) == (ConnectionStatus.ACTIVE, UNANSWERED)
    house.clock.move(minutes=20)
    assert house.tokens.keep() == 1
    seen = house.connection(connection.id)
    assert (seen.token_version, seen.status_reason) == (2, None)


@pytest.mark.parametrize("fault", [
    AuthUnavailable("error", status=500), AuthUnavailable("error", status=429, retry_after=30), SILENT,
    AuthUnavailable("invalid_grant", status=500), AuthRejected("invalid_client"), AuthRejected("invalid_request"),
])  # fmt: skip
def test_what_says_nothing_about_the_consent_never_ends_it(house, fault):
    _, connection = house.connected()
    house.clock.move(hours=1)
    house.auth.faults = [fault, fault]
    with pytest.raises(AuthUnavailable):
        house.tokens.access(connection.id)
    assert house.connection(connection.id).status is ConnectionStatus.ACTIVE
    house.auth.faults = []
    assert house.tokens.access(connection.id)[0] == 2  # the claim was given back


def test_invalid_grant_because_somebody_else_rotated(house):
    """Two processes with the same version: the slower one is refused, and finds the newer version."""
    _, connection = house.connected()
    house.clock.move(hours=1)
    refresh = house.auth.refresh

    def overtaken(token):
        house.auth.refresh = refresh
        with house.units.write() as uow:
            lease = uow.connections.claim_refresh(connection.id, 1, 45)
            assert lease is None  # ours still; so it runs out first
            uow.commit()
        house.clock.move(seconds=46)
        house.tokens.access(connection.id)
        raise AuthRejected("invalid_grant")

    house.auth.refresh = overtaken
    assert house.tokens.access(connection.id)[0] == 2
    assert house.connection(connection.id).status is ConnectionStatus.ACTIVE
    assert not house.mailer.sent


def test_invalid_grant_after_a_rotation_that_was_not_kept_uses_the_token_before(house):
    _, connection = house.connected()
    house.clock.move(hours=1)
    house.tokens.access(connection.id)  # refresh-2 is current, refresh-1 lives for 30 minutes more
    house.auth.alive["refresh-2"] = house.clock()
    assert house.tokens.refused(connection.id, 2)[0] == 3
    assert house.connection(connection.id).status is ConnectionStatus.ACTIVE


def test_a_true_invalid_grant_asks_a_person_once_and_keeps_everything(house):
    webservice, connection = house.connected()
    house.complete_mapping(webservice)
    house.runs.start_export("north-light", webservice.id, SCHEDULE, RunTrigger.SCHEDULE)
    house.clock.move(days=61)
    house.auth.alive["refresh-1"] = house.clock()
    for _ in range(2):
        with pytest.raises(ReconnectRequired):
            house.tokens.access(connection.id)
    seen = house.connection(connection.id)
    assert (seen.status, seen.status_reason) == (ConnectionStatus.NEEDS_REAUTH, "needs_reauth")
    assert house.read(lambda uow: uow.connections.tokens(connection.id)) is not None
    assert [mail.subject for mail in house.mailer.sent] == ["Xero needs your permission again for North"]
    run = house.read(lambda uow: uow.runs.latest("north-light", webservice.id))[0]
    assert (run.kind, run.state, run.error_code) == (RunKind.EXPORT, RunState.FAILED, "needs_reauth")
    assert house.auth.calls["refresh"] == 1


def test_a_reconnect_during_a_refused_refresh_wins(house):
    webservice, connection = house.connected()
    house.clock.move(hours=1)

    def refused(token):
        with house.units.write() as uow:
            uow.connections.connect("north-light", webservice.id, house.auth.tenants[0], house.auth.tokens())
            uow.commit()
        raise AuthRejected("invalid_grant")

    house.auth.refresh = refused
    assert house.tokens.access(connection.id)[1].reveal() == "access-2"
    assert house.connection(connection.id).status is ConnectionStatus.ACTIVE


def test_a_disconnect_during_a_refresh_wins(house):
    _webservice, connection = house.connected()
    house.clock.move(hours=1)
    refresh = house.auth.refresh

    def disconnected(token):
        with house.units.write() as uow:
            uow.connections.close(connection.id)
            uow.commit()
        return refresh(token)

    house.auth.refresh = disconnected
    with pytest.raises(NotConnected):
        house.tokens.access(connection.id)
    assert house.connection(connection.id).status is ConnectionStatus.DISCONNECTED


def test_a_401_refreshes_only_the_version_that_was_refused(house):
    _, connection = house.connected()
    assert house.tokens.refused(connection.id, 1)[0] == 2
    assert house.tokens.refused(connection.id, 1)[0] == 2  # another thread with the old one
    assert house.auth.calls["refresh"] == 1


def test_somebody_elses_refresh_is_not_waited_for_for_ever(house):
    _, connection = house.connected()
    house.clock.move(hours=1)
    with house.units.write() as uow:
        assert uow.connections.claim_refresh(connection.id, 1, 45)
        uow.commit()
    before = house.clock()
    with pytest.raises(AuthUnavailable):
        house.tokens.access(connection.id)
    assert house.clock() - before < dt.timedelta(seconds=25)


def test_the_keeper_renews_what_sleeps_and_only_that(house):
    _, connection = house.connected()
    house.clock.move(days=19)
    assert house.tokens.keep() == 0
    house.clock.move(days=2)
    assert house.tokens.keep() == 1
    assert house.connection(connection.id).refreshed_at == house.clock()
    assert house.tokens.keep() == 0


def test_the_keeper_stops_when_xero_is_away(house):
    house.connected()
    house.clock.move(days=21)
    house.auth.faults = [AuthUnavailable("error", status=503)]
    assert house.tokens.keep() == 0
    assert house.tokens.keep() == 1


def test_nobody_connected(house):
    with pytest.raises(NotConnected):
        house.tokens.access("00000000-0000-4000-8000-000000000000")


def test_a_refresh_between_two_reads_of_the_row_is_no_reason_for_another(house, monkeypatch):
    _, connection = house.connected()
    house.clock.move(hours=1)
    tokens = SqlConnections.tokens

    def late(store, connection_id):
        monkeypatch.setattr(SqlConnections, "tokens", tokens)
        assert house.tokens.access(connection_id)[0] == 2  # somebody else, after we read the expiry
        return tokens(store, connection_id)

    monkeypatch.setattr(SqlConnections, "tokens", late)
    assert house.tokens.access(connection.id)[0] == 2
    assert house.auth.calls["refresh"] == 1
