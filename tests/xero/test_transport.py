"""One exchange: bounded in time and size, and honest about whether it wrote."""

import datetime as dt
import gzip
import ipaddress
import os
import socket
import ssl
import threading
import time
import zlib
from dataclasses import replace

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from galleria_xero_plugin.xero.transport import UNTRUSTED, Failure, Limits, Reply, Transport, harden
from tests.helpers.servers import free_port
from tests.xero import stub
from tests.xero.stub import HASTY, PATIENT, Say

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture
def transport():
    made = Transport(replace(PATIENT, compressed=True))
    yield made
    made.close()


@pytest.fixture
def hasty():
    made = Transport(HASTY)
    yield made
    made.close()


def call(transport, url, method="PUT", body=b"{}", **kwargs):
    started = time.monotonic()
    outcome = transport.call(method, url, headers={}, body=body, **kwargs)
    # HASTY ends after 0.3 s; the rest is what a busy machine may add.
    assert time.monotonic() - started < 10
    return outcome


def test_a_complete_answer_comes_back_whole(stubs, transport):
    server = stubs.http(Say(418, {"a": "é"}, {"X-Thing": "1"}))
    reply = call(transport, server.url + "/p", query=[("where", 'a=="b"'), ("x", "1,2")])
    assert (reply.status, reply.headers["x-thing"], reply.body) == (418, "1", b'{"a": "\\u00e9"}')
    seen = server.seen[0]
    assert seen.query == {"where": ['a=="b"'], "x": ["1,2"]}
    assert seen.body == b"{}"
    assert seen.headers["user-agent"].startswith("galleria-xero-plugin/")
    assert seen.headers["accept"] == "application/json"
    assert seen.headers["accept-encoding"] == "gzip"


def test_gzip_is_decoded(stubs, transport):
    packed = gzip.compress(b'{"a":1}' * 100)
    server = stubs.http(Say(200, packed, {"Content-Encoding": "gzip"}))
    assert call(transport, server.url).body == b'{"a":1}' * 100


def bomb(megabytes=50):
    squeeze = zlib.compressobj(wbits=31)
    block = bytes(1 << 20)
    return b"".join([squeeze.compress(block) for _ in range(megabytes)] + [squeeze.flush()])


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(OK + b"Content-Length: 300000\r\n\r\n" + bytes(300000), id="announced"),
        pytest.param(OK + b"\r\n" + bytes(300000), id="until the end"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"10000\r\n" + bytes(65536) + b"\r\n", id="chunks"),
    ],
)
def test_a_body_beyond_the_limit_is_refused(stubs, transport, raw):
    server = stubs.raw(lambda connection, stop: _pour(connection, raw))
    assert call(transport, server.url) == Failure(wrote=True, what="TooLarge")


def _pour(connection, raw):
    stub.read_request(connection)
    head, _, rest = raw.partition(b"\r\n\r\n")
    connection.sendall(head + b"\r\n\r\n")
    while True:
        connection.sendall(rest)  # until the other side hangs up


def test_a_gzip_bomb_costs_no_more_than_the_limit(stubs, transport):
    server = stubs.http(Say(200, bomb(), {"Content-Encoding": "gzip"}))
    assert call(transport, server.url, "GET", None) == Failure(wrote=True, what="TooLarge")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_answers_like_any_other(stubs, transport, status):
    target = stubs.http()
    server = stubs.http(Say(status, headers={"Location": target.url}))
    assert call(transport, server.url).status == status
    assert target.seen == []


@pytest.mark.parametrize("location", ["http://[", "http://\u00e9:x/", "//", "http://a:99999999/"])
def test_a_malformed_location_is_not_looked_at(stubs, transport, location):
    raw = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
    assert call(transport, stubs.raw(stub.answering(raw)).url).status == 302


def test_cookies_are_not_kept(stubs, transport):
    server = stubs.http(Say(200, {}, {"Set-Cookie": "a=b; Path=/"}))
    call(transport, server.url)
    call(transport, server.url)
    assert "cookie" not in server.seen[1].headers


