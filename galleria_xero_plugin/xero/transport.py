"""One HTTP exchange, bounded in time and size, that knows whether it began to write.

Plain `requests` waits for ever, follows redirects with the body, reads any amount and obeys proxy variables of
the environment; and its exceptions cannot tell a failed TLS handshake from a TLS failure after the request
was sent. For money the difference matters: only a request of which no byte was written is *not sent*
(export-protocol §2.5). So the connection itself keeps the record.
"""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http.cookiejar import DefaultCookiePolicy
from importlib import metadata

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from .. import failpoints

# Bytes taken from the decoder at a time: what a decompression bomb can add beyond the limit.
CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of an exchange: seconds to connect, of silence, and in all (handshake to last byte); bytes of
    the decoded body; `idle` is the age in seconds beyond which a kept connection is not trusted with a write;
    `compressed` asks for gzip."""

    connect: float = 5.0
    read: float = 60.0
    total: float = 65.0
    size: int = 32 << 20
    idle: float = 10.0
    compressed: bool = False


# A thousand contacts are some megabytes. Export-protocol §2.4 (N) gives the times.
API_LIMITS = Limits(compressed=True)



def answering_within(seconds: float) -> Limits:
    """The bounds of an accounting call whose answer is waited for so long."""
    return replace(API_LIMITS, read=seconds, total=seconds + API_LIMITS.connect)


# Below the 45 s lease of a token refresh (export-protocol §2.8).
TOKEN_LIMITS = Limits(read=14.0, total=15.0, size=256 << 10)


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer. Header names compare without case; the body is decoded and within the limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Failure:
    """No complete answer. `wrote` is False only if surely no byte of the request left; `late` says that none did
    because `within` was over; `what` names the kind of failure. The exception itself is not kept: it carries the request with its Authorization header."""

    wrote: bool
    what: str
    late: bool = False


UNTRUSTED = "certificate not trusted"
"""`Failure.what` when the other side's certificate is wrong, expired or somebody else's. Nothing was written then."""


class TooLarge(requests.RequestException):
    """The body exceeds the limit."""


class _Exchange:
    """A request under way, and the alarm that ends it. Timeouts of a socket start anew with every byte, so a
    server that drips would hold us for hours; the alarm counts from the start.

    It ends the exchange through a duplicate of the socket: the original is taken over by the TLS wrapper
    during the handshake, and let go by http.client as soon as the headers of a last answer are read."""

    def __init__(self, total: float, begin_by: float | None) -> None:
        self.wrote = False
        self.late = False
        self.cut = False
        self._begin_by = begin_by
        self._line: socket.socket | None = None
        self._over = False
        self._lock = threading.Lock()
        self._alarm = threading.Timer(total, self._cut)
        self._alarm.daemon = True
        self._alarm.start()

    def watch(self, sock: socket.socket) -> None:
        """Hold the line on which this exchange happens."""
        with self._lock:
            if self._line is None:
                self._line = socket.fromfd(sock.fileno(), sock.family, sock.type)

    def writing(self) -> None:
        """The next step writes: from here on the outcome is unknown, unless time is up already.

        The time to begin is looked at here and not before the line is opened: whoever is frozen or slow on the way
        must not send what somebody else has taken over meanwhile (export-protocol §2.10 row 17)."""
        if self._begin_by is not None and not self.wrote:
            failpoints.reach("before_first_byte")
            self.late = time.monotonic() > self._begin_by
        if self.cut or self.late:
            raise TimeoutError("the time for this exchange is up")
        self.wrote = True

    def finish(self) -> None:
        self._alarm.cancel()
        with self._lock:
            self._over = True
            if self._line is not None:
                self._line.close()

    def _cut(self) -> None:
        with self._lock:
            if self._over:  # a late alarm must not hit the next exchange on this connection
                return
            self.cut = True
            if self._line is not None:
                with contextlib.suppress(OSError):
                    self._line.shutdown(socket.SHUT_RDWR)


class BoundedAdapter(HTTPAdapter):
    """One try, bounded by `Limits`. For one thread: `exchange` tells about the latest request."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.begin_by: float | None = None  # monotonic: the next request begins before, or not at all
        self.exchange: _Exchange | None = None  # None: no request has come as far as this adapter
        super().__init__(max_retries=0, pool_connections=2, pool_maxsize=1)

    def init_poolmanager(self, *args, **kwargs) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _watched(HTTPConnectionPool, HTTPConnection, self),
            "https": _watched(HTTPSConnectionPool, HTTPSConnection, self),
        }

    @property
    def under_way(self) -> _Exchange:
        """The exchange that a connection of this adapter is busy with."""
        if self.exchange is None:
            raise RuntimeError("no request is under way")
        return self.exchange

    def send(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):
        """As requests calls it, with our own times, and the whole body read before it returns."""
        self.exchange = exchange = _Exchange(self.limits.total, self.begin_by)
        try:
            response = super().send(
                request,
                stream=True,
                timeout=(self.limits.connect, self.limits.read),
                verify=verify,
                cert=cert,
                proxies=proxies,
            )
            body = self._body(response, exchange)
            # A cut inside the headers looks like a complete answer to http.client.
            if exchange.cut:
                raise requests.ReadTimeout("the time for this exchange is up")
        finally:
            exchange.finish()
        response._content, response._content_consumed = body, True
        return response

    def _body(self, response: requests.Response, exchange: _Exchange) -> bytes:
        body = bytearray()
        try:
            # read1 hands over what has arrived; read(n) would wait for n bytes.
            while chunk := response.raw.read1(CHUNK, decode_content=True):
                body += chunk
                if len(body) > self.limits.size:
                    raise TooLarge(f"more than {self.limits.size} bytes")
                if exchange.cut:
                    break
        except BaseException:
            response.raw.close()  # half read: of no use to the next request
            raise
        if response.raw.connection is not None:
            response.close()
        return bytes(body)


