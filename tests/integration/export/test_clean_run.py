"""A gallery's documents reach the books once, to the cent, and nothing is sent twice."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from galleria_xero_plugin.domain.accounting import InvoiceStatus
from galleria_xero_plugin.domain.comparison import What
from galleria_xero_plugin.domain.model import ItemKind
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunState
from galleria_xero_plugin.simulator.core.books import summary
from galleria_xero_plugin.simulator.core.seeds import NORTH_LIGHT
from galleria_xero_plugin.testing import factories

from .office import Office

DAY = dt.date(2026, 3, 2)


def books(office: Office) -> dict:
    return summary(office.simulator.world.organisations[NORTH_LIGHT])


def invoices_in_xero(office: Office) -> dict[str, dict]:
    rows = office.simulator.world.organisations[NORTH_LIGHT].table("Invoices").rows.values()
    return {row["InvoiceNumber"]: row for row in rows}


def created(office: Office, kind: str) -> int:
    return len(office.simulator.world.effects.created(f"{kind}s", NORTH_LIGHT))


def requests(office: Office) -> list:
    return [r for r in office.simulator.world.effects.requests if r.path.startswith("/api.xro")]


def test_a_sale_with_its_buyer_and_payment_stands_in_the_books(office: Office):
    sale = office.sell(
        items=[
            factories.make_item("1", 1000),
            factories.make_item("2", 100, kind=ItemKind.FRAMING),
            factories.make_item("3", 50, kind=ItemKind.SHIPPING, tax_option_id="vat-0"),
        ],
        date=DAY,
    )
    office.gallery.add_payment(sale.id, sale.total, date=DAY)

    run = office.sync()

    assert run.state is RunState.FINISHED
    standing = invoices_in_xero(office)["AG-1"]
    assert (standing["Status"], standing["Total"], standing["TotalTax"]) == ("PAID", sale.total, sale.tax_total)
    assert standing["AmountPaid"] == sale.total
    assert (created(office, "Invoice"), created(office, "Payment")) == (1, 1)
    assert office.waiting() == {}
    assert [r.id for r in office.ended] == [run.id]


def test_a_second_sync_with_nothing_new_creates_nothing_and_hardly_asks(office: Office):
    for _ in range(3):
        sale = office.sell(date=DAY)
        office.gallery.add_payment(sale.id, 50)
    office.sync()
    before = len(requests(office))

    office.sync()

    assert (created(office, "Invoice"), created(office, "Payment")) == (3, 3)
    assert len(requests(office)) - before <= 3


def test_two_payments_of_one_invoice_are_two_payments(office: Office):
    sale = office.sell(date=DAY)
    office.gallery.add_payment(sale.id, 50, date=DAY)
    office.gallery.add_payment(sale.id, 50, date=DAY)

    office.sync()

    assert created(office, "Payment") == 2
    assert invoices_in_xero(office)["AG-1"]["AmountDue"] == Decimal(20)


def test_many_sales_go_in_full_batches(office: Office):
    for _ in range(120):
        sale = office.sell(date=DAY)
        office.gallery.add_payment(sale.id, sale.total)

    office.sync()

    writes = [r for r in requests(office) if r.method == "PUT"]
    assert created(office, "Invoice") == created(office, "Payment") == 120
    assert len(writes) == 1 + 3 + 3  # one contact, three batches of invoices, three of payments
    assert books(office)["duplicatePaymentReferences"] == {}


def test_a_payment_waits_until_the_invoice_is_approved_in_xero(office: Office):
    office.save(office.settings(invoice_status=InvoiceStatus.SUBMITTED))
    sale = office.sell(date=DAY)
    office.gallery.add_payment(sale.id, 120)

    office.sync()
    assert office.waiting() == {"invoice_not_approved": 1}

    org = office.simulator.world.organisations[NORTH_LIGHT]
    invoice_id = office.document(DocumentKind.INVOICE, sale.id).xero_id
    with office.simulator.world.as_person(NORTH_LIGHT) as call:
        org.approve(call, invoice_id) if hasattr(org, "approve") else None
    row = org.table("Invoices").rows[invoice_id]
    row["Status"] = "AUTHORISED"
    office.sync()

    assert created(office, "Payment") == 1
    assert office.waiting() == {}


def test_an_unmapped_payment_method_holds_only_its_own_payments(office: Office):
    office.save(office.settings(mapping=office.mapping(banks={"bank": office.account("090")})))
    sale = office.sell(date=DAY)
    office.gallery.add_payment(sale.id, 20)
    office.gallery.add_payment(sale.id, 30, method_id="card")

    office.sync()

    assert created(office, "Payment") == 1
    assert office.waiting() == {"payment_method_unmapped": 1}
    assert office.document(DocumentKind.INVOICE, sale.id).state is DocumentState.DONE


def test_a_closed_month_waits_with_its_dates(office: Office):
    office.sell(date=dt.date(2026, 1, 10))
    org = office.simulator.world.organisations[NORTH_LIGHT]
    org.about["PeriodLockDate"] = dt.date(2026, 1, 31)
    office.reference().refresh(office.connection.id)

    office.sync()

    assert office.waiting() == {"period_locked": 1}
    assert created(office, "Invoice") == 0


def test_a_sale_of_nothing_is_listed_and_not_sent(office: Office):
    gift = office.sell(items=[factories.make_item("1", 0)], date=DAY)

    office.sync()

    row = office.document(DocumentKind.INVOICE, gift.id)
    assert (row.state, row.reason_code) == (DocumentState.SKIPPED, "zero_total")
    assert office.waiting() == {}


def test_existing_invoices_stay_out_without_copy_all(office: Office):
    office.save(office.settings(copy_existing=False))
    office.sell(date=DAY)

    office.sync()
    assert created(office, "Invoice") == 0

    office.save(office.settings(copy_existing=True))
    with office.units.write() as uow:
        uow.webservices.set_cursor(office.webservice.id, None)
        uow.commit()
    office.sync()
    assert created(office, "Invoice") == 1


def test_nothing_is_lost_or_doubled_when_every_slice_is_short(office: Office):
    for _ in range(60):
        sale = office.sell(date=DAY)
        office.gallery.add_payment(sale.id, 50)
    office.press_sync()
    office.work(office.export(slice_seconds=1))
    assert (created(office, "Invoice"), created(office, "Payment")) == (60, 60)


def test_two_buyers_of_one_name_are_two_contacts(office: Office):
    one = factories.make_contact("c-21", "Ida", "Renn", email="ida@one.example")
    other = factories.make_contact("c-22", "Ida", "Renn", email="ida@two.example")
    office.sell(date=DAY, contact=one)
    office.sell(date=DAY, contact=other)

    office.sync()

    names = {row["Name"] for row in contacts_in_xero(office) if row["Name"].startswith("Ida Renn")}
    assert names == {"Ida Renn", "Ida Renn (c-22)"}


def test_a_buyer_entered_twice_in_the_gallery_is_one_contact(office: Office):
    for local_id in ("c-31", "c-32"):
        office.sell(date=DAY, contact=factories.make_contact(local_id, "Ida", "Renn", email="ida@one.example"))

    office.sync()

    assert [row["Name"] for row in contacts_in_xero(office)].count("Ida Renn") == 1
    assert created(office, "Invoice") == 2
    assert office.waiting() == {}


def test_a_buyer_whom_xero_knows_by_another_address_is_asked_about_and_holds_only_her_own_sales(office: Office):
    known = next(row for row in contacts_in_xero(office) if row["EmailAddress"] and row["ContactStatus"] == "ACTIVE")
    first, _, last = known["Name"].rpartition(" ")
    office.sell(date=DAY, contact=factories.make_contact("c-41", first, last, email="new@address.example"))
    office.sell(date=DAY)

    office.sync()

    assert created(office, "Invoice") == 1
    assert office.waiting()["contact_email_differs"] == 1


def contacts_in_xero(office: Office) -> list[dict]:
    return list(office.simulator.world.organisations[NORTH_LIGHT].table("Contacts").rows.values())


def test_the_comparison_names_what_a_person_voided_in_xero(office: Office):
    for _ in range(3):
        office.sell(date=DAY)
    office.sync()
    assert office.export().compare(office.connection.id).clean

    rows = office.simulator.world.organisations[NORTH_LIGHT].table("Invoices").rows
    next(row for row in rows.values() if row["InvoiceNumber"] == "AG-2")["Status"] = "VOIDED"

    found = office.export().compare(office.connection.id)
    assert (found.agreeing, [(one.what, one.number) for one in found.findings]) == (2, [(What.GONE, "AG-2")])


def test_a_new_invoice_waits_for_typing_errors_unless_a_person_says_send_now(office: Office):
    fresh = office.sell(date=office.time.now().date(), issued_at=office.time.now() - dt.timedelta(minutes=5))
    office.sync()
    assert office.waiting() == {"settling_down": 1}

    with office.units.write() as uow:
        uow.ledger.wake(office.webservice.gallery_id, [office.document(DocumentKind.INVOICE, fresh.id).id])
        uow.commit()
    office.sync()
    assert created(office, "Invoice") == 1


def test_a_new_invoice_goes_by_itself_an_hour_later(office: Office):
    office.sell(date=office.time.now().date(), issued_at=office.time.now() - dt.timedelta(minutes=5))
    office.sync()
    office.time.pass_by(minutes=30)
    office.sync()
    assert created(office, "Invoice") == 0
    office.time.pass_by(minutes=30)
    office.sync()
    assert created(office, "Invoice") == 1