def test_the_environment_changes_nothing(stubs, transport, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password word\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    server = stubs.http(Say(200, {}))
    assert call(transport, server.url).status == 200
    assert "authorization" not in server.seen[0].headers


class TestTime:
    """However the bytes come, the exchange ends."""

    @pytest.mark.parametrize(
        "script",
        [
            pytest.param(stub.silent, id="silence"),
            pytest.param(stub.dripping(OK + b"X-A: ", b"a"), id="a header that never ends"),
            pytest.param(stub.dripping(b"HTTP/1.1 200 ", b"O"), id="a status line that never ends"),
            pytest.param(stub.dripping(OK + b"Content-Length: 50000\r\n\r\n", b"x"), id="a body byte by byte"),
            pytest.param(stub.dripping(OK + b"Connection: close\r\n\r\n", b"x"), id="a body until the end"),
            pytest.param(stub.dripping(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"), id="a chunk's length"),
            pytest.param(stub.dripping(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"), id="tiny chunks"),
            pytest.param(stub.dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), id="continue for ever"),
        ],
    )
    def test_slow_answers_end_as_unknown(self, stubs, hasty, script):
        outcome = call(hasty, stubs.raw(script).url)
        assert isinstance(outcome, Failure)
        assert outcome.wrote

    def test_a_handshake_byte_by_byte_ends_before_anything_is_sent(self, stubs, hasty):
        def script(connection, stop):
            connection.recv(65536)
            connection.sendall(b"\x16\x03\x03\x40\x00")  # a TLS record of 16 KiB
            while not stop.wait(0.02):
                connection.sendall(b"\x02")

        outcome = call(hasty, stubs.raw(script).url.replace("http:", "https:"))
        assert isinstance(outcome, Failure)
        assert not outcome.wrote

    def test_a_late_alarm_does_not_hit_the_next_exchange(self, stubs, transport):
        server = stubs.http(Say(200, {}))
        call(transport, server.url)
        _session, adapter = transport._session(fresh=False)
        adapter.exchange._cut()
        assert not adapter.exchange.cut
        assert call(transport, server.url).status == 200


class TestWrote:
    """ "Not sent" is said only when no byte left."""

    def test_refused_port(self, transport):
        assert call(transport, f"http://127.0.0.1:{free_port()}") == Failure(wrote=False, what="ConnectionError")

    def test_no_such_host(self, transport, monkeypatch):
        def unknown(*args, **kwargs):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        assert call(transport, "http://nowhere.localhost:1").wrote is False

    def test_not_tls(self, stubs, transport):
        server = stubs.raw(lambda connection, stop: connection.sendall(b"hello, this is not TLS"))
        outcome = call(transport, server.url.replace("http:", "https:"))
        assert outcome == Failure(wrote=False, what="SSLError")

    def test_silent_handshake(self, stubs, hasty):
        server = stubs.raw(lambda connection, stop: stop.wait(30))
        assert call(hasty, server.url.replace("http:", "https:")).wrote is False

    def test_connect_timeout(self, hasty):
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            address = full.getsockname()
            waiting = [socket.socket() for _ in range(3)]
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(address)
            outcome = call(hasty, f"http://127.0.0.1:{address[1]}")
            for one in waiting:
                one.close()
        assert outcome.wrote is False

    @pytest.mark.parametrize("headers", [{"a": "b\r\nc: d"}, {"a": "\u20ac"}])
    def test_a_request_that_cannot_be_built(self, stubs, transport, headers):
        server = stubs.http(Say(200, {}))
        assert call(transport, server.url).status == 200  # the record of the call before does not count
        outcome = transport.call("PUT", server.url, headers=headers, body=b"")
        assert isinstance(outcome, Failure)
        assert not outcome.wrote
        assert len(server.seen) == 1

    @pytest.mark.parametrize(
        "script",
        [
            pytest.param(lambda connection, stop: None, id="closed at accept"),
            pytest.param(lambda c, stop: (stub.read_request(c), stub.reset(c)), id="reset after the request"),
            pytest.param(stub.answering(b""), id="hung up without an answer"),
            pytest.param(stub.answering(b"SSH-2.0-OpenSSH_9.2\r\n"), id="not HTTP"),
            pytest.param(stub.answering(b"HTTP/1.1 20"), id="half a status line"),
            pytest.param(stub.answering(OK + b"Content-Length: 10\r\n\r\nshort"), id="a short body"),
            pytest.param(stub.answering(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"), id="a short chunk"),
            pytest.param(stub.answering(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), id="no chunk"),
            pytest.param(stub.answering(OK + b"Content-Encoding: gzip\r\n\r\nnot gzip"), id="not gzip"),
            pytest.param(stub.answering(OK + b"X: y\r\n" * 200 + b"\r\n"), id="200 headers"),
        ],
    )
    def test_after_the_first_byte_the_outcome_is_unknown(self, stubs, transport, script):
        outcome = call(transport, stubs.raw(script).url)
        assert isinstance(outcome, Failure)
        assert outcome.wrote

    def test_who_comes_too_late_to_begin_sends_nothing(self, stubs, transport):
        server = stubs.raw(stub.answering(OK + b"Content-Length: 2\r\n\r\n{}"))
        assert call(transport, server.url, within=0) == Failure(wrote=False, what="ConnectionError", late=True)
        assert call(transport, server.url, within=30).status == 200
        assert call(transport, server.url).status == 200

    def test_a_closed_keep_alive_connection_is_replaced(self, stubs, transport):
        gone = threading.Event()

        def script(connection, stop):
            stub.read_request(connection)
            connection.sendall(OK + b"Content-Length: 2\r\n\r\n{}")
            connection.shutdown(socket.SHUT_RDWR)
            gone.set()

        server = stubs.raw(script)
        assert call(transport, server.url).status == 200
        assert gone.wait(5)
        assert call(transport, server.url).status == 200
        assert server.accepted == 2

    def test_a_connection_closed_while_we_write_is_unknown(self, stubs, transport):
        def script(connection, stop):
            stub.read_request(connection)
            connection.sendall(OK + b"Content-Length: 2\r\n\r\n{}")
            connection.recv(1)  # the next request begins to arrive: too late
            stub.reset(connection)

        server = stubs.raw(script)
        assert call(transport, server.url).status == 200
        outcome = call(transport, server.url)
        assert isinstance(outcome, Failure)
        assert outcome.wrote

    def test_an_old_connection_is_not_trusted_with_a_write(self, stubs, monkeypatch):
        transport = Transport(Limits(connect=1, read=1, total=2, idle=10))
        arrived = []

        def script(connection, stop):
            arrived.append(connection)
            while stub.read_request(connection):
                connection.sendall(OK + b"Content-Length: 2\r\n\r\n{}")

        server = stubs.raw(script)
        for age, method, connections in [(0, "PUT", 1), (9, "PUT", 1), (11, "GET", 1), (11, "PUT", 2)]:
            if hasattr(transport._local, "used"):
                transport._local.used -= age
            assert transport.call(method, server.url, headers={}).status == 200
            assert len(arrived) == connections
        transport.close()


def test_each_thread_has_its_own_session(transport):
    sessions = [transport._session(fresh=False)[0]]
    thread = threading.Thread(target=lambda: sessions.append(transport._session(fresh=False)[0]))
    thread.start()
    thread.join()
    assert sessions[0] is not sessions[1]
    assert transport._session(fresh=False)[0] is sessions[0]


def test_a_forked_child_does_not_use_its_parents_connection(transport, monkeypatch):
    before = transport._session(fresh=False)[0]
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert transport._session(fresh=False)[0] is not before


def test_what_is_no_network_trouble_passes(stubs, transport):
    """A job's timeout is raised by a signal in the middle of anything; it must reach the job."""

    class JobTimeout(Exception):
        pass

    def interrupt(*args, **kwargs):
        raise JobTimeout

    session, _adapter = transport._session(fresh=False)
    session.send = interrupt
    with pytest.raises(JobTimeout):
        call(transport, "http://127.0.0.1:1")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A server's TLS context for `localhost`, and the file of the certificate to trust."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context, str(pem)


class TestTls:
    def test_a_certificate_nobody_vouches_for(self, stubs, transport, certificates):
        context, _pem = certificates
        server = stubs.raw(stub.answering(OK + b"Content-Length: 2\r\n\r\n{}"), tls=context)
        assert call(transport, server.url) == Failure(wrote=False, what=UNTRUSTED)

    def test_with_a_trusted_one(self, stubs, transport, certificates):
        context, pem = certificates
        server = stubs.raw(stub.answering(OK + b"Content-Length: 2\r\n\r\n{}"), tls=context)
        transport._session(fresh=False)[0].verify = pem
        assert isinstance(call(transport, server.url), Reply)

    @pytest.mark.parametrize(
        "script",
        [
            pytest.param(stub.silent, id="silence"),
            pytest.param(stub.dripping(OK + b"X-A: ", b"a"), id="slow headers"),
            pytest.param(stub.dripping(OK + b"Connection: close\r\n\r\n", b"x"), id="slow body"),
        ],
    )
    def test_the_alarm_works_through_tls(self, stubs, hasty, certificates, script):
        context, pem = certificates
        hasty._session(fresh=False)[0].verify = pem
        outcome = call(hasty, stubs.raw(script, tls=context).url)
        assert isinstance(outcome, Failure)
        assert outcome.wrote

    def test_a_tls_failure_after_the_request_counts_as_written(self, stubs, transport, certificates):
        context, pem = certificates

        def script(connection, stop):
            stub.read_request(connection)
            plain = connection.detach()
            with socket.socket(fileno=plain) as bare:
                bare.sendall(b"\x15\x03\x03\x00\x02\x02\x50 this is no record")

        transport._session(fresh=False)[0].verify = pem
        outcome = call(transport, stubs.raw(script, tls=context).url)
        assert isinstance(outcome, Failure)
        assert outcome.wrote


def test_hardening_any_session():
    with requests.Session() as session:
        harden(session, HASTY)
        assert session.trust_env is False
        assert session.verify is True
        assert session.get_adapter("https://api.xero.com").max_retries.total == 0
