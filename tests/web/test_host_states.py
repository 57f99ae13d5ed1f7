"""The host's own invoice pages show where each invoice stands in Xero."""
from galleria_xero_plugin import document_states
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState
from tests.web.site import OURS, THEIRS

XERO_ID = "f0000000-0000-4000-8000-000000000007"


def states(site, gallery_id=OURS, ids=("a", "b", "c", "draft")):
    with site.app.test_request_context("/"):
        return document_states(gallery_id, ids)


def sent(site, connection, number, **fields):
    row = site.document(connection, number, state=DocumentState.PENDING, **fields)
    site.move(row, DocumentState.SENDING)
    site.move(row, DocumentState.DONE, was=[DocumentState.SENDING], xero_id=XERO_ID, xero_number=f"AG-{number}")
    return row


def test_each_invoice_says_where_it_stands(site):
    made, connection = site.ready()
    done = sent(site, connection, 1, local_id="a")
    waits = site.document(connection, 2, local_id="b", reason_code="total_differs", reason_facts={})
    site.document(connection, 3, local_id="c", state=DocumentState.PENDING)
    found = states(site)
    assert found.keys() == {"a", "b", "c"}      # a draft is nothing that the plugin knows
    assert (found["a"].words, found["a"].tone, found["a"].reason) == ("In Xero", "good", "")
    assert found["a"].activity_url == f"/xero/{made.id}/documents/{done}" and XERO_ID in found["a"].xero_url
    assert found["b"].tone == "needs" and found["b"].reason.endswith(".") and not found["b"].xero_url
    assert found["c"].tone == "moving"
    for one in found.values():
        assert site.browser().get(one.activity_url).status_code == 200


def test_what_waits_behind_an_invoice_in_xero_is_told_with_it(site):
    _, connection = site.ready()
    sent(site, connection, 1, local_id="a")
    site.document(connection, 1, DocumentKind.PAYMENT, local_id="p", parent_local_id="a",
                  reason_code="payment_method_unmapped", reason_facts={"method": "Cheque"})
    found = states(site, ids=["a"])["a"]
    assert found.tone == "needs" and "Cheque" in found.reason and XERO_ID in found.xero_url


def test_another_gallery_learns_nothing(site):
    _, connection = site.ready()
    sent(site, connection, 1, local_id="a")
    assert states(site, THEIRS) == {} == states(site, OURS, [])
