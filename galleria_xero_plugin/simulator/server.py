"""Serving the app: a thread per call, no stalls, and nothing secret in the log."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from threading import Thread
from types import TracebackType
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from .app import create_app
from .core.clock import Clock
from .core.seeds import NORTH_LIGHT
from .core.settings import SimulatorSettings
from .core.world import World
from .shortcut import ALL_SCOPES, connect

_POLL_SECONDS = 0.02  # how soon a stop is noticed


class _Handler(WSGIRequestHandler):
    """Whole answers in one segment; a log of paths without queries.

    Werkzeug writes headers and body separately and closes after each answer: without buffering and
    TCP_NODELAY an answer could wait some 40 ms for the client's delayed acknowledgement.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    loud = False

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        if self.loud:
            sys.stderr.write(f"{self.command} {self.path.partition('?')[0]} {code}\n")

    def log(self, type: str, message: str, *args: Any) -> None:
        """Werkzeug's own messages quote request lines, and those may carry codes."""

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """A client that went away is no news."""


class Simulator:
    """A simulated Xero on a port of its own, in a thread of this process."""

    def __init__(
        self,
        settings: SimulatorSettings | None = None,
        *,
        clock: Clock | None = None,
        world: World | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
    ) -> None:
        self.world = world or World(settings, clock)
        self._server = make_http_server(self.world, host, port)
        self.port: int = self._server.server_port
        self.url = f"http://localhost:{self.port}" if host == "127.0.0.1" else f"http://{host}:{self.port}"
        self._thread = Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), daemon=True, name="simulated-xero"
        )

    def __enter__(self) -> Simulator:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def connect(self, *tenants: str, scope: str = ALL_SCOPES) -> dict[str, Any]:
        """Consent and code exchange in one step: a token response, for tests that are not about OAuth."""
        return connect(self.world, tenants or (NORTH_LIGHT,), scope)

    @staticmethod
    def headers(tokens: Mapping[str, Any], tenant: str = NORTH_LIGHT) -> dict[str, str]:
        """The headers of an API call."""
        return {
            "Authorization": f"Bearer {tokens['access_token']}",
            "xero-tenant-id": tenant,
            "Accept": "application/json",
        }


def make_http_server(world: World, host: str, port: int, *, loud: bool = False) -> BaseWSGIServer:
    """A threaded server that is bound and listening, not yet answering."""
    handler = type("Handler", (_Handler,), {"loud": loud})
    server = make_server(host, port, create_app(world), threaded=True, request_handler=handler)
    server.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server.daemon_threads = True  # type: ignore[attr-defined]
    return server
