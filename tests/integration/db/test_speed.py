"""A large gallery: the budgets are several times what was measured, so that only a real regression shows."""

import datetime as dt
import time
from contextlib import contextmanager

import pytest

from galleria_xero_plugin.domain.accounting import XeroContact
from galleria_xero_plugin.domain.states import DocumentState

from .making import CONTACT, HERE, INVOICE, PAYMENT, document, saved, seen


@contextmanager
def within(seconds):
    start = time.perf_counter()
    yield
    spent = time.perf_counter() - start
    assert spent < seconds, f"{spent:.3f} s"


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
    with within(1.0):
        assert saved(units, lambda uow: uow.ledger.insert(document(f"d{n}", CONTACT) for n in range(1000))) == 1000
    skipped = [document(f"s{n}", state=DocumentState.SKIPPED) for n in range(1000)]
    with within(1.0):
        assert saved(units, lambda uow: uow.ledger.insert(skipped)) == 1000
    with within(1.0):
        assert saved(units, lambda uow: uow.ledger.requeue(*HERE, [DocumentState.SKIPPED])) == 1000
    with units.read() as uow:
        for kind in (CONTACT, INVOICE, PAYMENT):
            with within(0.25):
                uow.ledger.due(*HERE, kind, 50, one_per_parent=kind is PAYMENT)
        with within(0.25):
            assert uow.ledger.has_due_work(*HERE)
        with within(0.5):
            rows, after = uow.ledger.page(*HERE, search="contact 24")
            assert len(rows) == 50
        with within(0.5):
            uow.ledger.page(*HERE, after=after)
        with within(0.25):
            uow.ledger.counts(*HERE)
            uow.ledger.waiting_codes(*HERE)
        with within(0.5):
            assert len(uow.ledger.known(*HERE, INVOICE, [f"i{n}" for n in range(1000)])) == 1000


def test_a_page_of_contacts(units):
    contacts = [XeroContact(f"x-{n}", f"Contact {n}") for n in range(1000)]
    for _ in range(2):
        with within(0.5):
            saved(units, lambda uow: uow.contacts.mirror(*HERE, contacts))
    assert len(seen(units, lambda uow: list(uow.contacts.mirrored(*HERE)))) == 1000
