"""Waiting, retrying, counting, searching."""

import datetime as dt

import pytest

from galleria_xero_plugin.domain.states import DocumentState

from .making import (
    CONTACT,
    GALLERY,
    HERE,
    INVOICE,
    PAYMENT,
    START,
    TENANT,
    document,
    done,
    found,
    inserted,
    saved,
    seen,
)

PENDING, SENDING, UNKNOWN, DONE, BLOCKED, REJECTED, CONFLICT, SKIPPED = DocumentState
LATER = START + dt.timedelta(minutes=3)


def states(units, *local_ids, kind=INVOICE):
    return [found(units, kind, local_id).state for local_id in local_ids]


@pytest.fixture
def waiting(units):
    inserted(
        units,
        document("1", state=BLOCKED, reason_code="period_locked"),
        document("2", state=BLOCKED, reason_code="settling_down", not_before=LATER),
        document("3", state=REJECTED, reason_code="xero_refused"),
        document("4", state=CONFLICT, reason_code="number_taken"),
        document("5", state=SKIPPED, reason_code="zero_total"),
        document("6"),
    )


def test_what_waited_is_decided_anew(units, waiting, clock):
    requeue = lambda *of, **how: saved(units, lambda uow: uow.ledger.requeue(*HERE, of, **how))  # noqa: E731
    assert requeue(BLOCKED, reasons=["mapping_incomplete"]) == 0
    assert requeue(BLOCKED, reasons=["period_locked", "settling_down"]) == 1
    assert states(units, *"123") == [PENDING, BLOCKED, REJECTED]
    assert found(units, INVOICE, "1").reason_code == "period_locked"
    clock.move(minutes=3)
    assert requeue(BLOCKED, REJECTED) == 2
    assert found(units, INVOICE, "2").not_before is None
    assert states(units, *"23456") == [PENDING, PENDING, CONFLICT, SKIPPED, PENDING]
    for state in (SENDING, UNKNOWN, DONE, PENDING):
        with pytest.raises(ValueError, match="decided anew"):
            requeue(state)


def test_a_person_wakes_documents(units, waiting):
    ids = [found(units, INVOICE, local_id).id for local_id in "123456"]
    assert saved(units, lambda uow: uow.ledger.wake("gallery-2", ids)) == 0
    assert saved(units, lambda uow: uow.ledger.wake(GALLERY, [*ids, "no such"])) == 4
    assert states(units, *"123456") == [PENDING, PENDING, PENDING, PENDING, SKIPPED, PENDING]
    assert saved(units, lambda uow: uow.ledger.wake(GALLERY, [])) == 0


def test_a_number_that_somebody_else_has_is_not_taken_by_waking(units):
    _, second = inserted(units, document("1", natural_key="NL-7"), document("2", natural_key="NL-7"))
    assert saved(units, lambda uow: uow.ledger.wake(GALLERY, [second.id])) == 0
    assert saved(units, lambda uow: uow.ledger.requeue(*HERE, [CONFLICT])) == 0
    assert states(units, "2") == [CONFLICT]


def test_of_several_that_were_put_aside_with_one_number_one_gets_it(units):
    rows = [document(n, natural_key="NL-7", state=SKIPPED, reason_code="cancelled_never_sent") for n in "123"]
    inserted(units, *rows, document("4", natural_key="NL-8", state=SKIPPED))
    assert saved(units, lambda uow: uow.ledger.requeue(*HERE, [SKIPPED])) == 2
    assert sorted(states(units, *"123")) == [PENDING, SKIPPED, SKIPPED]
    assert saved(units, lambda uow: uow.ledger.requeue(*HERE, [SKIPPED])) == 0


