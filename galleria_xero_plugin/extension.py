"""`GalleriaXero` puts the plugin into a host app: the composition root, the only file that knows everyone."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app

from . import config as configuration
from . import failpoints
from .cli import make_cli
from .config import Config
from .db.migrate import protect_host_migrations
from .db.uow import SqlUnits
from .db.vault import Vault, parse_keys
from .jobs.queue import RqQueue
from .ports.gallery import Gallery
from .ports.runtime import Clock, JobQueue, Mailer
from .ports.store import HostUnits
from .ports.xero import Secret, XeroApi, XeroAuth
from .proxies import EXTENSION_KEY, State, state
from .services.accepting import Accepting
from .services.activity import Activity
from .services.books_search import BooksSearch
from .services.calls import Calls
from .services.cancelling import Cancelling
from .services.connect import Connect
from .services.contact_import import ContactImport
from .services.container import Services
from .services.document_rows import Links
from .services.doorbell import Doorbell
from .services.export import Export
from .services.export.session import Timings
from .services.first_run import FirstRun
from .services.host_states import HostStates
from .services.lease import Leases, forgetful
from .services.lookalikes import Lookalikes
from .services.months import Months
from .services.notify import Notify
from .services.preview import Preview
from .services.queries import Queries
from .services.questions import Questions
from .services.redating import Redating
from .services.reference import Reference
from .services.runs import Runs
from .services.schedule import Schedules
from .services.sending_anew import SendingAnew
from .services.settings import SettingsService
from .services.settings_check import SettingsCheck
from .services.tokens import Tokens
from .system import LogMailer, SmtpMailer, SystemClock
from .web.blueprint import make_blueprint
from .web.responses import BLUEPRINT
from .xero.client import XeroClient
from .xero.links import contact_link, invoice_link
from .xero.oauth import XeroLogin
from .xero.transport import answering_within

if TYPE_CHECKING:
    from flask_sqlalchemy import SQLAlchemy
    from redis import Redis
    from sqlalchemy.orm import Session, scoped_session


class GalleriaXero:
    """The Flask extension.

    `gallery` is the host's implementation of the gallery port; `mailer` replaces the SMTP mailer, `redis` is a ready
    client to use instead of REDIS_URL. The object keeps no app: one may serve several.
    """

    def __init__(self, gallery: Gallery, *, mailer: Mailer | None = None, redis: Redis | None = None) -> None:
        self._gallery = gallery
        self._mailer = mailer
        self._redis = redis

    def init_app(self, app: Flask, db: SQLAlchemy, *, url_prefix: str = "/xero") -> None:
        """Check the configuration and register blueprint, commands and state on `app`.

        Nothing is connected to: engine and Redis are used when first needed. Raises ConfigError listing every
        fault of the configuration, and RuntimeError when the app has the plugin already.
        """
        if EXTENSION_KEY in app.extensions:
            raise RuntimeError("GalleriaXero is initialised on this app already: call init_app once for each app")
        configuration.set_defaults(app.config)
        production = not (app.debug or app.testing)
        config = configuration.read(app.config, production=production, check_keys=parse_keys)
        failpoints.arm(os.environ, production=production)
        units = SqlUnits(lambda: db.engines[config.bind_key], Vault(config.token_keys))
        app.extensions[EXTENSION_KEY] = _build(
            config, self._gallery, self._mailer or _mailer(config), units, RqQueue(config, self._redis)
        )
        app.register_blueprint(make_blueprint(), url_prefix=url_prefix)
        app.cli.add_command(make_cli(lambda: db.engines[config.bind_key]))
        app.jinja_env.globals.setdefault("galleria_xero_base", config.base_template)
        protect_host_migrations(app)


def ring(gallery_id: str, invoice_id: str | None = None, session: Session | scoped_session[Any] | None = None) -> None:
    """Tell the plugin that something changed in a gallery; needs an app context.

    With `invoice_id` and the host's `session`, the invoice's place in the ledger is written in the host's own
    transaction, so that it stands or falls with the change, and the bell rings after the host's commit. Without
    them it only rings. Nothing is sent that no run has asked for, and not calling this loses nothing: the next
    sync reads all changes anyway.
    """
    current = state()
    if invoice_id is None or session is None:
        current.services.doorbell.ring(gallery_id)
        return
    with current.units.within(session) as uow:
        current.services.doorbell.take(uow, gallery_id, invoice_id)


def _mailer(config: Config) -> Mailer:
    return SmtpMailer(config.smtp_url, config.mail_from) if config.smtp_url else LogMailer()


def _path(endpoint: str, values: dict[str, str]) -> str:
    """The path of one of our pages, also in a worker, where no request tells the host's name."""
    return current_app.url_map.bind("").build(f"{BLUEPRINT}.{endpoint}", values)


