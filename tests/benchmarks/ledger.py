"""How long the ledger takes with 10,000 documents, on SQLite and PostgreSQL. Measured, never judged: run it with

    python3 tests tests/benchmarks/ledger.py -s
"""

import datetime as dt
import time
from contextlib import contextmanager

import pytest

from galleria_xero_plugin.domain.accounting import XeroContact
from galleria_xero_plugin.domain.states import DocumentState

from tests.integration.db.making import CONTACT, HERE, INVOICE, PAYMENT, document, saved, seen


@contextmanager
def measured(what):
    start = time.perf_counter()
    yield
    print(f"  {what:40} {(time.perf_counter() - start) * 1000:8.1f} ms")


@pytest.fixture
def large(units):
    """10,000 documents of one organisation."""
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=n) for n in range(2500)]
    for start in range(0, 2500, 500):
        saved(
            units,
            lambda uow, start=start: uow.ledger.insert(
                one
                for n in range(start, start + 500)
                for one in (
                    document(f"c{n}", CONTACT, contact_name=f"Contact {n}"),
                    document(f"i{n}", depends_on=(CONTACT, f"c{n}"), document_date=days[n]),
                    *(
                        document(
                            f"p{n}-{part}",
                            PAYMENT,
                            depends_on=(INVOICE, f"i{n}"),
                            parent_local_id=f"i{n}",
                            document_date=days[n],
                        )
                        for part in "ab"
                    ),
                )
            ),
        )


def test_a_large_ledger(units, large):
    with measured("insert"):
        assert saved(units, lambda uow: uow.ledger.insert(document(f"d{n}", CONTACT) for n in range(1000))) == 1000
    skipped = [document(f"s{n}", state=DocumentState.SKIPPED) for n in range(1000)]
    with measured("insert"):
        assert saved(units, lambda uow: uow.ledger.insert(skipped)) == 1000
    with measured("requeue"):
        assert saved(units, lambda uow: uow.ledger.requeue(*HERE, [DocumentState.SKIPPED])) == 1000
    with units.read() as uow:
        for kind in (CONTACT, INVOICE, PAYMENT):
            with measured("due"):
                uow.ledger.due(*HERE, kind, 50, one_per_parent=kind is PAYMENT)
        with measured("has_due_work"):
            assert uow.ledger.has_due_work(*HERE)
        with measured("page"):
            rows, after = uow.ledger.page(*HERE, search="contact 24")
            assert len(rows) == 50
        with measured("page"):
            uow.ledger.page(*HERE, after=after)
        with measured("counts"):
            uow.ledger.counts(*HERE)
            uow.ledger.waiting_codes(*HERE)
        with measured("known"):
            assert len(uow.ledger.known(*HERE, INVOICE, [f"i{n}" for n in range(1000)])) == 1000


def test_a_page_of_contacts(units):
    contacts = [XeroContact(f"x-{n}", f"Contact {n}") for n in range(1000)]
    for _ in range(2):
        with measured("mirror"):
            saved(units, lambda uow: uow.contacts.mirror(*HERE, contacts))
    assert len(seen(units, lambda uow: list(uow.contacts.mirrored(*HERE)))) == 1000
