"""The calls about the client's credit: what is open, using it, and taking it back (xero-facts §4.8)."""

import datetime as dt
import json
from decimal import Decimal

import pytest

from galleria_xero_plugin.domain.correcting import AllocationDraft, AllocationRemoval
from galleria_xero_plugin.ports.xero import WriteKind
from galleria_xero_plugin.xero.client import XeroClient

NOTE = "11111111-1111-4111-8111-111111111111"
INVOICE = "22222222-2222-4222-8222-222222222222"
USE = "33333333-3333-4333-8333-333333333333"
CONTACT = "44444444-4444-4444-8444-444444444444"
TAKEN_BACK = {"AllocationID": USE, "Amount": Decimal("12.5"), "IsDeleted": True, "Invoice": {"InvoiceID": INVOICE}}


@pytest.fixture
def client():
    return XeroClient()


def removal(client):
    return client.create(WriteKind.ALLOCATION_REMOVAL, [client.payload(AllocationRemoval(USE))], under=NOTE)


def test_credit_is_used_under_its_credit_note(client):
    draft = AllocationDraft(INVOICE, Decimal("12.50"), dt.date(2026, 11, 23))
    request = client.create(WriteKind.ALLOCATION, [client.payload(draft)], under=NOTE)
    assert (request.method, request.path) == ("PUT", f"/CreditNotes/{NOTE}/Allocations")
    assert json.loads(request.body) == {
        "Allocations": [{"Invoice": {"InvoiceID": INVOICE}, "Amount": 12.50, "Date": "2026-11-23"}]
    }


def test_credit_is_taken_back_by_its_id_without_a_body(client):
    request = removal(client)
    assert (request.method, request.path) == ("DELETE", f"/CreditNotes/{NOTE}/Allocations/{USE}")
    assert request.body is None and request.is_write


@pytest.mark.parametrize("said", [TAKEN_BACK, {"Allocations": [TAKEN_BACK]}], ids=["bare", "list"])
def test_a_deleted_allocation_is_read_in_both_shapes(client, said):
    (element,) = removal(client).read(said)
    assert (element.ok, element.key, element.id) == (True, USE, USE)


@pytest.mark.parametrize("said", [{**TAKEN_BACK, "IsDeleted": False}, {"Allocations": []}, {}])
def test_what_is_not_said_to_be_deleted_proves_nothing(client, said):
    assert removal(client).read(said) == ()


@pytest.mark.parametrize("said", [None, [], "gone"])
def test_what_is_no_answer_at_all_is_an_error(client, said):
    with pytest.raises(ValueError, match="no array"):
        removal(client).read(said)


def test_open_credit_is_asked_for_by_client_and_status(client):
    request = client.open_credit(CONTACT, 2)
    asked = dict(request.query)
    assert asked["where"] == f'Type=="ACCRECCREDIT" AND Status=="AUTHORISED" AND Contact.ContactID==guid("{CONTACT}")'
    assert asked["page"] == "2"
    with pytest.raises(ValueError, match="GUID"):
        client.open_credit("x", 1)


def test_all_credit_notes_of_a_client_are_asked_for_whatever_is_left_of_them(client):
    request = client.credit_notes_of(CONTACT, 2)
    asked = dict(request.query)
    assert asked["where"] == f'Type=="ACCRECCREDIT" AND Contact.ContactID==guid("{CONTACT}")'
    assert asked["page"] == "2"
    with pytest.raises(ValueError, match="GUID"):
        client.credit_notes_of("x", 1)
