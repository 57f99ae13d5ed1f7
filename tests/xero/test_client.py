"""The accounting client over real HTTP: requests as Xero wants them, answers classified row by row."""

import dataclasses
import datetime as dt
import json
import logging
from decimal import Decimal

import pytest

from galleria_xero_plugin.errors import (
    AccessLost,
    NotSent,
    RateLimited,
    ReadFailed,
    ScopeMissing,
    Unknown,
    XeroError,
)
from galleria_xero_plugin.ports.xero import Quota, Secret, TenantAccess, WriteKind
from galleria_xero_plugin.xero.classify import LONGEST_WAIT, retry_after
from galleria_xero_plugin.xero.client import XeroClient
from tests.helpers.servers import free_port
from tests.xero import stub
from tests.xero.frames import shown_frames
from tests.xero.stub import HASTY, PATIENT, Say

TENANT = "33333333-3333-4333-8333-333333333333"
DOCUMENT = "11111111-1111-4111-8111-111111111111"
CANARY = "canary.access.token-7f3a"
NOW = 1_790_000_000.0
HTML = "text/html; charset=utf-8"


@pytest.fixture
def client_of():
    made = []

    def make(url, limits=PATIENT):
        made.append(XeroClient(url, limits=limits, now=lambda: NOW))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def access():
    return TenantAccess(TENANT, Secret(CANARY))


def a_read(client):
    return client.accounts()


def a_write(client):
    return client.create(WriteKind.INVOICE, ['{"InvoiceNumber":"AG-1"}'])


def gateway(status, detail, headers=None, **more):
    body = {"Type": None, "Title": "Error", "Status": status, "Detail": detail, "Extensions": {}}
    return Say(status, body, headers or {}, **more)


def problem(status, *texts, message="A validation exception occurred"):
    elements = [{"ValidationErrors": [{"Message": text}]} for text in texts]
    return Say(status, {"ErrorNumber": 10, "Type": "ValidationException", "Message": message, "Elements": elements})


