"""The net of the first run: five drafts, a look, then everything; and who approves them where."""

from __future__ import annotations

import pytest

from galleria_xero_plugin.domain.states import DocumentKind, DocumentState
from galleria_xero_plugin.simulator.core.fault import Fault
from galleria_xero_plugin.testing import factories

from .by_hand import ME, Desk
from .office import Office
from .test_clean_run import DAY, created, invoices_in_xero
from .test_unclear_answers import post_by_hand


def ours(office: Office) -> dict[str, str]:
    """Number -> status of what was sent from here."""
    return {n: row["Status"] for n, row in invoices_in_xero(office).items() if n.startswith("AG-")}


@pytest.fixture
def careful(office: Office) -> Office:
    """Seven sales to seven buyers, one of them paid, and the net switched on."""
    office.save(office.settings(first_five_as_drafts=True))
    for number in range(7):
        buyer = factories.make_contact(f"c-{number}", "Buyer", f"Number {number}")
        sale = office.sell(date=DAY, contact=buyer)
        if number == 0:
            office.gallery.add_payment(sale.id, 50)
    return office


FIVE = {f"AG-{n}": "DRAFT" for n in range(1, 6)}


def test_five_drafts_and_their_buyers_and_nothing_else(careful: Office):
    careful.sync()
    assert ours(careful) == FIVE
    assert (created(careful, "Contact"), created(careful, "Payment")) == (5, 0)
    assert careful.ended == [], "it is not live"
    careful.sync()
    assert ours(careful) == FIVE
    desk = Desk(careful)
    page = desk.first_run.page(ME, desk.id)
    assert [draft.document.label for draft in page.drafts] == sorted(FIVE)
    assert page.row.first_run and page.row.standing.words.text.startswith("Connected. The first invoices")


def test_approve_and_go_on_approves_the_drafts_themselves(careful: Office):
    careful.sync()
    drafts = {n: row["InvoiceID"] for n, row in invoices_in_xero(careful).items() if n in FIVE}

    run = Desk(careful).first_run.go_on(ME, careful.webservice.id)
    careful.work()

    standing = invoices_in_xero(careful)
    assert {n: standing[n]["InvoiceID"] for n in FIVE} == drafts, "the same documents, never new ones"
    assert ours(careful) == {f"AG-{n}": "AUTHORISED" for n in range(1, 8)}
    assert (created(careful, "Invoice"), created(careful, "Payment")) == (7, 1)
    assert [ended.id for ended in careful.ended] == [run.id]
    assert not Desk(careful).first_run.page(ME, careful.webservice.id).drafts
    assert careful.waiting() == {}
    assert careful.webservice.settings.first_five_as_drafts, "as it was when the net was cast"
    with careful.units.read() as uow:
        now = uow.webservices.get(careful.webservice.gallery_id, careful.webservice.id)
    assert now is not None and not now.settings.first_five_as_drafts


@pytest.mark.parametrize("kind", ["drop", "500_after", "drop_before", "html"])
def test_an_approval_whose_answer_is_lost_is_read_back(careful: Office, kind: str):
    careful.sync()
    fault = Fault(kind, path="/api.xro/2.0/Invoices", method="POST")
    careful.simulator.world.faults.add(fault)
    Desk(careful).first_run.go_on(ME, careful.webservice.id)
    careful.work()
    careful.time.pass_by(minutes=6)
    careful.ring()
    careful.sync()
    assert ours(careful) == {f"AG-{n}": "AUTHORISED" for n in range(1, 8)}
    assert created(careful, "Invoice") == 7
    assert not Desk(careful).first_run.page(ME, careful.webservice.id).drafts


def test_what_the_bookkeeper_approved_in_xero_is_recognised_and_the_next_sync_goes_on(careful: Office):
    careful.sync()
    for number in FIVE:
        post_by_hand(careful, number, "AUTHORISED")
    careful.sync()
    assert ours(careful) == {f"AG-{n}": "AUTHORISED" for n in range(1, 8)}
    assert len(careful.ended) == 1


def test_a_draft_that_was_deleted_in_xero_keeps_the_net_up_until_a_person_goes_on(careful: Office):
    careful.sync()
    post_by_hand(careful, "AG-2", "DELETED")
    for number in set(FIVE) - {"AG-2"}:
        post_by_hand(careful, number, "AUTHORISED")
    careful.sync()
    assert len(ours(careful)) == 5
    row = careful.document(DocumentKind.INVOICE, next(
        i.id for _, i in careful.gallery.shelf().invoices.values() if i.number == 2))
    assert (row.state, row.reason_code) == (DocumentState.DONE, "voided_in_xero")

    Desk(careful).first_run.go_on(ME, careful.webservice.id)
    careful.work()

    assert ours(careful)["AG-2"] == "DELETED" and ours(careful)["AG-7"] == "AUTHORISED"


def test_a_draft_that_is_deleted_while_it_is_being_approved_stays_deleted_and_the_others_go(careful: Office):
    careful.sync()
    Desk(careful).first_run.go_on(ME, careful.webservice.id)
    post_by_hand(careful, "AG-1", "DELETED")
    careful.work()
    assert ours(careful)["AG-1"] == "DELETED" and ours(careful)["AG-6"] == "AUTHORISED"


def test_a_lost_answer_about_the_drafts_themselves_still_makes_them_drafts_to_approve(careful: Office):
    careful.simulator.world.faults.add(Fault("drop", path="/api.xro/2.0/Invoices", method="PUT"))
    careful.sync()
    for _ in range(3):
        careful.time.pass_by(minutes=4)
        careful.ring()
    assert ours(careful) == FIVE
    assert len(Desk(careful).first_run.page(ME, careful.webservice.id).drafts) == 5


def test_without_the_net_everything_goes_at_once(office: Office):
    for _ in range(7):
        office.sell(date=DAY)
    office.sync()
    assert set(ours(office).values()) == {"AUTHORISED"} and len(ours(office)) == 7
