"""Questions about contacts: a person's answer is a link, and what waited goes on."""

import datetime as dt
import re

import pytest

from galleria_xero_plugin.domain.accounting import XeroContact
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState
from galleria_xero_plugin.ports.records import ContactLink

from .site import OURS

ONE, OTHER, GONE, STRANGER = (f"e0000000-0000-4000-8000-00000000000{n}" for n in range(1, 5))


@pytest.fixture
def asked(site):
    """(webservice, connection, id of a contact that waits for an answer)."""
    made, connection = site.ready()
    with site.units.write() as uow:
        uow.contacts.mirror(OURS, connection.tenant_id, [
            XeroContact(ONE, "ada  marsh", email="one@b.example"), XeroContact(OTHER, "Ada Marsh"),
            XeroContact(GONE, "Ada Marsh", status="ARCHIVED"), XeroContact(STRANGER, "Bo Stone"),
        ])
        uow.commit()
    waiting = site.document(connection, kind=DocumentKind.CONTACT, label="Ada Marsh", contact_name="Ada Marsh",
                            reason_code="contact_ambiguous", reason_facts={"contact": "Ada Marsh"})
    return made, connection, waiting


def links(site, connection):
    with site.units.read() as uow:
        return uow.contacts.all_links(OURS, connection.tenant_id)


def test_a_waiting_contact_offers_its_namesakes_and_goes_on_with_the_chosen_one(site, asked):
    made, connection, waiting = asked
    browser = site.browser()
    assert "Choose the contact" in browser.get(f"/xero/{made.id}/activity").text
    page = browser.get(f"/xero/{made.id}/documents/{waiting}").text
    assert set(re.findall(r'name="xero_id" value="([^"]+)"', page)) == {ONE, OTHER}
    answer = browser.post(f"/xero/{made.id}/documents/{waiting}", {"xero_id": ONE})
    assert answer.status_code == 303 and "/runs/" in answer.location
    assert links(site, connection) == {ONE: "contact-1234"}
    with site.units.read() as uow:
        assert uow.ledger.get(OURS, waiting).state is DocumentState.PENDING
    assert site.bell.rung == [("export", connection.id)]


@pytest.mark.parametrize("xero_id", [GONE, STRANGER, "", "nonsense"])
def test_only_who_is_offered_can_be_chosen(site, asked, xero_id):
    made, connection, waiting = asked
    browser = site.browser()
    browser.get(f"/xero/{made.id}/documents/{waiting}")
    before = site.rows()
    assert browser.post(f"/xero/{made.id}/documents/{waiting}", {"xero_id": xero_id}).status_code == 404
    assert site.rows() == before and links(site, connection) == {}


def test_a_question_of_the_import_is_answered(site):
    made, connection = site.ready()
    site.conflict(connection, local_ids=("c-1", "c-2"))
    browser = site.browser()
    page = browser.get(f"/xero/{made.id}/contacts").text
    conflict = re.search(r'name="conflict" value="([^"]+)"', page)[1]
    assert "Which one is it?" in page and page.count("It is this one") == 2
    assert browser.post(f"/xero/{made.id}/contacts", {"conflict": conflict, "contact": "c-9"}).status_code == 404
    answer = browser.post(f"/xero/{made.id}/contacts", {"conflict": conflict, "contact": "c-2"})
    assert "No open questions" in browser.follow(answer).text
    assert links(site, connection) == {ONE: "c-2"}
    assert browser.post(f"/xero/{made.id}/contacts", {"conflict": conflict, "contact": "c-2"}).status_code == 404


def test_both_sides_of_a_question_stand_side_by_side(site):
    made, connection = site.ready()
    with site.units.write() as uow:
        contact = XeroContact(ONE, "Marsh & Sons", email="new@marsh.example")
        known = [("c-1", "marsh & sons", "old@marsh.example"), ("c-2", "ada marsh", "")]
        uow.contacts.add_conflict(OURS, connection.tenant_id, contact, "several", ["c-1", "c-2"], candidates=known)
        uow.commit()
    text = site.browser().get(f"/xero/{made.id}/contacts").text
    assert text.index("In Xero") < text.index("new@marsh.example") < text.index("In your gallery")
    assert text.count("Marsh &amp; Sons") == 2 and "old@marsh.example" in text
    assert "Ada Marsh" in text and "no e-mail address" in text and "Keep both" in text


def test_stop_asking(site):
    made, connection = site.ready()
    site.conflict(connection)
    browser = site.browser()
    conflict = re.search(r'name="conflict" value="([^"]+)"', browser.get(f"/xero/{made.id}/contacts").text)[1]
    answer = browser.post(f"/xero/{made.id}/contacts", {"conflict": conflict, "contact": ""})
    assert "not asked about any more" in browser.follow(answer).text
    assert links(site, connection) == {}


def test_a_contact_is_not_linked_twice(site):
    made, connection = site.ready()
    site.conflict(connection)
    with site.units.write() as uow:
        uow.contacts.link(OURS, connection.tenant_id, [ContactLink("c-1", OTHER, "name")])
        uow.commit()
    browser = site.browser()
    conflict = re.search(r'name="conflict" value="([^"]+)"', browser.get(f"/xero/{made.id}/contacts").text)[1]
    answer = browser.post(f"/xero/{made.id}/contacts", {"conflict": conflict, "contact": "c-1"})
    assert answer.status_code == 409 and "linked with another contact" in answer.text
    assert links(site, connection) == {OTHER: "c-1"}


