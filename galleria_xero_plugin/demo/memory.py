"""How much memory the worker's job took: the peak of the process that RQ forks for each job (its "horse")."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType

from .guard import descendants

EVERY = 0.15


class HorseWatch:
    """Looks at the worker's children while the `with` lasts. `peak_mb` is None where there is no /proc.

    The kernel keeps each process's highest mark (VmHWM), so a look now and then misses hardly anything. The
    children that were there before, such as the minute tick, are no horses.
    """

    def __init__(self, worker: int) -> None:
        self._worker = worker
        self._before = set(descendants(worker))
        self._end = threading.Event()
        self._peak = 0
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> HorseWatch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    @property
    def peak_mb(self) -> float | None:
        return round(self._peak / 1024, 1) if self._peak else None

    def _look(self) -> None:
        while not self._end.wait(EVERY):
            for pid in set(descendants(self._worker)) - self._before:
                self._peak = max(self._peak, high_water_kb(pid))


def high_water_kb(pid: int) -> int:
    """The most memory that this process ever had; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)
