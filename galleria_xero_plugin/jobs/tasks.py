"""The jobs. Each takes a connection's id, works for a slice, and leaves everything it knows in the database.

They run under `flask galleria-xero worker`, whose app the work horse inherits, and under a plain
`rq worker -S json galleria_xero`, which builds the site from GALLERIA_XERO_APP ("module:factory").
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

from flask import Flask, current_app
from rq import get_current_job
from rq.timeouts import BaseTimeoutException

from ..errors import GalleriaXeroError
from ..proxies import services
from .queue import answer

log = logging.getLogger("galleria_xero.jobs")

APP = "GALLERIA_XERO_APP"
_LOADED_IN = os.getpid()


def drain(connection_id: str) -> None:
    """Send what is due for this connection."""
    _run(
        "drain",
        connection_id,
        lambda stop: services().export.drain(connection_id, stop),
        lambda: services().export.failed(connection_id),
    )


def import_contacts(connection_id: str) -> None:
    """Go on with this connection's contact import."""
    _run(
        "import_contacts",
        connection_id,
        lambda stop: services().contact_import.work(connection_id, stop),
        lambda: services().contact_import.failed(connection_id),
    )


def refresh_reference(connection_id: str) -> None:
    """Read this organisation's accounts, tax rates and so on anew."""
    _run("refresh_reference", connection_id, lambda stop: services().reference.refresh(connection_id))


def sweep() -> None:
    """One sweep, for a site that lets a scheduler of its own enqueue it."""
    _run("sweep", "", lambda stop: services().schedules.sweep())


def _run(
    name: str,
    connection_id: str,
    work: Callable[[Callable[[], bool]], object],
    failed: Callable[[], None] = lambda: None,
) -> None:
    """The one ladder of exceptions. What is foreseen is no failure of the job: the sweep rings again when it may go
    on. RQ's time-out comes first, because it looks like any other exception and must end the job."""
    job = get_current_job()
    if job is not None:
        answer(job)
    app = _app()
    with app.app_context(), _stoppable() as stop, _unswallowed():
        _forget_parents_connections(app)
        try:
            work(stop)
        except BaseTimeoutException:
            raise
        except GalleriaXeroError as problem:
            log.warning("%s of connection %s: %s", name, connection_id, problem.detail or problem.user_message)
        except Exception:
            log.exception("%s of connection %s ended in an error nobody foresaw", name, connection_id)
            failed()


@contextlib.contextmanager
def _stoppable() -> Iterator[Callable[[], bool]]:
    """A process manager that ends the whole group sends SIGTERM to the work horse as well, where RQ lets it kill:
    then requests that are under way would be of unknown effect. Here it only asks the slice to end."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread() or get_current_job() is None:
        yield asked.is_set
        return
    before = signal.signal(signal.SIGTERM, lambda *_: asked.set())
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGTERM, before)


class _TimeIsUp(BaseException):
    """RQ's time-out on its way through code that catches every Exception."""

    def __init__(self, said: BaseTimeoutException) -> None:
        super().__init__(said)
        self.said = said


@contextlib.contextmanager
def _unswallowed() -> Iterator[None]:
    """RQ ends a job that takes too long by an Exception in its midst, which a host's `except Exception`, or one of
    ours, would swallow: the job would go on for ever, half done. In here it is none of those."""
    before = signal.getsignal(signal.SIGALRM) if hasattr(signal, "SIGALRM") else None
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        try:
            before(number, frame)
        except BaseTimeoutException as said:
            raise _TimeIsUp(said) from None

    signal.signal(signal.SIGALRM, ring)
    try:
        yield
    except _TimeIsUp as up:
        raise up.said from None
    finally:
        signal.signal(signal.SIGALRM, before)


def _app() -> Flask:
    """The app that the worker was started with, else the one that GALLERIA_XERO_APP names."""
    if current_app:
        return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]
    return _built(os.environ.get(APP, ""))


@functools.cache
def _built(address: str) -> Flask:
    """Once for each process. Raises RuntimeError with advice."""
    module_name, _, attribute = address.partition(":")
    if not module_name or not attribute:
        raise RuntimeError(f"set {APP} to how your site is built, e.g. {APP}=yoursite.app:create_app")
    found = getattr(importlib.import_module(module_name), attribute)
    return found if isinstance(found, Flask) else found()


def _forget_parents_connections(app: Flask) -> None:
    """A forked process must not use database connections of its parent: two would speak on one line. The host's
    code uses the same pools in here, so all of them are left to the parent (without closing what is its)."""
    database = app.extensions.get("sqlalchemy")
    if os.getpid() != _LOADED_IN and database is not None:
        for engine in database.engines.values():
            engine.dispose(close=False)
