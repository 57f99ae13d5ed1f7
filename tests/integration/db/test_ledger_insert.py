"""T0: documents enter the ledger, once, and follow the gallery until they are sent."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from galleria_xero_plugin.db.ledger_record import row_id
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState
from galleria_xero_plugin.errors import Conflict
from galleria_xero_plugin.ports.records import NewDocument

from .making import (
    CONTACT,
    GALLERY,
    HERE,
    INVOICE,
    PAYMENT,
    START,
    TENANT,
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
FULL = NewDocument(
    gallery_id=GALLERY,
    tenant_id=TENANT,
    kind=INVOICE,
    local_id="17",
    natural_key="NL-17",
    marker="ABCDEFGHIJKLMNOP",
    label="NL-17",
    state=BLOCKED,
    seen_revision=3,
    content_hash="abc",
    depends_on=(CONTACT, "5"),
    contact_name="Ada Lovelace",
    amount=Decimal("1250.00"),
    currency="GBP",
    document_date=dt.date(2026, 11, 1),
    parent_local_id="",
    reason_code="settling_down",
    reason_facts={"until": "2026-11-20"},
    not_before=START,
)


def insert(units, *documents):
    return saved(units, lambda uow: uow.ledger.insert(documents))


def refresh(units, row, now):
    return saved(units, lambda uow: uow.ledger.refresh(row.id, now))


def test_what_is_inserted_is_there(units, clock):
    (row,) = inserted(units, FULL)
    given = {name: getattr(FULL, name) for name in FULL.__slots__ if name != "depends_on"}
    assert {name: getattr(row, name) for name in given} == given
    assert row.depends_on == row_id(*HERE, CONTACT, "5")
    assert (row.payload, row.batch_id, row.first_sent_at, row.lease_token, row.xero_id, row.xero_total) == (None,) * 6
    assert (row.attempt, row.negative_reads, row.batch_cap, row.adopted, row.xero_number) == (0, 0, 50, False, "")
    assert row.created_at == row.updated_at == START
    assert seen(units, lambda uow: uow.ledger.get(GALLERY, row.id)) == row


def test_the_same_document_is_ignored(units):
    (row,) = inserted(units, FULL)
    assert insert(units, replace(FULL, label="other", state=PENDING)) == 0
    assert insert(units) == 0
    assert found(units, INVOICE, "17") == row
    assert insert(units, document("18"), FULL, document("19"), document("18")) == 2


def test_an_identity_has_one_id_for_ever(units):
    """Also after a restore that forgot the row, and whatever characters an id has."""
    identities = [(GALLERY, TENANT, INVOICE, "1"), (GALLERY, TENANT, PAYMENT, "1"), ("a", 'b","c', INVOICE, "1")]
    identities += [('a","b', "c", INVOICE, "1"), (GALLERY, TENANT, INVOICE, "1", 2), ("a", "b", INVOICE, "\ud800")]
    assert len({row_id(*identity) for identity in identities}) == 6
    assert row_id(*identities[0]) == "3b2484df-068a-5ad8-9bc3-a268d59cbf44"


def test_a_revision_is_a_row_of_its_own(units):
    update = document("17", DocumentKind.INVOICE_UPDATE, local_revision=4)
    assert insert(units, FULL, update, replace(update, local_revision=5, natural_key="other")) == 3
    assert insert(units, update) == 0


def test_two_that_insert_the_same_at_once_insert_it_once(units):
    documents = [document(str(n)) for n in range(40)]

    def insert_patiently(batch):
        with units.write(patience=30) as uow:
            count = uow.ledger.insert(batch)
            uow.commit()
        return count

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(insert_patiently, [documents] * 4))
    assert sum(counts) == 40


def test_a_number_that_another_document_has_is_a_persons_question(units):
    first, second = inserted(units, document("1", natural_key="NL-7"), document("2", natural_key="NL-7"))
    third, skipped = inserted(
        units, document("3", natural_key="NL-7"), document("4", natural_key="NL-7", state=SKIPPED)
    )
    assert [row.state for row in (first, second, third, skipped)] == [PENDING, CONFLICT, CONFLICT, SKIPPED]
    assert (second.reason_code, second.reason_facts) == ("number_taken", {"number": "NL-7"})


def test_a_skipped_document_keeps_no_number(units):
    inserted(units, document("1", natural_key="NL-7", state=SKIPPED))
    assert inserted(units, document("2", natural_key="NL-7"))[0].state is PENDING


def test_an_organisation_that_moved_to_another_gallery_keeps_its_numbers(units):
    inserted(units, document("1", natural_key="NL-7"))
    insert(units, document("1", natural_key="NL-7", gallery_id="gallery-2"))
    assert found(units, INVOICE, "1", "gallery-2").state is CONFLICT


def test_corrections_share_numbers(units):
    void = document("1", DocumentKind.INVOICE_VOID, natural_key="NL-7")
    assert insert(units, document("1", natural_key="NL-7"), void, replace(void, local_id="2")) == 3


# Following the gallery


def test_an_unsent_document_follows_the_gallery(units, clock):
    (row,) = inserted(units, FULL)
    clock.move(hours=1)
    now = replace(
        FULL,
        label="NL-18",
        natural_key="NL-18",
        marker="B" * 16,
        amount=Decimal("99.90"),
        contact_name="Émile Zola",
        seen_revision=4,
        content_hash="def",
        parent_local_id="p",
        document_date=dt.date(2026, 11, 2),
        depends_on=(CONTACT, "6"),
        currency="EUR",
        state=SKIPPED,
        reason_code=None,
    )
    assert refresh(units, row, now)
    fresh = found(units, INVOICE, "17")
    assert fresh == replace(
        row,
        **{
            name: getattr(now, name)
            for name in ("label", "natural_key", "marker", "amount", "contact_name", "seen_revision", "content_hash")
        },
        parent_local_id="p",
        document_date=now.document_date,
        depends_on=row_id(*HERE, CONTACT, "6"),
        currency="EUR",
        updated_at=clock(),
    )
    assert seen(units, lambda uow: uow.ledger.page(*HERE, search="émile"))[0] == [fresh]


def test_a_document_that_was_sent_does_not(units):
    connection = connected(units)
    row, other = inserted(units, document("1"), document("2"))
    sent(units, connection, row)
    done(units, other)
    for one in (row, other):
        before = found(units, INVOICE, one.local_id)
        assert not refresh(units, one, replace(FULL, local_id=one.local_id))
        assert found(units, INVOICE, one.local_id) == before


def test_a_number_that_is_taken_meanwhile_is_a_question_too(units):
    inserted(units, document("1", natural_key="NL-7"))
    waiting, skipped = inserted(units, document("2"), document("3", state=SKIPPED))
    assert refresh(units, waiting, document("2", natural_key="NL-7"))
    assert refresh(units, skipped, document("3", natural_key="NL-7"))
    for local_id in "23":
        row = found(units, INVOICE, local_id)
        assert (row.state, row.reason_code, row.reason_facts) == (CONFLICT, "number_taken", {"number": "NL-7"})
    assert refresh(units, waiting, document("2", natural_key="NL-8"))
    assert found(units, INVOICE, "2").state is CONFLICT  # the answer is a person's


# What the database itself refuses


def execute(engine, statement):
    with engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize(
    "change",
    [
        "state = 'done'",
        "xero_id = '00000000-0000-0000-0000-000000000000'",
        "local_id = '1'",
        "natural_key = 'invoice-1'",
        "xero_id = 'x-1'",
    ],
)
def test_the_last_line_of_defence(units, engine, change):
    first, _ = inserted(units, document("1"), document("2"))
    done(units, first, "x-1")
    with pytest.raises(IntegrityError):
        execute(engine, f"UPDATE galleria_xero_export SET {change} WHERE local_id = '2'")


def test_two_contacts_may_be_one_in_xero(units):
    for row in inserted(units, document("1", CONTACT), document("2", CONTACT)):
        done(units, row, "x-1")


@pytest.mark.parametrize("kind", [INVOICE, PAYMENT])
def test_one_document_of_xero_is_one_of_ours(units, kind):
    first, second = inserted(units, document("1", kind), document("2", kind))
    done(units, first, "x-1")
    with units.write() as uow:
        with pytest.raises(Conflict):
            uow.ledger.move(second.id, expect=[PENDING], to=DONE, xero_id="x-1")
        assert uow.ledger.move(second.id, expect=[PENDING], to=CONFLICT, reason=("marker_conflict", {}))
        uow.commit()
    assert found(units, kind, "2").state is CONFLICT
