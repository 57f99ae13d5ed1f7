"""What is due, writing ahead, results."""

import datetime as dt
from decimal import Decimal

import pytest

from galleria_xero_plugin.domain.states import DocumentState
from galleria_xero_plugin.errors import Conflict

from .making import (
    CONTACT,
    GALLERY,
    HERE,
    INVOICE,
    PAYMENT,
    START,
    batch,
    connected,
    document,
    done,
    found,
    inserted,
    saved,
    seen,
    sent,
)

PENDING, SENDING, UNKNOWN, DONE, BLOCKED, REJECTED, CONFLICT, SKIPPED = DocumentState
LATER = START + dt.timedelta(minutes=3)


def day(number):
    return dt.date(2026, 11, number)


def due(units, kind=INVOICE, limit=50, **options):
    return [row.local_id for row in seen(units, lambda uow: uow.ledger.due(*HERE, kind, limit, **options))]


def move(units, row, **change):
    return saved(units, lambda uow: uow.ledger.move(row.id, **change))


@pytest.fixture
def connection(units):
    return connected(units)


@pytest.fixture
def lease(units, connection):
    return saved(units, lambda uow: uow.connections.claim_lease(connection.id, "worker", 3600))


def start(units, connection, lease, *rows, number=1, seen=None):
    sending = batch(*rows, number=number, seen=seen)
    return saved(units, lambda uow: uow.ledger.start_sending(connection.id, lease, rows[0].kind, sending, worker="w"))


# Due


def test_due_by_date_then_number(units):
    inserted(
        units,
        document("c", document_date=day(2)),
        document("b", document_date=day(1), natural_key="NL-2"),
        document("a", document_date=day(1), natural_key="NL-1"),
    )
    assert due(units) == ["a", "b", "c"]
    assert due(units, limit=2) == ["a", "b"]
    assert due(units, CONTACT) == []


def test_only_pending_ones_whose_time_has_come(units, clock):
    inserted(
        units,
        document("1", not_before=LATER),
        *(document(state, state=state) for state in (BLOCKED, REJECTED, CONFLICT, SKIPPED)),
    )
    assert due(units) == []
    clock.move(minutes=3)
    assert due(units) == ["1"]


def test_after_what_it_depends_on(units):
    inserted(
        units,
        document("p", PAYMENT, depends_on=(INVOICE, "i")),
        document("i", depends_on=(CONTACT, "c")),
        document("c", CONTACT),
    )
    assert (due(units, CONTACT), due(units), due(units, PAYMENT)) == (["c"], [], [])
    done(units, found(units, CONTACT, "c"))
    assert (due(units), due(units, PAYMENT)) == (["i"], [])
    done(units, found(units, INVOICE, "i"))
    assert due(units, PAYMENT) == ["p"]


def test_a_contact_without_a_row_is_not_waited_for_until_there_is_one(units):
    inserted(units, document("i", depends_on=(CONTACT, "linked by the import")))
    assert due(units) == ["i"]
    inserted(units, document("linked by the import", CONTACT))
    assert due(units) == []


def test_halves_of_a_refused_batch_go_by_themselves(units, connection):
    rows = inserted(units, *(document(str(n), document_date=day(n)) for n in range(1, 5)))
    sent(units, connection, *rows)
    for row, cap in zip(rows, (50, 2, 2, 1), strict=True):
        assert move(units, row, expect=[SENDING], to=UNKNOWN, batch_cap=cap)
        assert move(units, row, expect=[UNKNOWN], to=PENDING)
    assert due(units) == ["4"]
    done(units, found(units, INVOICE, "4"))
    assert due(units) == ["2", "3"]


def test_one_payment_of_an_invoice_at_a_time(units, connection, clock):
    first, *_ = inserted(
        units,
        document("1", PAYMENT, parent_local_id="a", document_date=day(1)),
        document("2", PAYMENT, parent_local_id="a", document_date=day(2)),
        document("3", PAYMENT, parent_local_id="b", document_date=day(3)),
    )
    assert due(units, PAYMENT) == ["1", "2", "3"]
    in_turn = lambda: due(units, PAYMENT, one_per_parent=True)  # noqa: E731
    assert in_turn() == ["1", "3"]
    sent(units, connection, first)
    assert in_turn() == ["3"]
    move(units, first, expect=[SENDING], to=UNKNOWN, not_before=LATER)
    assert in_turn() == ["3"]  # nobody knows yet what is due on the invoice
    move(units, first, expect=[UNKNOWN], to=PENDING, not_before=LATER)
    assert in_turn() == ["3"]
    clock.move(minutes=3)
    done(units, found(units, PAYMENT, "1"))
    assert in_turn() == ["2", "3"]


def test_payments_of_one_day_have_an_order_too(units):
    inserted(units, *(document(n, PAYMENT, parent_local_id="a", document_date=day(1)) for n in "321"))
    assert due(units, PAYMENT, one_per_parent=True) == ["1"]


# T2


