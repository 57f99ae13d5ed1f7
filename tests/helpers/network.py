"""Keeps the tests on this machine: no socket of this process gets further than loopback."""
import ipaddress
import os
import socket

# Our subprocesses, the browser among them, are not patched. A proxy that nobody runs stops their HTTP calls,
# loopback excepted.
DEAD_PROXY = "http://127.0.0.1:9"


class NetworkClosed(RuntimeError):
    """A test tried to leave the machine. Not an OSError, which the code under test might handle."""


def close_network():
    """For the rest of the process; called once, before any test is collected."""
    for name in ("connect", "connect_ex", "sendto"):
        _guard(name)
    resolve = socket.getaddrinfo

    def getaddrinfo(host, *args, **kwargs):
        _check(host)
        return resolve(host, *args, **kwargs)

    socket.getaddrinfo = getaddrinfo
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        os.environ[name] = DEAD_PROXY
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = "127.0.0.1,localhost,::1"


def _guard(name):
    real = getattr(socket.socket, name)

    def guarded(self, *args):
        address = args[-1]      # sendto has it last, the others have nothing else
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _check(address[0])
        return real(self, *args)

    setattr(socket.socket, name, guarded)


def _check(host):
    if isinstance(host, bytes):
        host = host.decode("idna")
    if host in (None, "", "localhost") or host.endswith(".localhost"):
        return
    try:
        inside = ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        inside = False
    if not inside:
        raise NetworkClosed(f"a test tried to reach {host}: the network is closed, only loopback is open")
