"""A guest in the house: the host's transactions stay the host's, and two sites in one process stay two."""
import pytest
from sqlalchemy import func, text

from tests.second_host import books
from tests.second_host.conftest import OWNER
from tests.second_host.kit import Visitor, forms
from tests.second_host.site import MOUNT
from tests.second_host.site.models import Customer, Sale, db

IN_LEDGER = text("SELECT count(*) FROM galleria_xero_export WHERE kind = 'invoice' AND local_id = :id")


@pytest.fixture
def mapped(owner):
    """The owner, connected, with the accounts chosen; no worker has run."""
    books.connect(owner)
    owner.send("/edit", **books.MAPPING)
    return owner


def test_pending_rows_of_the_host_are_never_committed(wired):
    @wired.before_request
    def half_done():
        db.session.add(Customer(dealer_id=1, last_name="Niemand"))
        db.session.flush()

    owner = Visitor(wired, OWNER)
    books.connect(owner)
    owner.send("/edit", **books.MAPPING)
    owner.follow()
    assert "first sync has started" in owner.text, "the plugin's own rows are there"
    with wired.app_context():
        assert db.session.scalar(db.select(func.count()).where(Customer.last_name == "Niemand")) == 0


def test_a_ring_stands_or_falls_with_the_hosts_transaction(wired, mapped):
    with wired.app_context():
        first, second = db.session.scalars(db.select(Sale.id).where(Sale.dealer_id == 1).order_by(Sale.id).limit(2))

    assert _change(mapped, first, "kaputt") == 409
    assert (_rows(wired, first), _rows(wired, second)) == (0, 0)
    assert _change(mapped, second, "Rahmen fehlt") == 302
    assert _rows(wired, second) == 1
    assert _change(mapped, second, "Rahmen ist da") == 302
    assert _rows(wired, second) == 1


def test_a_ring_before_anything_is_connected_does_no_harm(app):
    owner = Visitor(app, OWNER)
    with app.app_context():
        sale = db.session.scalar(db.select(Sale.id).where(Sale.dealer_id == 1).limit(1))
    assert _change(owner, sale, "ohne Xero") == 302
    with app.app_context():
        assert db.session.get(Sale, sale).note == "ohne Xero"


def test_two_sites_in_one_process_do_not_disturb_each_other(make_site, ready):
    here, there = Visitor(make_site(ready), OWNER), Visitor(
        make_site(ready, GALLERIA_XERO_BASE_TEMPLATE="kabinett/anders.html"), OWNER)
    here.open(f"{MOUNT}/new/xero")
    there.open(f"{MOUNT}/")
    here.send("/new/xero", prefix="KM")
    there.open(f"{MOUNT}/")
    assert "Your sales in your books" in there.text and "Das andere Haus" in there.text
    here.open(f"{MOUNT}/")
    assert "Your sales in your books" not in here.text and "Das andere Haus" not in here.text


def _change(visitor, sale, note):
    visitor.open("/anmelden")       # any page with a form has the token
    token = forms(visitor.text)[0].values["csrf_token"]
    return visitor.post(f"/verkauf/{sale}", notiz=note, csrf_token=token).status_code


def _rows(app, sale):
    with app.app_context(), db.engine.connect() as connection:
        return connection.execute(IN_LEDGER, {"id": str(sale)}).scalar_one()
