"""The Flask skin: HTTP in, the core, HTTP out."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import flask
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from . import authorize_views, books_views, control_views, desk_views, person_views
from .context import current_world
from .core.wire import Request, Response
from .core.world import World

LARGEST_REQUEST = 12 * 1024 * 1024
FILLER_BLOCK = 64 * 1024
METHODS = ["GET", "PUT", "POST", "DELETE", "PATCH"]


def create_app(world: World | None = None) -> flask.Flask:
    """An app around a world; a fresh, seeded one when none is given."""
    app = flask.Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["simulated_xero"] = world or World()
    app.register_blueprint(authorize_views.blueprint)
    app.register_blueprint(books_views.blueprint)
    app.register_blueprint(desk_views.blueprint)
    app.register_blueprint(control_views.blueprint)
    app.register_blueprint(person_views.blueprint)
    app.before_request(_due)
    for path in ("/api.xro/", "/connect/", "/.well-known/", "/connections/", "/Connections/"):
        app.add_url_rule(f"{path}<path:rest>", f"api {path}", _api, methods=METHODS)
    app.add_url_rule("/connections", "connections", _api, methods=METHODS)
    app.add_url_rule("/Connections", "Connections", _api, methods=METHODS)
    app.add_url_rule("/favicon.ico", "favicon", lambda: ("", 204))  # browsers ask, and a 404 is an error to them
    app.register_error_handler(HTTPException, _plain_error)
    app.after_request(_harden)
    return app


def _due() -> None:
    """What was due by now has happened before anybody looks."""
    current_world().run_late()


def _api(rest: str = "") -> flask.Response:
    sent = flask.request
    request = Request(
        sent.method,
        sent.path,
        {name.lower(): value for name, value in sent.args.items()},
        {name.lower(): value for name, value in sent.headers.items()},
        sent.get_data(cache=False),
    )
    return _flask_response(current_world().handle(request))


def _flask_response(found: Response) -> flask.Response:
    if found.drop and not found.body:
        _cut_connection(flask.request.environ)
    response = flask.Response(_streamed(found, flask.request.environ), found.status or 500)
    if found.content_type is None:
        del response.headers["Content-Type"]
    else:
        response.headers["Content-Type"] = found.content_type
    for name, value in found.headers.items():
        response.headers[name] = value
    if found.drop and found.body:
        response.headers["Content-Length"] = str(2 * len(found.body))  # promises what will not come
    return response


def _streamed(found: Response, environ: dict[str, Any]) -> bytes | Iterator[bytes]:
    """The body; with filler after it that nobody holds in memory, or with a cut in its middle."""
    if found.filler:
        return _filled(found)
    return _until_cut(found, environ) if found.drop and found.body else found.body


def _filled(found: Response) -> Iterator[bytes]:
    yield found.body
    for start in range(0, found.filler, FILLER_BLOCK):
        yield b" " * min(FILLER_BLOCK, found.filler - start)


def _until_cut(found: Response, environ: dict[str, Any]) -> Iterator[bytes]:
    yield found.body
    _cut_connection(environ)


def _cut_connection(environ: dict[str, Any]) -> None:
    """Close the socket under the answer; the client sees a reset, or less than was promised."""
    connection: Any = environ.get("werkzeug.socket")
    if connection is not None:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


def _plain_error(error: HTTPException) -> flask.Response:
    status = 413 if isinstance(error, RequestEntityTooLarge) else error.code or 500
    return flask.Response(f"{status} {error.name}\n", status, content_type="text/plain; charset=utf-8")


def _harden(response: flask.Response) -> flask.Response:
    if response.mimetype == "text/html" and response.content_length:
        response.headers.setdefault(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'",
        )
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response
