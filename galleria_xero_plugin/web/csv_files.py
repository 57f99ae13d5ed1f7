"""CSV for people with a spreadsheet: safe to open, and written while it is read.

A text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP: CSV injection). Amounts are
plain numbers, dates ISO, so that they can be calculated with wherever the file is opened.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from flask import Response, stream_with_context

Cell = str | Decimal | int | dt.date | dt.datetime | None
_FORMULA = re.compile(r"[=+\-@\t\r]")
_MARK = "\ufeff"
"""Without it a spreadsheet takes UTF-8 for something older."""


def csv_answer(name: str, head: Iterable[str], rows: Iterable[Iterable[Cell]]) -> Response:
    """A file to keep; `name` is a constant of ours without its ending."""
    body = stream_with_context(_lines(head, rows))
    answer = Response(body, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def csv_text(head: Iterable[str], rows: Iterable[Iterable[Cell]]) -> str:
    """The same as one text."""
    return "".join(_lines(head, rows))


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


def _lines(head: Iterable[str], rows: Iterable[Iterable[Cell]]) -> Iterator[str]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write(_MARK)
    writer.writerow(head)
    for row in rows:
        writer.writerow([cell(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()