def _watched(pool: type, connection: type, adapter: BoundedAdapter) -> type:
    """urllib3's pool class, with connections that tell the adapter's exchange what they do."""

    class Watched(connection):  # type: ignore[valid-type, misc]
        def _new_conn(self) -> socket.socket:
            sock = super()._new_conn()
            adapter.under_way.watch(sock)
            return sock

        def send(self, data) -> None:
            if self.sock is None:  # plain http connects here; https has shaken hands before
                self.connect()
            adapter.under_way.watch(self.sock)
            adapter.under_way.writing()
            super().send(data)

    return type(f"Watched{pool.__name__}", (pool,), {"ConnectionCls": Watched})


@functools.cache
def user_agent() -> str:
    """What we call ourselves: the package and its version (security 46)."""
    try:
        version = metadata.version("galleria-xero-plugin")
    except metadata.PackageNotFoundError:  # run from a source tree
        version = "0"
    return f"galleria-xero-plugin/{version}"


def harden(session: requests.Session, limits: Limits) -> BoundedAdapter:
    """Make any requests session behave (security 45), and give the adapter it now uses."""
    adapter = BoundedAdapter(limits)
    session.trust_env = False  # no proxies, no netrc, no certificate files from the environment
    session.verify = True
    session.max_redirects = 0
    # Even with allow_redirects=False requests looks into Location, and a malformed one makes it raise.
    session.get_redirect_target = lambda _response: None  # type: ignore[assignment, method-assign]
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.clear()
    session.headers.update(
        {
            "Accept": "application/json",
            "Accept-Encoding": "gzip" if limits.compressed else "identity",
            "User-Agent": user_agent(),
        }
    )
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return adapter


def _is_untrusted(problem: BaseException | None) -> bool:
    """Whether a certificate that was not accepted is behind it; the libraries wrap that in errors of their own."""
    while problem is not None:
        if isinstance(problem, ssl.SSLCertVerificationError):
            return True
        problem = problem.__cause__ or problem.__context__
    return False


class Transport:
    """Hardened sessions, one per thread (and per process, should someone fork while one is open)."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._local = threading.local()

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        query: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        within: float | None = None,
    ) -> Reply | Failure:
        """Perform exactly one request, begun `within` so many seconds or not at all. Network trouble is a value, not an exception: an exception's frames
        would show the headers to whoever logs it. What is not network trouble (a job's timeout) passes."""
        session, adapter = self._session(fresh=method != "GET")
        adapter.exchange = None
        adapter.begin_by = None if within is None else time.monotonic() + within
        what = ""
        try:
            response = session.request(
                method, url, params=list(query), data=body, headers=dict(headers), allow_redirects=False
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as problem:
            what = UNTRUSTED if _is_untrusted(problem) else type(problem).__name__
        finally:
            self._local.used = time.monotonic()
        if what:
            exchange = adapter.exchange
            wrote, late = (exchange.wrote, exchange.late) if exchange is not None else (False, False)
            return Failure(wrote, what, late)
        return Reply(response.status_code, CaseInsensitiveDict(response.headers), response.content)

    def close(self) -> None:
        """Close this thread's connections."""
        session = getattr(self._local, "session", None)
        if session is not None:
            session.close()

    def _session(self, *, fresh: bool) -> tuple[requests.Session, BoundedAdapter]:
        local = self._local
        if getattr(local, "owner", None) != os.getpid():
            local.session = requests.Session()
            local.adapter = harden(local.session, self.limits)
            local.owner, local.used = os.getpid(), time.monotonic()
        elif fresh and time.monotonic() - local.used > self.limits.idle:
            # A server's FIN crossing our request makes it *unknown*: a whole settle time for nothing.
            local.session.close()
        return local.session, local.adapter
