"""Fixtures of the outward adapter's tests."""

import pytest

from galleria_xero_plugin.ports.xero import Secret
from galleria_xero_plugin.xero.oauth import XeroLogin
from tests.xero.identity_stub import CLIENT, NOW, REDIRECT, SECRETS, Identity
from tests.xero.stub import PATIENT, HttpStub, RawStub


@pytest.fixture
def stubs():
    """Gives `http(answer)` and `raw(script, tls)`: servers that end with the test."""

    class Stubs:
        def __init__(self):
            self.open = []

        def http(self, answer=None):
            self.open.append(HttpStub(answer))
            return self.open[-1]

        def raw(self, script, tls=None):
            self.open.append(RawStub(script, tls))
            return self.open[-1]

    made = Stubs()
    yield made
    for stub in made.open:
        stub.close()


@pytest.fixture
def identity(stubs):
    return Identity(stubs)


@pytest.fixture
def login_at():
    made = []

    def make(url, limits=PATIENT, **more):
        login = XeroLogin(
            CLIENT,
            Secret(SECRETS["client secret"]),
            REDIRECT,
            token_url=f"{url}/token",
            connections_url=f"{url}/connections",
            jwks_url=f"{url}/jwks",
            limits=limits,
            **{"now": lambda: NOW} | more,
        )
        made.append(login)
        return login

    yield make
    for login in made:
        login.close()


@pytest.fixture
def login(identity, login_at):
    return login_at(identity.server.url)
