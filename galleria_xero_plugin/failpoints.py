"""Named places where a test can make a worker crash, freeze or fail; in production they do nothing.

`reach("after_t2")` is a comparison with None, unless the process is armed. Only the environment of a process arms
it: `GALLERIA_XERO_FAILPOINTS`, the path of a folder, read once when the app is built. No setting, request or job
can, and a site in production refuses to start with it.

Into the folder a test puts sentences: a file that is named like a place and holds an action, and after how many
visits it is due (`crash`; `freeze 2` at the third). Whoever executes a sentence first renames it to
`<place>.<process id>`, so that of many workers one is hit, once.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

from .errors import ConfigError

VARIABLE = "GALLERIA_XERO_FAILPOINTS"

POINTS = {
    "after_t0": "changes of the gallery have become ledger rows",
    "after_t1": "an organisation is claimed, nothing is read yet",
    "after_p": "a batch is looked up and decided, nothing is written ahead",
    "after_t2": "the batch is written ahead, no byte has been sent",
    "before_first_byte": "the line to Xero is open, the next step writes",
    "after_answer": "Xero's answer is here, nothing is recorded",
    "after_t3": "what the answer said is recorded",
    "before_ring": "the slice is over, nobody has been rung for",
    "in_refresh": "Xero has rotated the tokens, ours are not stored yet",
}


def _raise() -> None:
    raise RuntimeError("a failpoint")


def _kill_parent() -> None:
    os.kill(os.getppid(), signal.SIGKILL)


def _kill_both() -> None:
    _kill_parent()
    os.kill(os.getpid(), signal.SIGKILL)


ACTIONS: Mapping[str, Callable[[], None]] = {
    "crash": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "orphan": _kill_parent,
    "crash_both": _kill_both,
    "freeze": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "time_out": lambda: os.kill(os.getpid(), signal.SIGALRM),
    "raise": _raise,
}
"""kill -9 of the work horse, of the worker that forked it (the horse goes on), of both; SIGSTOP; RQ's own time-out
of a job; an error that nobody foresaw."""


class _Folder:
    """The sentences that wait in one folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, place: str) -> None:
        sentence = self._path / place
        try:
            action, *after = sentence.read_text().split()
        except FileNotFoundError:
            return
        if after and int(after[0]) > 0:
            draft = self._path / f".{os.getpid()}"
            draft.write_text(f"{action} {int(after[0]) - 1}")
            draft.replace(sentence)
            return
        try:
            sentence.rename(self._path / f"{place}.{os.getpid()}")
        except FileNotFoundError:
            return  # another process was faster
        ACTIONS[action]()


_armed: _Folder | None = None


def reach(place: str) -> None:
    """The process has come to one of POINTS."""
    if _armed is not None:
        _armed(place)


def arm(environment: Mapping[str, str], *, production: bool) -> None:
    """Arm this process if its environment says so. Raises ConfigError in production."""
    global _armed
    folder = environment.get(VARIABLE)
    if folder and production:
        raise ConfigError([f"the environment variable {VARIABLE} is for tests and makes workers crash: remove it"])
    _armed = _Folder(Path(folder)) if folder else None
