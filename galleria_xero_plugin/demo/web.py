"""`python -m galleria_xero_plugin.demo.web FD`: serves the site on a listening socket that it inherited."""

from __future__ import annotations

import socket
import sys
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from .host import create_app


class Handler(WSGIRequestHandler):
    """Keep-alive, whole answers, and a log of paths without queries: Xero's answer comes with a code in its."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        sys.stderr.write(f"{self.command} {self.path.partition('?')[0]} {code}\n")

    def log(self, type: str, message: str, *args: Any) -> None:
        """Werkzeug's own messages quote the whole request line."""


def main(fd: int) -> None:
    """Serve until terminated."""
    with socket.socket(fileno=socket.dup(fd)) as inherited:
        host, port = inherited.getsockname()
        server = make_server(host, port, create_app(), threaded=True, request_handler=Handler, fd=fd)
        server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
