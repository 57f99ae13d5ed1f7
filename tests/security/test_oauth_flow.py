"""The OAuth flow end to end, as an attacker would try it (security 1-9): the real login, a simulated Xero."""

import logging
import re
import uuid

import pytest

from galleria_xero_plugin.simulator import HARBOUR, NORTH_LIGHT
from galleria_xero_plugin.xero.oauth import SCOPES
from tests.web.site import OURS, THEIRS

from .live import REDIRECT_URI


def refused(live, made, reason, gallery_id=OURS):
    """Nothing was connected, and the trail of the gallery of whoever came says so."""
    assert live.connection(made) is None
    action, outcome, _ = live.trail(gallery_id)[0]
    return (action, outcome) == ("callback refused", reason)


def test_what_the_browser_takes_to_xero(live):
    browser, made = live.browser(), live.add()
    first, second = live.ask(browser, made), live.ask(browser, made)
    assert first["redirect_uri"] == REDIRECT_URI and first["response_type"] == "code"
    assert set(first["scope"].split()) == set(SCOPES)
    for name in ("state", "nonce"):
        assert len(first[name]) >= 43 and first[name] != second[name]  # 256 bits, new every time
        with pytest.raises(ValueError):
            uuid.UUID(first[name])
    # What is kept of them on our side opens nothing: the state is kept as a hash, the nonce is not in the browser.
    kept = str(live.sql("select * from galleria_xero_oauth_state"))
    assert first["state"] not in kept
    with browser.client.session_transaction() as session:
        held = str(dict(session))
    assert first["nonce"] not in held and first["state"] not in held


@pytest.mark.parametrize("header", [
    {"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"},
    {"Forwarded": "host=evil.example"},
])  # fmt: skip
def test_the_host_header_leads_nowhere(live, header):
    browser, made = live.browser(), live.add()
    base = f"http://{header['Host']}" if "Host" in header else None
    if base:  # a browser would not send its cookie there; somebody in the middle would
        cookie = browser.client.get_cookie("session").value
        browser.client.set_cookie("session", cookie, domain="evil.example")
    how = {"headers": header} | ({"base_url": base} if base else {})
    browser.get(f"/xero/{made.id}/connect", **how)
    answer = browser.post(f"/xero/{made.id}/connect", **how)
    assert answer.status_code == 200 and "evil" not in answer.text + str(answer.headers)
    question = re.search(r"state=([\w-]+)", answer.headers["Refresh"])[1]
    answer = browser.get(f"/xero/callback?state={question}&error=access_denied", **how)
    assert answer.location == "/xero/"


def test_once_and_never_again(live):
    browser, made = live.browser(), live.add()
    question = live.ask(browser, made)
    code = live.allow(question)
    assert live.back(browser, question["state"], code).location.endswith("/edit")
    before, calls = live.connection(made), live.token_calls()
    for again in (code, live.allow(question)):  # the very same answer, and the same state with a fresh code
        assert live.back(browser, question["state"], again).location == "/xero/"
        assert live.trail()[0][:2] == ("callback refused", "used")
    assert live.connection(made) == before and live.token_calls() == calls


def test_ten_minutes(live):
    browser, made = live.browser(), live.add()
    question = live.ask(browser, made)
    (expires, now), = live.sql(
        "select expires_at, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) from galleria_xero_oauth_state")
    assert expires - now <= 600_000
    live.sql("update galleria_xero_oauth_state set expires_at = 1")
    live.back(browser, question["state"], live.allow(question))
    assert refused(live, made, "used") and live.token_calls() == 0


@pytest.mark.parametrize(("who", "gallery_id"), [("owner", OURS), ("second", OURS), ("theirs", THEIRS)],
                         ids=["another browser", "another user", "another gallery"])
def test_somebody_elses_way_back(live, who, gallery_id):
    made = live.add()
    live.add(THEIRS)
    question = live.ask(live.browser(), made)
    thief = live.browser(who)
    assert live.back(thief, question["state"], live.allow(question)).location == "/xero/"
    assert refused(live, made, "mismatch", gallery_id)
    assert live.token_calls() == 0  # the code was not even tried
    assert live.sql("select count(*) from galleria_xero_connection") == [(0,)]


