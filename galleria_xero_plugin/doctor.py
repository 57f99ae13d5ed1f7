"""What `flask galleria-xero doctor` looks at: what only a running site can tell, each with advice."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, url_for
from jinja2 import TemplateNotFound

from . import config as configuration
from .db import migrate
from .errors import TokenUnreadable
from .jobs.worker import NoRedis, workers_seen
from .proxies import state

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

CLOCKS_APART = dt.timedelta(seconds=30)
ENOUGH_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: how it is, what it is about, and what to do."""

    class Grade(enum.StrEnum):
        OK = "OK"
        WARN = "warn"
        FAIL = "FAIL"

    grade: Grade
    about: str
    words: str

    def __str__(self) -> str:
        return f"{self.grade:<5}{self.about}: {self.words}"


OK, WARN, FAIL = Finding.Grade


def examine(app: Flask, engine: Callable[[], Engine]) -> list[Finding]:
    """All findings; inside an application context."""
    return [
        _guarded("configuration", lambda: _configuration(app)),
        _guarded("redirect address", lambda: _redirect_address(app)),
        _guarded("base template", lambda: _base_template(app)),
        _guarded("session", lambda: _session(app)),
        _guarded("CSRF", lambda: _csrf(app)),
        _guarded("tables", lambda: _tables(engine())),
        _guarded("database", lambda: _database(engine())),
        _guarded("clock", _clock),
        _guarded("token keys", _keys),
        *_redis_and_workers(app),
    ]


def _guarded(about: str, look: Callable[[], tuple[Finding.Grade, str]]) -> Finding:
    try:
        grade, words = look()
    except Exception as problem:  # a check that breaks is a finding too; the others still want to be seen
        grade, words = FAIL, f"could not be checked ({type(problem).__name__})"
    return Finding(grade, about, words)


def _configuration(app: Flask) -> tuple[Finding.Grade, str]:
    unknown = configuration.unknown(app.config)
    if not unknown:
        return OK, "every key is known"
    each = (key + (f" (did you mean {meant}?)" if meant else "") for key, meant in unknown.items())
    return WARN, f"no such key, so it has no effect: {', '.join(each)}"


def _base_template(app: Flask) -> tuple[Finding.Grade, str]:
    name = state().config.base_template
    try:
        app.jinja_env.get_template(name)
    except TemplateNotFound as missing:
        return FAIL, f"there is no template {missing.name}: GALLERIA_XERO_BASE_TEMPLATE is {name}"
    return OK, name


def _session(app: Flask) -> tuple[Finding.Grade, str]:
    if not app.secret_key:
        return FAIL, "SECRET_KEY is missing: without it the site has no sessions, and nobody can sign in"
    if str(app.config["SESSION_COOKIE_SAMESITE"]).lower() == "strict":
        return FAIL, (
            'SESSION_COOKIE_SAMESITE is "Strict": whoever comes back from Xero would not be signed in any more; '
            'set it to "Lax"'
        )
    return OK, "its cookie comes along when somebody returns from Xero"


def _redirect_address(app: Flask) -> tuple[Finding.Grade, str]:
    configured = state().config.redirect_uri
    with app.test_request_context():
        path = url_for("galleria_xero.callback")
    if not urlsplit(configured).path.endswith(path):
        return FAIL, f"GALLERIA_XERO_REDIRECT_URI must end with {path}, where this site answers Xero"
    if "xero" in (urlsplit(configured).hostname or "").lower():
        return WARN, "the host name contains \"xero\": Xero refuses links to it in invoices"
    return OK, f"{configured} (register exactly this one with Xero)"


def _csrf(app: Flask) -> tuple[Finding.Grade, str]:
    if "csrf" not in app.extensions:
        return WARN, "no CSRFProtect on this site: the plugin checks its own forms, yours may be open"
    return OK, "CSRFProtect is there"


def _tables(engine: Engine) -> tuple[Finding.Grade, str]:
    if migrate.at_head(engine):
        return OK, f"at revision {migrate.current(engine)}"
    return FAIL, "not those of this release: run `flask galleria-xero db upgrade`"


def _database(engine: Engine) -> tuple[Finding.Grade, str]:
    if engine.dialect.name != "sqlite":
        return OK, engine.dialect.name
    with engine.connect() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
    if mode != "wal":
        return WARN, "SQLite without WAL: a slow page of the site holds the sync up; PRAGMA journal_mode=WAL cures it"
    return OK, "SQLite with WAL"


def _clock() -> tuple[Finding.Grade, str]:
    with state().units.read() as uow:
        apart = abs(uow.now() - dt.datetime.now(dt.UTC))
    if apart > CLOCKS_APART:
        return WARN, f"this machine and the database are {apart.total_seconds():.0f} s apart: set both by NTP"
    return OK, "this machine and the database agree"


def _keys() -> tuple[Finding.Grade, str]:
    with state().units.read() as uow:
        connections = uow.connections.to_keep(uow.now() + dt.timedelta(days=36_500))[:ENOUGH_ROWS]
        unreadable = 0
        for connection in connections:
            try:
                uow.connections.tokens(connection.id)
            except TokenUnreadable:
                unreadable += 1
    if unreadable:
        cannot = f"{counted(unreadable, 'connection')} cannot be opened"
        return FAIL, f"{cannot}: a key is missing from GALLERIA_XERO_TOKEN_KEYS"
    keys = len(state().config.token_keys)
    more = "; run `flask galleria-xero rotate-keys`, then remove the old ones" if keys > 1 else ""
    return OK, f"{counted(len(connections), 'connection')} can be opened with {counted(keys, 'key')}{more}"


def _redis_and_workers(app: Flask) -> list[Finding]:
    """Without Redis nothing can be said about workers."""
    try:
        workers = workers_seen(app)
    except NoRedis:
        words = "does not answer at GALLERIA_XERO_REDIS_URL: nothing is sent until it does"
        return [Finding(FAIL, "Redis", words)]
    answers = Finding(OK, "Redis", "answers")
    if not workers:
        return [answers, Finding(FAIL, "workers", "none was seen lately: run `flask galleria-xero worker`")]
    return [answers, Finding(OK, "workers", f"{counted(workers, 'worker')} seen lately")]


def counted(number: int, what: str) -> str:
    """1 connection, 2 connections."""
    return f"{number} {what}" + ("" if number == 1 else "s")
