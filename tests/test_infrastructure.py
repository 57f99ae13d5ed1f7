"""The helpers must be able to fail: a guard that lets everything through would go unnoticed for ever."""
import asyncio
import os
import socket
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
import sqlalchemy as sa
from playwright.sync_api import Error as BrowserError
from werkzeug.serving import make_server

from tests.helpers import browser, servers
from tests.helpers.network import NetworkClosed
from tests.helpers.waiting import wait_until

FOREIGN = "192.0.2.1"       # an address for documentation: nobody has it


@pytest.mark.parametrize("leave", [
    lambda: socket.create_connection((FOREIGN, 443), timeout=1),
    lambda: socket.create_connection(("api.xero.com", 443), timeout=1),
    lambda: socket.getaddrinfo("api.xero.com", 443),
    lambda: asyncio.run(asyncio.open_connection(FOREIGN, 443)),
    lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"", (FOREIGN, 53)),
], ids=["address", "name", "lookup", "asyncio", "datagram"])
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_the_network_is_closed(leave):
    with pytest.raises(NetworkClosed, match="network is closed"):
        # a thread of its own: browser tests leave an event loop running in the main one
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(leave).result()


def test_loopback_is_open():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("localhost", port)):
            server.accept()[0].close()


def test_subprocesses_have_a_dead_proxy_but_not_for_loopback():
    assert urllib.request.getproxies()["https"] == "http://127.0.0.1:9"
    assert urllib.request.proxy_bypass("127.0.0.1:5000") and not urllib.request.proxy_bypass("api.xero.com")


def test_waiting_ends_with_the_condition():
    done = threading.Event()
    threading.Timer(0.05, done.set).start()
    assert wait_until(done.is_set, timeout=5)


def test_waiting_fails_with_its_message():
    with pytest.raises(AssertionError, match=r"not within 0.02 s: the cows to come home"):
        wait_until(lambda: None, timeout=0.02, message="the cows to come home")


def test_valkey_is_empty_for_every_test(valkey_server, valkey_url):
    with valkey_server.connect() as connection:
        assert connection.dbsize() == 0
        connection.set("left", "behind")


test_valkey_is_empty_for_the_next_one_too = test_valkey_is_empty_for_every_test


def test_a_killed_valkey_comes_back_with_nothing():
    with servers.valkey() as server:
        with server.connect() as connection:
            connection.set("a", 1)
        server.kill()
        with server.connect() as connection, pytest.raises(redis.ConnectionError):
            connection.ping()
        server.start()
        with server.connect() as connection:
            assert connection.get("a") is None


def test_each_database_is_new(database_url):
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        assert connection.scalar(sa.text("SELECT 1")) == 1
        connection.execute(sa.text("CREATE TABLE once (id int)"))
    engine.dispose()


test_each_database_is_new_again = test_each_database_is_new


def test_a_database_is_copied_from_a_template(postgres_server):
    template = postgres_server.create_database()
    engine = sa.create_engine(template)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE ready (id int)"))
    engine.dispose()
    copy = postgres_server.create_database(template=engine.url.database)
    engine = sa.create_engine(copy)
    assert sa.inspect(engine).has_table("ready")
    engine.dispose()
    for url in (template, copy):
        postgres_server.drop_database(url)


def test_the_browser_sees_this_machine_only(page):
    server = make_server("127.0.0.1", 0, lambda environ, start: (start("200 OK", []), [b"here"])[1])
    thread = threading.Thread(target=server.handle_request, daemon=True)
    thread.start()
    page.goto(f"http://localhost:{server.server_port}/")
    assert page.inner_text("body") == "here"
    thread.join()
    server.server_close()
    with pytest.raises(BrowserError, match="ERR_PROXY_CONNECTION_FAILED"):
        page.goto("https://api.xero.com/")


def test_something_named_chromium_is_not_yet_a_browser(tmp_path, monkeypatch):
    fake = tmp_path / "chromium"
    fake.write_text("#!/bin/sh\necho 'install the snap first'\n")
    fake.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", os.fspath(fake))
    with pytest.raises(browser.NoBrowser, match="No browser: install Chromium"):
        browser.find()


def test_servers_stop_quickly():
    begin = time.monotonic()
    with servers.postgres() as server:
        connection = server.connect()       # left open on purpose: the stop must not wait for it
    assert time.monotonic() - begin < 15
    connection.close()
