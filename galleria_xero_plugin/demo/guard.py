"""Ends the demo's processes when its supervisor is gone, however that happened. Standard library only.

Run as `python guard.py FOLDER`. It reads process ids, one a line, from its input; when the input ends (the
supervisor closed it, or was killed), it ends those processes with all their descendants, the last named
first, and removes the folder. So there is one way to the end, and kill -9 takes it too.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

PATIENCE = 0.8  # seconds until a process that was asked to end is asked again, and then is killed


def main() -> None:
    for interrupt in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(interrupt, signal.SIG_IGN)
    pids = [int(line) for line in sys.stdin if line.strip().isdecimal()]
    # Before the first one ends: its children would be handed to another parent and not be found again.
    families = {pid: descendants(pid) for pid in pids}
    for pid in reversed(pids):
        end(pid, families[pid])
    shutil.rmtree(sys.argv[1], ignore_errors=True)


def end(pid: int, children: Iterable[int]) -> None:
    """Ask the process group twice (an RQ worker gives up its job at the second time), then kill the family."""
    for _ in range(2):
        send(os.killpg, pid, signal.SIGTERM)
        if gone(pid, PATIENCE):
            break
    for victim in (pid, *children):
        send(os.kill, victim, signal.SIGKILL)


def send(how: object, pid: int, what: signal.Signals) -> None:
    try:
        how(pid, what)  # type: ignore[operator]
    except (ProcessLookupError, PermissionError):
        return


def gone(pid: int, seconds: float) -> bool:
    """Whether it ends within this time. A zombie counts as gone: its parent may be dead as well."""
    deadline = time.monotonic() + seconds
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return not Path("/proc/self").exists()


def descendants(pid: int) -> list[int]:
    """The process's children, their children, and so on."""
    children = defaultdict(list)
    for child, parent in processes():
        children[parent].append(child)
    found, todo = [], [pid]
    while todo:
        more = children[todo.pop()]
        found += more
        todo += more
    return found


def processes() -> list[tuple[int, int]]:
    """(id, parent's id) of every process: from /proc, or where there is none from ps."""
    if not Path("/proc/self").exists():
        table = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=False)  # noqa: S607
        return [(int(pid), int(parent)) for pid, parent in (line.split() for line in table.stdout.splitlines())]
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            found.append((int(entry.name), int(fields[1])))
    return found


if __name__ == "__main__":
    main()
