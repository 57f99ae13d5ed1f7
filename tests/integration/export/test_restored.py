"""The database comes back from a backup: what was sent since stands in Xero, and nobody here knows of it.

Everything is recognised by its marker, nothing is created twice, whatever the prefix is now (export-protocol §2.9).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from galleria_xero_plugin.db.models import Base
from galleria_xero_plugin.domain.settings import Settings
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunState, RunTrigger
from galleria_xero_plugin.ports.records import ConnectionStatus, Run
from galleria_xero_plugin.ports.xero import Secret, TokenSet, XeroTenant
from galleria_xero_plugin.services.lease import Leases, restored
from galleria_xero_plugin.simulator import Simulator
from galleria_xero_plugin.simulator.core.seeds import NORTH_LIGHT
from galleria_xero_plugin.testing import factories

from .office import OWNER, Office
from .test_clean_run import DAY, books, created, invoices_in_xero
from .test_unclear_answers import someone_enters

SALES = 50
TENANT = XeroTenant("conn-1", NORTH_LIGHT, "ORGANISATION", "North Light Gallery")


class Backup:
    """Everything in our tables at one moment."""

    def __init__(self, office: Office) -> None:
        self._office = office
        with office.engine.connect() as connection:
            self._rows: list[tuple[Any, list[dict[str, Any]]]] = [
                (table, [dict(row._mapping) for row in connection.execute(text(f"SELECT * FROM {table.name}"))])  # noqa: S608
                for table in Base.metadata.sorted_tables
            ]

    def restore(self) -> None:
        """Put it back, and say so: `flask galleria-xero restored`."""
        self.put_back()
        with self._office.units.write() as uow:
            restored(uow, dt.timedelta(minutes=6))
            uow.commit()

    def put_back(self) -> None:
        """Put it back, and say nothing."""
        with self._office.engine.begin() as connection:
            for table, _ in reversed(self._rows):
                connection.execute(table.delete())
            for table, rows in self._rows:
                if rows:
                    columns = ", ".join(f":{name}" for name in rows[0])
                    connection.execute(text(f"INSERT INTO {table.name} ({', '.join(rows[0])}) VALUES ({columns})"), rows)  # noqa: S608


def sell(office: Office, sales: int) -> None:
    """So many sales of 120.00, each with two part payments of 50.00 on one day."""
    for number in range(sales):
        buyer = factories.make_contact(f"c-{number % 7}", "Ida", f"Renn the {number % 7}th")
        sale = office.sell(date=DAY, contact=buyer)
        office.gallery.add_payment(sale.id, 50, date=DAY)
        office.gallery.add_payment(sale.id, 50, date=DAY)


def reconnect(office: Office) -> None:
    """The restored permission is too old: the owner gives it again."""
    with office.units.write() as uow:
        uow.connections.set_status(office.connection.id, ConnectionStatus.NEEDS_REAUTH, "needs_reauth")
        granted = office.simulator.connect()
        tokens = TokenSet(Secret(granted["access_token"]), Secret(granted["refresh_token"]), 1_800_000)
        office.connection = uow.connections.connect("north-light", office.webservice.id, TENANT, tokens)
        uow.commit()


def press_sync(office: Office) -> Run:
    """A new sync, or the one that was going when the backup was taken."""
    run, _ = office.runs.open_or_current("north-light", office.webservice.id, OWNER, RunTrigger.PERSON)
    return run


def backups(office: Office) -> dict[str, Backup]:
    """Fifty sales in Xero, and a backup of yesterday, when none of them was there, and one of an hour ago, taken
    while a request with payments was under way."""
    taken = {"yesterday": Backup(office)}
    sell(office, SALES)
    office.time.pass_by(hours=23)

    def in_the_midst(request) -> None:
        if request.is_write and request.path == "/Payments" and "an hour ago" not in taken:
            taken["an hour ago"] = Backup(office)

    office.api.after = in_the_midst
    assert office.sync().state is RunState.FINISHED
    office.api.after = lambda request: None
    office.time.pass_by(hours=1)
    return taken


def check_nothing_was_doubled(office: Office, run_id: str) -> None:
    assert office.run(run_id).state is RunState.FINISHED
    assert (created(office, "Invoice"), created(office, "Payment"), created(office, "Contact")) == (SALES, 2 * SALES, 7)
    assert books(office)["duplicatePaymentReferences"] == {}
    assert {row["AmountPaid"] for row in invoices_in_xero(office).values() if "G-" in str(row)} <= {Decimal(100), 0}
    assert office.waiting() == {}
    states = office.states()
    assert (states["invoice done"], states["payment done"]) == (SALES, 2 * SALES)


@pytest.mark.parametrize("prefix", ["AG", "NEW"])
@pytest.mark.parametrize("when", ["yesterday", "an hour ago"])
def test_fifty_of_fifty_are_recognised_and_nothing_is_doubled(office: Office, when: str, prefix: str):
    backups(office)[when].restore()
    reconnect(office)
    office.save(office.settings(prefix=prefix))

    run = press_sync(office)
    office.ring()
    assert created(office, "Invoice") == SALES and office.states().get("payment done", 0) < SALES, "quarantine first"
    office.time.pass_by(minutes=7)
    for _ in range(4):
        office.ring()
        office.time.pass_by(minutes=4)

    check_nothing_was_doubled(office, run.id)
    if when == "yesterday":
        assert office.run(run.id).counts["adopted"] == 3 * SALES
    office.gallery.add_payment("inv-1", 20, date=DAY)
    office.sell(date=DAY)
    office.sync()
    assert (created(office, "Invoice"), created(office, "Payment")) == (SALES + 1, 2 * SALES + 1)
    assert f"{prefix}-{SALES + 1}" in invoices_in_xero(office)
    office.time.pass_by(days=1)
    assert office.export().compare(office.connection.id).clean


@pytest.fixture
def on_postgresql(simulator: Simulator, postgres_url: str) -> Iterator[Office]:
    office = Office(simulator, postgres_url)
    yield office
    office.engine.dispose()


def test_on_postgresql_too(on_postgresql: Office):
    office = on_postgresql
    backups(office)["an hour ago"].restore()
    reconnect(office)
    office.save(office.settings(prefix="NEW"))
    run = press_sync(office)
    for _ in range(4):
        office.time.pass_by(minutes=7)
        office.ring()
    check_nothing_was_doubled(office, run.id)


@pytest.mark.parametrize("lost", ["the webservice was deleted", "the backup is older than the connection"])
def test_a_webservice_made_anew_recognises_what_an_earlier_one_sent(office: Office, lost: str):
    sell(office, 8)
    office.sync()
    if lost == "the backup is older than the connection":
        with office.engine.begin() as connection:
            for table in reversed(Base.metadata.sorted_tables):
                connection.execute(table.delete())
    else:
        with office.units.write() as uow:
            uow.webservices.delete("north-light", office.webservice.id)
            uow.connections.close(office.connection.id)
            uow.commit()
        with office.engine.begin() as connection:  # and its ledger is lost as well
            for table in ("attempt_document", "attempt", "export", "contact_link"):
                connection.execute(text(f"DELETE FROM galleria_xero_{table}"))
    office.time.pass_by(hours=1)
    with office.units.write() as uow:
        office.webservice = uow.webservices.add("north-light", Settings(), OWNER)
        granted = office.simulator.connect()
        tokens = TokenSet(Secret(granted["access_token"]), Secret(granted["refresh_token"]), 1_800_000)
        office.connection = uow.connections.connect("north-light", office.webservice.id, TENANT, tokens)
        uow.commit()
    office.reference().refresh(office.connection.id)
    office.save(office.settings(prefix="NEW"))

    office.sync()

    assert (created(office, "Invoice"), created(office, "Payment"), created(office, "Contact")) == (8, 16, 7)
    assert office.states()["invoice done"] == 8
    row = office.document(DocumentKind.INVOICE, "inv-1")
    assert (row.natural_key, row.xero_number, row.adopted) == ("NEW-1", "AG-1", True)


def test_ours_is_recognised_although_its_new_number_is_somebody_elses(office: Office):
    yesterday = Backup(office)
    sell(office, 2)
    office.sync()
    someone_enters(office, "NEW-1", Decimal("77.00"))
    yesterday.restore()
    office.time.pass_by(minutes=7)
    office.save(office.settings(prefix="NEW"))

    office.sync()

    row = office.document(DocumentKind.INVOICE, "inv-1")
    assert (row.state, row.xero_number) == (DocumentState.DONE, "AG-1")
    assert office.waiting() == {}


def test_a_restore_that_nobody_told_of_is_noticed(office: Office, caplog: pytest.LogCaptureFixture):
    """Somebody copied the file back and did not say so: the lease's number is one that was given before."""
    given: dict[str, int] = {}

    def highest(connection_id: str, number: int) -> int:
        given[connection_id] = max(number, given.get(connection_id, 0))
        return given[connection_id]

    def worker():
        export = office.export()
        export._leases = Leases(office.units, owner="w", seconds=120, highest=highest)
        return export

    yesterday = Backup(office)
    sell(office, 3)
    for _ in range(3):
        press_sync(office)
        office.work(worker())
    yesterday.put_back()
    press_sync(office)
    office.work(worker())
    assert created(office, "Payment") == 6 and office.states() == {}
    assert "the database is older" in caplog.text

    office.time.pass_by(minutes=7)
    office.bell.rings = [office.connection.id]
    office.work(worker())
    assert (created(office, "Invoice"), created(office, "Payment")) == (3, 6)
    assert office.states()["payment done"] == 6
