"""The line to the simulated Xero: no sockets, but everything that can go wrong on the way and at the other end.

A `Wire` stands where the client's `Transport` stands, so that building, classifying and reading are the real code.
Each exchange draws its fate; a late one executes in Xero after the client has given up.
"""

from __future__ import annotations

import base64
import json
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from galleria_xero_plugin.simulator.core.faults import Fault
from galleria_xero_plugin.simulator.core.wire import JSON_TYPE, Request, Response, dump, load
from galleria_xero_plugin.simulator.core.world import World
from galleria_xero_plugin.xero.oauth import XeroLogin
from galleria_xero_plugin.xero.transport import Failure, Reply

from .clockwork import Clockwork

CLIENT_WAITS = 60.0
"""Seconds after which the client gives up."""
SERVER_WORKS = 120.0
"""Seconds after which Xero has surely executed what it received: below SETTLE, as the protocol assumes."""
ON_THE_POINT = "on the point of sending"
"""The step between writing ahead and the last look at the deadline."""
AT_THE_FIRST_BYTE = "at the first byte"
"""The step after the last look at the deadline."""
STILL_WAITING = "still waiting"
"""The step in which a job has waited for an answer for a minute: its own time may be up."""
MOST_STALE = 100.0
"""Seconds that a replica lags behind at most. It does not lag a little for each reader: it stands still until then."""
JUST_BEFORE = 1.0
NOBODY = "00000000-0000-0000-0000-000000000000"
IDS = {"Invoices": "InvoiceID", "Payments": "PaymentID", "Contacts": "ContactID"}

# What happens at the gateway or in the core; the simulator's own faults, by how often they are drawn.
AT_XERO = {
    Fault("500_before"): 3, Fault("500_after"): 3, Fault("503"): 2, Fault("status", status=502): 1,
    Fault("html"): 1, Fault("truncate"): 2,
    Fault("429", problem="minute", retry_after="37"): 2, Fault("429", problem="concurrent"): 1,
    Fault("429", problem="day", retry_after="73451"): 0.1, Fault("429", problem="minute", retry_after="soon"): 0.3,
}  # fmt: skip
ON_THE_WAY = {"unsent": 2, "lost": 3, "unanswered": 4, "late": 4, "slow": 3, "expired": 2}
IN_THE_ANSWER = {"missing": 2, "doubled": 1, "reordered": 1, "nobody": 1}


@dataclass
class Weather:
    """How likely each kind of trouble is, at one step or for one exchange."""

    crash: float = 0.0
    freeze: float = 0.0
    hold: float = 0.0
    overdue: float = 0.0
    database: float = 0.0
    slow: float = 0.0
    slow_payments: float = 0.0
    writes: float = 0.0
    reads: float = 0.0
    stale: float = 0.0
    tokens: float = 0.0
    lost_rings: float = 0.0
    doubled_rings: float = 0.0

    def calm(self) -> None:
        """From now on nothing goes wrong any more."""
        for name in self.__dataclass_fields__:
            setattr(self, name, 0.0)


