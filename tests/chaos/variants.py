"""Engines with one rule switched off. The universes have to notice each of them: that shows that they can.

Each variant is a patch of the real engine, put in from outside; production code has no switch for any of them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from sqlalchemy import update

from galleria_xero_plugin import extension
from galleria_xero_plugin.db.connection_record import CONNECTION
from galleria_xero_plugin.db.connection_store import SqlConnections
from galleria_xero_plugin.db.ledger_conditions import EXPORT
from galleria_xero_plugin.db.ledger_store import SqlLedger
from galleria_xero_plugin.domain.answers import Outcome, Verdict
from galleria_xero_plugin.domain.states import DocumentState
from galleria_xero_plugin.services.export import payment_phase, read_back, sending
from galleria_xero_plugin.services.export.session import Timings

from .site import Site

NEVER = 10**9
ZERO = Decimal(0)


@dataclass(frozen=True)
class Variant:
    """A rule, and how to switch it off: (what holds the attribute, its name, what takes its place)."""

    name: str
    patches: tuple[tuple[Any, str, Any], ...]


@contextlib.contextmanager
def switched_off(name: str) -> Iterator[None]:
    """The engine without this rule; "" is the engine as it is."""
    with contextlib.ExitStack() as stack:
        for variant in VARIANTS:
            if variant.name == name:
                for owner, attribute, instead in variant.patches:
                    stack.enter_context(patch.object(owner, attribute, instead))
        yield


# -- R2: nothing is written ahead, only what came of it


_write_ahead, _record = sending._write_ahead, sending._record


def _written_before_it_is_recorded(session: Any, *arguments: Any) -> None:
    _write_ahead(session, *session.ahead)
    _record(session, *arguments)


def _only_remembered(session: Any, kind: Any, batch: Any) -> bool:
    session.ahead = (kind, batch)
    return True


# -- R5, R6: what is unclear is sent again at once


_read_answer = sending.read_answer


def _unclear_is_not_sent(*arguments: Any, **more: Any) -> Verdict:
    verdict = _read_answer(*arguments, **more)
    return replace(verdict, outcome=Outcome.NOT_SENT) if verdict.outcome is Outcome.UNCLEAR else verdict


def _expired_is_pending(self: Any, gallery_id: str, tenant_id: str, lease: int, not_before: Any) -> int:
    here = (EXPORT.c.gallery_id == gallery_id, EXPORT.c.tenant_id == tenant_id)
    dead = (EXPORT.c.state == "sending", EXPORT.c.lease_token.is_distinct_from(lease))
    return self._change(update(EXPORT).where(*here, *dead).values(state="pending")).rowcount


_batch = sending._batch


def _with_a_fixed_key(session: Any, request: Any, prepared: Any) -> Any:
    batch = _batch(session, request, prepared)
    scope = [session.tenant_id, request.method, request.path, sorted(batch.payloads), batch.request_hash]
    return replace(batch, idempotency_key=hashlib.sha256(json.dumps(scope).encode()).hexdigest())


# -- look first (export-protocol §2.6)


_decide = payment_phase._decide


def _decide_blindly(session: Any, row: Any, invoice: Any, standing: Any, siblings: Any) -> Any:
    if standing is not None:
        done = sum((s.xero_total or ZERO for s in siblings if s.state is DocumentState.DONE), ZERO)
        standing = replace(standing, payments=(), amount_paid=done)
    return _decide(session, row, invoice, standing, siblings)


# -- R8: neither a lease nor a state keeps two workers from sending the same


_claim, _move, _start = SqlConnections.claim_lease, SqlLedger.move, SqlLedger.start_sending


def _claim_regardless(self: Any, connection_id: str, owner: str, seconds: int) -> int | None:
    self._change(update(CONNECTION).where(CONNECTION.c.id == connection_id).values(export_lease_until=None))
    return _claim(self, connection_id, owner, seconds)


def _start_regardless(self: Any, connection_id: str, lease: int, kind: Any, batch: Any, *, worker: str) -> bool:
    self._change(update(EXPORT).where(EXPORT.c.id.in_(batch.payloads)).values(state="pending", xero_id=None))
    self._change(update(CONNECTION).where(CONNECTION.c.id == connection_id).values(export_lease=lease))
    return _start(self, connection_id, lease, kind, batch, worker=worker)


def _move_regardless(self: Any, document_id: str, **how: Any) -> bool:
    return _move(self, document_id, **{**how, "lease": None})


def _timings(**changes: Any) -> Callable[..., Timings]:
    return lambda **values: Timings(**{**values, **changes})


def _at_once(**values: Any) -> Timings:
    nothing = values["settle"] * 0
    return Timings(**{**values, "settle": nothing, "key_window": nothing})


_BLINDLY = (payment_phase, "_decide", _decide_blindly)
_RETRY = (
    (sending, "read_answer", _unclear_is_not_sent),
    (SqlLedger, "expire_sending", _expired_is_pending),
)

VARIANTS = (
    Variant(
        "no write-ahead",
        (
            (sending, "_write_ahead", _only_remembered),
            (sending, "_record", _written_before_it_is_recorded),
        ),
    ),
    Variant("no settle time", ((extension, "Timings", _at_once),)),
    Variant(
        "no fence",
        (
            (SqlConnections, "claim_lease", _claim_regardless),
            (SqlConnections, "renew_lease", lambda *_: True),
            (SqlLedger, "start_sending", _start_regardless),
            (SqlLedger, "move", _move_regardless),
        ),
    ),
    Variant("no look before payments", (_BLINDLY,)),
    Variant("blind retry with one key", (*_RETRY, _BLINDLY, (sending, "_batch", _with_a_fixed_key))),
    Variant("blind retry after a look", _RETRY),
    Variant("no send deadline", ((extension, "Timings", _timings(send_deadline=NEVER)),)),
    Variant("absent after one look", ((read_back, "absence_proven", lambda **_: True),)),
    Variant("no quarantine", ((Site, "restored", lambda self: None),)),
)
"""By what they lack."""