LIMIT = {"X-Rate-Limit-Problem": "minute", "Retry-After": "26"}
KEY_MESSAGE = "Idempotency Key: k-1 is used with a different request."
EXPIRED = "TokenExpired: token expired at 11/20/2026 10:15:00"
SCOPE_HEADER = {"WWW-Authenticate": 'Bearer error="insufficent_scope"'}
# Name: the answer; the error of a write; the error of a read; attributes of both.
ROWS = {
    "429": (
        Say(429, headers=LIMIT, content_type=None),
        RateLimited,
        RateLimited,
        {"which": "minute", "retry_after": 26},
    ),
    "429 without headers": (
        Say(429, content_type=None),
        RateLimited,
        RateLimited,
        {"which": "unknown", "retry_after": None},
    ),
    "401 expired": (gateway(401, EXPIRED), NotSent, NotSent, {"token_refused": True}),
    "401 invalid": (gateway(401, "AuthenticationUnsuccessful"), NotSent, NotSent, {"token_refused": True}),
    "401 empty": (Say(401), NotSent, NotSent, {"token_refused": True}),
    "401 scope in the body": (gateway(401, "AuthorizationUnsuccessful"), ScopeMissing, ScopeMissing, {}),
    "401 scope in the header": (Say(401, headers=SCOPE_HEADER), ScopeMissing, ScopeMissing, {}),
    "403 scope": (gateway(403, "insufficient_scope"), ScopeMissing, ScopeMissing, {}),
    "403 no access": (gateway(403, "AuthenticationUnsuccessful"), AccessLost, AccessLost, {}),
    "403 empty": (Say(403, content_type=None), AccessLost, AccessLost, {}),
    "403 of a firewall": (Say(403, b"<html>no</html>", content_type=HTML), Unknown, ReadFailed, {}),
    "400 validation": (problem(400, "bad"), Unknown, ReadFailed, {"whole_request_refused": True}),
    "400 not JSON": (Say(400, b"<html>", content_type=HTML), Unknown, ReadFailed, {"whole_request_refused": True}),
    "400 key, on top": (problem(400, message=KEY_MESSAGE), Unknown, ReadFailed, {"whole_request_refused": False}),
    "400 key, inside": (problem(400, KEY_MESSAGE), Unknown, ReadFailed, {"whole_request_refused": False}),
    "400 key, far inside": (
        problem(400, "x" * 600, KEY_MESSAGE),
        Unknown,
        ReadFailed,
        {"whole_request_refused": False},
    ),
    "404": (Say(404, content_type=HTML), Unknown, ReadFailed, {"whole_request_refused": True}),
    "413": (Say(413, content_type=HTML), Unknown, ReadFailed, {"whole_request_refused": True}),
    "500": (Say(500, b"oops", content_type="text/plain"), Unknown, ReadFailed, {"whole_request_refused": False}),
    "502": (Say(502, b"<html>", content_type=HTML), Unknown, ReadFailed, {}),
    "503": (Say(503, b"The organisation is offline", content_type="text/plain"), Unknown, ReadFailed, {"status": 503}),
    "412": (Say(412), Unknown, ReadFailed, {}),
    "501": (Say(501), Unknown, ReadFailed, {}),
    "201": (Say(201, {"Invoices": [], "Accounts": []}), Unknown, ReadFailed, {}),
    "204": (Say(204, content_type=None), Unknown, ReadFailed, {}),
    "302": (Say(302, headers={"Location": "http://127.0.0.1:1/"}), Unknown, ReadFailed, {}),
    "304 to an unconditional call": (Say(304, content_type=None), Unknown, ReadFailed, {}),
    "200 HTML": (Say(200, b"<html>", content_type=HTML), Unknown, ReadFailed, {}),
    "200 JSON said to be HTML": (
        Say(200, {"Invoices": [], "Accounts": []}, content_type=HTML),
        Unknown,
        ReadFailed,
        {},
    ),
    "200 without a type": (Say(200, {"Invoices": [], "Accounts": []}, content_type=None), Unknown, ReadFailed, {}),
    "200 cut JSON": (Say(200, b'{"Invoices": [{"Inv'), Unknown, ReadFailed, {}),
    "200 empty": (Say(200), Unknown, ReadFailed, {}),
    "200 a list": (Say(200, []), Unknown, ReadFailed, {}),
    "200 another resource": (Say(200, {"Contacts": []}), Unknown, ReadFailed, {}),
    "200 array of texts": (Say(200, {"Invoices": ["a"], "Accounts": ["a"]}), Unknown, ReadFailed, {}),
    "200 NaN": (Say(200, b'{"Invoices":[{"Total":NaN}],"Accounts":NaN}'), Unknown, ReadFailed, {}),
    "200 far too deep": (Say(200, b'{"Invoices":' + b"[" * 30000), Unknown, ReadFailed, {}),
    "200 endless digits": (Say(200, b'{"a":' + b"9" * 5000 + b"}"), Unknown, ReadFailed, {}),
    "200 endless exponent": (Say(200, b'{"a":1e' + b"9" * 40 + b"}"), Unknown, ReadFailed, {}),
    "200 not UTF-8": (Say(200, b'{"a":"\xff"}'), Unknown, ReadFailed, {}),
}


@pytest.mark.parametrize("make", [a_write, a_read])
@pytest.mark.parametrize("row", ROWS)
def test_every_answer_has_its_class(stubs, client_of, access, row, make):
    answer, of_write, of_read, attributes = ROWS[row]
    server = stubs.http(answer)
    client = client_of(server.url)
    request = make(client)
    with pytest.raises(XeroError) as caught:
        client.send(request, access)
    kind = of_write if request.is_write else of_read
    assert type(caught.value) is kind
    assert caught.value.status == answer.status
    shown = {name: getattr(caught.value, name) for name in attributes if hasattr(caught.value, name)}
    assert shown == {name: value for name, value in attributes.items() if hasattr(caught.value, name)}
    assert len(server.seen) == 1  # exactly one request, whatever comes


OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(stub.silent, id="no answer"),
        pytest.param(stub.answering(b""), id="hung up"),
        pytest.param(stub.answering(OK + b"Content-Length: 99\r\n\r\n{}"), id="a short body"),
        pytest.param(stub.answering(OK + b"\r\n" + bytes(100_000)), id="too large"),
    ],
)
@pytest.mark.parametrize(("make", "kind"), [(a_write, Unknown), (a_read, ReadFailed)])
def test_broken_answers(stubs, client_of, access, script, make, kind):
    client = client_of(stubs.raw(script).url, HASTY if script is stub.silent else PATIENT)
    with pytest.raises(XeroError) as caught:
        client.send(make(client), access)
    assert type(caught.value) is kind
    assert caught.value.status is None


@pytest.mark.parametrize(("make", "kind"), [(a_write, NotSent), (a_read, ReadFailed)])
def test_nothing_written(client_of, access, make, kind):
    client = client_of(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(XeroError) as caught:
        client.send(make(client), access)
    assert type(caught.value) is kind
    assert not getattr(caught.value, "token_refused", False)


@pytest.mark.parametrize("token", ["", "two words", "new\r\nline", "\u00e9", "a\u20ac"])
def test_a_token_that_cannot_be_sent_is_not_sent(stubs, client_of, token):
    server = stubs.http()
    client = client_of(server.url)
    with pytest.raises(NotSent):
        client.send(a_write(client), TenantAccess(TENANT, Secret(token)))
    assert server.seen == []


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("26", 26),
        (" 26 ", 26),
        ("0", 0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("999999999", LONGEST_WAIT),
        ("9" * 30, None),
        ("\u0662", None),
        ("Mon, 21 Sep 2026 13:14:20 GMT", 60),
        ("Mon, 21 Sep 2026 13:14:20 -0000", 60),
        ("Mon, 21 Sep 2020 13:14:20 GMT", None),
        ("Mon, 21 Sep 2096 13:14:20 GMT", LONGEST_WAIT),
        ("Mon, 99 Sep 2026 99:99:99 GMT", None),
    ],
)
def test_retry_after(value, seconds):
    assert retry_after(value, dt.datetime(2026, 9, 21, 13, 13, 20, tzinfo=dt.UTC).timestamp()) == seconds


