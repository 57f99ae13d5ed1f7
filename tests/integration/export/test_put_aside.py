"""What a person has put aside stays aside: neither a further sync nor a reading of everything takes it up."""

from __future__ import annotations

import datetime as dt

from galleria_xero_plugin.domain.model import Access
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState
from galleria_xero_plugin.services.activity import Activity
from galleria_xero_plugin.services.document_rows import Links
from galleria_xero_plugin.services.queries import Queries
from galleria_xero_plugin.testing import factories

from .office import Office

NORA = Access("north-light", "u-1", "Nora Light", True, True, True)


def test_stop_asking_outlives_every_sync_until_it_is_asked_about_again(office: Office):
    links = Links(lambda *_: "", lambda *_: "")
    queries = Queries(office.units, office.gallery, office.bell, links)
    activity = Activity(office.units, office.gallery, office.runs, links, queries.service_page, dt.timedelta(hours=1))
    sale = office.sell(date=dt.date(2026, 3, 2))
    office.gallery.add_payment(sale.id, 50, method_id="venmo")  # a method without an account
    office.sync()
    [payment] = [row.id for row in office.gallery.invoices("north-light", [sale.id])[0].payments]
    waiting = office.document(DocumentKind.PAYMENT, payment)
    assert waiting.state is DocumentState.BLOCKED

    assert activity.stop_asking(NORA, office.webservice.id, [waiting.id]) == 1
    with office.units.write() as uow:
        uow.webservices.set_cursor(office.webservice.id, None)  # the whole gallery is read again
        uow.commit()
    office.gallery.change_invoice(sale.id, notes="call before delivery")
    office.sync()
    assert office.document(DocumentKind.PAYMENT, payment).state is DocumentState.SKIPPED

    activity.ask_again(NORA, office.webservice.id, waiting.id)
    office.work()
    assert office.document(DocumentKind.PAYMENT, payment).reason_code == "payment_method_unmapped"


def test_a_known_document_keeps_its_number_in_its_reason_when_the_prefix_changes(office: Office):
    given = office.sell(items=[factories.make_item("1", 0)], date=dt.date(2026, 3, 2))
    office.sync()
    office.save(office.settings(prefix="NL"))
    office.sync()
    row = office.document(DocumentKind.INVOICE, given.id)
    assert (row.label, row.reason_code, row.reason_facts["number"]) == ("AG-1", "zero_total", "AG-1")
