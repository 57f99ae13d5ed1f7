"""The demo's gallery, with all of its seed, keeps the contract: on SQLite and on PostgreSQL."""
import datetime as dt
import shutil
from decimal import Decimal

import pytest
from sqlalchemy import select

from galleria_xero_plugin.demo import invoicing, models, seed
from galleria_xero_plugin.demo.gallery import DemoGallery
from galleria_xero_plugin.demo.site import create_site, create_tables
from galleria_xero_plugin.testing import GalleryContract

db = models.db


@pytest.fixture(scope="module")
def seeded_file(tmp_path_factory):
    """A SQLite file with the seed, to copy for each test."""
    path = tmp_path_factory.mktemp("seed") / "seed.db"
    fill(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="module")
def seeded_database(postgres_server):
    """The same in PostgreSQL, to be the template of each test's database."""
    url = postgres_server.create_database()
    fill(url)
    yield url.partition("@/")[2].partition("?")[0]
    postgres_server.drop_database(url)


def fill(url):
    app = make_site(url)
    create_tables(app)
    with app.app_context():
        seed.fill(db.session, dt.date(2026, 3, 31))
        db.session.remove()
        db.engine.dispose()


def make_site(url):
    return create_site({"SECRET_KEY": "for tests", "SQLALCHEMY_DATABASE_URI": url})


@pytest.fixture(params=["sqlite", "postgresql"])
def filled_site(request, tmp_path):
    if request.param == "sqlite":
        url = f"sqlite:///{shutil.copy(request.getfixturevalue('seeded_file'), tmp_path)}"
    else:
        server = request.getfixturevalue("postgres_server")
        url = server.create_database(template=request.getfixturevalue("seeded_database"))
    app = make_site(url)
    with app.app_context(), app.test_request_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    if request.param == "postgresql":
        server.drop_database(url)


def oldest_issued(gallery_id):
    query = select(models.Invoice).filter_by(gallery_id=int(gallery_id), state="issued")
    return db.session.scalars(query.order_by(models.Invoice.change)).first()


def rates(gallery_id):
    taxes = db.session.scalars(select(models.Tax).filter_by(gallery_id=int(gallery_id)))
    return {tax.id: tax.rate for tax in taxes}


class TestDemoGallery(GalleryContract):
    @pytest.fixture
    def gallery(self, filled_site):
        return DemoGallery(db)

    @pytest.fixture
    def gallery_id(self):
        return "1"

    @pytest.fixture
    def other_gallery_id(self):
        return "2"

    def change_an_invoice(self, gallery, gallery_id):
        invoice = oldest_issued(gallery_id)
        invoice.items[0].unit_price += Decimal("0.50")
        return str(invoicing.edit(db.session, invoice, rates(gallery_id), reference="Changed").id)

    def add_a_payment(self, gallery, gallery_id):
        invoice = next(
            i for i in db.session.scalars(select(models.Invoice).filter_by(gallery_id=int(gallery_id), state="issued"))
            if i.total > i.paid)
        method = db.session.scalars(select(models.Method).filter_by(gallery_id=int(gallery_id))).first()
        return str(invoicing.pay(db.session, invoice, method, Decimal("0.01"), dt.date(2026, 3, 31)).id)

    def cancel_an_invoice(self, gallery, gallery_id):
        return str(invoicing.cancel(db.session, oldest_issued(gallery_id)).id)

    def delete_an_invoice(self, gallery, gallery_id):
        return str(invoicing.delete(db.session, oldest_issued(gallery_id)).id)
