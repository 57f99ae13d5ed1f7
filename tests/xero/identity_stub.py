"""A stub of Xero's identity service, and tokens as it signs them."""

import base64
import json

import pytest
from joserfc import jws, jwt
from joserfc.jwk import RSAKey

from galleria_xero_plugin.errors import AuthRejected, AuthUnavailable
from galleria_xero_plugin.ports.xero import Secret
from galleria_xero_plugin.xero.oauth import SCOPES
from tests.xero.frames import shown_frames
from tests.xero.stub import Say

CLIENT = "0123456789ABCDEF0123456789ABCDEF"
ISSUER = "https://identity.xero.com"
REDIRECT = "https://gallery.example/xero/callback"
NONCE = "the-nonce"
NOW = 1_795_000_000  # a time that stands: tokens are made and looked at in the same second
EVENT = "22222222-2222-4222-8222-222222222222"
CONNECTION = "11111111-1111-4111-8111-111111111111"
TENANT = "33333333-3333-4333-8333-333333333333"
SECRETS = {
    "client secret": "canary-client-secret",
    "code": "canary-code",
    "refresh token": "canary-refresh-token",
    "access token": "canary-access-token",
    "new access token": "canary-new-access",
    "new refresh token": "canary-new-refresh",
}

KEY = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
OTHER = RSAKey.generate_key(2048, {"kid": "k1"})


def segment(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


ACCESS_JWT = f"{segment({'alg': 'RS256'})}.{segment({'authentication_event_id': EVENT, 'scope': list(SCOPES)})}.sig"


def claims(**changes):
    made = {
        "iss": ISSUER,
        "aud": CLIENT,
        "exp": NOW + 300,
        "iat": NOW,
        "nbf": NOW,
        "sub": "user-hash",
        "nonce": NONCE,
        "xero_userid": "user-guid",
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def signed(key=KEY, header=None, **changes):
    algorithm = (header or {}).get("alg", "RS256")
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    return jwt.encode({"alg": algorithm, "kid": "k1", **(header or {})}, claims(**changes), key, registry=registry)


def tokens(**changes):
    made = {
        "access_token": SECRETS["new access token"],
        "refresh_token": SECRETS["new refresh token"],
        "expires_in": 1800,
        "token_type": "Bearer",
        "scope": " ".join(SCOPES),
        "id_token": signed(),
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


class Identity:
    """A stub of Xero's identity service: `answer` is what the token endpoint says."""

    def __init__(self, stubs):
        self.answer = Say(200, tokens())
        self.keys = Say(200, {"keys": [KEY.as_dict(private=False)]})
        self.connections = Say(200, [])
        self.server = stubs.http(self._route)

    def _route(self, seen):
        if seen.path == "/token":
            return self.answer
        if seen.path == "/jwks":
            return self.keys
        return self.connections

    def seen(self, path):
        return [seen for seen in self.server.seen if seen.path == path]


CODE = Secret(SECRETS["code"])
REFRESH = Secret(SECRETS["refresh token"])
ACCESS = Secret(SECRETS["access token"])


def refused_by(action):
    with pytest.raises((AuthRejected, AuthUnavailable)) as caught:
        action()
    return caught.value


def no_secrets(error, log):
    assert error.__cause__ is None
    assert error.__context__ is None
    shown = shown_frames(error)
    for what, secret in SECRETS.items():
        assert secret not in shown, what
        assert secret not in log, what
