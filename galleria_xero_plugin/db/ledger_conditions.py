"""Conditions on ledger rows that more than one store asks about."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, String, and_, bindparam, or_, select

from ..domain.states import WAITING, DocumentState
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


def waits() -> ColumnElement[bool]:
    """It waits by its own state."""
    return EXPORT.c.state.in_(_values(WAITING))


@functools.cache  # aliases of a table with forty columns are made once, not several times for every page
def behind() -> ColumnElement[bool]:
    """PENDING, but it cannot go on, because what it depends on waits, or what that depends on in turn."""
    further_waits = (
        select(_FURTHER.c.id)
        .where(_FURTHER.c.id == _BEFORE.c.depends_on, _FURTHER.c.state.in_(_values(WAITING)))
        .correlate(_BEFORE)
        .exists()
    )
    before_waits = or_(
        _BEFORE.c.state.in_(_values(WAITING)), and_(_BEFORE.c.state == DocumentState.PENDING.value, further_waits)
    )
    found = select(_BEFORE.c.id).where(_BEFORE.c.id == EXPORT.c.depends_on, before_waits).correlate(EXPORT).exists()
    return and_(state(DocumentState.PENDING), found)


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


def _values(states: Sequence[DocumentState]) -> list[str]:
    return [one.value for one in states]


def _literals(values: Sequence[str]) -> BindParameter[Any]:
    return bindparam("literals", values, String(), unique=True, expanding=True, literal_execute=True)
