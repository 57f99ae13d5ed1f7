"""The reference table of the books: what the gallery has, what stands in Xero, or why it waits.

Every row goes through the real export against the simulated Xero; the texts beside this file say what must stand
there, and `python3 tests --books-table` prints them with what really stood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import table
from .__main__ import as_markdown
from .running import Stage, stage

ROWS = table.every_row()


@pytest.fixture(scope="module")
def the_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("books")) as found:
        yield found


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_stands_in_xero_and_what_is_said(the_stage: Stage, row: table.Row) -> None:
    actually = the_stage.actually(row)
    assert _text(actually) == _text(row.blocks)


def test_every_situation_has_a_row_and_every_row_says_what_is_to_be() -> None:
    numbers = [row.number for row in ROWS]
    assert {int(re.sub(r"\D", "", number)) for number in numbers} == set(range(1, 93))
    assert len(set(numbers)) == len(numbers)
    assert not [row.number for row in ROWS if not {table.STANDS, table.SAID} <= row.blocks.keys() or not row.steps]


def test_the_table_is_printed_for_a_review(the_stage: Stage) -> None:
    row = ROWS[0]
    printed = as_markdown(row, the_stage.actually(row))
    assert printed.startswith("### 1 ★ One artwork") and "AG-1 | 2 Nov 2026" in printed and "differs" not in printed
    assert "differs" in as_markdown(row, {table.STANDS: ("nothing",), table.SAID: ("nothing",)})


@pytest.mark.parametrize("line", ["nonsense", "  in no block", "=== 1 no row"])
def test_a_line_that_is_not_understood_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "Z section.txt"
    path.write_text(f"# Z\n{line}\n", "utf-8")
    with pytest.raises(ValueError, match="line 2"):
        table.rows(path)


def _text(blocks: dict[str, tuple[str, ...]]) -> str:
    return "\n".join(f"{title}\n  " + "\n  ".join(lines) for title, lines in blocks.items())
