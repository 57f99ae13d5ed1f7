"""`python3 tests --books-table`: the whole table as Markdown, each row with what actually stood in Xero."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from . import table
from .running import stage


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 tests", allow_abbrev=False)
    parser.add_argument("--books-table", action="store_true", required=True)
    parser.parse_args()
    different = 0
    print("# The reference table of the books\n")
    print("What happens in the gallery and in Xero, and what then stands in Xero: read from the simulated Xero's own")
    print("books after the real export. ★ comes up in a gallery's first month.")
    with tempfile.TemporaryDirectory() as folder, stage(Path(folder)) as here:
        for path in table.sections():
            print(f"\n## {path.stem}")
            for row in table.rows(path):
                actually = here.actually(row)
                different += actually != row.blocks
                print(f"\n{as_markdown(row, actually)}", flush=True)
    print(f"\n{different} rows differ from what is expected.")
    return int(bool(different))


def as_markdown(row: table.Row, actually: Mapping[str, tuple[str, ...]]) -> str:
    """A row for people: its title, what happens, what stood, and what was expected where that differs."""
    parts = [f"### {row.number} {'★ ' if row.first_month else ''}{row.title}", _block(table.HAPPENS, row.story)]
    for title, lines in actually.items():
        parts.append(_block(title, lines))
        expected = row.blocks.get(title, ())
        if expected != lines:
            parts.append(_block(f"{title} (this differs; expected was)", expected))
    return "\n\n".join(parts)


def _block(title: str, lines: tuple[str, ...]) -> str:
    return f"**{title}**\n\n```text\n" + "\n".join(lines) + "\n```"


if __name__ == "__main__":
    sys.exit(main())
