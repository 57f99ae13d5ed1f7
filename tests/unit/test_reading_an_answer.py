"""Reading an answer (export-protocol §2.5): one test for each row of its table, from Xero's bytes to what they prove.

What follows for the connection (pauses, refreshes, /connections) is in tests/integration/export/test_review_calls.py.
"""

import json
from decimal import Decimal

import pytest

from galleria_xero_plugin.domain.answers import Expected, Outcome, read_answer
from galleria_xero_plugin.errors import AccessLost, NotConnected, NotSent, RateLimited, ScopeMissing, Unknown
from galleria_xero_plugin.ports.xero import WriteKind
from galleria_xero_plugin.xero import elements
from galleria_xero_plugin.xero.classify import classify
from galleria_xero_plugin.xero.transport import Failure, Reply

AG_7 = Expected("AG-7", "GBP", Decimal("120.00"), Decimal("20.00"))
ID = "11111111-1111-4111-8111-111111111111"
ZERO = "00000000-0000-0000-0000-000000000000"
CREATED = {
    "InvoiceID": ID, "InvoiceNumber": "AG-7", "CurrencyCode": "GBP", "Total": Decimal("120.00"), "TotalTax": Decimal("20.00"),
    "StatusAttributeString": "OK",
}  # fmt: skip


def taken(*rows):
    """What an accepted request that answers with these elements proves about AG-7."""
    found = [one for one in elements.read({"Invoices": list(rows)}, WriteKind.INVOICE) if one.key == "AG-7"]
    return read_answer(AG_7, found[0] if len(found) == 1 else None)


def refused(*texts):
    row = {"InvoiceID": ZERO, "InvoiceNumber": "AG-7", "StatusAttributeString": "ERROR", "HasErrors": True}
    return taken(row | {"ValidationErrors": [{"Message": text} for text in texts]})


