"""Another gallery's ids where a form carries them; ids in addresses are walked through in tests/web/test_doors.py."""

import pytest

from galleria_xero_plugin.domain.accounting import XeroContact
from galleria_xero_plugin.domain.states import DocumentKind
from tests.web.site import BANK, MAPPING, OTHER_TENANT, OURS, SALES, THEIRS

NAMESAKE = "e0000000-0000-4000-8000-000000000077"


@pytest.fixture
def two(site):
    """(site, our webservice and connection, theirs): both with a question and a waiting contact of the same name."""
    ours, theirs = site.ready(), site.ready(THEIRS, tenant=OTHER_TENANT)
    for _, connection in (ours, theirs):
        site.conflict(connection)
    with site.units.write() as uow:
        uow.contacts.mirror(THEIRS, OTHER_TENANT.tenant_id, [XeroContact(NAMESAKE, "Ada Marsh")])
        uow.commit()
    return site, ours, theirs


def contact(site, connection):
    return site.document(connection, kind=DocumentKind.CONTACT, label="Ada Marsh", contact_name="Ada Marsh",
                         reason_code="contact_ambiguous")


def conflict_of(site, connection):
    with site.units.read() as uow:
        asked, = uow.contacts.conflicts(connection.gallery_id, connection.tenant_id)
    return asked.id


def refused(site, path, status=404, **form):
    browser = site.browser()
    browser.get("/xero/")
    before = site.rows()
    answer = browser.post(path, form)
    assert answer.status_code == status, answer.text
    assert "Harbour" not in answer.text and site.rows() == before


@pytest.mark.parametrize("local_id", ["c-1", ""], ids=["it is this one", "stop asking"])
def test_another_gallerys_question_is_not_answered(two, local_id):
    site, (made, _), (_, theirs) = two
    refused(site, f"/xero/{made.id}/contacts", conflict=conflict_of(site, theirs), contact=local_id)


def test_a_contact_that_was_not_offered_is_not_linked(two):
    site, (made, ours), _ = two
    refused(site, f"/xero/{made.id}/contacts", conflict=conflict_of(site, ours), contact="c-of-somebody-else")


def test_another_organisations_contact_is_not_linked(two):
    site, (made, ours), _ = two
    refused(site, f"/xero/{made.id}/documents/{contact(site, ours)}", xero_id=NAMESAKE)


def test_another_gallerys_contact_gets_no_answer_from_us(two):
    site, (made, _), (_, theirs) = two
    refused(site, f"/xero/{made.id}/documents/{contact(site, theirs)}", xero_id=NAMESAKE)


def test_among_many_documents_only_ours_are_sent_again(two):
    site, (made, ours), (_, theirs) = two
    mine, foreign = site.document(ours, 1), site.document(theirs, 2)
    browser = site.browser()
    browser.get("/xero/")
    answer = browser.client.post(f"/xero/{made.id}/activity", data={
        "csrf_token": browser.token, "document": [foreign, mine, foreign]})
    assert answer.status_code == 303
    with site.units.read() as uow:
        assert uow.ledger.get(OURS, mine).state == "pending"
        assert uow.ledger.get(THEIRS, foreign).state == "blocked"


@pytest.mark.parametrize("document", ["", "x", "' or 1=1 --", "00000000-0000-4000-8000-00000000000G", "\x00", "../.."])
def test_what_is_no_id_is_refused(two, document):
    site, (made, _), _ = two
    refused(site, f"/xero/{made.id}/activity", 400, document=document)


@pytest.mark.parametrize(("field", "value"), [
    ("sales", "b0000000-0000-4000-8000-000000009999"), ("bank:bank", SALES.id), ("sales", BANK.id), ("tax:vat-20", "MADEUP"),
    ("theme:x", "d0000000-0000-4000-8000-000000000009"),
])  # fmt: skip
def test_accounts_that_were_not_offered_are_not_saved(two, field, value):
    site, (made, _), _ = two
    browser = site.browser()
    browser.get(f"/xero/{made.id}/edit")
    browser.post(f"/xero/{made.id}/edit", {"version": "1", "prefix": "AG", "sync_from": "2026-01-01", field: value})
    after = str(site.webservice(made).settings.mapping)
    assert after.count(value) == str(MAPPING).count(value)


@pytest.mark.parametrize("how", [
    {"query_string": {"gallery_id": THEIRS, "gallery": THEIRS}},
    {"headers": {"X-Gallery-Id": THEIRS, "xero-tenant-id": OTHER_TENANT.tenant_id}},
])  # fmt: skip
def test_the_gallery_comes_from_the_sign_in_alone(two, how):
    site, (made, _), (theirs, _) = two
    browser = site.browser()
    page = browser.get("/xero/", **how).text
    assert made.id in page and theirs.id not in page and "Harbour" not in page
    assert browser.get(f"/xero/{theirs.id}/activity", **how).status_code == 404
    before = site.rows()
    browser.post(f"/xero/{theirs.id}/pause", {"gallery_id": THEIRS, "webservice_id": theirs.id}, **how)
    assert site.rows() == before


@pytest.mark.parametrize("after", ["theirs", "nonsense", "\x00", "' or 1=1 --", "9" * 5000])
def test_a_cursor_opens_no_other_gallerys_list(two, after):
    site, (made, ours), (_, theirs) = two
    site.document(ours, 1)
    foreign = site.document(theirs, 2, contact_name="Harbour's client")
    answer = site.browser().get(
        f"/xero/{made.id}/activity", query_string={"after": foreign if after == "theirs" else after})
    assert answer.status_code == 200 and "Harbour" not in answer.text


def test_a_run_that_is_shown_or_stopped_is_ours(two):
    site, _, (_, theirs) = two
    run = site.run(theirs)
    refused(site, f"/xero/runs/{run.id}/cancel")
    for path in (f"/xero/runs/{run.id}", f"/xero/runs/{run.id}.json"):
        answer = site.browser().get(path)
        assert answer.status_code == 404 and "Harbour" not in answer.text


def test_what_is_not_there_and_what_is_not_ours_look_alike(two):
    site, _, (theirs, _) = two
    nobodys = "00000000-0000-4000-8000-000000000007"
    for page in ("activity", "edit", "contacts", "connect", "disconnect", "delete", "count.json"):
        one, other = (site.browser().get(f"/xero/{id}/{page}") for id in (theirs.id, nobodys))
        assert one.status_code == other.status_code == 404 and one.data == other.data