def test_counts(units, waiting):
    inserted(units, document("1", CONTACT), document("1", gallery_id="gallery-2", natural_key="x"))
    assert seen(units, lambda uow: uow.ledger.counts(*HERE)) == {
        (INVOICE, BLOCKED): 2,
        (INVOICE, REJECTED): 1,
        (INVOICE, CONFLICT): 1,
        (INVOICE, SKIPPED): 1,
        (INVOICE, PENDING): 1,
        (CONTACT, PENDING): 1,
    }


def test_why_documents_wait(units, waiting):
    inserted(units, document("7", reason_code="period_locked"), document("8", state=BLOCKED))
    assert seen(units, lambda uow: uow.ledger.waiting_codes(*HERE)) == {
        "period_locked": 2,
        "settling_down": 1,
        "xero_refused": 1,
        "number_taken": 1,
        "": 1,
    }


def test_what_is_behind_one_that_waits_waits_too(units):
    """The payment of an invoice that waits, an invoice whose contact waits, and that one's payment."""
    of = lambda kind, local_id, **more: {"depends_on": (kind, local_id), **more}  # noqa: E731
    rows = inserted(
        units,
        document("1", state=BLOCKED, reason_code="period_locked"),
        document("p1", PAYMENT, **of(INVOICE, "1")),
        document("c", CONTACT, state=CONFLICT, reason_code="contact_ambiguous"),
        document("2", **of(CONTACT, "c")),
        document("p2", PAYMENT, **of(INVOICE, "2")),
        document("free", **of(CONTACT, "linked by the import, so without a row")),
        document("pfree", PAYMENT, **of(INVOICE, "free")),
        document("pskipped", PAYMENT, state=SKIPPED, **of(INVOICE, "1")),
    )
    look = lambda call: seen(units, lambda uow: call(uow.ledger))  # noqa: E731
    assert look(lambda ledger: ledger.counts(*HERE)) == {
        (INVOICE, BLOCKED): 2,
        (INVOICE, PENDING): 1,
        (PAYMENT, BLOCKED): 2,
        (PAYMENT, PENDING): 1,
        (PAYMENT, SKIPPED): 1,
        (CONTACT, CONFLICT): 1,
    }
    assert look(lambda ledger: ledger.waiting_codes(*HERE)) == {
        "period_locked": 1,
        "contact_ambiguous": 1,
        "waiting_for_invoice": 2,
        "waiting_for_contact": 1,
    }
    assert set(page(units, states=[BLOCKED, CONFLICT], as_shown=True)[0]) == {"1", "p1", "c", "2", "p2"}
    assert set(page(units, states=[PENDING], as_shown=True)[0]) == {"free", "pfree"}
    assert set(page(units, states=[PENDING])[0]) == {"p1", "2", "p2", "free", "pfree"}
    before = look(lambda ledger: ledger.before(GALLERY, rows))
    assert {row.local_id for row in before.values()} == {"1", "c", "2", "free"}
    assert look(lambda ledger: ledger.before(GALLERY, [rows[4]])).keys() == {rows[3].id, rows[2].id}
    assert look(lambda ledger: ledger.before("gallery-2", rows)) == {}
    assert look(lambda ledger: ledger.before(GALLERY, [])) == {}


def test_known_and_children_in_great_numbers(units):
    payments = [document(f"p{n}", PAYMENT, parent_local_id=f"i{n % 600}") for n in range(1200)]
    replacement = document("p0", PAYMENT, parent_local_id="i0", local_revision=3, natural_key="replaced")
    saved(units, lambda uow: uow.ledger.insert([*payments, replacement]))
    with units.read() as uow:
        assert uow.ledger.known(*HERE, PAYMENT, []) == {}
        known = uow.ledger.known(*HERE, PAYMENT, [f"p{n}" for n in range(1500)])
        assert len(known) == 1200
        assert known["p0"].natural_key == "payment-p0"
        children = uow.ledger.children(*HERE, PAYMENT, [f"i{n}" for n in range(600)])
        assert {len(rows) for rows in children.values()} == {2, 3}
        assert [(row.local_id, row.local_revision) for row in children["i0"]] == [("p0", 0), ("p600", 0), ("p0", 3)]
        assert uow.ledger.children(*HERE, PAYMENT, ["i600"]) == {}
        assert uow.ledger.children(*HERE, INVOICE, ["i0"]) == {}


