"""Documents in odd situations: each reaches the books once, or waits for somebody who can do something about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import text

from galleria_xero_plugin.domain.accounting import Element
from galleria_xero_plugin.domain.markers import contact_number, marker
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunState
from galleria_xero_plugin.ports.records import ContactLink
from galleria_xero_plugin.ports.xero import Answer, Quota
from galleria_xero_plugin.services.doorbell import Doorbell
from galleria_xero_plugin.simulator.core.seeds import NORTH_LIGHT
from galleria_xero_plugin.testing import factories

from .office import OWNER, Office
from .test_clean_run import DAY, contacts_in_xero, created, invoices_in_xero
from .test_unclear_answers import fault, put_by_hand, settle

IDA = factories.make_contact("c-51", "Ida", "Renn", email="ida@one.example")
MAX = factories.make_contact("c-52", "Max", "Oller")


def by_hand(office: Office, resource: str, body: dict) -> None:
    put_by_hand(office, resource, body, office.simulator.headers(office.simulator.connect()))


def change_in_xero(office: Office, resource: str, key: str, **fields: object) -> None:
    """A person changes a record in Xero."""
    table = office.simulator.world.organisations[NORTH_LIGHT].table(resource)
    table.put({**table.rows[key], "UpdatedDateUTC": office.time.now(), **fields})


def elements(office: Office, path: str, found: Sequence[Element], times: int = 1) -> None:
    """Xero's next answers to a PUT there consist of these elements, and nothing is created."""
    left = [times]

    def instead(request) -> Answer | None:
        if not (request.is_write and request.path == path and left[0]):
            return None
        left[0] -= 1
        return Answer(tuple(found), Quota(), 200, None)

    office.api.before = instead


def restore(office: Office, *, prefix: str = "AG") -> None:
    """The database comes back from a backup that is older than everything that was sent."""
    with office.engine.begin() as connection:
        for table in ("attempt_document", "attempt", "export", "contact_link"):
            connection.execute(text(f"DELETE FROM galleria_xero_{table}"))
        connection.execute(text("UPDATE galleria_xero_webservice SET cursor = NULL"))
    office.save(office.settings(prefix=prefix))
    with office.units.write() as uow:
        uow.connections.quarantine(uow.now() + dt.timedelta(minutes=6))
        uow.commit()
    office.time.pass_by(minutes=6)


def tell_at_once(office: Office, invoice_id: str) -> None:
    """The gallery notes its change with us in its own transaction."""
    doorbell = Doorbell(office.units, office.gallery, office.bell, quiet_period=dt.timedelta(hours=1))
    with office.units.write() as uow:
        doorbell.take(uow, "north-light", invoice_id)
        uow.commit()


def send_again(office: Office, kind: DocumentKind, local_id: str) -> None:
    row = office.document(kind, local_id)
    office.runs.send_again("north-light", office.webservice.id, [row.id], OWNER)
    office.work()


# -- contacts


def test_a_name_that_somebody_takes_at_the_last_moment_is_asked_about_and_the_answer_counts(office: Office):
    office.sell(date=DAY, contact=IDA)

    def namesake(request) -> None:
        if request.is_write:
            office.api.before = lambda request: None
            by_hand(office, "Contacts", {"Name": "Ida Renn", "EmailAddress": "ida@two.example"})

    office.api.before = namesake
    run = office.sync()
    settle(office)
    assert office.waiting()["contact_email_differs"] == 1
    assert office.run(run.id).state is RunState.FINISHED

    hers = next(row for row in contacts_in_xero(office) if row["Name"] == "Ida Renn")
    with office.units.write() as uow:
        uow.contacts.link("north-light", NORTH_LIGHT, [ContactLink(IDA.id, hers["ContactID"], "person")])
        uow.commit()
    send_again(office, DocumentKind.CONTACT, IDA.id)

    assert (created(office, "Invoice"), created(office, "Contact")) == (1, 1), "nobody was created beside her"


