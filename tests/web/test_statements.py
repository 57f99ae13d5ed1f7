"""A page asks the database the same number of questions whether the gallery has a page full of documents or many more."""

import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import event

from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunState
from galleria_xero_plugin.ports.records import NewDocument


@pytest.fixture
def statements(site):
    """What the database was asked, so far."""
    found = []
    event.listen(site.engine, "before_cursor_execute", lambda *about: found.append(about[2]))
    return found


def fill(site, connection, first, last):
    """Waiting contacts with an invoice and a payment each, and a run for every ten."""
    scope = {"gallery_id": connection.gallery_id, "tenant_id": connection.tenant_id, "contact_name": "Ada Marsh",
             "document_date": dt.date(2026, 3, 2), "amount": Decimal(5), "currency": "GBP"}  # fmt: skip
    with site.units.write() as uow:
        for n in range(first, last):
            uow.ledger.insert([
                NewDocument(kind=DocumentKind.CONTACT, local_id=f"c{n}", natural_key=f"c{n}", marker=f"c{n}",
                            label=f"C{n}", state=DocumentState.BLOCKED, reason_code="contact_ambiguous", **scope),
                NewDocument(kind=DocumentKind.INVOICE, local_id=f"i{n}", natural_key=f"i{n}", marker=f"i{n}",
                            label=f"AG-{n}", depends_on=(DocumentKind.CONTACT, f"c{n}"), **scope),
                NewDocument(kind=DocumentKind.PAYMENT, local_id=f"p{n}", natural_key=f"p{n}", marker=f"p{n}",
                            label=f"P{n}", depends_on=(DocumentKind.INVOICE, f"i{n}"), parent_local_id=f"i{n}", **scope),
            ])  # fmt: skip
        uow.commit()
    for _ in range(first, last, 10):
        site.finish(site.run(connection), RunState.FINISHED)


def pages(site, made, connection):
    with site.units.read() as uow:
        document = uow.ledger.page(connection.gallery_id, connection.tenant_id)[0][0]
        run = uow.runs.latest(connection.gallery_id, made.id)[0]
    of = f"/xero/{made.id}"
    return [
        "/xero/", f"{of}/activity", f"{of}/activity?group=waiting", f"{of}/activity?search=ada&kind=payment",
        f"{of}/activity?run={run.id}", f"{of}/activity?since=2026-01-01&until=2026-12-31",
        f"{of}/documents/{document.id}", f"/xero/runs/{run.id}", f"/xero/runs/{run.id}.json", f"{of}/contacts",
        f"{of}/preview", f"{of}/books", f"{of}/first-run",
    ]  # fmt: skip


def test_the_number_of_statements_does_not_grow(site, statements):
    made, connection = site.ready()
    browser = site.browser()

    def asked():
        counts = {}
        for path in pages(site, made, connection):
            statements.clear()
            assert browser.get(path).status_code == 200, path
            counts[path] = len(statements)
        return counts

    fill(site, connection, 0, 60)
    few = asked()
    fill(site, connection, 60, 200)
    many = asked()
    assert list(few.values()) == list(many.values()), (few, many)
    assert max(many.values()) <= 20
