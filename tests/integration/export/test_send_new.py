"""Send now for one invoice that no sync has read yet: it goes with its money, and nothing else that is new."""

from __future__ import annotations

from decimal import Decimal

from galleria_xero_plugin.domain.states import DocumentKind, DocumentState

from .by_hand import ME, Desk
from .office import Office
from .test_clean_run import DAY, invoices_in_xero


def test_only_the_invoice_that_was_searched_for_is_sent_and_the_next_sync_takes_the_others(office: Office):
    office.sell(date=DAY)
    office.sync()
    wanted, other = office.sell(date=DAY), office.sell(date=DAY)
    office.gallery.add_payment(wanted.id, 50, date=DAY)
    run, document_id = Desk(office).activity.send_new(ME, office.webservice.id, wanted.id)
    office.work()
    there = invoices_in_xero(office)
    assert f"AG-{wanted.number}" in there and f"AG-{other.number}" not in there
    assert there[f"AG-{wanted.number}"]["AmountPaid"] == Decimal(50)
    row = office.document(DocumentKind.INVOICE, wanted.id)
    assert (row.id, row.state) == (document_id, DocumentState.DONE)
    assert run is not None and office.run(run.id).counts["invoices"] == 1
    office.sync()
    assert f"AG-{other.number}" in invoices_in_xero(office)
