"""The comparison of credit notes, of what they were used for, and of refunds with Xero."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import requests as http

from galleria_xero_plugin.domain.comparison import What
from galleria_xero_plugin.domain.markers import marker, refund_identity
from galleria_xero_plugin.domain.states import DocumentKind

from .changing import LAST_MONTH, THIS_MONTH, TODAY, an_hour_later, correction, money, notes, rows, sold, standing
from .office import Office
from .test_comparison import found
from .test_review import change_in_xero, restore
from .test_unclear_answers import put_by_hand


@pytest.fixture
def credited(office: Office) -> Office:
    """AG-1 was paid, and 200.00 of it given back; of AG-2 300.00 were kept, and the rest was credited."""
    first = sold(office, 1000, date=LAST_MONTH)
    office.gallery.add_payment(first.id, 1200, date=THIS_MONTH)
    second = sold(office, 1000, date=LAST_MONTH)
    office.gallery.add_payment(second.id, 300, date=THIS_MONTH)
    office.sync()
    office.gallery.add_refund(first.id, 200, date=TODAY)
    office.gallery.cancel_invoice(second.id)
    an_hour_later(office)
    assert sorted(note["Total"] for note in notes(office)) == [200, 900]
    assert money(office)[-1] == (200, "AUTHORISED", "CreditNote")
    return office


def note_of(office: Office, number: str) -> dict[str, Any]:
    return next(note for note in notes(office) if note["CreditNoteNumber"].startswith(f"{number}-C"))


def by_hand(office: Office, call: Any, path: str, body: dict | None = None) -> None:
    """A person works in Xero."""
    headers = office.simulator.headers(office.simulator.connect())
    answer = call(f"{office.simulator.url}/api.xro/2.0/{path}", json=body, headers=headers, timeout=5)
    assert answer.status_code == 200, answer.text


def remove_refund(office: Office) -> None:
    (refund,) = (row for row in rows(office, "Payments") if "CreditNote" in row and row["Status"] == "AUTHORISED")
    by_hand(office, http.post, f"Payments/{refund['PaymentID']}", {"Status": "DELETED"})


def take_back_use(office: Office) -> None:
    note = note_of(office, "AG-2")["CreditNoteID"]
    (use,) = rows(office, "Allocations")
    by_hand(office, http.delete, f"CreditNotes/{note}/Allocations/{use['AllocationID']}")


def test_credit_notes_their_use_and_refunds_that_agree(credited: Office):
    comparison = credited.export().compare(credited.connection.id)
    assert (comparison.agreeing, comparison.findings) == (2, ())


@pytest.mark.parametrize("status", ["VOIDED", "DELETED"])
def test_a_credit_note_that_somebody_voided(credited: Office, status: str):
    note = note_of(credited, "AG-2")
    change_in_xero(credited, "CreditNotes", note["CreditNoteID"], Status=status)
    comparison = credited.export().compare(credited.connection.id)
    assert [(one.what, one.number) for one in comparison.findings] == [(What.CREDIT_ABSENT, note["CreditNoteNumber"])]
    assert comparison.agreeing == 1, "its invoice is not said to agree"


def test_a_credit_note_with_another_total(credited: Office):
    note = note_of(credited, "AG-2")
    change_in_xero(credited, "CreditNotes", note["CreditNoteID"], Total=Decimal("900.01"))
    assert found(credited) == [(What.CREDIT_TOTAL, note["CreditNoteNumber"])]


def test_a_credit_that_is_no_longer_used_for_its_invoice(credited: Office):
    take_back_use(credited)
    assert found(credited) == [(What.CREDIT_UNUSED, "AG-2")]


def test_a_refund_that_somebody_removed(credited: Office):
    remove_refund(credited)
    assert found(credited) == [(What.REFUND_ABSENT, "AG-1")]


def test_a_refund_with_another_amount(credited: Office):
    (refund,) = (row for row in rows(credited, "Payments") if "CreditNote" in row)
    change_in_xero(credited, "Payments", refund["PaymentID"], Amount=Decimal(199))
    assert found(credited) == [(What.REFUND_AMOUNT, "AG-1")]


@pytest.fixture
def half_refunded(office: Office) -> Office:
    """1,200.00 of credit, of which 400.00 went back."""
    sale = sold(office, 1000, date=LAST_MONTH)
    office.gallery.add_payment(sale.id, 1200, date=THIS_MONTH)
    office.sync()
    office.gallery.cancel_invoice(sale.id)
    an_hour_later(office)
    office.gallery.add_refund(sale.id, 400, date=TODAY)
    an_hour_later(office)
    assert found(office) == []
    return office


def refund_in_xero(office: Office, reference: str) -> None:
    (note,) = notes(office)
    body = {
        "CreditNote": {"CreditNoteID": note["CreditNoteID"]}, "Account": {"Code": "090"}, "Date": TODAY.isoformat(),
        "Amount": "100", "Reference": reference,
    }  # fmt: skip
    put_by_hand(office, "Payments", body, office.simulator.headers(office.simulator.connect()))


def test_one_refund_booked_twice(half_refunded: Office):
    (ours,) = (row for row in rows(half_refunded, "Payments") if "CreditNote" in row)
    refund_in_xero(half_refunded, ours["Reference"])
    assert found(half_refunded) == [(What.REFUND_TWICE, "AG-1")]


def test_a_refund_of_ours_that_the_gallery_does_not_have_and_one_that_it_has(half_refunded: Office):
    refund_in_xero(half_refunded, f"Art [G-{marker('north-light', DocumentKind.REFUND, 'of another time')}]")
    assert found(half_refunded) == [(What.REFUND_STRANGE, "AG-1")]
    refund = half_refunded.gallery.add_refund("inv-1", 100, date=TODAY)
    mark = marker("north-light", DocumentKind.REFUND, refund_identity(refund))
    refund_in_xero(half_refunded, f"Art [G-{mark}]")
    assert found(half_refunded) == [(What.REFUND_STRANGE, "AG-1")], "the next sync recognises the other"


def credit_in_xero(office: Office, number: str, mark: str) -> None:
    """Somebody's credit note with our marker, as a copy in Xero has it."""
    body = {
        "Type": "ACCRECCREDIT", "CreditNoteNumber": number, "Reference": f"AG-1 [G-{mark}]", "Status": "AUTHORISED",
        "Contact": {"ContactID": standing(office)["Contact"]["ContactID"]},
        "LineItems": [{"Description": "Credit", "Quantity": 1, "UnitAmount": 10, "AccountCode": "200"}],
    }  # fmt: skip
    put_by_hand(office, "CreditNotes", body, office.simulator.headers(office.simulator.connect()))


