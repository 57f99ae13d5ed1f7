"""Servers on loopback that answer as a test says, well or badly behaved."""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from galleria_xero_plugin.xero.transport import Limits

# For exchanges that shall end by themselves, however busy this machine is ...
PATIENT = Limits(connect=10, read=20, total=30, size=64 << 10)
# ... and for those that must be ended.
HASTY = Limits(connect=0.2, read=0.25, total=0.3, size=64 << 10)


@dataclass
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass
class Say:
    """An answer. A dict or list as body is sent as JSON."""

    status: int = 200
    body: object = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str | None = "application/json; charset=utf-8"

    def encoded(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class _Server(ThreadingHTTPServer):
    block_on_close = False

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer would ask for the host's name
        self.server_port = self.server_address[1]

    def handle_error(self, request, client_address) -> None:
        """The client hung up, as some tests want it."""


class HttpStub:
    """Answers with `answer`: a Say, or a function from Seen to Say. `seen` are the requests so far."""

    def __init__(self, answer=None) -> None:
        self.answer = answer if answer is not None else Say()
        self.seen: list[Seen] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # else each answer waits 40 ms for Nagle and the delayed ACK
            disable_nagle_algorithm = True

            def _handle(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                seen = Seen(self.command, parts.path, parse_qs(parts.query), headers, body)
                stub.seen.append(seen)
                say = stub.answer(seen) if callable(stub.answer) else stub.answer
                content = say.encoded()
                self.send_response(say.status)
                headers = {"Content-Length": str(len(content)), **say.headers}
                if say.content_type:
                    headers.setdefault("Content-Type", say.content_type)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
                self.wfile.flush()

            do_GET = do_PUT = do_POST = do_DELETE = _handle

            def log_message(self, *args) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.001,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class RawStub:
    """Every connection is handed to `script(connection, stop)`; `stop` is set when the test is over.
    `accepted` counts the connections. With `tls` (a server's SSLContext) the connection is wrapped first."""

    def __init__(self, script, tls=None) -> None:
        self._script = script
        self._tls = tls
        self.stop = threading.Event()
        self.accepted = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https://localhost' if tls else 'http://127.0.0.1'}:{self.port}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self.stop.is_set():
                connection.close()
                return
            self.accepted += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        # The other side hangs up at its time; that is what most of these tests are about.
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.callback(connection.close)
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
                stack.callback(connection.close)
            self._script(connection, self.stop)

    def close(self) -> None:
        self.stop.set()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port)).close()  # wakes accept()
        self._listener.close()
        for thread in self._threads:
            thread.join(5)


def read_request(connection: socket.socket) -> bytes:
    """One request with its body, as far as the other side sends it."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answering(raw: bytes):
    """A script: read the request, say these bytes, hang up."""

    def script(connection, stop):
        read_request(connection)
        connection.sendall(raw)

    return script


def silent(connection, stop):
    """A script: read the request and never answer."""
    read_request(connection)
    stop.wait(30)


def dripping(start: bytes, drop: bytes, pause: float = 0.02):
    """A script: begin to answer, then go on byte by byte for as long as someone listens."""

    def script(connection, stop):
        read_request(connection)
        connection.sendall(start)
        while not stop.wait(pause):
            connection.sendall(drop)

    return script


def reset(connection: socket.socket) -> None:
    """Close with a RST instead of a FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()
