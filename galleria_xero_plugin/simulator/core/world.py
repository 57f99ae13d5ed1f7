"""The whole simulated Xero: one object, driven by ``handle(request) -> response``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from . import accounting, identity_api, scopes, seeds, xml
from .bookkeeper import Bookkeeper
from .call import Call
from .clock import Clock, SystemClock
from .effects import Effects
from .errors import Refused, not_found, problem
from .fault import Fault
from .faults import Faults, Hook
from .idempotency import IdempotencyKeys, key_of
from .identity import Bearer, Identity
from .late import LateCalls
from .limits import Limits
from .organisation import Change, Organisation
from .reader import guid_of
from .settings import Configuration, SimulatorSettings
from .signing import SigningKey
from .wire import Request, Response


class Store(Protocol):
    """Where books and identity outlive the process."""

    def load(self, world: World) -> bool:
        """Fill a world; False when nothing was kept."""
        ...

    def forget(self) -> None:
        """Empty it."""
        ...

    def save_books(self, tenant: str, changes: Iterable[Change]) -> None:
        """Keep what one transaction changed."""
        ...

    def save_identity(self, identity: Identity) -> None:
        """Keep tokens and connections."""
        ...


class World:
    """Organisations, identity, limits, keys, faults and the effects log.

    ``pause`` is how a delayed answer waits, in real seconds; tests pass something that does not sleep. Late calls
    (the fault "late") have no thread of their own: who looks at the world next, by a call or the control page,
    first lets those run that were due by then, stamped with the moment they were due. Who looks at the effects
    log directly calls ``run_late`` before.
    """

    def __init__(
        self,
        settings: SimulatorSettings | None = None,
        clock: Clock | None = None,
        store: Store | None = None,
        pause: Callable[[float], None] = time.sleep,
        key: SigningKey | None = None,
    ) -> None:
        self.config = Configuration(settings or SimulatorSettings())
        self.clock: Clock = clock or SystemClock()
        self.organisations: dict[str, Organisation] = {}
        self.identity = Identity(self.config, key or SigningKey())
        self.limits = Limits()
        self.keys = IdempotencyKeys()
        self.effects = Effects()
        self.faults = Faults()
        self.hook: Hook = self.faults
        self._store = store
        self._pause = pause
        self._late = LateCalls()
        if store is None or not store.load(self):
            self._seed()

    @property
    def settings(self) -> SimulatorSettings:
        """The switches in force."""
        return self.config.current

    def change_settings(self, **values: object) -> None:
        """Turn switches."""
        self.config.current = self.settings.changed(values)

    def reset(self) -> None:
        """Fresh books, no tokens, no connections, an empty log."""
        if self._store is not None:
            self._store.forget()
        self.organisations.clear()
        self.identity = Identity(self.config, self.identity.key)
        self.limits.reset()
        self.keys.reset()
        self.effects.reset()
        self.faults.reset()
        self._late.reset()
        self._seed()

    def _seed(self) -> None:
        now = self.clock.now()
        for org in seeds.organisations(now):
            self.organisations[org.tenant_id] = org
            self._keep(org, org.commit())
        self.keep_identity()

    def keep_identity(self) -> None:
        """Write tokens and connections through to the store."""
        if self._store is not None:
            with self.identity.lock:
                self._store.save_identity(self.identity)

    def _keep(
        self,
        org: Organisation,
        changes: list[Change],
        number: int = 0,
        *,
        log: bool = False,
        at: datetime | None = None,
    ) -> None:
        if log:
            org.recent.append((at or self.clock.now(), changes))
            self.effects.record(number, org.tenant_id, changes)
        if self._store is not None and changes:
            self._store.save_books(org.tenant_id, changes)

    # -- calls of clients

    def handle(self, request: Request) -> Response:
        """Answer one call of a client."""
        self.run_late()
        tenant = request.headers.get("xero-tenant-id")
        now = self.clock.now()
        number = self.effects.open(now, request.method, request.path, tenant, key_of(request))
        request = replace(request, number=number)
        response = self.hook.at_gateway(request)
        fault = self.faults.fault_of(request)
        if fault is not None and fault.kind == "late":
            self._late.add(now + timedelta(seconds=self.settings.seconds(fault.seconds)), request)
        if fault is not None and fault.kind == "disconnect" and tenant:
            self.identity.disconnect(tenant)
            self.keep_identity()
        response = self._answer(request) if response is None else self._on_wire(request, response)
        self.effects.note(number, status=0 if response.drop else response.status, fault=fault and fault.kind)
        return response

    @property
    def late_calls(self) -> int:
        """How many late calls are still to be executed."""
        return len(self._late)

    def run_late(self, *, everything: bool = False) -> int:
        """Execute the late calls that are due, or all of them; answers how many."""
        due = self._late.take(self.clock.now(), everything=everything)
        for call in due:
            self._answer(call.request, call.due)
        return len(due)

    def _answer(self, request: Request, at: datetime | None = None) -> Response:
        try:
            if request.path.lower().startswith(accounting.BASE):
                return self._accounting(request, at)
            if identity_api.handles(request.path):
                return self._on_wire(request, self._identity(request, at))
            raise not_found()
        except Refused as refusal:
            return self._on_wire(request, refusal.response)

    def _on_wire(self, request: Request, response: Response) -> Response:
        response, seconds = self.hook.on_wire(request, response)
        self._wait(seconds)
        return response

    def _wait(self, seconds: float) -> None:
        """Wait so many simulated seconds."""
        if seconds > 0:
            self._pause(self.settings.seconds(seconds) / getattr(self.clock, "speed", 1))

    def _identity(self, request: Request, at: datetime | None = None) -> Response:
        self._wait_before(request)
        early = self.hook.before(request)
        if early is not None:
            return early
        try:
            response = identity_api.handle(self.identity, self.name_of, request, at or self.clock.now())
        finally:
            if request.method != "GET":
                self.keep_identity()
        return self.hook.after(request, response)

    def name_of(self, tenant: str) -> str | None:
        """The name of an organisation."""
        org = self.organisations.get(tenant)
        return str(org.about["Name"]) if org else None

    def _accounting(self, request: Request, at: datetime | None = None) -> Response:
        now = at or self.clock.now()
        bearer = self.identity.bearer(request.headers.get("authorization", ""), now)
        org = self._organisation(bearer, request.headers.get("xero-tenant-id", ""))
        app, settings = bearer.app.client_id, self.settings
        with self.limits.slot(app, org.tenant_id, settings):
            quota = self.limits.count(app, org.tenant_id, now, settings)
            try:
                route = accounting.route(request.path, request.method)
                self._check_scope(bearer, route.scope, request.method)
                response, replayed = self.keys.answer(
                    app, request, now, settings, lambda: self._execute(org, bearer, route, request, at)
                )
                if replayed:
                    self.effects.note(request.number, replayed=True)
            except Refused as refusal:
                response = refusal.response
            if settings.xml_without_accept and xml.wanted(request.headers.get("accept", "")):
                response = xml.as_xml(response)
            response = replace(response, headers={**response.headers, **quota})
            return self._on_wire(request, response)  # a delayed answer still counts as in flight

    def _organisation(self, bearer: Bearer, tenant: str) -> Organisation:
        """403 when not connected, wrong or absent (§6.2)."""
        identity = guid_of(tenant) or ""
        org = self.organisations.get(identity)
        if org is None or not self.identity.connected(bearer, identity):
            raise problem(403, "Forbidden", "AuthenticationUnsuccessful")
        return org

    def _check_scope(self, bearer: Bearer, needed: str, method: str) -> None:
        if scopes.allows(bearer.scopes, needed, method):
            return
        challenge = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{needed}"'}
        if self.settings.missing_scope_status == 403:
            raise problem(403, "Forbidden", "insufficient scope", challenge)
        raise problem(401, "Unauthorized", "AuthorizationUnsuccessful", challenge)

    def _execute(
        self, org: Organisation, bearer: Bearer, route: accounting.Route, request: Request, at: datetime | None
    ) -> Response:
        """Run a call on the books: all of it is kept, or what it answered an error for is not."""
        fault = self.faults.fault_of(request)
        self._wait_before(request)
        early = self.hook.before(request)
        if early is not None:
            return early
        with org.lock:
            now = at or self.clock.now()
            call = Call(org, request, self.settings, bearer.app.client_id, bearer.app.name, now)
            if fault is not None and fault.kind == "churn":
                accounting.touch_first(call)
            try:
                with self._staleness(org, fault, now):
                    response = route.run(call)
            except Refused as refusal:
                kept = not self.settings.summarised_batch_is_atomic and refusal.response.status == 400
                if not kept:
                    org.rollback()
                response = refusal.response
            except BaseException:
                org.rollback()
                raise
            self._keep(org, org.commit(), request.number, log=True, at=now)
        if fault is not None and fault.kind == "wrong_tenant":
            response = self._of_another(org, bearer, request)
        return self.hook.after(request, response)

    def _wait_before(self, request: Request) -> None:
        fault = self.faults.fault_of(request)
        if fault is not None and fault.kind == "slow":
            self._wait(fault.seconds)

    def _staleness(self, org: Organisation, fault: Fault | None, now: datetime) -> AbstractContextManager[None]:
        if fault is None or fault.kind != "stale":
            return nullcontext()
        return org.as_of(now - timedelta(seconds=self.settings.seconds(fault.seconds)))

    def _of_another(self, org: Organisation, bearer: Bearer, request: Request) -> Response:
        """The answer another organisation would give; to a write, its first page of that resource."""
        other = next((entry for entry in self.organisations.values() if entry is not org), org)
        if request.method != "GET":
            resource = request.path[len(accounting.BASE) :].strip("/").split("/")[0]
            request = replace(request, method="GET", path=f"{accounting.BASE}/{resource}", query={"page": "1"})
        with other.lock:
            call = Call(other, request, self.settings, bearer.app.client_id, bearer.app.name, self.clock.now())
            try:
                return accounting.route(request.path, "GET").run(call)
            except Refused as refusal:
                return refusal.response

    # -- what a person does in Xero itself

    def bookkeeper(self, tenant: str = seeds.NORTH_LIGHT, *, adviser: bool = False) -> Bookkeeper:
        """Somebody who works in an organisation's books by hand; an adviser passes the period lock."""
        return Bookkeeper(lambda: self.as_person(tenant, adviser=adviser))

    @contextmanager
    def as_person(self, tenant: str, *, adviser: bool = False) -> Iterator[Call]:
        """Change an organisation's books as its owner would, by hand; ValueError when unknown."""
        org = self.organisations.get(tenant)
        if org is None:
            raise ValueError(f"There is no organisation {tenant!r}.")
        with org.lock:
            request = Request("POST", "/")
            try:
                yield Call(org, request, self.settings, "", "Xero", self.clock.now(), adviser)
            except BaseException:
                org.rollback()
                raise
            self._keep(org, org.commit(), log=True)
