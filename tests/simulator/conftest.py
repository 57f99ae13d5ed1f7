"""A world with a clock of its own, and a small driver that speaks to it without HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from galleria_xero_plugin.simulator import NORTH_LIGHT, ManualClock, Request, Simulator, World
from galleria_xero_plugin.simulator.core.bookkeeper import Bookkeeper
from galleria_xero_plugin.simulator.core.signing import SigningKey
from galleria_xero_plugin.simulator.shortcut import ALL_SCOPES, connect

API = "/api.xro/2.0/"


@dataclass(frozen=True)
class Answer:
    """A response with its JSON at hand."""

    status: int
    headers: dict[str, str]
    content_type: str | None
    body: bytes
    drop: bool

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def messages(self) -> list[str]:
        """All validation messages, of a 400 or of per-element errors."""
        content = self.json
        plural = next((value for value in content.values() if isinstance(value, list)), [])
        elements = content.get("Elements", plural)
        return [error["Message"] for entry in elements for error in entry.get("ValidationErrors", [])]


class Driver:
    """An app with a connection, calling the core directly."""

    def __init__(self, world: World, tenant: str = NORTH_LIGHT, scope: str = ALL_SCOPES) -> None:
        self.world = world
        self.tenant = tenant
        self.tokens = connect(world, [tenant], scope)

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: Any
    ) -> Answer:
        path, _, given = path.partition("?")
        parameters = dict(parse_qsl(given)) | {name: str(value) for name, value in query.items()}
        sent = {
            "authorization": f"Bearer {self.tokens['access_token']}",
            "xero-tenant-id": self.tenant,
            "accept": "application/json",
        }
        sent.update({name.lower(): value for name, value in (headers or {}).items()})
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        request = Request(
            method,
            path if path.startswith("/") else API + path,
            {name.lower(): value for name, value in parameters.items()},
            sent,
            raw,
        )
        found = self.world.handle(request)
        return Answer(found.status, dict(found.headers), found.content_type, found.body, found.drop)

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> Answer:
        return self.call("GET", path, None, headers, **query)

    def put(self, path: str, body: Any, headers: dict[str, str] | None = None, **query: Any) -> Answer:
        return self.call("PUT", path, body, headers, **query)

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None, **query: Any) -> Answer:
        return self.call("POST", path, body, headers, **query)

    def form(self, path: str, values: dict[str, str], headers: dict[str, str]) -> Answer:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.call("POST", path, urlencode(values).encode(), {**kind, **headers})

    # -- documents in one line

    def invoice(self, **members: Any) -> dict[str, Any]:
        """A valid approved sales invoice, created; changes by keyword."""
        answer = self.put("Invoices", a_sale(**members))
        assert answer.status == 200, answer.body
        return answer.json["Invoices"][0]

    def payment(self, invoice: dict[str, Any], amount: Any, **members: Any) -> Answer:
        body = {
            "Invoice": {"InvoiceID": invoice["InvoiceID"]},
            "Account": {"Code": "090"},
            "Amount": amount,
            **members,
        }
        return self.put("Payments", body)

    def read(self, invoice: dict[str, Any]) -> dict[str, Any]:
        return self.get(f"Invoices/{invoice['InvoiceID']}").json["Invoices"][0]

    def contact_id(self, name: str = "Anna Fischer") -> str:
        return self.get("Contacts", where=f'Name=="{name}"').json["Contacts"][0]["ContactID"]

    def account(self, code: str) -> dict[str, Any]:
        return self.get("Accounts", where=f'Code=="{code}"').json["Accounts"][0]


def a_line(**members: Any) -> dict[str, Any]:
    return {"Description": "Etching", "Quantity": 1, "UnitAmount": 100, "AccountCode": "200", **members}


def a_sale(**members: Any) -> dict[str, Any]:
    return {
        "Type": "ACCREC",
        "Contact": {"Name": "Anna Fischer"},
        "Date": "2026-11-20",
        "DueDate": "2026-12-20",
        "Status": "AUTHORISED",
        "LineItems": [a_line()],
        **members,
    }


@pytest.fixture(scope="session")
def signing_key() -> SigningKey:
    """One RSA key for the whole run: making one takes longer than most tests."""
    return SigningKey(SigningKey().pem)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def pauses() -> list[float]:
    """The seconds delayed answers would have waited."""
    return []


@pytest.fixture
def world(clock: ManualClock, signing_key: SigningKey, pauses: list[float]) -> World:
    return World(clock=clock, key=signing_key, pause=pauses.append)


@pytest.fixture
def xero(world: World) -> Driver:
    world.change_settings(minute_limit=100_000, day_limit=100_000)
    return Driver(world)


@pytest.fixture
def nora(world: World) -> Bookkeeper:
    """The bookkeeper of North Light."""
    return world.bookkeeper()


@pytest.fixture
def line() -> Any:
    return a_line


@pytest.fixture
def sale() -> Any:
    return a_sale


@pytest.fixture
def driver() -> type[Driver]:
    return Driver


@pytest.fixture
def server(world: World) -> Iterator[Simulator]:
    world.change_settings(minute_limit=100_000, day_limit=100_000)
    with Simulator(world=world) as running:
        yield running


@pytest.fixture
def query_of() -> Any:
    """The query of an address as a dict."""
    return lambda url: dict(parse_qsl(urlsplit(url).query))