def test_writing_ahead(units, connection, lease, clock):
    rows = inserted(units, document("1"), document("2"))
    clock.move(seconds=5)
    assert start(units, connection, lease, *rows, seen={rows[0].id: (9, "hash-9"), "somebody else's": (1, "")})
    first, second = (found(units, INVOICE, local_id) for local_id in "12")
    assert (first.state, first.payload, first.batch_id) == (SENDING, '{"n":"1"}', batch().id)
    assert (first.attempt, first.first_sent_at, first.lease_token) == (1, clock(), lease)
    assert (first.seen_revision, first.content_hash) == (9, "hash-9")
    assert (second.payload, second.seen_revision, second.content_hash) == ('{"n":"2"}', 0, "")
    assert due(units) == []


def test_all_of_a_batch_or_nothing(units, connection, lease):
    rows = inserted(units, document("1"), document("2"), document("3"))
    assert move(units, rows[1], expect=[PENDING], to=BLOCKED, reason=("period_locked", {}))
    before = [found(units, INVOICE, row.local_id) for row in rows]
    assert not start(units, connection, lease, *rows)
    assert [found(units, INVOICE, row.local_id) for row in rows] == before
    assert seen(units, lambda uow: uow.ledger.attempts(GALLERY, rows[0].id)) == []
    assert start(units, connection, lease, rows[0], rows[2])
    assert not start(units, connection, lease, rows[0], number=2)
    with pytest.raises(ValueError, match="without documents"):
        saved(units, lambda uow: uow.ledger.start_sending(connection.id, lease, INVOICE, batch(), worker="w"))


def test_only_under_the_lease_and_only_the_connections_own_rows(units, connection, lease):
    inserted(units, document("1", CONTACT), document("1", gallery_id="gallery-2", natural_key="other"))
    mine, contact = inserted(units, document("1"), document("2", CONTACT))
    foreign = found(units, INVOICE, "1", "gallery-2")
    assert not start(units, connection, lease - 1, mine)
    assert not start(units, connection, lease, foreign)
    assert not start(units, connection, lease, mine, contact)
    assert found(units, INVOICE, "1", "gallery-2") == foreign


def test_every_attempt_is_on_record(units, connection, lease, clock):
    row, other = inserted(units, document("1"), document("2"))
    assert start(units, connection, lease, row, other)
    clock.move(seconds=2)
    finish = lambda number, **how: saved(units, lambda uow: uow.ledger.finish_attempt(batch(number=number).id, **how))  # noqa: E731
    finish(1, status=None, outcome="unknown", request_id=None)
    for one in (row, other):
        assert move(units, one, expect=[SENDING], to=PENDING)
    clock.move(minutes=10)
    assert start(units, connection, lease, row, number=2)
    by_no_run = {"run_id": "", "trigger": "", "asked_by": ""}
    first = {
        "sent_at": "2026-11-20T09:00:00+00:00",
        "finished_at": "2026-11-20T09:00:02+00:00",
        "status": "",
        "outcome": "unknown",
        "request_id": "",
        **by_no_run,
    }
    second = {
        "sent_at": "2026-11-20T09:10:02+00:00",
        "finished_at": "",
        "status": "",
        "outcome": "",
        "request_id": "",
        **by_no_run,
    }
    assert seen(units, lambda uow: uow.ledger.attempts(GALLERY, row.id)) == [first, second]
    assert seen(units, lambda uow: uow.ledger.attempts(GALLERY, other.id)) == [first]
    assert seen(units, lambda uow: uow.ledger.attempts("gallery-2", row.id)) == []
    finish(2, status=200, outcome="answered", request_id="r")
    last = seen(units, lambda uow: uow.ledger.attempts(GALLERY, row.id))[-1]
    assert (last["status"], last["request_id"]) == ("200", "r")


# T3


def test_a_result_is_kept(units, connection, lease):
    (row,) = inserted(units, document("1"))
    start(units, connection, lease, row)
    assert move(
        units,
        row,
        expect=[SENDING],
        to=DONE,
        lease=lease,
        xero_id="x",
        xero_number="NL-1",
        xero_total=Decimal("12.50"),
        adopted=True,
        reason=("total_mismatch_in_xero", {"number": "NL-1"}),
        negative_reads=2,
        seen_revision=7,
        content_hash="h",
        payload="{}",
    )
    row = found(units, INVOICE, "1")
    assert (row.state, row.xero_id, row.xero_number, str(row.xero_total)) == (DONE, "x", "NL-1", "12.50")
    assert (row.reason_code, row.reason_facts) == ("total_mismatch_in_xero", {"number": "NL-1"})
    assert (row.adopted, row.negative_reads, row.seen_revision, row.content_hash) == (True, 2, 7, "h")
    assert row.payload == "{}"