class TestWhatIsSent:
    def test_a_create(self, stubs, client_of, access):
        server = stubs.http(Say(200, {"Invoices": []}))
        client = client_of(server.url + "/api.xro/2.0/")
        request = client.create(WriteKind.INVOICE, ['{"a":1.10}', '{"b":"é"}'])
        assert request.is_write
        client.send(request, access, idempotency_key="k" * 128)
        (seen,) = server.seen
        assert (seen.method, seen.path) == ("PUT", "/api.xro/2.0/Invoices")
        assert seen.query == {"summarizeErrors": ["false"], "unitdp": ["4"]}
        assert seen.body == request.body == '{"Invoices":[{"a":1.10},{"b":"é"}]}'.encode()
        assert seen.headers["authorization"] == f"Bearer {CANARY}"
        assert seen.headers["xero-tenant-id"] == TENANT
        assert seen.headers["idempotency-key"] == "k" * 128
        assert seen.headers["content-type"] == "application/json"
        assert "if-modified-since" not in seen.headers

    @pytest.mark.parametrize(("kind", "path"), [(WriteKind.CONTACT, "/Contacts"), (WriteKind.PAYMENT, "/Payments")])
    def test_other_creates(self, client_of, kind, path):
        request = client_of("http://127.0.0.1:1").create(kind, ["{}"])
        assert (request.method, request.path, request.query) == ("PUT", path, (("summarizeErrors", "false"),))

    def test_contacts(self, stubs, client_of, access):
        server = stubs.http(Say(200, {"Contacts": []}))
        client = client_of(server.url)
        since = dt.datetime(2026, 11, 20, 13, 0, 0, 999_999, tzinfo=dt.timezone(dt.timedelta(hours=13)))
        client.send(client.contacts(2, modified_since=since, include_archived=True, customers_only=True), access)
        (seen,) = server.seen
        assert (seen.method, seen.path, seen.body) == ("GET", "/Contacts", b"")
        assert seen.query == {
            "order": ["UpdatedDateUTC ASC"],
            "includeArchived": ["true"],
            "where": ["IsCustomer==true"],
            "page": ["2"],
            "pageSize": ["1000"],
        }
        assert seen.headers["if-modified-since"] == "2026-11-20T00:00:00"
        assert "content-type" not in seen.headers
        assert "idempotency-key" not in seen.headers

    def test_plain_contacts(self, client_of):
        request = client_of("http://127.0.0.1:1").contacts(1)
        assert dict(request.query).keys() == {"order", "page", "pageSize"}

    @pytest.mark.parametrize(
        ("build", "path", "query"),
        [
            (
                lambda c: c.invoices_by_number(["AG-1", "a/b.c_d"]),
                "/Invoices",
                {"InvoiceNumbers": "AG-1,a/b.c_d", "page": "1", "pageSize": "100"},
            ),
            (
                lambda c: c.invoices_by_id([DOCUMENT.upper(), TENANT]),
                "/Invoices",
                {"IDs": f"{DOCUMENT},{TENANT}", "unitdp": "4", "page": "1", "pageSize": "100"},
            ),
            (
                lambda c: c.own_invoices(3, modified_since=None),
                "/Invoices",
                {"createdByMyApp": "true", "page": "3", "pageSize": "200"},
            ),
            (
                lambda c: c.sales_credit_notes(2, modified_since=None),
                "/CreditNotes",
                {"where": 'Type=="ACCRECCREDIT"', "order": "UpdatedDateUTC ASC", "page": "2", "pageSize": "200"},
            ),
            (
                lambda c: c.payments_of(DOCUMENT),
                "/Payments",
                {"where": f'Invoice.InvoiceID==guid("{DOCUMENT}")', "page": "1", "pageSize": "100"},
            ),
            (lambda c: c.organisation(), "/Organisation", {}),
            (lambda c: c.accounts(), "/Accounts", {}),
            (lambda c: c.tax_rates(), "/TaxRates", {}),
            (lambda c: c.branding_themes(), "/BrandingThemes", {}),
            (lambda c: c.currencies(), "/Currencies", {}),
            (lambda c: c.tracking_categories(), "/TrackingCategories", {}),
        ],
    )
    def test_reads(self, stubs, client_of, access, build, path, query):
        server = stubs.http(Say(500))
        client = client_of(server.url)
        with pytest.raises(ReadFailed):
            client.send(build(client), access)
        (seen,) = server.seen
        assert (seen.method, seen.path) == ("GET", path)
        assert seen.query == {name: [value] for name, value in query.items()}

    def test_fifty_ids_fit_into_an_address(self, stubs, client_of, access):
        server = stubs.http(Say(200, {"Invoices": []}))
        client = client_of(server.url)
        client.send(client.invoices_by_id([DOCUMENT] * 50), access)
        assert server.seen[0].query["IDs"] == [",".join([DOCUMENT] * 50)]

    @pytest.mark.parametrize(
        "build",
        [
            lambda c: c.invoices_by_number([]),
            lambda c: c.invoices_by_number(["A"] * 51),
            *(lambda c, n=n: c.invoices_by_number([n]) for n in ("", "a,b", "a b", "é", "a&b", "x" * 256, "a\n")),
            lambda c: c.invoices_by_id(["nonsense"]),
            lambda c: c.invoices_by_id([DOCUMENT + '")||1==1']),
            lambda c: c.payments_of('x") || guid("'),
            lambda c: c.contacts(0),
            lambda c: c.contacts(1, modified_since=dt.datetime(2026, 1, 1)),  # noqa: DTZ001 - that is the fault
            lambda c: c.create(WriteKind.INVOICE, []),
            lambda c: c.create(WriteKind.INVOICE, ["{}"] * 51),
            lambda c: c.create(WriteKind.INVOICE, ["[]"]),
            lambda c: c.create(WriteKind.INVOICE, ["{},{}"]),
        ],
    )
    def test_what_must_not_be_built(self, client_of, build):
        with pytest.raises(ValueError):
            build(client_of("http://127.0.0.1:1"))

    @pytest.mark.parametrize("key", ["", "k" * 129, "a b", "a\r\nb", "é"])
    def test_keys_that_must_not_be_sent(self, client_of, access, key):
        client = client_of("http://127.0.0.1:1")
        with pytest.raises(ValueError, match="idempotency key"):
            client.send(a_write(client), access, idempotency_key=key)

    def test_a_read_has_no_key(self, client_of, access):
        client = client_of("http://127.0.0.1:1")
        with pytest.raises(ValueError, match="only writes"):
            client.send(a_read(client), access, idempotency_key="k")

    def test_a_tenant_is_a_guid(self, client_of, access):
        client = client_of("http://127.0.0.1:1")
        with pytest.raises(ValueError, match="GUID"):
            client.send(a_read(client), dataclasses.replace(access, tenant_id="x\r\ny"))


