"""Reads a sales ledger: a CSV with a row for each work sold, checked whole before anything is done with it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

NEEDED = ("title", "artists", "buyer", "sale_date", "sale_price")
LONGEST_FIELD = 4000
LONGEST_NAME = 200
LARGEST_FILE = 64 << 20
PRICE = re.compile(r"\d{1,10}(\.\d{1,40})?", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class LedgerError(Exception):
    """The file cannot be used; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Sale:
    """One work sold. `address` is the buyer's, `size` in inches; both may be empty, as may the texts."""

    buyer: str
    date: dt.date
    price: Decimal
    title: str
    artists: tuple[str, ...]
    kind: str = ""
    size: str = ""
    address: str = ""


def read(path: Path) -> list[Sale]:
    """Every sale of the file in its order. Raises LedgerError with the line number of the first fault."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise LedgerError(f"{path}: the file is larger than {LARGEST_FILE >> 20} MB")
        data = path.read_bytes()
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror or error}") from None
    return list(_sales(str(path), _text(str(path), data)))


def _text(name: str, data: bytes) -> str:
    for what, found in (("is not UTF-8 text", _not_utf8(data)), ("has a NUL character", data.find(b"\0"))):
        if found >= 0:
            line = data.count(b"\n", 0, found) + 1
            raise LedgerError(f"{name}, line {line}: the file {what}")
    return data.decode("utf-8-sig")


def _not_utf8(data: bytes) -> int:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return -1


def _sales(name: str, text: str) -> Iterator[Sale]:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [column.strip() for column in next(rows, [])]
        missing = [column for column in NEEDED if column not in header]
        if missing:
            raise LedgerError(f"{name}, line 1: these columns are missing: {', '.join(missing)}")
        if len(set(header)) != len(header):
            raise LedgerError(f"{name}, line 1: a column is there twice")
        found = False
        for row in rows:
            if not any(row):
                continue
            found = True
            try:
                if len(row) != len(header):
                    raise ValueError(f"{len(row)} fields instead of {len(header)}")
                yield _sale(dict(zip(header, row, strict=True)))
            except ValueError as error:
                raise LedgerError(f"{name}, line {rows.line_num}: {error}") from None
        if not found:
            raise LedgerError(f"{name}: there is no sale in it")
    except csv.Error as error:
        raise LedgerError(f"{name}, line {rows.line_num}: this is no CSV ({error})") from None


def _sale(row: dict[str, str]) -> Sale:
    row = {column: _clean(column, field) for column, field in row.items()}
    if not row["buyer"]:
        raise ValueError("the buyer is empty")
    if len(row["buyer"]) > LONGEST_NAME:
        raise ValueError(f"the buyer's name has more than {LONGEST_NAME} characters")
    height, width = row.get("height", ""), row.get("width", "")
    return Sale(
        buyer=row["buyer"], date=_day(row["sale_date"]), price=_price(row["sale_price"]), title=row["title"],
        artists=tuple(artist for artist in map(str.strip, row["artists"].split(";")) if artist),
        kind=row.get("object_type", "")[:100], size=f"{height} x {width} in" if height and width else "",
        address=row.get("buyer_address", ""),
    )  # fmt: skip


def _clean(column: str, field: str) -> str:
    """Without line breaks and other control characters, which the books would not take."""
    if len(field) > LONGEST_FIELD:
        raise ValueError(f"{column} has more than {LONGEST_FIELD} characters")
    return " ".join("".join(c if c.isprintable() else " " for c in field).split(" ")).strip()


def _price(text: str) -> Decimal:
    if not PRICE.fullmatch(text):
        raise ValueError(f"sale_price {text[:40]!r} is no amount such as 1250 or 1250.50 (never below zero)")
    return Decimal(text).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def _day(text: str) -> dt.date:
    try:
        if not DAY.fullmatch(text):
            raise ValueError
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"sale_date {text[:40]!r} is no date such as 1912-05-31") from None