def test_a_document_of_a_closed_month_is_booked_on_the_first_open_day_when_a_person_says_so(site):
    made, connection = site.ready()
    facts = {"date": "2026-01-15", "lock_date": "2026-01-31"}
    waiting = site.document(connection, reason_code="period_locked", reason_facts=facts)
    browser = site.browser()
    page = browser.get(f"/xero/{made.id}/documents/{waiting}").text
    assert "Book it on" in page
    answer = browser.post(f"/xero/{made.id}/documents/{waiting}/redate", {})
    assert answer.status_code == 303 and "/runs/" in answer.location
    with site.units.read() as uow:
        row = uow.ledger.get(OURS, waiting)
    assert (row.state, row.redated_to) == (DocumentState.PENDING, dt.date(2026, 2, 1))
    assert "Book it on" not in browser.get(f"/xero/{made.id}/documents/{waiting}").text


def taken(site, kind=DocumentKind.INVOICE, reason="number_taken"):
    made, connection = site.ready()
    offer = {"offered": f'[["{ONE}", "2026-03-02", "1234.50 GBP", "AG-1234"]]', "number": "AG-1234"}
    return made, site.document(connection, kind=kind, state=DocumentState.CONFLICT, reason_code=reason, reason_facts=offer)


def document(site, document_id):
    with site.units.read() as uow:
        return uow.ledger.get(OURS, document_id)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (DocumentKind.INVOICE, "number_taken"),
        (DocumentKind.PAYMENT, "booked_by_hand_unclear"),
        (DocumentKind.CREDIT_NOTE, "credited_by_hand_unclear"),
        (DocumentKind.REFUND, "booked_by_hand_unclear"),
    ],
)
def test_what_stands_in_xero_already_is_linked(site, kind, reason):
    made, waiting = taken(site, kind, reason)
    browser = site.browser()
    page = browser.get(f"/xero/{made.id}/documents/{waiting}").text
    assert "It is this one" in page and "1,234.50" in page
    strange = browser.post(f"/xero/{made.id}/documents/{waiting}", {"xero_id": OTHER, "linked": "y"})
    assert strange.status_code == 404
    answer = browser.post(f"/xero/{made.id}/documents/{waiting}", {"xero_id": ONE, "linked": "y"})
    assert answer.status_code == 303 and "/runs/" in answer.location
    found = document(site, waiting)
    assert (found.state, found.xero_id, found.adopted) == (DocumentState.DONE, ONE, True)
    assert "It is this one" not in browser.get(f"/xero/{made.id}/documents/{waiting}").text


def test_money_of_another_amount_is_refused_on_the_page_of_the_payment(site):
    made, connection = site.ready()
    offer = {"offered": f'[["{ONE}", "2026-03-02", "8639.53 GBP", "by hand"]]', "number": "AG-1234"}
    waiting = site.document(
        connection, kind=DocumentKind.PAYMENT, state=DocumentState.CONFLICT, reason_code="booked_by_hand_unclear",
        reason_facts=offer,
    )  # fmt: skip
    browser = site.browser()
    browser.get(f"/xero/{made.id}/documents/{waiting}")
    answer = browser.post(f"/xero/{made.id}/documents/{waiting}", {"xero_id": ONE, "linked": "y"})
    page = browser.follow(answer).text
    assert "In Xero it is 8,639.53, here 1,234.50: they cannot be the same payment." in page and "faster" not in page
    assert document(site, waiting).state is DocumentState.CONFLICT


def test_an_invoice_whose_number_is_taken_goes_under_another(site):
    made, waiting = taken(site)
    browser = site.browser()
    assert "Send under this number" in browser.get(f"/xero/{made.id}/documents/{waiting}").text
    path = f"/xero/{made.id}/documents/{waiting}/another"
    wrong = browser.post(path, {"number": "<b>"})
    assert "Please enter another number" in browser.follow(wrong).text
    assert document(site, waiting).state is DocumentState.CONFLICT
    assert "/runs/" in browser.post(path, {"number": " AG-1234-2 "}).location
    assert (document(site, waiting).state, document(site, waiting).natural_key) == (DocumentState.PENDING, "AG-1234-2")


@pytest.mark.parametrize(
    ("kind", "reason", "button"),
    [
        (DocumentKind.PAYMENT, "booked_by_hand_unclear", "It is a different payment"),
        (DocumentKind.CREDIT_NOTE, "credited_by_hand_unclear", "It is for something else"),
    ],
)
def test_a_payment_or_a_credit_note_is_a_different_one(site, kind, reason, button):
    made, waiting = taken(site, kind, reason)
    browser = site.browser()
    assert button in browser.get(f"/xero/{made.id}/documents/{waiting}").text
    assert "/runs/" in browser.post(f"/xero/{made.id}/documents/{waiting}/another").location
    assert document(site, waiting).state is DocumentState.PENDING
