"""Column types that keep their promise on SQLite as well as on PostgreSQL."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Numeric
from sqlalchemy.types import TypeDecorator, TypeEngine


class Exact(TypeDecorator[Decimal]):
    """A decimal with a fixed number of places, without a float anywhere.

    SQLite has no decimals: it would keep them as binary floats. There the number is kept as an integer of
    its smallest unit, so that sums and comparisons in SQL stay exact too.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, places: int = 2) -> None:
        self.places = places
        super().__init__(18, places)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        whole = dialect.name == "sqlite"
        return dialect.type_descriptor(BigInteger() if whole else Numeric(18, self.places))

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> Decimal | int | None:
        if value is None:
            return None
        if isinstance(value, float):
            raise TypeError("an amount is a Decimal, never a float")
        scaled = Decimal(value).scaleb(self.places)
        if scaled != int(scaled):
            raise ValueError(f"{value} has more than {self.places} decimals")
        return int(scaled) if dialect.name == "sqlite" else Decimal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return Decimal(int(value)).scaleb(-self.places)
        return Decimal(value).quantize(Decimal(1).scaleb(-self.places))


class Instant(TypeDecorator[dt.datetime]):
    """A point in time: aware and UTC in Python; SQLite, which knows no zones, keeps it as UTC without one."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)
