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
from collections.abc import Callable
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
    return typing.cast(T, _reader(kind)(plain))


@functools.cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """How values of this type are read: working that out takes longer than the reading."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):  # only "something or None" occurs
        something = _reader(next(part for part in arguments if part is not type(None)))
        return lambda plain: None if plain is None else something(plain)
    if origin is tuple:
        parts = [_reader(part) for part in arguments if part is not Ellipsis]
        if len(parts) < len(arguments):
            return lambda plain: tuple(map(parts[0], plain))
        return lambda plain: tuple(read(item) for read, item in zip(parts, plain, strict=True))
    if origin is dict:
        value = _reader(arguments[1])
        return lambda plain: {key: value(item) for key, item in plain.items()}
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        fields = [(field.name, _reader(hints[field.name])) for field in dataclasses.fields(kind)]
        make: Any = kind
        return lambda plain: make(**{name: read(plain[name]) for name, read in fields if name in plain})
    if kind in _ISO:
        return kind.fromisoformat
    if kind in _PLAIN:
        return lambda plain: plain
    return kind  # Decimal and enumerations