@pytest.mark.parametrize("who", ["second", "theirs"])
def test_another_user_in_the_same_browser(live, who):
    """A computer in the gallery's office: the session's browser secret is the same, the person is not."""
    made, browser = live.add(), live.browser()
    question = live.ask(browser, made)
    browser.get(f"/enter?as={who}")
    live.back(browser, question["state"], live.allow(question))
    assert refused(live, made, "mismatch", THEIRS if who == "theirs" else OURS)


def test_a_browser_secret_from_before_the_login_is_not_taken_over(live):
    """Session fixation: who planted or read this session's secret while somebody else used it learns nothing."""
    browser, made = live.browser("second"), live.add()
    live.ask(browser, made)
    with browser.client.session_transaction() as session:
        planted = session["galleria_xero_browser"]
    browser.get("/enter?as=owner")
    live.ask(browser, made)
    with browser.client.session_transaction() as session:
        assert session["galleria_xero_browser"] != planted


def test_two_tabs_of_one_person_both_work(live):
    browser, made = live.browser(), live.add()
    first, _ = live.ask(browser, made), live.ask(browser, made)
    assert live.back(browser, first["state"], live.allow(first)).location.endswith("/edit")


def test_a_code_of_somebody_elses_consent_is_not_taken(live):
    """Code injection: the state is ours, the code is not, and the nonce in its id_token tells."""
    made, victim = live.add(), live.browser()
    question = live.ask(victim, made)
    stolen = live.allow({**question, "nonce": "another-flow", "state": "x"}, HARBOUR)
    live.back(victim, question["state"], stolen)
    assert refused(live, made, "rejected")


def test_without_a_nonce_in_the_id_token_nothing_is_connected(make_live):
    live = make_live(simulator={"echo_nonce": False})
    made = live.add()
    live.connect(live.browser(), made)
    assert refused(live, made, "rejected")


def test_less_than_was_asked_for_is_not_enough(live):
    made, browser = live.add(), live.browser()
    question = live.ask(browser, made)
    code = live.allow({**question, "scope": question["scope"].replace("accounting.payments ", "")})
    live.back(browser, question["state"], code)
    assert refused(live, made, "missing_scope")


@pytest.mark.parametrize(("query", "reason"), [
    ({"error": "access_denied", "error_description": "<script>"}, "declined"), ({"error": "server_error"}, "xero_error"),
    ({}, "incomplete"), ({"code": ""}, "incomplete"), ({"code": "invented"}, "expired"), ({"code": "x" * 9000}, "expired"),
    ({"code": "a\r\nb\x00\u202e"}, "expired"),
])  # fmt: skip
def test_ways_back_without_a_code_that_works(live, caplog, query, reason):
    caplog.set_level(logging.DEBUG)
    made, browser = live.add(), live.browser()
    state = live.ask(browser, made)["state"]
    answer = browser.get("/xero/callback", query_string={"state": state} | query)
    assert (answer.status_code, answer.location) == (303, "/xero/")
    assert refused(live, made, reason)
    assert "<script>" not in browser.get("/xero/").text


@pytest.mark.parametrize("query", ["", "state=", "state=%00&code=x", "state=a&state=b&code=x", f"state={'s' * 9000}&code=x"])
def test_invented_states(live, query):
    made, browser = live.add(), live.browser()
    assert browser.get(f"/xero/callback?{query}").location == "/xero/"
    assert refused(live, made, "used")


def test_a_choice_is_no_state(live):
    """What a browser holds to choose an organisation with cannot be used up as an answer of Xero's."""
    made, browser = live.add(), live.browser()
    question = live.ask(browser, made)
    assert live.back(browser, question["state"], live.allow(question, NORTH_LIGHT, HARBOUR)).location == "/xero/choose"
    with browser.client.session_transaction() as session:
        choice = session["galleria_xero_choice"]
    calls = live.token_calls()
    live.back(browser, choice, live.allow({**question, "nonce": ""}))
    assert refused(live, made, "used") and live.token_calls() == calls


