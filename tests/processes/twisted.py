"""A line to Xero that can be cut, and that can change what comes back: for answers no fault of the simulator gives."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

Twist = Callable[[str, bytes], bytes]
"""("GET /api.xro/2.0/Contacts", body) -> the body that arrives."""
NOT_PASSED_ON = {"content-length", "connection", "date", "server", "transfer-encoding"}


class Line:
    """Listens at `url` while it is up; cut, connections are refused."""

    def __init__(self, to: str) -> None:
        self._to = to
        self._port = 0
        self._server: ThreadingHTTPServer | None = None
        self.twist: Twist = lambda what, body: body

    @property
    def url(self) -> str:
        return f"http://localhost:{self._port}"

    def mend(self) -> None:
        line = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                line.pass_on(self)

            do_GET = do_PUT = do_POST = do_DELETE = answer

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def cut(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(handler.command, self._to + handler.path, data=body, headers=dict(handler.headers))
        sent = self.twist(f"{handler.command} {handler.path.partition('?')[0]}", answer.content)
        handler.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in NOT_PASSED_ON:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(sent)))
        handler.end_headers()
        handler.wfile.write(sent)


@contextlib.contextmanager
def line_to(url: str) -> Iterator[Line]:
    line = Line(url)
    line.mend()
    try:
        yield line
    finally:
        line.cut()
