"""A closed month: the document waits, and a person may have this one booked on the first open day."""

import datetime as dt

import pytest

from galleria_xero_plugin.domain.states import DocumentKind, DocumentState
from galleria_xero_plugin.errors import Conflict, NotFound
from galleria_xero_plugin.services.redating import Redating
from galleria_xero_plugin.simulator.core import control
from galleria_xero_plugin.simulator.core.reader import Reader
from galleria_xero_plugin.simulator.core.seeds import NORTH_LIGHT
from galleria_xero_plugin.testing import factories

IN_OCTOBER, LOCKED_TO, FIRST_OPEN = dt.date(2026, 10, 15), dt.date(2026, 10, 31), dt.date(2026, 11, 1)
OWNER = factories.make_access()


def lock(office, day):
    with office.simulator.world.as_person(NORTH_LIGHT) as call:
        control.set_lock_dates(call, Reader({"period": day and day.isoformat()}))
    office.time.pass_by(minutes=20)  # a run trusts lock dates for a quarter of an hour


def standing(office, kind):
    return [row for row in office.simulator.world.organisations[NORTH_LIGHT].table(kind).rows.values()
            if row.get("_app")]


def redate(office, kind, local_id):
    document = office.document(kind, local_id)
    Redating(office.units, office.runs).redate(OWNER, office.webservice.id, document.id)
    office.work()
    return office.document(kind, local_id)


def test_an_invoice_of_a_closed_month_is_booked_on_the_first_open_day_when_a_person_says_so(office):
    lock(office, LOCKED_TO)
    invoice = office.sell(date=IN_OCTOBER, due_date=dt.date(2026, 11, 14), reference="Frieze")
    office.sync()
    assert office.waiting() == {"period_locked": 1}
    row = redate(office, DocumentKind.INVOICE, invoice.id)
    assert (row.state, row.redated_to, row.document_date) == (DocumentState.DONE, FIRST_OPEN, IN_OCTOBER)
    [found] = standing(office, "Invoices")
    assert (found["Date"], found["DueDate"], found["Reference"]) == (
        FIRST_OPEN, dt.date(2026, 11, 14), "dated 2026-10-15, Frieze"
    )
    with pytest.raises(Conflict):
        redate(office, DocumentKind.INVOICE, invoice.id)


def test_a_payment_of_a_closed_month_keeps_its_marker_and_is_booked_once(office):
    invoice = office.sell(date=IN_OCTOBER)
    office.sync()
    payment = office.gallery.add_payment(invoice.id, 120, date=IN_OCTOBER, reference="TRF 7")
    lock(office, LOCKED_TO)
    office.sync()
    assert office.waiting() == {"period_locked": 1}
    row = redate(office, DocumentKind.PAYMENT, payment.id)
    [found] = standing(office, "Payments")
    assert (found["Date"], found["Reference"]) == (FIRST_OPEN, f"dated 2026-10-15, TRF 7 [G-{row.marker}]")
    office.sync()
    assert len(standing(office, "Payments")) == 1


def test_after_the_month_was_reopened_the_true_date_counts_again(office):
    lock(office, LOCKED_TO)
    invoice = office.sell(date=IN_OCTOBER)
    office.sync()
    document = office.document(DocumentKind.INVOICE, invoice.id)
    with office.units.write() as uow:
        uow.ledger.redate(document.gallery_id, document.id, FIRST_OPEN)
        uow.commit()
    lock(office, None)
    office.sync()
    [found] = standing(office, "Invoices")
    assert found["Date"] == IN_OCTOBER and not found.get("Reference")


def test_a_lock_date_that_moved_on_holds_it_again(office):
    lock(office, LOCKED_TO)
    invoice = office.sell(date=IN_OCTOBER)
    office.sync()
    lock(office, dt.date(2026, 11, 10))
    redate(office, DocumentKind.INVOICE, invoice.id)  # offered from what was read before: 1 November
    row = office.document(DocumentKind.INVOICE, invoice.id)
    assert (row.state, row.reason_facts["date"]) == (DocumentState.BLOCKED, "2026-11-01")
    assert redate(office, DocumentKind.INVOICE, invoice.id).redated_to == dt.date(2026, 11, 11)


def test_only_what_waits_for_a_closed_month_is_offered_another_day(office):
    invoice = office.sell()
    office.sync()
    with pytest.raises(Conflict):
        redate(office, DocumentKind.INVOICE, invoice.id)
    with pytest.raises(NotFound):
        Redating(office.units, office.runs).redate(OWNER, office.webservice.id, "0" * 36)
