"""How long the pages take with 10,000 documents and 200 runs on SQLite: the time in the server, host and all, of
60 requests for each, and how much of it the processor worked. Measured, never judged: run it with

    python3 tests tests/benchmarks/pages.py -s
"""

import datetime as dt
import time
from decimal import Decimal
from statistics import median

import pytest
from sqlalchemy import event

from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunKind, RunState, RunTrigger
from galleria_xero_plugin.ports.records import SCHEDULE, Batch, NewDocument
from tests.web.conftest import make_site, migrated, site  # noqa: F401

TIMES = 60
WAITS = ("total_differs", "payment_method_unmapped", "period_locked", "xero_refused", "contact_email_differs")


def filled(site, documents=10_000, runs=200):
    """A gallery of some years: contacts, invoices and payments, most in Xero, one in twenty waiting."""
    made, connection = site.ready()
    scope = (connection.gallery_id, connection.tenant_id)
    names = {"gallery_id": scope[0], "tenant_id": scope[1]}
    with site.units.write() as uow:
        for n in range(runs):
            run = uow.runs.open(connection, RunKind.EXPORT, RunTrigger.SCHEDULE, SCHEDULE)
            uow.runs.progress(run.id, step="Sending", add={"invoices": n % 40, "payments": n % 25, "waiting": n % 3})
            if n < runs - 1:
                uow.runs.finish(run.id, RunState.FINISHED)
        uow.commit()
    made_up = [_document(n, names) for n in range(documents)]
    for start in range(0, documents, 500):
        part = made_up[start : start + 500]
        with site.units.write() as uow:
            uow.ledger.insert(part)
            uow.commit()
        with site.units.write() as uow:
            lease = uow.connections.claim_lease(connection.id, "benchmark", 60)
            for kind in (DocumentKind.CONTACT, DocumentKind.INVOICE, DocumentKind.PAYMENT):
                ids = [one.local_id for one in part if one.kind is kind and one.state is DocumentState.PENDING]
                rows = [row for row in uow.ledger.known(*scope, kind, ids).values() if row.amount != Decimal("1.00")]
                for first in range(0, len(rows), 50):
                    batch = rows[first : first + 50]
                    name = f"{kind.value}-{start}-{first}"
                    payloads = {row.id: '{"Type":"ACCREC"}' * 40 for row in batch}
                    assert uow.ledger.start_sending(
                        connection.id, lease, kind, Batch(name, name, "hash", payloads), worker="benchmark"
                    )
                    uow.ledger.finish_attempt(name, status=200, outcome="answered: 50 of 50", request_id="r")
                    for row in batch:
                        uow.ledger.move(row.id, expect=[DocumentState.SENDING], to=DocumentState.DONE,
                                        xero_id=row.id, xero_number=row.natural_key, xero_total=row.amount)
            uow.connections.release_lease(connection.id, lease)
            uow.commit()
    return made, connection, run


def _document(n, names):
    """Every fourth a contact, two invoices, a payment; some of each wait, and some have their turn still to come."""
    number, part = divmod(n, 4)
    day = dt.date(2018, 1, 1) + dt.timedelta(days=number)
    person = f"Collector {number % 900} of the {number} Street"
    state = DocumentState.BLOCKED if n % 20 == 3 else DocumentState.PENDING
    fields = {
        "state": state, "contact_name": person, "document_date": day, "currency": "GBP",
        "amount": Decimal("1.00") if n % 50 == 7 else Decimal(n) + Decimal("0.50"),
        "reason_code": WAITS[n % len(WAITS)] if state is DocumentState.BLOCKED else None,
        "reason_facts": {"method": "card"} if state is DocumentState.BLOCKED else {},
    }
    if part == 0:
        return NewDocument(**names, kind=DocumentKind.CONTACT, local_id=f"c-{number}", natural_key=f"gx:{number}",
                           marker=f"mc{number}", label=person, **fields | {"amount": None, "currency": ""})
    if part == 3:
        return NewDocument(**names, kind=DocumentKind.PAYMENT, local_id=f"p-{number}", natural_key=f"mp{number}",
                           marker=f"mp{number}", label=f"Payment of AG-{number}-1", parent_local_id=f"i-{number}-1",
                           depends_on=(DocumentKind.INVOICE, f"i-{number}-1"), **fields)
    return NewDocument(**names, kind=DocumentKind.INVOICE, local_id=f"i-{number}-{part}",
                       natural_key=f"AG-{number}-{part}", marker=f"mi{n}", label=f"AG-{number}-{part}",
                       depends_on=(DocumentKind.CONTACT, f"c-{number}"), **fields)


class Counted:
    """The SQL statements of an engine since the last look."""

    def __init__(self, engine):
        self.statements = []
        event.listen(engine, "before_cursor_execute", self._note)

    def _note(self, connection, cursor, statement, parameters, context, executemany):
        self.statements.append(statement)

    def take(self):
        found, self.statements = self.statements, []
        return found


def pages(site, made, run):
    of = f"/xero/{made.id}"
    with site.units.read() as uow:
        document = uow.ledger.page(run.gallery_id, uow.connections.of_webservice(run.gallery_id, made.id).tenant_id)[0][0]
    return {
        "webservices": "/xero/",
        "activity": f"{of}/activity",
        "activity, waiting": f"{of}/activity?group=waiting",
        "activity, page 2": "NEXT",
        "activity, search": f"{of}/activity?search=collector+77",
        "activity, number": f"{of}/activity?search=AG-1234",
        "activity, kind": f"{of}/activity?kind=payment&group=done",
        "document": f"{of}/documents/{document.id}",
        "run": f"/xero/runs/{run.id}",
        "run, poll": f"/xero/runs/{run.id}.json",
        "months": f"{of}/months",
        "settings check": f"{of}/check",
        "edit": f"{of}/edit",
        "contacts": f"{of}/contacts",
    }


@pytest.mark.filterwarnings("ignore")
def test_pages(site):  # noqa: F811
    made, _connection, run = filled(site)
    counted, browser = Counted(site.engine), site.browser()
    print()
    for name, path in pages(site, made, run).items():
        if path == "NEXT":
            first = browser.get(f"/xero/{made.id}/activity").text
            path = first.split('gx-second" href="')[-1].split('"')[0].replace("&amp;", "&")
        counted.take()
        took, worked = [], time.process_time()
        for _ in range(TIMES):
            start = time.perf_counter()
            answer = browser.get(path)
            took.append((time.perf_counter() - start) * 1000)
            assert answer.status_code == 200, path
        took.sort()
        worked = (time.process_time() - worked) * 1000 / TIMES
        statements = len(counted.take()) // TIMES
        print(f"  {name:24} p50 {median(took):6.1f} ms   p95 {took[int(TIMES * 0.95) - 1]:6.1f} ms"
              f"   processor {worked:6.1f} ms   {statements:3} statements")