class TestWhatComesBack:
    def test_value_quota_and_request_id(self, stubs, client_of, access):
        headers = {
            "X-DayLimit-Remaining": "344",
            "X-MinLimit-Remaining": "0",
            "xero-correlation-id": "0c4a2f5e-1111-4111-8111-111111111111",
        }
        account = {"AccountID": DOCUMENT, "Code": "200", "Type": "REVENUE", "Future": {"a": [1]}}
        server = stubs.http(Say(200, {"Accounts": [account]}, headers))
        client = client_of(server.url)
        answer = client.send(client.accounts(), access)
        assert answer.value[0].code == "200"
        assert answer.quota == Quota(344, 0)
        assert answer.status == 200
        assert answer.request_id == "0c4a2f5e-1111-4111-8111-111111111111"

    @pytest.mark.parametrize("value", ["", "many", "-1", "1.5", "9" * 40])
    def test_unreadable_quota_and_request_id(self, stubs, client_of, access, value):
        headers = {"X-DayLimit-Remaining": value, "X-Correlation-Id": "<script>"}
        client = client_of(stubs.http(Say(200, {"Accounts": []}, headers)).url)
        answer = client.send(client.accounts(), access)
        assert (answer.quota, answer.request_id) == (Quota(), None)

    def test_errors_carry_the_request_id_and_xeros_words(self, stubs, client_of, access):
        say = problem(400, "Account code '999' is not a valid code for this document.\r\nforged line")
        say.headers = {"X-Correlation-Id": "abcd-1234"}
        client = client_of(stubs.http(say).url)
        with pytest.raises(Unknown) as caught:
            client.send(a_write(client), access)
        assert caught.value.request_id == "abcd-1234"
        assert "Account code '999'" in caught.value.detail
        assert "\n" not in caught.value.detail
        assert len(caught.value.detail) < 600

    def test_not_modified_is_an_empty_page(self, stubs, client_of, access):
        client = client_of(stubs.http(Say(304, content_type=None)).url)
        since = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        answer = client.send(client.contacts(1, modified_since=since), access)
        assert (answer.value.items, answer.value.more) == ((), False)

    def test_elements_of_a_batch(self, stubs, client_of, access):
        rows = [{"InvoiceNumber": "AG-1", "InvoiceID": DOCUMENT, "StatusAttributeString": "OK", "Total": 1.10}]
        client = client_of(stubs.http(Say(200, {"Invoices": rows})).url)
        (element,) = client.send(a_write(client), access).value
        assert (element.key, element.id, element.ok, element.total) == ("AG-1", DOCUMENT, True, Decimal("1.1"))


@pytest.mark.parametrize("make", [a_write, a_read])
@pytest.mark.parametrize("row", [*ROWS, "echo", "no server"])
def test_the_token_is_in_no_error_frame_or_log(stubs, client_of, access, caplog, row, make):
    caplog.set_level(logging.DEBUG)
    if row == "no server":
        url = f"http://127.0.0.1:{free_port()}"
    elif row == "echo":
        url = stubs.http(gateway(403, f"Bearer {CANARY} is not welcome")).url
    else:
        url = stubs.http(ROWS[row][0]).url
    client = client_of(url)
    with pytest.raises(XeroError) as caught:
        client.send(make(client), access)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert CANARY not in shown_frames(caught.value)
    assert CANARY not in caplog.text
    assert CANARY not in repr(access)


def test_rows_are_json_or_bytes():
    """The table above means what it says only if its JSON bodies are JSON."""
    for answer, *_rest in ROWS.values():
        if isinstance(answer.body, dict):
            json.loads(answer.encoded())