class Wire:
    """`Transport.call` into the simulator. `step` is asked before and after each exchange: a worker may die there."""

    def __init__(
        self,
        world: World,
        clockwork: Clockwork,
        weather: Weather,
        chance: random.Random,
        step: Callable[[str], None],
        tell: Callable[[str], None],
    ) -> None:
        self.world = world
        self.fates: Counter[str] = Counter()
        self.calls = 0
        self._clockwork = clockwork
        self._weather = weather
        self._chance = chance
        self._step = step
        self._tell = tell
        self._born: dict[str, float] = {}
        self._seen = 0
        self._stands_still_until = 0.0

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        query: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        within: float | None = None,
    ) -> Reply | Failure:
        """One exchange, begun `within` so many seconds or not at all."""
        path = urlsplit(url).path
        shown = f"{method} {path.removeprefix('/api.xro/2.0')}"
        began = self._clockwork.elapsed
        self._step(f"before {shown}")
        if method != "GET" and path.startswith("/api.xro/"):
            self._step(ON_THE_POINT)
        if within is not None and self._clockwork.elapsed - began > within:
            return Failure(wrote=False, what="too late", late=True)
        if method != "GET":
            self._step(AT_THE_FIRST_BYTE)
        request = Request(
            method,
            path,
            {name.lower(): value for name, value in query},
            {"accept": "application/json"} | {name.lower(): value for name, value in headers.items()},
            body or b"",
        )
        self.calls += 1
        fate = self._fate(request)
        if fate is not None:
            name = fate.kind if isinstance(fate, Fault) else fate
            self.fates[name + (f" {fate.problem}" if name == "429" else "")] += 1
            self._tell(f"{shown}: {name}")
        outcome = self._suffer(request, fate)
        self._step(f"after {shown}")
        return outcome

    def close(self) -> None:
        """Nothing is kept open."""

    def _fate(self, request: Request) -> Fault | str | None:
        draw, weather = self._chance.random, self._weather
        if not request.path.startswith("/api.xro/"):
            return self._drawn(ON_THE_WAY | {Fault("503"): 2}) if draw() < weather.tokens else None
        if request.method == "GET":
            if draw() < weather.stale or (weather.stale and self._clockwork.elapsed < self._stands_still_until):
                return "stale"
            return self._drawn(AT_XERO | ON_THE_WAY) if draw() < weather.reads else None
        slow = max(weather.slow, weather.slow_payments) if request.path.endswith("/Payments") else weather.slow
        if draw() < slow:
            return "slow"
        return self._drawn(AT_XERO | ON_THE_WAY | IN_THE_ANSWER) if draw() < weather.writes else None

    def _drawn(self, fates: Mapping[Any, float]) -> Any:
        return self._chance.choices(list(fates), list(fates.values()))[0]

    def _suffer(self, request: Request, fate: Fault | str | None) -> Reply | Failure:
        chance, wait = self._chance, self._clockwork.sleep
        if fate == "unsent":
            wait(chance.uniform(0, 5))
            return Failure(wrote=False, what="ConnectionError")
        if fate == "lost":
            wait(chance.uniform(0, CLIENT_WAITS))
            return Failure(wrote=True, what="ConnectionError")
        if fate == "slow":  # Xero goes on with it when the client has long gone
            self._clockwork.later(chance.uniform(CLIENT_WAITS, SERVER_WORKS), lambda: self._execute_late(request))
            self._wait_in_vain()
            return Failure(wrote=True, what="ReadTimeout")
        wait(chance.uniform(0.05, 1.5))
        if fate == "expired":
            self.world.identity.expire_access_tokens(self._clockwork.now())
        response = self._handled(request, fate)
        if fate == "unanswered":
            return Failure(wrote=True, what="ConnectionError")
        if fate == "late":
            self._wait_in_vain()
            return Failure(wrote=True, what="ReadTimeout")
        if fate == "stale":
            response = self._as_it_was(response)
        elif fate in IN_THE_ANSWER:
            response = self._distorted(response, fate)
        wait(chance.uniform(0.05, 1.5))
        headers = CaseInsensitiveDict(response.headers)
        if response.content_type:
            headers["Content-Type"] = response.content_type
        return Reply(response.status, headers, response.body)

    def _execute_late(self, request: Request) -> None:
        """What holds up a write holds up the replica too: it stands still just before."""
        if self._weather.stale:
            self._stands_still_until = self._clockwork.elapsed + MOST_STALE - JUST_BEFORE
        self._handled(request)

    def _wait_in_vain(self) -> None:
        self._clockwork.sleep(CLIENT_WAITS)
        self._step(STILL_WAITING)

    def _handled(self, request: Request, fate: Fault | str | None = None) -> Response:
        if isinstance(fate, Fault):
            self.world.faults.add(fate)
        response = self.world.handle(request)
        self.world.faults.clear()
        for effect in self.world.effects.objects[self._seen :]:
            self._born.setdefault(effect.id, self._clockwork.elapsed)
            self._seen += 1
            if effect.action == "created":
                self._tell(f"Xero has {effect.kind[:-1].lower()} {effect.number}")
        return response

    # -- answers that are not as they should be

    def _as_it_was(self, response: Response) -> Response:
        """The answer of a replica that stands still for a while: what was created since is not there yet."""
        now = self._clockwork.elapsed
        if now >= self._stands_still_until:
            self._stands_still_until = now + MOST_STALE - self._chance.triangular(5, MOST_STALE, MOST_STALE)
        if response.status != 200 or response.content_type != JSON_TYPE:
            return response
        document = load(response.body)
        since = self._stands_still_until - MOST_STALE
        for kind, key in IDS.items():
            if kind in document:
                document[kind] = [row for row in document[kind] if not self._younger(row[key], since)]
                for row in document[kind]:
                    self._without_young_payments(row, since)
        return replace(response, body=dump(document))

    def _without_young_payments(self, row: dict[str, Any], since: float) -> None:
        for payment in [p for p in row.get("Payments", ()) if self._younger(p["PaymentID"], since)]:
            row["Payments"].remove(payment)
            row["AmountPaid"] -= payment["Amount"]
            row["AmountDue"] += payment["Amount"]

    def _younger(self, identity: str, since: float) -> bool:
        return self._born.get(identity, since) > since

    def _distorted(self, response: Response, how: str) -> Response:
        if response.status != 200 or response.content_type != JSON_TYPE:
            return response
        document = load(response.body)
        kind = next(kind for kind in IDS if kind in document)
        rows = document[kind]
        chosen = self._chance.randrange(len(rows))
        if how == "missing":
            del rows[chosen]
        elif how == "doubled":
            rows.append(rows[chosen])
        elif how == "nobody":
            rows[chosen][IDS[kind]] = NOBODY
        else:
            self._chance.shuffle(rows)
        return replace(response, body=dump(document))


class Login(XeroLogin):
    """The real sign-in over the wire. What its id_token proves is another suite's subject: a signature would cost
    more than the rest of a call."""

    def __init__(self, wire: Wire, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wire = self._transport = wire  # type: ignore[assignment]
        self._id_tokens = self

    def verify(self, id_token: object, nonce: str) -> dict[str, object]:
        return {"sub": "nora"}

    def _session(self) -> Any:
        session = super()._session()
        session.mount("http://", _Adapter(self._wire))
        return session


class _Adapter(BaseAdapter):
    """Brings what Authlib sends by requests onto the wire."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        body = request.body.encode() if isinstance(request.body, str) else request.body
        outcome = self._wire.call(request.method, request.url, headers=request.headers, body=body)
        if isinstance(outcome, Failure):
            raise requests.ConnectionError(outcome.what)
        response = requests.Response()
        response.status_code, response.headers = outcome.status, outcome.headers
        response._content, response.request, response.url = outcome.body, request, request.url
        return response

    def close(self) -> None:
        """Nothing is kept open."""




class UnsignedKey:
    """Tokens that nobody verifies need no signature: the simulator's key at no cost."""

    pem = ""

    def sign(self, claims: Mapping[str, Any]) -> str:
        def part(value: Any) -> str:
            return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

        return f"{part({'alg': 'none'})}.{part(dict(claims))}.none"

    def jwks(self) -> dict[str, Any]:
        return {"keys": []}