def _build(config: Config, gallery: Gallery, mailer: Mailer, units: SqlUnits, queue: RqQueue) -> State:
    auth = XeroLogin(
        config.client_id,
        Secret(config.client_secret),
        config.redirect_uri,
        authorize_url=config.authorize_url,
        token_url=config.token_url,
        connections_url=config.connections_url,
        jwks_url=config.jwks_url,
        issuer=config.issuer,
    )
    api = XeroClient(config.api_url, limits=answering_within(config.answer_within))
    return compose(config, gallery, mailer, units, queue, SystemClock(), auth, api, _path, queue.highest_lease)


def compose(
    config: Config,
    gallery: Gallery,
    mailer: Mailer,
    units: HostUnits,
    queue: JobQueue,
    clock: Clock,
    auth: XeroAuth,
    api: XeroApi,
    path: Callable[[str, dict[str, str]], str],
    highest: Callable[[str, int], int] = forgetful,
) -> State:
    """All services of one app around these adapters; `path` gives the address of one of our pages, `highest` is that
    of `Leases`."""
    links = Links(
        invoice=partial(invoice_link, base=config.deep_link_url), contact=partial(contact_link, base=config.deep_link_url)
    )
    worker = f"{socket.gethostname()}:{os.getpid()}"
    notify = Notify(units, gallery, mailer, config.site_url, path)
    tokens = Tokens(units, auth, clock, notify_reconnect=notify.reconnect_needed, claim=config.refresh_lease)
    leases = Leases(
        units, owner=worker, seconds=config.lease, highest=highest, key_window=config.key_window
    )
    runs = Runs(units, queue)
    # A 403 is judged by Connect, which itself reads the organisation through Calls: the knot is tied here
    calls = Calls(
        units,
        api,
        tokens,
        clock,
        per_minute=config.calls_per_minute,
        day_reserve=config.day_reserve,
        offline_pause=config.offline_pause,
        lost=lambda connection_id: connect.noticed_lost(connection_id),
    )
    reference = Reference(units, api, calls, clock)
    schedules = Schedules(units, gallery, runs, queue, tokens, notify, clock)
    connect = Connect(units, auth, tokens, runs, reference, schedules, queue, clock, gallery=gallery, notify=notify)
    export = Export(
        units,
        gallery,
        api,
        calls,
        leases,
        reference,
        queue,
        clock,
        Timings(
            settle=config.settle,
            key_window=config.key_window,
            quiet_period=config.quiet_period,
            send_deadline=config.send_deadline,
            slice=config.slice,
        ),
        worker=worker,
        finished=notify.first_export_finished,
    )
    queries = Queries(units, gallery, queue, links)
    settings = SettingsService(units, gallery, schedules, queue)
    return State(
        config=config,
        gallery=gallery,
        units=units,
        queue=queue,
        services=Services(
            connect=connect,
            tokens=tokens,
            reference=reference,
            settings=settings,
            runs=runs,
            export=export,
            contact_import=ContactImport(units, gallery, api, calls, leases, queue, clock, config),
            schedules=schedules,
            notify=notify,
            queries=queries,
            activity=Activity(units, gallery, runs, links, queries.service_page, config.quiet_period),
            check=SettingsCheck(units, gallery, settings, queries.settings_page),
            months=Months(units, gallery, queue, links, queries.service_page),
            questions=Questions(units, runs),
            redating=Redating(units, runs),
            accepting=Accepting(units),
            cancelling=Cancelling(units, queries, runs),
            sending_anew=SendingAnew(units, gallery, runs),
            doorbell=Doorbell(units, gallery, queue, quiet_period=config.quiet_period),
            lookalikes=Lookalikes(units, gallery, queries, runs, links, config.quiet_period),
            books_search=BooksSearch(units, api, calls),
            preview=Preview(units, gallery, queries, config.quiet_period),
            first_run=FirstRun(units, gallery, queries, runs, links),
            host_states=HostStates(units, gallery, links),
        ),
    )
