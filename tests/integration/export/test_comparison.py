"""The nightly comparison of gallery, ledger and Xero: what it finds, when it comes, and that it changes nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import text

from galleria_xero_plugin.domain.comparison import Comparison, What
from galleria_xero_plugin.domain.markers import marker, payment_identity
from galleria_xero_plugin.domain.model import Access
from galleria_xero_plugin.domain.states import DocumentKind, RunTrigger
from galleria_xero_plugin.errors import NotFound
from galleria_xero_plugin.services.accepting import Accepting
from galleria_xero_plugin.services.export import books
from galleria_xero_plugin.services.export.invoice_phase import own
from galleria_xero_plugin.simulator.core.fault import Fault
from galleria_xero_plugin.simulator.core.seeds import NORTH_LIGHT
from galleria_xero_plugin.testing import factories

from .office import Office
from .test_clean_run import DAY, created, invoices_in_xero, requests
from .test_review import change_in_xero, restore
from .test_unclear_answers import put_by_hand

NIGHT = dt.timedelta(hours=20)


def found(office: Office) -> list[tuple[What, str]]:
    comparison = office.export().compare(office.connection.id)
    return [(one.what, one.number) for one in comparison.findings]


def kept(office: Office) -> Comparison | None:
    with office.units.read() as uow:
        compared = uow.comparisons.get("north-light", NORTH_LIGHT)
    return compared.comparison if compared else None


def due(office: Office) -> bool:
    with office.units.read() as uow:
        return bool(uow.connections.with_work())


@pytest.fixture
def sold(office: Office) -> Office:
    """Three sales of 120.00 with a payment of 50.00 each, all in Xero."""
    for _ in range(3):
        sale = office.sell(date=DAY)
        office.gallery.add_payment(sale.id, 50, date=DAY)
    office.sync()
    return office


def id_of(office: Office, number: str) -> str:
    return invoices_in_xero(office)[number]["InvoiceID"]


def payment_in_xero(office: Office, invoice_id: str, reference: str, amount: str = "50") -> None:
    """Somebody's payment, with whatever reference, under this app's name."""
    body = {
        "Invoice": {"InvoiceID": invoice_id}, "Account": {"Code": "090"}, "Date": DAY.isoformat(),
        "Amount": amount, "Reference": reference,
    }  # fmt: skip
    put_by_hand(office, "Payments", body, office.simulator.headers(office.simulator.connect()))


def reference_of(office: Office, number: str) -> str:
    rows = office.simulator.world.organisations[NORTH_LIGHT].table("Payments").rows.values()
    return next(row["Reference"] for row in rows if row["Invoice"]["InvoiceID"] == id_of(office, number))


# -- what it finds


def test_books_that_agree(sold: Office):
    assert found(sold) == []
    assert kept(sold) == Comparison(3)


@pytest.mark.parametrize("status", ["VOIDED", "DELETED"])
def test_an_invoice_that_somebody_voided(sold: Office, status: str):
    change_in_xero(sold, "Invoices", id_of(sold, "AG-2"), Status=status)
    assert found(sold) == [(What.GONE, "AG-2")]


def test_an_invoice_that_is_not_there_at_all(sold: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(books, "own", lambda session: (one for one in own(session) if one.number != "AG-2"))
    assert found(sold) == [(What.ABSENT, "AG-2")]


def test_another_total(sold: Office):
    change_in_xero(sold, "Invoices", id_of(sold, "AG-2"), Total=Decimal("120.01"))
    assert found(sold) == [(What.TOTAL, "AG-2")]


def test_an_invoice_of_ours_of_which_nobody_knows(sold: Office):
    known = sold.document(DocumentKind.INVOICE, "inv-3")
    sold.gallery.shelf().invoices.pop("inv-3")  # as if the gallery had never issued it
    with sold.engine.begin() as connection:
        for table in ("attempt_document", "export"):
            column = "document_id" if table == "attempt_document" else "id"
            connection.exec_driver_sql(f"DELETE FROM galleria_xero_{table} WHERE {column} = '{known.id}'")
    assert found(sold) == [(What.STRANGE, "AG-3")]


def test_one_payment_booked_twice_is_an_alarm(sold: Office):
    payment_in_xero(sold, id_of(sold, "AG-1"), reference_of(sold, "AG-1"))
    assert found(sold) == [(What.PAYMENT_TWICE, "AG-1")]


def test_a_payment_of_ours_that_the_gallery_does_not_have(sold: Office):
    strange = marker("north-light", DocumentKind.PAYMENT, "of another time")
    payment_in_xero(sold, id_of(sold, "AG-1"), f"Art [G-{strange}]", "20")
    assert found(sold) == [(What.PAYMENT_STRANGE, "AG-1")]


def test_a_payment_that_the_next_sync_will_recognise_is_no_finding(sold: Office):
    payment = sold.gallery.add_payment("inv-1", 20, date=DAY)
    mark = marker("north-light", DocumentKind.PAYMENT, payment_identity(payment))
    payment_in_xero(sold, id_of(sold, "AG-1"), f"Art [G-{mark}]", "20")
    assert found(sold) == []


def test_a_payment_that_somebody_removed_in_xero(sold: Office):
    org = sold.simulator.world.organisations[NORTH_LIGHT]
    payment = next(row for row in org.table("Payments").rows.values() if row["Invoice"]["InvoiceID"] == id_of(sold, "AG-1"))
    import requests as http

    answer = http.post(
        f"{sold.simulator.url}/api.xro/2.0/Payments/{payment['PaymentID']}",
        json={"Status": "DELETED"}, headers=sold.simulator.headers(sold.simulator.connect()), timeout=5,
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert found(sold) == [(What.PAYMENT_ABSENT, "AG-1")]


def test_an_invoice_that_a_sync_should_have_seen_counts_after_that_sync(sold: Office, monkeypatch: pytest.MonkeyPatch):
    sold.sell(date=DAY)
    assert found(sold) == [], "the next sync brings it"
    assert kept(sold).new == ("inv-4",)
    sold.time.pass_by(minutes=1)
    # neither the feed nor the index of this gallery shows it to the sync
    feed, index = sold.gallery.invoices_changed, sold.gallery.invoice_index
    monkeypatch.setattr(sold.gallery, "invoice_index", lambda *a: [e for e in index(*a) if e.id != "inv-4"])
    monkeypatch.setattr(
        sold.gallery, "invoices_changed",
        lambda *a: (lambda p: type(p)(tuple(i for i in p.items if i.id != "inv-4"), p.next_cursor, p.more))(feed(*a)),
    )  # fmt: skip
    sold.sync()
    monkeypatch.setattr(sold.gallery, "invoice_index", index)
    assert found(sold) == [(What.OVERLOOKED, "#4")]


def test_an_invoice_that_the_feed_missed_is_taken_in_by_itself_and_counted(sold: Office, monkeypatch: pytest.MonkeyPatch):
    feed = sold.gallery.invoices_changed
    sold.sell(date=DAY)
    with monkeypatch.context() as committed_late:
        committed_late.setattr(
            sold.gallery, "invoices_changed", lambda *a: (lambda p: type(p)((), p.next_cursor, p.more))(feed(*a))
        )
        run = sold.press_sync(RunTrigger.SCHEDULE)
        sold.work()
    assert sold.run(run.id).counts["missed"] == 1
    assert created(sold, "Invoice") == 4


def test_after_a_restore_what_the_next_sync_recognises_is_no_finding(sold: Office):
    restore(sold)
    sold.time.pass_by(hours=1)
    assert found(sold) == []
    sold.sync()
    assert found(sold) == []
    assert created(sold, "Invoice") == 3


def test_what_our_own_corrections_did_is_no_finding(office: Office):
    for _ in range(3):
        office.sell(date=DAY)
    office.sync()
    office.gallery.cancel_invoice("inv-1")
    office.gallery.change_invoice("inv-2", items=(factories.make_item("1", 200),))
    for _ in range(3):
        office.time.pass_by(hours=2)
        office.sync()
    assert found(office) == []
    assert invoices_in_xero(office)["AG-1"]["Status"] in ("VOIDED", "PAID"), "voided, or settled by a credit note"


# -- when it comes


def test_it_comes_by_itself_in_the_night_once(sold: Office):
    assert not due(sold)
    sold.time.pass_by(hours=22)  # 07:00, after the gallery's night
    assert due(sold)
    before = len(requests(sold))
    sold.ring()
    assert kept(sold) == Comparison(3)
    asked = len(requests(sold))
    assert asked > before
    assert not due(sold)
    sold.ring()
    assert len(requests(sold)) == asked
    sold.time.pass_by(days=1)
    assert due(sold)


def test_two_ticks_compare_once(sold: Office):
    sold.time.pass_by(hours=22)
    with sold.units.write() as uow:
        claims = [uow.comparisons.claim("north-light", NORTH_LIGHT, dt.timedelta(hours=1)) for _ in range(2)]
        uow.commit()
    assert claims == [True, False]


def test_a_comparison_that_failed_comes_again_an_hour_later(sold: Office):
    sold.time.pass_by(hours=22)
    sold.simulator.world.faults.add(Fault("503", path="/api.xro/2.0/Invoices", method="GET"))
    sold.ring()
    assert kept(sold) is None
    sold.time.pass_by(minutes=30)
    assert not due(sold)
    sold.time.pass_by(minutes=31)
    assert due(sold)
    sold.ring()
    assert kept(sold) == Comparison(3)


def test_a_sync_goes_first(sold: Office):
    sold.time.pass_by(hours=22)
    sold.sell(date=DAY)
    run = sold.sync()
    assert run.counts["invoices"] == 1
    assert kept(sold) is None
    sold.ring()
    assert kept(sold) == Comparison(4)


def test_it_creates_nothing_and_moves_nothing(sold: Office):
    sold.sell(date=DAY)
    states = sold.states()
    found(sold)
    assert sold.states() == states
    assert (created(sold, "Invoice"), created(sold, "Payment")) == (3, 3)


def test_it_calls_an_invoice_as_xero_does_whatever_the_prefix_is_now(sold: Office):
    with sold.engine.begin() as connection:
        connection.execute(text("UPDATE galleria_xero_export SET xero_number = 'OLD-2' WHERE local_id = 'inv-2'"))
    change_in_xero(sold, "Invoices", id_of(sold, "AG-2"), InvoiceNumber="OLD-2", Total=Decimal("120.01"))
    assert found(sold) == [(What.TOTAL, "OLD-2")]


# -- what a person says about it


WHO = Access("north-light", "u-1", "Nora Light", may_view=True, may_change=True)


def accept(office: Office, number: str, document_id: str | None = None) -> None:
    row = office.document(DocumentKind.INVOICE, f"inv-{number[-1]}").id if document_id is None else document_id
    Accepting(office.units).accept(WHO, office.webservice.id, row, number)


def test_a_known_difference_is_accepted_and_counts_no_more_until_a_side_changes(sold: Office):
    change_in_xero(sold, "Invoices", id_of(sold, "AG-2"), Total=Decimal("120.01"))
    change_in_xero(sold, "Invoices", id_of(sold, "AG-3"), Status="VOIDED")
    assert found(sold) == [(What.GONE, "AG-3"), (What.TOTAL, "AG-2")]
    accept(sold, "AG-2")
    assert [one.number for one in kept(sold).findings] == ["AG-3"], "at once, not in the next night"
    for _ in range(2):
        assert found(sold) == [(What.GONE, "AG-3")]
        assert [one.number for one in kept(sold).accepted] == ["AG-2"]
    change_in_xero(sold, "Invoices", id_of(sold, "AG-2"), Total=Decimal("120.02"))
    assert found(sold) == [(What.GONE, "AG-3"), (What.TOTAL, "AG-2")], "this one nobody has accepted"
    change_in_xero(sold, "Invoices", id_of(sold, "AG-2"), Total=Decimal("120.01"))
    assert (What.TOTAL, "AG-2") in found(sold), "what was over is forgotten"


def test_what_was_accepted_by_mistake_counts_again(sold: Office):
    change_in_xero(sold, "Invoices", id_of(sold, "AG-2"), Total=Decimal("120.01"))
    found(sold)
    accept(sold, "AG-2")
    row = sold.document(DocumentKind.INVOICE, "inv-2").id
    assert Accepting(sold.units).withdraw(WHO, sold.webservice.id, row, "AG-2") == 1
    assert [one.number for one in kept(sold).findings] == ["AG-2"]
    with pytest.raises(NotFound):
        Accepting(sold.units).withdraw(WHO, sold.webservice.id, row, "AG-2")


def test_only_what_was_found_in_the_own_gallery_can_be_accepted(sold: Office):
    with pytest.raises(NotFound):
        accept(sold, "AG-2")
    change_in_xero(sold, "Invoices", id_of(sold, "AG-2"), Total=Decimal("120.01"))
    found(sold)
    for number, document_id in (("AG-1", None), ("AG-2", ""), ("AG-2", "another")):
        with pytest.raises(NotFound):
            accept(sold, number, document_id)
    row = sold.document(DocumentKind.INVOICE, "inv-2").id
    with pytest.raises(NotFound):
        Accepting(sold.units).accept(replace(WHO, gallery_id="harbour"), sold.webservice.id, row, "AG-2")
    assert [one.number for one in kept(sold).findings] == ["AG-2"]


def test_who_accepted_it_is_on_record(sold: Office):
    change_in_xero(sold, "Invoices", id_of(sold, "AG-2"), Status="VOIDED")
    found(sold)
    accept(sold, "AG-2")
    with sold.units.read() as uow:
        entry = uow.audit.latest("north-light", 1)[0]
    assert (entry.actor_name, entry.action, entry.outcome) == ("Nora Light", "difference with Xero", "accepted: gone")
