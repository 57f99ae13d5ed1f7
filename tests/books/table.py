"""Reads the reference table of the books: plain text that a bookkeeper can read and correct without Python.

A file is a section. A row of it is one situation::

    == 1 ★ One artwork, tax on top, paid in full by bank transfer

    What happens
      Invoice 1 | 2 Nov 2026 | Wilhelmina Oakes | tax on top
        artwork | Low Water | 1 x 1,000.00 | VAT 20%
      Payment of 1 | 5 Nov 2026 | 1,200.00 | Bank transfer
      Sync

    In Xero
      Invoice AG-1 | 2 Nov 2026, due 2 Dec 2026 | Wilhelmina Oakes | Paid
      ...

    Said
      nothing

"What happens" are steps, in their order (`steps`). The other blocks are compared word for word with what is read
from the simulated Xero's own books and from our pages (`sight`). Lines that begin with # are remarks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
HAPPENS, STANDS, SAID, SETTINGS = "What happens", "In Xero", "Said", "On the settings page"
BLOCKS = (HAPPENS, STANDS, SAID, SETTINGS)
_HEAD = re.compile(r"== (\d+[a-z]?) (★ )?(.+)")


@dataclass(frozen=True, slots=True)
class Step:
    """A line of "What happens" with the lines that stand further in, each split at its bars."""

    parts: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One situation: the lines of what happens, and the expected texts by title."""

    number: str
    first_month: bool
    title: str
    section: str
    story: tuple[str, ...]
    blocks: dict[str, tuple[str, ...]]

    @property
    def steps(self) -> tuple[Step, ...]:
        """What happens, in its order."""
        return tuple(_steps(self.story))

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


def sections() -> list[Path]:
    """The files, in the order of their letters."""
    return sorted(FOLDER.glob("[A-Z] *.txt"))


def rows(path: Path) -> list[Row]:
    """The situations of a file. Raises ValueError with the line that is not understood."""
    return list(_rows(path.stem, path.read_text("utf-8")))


def every_row() -> list[Row]:
    """The whole table."""
    return [row for path in sections() for row in rows(path)]


def _rows(section: str, text: str) -> Iterator[Row]:
    heads: list[tuple[str, bool, str]] = []
    bodies: list[dict[str, list[str]]] = []
    block = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        head = _HEAD.fullmatch(line)
        if head:
            heads.append((head[1], bool(head[2]), head[3]))
            bodies.append({})
            block = None
        elif line in BLOCKS and heads:
            block = bodies[-1].setdefault(line, [])
        elif block is not None and line.startswith("  "):
            block.append(line[2:].rstrip())
        else:
            raise ValueError(f"{section}, line {number}: what is {line!r}?")
    for (number, star, title), body in zip(heads, bodies, strict=True):
        story = tuple(body.pop(HAPPENS, []))
        yield Row(number, star, title, section, story, {name: tuple(lines) for name, lines in body.items()})


def _steps(lines: Iterable[str]) -> Iterator[Step]:
    found: list[tuple[str, list[tuple[str, ...]]]] = []
    for line in lines:
        if line.startswith("  "):
            found[-1][1].append(_parts(line))
        else:
            found.append((line, []))
    for line, inner in found:
        yield Step(_parts(line), tuple(inner))


def _parts(line: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in line.split("|"))
