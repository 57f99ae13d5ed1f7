"""Login with Xero over real HTTP: every answer of the token endpoint, and the connections."""

import base64
import logging
import zlib
from urllib.parse import parse_qs, urlsplit

import pytest

from galleria_xero_plugin.errors import AuthRejected, AuthUnavailable
from galleria_xero_plugin.xero.oauth import SCOPES
from tests.helpers.servers import free_port
from tests.xero import stub
from tests.xero.identity_stub import (
    ACCESS,
    ACCESS_JWT,
    CLIENT,
    CODE,
    CONNECTION,
    EVENT,
    NONCE,
    REDIRECT,
    REFRESH,
    SECRETS,
    TENANT,
    no_secrets,
    refused_by,
    segment,
    tokens,
)
from tests.xero.stub import HASTY, Say


def test_the_address_for_the_browser(login):
    parts = urlsplit(login.authorize_url(state="s/&", nonce="n"))
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "login.xero.com", "/identity/connect/authorize")
    assert parse_qs(parts.query) == {
        "response_type": ["code"],
        "client_id": [CLIENT],
        "redirect_uri": [REDIRECT],
        "scope": [" ".join(SCOPES)],
        "state": ["s/&"],
        "nonce": ["n"],
    }


def test_exchange(identity, login):
    identity.answer = Say(200, tokens(access_token=ACCESS_JWT))
    grant = login.exchange(CODE, nonce=NONCE)
    assert grant.xero_user_id == "user-guid"
    assert grant.auth_event_id == EVENT
    assert grant.tokens.access_token.reveal() == ACCESS_JWT
    assert grant.tokens.refresh_token.reveal() == SECRETS["new refresh token"]
    assert grant.tokens.expires_in == 1800
    assert grant.tokens.scopes == frozenset(SCOPES)
    (seen,) = identity.seen("/token")
    assert seen.method == "POST"
    assert seen.form == {"grant_type": "authorization_code", "code": SECRETS["code"], "redirect_uri": REDIRECT}
    basic = base64.b64encode(f"{CLIENT}:{SECRETS['client secret']}".encode()).decode()
    assert seen.headers["authorization"] == f"Basic {basic}"
    assert seen.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert seen.headers["accept-encoding"] == "identity"


def test_refresh(identity, login):
    identity.answer = Say(200, tokens(id_token=None, scope=None))
    got = login.refresh(REFRESH)
    assert got.refresh_token.reveal() == SECRETS["new refresh token"]
    assert got.scopes == frozenset()
    (seen,) = identity.seen("/token")
    assert seen.form == {"grant_type": "refresh_token", "refresh_token": SECRETS["refresh token"]}
    assert identity.seen("/jwks") == []


@pytest.mark.parametrize("value", [1800, 1800.0, "1800"])
def test_lives_that_are_understood(identity, login, value):
    identity.answer = Say(200, tokens(expires_in=value))
    assert login.refresh(REFRESH).expires_in == 1800


@pytest.mark.parametrize("token", ["opaque", "a.b.c", "a.!!!.c", "..", f"a.{segment([])}.c", f"a.{segment({})}.c"])
def test_an_opaque_access_token_tells_no_event(identity, login, token):
    identity.answer = Say(200, tokens(access_token=token))
    assert login.exchange(CODE, nonce=NONCE).auth_event_id is None


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": " ".join(s for s in SCOPES if s != "accounting.payments")},
        {"scope": "openid profile"},
        {"refresh_token": None},
        {"refresh_token": ""},
        {"scope": None, "access_token": f"a.{segment({'scope': ['openid']})}.c"},
    ],
)
def test_a_consent_that_gives_too_little(identity, login, changes):
    identity.answer = Say(200, tokens(**changes))
    with pytest.raises(AuthRejected) as caught:
        login.exchange(CODE, nonce=NONCE)
    assert caught.value.code == "missing_scope"


@pytest.mark.parametrize("scope", [None, " ".join(reversed(SCOPES)), " ".join(SCOPES[2:]) + " email"])
def test_a_consent_that_gives_enough(identity, login, scope):
    identity.answer = Say(200, tokens(scope=scope))
    assert login.exchange(CODE, nonce=NONCE).tokens.scopes >= set(SCOPES[2:])


def test_no_id_token(identity, login):
    identity.answer = Say(200, tokens(id_token=None))
    with pytest.raises(AuthRejected) as caught:
        login.exchange(CODE, nonce=NONCE)
    assert caught.value.code == "invalid_id_token"


