"""Fixtures: one simulated Xero and one office for each test; the test owns the time of both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from galleria_xero_plugin.simulator import Simulator

from .office import Office, a_simulator


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with a_simulator() as running:
        yield running


@pytest.fixture
def office(simulator: Simulator, tmp_path: Path) -> Office:
    return Office(simulator, f"sqlite:///{tmp_path / 'site.db'}")
