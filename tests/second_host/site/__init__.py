"""Kabinett: a site for dealers in prints. The second host, built from the README's text alone."""
from __future__ import annotations

import datetime as dt
import os

from flask import Flask, Response
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_wtf import CSRFProtect

from galleria_xero_plugin import GalleriaXero, include_name, nav_entry

from .gallery import KabinettGallery
from .models import Person, db
from .pages import pages

POLICY = ("default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
          "form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
MOUNT = "/verwaltung/webservices"
DEFAULTS = {
    "SECRET_KEY": "kabinett-" * 4,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "KABINETT_ADDRESS": "https://kabinett.example",
    "KABINETT_INCLUDE_NAME": True,      # the line that the README asks for
    "KABINETT_MIGRATE_LAST": False,     # the README wants it before the plugin
    "GALLERIA_XERO_BASE_TEMPLATE": "kabinett/rahmen.html",
}


def create_app(**settings: object) -> Flask:
    """The site; `settings` win over the environment's, which win over the defaults."""
    app = Flask(__name__, static_url_path="/dateien")
    app.config.update(DEFAULTS)
    app.config.from_prefixed_env("KABINETT_SITE")
    app.config.update(settings)
    db.init_app(app)
    _sign_in(app)
    CSRFProtect(app)
    if not app.config["KABINETT_MIGRATE_LAST"]:
        _migrate(app)
    GalleriaXero(KabinettGallery()).init_app(app, db, url_prefix=MOUNT)
    if app.config["KABINETT_MIGRATE_LAST"]:
        _migrate(app)
    app.register_blueprint(pages)
    app.jinja_env.globals["webservices_tab"] = nav_entry
    app.after_request(_protect)
    return app


def from_environment() -> Flask:
    """For `flask --app` and for workers."""
    return create_app(SQLALCHEMY_DATABASE_URI=os.environ["KABINETT_DATABASE"])


def _sign_in(app: Flask) -> None:
    login = LoginManager(app)
    login.login_view = login.refresh_view = "pages.sign_in"
    login.login_message = "Bitte melden Sie sich an."
    app.config["REMEMBER_COOKIE_DURATION"] = dt.timedelta(days=30)

    @login.user_loader
    def person(key: str) -> Person | None:
        return db.session.get(Person, int(key))


def _migrate(app: Flask) -> None:
    Migrate(app, db, **({"include_name": include_name} if app.config["KABINETT_INCLUDE_NAME"] else {}))


def _protect(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    return response
