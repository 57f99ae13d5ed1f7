"""The ``where`` and ``order`` clauses (xero-facts.md §2.5).

``Field=="text"``, ``&&``/``AND``, ``||``/``OR``, ``DateTime(2026,11,01)``, ``Guid("...")``,
``.Contains("x")``, ``.StartsWith("x")``, ``.EndsWith("x")``, brackets. A clause that names an unknown
field or compares a field with the wrong kind of value is refused, as Xero's parser does.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from .errors import bad_query
from .reader import guid_of

Record = Mapping[str, Any]
Predicate = Callable[[Record], bool]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"(?:[^"\\]|\\.)*")
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
      | (?P<sign>&&|\|\||==|!=|<>|<=|>=|[=<>(),!])
    )""",
    re.VERBOSE,
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "=": operator.eq, "!=": operator.ne, "<>": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_CONTAIN: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startswith": str.startswith,
    "endswith": str.endswith,
}
_DEEPEST = 40


@dataclass(frozen=True)
class Column:
    """A field a clause may name: its kind and how to read it."""

    kind: str  # text, number, date, moment, guid, bool
    read: Callable[[Record], Any]


def column(path: str, kind: str = "text") -> Column:
    """A column that walks nested members."""
    first, *rest = path.split(".")

    def read(record: Record) -> Any:
        value = record.get(first)
        for name in rest:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    return Column(kind, read)


def columns(**kinds: str) -> dict[str, Column]:
    """Columns by kind, each a list of names: ``columns(text="Name EmailAddress")``."""
    return {path: column(path, kind) for kind, names in kinds.items() for path in names.split()}


