"""Frozen dataclasses to plain JSON values and back, by their type hints.

What a column holds may be older than the class: a missing field gets its default, an unknown one is ignored.
Decimals, dates and times are texts, so nothing passes through a float.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import types
import typing
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar

T = TypeVar("T")
_ISO = (dt.datetime, dt.date, dt.time)
_PLAIN = (str, bool, int, type(None))


def to_plain(value: Any) -> Any:
    """A value as what JSON knows: objects, lists, texts, whole numbers, true, false and null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, _ISO):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    raise TypeError(f"cannot store a {type(value).__name__}")


def from_plain(kind: type[T], plain: Any) -> T:
    """The value of type `kind` that `to_plain` wrote."""
    return typing.cast(T, _read(kind, plain))


def _read(kind: Any, plain: Any) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):  # only "something or None" occurs
        return None if plain is None else _read(next(part for part in arguments if part is not type(None)), plain)
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple(_read(arguments[0], item) for item in plain)
        return tuple(_read(part, item) for part, item in zip(arguments, plain, strict=True))
    if origin is dict:
        return {key: _read(arguments[1], item) for key, item in plain.items()}
    if dataclasses.is_dataclass(kind):
        make: Any = kind
        return make(**{name: _read(hint, plain[name]) for name, hint in _fields(kind) if name in plain})
    if kind in _ISO:
        return kind.fromisoformat(plain)
    if kind in _PLAIN:
        return plain
    return kind(plain)  # Decimal and enumerations


@functools.cache
def _fields(kind: Any) -> list[tuple[str, Any]]:
    """Name and type of each field: working out the types takes longer than everything else here."""
    hints = typing.get_type_hints(kind)
    return [(field.name, hints[field.name]) for field in dataclasses.fields(kind)]