HTML = "text/html"
EVIL = {"error": "invalid_grant", "error_description": "\r\nforged <script>", "error_uri": "javascript:1"}
BOMB = zlib.compressobj(wbits=31)
# What the token endpoint says; the code of a refusal, or None for "unavailable"; its status and Retry-After.
ANSWERS = {
    "400 invalid_grant": (Say(400, {"error": "invalid_grant"}), "invalid_grant"),
    "400 with a hostile description": (Say(400, EVIL), "invalid_grant"),
    "400 invalid_client": (Say(400, {"error": "invalid_client"}), "invalid_client"),
    "400 invalid_scope": (Say(400, {"error": "invalid_scope"}), "invalid_scope"),
    "400 unauthorized_client": (Say(400, {"error": "unauthorized_client"}), "unauthorized_client"),
    "400 invalid_request": (Say(400, {"error": "invalid_request"}), "invalid_request"),
    "401 JSON": (Say(401, {"error": "invalid_client"}), "invalid_client"),
    "401 HTML": (Say(401, b"<html>", content_type=HTML), "invalid_client"),
    "400 unheard of": (Say(400, {"error": "we_are_tired"}), None),
    "400 error is a list": (Say(400, {"error": ["invalid_grant"]}), None),
    "400 error is a number": (Say(400, {"error": 7}), None),
    "400 HTML": (Say(400, b"<html>", content_type=HTML), None),
    "400 empty": (Say(400), None),
    "400 with tokens": (Say(400, tokens()), None),
    "403 JSON without error": (Say(403, {"message": "no"}), None),
    "403 with tokens": (Say(403, tokens()), None),
    "429 JSON": (Say(429, {"error": "invalid_grant"}, {"Retry-After": "30"}), None),
    "429 text": (Say(429, b"slow down", {"Retry-After": "30"}, content_type="text/plain"), None),
    "500 saying invalid_grant": (Say(500, {"error": "invalid_grant"}), None),
    "502 HTML": (Say(502, b"<html>", content_type=HTML), None),
    "503": (Say(503, headers={"Retry-After": "120"}), None),
    "200 saying invalid_grant": (Say(200, {"error": "invalid_grant"}), None),
    "200 HTML": (Say(200, b"<html>", content_type=HTML), None),
    "200 empty": (Say(200), None),
    "200 list": (Say(200, [tokens()]), None),
    "200 null": (Say(200, b"null"), None),
    "200 number": (Say(200, b"1"), None),
    "200 too deep": (Say(200, b"[" * 30000), None),
    "200 not UTF-8": (Say(200, b'{"access_token":"\xff"}'), None),
    "200 empty object": (Say(200, {}), None),
    "200 no access token": (Say(200, tokens(access_token=None)), None),
    "200 empty access token": (Say(200, tokens(access_token="")), None),
    "200 access token is a list": (Say(200, tokens(access_token=["a"])), None),
    "200 access token with a line break": (Say(200, tokens(access_token="a\r\nb")), None),
    "200 refresh token with a space": (Say(200, tokens(refresh_token="a b")), None),
    "200 expires_in missing": (Say(200, tokens(expires_in=None)), None),
    "200 expires_in soon": (Say(200, tokens(expires_in="soon")), None),
    "200 expires_in negative": (Say(200, tokens(expires_in=-1)), None),
    "200 expires_in true": (Say(200, tokens(expires_in=True)), None),
    "200 expires_in endless": (Say(200, b'{"access_token":"a","refresh_token":"b","expires_in":1e999}'), None),
    "200 expires_at garbage": (Say(200, tokens(expires_at="x", expires_in="soon")), None),
    "201 with tokens": (Say(201, tokens()), None),
    "204": (Say(204, content_type=None), None),
    "too large": (Say(200, b" " * 100_000), None),
    "gzip bomb": (
        Say(200, BOMB.compress(bytes(20 << 20)) + BOMB.flush(), {"Content-Encoding": "gzip"}),
        None,
    ),
}


@pytest.mark.parametrize("call", ["exchange", "refresh"])
@pytest.mark.parametrize("name", ANSWERS)
def test_answers_of_the_token_endpoint(identity, login, caplog, name, call):
    caplog.set_level(logging.DEBUG)
    identity.answer, code = ANSWERS[name]
    run = {"exchange": lambda: login.exchange(CODE, nonce=NONCE), "refresh": lambda: login.refresh(REFRESH)}[call]
    error = refused_by(run)
    if code is None:
        assert type(error) is AuthUnavailable
        received = not name.startswith(("too large", "gzip"))
        assert error.status == (identity.answer.status if received else None)
        wait = identity.answer.headers.get("Retry-After")
        assert error.retry_after == (int(wait) if wait else None)
    else:
        assert (type(error), error.code) == (AuthRejected, code)
    assert len(identity.seen("/token")) == 1
    assert "forged" not in str(error)
    no_secrets(error, caplog.text)


OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(stub.silent, id="silence"),
        pytest.param(stub.dripping(OK + b"X-A: ", b"a"), id="slow headers"),
        pytest.param(stub.dripping(OK + b"Content-Length: 999\r\n\r\n", b" "), id="slow body"),
        pytest.param(lambda c, stop: (stub.read_request(c), stub.reset(c)), id="reset"),
        pytest.param(stub.answering(OK + b"Content-Length: 99\r\n\r\n{}"), id="short body"),
        pytest.param(stub.answering(b"nonsense"), id="not HTTP"),
    ],
)
def test_no_answer_of_the_token_endpoint(stubs, login_at, caplog, script):
    caplog.set_level(logging.DEBUG)
    login = login_at(stubs.raw(script).url, HASTY)
    for action in (lambda: login.exchange(CODE, nonce=NONCE), lambda: login.connections(ACCESS)):
        error = refused_by(action)
        assert (type(error), error.status) == (AuthUnavailable, None)
        no_secrets(error, caplog.text)


def test_nobody_there(login_at):
    login = login_at(f"http://127.0.0.1:{free_port()}")
    assert type(refused_by(lambda: login.refresh(REFRESH))) is AuthUnavailable


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_code_follows_no_redirect(identity, login, stubs, status):
    thief = stubs.http(Say(200, tokens()))
    identity.answer = Say(status, headers={"Location": thief.url + "/token"})
    error = refused_by(lambda: login.exchange(CODE, nonce=NONCE))
    assert (type(error), error.status) == (AuthUnavailable, status)
    assert thief.seen == []


def entry(**changes):
    made = {
        "id": CONNECTION.upper(),
        "authEventId": EVENT,
        "tenantId": TENANT,
        "tenantType": "ORGANISATION",
        "tenantName": "North Light Gallery",
        "createdDateUtc": "2026-11-20T01:02:03.4567890",
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


class TestConnections:
    def test_are_listed(self, identity, login):
        identity.connections = Say(200, [entry(), entry(id=TENANT, tenantType="PRACTICE", tenantName=None)])
        first, second = login.connections(ACCESS, auth_event_id=EVENT)
        assert (first.connection_id, first.tenant_id) == (CONNECTION, TENANT)
        assert (first.tenant_type, first.name) == ("ORGANISATION", "North Light Gallery")
        assert second.name == ""
        (seen,) = identity.seen("/connections")
        assert seen.query == {"authEventId": [EVENT]}
        assert seen.headers["authorization"] == f"Bearer {SECRETS['access token']}"

    def test_all_of_them(self, identity, login):
        assert login.connections(ACCESS) == ()
        assert identity.seen("/connections")[0].query == {}

    @pytest.mark.parametrize(
        "answer",
        [
            Say(200, {}),
            Say(200, b"<html>", content_type=HTML),
            Say(200, [entry(tenantId=None)]),
            Say(200, [entry(id="x")]),
            Say(200, [entry(), "x"]),
            Say(204, content_type=None),
            Say(302, headers={"Location": "http://127.0.0.1:1/"}),
            Say(403),
            Say(429, headers={"Retry-After": "5"}),
            Say(500),
        ],
    )
    def test_an_unclear_answer_is_no_empty_list(self, identity, login, caplog, answer):
        caplog.set_level(logging.DEBUG)
        identity.connections = answer
        error = refused_by(lambda: login.connections(ACCESS))
        assert (type(error), error.status) == (AuthUnavailable, answer.status)
        no_secrets(error, caplog.text)

    def test_a_refused_token(self, identity, login, caplog):
        identity.connections = Say(401)
        for action in (lambda: login.connections(ACCESS), lambda: login.disconnect(ACCESS, CONNECTION)):
            error = refused_by(action)
            assert (type(error), error.code) == (AuthRejected, "invalid_token")
            no_secrets(error, caplog.text)

    @pytest.mark.parametrize("status", [204, 200, 404])
    def test_are_deleted(self, identity, login, status):
        identity.connections = Say(status, content_type=None)
        login.disconnect(ACCESS, CONNECTION)
        assert [(s.method, s.path) for s in identity.server.seen] == [("DELETE", f"/connections/{CONNECTION}")]

    @pytest.mark.parametrize("status", [403, 429, 500, 302])
    def test_that_may_not_be_deleted(self, identity, login, status):
        identity.connections = Say(status)
        error = refused_by(lambda: login.disconnect(ACCESS, CONNECTION))
        assert (type(error), error.status) == (AuthUnavailable, status)

    def test_ids_are_checked(self, login):
        with pytest.raises(ValueError, match="GUID"):
            login.disconnect(ACCESS, "../tenants")
        with pytest.raises(ValueError, match="GUID"):
            login.connections(ACCESS, auth_event_id="x&y=z")


def test_secrets_do_not_show_in_values(identity, login):
    grant = login.exchange(CODE, nonce=NONCE)
    for shown in (repr(grant), str(grant), repr(login), repr(vars(login))):
        for secret in SECRETS.values():
            assert secret not in shown