def test_a_choice_belongs_to_the_person_and_is_used_once(live):
    made, browser = live.add(), live.browser()
    question = live.ask(browser, made)
    live.back(browser, question["state"], live.allow(question, NORTH_LIGHT, HARBOUR))
    with browser.client.session_transaction() as session:
        choice = session["galleria_xero_choice"]
    for who in ("second", "theirs"):
        thief = live.browser(who)
        thief.get("/xero/new/xero")
        with thief.client.session_transaction() as session:
            session["galleria_xero_choice"] = choice
        assert thief.get("/xero/choose").status_code == 409
        answer = thief.post("/xero/choose", {"tenant": HARBOUR})
        assert answer.status_code == 409 and "Harbour" not in answer.text
    assert live.connection(made) is None
    browser.get("/xero/choose")
    elsewhere = "00000000-0000-4000-8000-000000000009"
    assert browser.post("/xero/choose", {"tenant": elsewhere}).status_code == 422
    assert browser.post("/xero/choose", {"tenant": HARBOUR}).status_code == 303
    assert live.connection(made).tenant_id == HARBOUR
    with browser.client.session_transaction() as session:
        session["galleria_xero_choice"] = choice
    assert browser.post("/xero/choose", {"tenant": NORTH_LIGHT}).status_code == 409
    assert live.connection(made).tenant_id == HARBOUR


def test_looking_at_the_way_back_uses_nothing_up(live):
    """A HEAD, as link scanners send it, is no answer of Xero's."""
    made, browser = live.add(), live.browser()
    question = live.ask(browser, made)
    code = live.allow(question)
    answer = browser.client.head("/xero/callback", query_string={"state": question["state"], "code": code})
    assert live.connection(made) is None and live.token_calls() == 0
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert live.back(browser, question["state"], code).location.endswith("/edit")


@pytest.mark.parametrize("who", ["owner", "viewer", "nobody", None])
def test_the_code_stays_out_of_logs_pages_and_addresses(live, caplog, who):
    """Also when it is not used: whoever comes back is led to an address without it, and no page is shown here."""
    caplog.set_level(logging.DEBUG)
    made, browser = live.add(), live.browser()
    question = live.ask(browser, made)
    code = live.allow(question)
    back = browser if who == "owner" else live.browser(who) if who else type(browser)(live.app.test_client())
    answer = live.back(back, question["state"], code)
    assert answer.status_code == 303 and "?" not in answer.location
    assert answer.headers["Referrer-Policy"] == "no-referrer" and answer.headers["Cache-Control"] == "no-store"
    assert code not in answer.text + str(answer.headers) + back.client.get(answer.location).text
    for secret in (code, question["state"], question["nonce"]):
        assert secret not in caplog.text
    assert code not in str(live.sql("select * from galleria_xero_oauth_state") + live.sql("select * from galleria_xero_audit"))


def test_an_organisation_belongs_to_one_gallery(live):
    made, theirs = live.add(), live.add(THEIRS)
    live.connect(live.browser("theirs"), theirs)
    before = live.connection(theirs)
    browser = live.browser()
    assert live.connect(browser, made)[0].location == "/xero/"
    assert live.connection(made) is None and live.connection(theirs) == before
    assert "Harbour" not in browser.get("/xero/").text


def test_disconnecting_tells_xero_and_wipes_the_tokens(live):
    made, browser = live.add(), live.browser()
    live.connect(browser, made)
    assert len(live.xero.world.identity.connections) == 1
    browser.get(f"/xero/{made.id}/disconnect")
    assert browser.post(f"/xero/{made.id}/disconnect").status_code == 303
    assert not live.xero.world.identity.connections
    assert live.sql("select token, previous_token, key_id from galleria_xero_connection") == [(None, None, None)]
    assert [action for action, _, _ in live.trail()[:2]] == ["disconnected", "connected"]
