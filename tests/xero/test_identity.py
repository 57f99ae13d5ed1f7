"""Every kind of id_token, and the keys they are checked with."""

import base64
import logging

import pytest
from joserfc import jws
from joserfc.jwk import OctKey, RSAKey

from galleria_xero_plugin.errors import AuthRejected, AuthUnavailable
from tests.xero.frames import shown_frames
from tests.xero.identity_stub import (
    CLIENT,
    CODE,
    ISSUER,
    KEY,
    NONCE,
    NOW,
    OTHER,
    claims,
    no_secrets,
    refused_by,
    segment,
    signed,
    tokens,
)
from tests.xero.stub import Say

HTML = "text/html"


PUBLIC_PEM = KEY.as_pem(private=False)
GOOD = {
    "plain": lambda: signed(),
    "x5t in the header": lambda: signed(header={"x5t": "abc"}),
    "audience as a list of one": lambda: signed(aud=[CLIENT]),
    "azp is us": lambda: signed(azp=CLIENT),
    "within the leeway": lambda: signed(exp=NOW - 30, iat=NOW + 30),
}
BAD = {
    "another audience": lambda: signed(aud="somebody"),
    "two audiences": lambda: signed(aud=[CLIENT, "somebody"]),
    "no audience": lambda: signed(aud=None),
    "another azp": lambda: signed(azp="somebody"),
    "another issuer": lambda: signed(iss="https://evil.example"),
    "issuer as a list": lambda: signed(iss=[ISSUER]),
    "expired": lambda: signed(exp=NOW - 3600),
    "no expiry": lambda: signed(exp=None),
    "expiry as text": lambda: signed(exp="9999999999"),
    "another nonce": lambda: signed(nonce="other"),
    "no nonce": lambda: signed(nonce=None),
    "nonce as a list": lambda: signed(nonce=[NONCE]),
    "nonce not ASCII": lambda: signed(nonce="\u00e9"),
    "issued in the future": lambda: signed(iat=NOW + 3600),
    "no iat": lambda: signed(iat=None),
    "not yet valid": lambda: signed(nbf=NOW + 3600),
    "no sub": lambda: signed(sub=None),
    "forged with the same key id": lambda: signed(key=OTHER),
    "unknown key id": lambda: signed(header={"kid": "k9"}),
    "no key id": lambda: signed(header={"kid": ""}),
    "key id is a number": lambda: signed().replace(signed().split(".")[0], segment({"alg": "RS256", "kid": 1})),
    "RS512": lambda: signed(header={"alg": "RS512"}),
    "none": lambda: f"{segment({'alg': 'none', 'kid': 'k1'})}.{segment(claims())}.",
    "HS256 with the public key": lambda: signed(
        key=OctKey.import_key(base64.b64encode(PUBLIC_PEM).decode()), header={"alg": "HS256"}
    ),
    "embedded key": lambda: signed(key=OTHER, header={"jwk": OTHER.as_dict(private=False), "kid": "k9"}),
    "critical extension": lambda: (
        f"{segment({'alg': 'RS256', 'kid': 'k1', 'crit': ['x'], 'x': 1})}.{segment(claims())}.c2ln"
    ),
    "payload is a list": lambda: jws.serialize_compact({"alg": "RS256", "kid": "k1"}, b"[]", KEY),
    "garbage": lambda: "garbage",
    "three dots": lambda: "...",
    "not ASCII": lambda: "\u00e9.\u00e9.\u00e9",
    "200 KB": lambda: signed(x="a" * 40_000),
    "not base64": lambda: "\x00.%.!",
}


@pytest.mark.parametrize("name", GOOD)
def test_id_tokens_that_are_accepted(identity, login, name):
    identity.answer = Say(200, tokens(id_token=GOOD[name]()))
    assert login.exchange(CODE, nonce=NONCE).xero_user_id == "user-guid"


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")  # the attacker's own libraries
@pytest.mark.parametrize("name", BAD)
def test_id_tokens_that_are_refused(identity, login, caplog, name):
    caplog.set_level(logging.DEBUG)
    token = BAD[name]()
    identity.answer = Say(200, tokens(id_token=token))
    error = refused_by(lambda: login.exchange(CODE, nonce=NONCE))
    assert (type(error), error.code) == (AuthRejected, "invalid_id_token")
    no_secrets(error, caplog.text)
    assert token not in shown_frames(error) or len(token) < 10


class TestKeys:
    @pytest.fixture
    def clock(self):
        class Clock:
            now = 1000.0

            def __call__(self):
                return self.now

        return Clock()

    def test_are_fetched_once(self, identity, login):
        for _ in range(3):
            login.exchange(CODE, nonce=NONCE)
        assert len(identity.seen("/jwks")) == 1

    def test_a_new_key_is_found(self, identity, login_at, clock):
        login = login_at(identity.server.url, clock=clock)
        login.exchange(CODE, nonce=NONCE)
        new = RSAKey.generate_key(2048, {"kid": "k2", "use": "sig"})
        identity.keys = Say(200, {"keys": [new.as_dict(private=False)]})
        identity.answer = Say(200, tokens(id_token=signed(key=new, header={"kid": "k2"})))
        clock.now += 61
        assert login.exchange(CODE, nonce=NONCE)
        assert len(identity.seen("/jwks")) == 2

    def test_unknown_keys_do_not_make_us_hammer_xero(self, identity, login_at, clock):
        login = login_at(identity.server.url, clock=clock)
        identity.answer = Say(200, tokens(id_token=signed(header={"kid": "k9"})))
        for _ in range(5):
            refused_by(lambda: login.exchange(CODE, nonce=NONCE))
        assert len(identity.seen("/jwks")) == 1
        clock.now += 61
        for _ in range(5):
            refused_by(lambda: login.exchange(CODE, nonce=NONCE))
        assert len(identity.seen("/jwks")) == 2

    def test_are_asked_for_again_after_a_day(self, identity, login_at, clock):
        login = login_at(identity.server.url, clock=clock)
        login.exchange(CODE, nonce=NONCE)
        clock.now += 25 * 3600
        login.exchange(CODE, nonce=NONCE)
        assert len(identity.seen("/jwks")) == 2

    def test_foreign_keys_in_the_set_do_not_disturb(self, identity, login):
        public = KEY.as_dict(private=False)
        others = [{"kty": "EC", "kid": "e"}, {"kty": "PQ", "kid": "p"}, {**public, "kid": "x", "use": "enc"}]
        identity.keys = Say(200, {"keys": [*others, {**public, "x5c": ["abc"]}]})
        assert login.exchange(CODE, nonce=NONCE)

    @pytest.mark.parametrize(
        "answer",
        [
            Say(500),
            Say(302, headers={"Location": "http://127.0.0.1:1/"}),
            Say(200, b"<html>", content_type=HTML),
            Say(200, {"keys": []}),
            Say(200, {"keys": "k"}),
            Say(200, {}),
            Say(200, {"keys": [{"kty": "RSA", "kid": "k1"}]}),
            Say(200, {"keys": [{"kty": "RSA", "kid": "k1", "n": "!", "e": "!"}]}),
            Say(200, {"keys": [{"kty": "oct", "kid": "k1", "k": "c2VjcmV0"}]}),
        ],
    )
    def test_without_keys_nobody_is_refused_for_good(self, identity, login, caplog, answer):
        caplog.set_level(logging.DEBUG)
        identity.keys = answer
        error = refused_by(lambda: login.exchange(CODE, nonce=NONCE))
        assert (type(error), error.status) == (AuthUnavailable, answer.status)
        no_secrets(error, caplog.text)
