"""The second host's gallery port passes the contract that comes along."""
import pytest

from galleria_xero_plugin.testing import GalleryContract
from tests.second_host.site.gallery import KabinettGallery
from tests.second_host.site.models import Receipt, Sale, db


class TestKabinettGallery(GalleryContract):
    @pytest.fixture
    def gallery(self, app):
        with app.test_request_context():        # access() asks Flask-Login, and that asks the request
            yield KabinettGallery()

    @pytest.fixture
    def gallery_id(self):
        return "1"

    @pytest.fixture
    def other_gallery_id(self):
        return "2"

    def change_an_invoice(self, gallery, gallery_id):
        sale = self._sales(gallery_id).first()
        sale.lines[0].price += 100
        return self._done(sale)

    def add_a_payment(self, gallery, gallery_id):
        sale = next(sale for sale in self._sales(gallery_id) if not sale.receipts)
        sale.receipts.append(Receipt(amount=100, received_on=sale.sold_on))
        return self._done(sale)

    def cancel_an_invoice(self, gallery, gallery_id):
        sale = self._sales(gallery_id).first()
        sale.status = "void"
        return self._done(sale)

    def delete_an_invoice(self, gallery, gallery_id):
        sale = self._sales(gallery_id).first()
        sale.removed = True
        return self._done(sale)

    def _sales(self, gallery_id):
        return db.session.scalars(
            db.select(Sale).where(Sale.dealer_id == int(gallery_id), Sale.status == "billed", ~Sale.removed)
            .order_by(Sale.change_no))

    def _done(self, sale):
        db.session.commit()
        return str(sale.id)
