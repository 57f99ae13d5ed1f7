"""The demo's implementation of the gallery port, where it goes beyond the contract: races and numbers of queries."""
import contextlib
import datetime as dt
import threading

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from galleria_xero_plugin.demo import changes, models, seed
from galleria_xero_plugin.demo.gallery import DemoGallery, number
from galleria_xero_plugin.testing import make_xero_contact
from tests.helpers.waiting import wait_until

from .conftest import TODAY

db = models.db


@contextlib.contextmanager
def counted_statements():
    """The SQL statements that were executed meanwhile."""
    statements = []

    def note(connection, cursor, statement, *rest):
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("limit", [5, 100])
def test_a_page_takes_the_same_few_queries_whatever_its_size(gallery, limit):
    with counted_statements() as statements:
        assert len(gallery.invoices_changed("1", None, limit).items) == limit
    assert len(statements) == 6, statements


def test_the_index_reads_columns_only(gallery):
    with counted_statements() as statements:
        assert len(gallery.invoice_index("1", None, None, 1000)) > 100
    assert len(statements) == 1
    assert "item" not in statements[0]


def test_many_ids_are_asked_for_in_batches(gallery):
    known = [entry.id for entry in gallery.invoice_index("1", None, None, 1000)]
    found = gallery.invoices("1", [*known, *map(str, range(10_000, 12_000))])
    assert sorted(i.id for i in found) == sorted(known)


@pytest.mark.parametrize("text", ["", None, "01", "-1", "1.0", "\u0661", "99999999999", "4294967296", " 1"])
def test_what_is_no_id_of_ours_is_nobody(text):
    assert number(text) is None


def test_a_gallery_that_is_not_there(gallery):
    with pytest.raises(LookupError):
        gallery.info("77")
    with pytest.raises(LookupError):
        gallery.apply_contact("77x", make_xero_contact(), None)
    assert not gallery.invoices_changed("77", None, 10).items


def test_the_same_xero_contact_twice_at_once_is_one_contact(make_site, database_url):
    """Two workers, one contact of Xero's: the database decides, and both get the same id."""
    app = make_site(database_url)
    with app.app_context():
        seed.fill(db.session, TODAY)
        db.session.remove()
        before = db.session.scalar(select(func.count()).select_from(models.Contact))
        db.session.remove()
    start, answers = threading.Barrier(4), []

    def worker():
        with app.app_context():
            for n in range(20):
                start.wait()
                answers.append((n, DemoGallery(db).apply_contact("1", make_xero_contact(id=f"x-{n}"), None)))

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 80
    assert len(set(answers)) == 20
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(models.Contact)) == before + 20


def test_a_change_that_commits_late_is_not_missed(make_site, postgres_url):
    """A change takes its number and hesitates; a later one must wait for it, or a reader would pass it by."""
    app = make_site(postgres_url)
    with app.app_context():
        seed.fill(db.session, TODAY)
        gallery = DemoGallery(db)
        first, second = [entry.id for entry in gallery.invoice_index("1", None, None, 2)]
        cursor = None
        while (page := gallery.invoices_changed("1", cursor, 500)).items:
            cursor = page.next_cursor
        db.session.remove()
        slow = Session(db.engine)
        changes.watch(slow)
        slow.get(models.Invoice, int(first)).reference = "slow"
        slow.flush()    # has its number, is not committed

        def quick():
            with app.app_context(), Session(db.engine) as session:
                changes.watch(session)
                session.get(models.Invoice, int(second)).reference = "quick"
                session.commit()

        thread = threading.Thread(target=quick)
        thread.start()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watcher:
            waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            wait_until(lambda: watcher.scalar(waiting), message="the quick change waits for the slow one")
            assert not gallery.invoices_changed("1", cursor, 10).items
        slow.commit()
        slow.close()
        thread.join()
        assert [i.reference for i in gallery.invoices_changed("1", cursor, 10).items] == ["slow", "quick"]


def test_every_change_of_an_invoice_is_numbered(site):
    """A line, a payment or a refund by itself counts; opening an invoice, or changing its contact, does not."""
    with site.app_context():
        invoice = db.session.scalars(select(models.Invoice).filter_by(state="issued")).first()

        def numbered(change):
            before = invoice.change
            change()
            db.session.commit()
            return invoice.change > before

        method = db.session.scalars(select(models.Method)).first()
        payment = models.Payment(invoice_id=invoice.id, amount=1, date=TODAY, method_id=method.id)
        assert numbered(lambda: setattr(invoice.items[0], "description", "Another text"))
        assert numbered(lambda: db.session.add(payment))
        assert numbered(lambda: setattr(payment, "amount", 2))
        assert numbered(lambda: db.session.delete(payment))
        assert numbered(lambda: setattr(invoice, "date", invoice.date - dt.timedelta(days=1)))
        assert not numbered(lambda: setattr(invoice, "reference", invoice.reference))
        assert not numbered(lambda: setattr(invoice.contact, "fax", "1"))


def test_a_contact_never_loses_what_it_has_to_the_other_way_of_a_company(gallery):
    """A person linked to a company of Xero stays the person: the name is one field."""
    person = gallery.contacts("1", None, 1)[0]
    gallery.apply_contact("1", make_xero_contact("Thornbury Holdings"), person.id)
    assert gallery.contacts("1", None, 1)[0].company == ""
