"""The gallery site "Art Galleria" without the plugin: an app factory as a customer might have one.

Configuration comes as a mapping, or from the JSON file that `GALLERIA_DEMO_CONFIG` names, so that the web
server and the workers, which are processes of their own, read the same. Keys of the site itself:

    SECRET_KEY                  signs the session cookie
    SQLALCHEMY_DATABASE_URI     a SQLite file or PostgreSQL
    DEMO_URL                    where browsers find the site, e.g. http://localhost:8321
    DEMO_BOOKS_URL              where the books of the local Xero can be looked at, if there is one
    INVOICE_STATES              a function (gallery id, invoice ids) giving a badge (words, tone, reason, activity_url,
                                xero_url) by id, for the invoice pages
    WEBSITE_TABS                functions giving a further tab (label, url, active) of the page Websites
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, render_template
from flask_login import LoginManager
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy import event

from . import changes, filters, invoice_pages, pages, people
from .models import User, db

CONFIG_FILE = "GALLERIA_DEMO_CONFIG"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
login_manager = LoginManager()
login_manager.login_view = login_manager.refresh_view = "people.login"
login_manager.login_message_category = login_manager.needs_refresh_message_category = "info"
login_manager.needs_refresh_message = "For this, please sign in again."
csrf = CSRFProtect()


def create_site(config: Mapping[str, Any] | None = None) -> Flask:
    """The site, ready to serve; `create_tables` makes its tables."""
    app = Flask(__name__)
    app.config.from_mapping(
        SESSION_COOKIE_NAME="art_galleria", SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_HTTPONLY=True, REMEMBER_COOKIE_SAMESITE="Lax", WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=1 << 20, DEMO_URL="http://localhost:8321", WEBSITE_TABS=(),
        DEMO_BOOKS_URL="", INVOICE_STATES=lambda gallery_id, ids: {},
    )  # fmt: skip
    if CONFIG_FILE in os.environ:
        app.config.from_file(os.environ[CONFIG_FILE], json.load)
    app.config.from_mapping(config or {})
    for key in ("SECRET_KEY", "SQLALCHEMY_DATABASE_URI"):
        if not app.config.get(key):
            raise RuntimeError(f"the demo site needs {key}: give it to create_site, or name a file in {CONFIG_FILE}")
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    changes.watch(db.session)
    login_manager.init_app(app)
    csrf.init_app(app)
    for part in (people, pages, invoice_pages):
        app.register_blueprint(part.bp)
    filters.register(app)
    app.after_request(protect)
    app.register_error_handler(403, lambda e: (render_template("demo/error.html", code=403), 403))
    app.register_error_handler(404, lambda e: (render_template("demo/error.html", code=404), 404))
    app.register_error_handler(CSRFError, lambda e: (render_template("demo/error.html", code=400), 400))
    return app


@login_manager.user_loader
def load_user(id: str) -> User | None:
    """The signed-in person, read anew for every request, so that a change of role counts at once."""
    return db.session.get(User, int(id))


def protect(response: Response) -> Response:
    """A strict policy for every page: no inline script or style, nothing from elsewhere, nobody's frame."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if "Cache-Control" not in response.headers and response.mimetype == "text/html":
        response.headers["Cache-Control"] = "no-store"
    return response


def prepare_engine(engine: Any) -> None:
    """On SQLite: readers do not wait for writers (WAL), writers wait for each other, references hold."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_connection)


def _prepare_connection(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def create_tables(app: Flask) -> None:
    """The site's own tables; the plugin's come by its own migrations."""
    with app.app_context():
        db.create_all()
