"""Conditions on ledger rows that more than one store asks about."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, String, and_, bindparam, case, or_, select

from ..domain.shown import LEFT_OUT, MONEY_MAY_BE_LOST, TAKES_OUT
from ..domain.states import WAITING, DocumentKind, DocumentState
from ..domain.withdrawing import CANCELLED
from .ledger_models import NUMBER_FREE_STATES, NUMBERED_KINDS, Export
from .models import table_of
from .store import past

EXPORT = table_of(Export)
# Made once: an alias copies every column of the table.
_BEFORE, _FURTHER, _HOLDER = EXPORT.alias(), EXPORT.alias(), EXPORT.alias()


def state(value: DocumentState) -> ColumnElement[bool]:
    """In this state."""
    return EXPORT.c.state == value.value


def of_organisation(gallery_id: str | BindParameter[str], tenant_id: str | BindParameter[str]) -> ColumnElement[bool]:
    """A gallery's rows of one organisation."""
    return and_(EXPORT.c.gallery_id == gallery_id, EXPORT.c.tenant_id == tenant_id)


def may_be_sent(now: ColumnElement[int], rows: Any = EXPORT) -> ColumnElement[bool]:
    """PENDING, its time has come, and what it depends on is done (or has no row, and so is not waited for)."""
    not_done_yet = (
        select(_BEFORE.c.id)
        .where(_BEFORE.c.id == rows.c.depends_on, _BEFORE.c.state != DocumentState.DONE.value)
        .correlate(rows)
        .exists()
    )
    return and_(rows.c.state == DocumentState.PENDING.value, past(rows.c.not_before, now), ~not_done_yet)


def shown(rows: Any = EXPORT) -> ColumnElement[str]:
    """The state that people see of a row by itself: `domain.shown.own_state` in SQL."""
    again = and_(rows.c.state == DocumentState.PENDING.value, rows.c.reason_code.is_not(None))
    asked = and_(rows.c.kind == DocumentKind.INVOICE.value, rows.c.reason_code == MONEY_MAY_BE_LOST)
    out = or_(
        rows.c.kind.in_(_values(TAKES_OUT)),
        and_(rows.c.kind == DocumentKind.INVOICE.value, rows.c.reason_code == CANCELLED),
    )
    return case(
        (and_(rows.c.state == DocumentState.DONE.value, out), DocumentState.SKIPPED.value),
        (and_(or_(again, rows.c.state == DocumentState.SKIPPED.value), asked), DocumentState.BLOCKED.value),
        (and_(again, rows.c.reason_code.in_(sorted(LEFT_OUT))), DocumentState.SKIPPED.value),
        (again, DocumentState.BLOCKED.value),
        else_=rows.c.state,
    )


@functools.cache  # aliases of a table with forty columns are made once, not several times for every page
def behind() -> ColumnElement[bool]:
    """PENDING, but it cannot go on, because what it depends on waits as people see it, or what that depends on in
    turn."""
    fresh = and_(state(DocumentState.PENDING), EXPORT.c.reason_code.is_(None))
    return and_(fresh, _behind(lambda rows: shown(rows).in_(_values(WAITING))))


@functools.cache
def stuck() -> ColumnElement[bool]:
    """PENDING, but it cannot be sent as the ledger stands: what it depends on waits, and has no turn."""
    return and_(state(DocumentState.PENDING), _behind(lambda rows: rows.c.state.in_(_values(WAITING))))


def _behind(waits: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[bool]:
    further = select(_FURTHER.c.id).where(_FURTHER.c.id == _BEFORE.c.depends_on, waits(_FURTHER)).correlate(_BEFORE)
    before = or_(waits(_BEFORE), and_(_BEFORE.c.state == DocumentState.PENDING.value, further.exists()))
    return select(_BEFORE.c.id).where(_BEFORE.c.id == EXPORT.c.depends_on, before).correlate(EXPORT).exists()


def unfinished_by_itself(connection: Any, now: ColumnElement[int]) -> ColumnElement[bool]:
    """The connection has rows of which nobody knows whether they arrived: they are settled without being asked."""
    return (
        select(EXPORT.c.id)
        .where(
            EXPORT.c.gallery_id == connection.c.gallery_id,
            EXPORT.c.tenant_id == connection.c.tenant_id,
            or_(state(DocumentState.SENDING), and_(state(DocumentState.UNKNOWN), past(EXPORT.c.not_before, now))),
        )
        .correlate(connection)
        .exists()
    )


def number_is_free(natural_key: str | None = None) -> ColumnElement[bool]:
    """No other row holds the row's natural key (or the one given), so that this one may take it up."""
    holder = (
        select(_HOLDER.c.id)
        .where(
            _HOLDER.c.tenant_id == EXPORT.c.tenant_id,
            _HOLDER.c.kind == EXPORT.c.kind,
            _HOLDER.c.natural_key == (EXPORT.c.natural_key if natural_key is None else natural_key),
            _HOLDER.c.id != EXPORT.c.id,
            # As literals, in the words of the partial index: a database does not use it for parameters.
            _HOLDER.c.kind.in_(_literals(NUMBERED_KINDS)),
            _HOLDER.c.deleted_at.is_(None),
            _HOLDER.c.state.not_in(_literals(NUMBER_FREE_STATES)),
        )
        .correlate(EXPORT)
        .exists()
    )
    return or_(EXPORT.c.kind.not_in(NUMBERED_KINDS), ~holder)


def _values(states: Sequence[DocumentState | DocumentKind]) -> list[str]:
    return [one.value for one in states]


def _literals(values: Sequence[str]) -> BindParameter[Any]:
    return bindparam("literals", values, String(), unique=True, expanding=True, literal_execute=True)
