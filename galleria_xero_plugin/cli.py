"""`flask galleria-xero ...`: what a site's developer and operator type."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import with_appcontext

from .db import migrate
from .db.vault import generate_key
from .doctor import FAIL, counted, examine
from .domain.states import WAITING, DocumentKind, RunTrigger
from .errors import GalleriaXeroError, InvalidInput
from .jobs.worker import NoRedis, run_tick, run_worker, tick_command
from .ports.records import Actor, Connection, ConnectionStatus
from .proxies import services, state
from .services.lease import restored

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

GROUP = "galleria-xero"
COMMAND_LINE = Actor("", "command line")
ROWS = 200
FOREVER = dt.timedelta(days=36_500)
UPGRADE = f"run `flask {GROUP} db upgrade`"


def make_cli(engine: Callable[[], Engine]) -> click.Group:
    """The command group; `engine` gives the engine of our tables, inside an application context."""
    group = click.Group(GROUP, help="Keeps the galleries of this site in step with Xero.")
    for command in (_worker, _tick, _sweep, _sync, _reconcile, _rotate_keys, _restored, _new_key):
        group.add_command(command)
    group.add_command(_database(engine))
    group.add_command(_doctor(engine))
    return group


def _database(engine: Callable[[], Engine]) -> click.Group:
    group = click.Group("db", help="The plugin's own tables.")

    @group.command("upgrade")
    @with_appcontext
    def upgrade() -> None:
        """Create the tables, or bring them up to date."""
        migrate.upgrade(engine())
        click.echo(f"The tables are at revision {migrate.current(engine())}.")

    @group.command("current")
    @with_appcontext
    def current() -> None:
        """Show the revision of the tables."""
        click.echo(migrate.current(engine()) or f"There are no tables yet: {UPGRADE}.")

    @group.command("check")
    @with_appcontext
    def check() -> None:
        """Compare the tables with what this release expects."""
        if migrate.current(engine()) is None:
            raise click.ClickException(f"There are no tables yet: {UPGRADE}.")
        differences = migrate.check(engine())
        for difference in differences:
            click.echo(difference)
        if differences or not migrate.at_head(engine()):
            raise click.ClickException(f"These are not the tables of this release: {UPGRADE}.")
        click.echo("The tables are those of this release.")

    return group


def _doctor(engine: Callable[[], Engine]) -> click.Command:
    @click.command("doctor")
    @with_appcontext
    def doctor() -> None:
        """Check what only a running site can tell."""
        findings = examine(current_app._get_current_object(), engine)  # type: ignore[attr-defined]
        for finding in findings:
            click.echo(finding)
        if any(finding.grade is FAIL for finding in findings):
            raise SystemExit(1)

    return doctor


@click.command("worker")
@click.option("--burst", is_flag=True, help="End when the queue is empty.")
@click.option("--no-tick", is_flag=True, help="Leave the schedule to a cron job that runs `sweep`.")
@with_appcontext
def _worker(burst: bool, no_tick: bool) -> None:
    """Work: an RQ worker with the right settings, and the tick beside it."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        run_worker(app, burst=burst, tick=None if burst or no_tick else tick_command(GROUP))
    except NoRedis as problem:
        raise click.ClickException(problem.user_message) from None


@click.command("tick")
@click.option("--parent", type=int, help="End when this is no longer the parent process.")
@with_appcontext
def _tick(parent: int | None) -> None:
    """Look for due work every ten seconds (`worker` starts this by itself)."""
    run_tick(current_app._get_current_object(), parent=parent)  # type: ignore[attr-defined]


@click.command("sweep")
@with_appcontext
def _sweep() -> None:
    """Look for due work once: for any cron, as often as you like."""
    report = services().schedules.sweep()
    click.echo(
        f"Started by schedule: {report.started}. Rung: {report.rung}. Permissions renewed: {report.kept}. "
        f"Mails: {report.mailed}. Old consents removed: {report.purged}."
    )


@click.command("sync")
@click.argument("gallery")
@with_appcontext
def _sync(gallery: str) -> None:
    """Start a sync of GALLERY (its id), as Sync now does."""
    with state().units.read() as uow:
        webservices = uow.webservices.of_gallery(gallery)
    if not webservices:
        raise click.ClickException(f"The gallery {gallery} has no webservice.")
    try:
        run, new = services().runs.open_or_current(gallery, webservices[-1].id, COMMAND_LINE, RunTrigger.PERSON)
    except InvalidInput as problem:
        raise click.ClickException("; ".join(problem.errors.values())) from None
    except GalleriaXeroError as problem:
        raise click.ClickException(problem.user_message) from None
    click.echo(f"Sync {run.id} {'started' if new else 'is going already'}.")


@click.command("reconcile")
@click.argument("gallery", required=False)
@with_appcontext
def _reconcile(gallery: str | None) -> None:
    """Compare the gallery, the ledger and Xero, for GALLERY or for all; fails when they do not agree."""
    with state().units.read() as uow:
        connections = [
            connection
            for connection in uow.connections.to_keep(uow.now() + FOREVER)
            if connection.status is ConnectionStatus.ACTIVE and gallery in (None, connection.gallery_id)
        ]
    if not connections:
        whose = "There is no connected webservice" if gallery is None else f"{gallery} has no connected webservice"
        click.echo(f"{whose}: nothing to compare.")
    clean = 0
    for connection in connections:
        try:
            found = services().export.compare(connection.id)
        except GalleriaXeroError as problem:
            click.echo(f"{connection.gallery_id}: {problem.user_message}", err=True)
        else:
            click.echo(f"{connection.gallery_id}: {found} {_waiting(connection)}")
            clean += found.clean
    if clean < len(connections):
        raise click.ClickException(f"Only {clean} of {len(connections)} agree.")


def _waiting(connection: Connection) -> str:
    """What was not compared, because it has not been sent."""
    with state().units.read() as uow:
        counts = uow.ledger.counts(connection.gallery_id, connection.tenant_id)
    waiting = sum(counts.get((DocumentKind.INVOICE, one), 0) for one in WAITING)
    if not waiting:
        return "No invoice waits."
    return f"{counted(waiting, 'invoice')} {'waits' if waiting == 1 else 'wait'}: Activity says why."


@click.command("rotate-keys")
@with_appcontext
def _rotate_keys() -> None:
    """Encrypt all stored tokens with the first of TOKEN_KEYS. May be stopped and started again."""
    after, total = "", 0
    while True:
        with state().units.write(patience=30) as uow:
            after, changed = uow.connections.rotate_keys(after, ROWS)
            uow.commit()
        total += changed
        if not after:
            break
    click.echo(f"{counted(total, 'connection')} put under the first key.")


@click.command("restored")
@with_appcontext
def _restored() -> None:
    """Say that the database was restored from a backup: for some minutes everything is looked up in Xero before
    anything is sent."""
    with state().units.write(patience=30) as uow:
        connections, until = restored(uow, state().config.key_window)
        uow.commit()
    looks = f"{counted(connections, 'connection')} {'looks' if connections == 1 else 'look'} first"
    click.echo(f"{looks} until {until:%Y-%m-%d %H:%M:%S} UTC.")
    click.echo("A restored permission is usually too old: galleries may have to press Reconnect.")


@click.command("new-key")
def _new_key() -> None:
    """Make another key for GALLERIA_XERO_TOKEN_KEYS."""
    click.echo(generate_key())
