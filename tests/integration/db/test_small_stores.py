"""Consents under way, reference data, the audit trail, notices."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text

from galleria_xero_plugin.domain.comparison import Comparison, Finding, What
from galleria_xero_plugin.errors import TokenUnreadable
from galleria_xero_plugin.ports.records import SCHEDULE, AuditEntry, Compared, OAuthState

from .making import ANNA, GALLERY, HERE, START, TENANT, saved, seen, tenant, tokens
from .test_types import REFERENCE

STATE = OAuthState(GALLERY, "7", "w", "browser", "nonce", START + dt.timedelta(minutes=10))


@pytest.fixture
def use(units):
    return lambda key: saved(units, lambda uow: uow.oauth_states.use(key))


def test_a_state_is_used_once(units, use):
    saved(units, lambda uow: uow.oauth_states.add("hash", STATE))
    assert use("unknown") is None
    assert use("hash") == STATE
    assert use("hash") is None


def test_a_state_of_ten_minutes_ago_is_worthless(units, use, clock):
    saved(units, lambda uow: uow.oauth_states.add("hash", STATE))
    clock.move(minutes=10)
    assert use("hash") is None


def test_of_eight_callbacks_one_has_the_state(units):
    saved(units, lambda uow: uow.oauth_states.add("hash", STATE))

    def use_patiently(_):
        with units.write(patience=30) as uow:
            found = uow.oauth_states.use("hash")
            uow.commit()
        return found

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(use_patiently, range(8)))
    assert sorted(answers, key=str) == [None] * 7 + [STATE]


def held(units, key="choice"):
    return seen(units, lambda uow: uow.oauth_states.held(key))


def ciphers(engine):
    with engine.connect() as connection:
        return connection.execute(
            text("SELECT count(*) FROM galleria_xero_oauth_state WHERE token IS NOT NULL OR tenants IS NOT NULL")
        ).scalar_one()


def test_a_consent_is_held_until_an_organisation_is_chosen(units, use, engine):
    tenants = [tenant(), tenant("another", "South")]
    saved(units, lambda uow: uow.oauth_states.hold("choice", STATE, tokens(), tenants))
    state, found, choices = held(units)
    assert (state, choices) == (STATE, tenants)
    assert found.refresh_token.reveal() == "refresh-first"
    assert held(units, "other") is None
    assert use("choice") == STATE
    assert held(units) is None
    assert ciphers(engine) == 0


def test_a_state_without_tokens_is_no_held_consent(units):
    saved(units, lambda uow: uow.oauth_states.add("hash", STATE))
    assert held(units, "hash") is None


def test_held_tokens_do_not_open_under_another_choice(units, engine):
    saved(units, lambda uow: uow.oauth_states.hold("choice", STATE, tokens(), [tenant()]))
    with engine.begin() as connection:
        connection.execute(text("UPDATE galleria_xero_oauth_state SET state_hash = 'mine'"))
    with pytest.raises(TokenUnreadable):
        held(units, "mine")


def test_purging(units, clock, engine):
    saved(units, lambda uow: uow.oauth_states.add("old", STATE))
    saved(units, lambda uow: uow.oauth_states.hold("choice", STATE, tokens(), [tenant()]))
    purge = lambda: saved(units, lambda uow: uow.oauth_states.purge())  # noqa: E731
    assert purge() == 0
    assert held(units)
    clock.move(minutes=10)
    assert held(units) is None
    assert ciphers(engine) == 1
    assert purge() == 0
    assert ciphers(engine) == 0
    clock.move(days=1, seconds=1)
    saved(units, lambda uow: uow.oauth_states.add("new", replace(STATE, expires_at=clock())))
    assert purge() == 2


def test_reference_data_is_replaced(units):
    read = lambda scope=HERE: seen(units, lambda uow: uow.reference.get(*scope))  # noqa: E731
    assert read() is None
    saved(units, lambda uow: uow.reference.put(*HERE, REFERENCE))
    assert read() == REFERENCE
    newer = replace(REFERENCE, currencies=(), fetched_at=START + dt.timedelta(days=1))
    saved(units, lambda uow: uow.reference.put(*HERE, newer))
    assert read() == newer
    assert read(("gallery-2", TENANT)) is None


def test_the_trail_is_newest_first_and_a_gallerys_own(units):
    saved(units, lambda uow: uow.audit.add(GALLERY, ANNA, "connected", subject="North Light"))
    saved(units, lambda uow: uow.audit.add(GALLERY, SCHEDULE, "exported", outcome="failed"))
    saved(units, lambda uow: uow.audit.add("gallery-2", ANNA, "connected"))
    trail = seen(units, lambda uow: uow.audit.latest(GALLERY))
    assert trail == [
        AuditEntry(START, "", "schedule", "exported", "", "failed"),
        AuditEntry(START, "7", "Anna", "connected", "North Light", "ok"),
    ]
    assert seen(units, lambda uow: uow.audit.latest(GALLERY, 1)) == trail[:1]


def test_a_notice_goes_out_once(units):
    claim = lambda topic="disconnected:3": saved(units, lambda uow: uow.notices.claim("c", topic))  # noqa: E731
    assert claim()
    assert not claim()
    assert claim("first-sync")
    saved(units, lambda uow: uow.notices.release("c", "disconnected:3"))
    assert claim()


# Comparisons


def test_a_comparison_is_kept_until_the_next_and_remembers_what_was_told(units, clock):
    first = Comparison(3, (Finding(What.GONE, "AG-1", "row-1"), Finding(What.STRANGE, "AG-2")), ("inv-9",))
    get = lambda: seen(units, lambda uow: uow.comparisons.get(*HERE))  # noqa: E731
    assert get() is None
    saved(units, lambda uow: uow.comparisons.put(*HERE, first))
    assert get() == Compared(first, START)
    saved(units, lambda uow: uow.comparisons.told(*HERE, first.findings))
    clock.move(days=1)
    second = Comparison(4, first.findings[1:])
    saved(units, lambda uow: uow.comparisons.put(*HERE, second))
    assert get() == Compared(second, clock.at, second.findings)
    assert seen(units, lambda uow: uow.comparisons.get("gallery-2", TENANT)) is None


def test_what_is_accepted_is_remembered_and_stays_told(units):
    gone, strange = Finding(What.GONE, "AG-1", "row-1", "VOIDED"), Finding(What.STRANGE, "AG-2", sides="1|2")
    found = Comparison(3, (gone, strange))
    get = lambda: seen(units, lambda uow: uow.comparisons.get(*HERE))  # noqa: E731
    saved(units, lambda uow: uow.comparisons.put(*HERE, found))
    saved(units, lambda uow: uow.comparisons.told(*HERE, found.findings))
    saved(units, lambda uow: uow.comparisons.accept(
        *HERE, uow.comparisons.get(*HERE, to_change=True).comparison.accepting([gone])))
    assert (get().comparison.findings, get().comparison.accepted) == ((strange,), (gone,))
    saved(units, lambda uow: uow.comparisons.put(*HERE, get().comparison))
    saved(units, lambda uow: uow.comparisons.accept(*HERE, uow.comparisons.get(*HERE).comparison.accepting([])))
    assert set(get().comparison.findings) == set(get().told) == {gone, strange}, "no second mail about it"


def test_what_an_earlier_release_found_can_be_read(units, engine):
    saved(units, lambda uow: uow.comparisons.put(*HERE, Comparison(3, (Finding(What.GONE, "AG-1", "row-1"),))))
    with engine.begin() as connection:
        connection.exec_driver_sql(
            """UPDATE galleria_xero_comparison SET findings = '[["gone","AG-1","row-1"]]', accepted = NULL"""
        )
    found = seen(units, lambda uow: uow.comparisons.get(*HERE)).comparison
    assert found == Comparison(3, (Finding(What.GONE, "AG-1", "row-1"),))


def test_a_comparison_is_claimed_once_when_it_is_due(units, clock):
    hour = dt.timedelta(hours=1)
    plan = lambda at, **how: saved(units, lambda uow: uow.comparisons.plan(*HERE, at, **how))  # noqa: E731
    claim = lambda: saved(units, lambda uow: uow.comparisons.claim(*HERE, hour))  # noqa: E731
    assert not claim()
    plan(START + hour)
    plan(START, again=False)
    assert not claim()
    clock.move(hours=1)
    assert (claim(), claim()) == (True, False)
    clock.move(hours=1)
    assert claim()
    plan(START + 24 * hour)
    saved(units, lambda uow: uow.comparisons.hasten(clock.at))
    assert claim()
    assert seen(units, lambda uow: uow.comparisons.get(*HERE)) is None