class _Parser:
    def __init__(self, clause: str, known: Mapping[str, Column], ignore_case: bool) -> None:
        self._known = {name.lower(): found for name, found in known.items()}
        self._ignore_case = ignore_case
        self._tokens: list[tuple[str, str]] = []
        self._at = 0
        self._depth = 0
        position = 0
        clause = clause.strip()
        while position < len(clause):
            match = _TOKEN.match(clause, position)
            if match is None or match.lastgroup is None:
                raise bad_query(f"Syntax error at position {position}")
            self._tokens.append((match.lastgroup, match[match.lastgroup]))
            position = match.end()

    def parse(self) -> Predicate:
        found = self._any()
        if self._at != len(self._tokens):
            raise bad_query("Syntax error")
        return found

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _take(self, *signs: str) -> bool:
        if self._peek()[1].lower() in signs and self._peek()[0] in {"sign", "name"}:
            self._at += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise bad_query(f"'{sign}' expected")

    def _any(self) -> Predicate:
        parts = [self._all()]
        while self._take("||", "or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda record: any(part(record) for part in parts)

    def _all(self) -> Predicate:
        parts = [self._one()]
        while self._take("&&", "and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda record: all(part(record) for part in parts)

    def _one(self) -> Predicate:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise bad_query("Expression is too deep")
        try:
            if self._take("!"):
                inner = self._one()
                return lambda record: not inner(record)
            if self._take("("):
                inner = self._any()
                self._expect(")")
                return inner
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Predicate:
        kind, path = self._next()
        if kind != "name":
            raise bad_query("Expression expected")
        head, _, last = path.rpartition(".")
        if last.lower() in _CONTAIN and self._peek()[1] == "(":
            return self._containment(head, last.lower())
        found = self._column(path)
        operation, sign = self._next()
        if operation != "sign" or sign not in _COMPARE:
            if found.kind == "bool":  # a bare boolean is a condition of its own
                self._at -= 1
                return lambda record: bool(found.read(record))
            raise bad_query("Operator expected")
        return self._compared(path, found, sign, self._value())

    def _containment(self, path: str, method: str) -> Predicate:
        found = self._column(path)
        self._expect("(")
        kind, part = self._next()
        self._expect(")")
        if found.kind != "text" or kind != "text":
            raise bad_query(f"No applicable method '{method}' exists in type '{found.kind}'")
        test, wanted = _CONTAIN[method], self._fold(_unquoted(part))
        return lambda record: test(self._fold(found.read(record) or ""), wanted)

    def _column(self, path: str) -> Column:
        found = self._known.get(path.lower())
        if found is None:
            raise bad_query(f"No property or field '{path}' exists in this type")
        return found

    def _fold(self, text: str) -> str:
        return text.casefold() if self._ignore_case else text

    def _value(self) -> Any:
        kind, text = self._next()
        if kind == "text":
            return _unquoted(text)
        if kind == "number":
            return Decimal(text)
        if kind == "name" and text.lower() in {"true", "false"}:
            return text.lower() == "true"
        if kind == "name" and text.lower() == "null":
            return None
        if kind == "name" and text.lower() == "guid":
            return _Guid(self._arguments("text"))
        if kind == "name" and text.lower() == "datetime":
            return _moment(self._arguments("number"))
        raise bad_query("Value expected")

    def _arguments(self, wanted: str) -> list[str]:
        self._expect("(")
        found = []
        while True:
            kind, text = self._next()
            if kind != wanted:
                raise bad_query(f"A {wanted} expected")
            found.append(text)
            if self._take(")"):
                return found
            self._expect(",")

    def _compared(self, path: str, found: Column, sign: str, value: Any) -> Predicate:
        compare = _COMPARE[sign]
        if value is None:
            if sign not in {"==", "=", "!=", "<>"}:
                raise bad_query(f"Operator '{sign}' incompatible with null")
            return lambda record: compare(found.read(record) or None, None)
        wanted = _KINDS[found.kind]
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            raise bad_query(f"Operator '{sign}' incompatible with the type of '{path}'")
        return self._typed(found, compare, value)

    def _typed(self, found: Column, compare: Callable[[Any, Any], bool], value: Any) -> Predicate:
        read = found.read
        if found.kind == "text":
            wanted = self._fold(value)
            return lambda record: compare(self._fold(read(record) or ""), wanted)
        if found.kind == "guid":
            return lambda record: compare(read(record), value.value)
        if found.kind == "date":
            day = value.date()
            return lambda record: read(record) is not None and compare(read(record), day)
        if found.kind == "bool":
            return lambda record: compare(bool(read(record)), value)
        return lambda record: read(record) is not None and compare(read(record), value)


class _Guid:
    def __init__(self, arguments: list[str]) -> None:
        found = guid_of(_unquoted(arguments[0]))
        if found is None or len(arguments) != 1:
            raise bad_query("Guid should contain 32 digits with 4 dashes")
        self.value = found


_KINDS: dict[str, type] = {
    "text": str, "number": Decimal, "date": datetime, "moment": datetime, "guid": _Guid, "bool": bool,
}  # fmt: skip


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _moment(arguments: list[str]) -> datetime:
    try:
        parts = [int(argument) for argument in arguments]
        if len(parts) < 3:
            raise ValueError
        return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]
    except (ValueError, TypeError, OverflowError):
        raise bad_query("DateTime takes year, month and day") from None


def predicate(clause: str, known: Mapping[str, Column], *, ignore_case: bool = True) -> Predicate:
    """The test a where clause stands for; raises a 400 for anything else."""
    return _Parser(clause, known, ignore_case).parse()


def sorting(clause: str, known: Mapping[str, Column]) -> list[tuple[Callable[[Record], Any], bool]]:
    """The keys of an order clause, most important first, each with its direction (True = descending)."""
    found = {name.lower(): entry for name, entry in known.items()}
    keys = []
    for part in clause.split(","):
        words = part.split()
        if not words or len(words) > 2 or words[0].lower() not in found:
            raise bad_query(f"No property or field '{part.strip()}' exists in this type")
        direction = words[1].lower() if len(words) == 2 else "asc"
        if direction not in {"asc", "desc", "ascending", "descending"}:
            raise bad_query(f"'{words[1]}' is not a direction")
        keys.append((_sortable(found[words[0].lower()]), direction.startswith("desc")))
    return keys


def _sortable(entry: Column) -> Callable[[Record], Any]:
    read = entry.read
    if entry.kind in {"text", "guid"}:
        return lambda record: str(read(record) or "").casefold()
    if entry.kind == "bool":
        return lambda record: bool(read(record))
    blank: Any = {"number": Decimal(0), "date": date.min, "moment": datetime.min.replace(tzinfo=UTC)}
    return lambda record: read(record) or blank[entry.kind]