def error_of(status, body=b"", headers=(), kind="application/json"):
    """The error that Xero's answer to a write is."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return classify(Reply(status, {"Content-Type": kind} | dict(headers), content), is_write=True, now=0)


def ended(error, *, alone=False):
    """What a write that ended so proves."""
    verdict = read_answer(AG_7, error, alone=alone)
    return verdict.outcome, verdict.reason


def title(text):
    return {"Type": None, "Title": "Error", "Detail": text}


NOT_SENT = (Outcome.NOT_SENT, None)
READ_BACK = (Outcome.UNCLEAR, "checking_with_xero")


@pytest.mark.parametrize("status", ["OK", "WARNING"])
def test_200_element_ok_or_warning_with_id_number_total_and_currency_equal_is_a_yes(status):
    verdict = taken(CREATED | {"StatusAttributeString": status, "Warnings": [{"Message": "Account 200 is old."}]})
    assert (verdict.outcome, verdict.reason) == (Outcome.YES, None)


def test_the_warnings_of_an_accepted_element_are_kept():
    (element,) = elements.read({"Invoices": [CREATED | {"Warnings": [{"Message": "Old."}]}]}, WriteKind.INVOICE)
    assert element.warnings == ("Old.",)


@pytest.mark.parametrize("figures", [{"Total": Decimal("120.01")}, {"TotalTax": Decimal("19.99")}])
def test_200_element_ok_but_total_differs_is_a_yes_that_is_shown_and_never_sent_again(figures):
    verdict = taken(CREATED | figures)
    assert (verdict.outcome, verdict.reason) == (Outcome.YES, "total_mismatch_in_xero")
    assert verdict.facts["number"] == "AG-7"


@pytest.mark.parametrize("said", ["Invoice # must be unique.", "The name Ann is already assigned to another contact."])
def test_200_element_error_must_be_unique_or_already_assigned_is_unclear_and_looked_at_once(said):
    verdict = refused(said)
    assert (verdict.outcome, verdict.at_once, verdict.facts) == (Outcome.UNCLEAR, True, {"xero": said})


def test_200_element_error_other_is_a_no_in_xeros_words():
    verdict = refused("Account code '999' is not valid.")
    assert (verdict.outcome, verdict.reason) == (Outcome.NO, "xero_refused")
    assert verdict.facts["xero"] == "Account code '999' is not valid."


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [CREATED, CREATED],
        [CREATED | {"InvoiceID": ZERO}],
        [CREATED | {"InvoiceNumber": "AG-8"}],
        [CREATED | {"CurrencyCode": "EUR"}],
        [CREATED | {"HasErrors": True}],
        [CREATED | {"StatusAttributeString": "PERHAPS"}],
    ],
    ids=["missing", "twice", "zero id", "another number", "another currency", "contradiction", "unheard of"],
)
def test_200_an_element_that_explains_nothing_is_read_back(rows):
    verdict = taken(*rows)
    assert (verdict.outcome, verdict.at_once) == (Outcome.UNCLEAR, False)


def test_400_whole_request_validation_exception_is_read_back_and_bisected_until_it_is_alone():
    body = {"ErrorNumber": 10, "Type": "ValidationException", "Message": "A validation exception occurred"}
    error = error_of(400, body)
    assert error.whole_request_refused
    assert ended(error) == READ_BACK
    assert ended(error, alone=True) == (Outcome.UNCLEAR, "xero_refused")


def test_400_idempotency_key_different_request_is_our_mistake_and_read_back_not_bisected():
    error = error_of(400, title("Idempotency Key: k-1 is used with a different request."))
    assert (error.our_mistake, error.whole_request_refused) == (True, False)
    assert ended(error, alone=True) == READ_BACK


@pytest.mark.parametrize("said", ["TokenExpired: token expired at 11/20/2026", "AuthenticationUnsuccessful"])
def test_401_token_expired_or_invalid_token_is_not_executed_and_refreshed_once(said):
    error = error_of(401, title(said))
    assert error.token_refused
    assert ended(error) == NOT_SENT


def test_second_401_needs_a_person_and_is_not_executed():
    assert ended(NotConnected("Xero no longer accepts our permission.")) == NOT_SENT


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("said", ["AuthorizationUnsuccessful", "insufficient_scope"])
def test_401_or_403_for_a_missing_scope_is_not_executed_and_never_refreshed(status, said):
    error = error_of(status, title(said))
    assert isinstance(error, ScopeMissing)
    assert ended(error) == NOT_SENT


def test_403_authentication_unsuccessful_is_not_executed_and_connections_is_asked():
    error = error_of(403, title("AuthenticationUnsuccessful"))
    assert isinstance(error, AccessLost)
    assert ended(error) == NOT_SENT


def test_404_on_a_write_is_read_back_and_bisected_never_a_disconnect():
    error = error_of(404, kind="text/html")
    assert isinstance(error, Unknown) and error.whole_request_refused
    assert ended(error) == READ_BACK


@pytest.mark.parametrize("which", ["minute", "day", "concurrent"])
def test_429_is_not_executed_and_says_how_long_the_whole_organisation_waits(which):
    error = error_of(429, headers={"X-Rate-Limit-Problem": which, "Retry-After": "73451"})
    assert isinstance(error, RateLimited) and (error.which, error.retry_after) == (which, 73451)
    assert ended(error) == NOT_SENT


def test_503_maintenance_or_organisation_offline_is_read_back():
    error = error_of(503, b"The organisation is offline", kind="text/plain")
    assert (error.status, ended(error)) == (503, READ_BACK)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_500_502_504_is_read_back(status):
    assert ended(error_of(status, b"oops", kind="text/html")) == READ_BACK


@pytest.mark.parametrize("what", ["timed out", "connection reset", "end of file"])
def test_timeout_after_the_request_started_reset_or_eof_is_read_back(what):
    assert ended(classify(Failure(wrote=True, what=what), is_write=True, now=0)) == READ_BACK


def test_no_byte_written_is_not_sent_by_the_adapters_own_flag():
    error = classify(Failure(wrote=False, what="connection reset"), is_write=True, now=0)
    assert isinstance(error, NotSent)
    assert ended(error) == NOT_SENT


@pytest.mark.parametrize(("status", "kind"), [(200, "text/html"), (201, "application/json"), (302, "text/html"), (418, "a/b")])
def test_anything_else_is_read_back(status, kind):
    assert ended(error_of(status, b"<html>", kind=kind)) == READ_BACK