def test_a_contact_that_xero_refused_is_sent_as_it_was_corrected(office: Office):
    sale = office.sell(date=DAY, contact=IDA)
    number = contact_number(marker("north-light", "contact", IDA.id))
    elements(office, "/Contacts", [Element(number, None, ok=False, errors=("The name is not to our liking.",))])
    office.sync()
    assert office.document(DocumentKind.CONTACT, IDA.id).state is DocumentState.REJECTED

    office.gallery.change_invoice(sale.id, contact=replace(IDA, last_name="Renner"))
    send_again(office, DocumentKind.CONTACT, IDA.id)

    assert [c["Name"] for c in contacts_in_xero(office) if c["Name"].startswith("Ida R")] == ["Ida Renner"]


def test_a_sale_goes_although_its_buyers_first_sale_went_to_somebody_else_meanwhile(office: Office):
    first = office.sell(date=DAY, contact=IDA)
    office.sell(date=DAY, contact=IDA)
    office.press_sync()
    _scan(office)
    office.gallery.change_invoice(first.id, contact=MAX)
    office.work()

    assert created(office, "Invoice") == 2
    assert office.states() == {"contact done": 2, "invoice done": 2}


def test_a_buyer_whose_only_sale_was_cancelled_can_buy_again(office: Office):
    first = office.sell(date=DAY, contact=IDA, total=Decimal(999))  # its totals do not agree: it waits
    office.press_sync()
    _scan(office)
    office.gallery.cancel_invoice(first.id)
    office.gallery.change_invoice(first.id, contact=MAX)
    office.work()
    office.sell(date=DAY, contact=IDA)
    office.sync()

    assert invoices_in_xero(office)["AG-2"]["Status"] == "AUTHORISED"


def _scan(office: Office) -> None:
    """A slice that ends when the gallery has been read."""
    office.bell.rings = []
    office.export(slice_seconds=0).drain(office.connection.id)


def test_a_contact_merged_in_xero_is_followed(office: Office):
    office.sell(date=DAY, contact=IDA)
    office.sell(date=DAY, contact=MAX)
    office.sync()
    ids = {row["Name"]: row["ContactID"] for row in contacts_in_xero(office)}
    office.time.pass_by(hours=1)
    change_in_xero(
        office, "Contacts", ids["Ida Renn"], ContactStatus="ARCHIVED", MergedToContactID=ids["Max Oller"]
    )
    office.sell(date=DAY, contact=IDA)

    office.sync()

    assert invoices_in_xero(office)["AG-3"]["Contact"]["ContactID"] == ids["Max Oller"]


def test_an_archived_contact_holds_its_sales_until_it_is_active_again(office: Office):
    office.sell(date=DAY, contact=IDA)
    office.sync()
    hers = next(row for row in contacts_in_xero(office) if row["Name"] == "Ida Renn")["ContactID"]
    office.time.pass_by(hours=1)
    change_in_xero(office, "Contacts", hers, ContactStatus="ARCHIVED")
    office.sell(date=DAY, contact=IDA)
    office.sync()
    assert office.waiting() == {"contact_archived": 1}

    office.time.pass_by(hours=1)
    change_in_xero(office, "Contacts", hers, ContactStatus="ACTIVE")
    office.sync()
    assert created(office, "Invoice") == 2


# -- invoices


@pytest.mark.parametrize("prefix", ["AG", "NEW"])
def test_after_a_restore_everything_is_found_again_whatever_the_prefix_is_now(office: Office, prefix: str):
    for _ in range(50):
        sale = office.sell(date=DAY)
        office.gallery.add_payment(sale.id, 50)
    office.sync()
    before = (created(office, "Invoice"), created(office, "Payment"), created(office, "Contact"))
    restore(office, prefix=prefix)
    office.gallery.calls.clear()
    office.time.pass_by(days=1)

    run = office.sync()

    assert (created(office, "Invoice"), created(office, "Payment"), created(office, "Contact")) == before
    assert office.run(run.id).counts["adopted"] == 100
    assert office.gallery.calls["invoices"] < 10, "never one question per document"


