"""A Xero login, an accounting API, a queue and a mailer in memory, for the services' tests."""

import datetime as dt
import itertools
import threading
import time
from collections import Counter

from galleria_xero_plugin.domain.accounting import Organisation
from galleria_xero_plugin.errors import AuthRejected, AuthUnavailable
from galleria_xero_plugin.ports.xero import Answer, Grant, Quota, ResultPage, Secret, TokenSet, XeroRequest, XeroTenant
from galleria_xero_plugin.testing.factories import make_xero_contact

KEYS = ["0123456789abcdef" * 2 + "fedcba9876543210" * 2]
_ID = "{}-0000-4000-8000-00000000000{}"
NORTH = XeroTenant(_ID.format("a" * 8, 1), _ID.format("b" * 8, 1), "ORGANISATION", "North")
SOUTH = XeroTenant(_ID.format("a" * 8, 2), _ID.format("b" * 8, 2), "ORGANISATION", "South")
NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


class HandClock:
    """Stands until it is moved; as the database's clock, and as a host's (sleeping moves it)."""

    def __init__(self, at=NOON):
        self.at = at

    def __call__(self):
        return self.at

    now = __call__

    def monotonic(self):
        return self.at.timestamp()

    def sleep(self, seconds):
        self.at += dt.timedelta(seconds=seconds)

    def move(self, **duration):
        self.at += dt.timedelta(**duration)


class RealTime(HandClock):
    """The database's time stands, this host's goes on: for tests with threads."""

    def monotonic(self):
        return time.monotonic()

    def sleep(self, seconds):
        time.sleep(seconds / 10)


class FakeAuth:
    """Xero's login: refresh tokens rotate, the one before works for 30 more minutes. `faults` are raised one by one
    by the next calls: an exception instead of the call, or ("lost", exception) after it was executed."""

    def __init__(self, clock):
        self.clock = clock
        self.calls = Counter()
        self.faults = []
        self.tenants = [NORTH]
        self.unlisted = []  # connected, but not under this consent's event
        self.states = []
        self.nonce = None
        self.issued = itertools.count(1)
        self.alive = {}  # refresh token -> until when it works (None: current)
        self.slow = threading.Event()
        self.slow.set()
        self._lock = threading.Lock()

    def tokens(self, expires_in=1800):
        number = next(self.issued)
        self.alive[f"refresh-{number}"] = None
        return TokenSet(Secret(f"access-{number}"), Secret(f"refresh-{number}"), expires_in, frozenset({"openid"}))

    def authorize_url(self, *, state, nonce):
        self.states.append(state)
        self.nonce = nonce
        return f"https://login.example/authorize?state={state}"

    def exchange(self, code, *, nonce):
        self._fault("exchange")
        if code.reveal() != "good":
            raise AuthRejected("invalid_grant")
        assert nonce == self.nonce
        return Grant(self.tokens(), "user", "event")

    def refresh(self, refresh_token):
        fault = self._take("refresh")
        if isinstance(fault, Exception):
            raise fault
        self.slow.wait(10)
        with self._lock:
            name = refresh_token.reveal()
            until = self.alive.get(name, dt.datetime.min.replace(tzinfo=dt.UTC))
            if until is not None and until <= self.clock():
                raise AuthRejected("invalid_grant")
            if until is None:
                self.alive[name] = self.clock() + dt.timedelta(minutes=30)
            made = self.tokens()
        if fault:
            raise fault[1]
        return made

    def connections(self, access_token, *, auth_event_id=None):
        self._fault("connections")
        return tuple(self.tenants if auth_event_id else [*self.tenants, *self.unlisted])

    def disconnect(self, access_token, connection_id):
        self._fault("disconnect")
        self.tenants = [tenant for tenant in self.tenants if tenant.connection_id != connection_id]

    def _take(self, call):
        with self._lock:
            self.calls[call] += 1
            return self.faults.pop(0) if self.faults else None

    def _fault(self, call):
        fault = self._take(call)
        if fault is not None:
            raise fault


SILENT = AuthUnavailable("ReadTimeout")
LOST = ("lost", SILENT)


class FakeApi:
    """An organisation's books: reference data and contacts."""

    def __init__(self):
        self.calls = Counter()
        self.faults = []
        self.name = "North Ltd"
        self.people = []
        self.page_size = 3
        self.asked = []

    def add_person(self, number, **fields):
        values = {
            "id": f"{number:08d}-0000-4000-8000-000000000000", "name": f"Person {number}",
            "email": f"p{number}@example.com",
            "updated_at": NOON - dt.timedelta(days=30) + dt.timedelta(minutes=number),
        }
        person = make_xero_contact(**(values | fields))
        self.people = [p for p in self.people if p.id != person.id] + [person]
        return person

    def _request(self, name, answer):
        return XeroRequest("GET", f"/{name}", lambda _: answer())

    def organisation(self):
        return self._request("Organisation", lambda: Organisation(NORTH.tenant_id, self.name, "!north", "GBP"))

    def accounts(self):
        return self._request("Accounts", tuple)

    def tax_rates(self):
        return self._request("TaxRates", tuple)

    def branding_themes(self):
        return self._request("BrandingThemes", tuple)

    def currencies(self):
        return self._request("Currencies", lambda: ("GBP",))

    def tracking_categories(self):
        return self._request("TrackingCategories", tuple)

    def contacts(self, page, *, modified_since=None, include_archived=False, customers_only=False):
        self.asked.append((page, modified_since, customers_only))

        def answer():
            found = [p for p in self.people if modified_since is None or p.updated_at > modified_since]
            found = [p for p in found if p.is_customer or not customers_only]
            found.sort(key=lambda p: (p.updated_at, p.id))
            start = (page - 1) * self.page_size
            return ResultPage(tuple(found[start:start + self.page_size]), len(found) > start + self.page_size)

        return self._request("Contacts", answer)

    def send(self, request, access, *, idempotency_key=None, within=None):
        self.calls[request.path] += 1
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        return Answer(request.read(None), Quota(900, 50), 200, None)


class FakeQueue:
    """Remembers who was rung for."""

    def __init__(self):
        self.rings = Counter()
        self.up = True

    def _ring(self, what):
        self.rings[what] += self.up
        return self.up

    def ring_export(self, connection_id):
        return self._ring("export")

    def ring_contacts(self, connection_id):
        return self._ring("contacts")

    def ring_reference(self, connection_id):
        return self._ring("reference")

    def alive(self):
        return self.up


class FakeMailer:
    """Keeps what was sent; `down` makes it fail."""

    def __init__(self):
        self.sent = []
        self.down = False

    def send(self, mail):
        if self.down:
            raise ConnectionRefusedError("no mail server")
        self.sent.append(mail)
