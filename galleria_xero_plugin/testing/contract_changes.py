"""Contract: whatever happens to an invoice arrives by `invoices_changed`, and is never missed.

The four hooks make the change as the host's own code would, commit, and return the invoice's id.
"""

# ruff: noqa: S101
from __future__ import annotations

from collections.abc import Callable

import pytest

from ..domain.model import Invoice, InvoiceState
from ..ports.gallery import Gallery
from .reading import read_changes, read_index

Hook = Callable[[Gallery, str], str]


class ChangesContract:
    """Part of `GalleryContract`."""

    def change_an_invoice(self, gallery: Gallery, gallery_id: str) -> str:
        """Change the price, a date or the reference of the invoice that changed longest ago."""
        pytest.skip("define change_an_invoice(gallery, gallery_id) to check that changes arrive")

    def add_a_payment(self, gallery: Gallery, gallery_id: str) -> str:
        """Record a payment of an issued invoice."""
        pytest.skip("define add_a_payment(gallery, gallery_id) to check that payments arrive")

    def cancel_an_invoice(self, gallery: Gallery, gallery_id: str) -> str:
        """Cancel an issued invoice."""
        pytest.skip("define cancel_an_invoice(gallery, gallery_id) to check that cancellations arrive")

    def delete_an_invoice(self, gallery: Gallery, gallery_id: str) -> str:
        """Delete an issued invoice, if the site can do that at all."""
        pytest.skip("define delete_an_invoice(gallery, gallery_id) to check that deletions arrive")

    def test_a_change_arrives_with_a_higher_revision(self, gallery: Gallery, gallery_id: str) -> None:
        _arrives(gallery, gallery_id, self.change_an_invoice)

    def test_a_payment_arrives_with_its_invoice(self, gallery: Gallery, gallery_id: str) -> None:
        before, after = _arrives(gallery, gallery_id, self.add_a_payment)
        known = {payment.id for payment in before.payments}
        assert known < {payment.id for payment in after.payments}, "the list of payments is complete and one longer"

    def test_a_cancelled_invoice_arrives(self, gallery: Gallery, gallery_id: str) -> None:
        _, after = _arrives(gallery, gallery_id, self.cancel_an_invoice)
        assert after.state is InvoiceState.CANCELLED
        index = {entry.id: entry.state for entry in read_index(gallery, gallery_id, None, limit=500)}
        assert index[after.id] is InvoiceState.CANCELLED

    def test_a_deleted_invoice_arrives(self, gallery: Gallery, gallery_id: str) -> None:
        _, after = _arrives(gallery, gallery_id, self.delete_an_invoice)
        assert after.state is InvoiceState.DELETED
        assert after.id not in {entry.id for entry in read_index(gallery, gallery_id, None, limit=500)}

    def test_a_change_during_the_reading_is_not_missed(self, gallery: Gallery, gallery_id: str) -> None:
        """The invoice that changes may have been read already, or may still be to come: it must be seen changed."""
        first = gallery.invoices_changed(gallery_id, None, 2)
        id = self.change_an_invoice(gallery, gallery_id)
        rest, _ = read_changes(gallery, gallery_id, cursor=first.next_cursor, limit=2)
        now = gallery.invoices(gallery_id, [id])[0]
        seen = [invoice for invoice in rest if invoice.id == id]
        assert seen and seen[-1] == now, f"invoice {id} changed while the list was read, and the change was missed"


def _arrives(gallery: Gallery, gallery_id: str, change: Hook) -> tuple[Invoice, Invoice]:
    """Reads to the end, makes the change and goes on from there; the invoice before and after."""
    invoices, cursors = read_changes(gallery, gallery_id)
    id = change(gallery, gallery_id)
    before = {invoice.id: invoice for invoice in invoices}[id]
    news = {i.id: i for i in read_changes(gallery, gallery_id, cursor=cursors[-1])[0]}
    assert id in news, f"the change of invoice {id} was missed"
    assert news[id].revision > before.revision, f"the revision of invoice {id} did not grow with its change"
    assert news[id].changed_at >= before.changed_at, f"changed_at of invoice {id} went back"
    assert gallery.invoices(gallery_id, [id])[0] == news[id]
    return before, news[id]