def test_a_move_is_conditional(units, connection, lease):
    (row,) = inserted(units, document("1"))
    assert not move(units, row, expect=[BLOCKED], to=PENDING)
    start(units, connection, lease, row)
    assert not move(units, row, expect=[PENDING], to=BLOCKED)
    assert not move(units, row, expect=[SENDING], to=DONE, lease=lease + 1, xero_id="x")
    assert move(units, row, expect=[SENDING], to=REJECTED, lease=lease, reason=("xero_refused", {"xero": "No."}))
    assert not move(units, row, expect=[SENDING], to=DONE, lease=lease, xero_id="x")
    assert move(units, row, expect=[REJECTED, BLOCKED], to=PENDING, not_before=LATER)
    row = found(units, INVOICE, "1")
    assert (row.reason_code, row.reason_facts, row.not_before) == (None, {}, LATER)
    assert move(units, row, expect=[PENDING], to=BLOCKED)
    assert found(units, INVOICE, "1").not_before is None
    assert not saved(units, lambda uow: uow.ledger.move("no such", expect=[PENDING], to=BLOCKED))


def test_a_move_that_the_rules_do_not_know_is_a_mistake(units):
    (row,) = inserted(units, document("1"))
    for expect, to in (([DONE], PENDING), ([PENDING, SENDING], CONFLICT), ([PENDING], UNKNOWN)):
        with pytest.raises(ValueError, match="never goes"):
            move(units, row, expect=expect, to=to)


def test_a_person_gives_a_conflict_another_number(units):
    _, row = inserted(units, document("1", natural_key="NL-7"), document("2", natural_key="NL-7"))
    assert row.state is CONFLICT
    with pytest.raises(Conflict):
        move(units, row, expect=[CONFLICT], to=PENDING)
    assert move(units, row, expect=[CONFLICT], to=PENDING, natural_key="NL-7a")
    assert found(units, INVOICE, "2").natural_key == "NL-7a"


def test_only_what_stands_in_xero_notes_what_the_gallery_made_of_it_since(units, connection, lease):
    """Of anything else the revision says which version was frozen, or is to be."""
    under_way, standing = inserted(units, document("1", seen_revision=3), document("2", seen_revision=3))
    start(units, connection, lease, under_way)
    done(units, standing)
    for row, revision in ((under_way, 5), (standing, 5), (standing, 4)):
        saved(units, lambda uow, row=row, revision=revision: uow.ledger.seen(row.id, revision))
    assert [found(units, INVOICE, number).seen_revision for number in "12"] == [3, 5]


# Dead workers, and looking again


def test_rows_of_a_dead_worker_become_unknown(units, connection, lease, clock):
    dead, alive = inserted(units, document("1"), document("2"))
    start(units, connection, lease, dead)
    saved(units, lambda uow: uow.connections.release_lease(connection.id, lease))
    heir = saved(units, lambda uow: uow.connections.claim_lease(connection.id, "heir", 60))
    clock.move(seconds=30)
    start(units, connection, heir, alive, number=2)
    expire = lambda: saved(units, lambda uow: uow.ledger.expire_sending(*HERE, heir, dt.timedelta(minutes=3)))  # noqa: E731
    assert expire() == 1
    assert expire() == 0
    row = found(units, INVOICE, "1")
    assert (row.state, row.not_before) == (UNKNOWN, LATER)
    assert found(units, INVOICE, "2").state is SENDING


def test_unknown_ones_are_looked_for_when_it_is_time(units, connection, lease, clock):
    rows = inserted(units, *(document(str(n)) for n in range(3)))
    start(units, connection, lease, *rows)
    for row, wait in zip(rows, (LATER, None, START + dt.timedelta(minutes=1)), strict=True):
        move(units, row, expect=[SENDING], to=UNKNOWN, not_before=wait)
    unknown = lambda: [r.local_id for r in seen(units, lambda uow: uow.ledger.due_unknown(*HERE, INVOICE, 2))]  # noqa: E731
    next_due = lambda: seen(units, lambda uow: uow.ledger.next_due_at(*HERE))  # noqa: E731
    assert unknown() == ["1"]
    assert next_due() == START
    move(units, rows[1], expect=[UNKNOWN], to=UNKNOWN, not_before=LATER, negative_reads=1)
    assert unknown() == []
    assert next_due() == START + dt.timedelta(minutes=1)
    clock.move(minutes=3)
    assert unknown() == ["2", "0"]
    for row in rows:
        move(units, row, expect=[UNKNOWN], to=PENDING)
    assert next_due() is None


def test_whether_there_is_work(units, connection, lease, clock):
    work = lambda: seen(units, lambda uow: uow.ledger.has_due_work(*HERE))  # noqa: E731
    assert not work()
    inserted(
        units,
        document("1", state=BLOCKED),
        document("2", not_before=LATER),
        document("3", PAYMENT, depends_on=(INVOICE, "1")),
    )
    assert not work()
    clock.move(minutes=3)
    assert work()
    start(units, connection, lease, found(units, INVOICE, "2"))
    assert work()
    row = found(units, INVOICE, "2")
    move(units, row, expect=[SENDING], to=UNKNOWN, not_before=LATER + dt.timedelta(minutes=3))
    assert not work()
    clock.move(minutes=3)
    assert work()
    move(units, row, expect=[UNKNOWN], to=DONE, xero_id="x")
    assert not work()
