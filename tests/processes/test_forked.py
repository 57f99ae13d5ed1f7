"""Work horses are forked; on a connection that two processes share, one would read the other's answers."""

from __future__ import annotations

from collections.abc import Callable

from .stage import Stage


def test_a_work_horse_speaks_with_the_database_on_a_line_of_its_own(stage_on: Callable[[str], Stage]):
    stage = stage_on("postgresql")

    def backends(*how: str) -> list[int]:
        name = "-".join(("fork", *how))
        stage.processes.python(name, "-m", "tests.processes.forking", *how)
        said = stage.processes.log(name)
        return [int(word) for word in stage.until(lambda: said.read_text().split(), "the fork", sweeping=False)]

    before, child, after = backends()
    assert before == after != child
    before, child, after = backends("careless")
    assert before == child, "without our care it would have been the parent's"
