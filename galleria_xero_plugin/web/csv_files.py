"""CSV for people with a spreadsheet: safe to open, and written while it is read.

A text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP: CSV injection). Amounts are
plain numbers with the decimals of their currency, dates ISO, so that they can be calculated with wherever the file is
opened. Every row has as many cells as the heading.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from flask import Flask, Response, current_app

from ..domain.totals import currency_decimals, has_decimals, round_half_up
from ..services.read_models import Words

Cell = str | Decimal | int | dt.date | dt.datetime | None
_FORMULA = re.compile(r"[=+\-@\t\r]")
ROWS_TOGETHER = 200
_MARK = "\ufeff"
"""Without it a spreadsheet takes UTF-8 for something older."""


def csv_answer(name: str, head: Sequence[str], rows: Iterable[Iterable[Cell]]) -> Response:
    """A file to keep; `name` is a constant of ours without its ending."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    answer = Response(_pieces(app, head, rows), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def cell(value: Cell) -> str:
    """A value as it stands in a file."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, str):
        text = value.replace("\0", "")
        return f"'{text}" if _FORMULA.match(text) else text
    return "" if value is None else str(value)


def money(amount: Decimal | None, currency: str) -> Decimal | None:
    """An amount with its currency's decimals, 29.50 and not 29.5; with more only when it really has more."""
    places = currency_decimals(currency)
    return amount if amount is None or not has_decimals(amount, places) else round_half_up(amount, places)


def sentence(words: Words) -> str:
    """A sentence with its blanks filled in."""
    return words.text % words.values


def _pieces(app: Flask, head: Sequence[str], rows: Iterable[Iterable[Cell]]) -> Iterator[str]:
    """The file in pieces. The app's context is there while rows are read and never while a piece waits for its
    reader: one who hangs up would leave it open."""
    found = iter(rows)
    lines: list[Iterable[Cell]] = [tuple(head)]
    mark = _MARK
    while lines:
        buffer = io.StringIO(newline="")
        cells = ([cell(value) for value in line] for line in lines)
        csv.writer(buffer).writerows(line + [""] * (len(head) - len(line)) for line in cells)
        yield mark + buffer.getvalue()
        mark = ""
        with app.app_context():
            lines = list(itertools.islice(found, ROWS_TOGETHER))