def test_a_credit_note_copied_in_xero_stands_twice(half_refunded: Office):
    (row,) = correction(half_refunded, DocumentKind.CREDIT_NOTE, "inv-1")
    credit_in_xero(half_refunded, "CN-7", row.marker)
    assert found(half_refunded) == [(What.CREDIT_TWICE, "CN-7")]


def test_a_credit_note_of_ours_of_which_nobody_knows(half_refunded: Office):
    mark = marker("north-light", DocumentKind.CREDIT_NOTE, "inv-1/version/99")
    credit_in_xero(half_refunded, f"AG-1-C{mark[:6]}", mark)
    assert found(half_refunded) == [(What.CREDIT_STRANGE, f"AG-1-C{mark[:6]}")]


def test_after_a_restore_credits_that_the_next_sync_recognises_are_no_finding(office: Office):
    sale = sold(office, 1000, date=LAST_MONTH)
    office.gallery.add_payment(sale.id, 1200, date=THIS_MONTH)
    office.sync()
    office.gallery.add_refund(sale.id, 200, date=TODAY)
    an_hour_later(office)
    restore(office)
    office.time.pass_by(hours=1)
    assert found(office) == []
    for _ in range(3):
        an_hour_later(office)
    assert found(office) == []
    assert (len(notes(office)), len(money(office))) == (1, 2), "nothing was made twice"


def test_what_was_cancelled_before_a_restore_forgot_it_is_for_a_person(credited: Office):
    """No sync takes in an invoice that was cancelled before the ledger knew it: that it stands in Xero is said."""
    restore(credited)
    an_hour_later(credited)
    an_hour_later(credited)
    note = note_of(credited, "AG-2")["CreditNoteNumber"]
    assert found(credited) == [(What.STRANGE, "AG-2"), (What.CREDIT_STRANGE, note)]


def test_refunds_are_asked_for_by_themselves_when_the_list_does_not_show_them(
    credited: Office, monkeypatch: pytest.MonkeyPatch
):
    """Whether Xero's list of credit notes has the payments in it is not documented."""
    remove_refund(credited)
    api = credited.api
    plain = api.sales_credit_notes

    def without_payments(page: int, **more: Any) -> Any:
        request = plain(page, **more)

        def read(document: Any) -> Any:
            found = request.read(document)
            return replace(found, items=tuple(replace(note, payments=None) for note in found.items))

        return replace(request, read=read)

    monkeypatch.setattr(api, "sales_credit_notes", without_payments, raising=False)
    assert found(credited) == [(What.REFUND_ABSENT, "AG-1")]
