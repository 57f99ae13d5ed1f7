"""A line of TCP that goes dead without closing: what is written arrives nowhere, and nobody says so."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

CHUNK = 1 << 16


class HalfOpen:
    """Listens at `url` and passes everything on, both ways. While `swallows` is "requests" or "answers", whatever
    moves in that direction is lost, and the connection that carried it stays dead for good."""

    def __init__(self, to: str) -> None:
        parts = urlsplit(to)
        self._to = (str(parts.hostname), int(parts.port or 80))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://localhost:{self._listener.getsockname()[1]}"
        self.swallows = ""
        self.lost = 0
        """How many connections have gone dead."""
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self._to)
            except OSError:
                caller.close()
                continue
            for end in (caller, far):  # before anything moves: a caller that was killed ends both at once
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for one, other, what in ((caller, far, "requests"), (far, caller, "answers")):
                threading.Thread(target=self._pass_on, args=(one, other, what), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket, what: str) -> None:
        dead = False
        with contextlib.suppress(OSError):
            while data := one.recv(CHUNK):
                if not dead and self.swallows == what:
                    dead = True
                    self.lost += 1
                if not dead:
                    other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextlib.contextmanager
def half_open(to: str) -> Iterator[HalfOpen]:
    line = HalfOpen(to)
    try:
        yield line
    finally:
        line.close()