# Pages


def page(units, **options):
    rows, after = seen(units, lambda uow: uow.ledger.page(*HERE, **options))
    return [row.local_id for row in rows], after


def test_pages_newest_first_without_gap_or_overlap(units):
    days = [dt.date(2026, 11, 1 + n % 3) for n in range(10)]
    inserted(units, *(document(str(n), document_date=days[n], natural_key=f"NL-{n}") for n in range(10)))
    inserted(units, document("undated", CONTACT), document("undated too", CONTACT))
    read, after = [], None
    while True:
        ids, after = page(units, after=after, limit=5)
        read += ids
        if after is None:
            break
    assert read == ["8", "5", "2", "7", "4", "1", "9", "6", "3", "0", "undated too", "undated"]
    assert page(units, limit=12) == (read, None)
    assert page(units, after="no such", limit=12) == (read, None)


def test_pages_by_state_and_kind(units, waiting):
    inserted(units, document("c", CONTACT))
    assert page(units, kind=CONTACT) == (["c"], None)
    assert page(units, states=[BLOCKED, REJECTED], kind=INVOICE)[0] == ["3", "2", "1"]
    assert page(units, states=[]) == ([], None)


@pytest.mark.parametrize(
    ("search", "hits"),
    [
        ("zola", ["1"]),
        ("ÉMILE", ["1"]),
        ("e\u0301mile zola", ["1"]),  # composed in another way
        ("strasse", ["2"]),
        ("nl-2", ["2"]),
        ("#nl2", ["2"]),
        ("NL 2", ["2"]),
        ("inv xero/9", ["2"]),
        ("100%", ["3"]),
        ("%", ["3"]),
        ("_", []),
        ("inv-xero", ["2"]),
        ("  ", ["3", "2", "1"]),
        ("a\0b", []),
        ("nobody", []),
    ],
)
def test_search(units, search, hits):
    _, second, _ = inserted(
        units,
        document("1", label="NL-1", contact_name="Émile Zola"),
        document("2", label="NL-2", contact_name="Galerie Straße"),
        document("3", label="NL-3", contact_name="100% Art"),
    )
    saved(
        units,
        lambda uow: uow.ledger.move(second.id, expect=[PENDING], to=DONE, xero_id="x", xero_number="INV-Xero-9"),
    )
    assert page(units, search=search)[0] == hits


def test_another_gallery_sees_nothing(units):
    (row,) = inserted(units, document("1", state=BLOCKED, reason_code="period_locked"))
    done(units, inserted(units, document("2"))[0])
    for scope in (("gallery-2", TENANT), (GALLERY, "another organisation")):
        with units.write() as uow:
            ledger = uow.ledger
            assert ledger.known(*scope, INVOICE, ["1", "2"]) == {}
            assert ledger.children(*scope, INVOICE, [""]) == {}
            assert ledger.due(*scope, INVOICE, 50) == ledger.due_unknown(*scope, INVOICE, 50) == []
            assert ledger.counts(*scope) == ledger.waiting_codes(*scope) == {}
            assert ledger.page(*scope) == ledger.page(*scope, after=row.id) == ([], None)
            assert ledger.requeue(*scope, [BLOCKED]) == ledger.expire_sending(*scope, 9, dt.timedelta()) == 0
            assert not ledger.has_due_work(*scope)
            assert ledger.next_due_at(*scope) is None
    for document_id in (row.id, "no such", "\0", "x" * 300):
        assert seen(units, lambda uow, one=document_id: uow.ledger.get("gallery-2", one)) is None
    assert seen(units, lambda uow: uow.ledger.get(GALLERY, "\0")) is None