def test_an_older_sale_that_was_put_aside_goes_when_the_sync_from_date_is_moved_back(office: Office):
    office.save(office.settings(sync_from=dt.date(2026, 2, 1)))
    sale = office.sell(date=dt.date(2026, 1, 20))
    office.gallery.add_payment(sale.id, 50, date=DAY)
    office.sync()
    assert office.document(DocumentKind.INVOICE, sale.id).reason_code == "paid_before_sync_from"

    office.save(office.settings())
    with office.units.write() as uow:  # as saving the settings does
        uow.webservices.set_cursor(office.webservice.id, None)
        uow.ledger.requeue("north-light", NORTH_LIGHT, [DocumentState.SKIPPED])
        uow.commit()
    office.sync()

    assert (created(office, "Invoice"), created(office, "Payment")) == (1, 1)
    assert office.waiting() == {}


def test_a_waiting_sale_keeps_its_number_when_the_prefix_changes_and_it_is_edited(office: Office):
    sale = office.sell(date=DAY, total=Decimal(999))
    office.sync()
    office.save(office.settings(prefix="NEW"))
    office.gallery.change_invoice(sale.id, total=sale.items[0].unit_price * Decimal("1.2"))
    office.sell(date=DAY)

    office.sync()

    assert set(invoices_in_xero(office)) >= {"AG-1", "NEW-2"}


def test_a_burnt_number_is_asked_about_and_does_not_keep_the_run_open(office: Office):
    office.sell(date=DAY)
    burnt = Element("AG-1", None, ok=False, errors=("Invoice # must be unique.",))
    elements(office, "/Invoices", [burnt], times=99)
    run = office.sync()
    settle(office)

    assert office.waiting() == {"number_taken": 1}
    assert office.run(run.id).state is RunState.FINISHED


def test_an_invoice_voided_while_it_was_unclear_is_known_and_shown_as_voided(office: Office):
    sale = office.sell(date=DAY)
    fault(office, "drop")
    office.sync()
    key = invoices_in_xero(office)["AG-1"]["InvoiceID"]
    change_in_xero(office, "Invoices", key, Status="VOIDED")
    settle(office)

    row = office.document(DocumentKind.INVOICE, sale.id)
    assert (row.state, row.reason_code) == (DocumentState.DONE, "voided_in_xero")
    assert created(office, "Invoice") == 1


def test_a_change_while_nobody_knew_whether_it_arrived_is_simply_sent_when_it_did_not(office: Office):
    sale = office.sell(date=DAY)
    office.gallery.add_payment(sale.id, 50)
    fault(office, "drop_before")
    office.sync()
    office.gallery.change_invoice(sale.id, items=(factories.make_item("1", 200),))
    tell_at_once(office, sale.id)
    settle(office)

    assert invoices_in_xero(office)["AG-1"]["Total"] == Decimal(240)
    assert office.states() == {"contact done": 1, "invoice done": 1, "payment done": 1}


def test_a_change_while_nobody_knew_whether_it_arrived_is_a_question_when_it_did(office: Office):
    sale = office.sell(date=DAY)
    fault(office, "drop")
    office.sync()
    office.gallery.delete_invoice(sale.id)
    tell_at_once(office, sale.id)
    assert office.waiting() == {}, "nobody is asked about what may not even be there"
    settle(office)

    assert office.waiting() == {"deleted_after_sending": 1}


def test_a_document_that_cannot_even_be_decided_holds_only_itself(office: Office):
    bad, good = office.sell(date=DAY), office.sell(date=DAY)
    url = office.gallery.invoice_url

    def broken(gallery_id: str, invoice_id: str) -> str:
        return {}[invoice_id] if invoice_id == bad.id else url(gallery_id, invoice_id)

    office.gallery.invoice_url = broken
    run = office.sync()

    assert office.document(DocumentKind.INVOICE, good.id).state is DocumentState.DONE
    assert office.document(DocumentKind.INVOICE, bad.id).reason_code == "internal"
    assert run.state is RunState.FINISHED
