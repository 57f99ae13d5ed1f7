"""The gallery in memory keeps the contract, in both of its tax modes and with everything that can be on an invoice."""
import datetime as dt
from decimal import Decimal

import pytest

from galleria_xero_plugin import InvoiceState, ItemKind, TaxMode
from galleria_xero_plugin.testing import FakeGallery, GalleryContract, make_gallery_info, make_item


def filled_gallery():
    """Two galleries; the first with invoices of every sort."""
    gallery = FakeGallery(make_gallery_info(), make_gallery_info("harbour", base_currency="USD"))
    for n in range(1, 12):
        contact = gallery.add_contact(first_name=f"Client {n}", groups=("Collectors",))
        mode = (TaxMode.EXCLUSIVE, TaxMode.INCLUSIVE, TaxMode.NONE)[n % 3]
        option = None if mode is TaxMode.NONE else "vat-20"
        items = [
            make_item("1", "333.33", tax_option_id=option, discount_percent="12.5"),
            make_item("2", "17.90", 3, ItemKind.FRAMING, tax_option_id=option, discount_amount="3.70"),
            make_item("3", "25", 1, ItemKind.SHIPPING, tax_option_id=None if option is None else "vat-0"),
        ]
        invoice = gallery.add_invoice(items=items, tax_mode=mode, contact=contact, date=dt.date(2026, 1, n))
        if n % 2:
            gallery.add_payment(invoice.id, "100.01")
    gallery.cancel_invoice("inv-4")
    gallery.delete_invoice("inv-8")
    gallery.add_refund("inv-5", "10")
    gallery.add_invoice(number=50, state=InvoiceState.DRAFT)
    gallery.add_invoice(gallery_id="harbour", number=60)
    return gallery


def oldest(gallery, gallery_id):
    return gallery.invoices_changed(gallery_id, None, 1).items[0].id


class FakeHooks:
    """The fixtures and hooks for any kind of FakeGallery."""

    @pytest.fixture
    def gallery(self):
        return filled_gallery()

    @pytest.fixture
    def gallery_id(self, gallery):
        return gallery.gallery_id

    @pytest.fixture
    def other_gallery_id(self):
        return "harbour"

    def change_an_invoice(self, gallery, gallery_id):
        return gallery.change_invoice(oldest(gallery, gallery_id), reference="PO 77").id

    def add_a_payment(self, gallery, gallery_id):
        id = oldest(gallery, gallery_id)
        gallery.add_payment(id, "5")
        return id

    def cancel_an_invoice(self, gallery, gallery_id):
        return gallery.cancel_invoice(oldest(gallery, gallery_id)).id

    def delete_an_invoice(self, gallery, gallery_id):
        return gallery.delete_invoice(oldest(gallery, gallery_id)).id


class TestFakeGallery(FakeHooks, GalleryContract):
    pass


def test_new_items_give_new_totals():
    gallery = FakeGallery()
    invoice = gallery.add_invoice()
    changed = gallery.change_invoice(invoice.id, items=(make_item(unit_price="10"),))
    assert (changed.total, changed.tax_total) == (Decimal("12.00"), Decimal("2.00"))


def test_payments_are_corrected_and_removed():
    gallery = FakeGallery()
    invoice = gallery.add_invoice()
    payment = gallery.add_payment(invoice.id, "120")
    gallery.change_payment(invoice.id, payment.id, amount=Decimal("12"))
    assert [p.amount for p in gallery.invoices(gallery.gallery_id, [invoice.id])[0].payments] == [Decimal("12")]
    gallery.remove_payment(invoice.id, payment.id)
    assert gallery.invoices(gallery.gallery_id, [invoice.id])[0].payments == ()


def test_a_failing_gallery_fails_where_it_is_told():
    gallery = FakeGallery()
    gallery.failures["contacts"] = ConnectionError("the host's database is gone")
    with pytest.raises(ConnectionError):
        gallery.contacts(gallery.gallery_id, None, 10)
    assert gallery.calls["contacts"] == 1


def test_a_float_is_refused():
    with pytest.raises(TypeError, match="never a float"):
        make_item(unit_price=0.1)
