"""A plain `rq worker -S json`, and what an eavesdropper finds in Redis, the logs, the database and the mails."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator

import pytest
import redis

from galleria_xero_plugin.proxies import state
from galleria_xero_plugin.simulator.core.settings import DEFAULT_CLIENT_SECRET

from . import rows
from .stage import TOKEN_KEY, Stage


@pytest.mark.rq
def test_a_plain_rq_worker_does_it_and_no_secret_is_anywhere(stage: Stage):
    stage.sell(4)
    run = stage.press_sync()
    with stage.valkey.connect() as eavesdropper:
        seen = list(contents(eavesdropper))
        assert jobs(eavesdropper) == [[stage.connection_id]]

        stage.xero.control("/tokens/expire", {})  # so that fresh tokens come on the way, too
        stage.xero.hold("PUT /Payments", seconds=1)
        stage.worker(plain=True)
        stage.until_held()
        seen += contents(eavesdropper)
        stage.until_done(run)
        seen += contents(eavesdropper)
    stage.agrees()

    stage.until(lambda: rows.letters(stage.app), "the letter about the first sync")  # it follows the run's end
    assert [subject for subject, _ in rows.letters(stage.app)] == ["The first sync with North Light Gallery is done"]
    places = {"Redis": b"\n".join(seen)}
    places |= {log.name: log.read_bytes() for log in stage.logs()}
    places |= {file.name: file.read_bytes() for file in stage.processes.folder.glob("site.db*")}
    assert {"worker.log", "site.db"} <= places.keys() and len(seen) > 5
    found = [(name, place) for name, secret in secrets(stage).items() for place in places if secret in places[place]]
    assert found == []


def secrets(stage: Stage) -> dict[str, bytes]:
    """Everything that must be nowhere: the tokens that were and those that are, and the site's own secrets."""
    with stage.app.app_context(), state().units.read() as uow:
        _, current, previous = uow.connections.tokens(stage.connection_id)
    assert current.access_token.reveal() != stage.tokens["access_token"], "they were renewed"
    every = {
        "first access token": stage.tokens["access_token"], "first refresh token": stage.tokens["refresh_token"],
        "access token": current.access_token.reveal(), "refresh token": current.refresh_token.reveal(),
        "previous refresh token": previous.refresh_token.reveal(),
        "client secret": DEFAULT_CLIENT_SECRET, "token key": TOKEN_KEY,
    }  # fmt: skip
    return {name: secret.encode() for name, secret in every.items()}


def jobs(client: redis.Redis) -> list[list[str]]:
    """The arguments of all jobs. A job's data is JSON: function, instance, arguments, keywords; no more than that."""
    found = []
    for key in client.scan_iter("rq:job:*", _type="hash"):
        function, instance, arguments, keywords = json.loads(zlib.decompress(client.hget(key, "data")))
        assert function.startswith("galleria_xero_plugin.jobs.tasks.") and not instance and not keywords
        assert json.loads(client.hget(key, "meta") or b"{}") == {}
        found.append(arguments)
    return found


def contents(client: redis.Redis) -> Iterator[bytes]:
    """Every key and every value, unpacked. A key that the worker removes while we look has none."""
    for key in client.scan_iter():
        kind = client.type(key)
        values: list[bytes] = {
            b"none": lambda key: [],
            b"string": lambda key: [client.get(key)],
            b"hash": lambda key: [part for pair in client.hgetall(key).items() for part in pair],
            b"list": lambda key: client.lrange(key, 0, -1),
            b"set": lambda key: list(client.smembers(key)),
            b"zset": lambda key: client.zrange(key, 0, -1),
            b"stream": lambda key: [part for _, entry in client.xrange(key) for pair in entry.items() for part in pair],
        }[kind](key)  # fmt: skip
        yield key
        yield from (_unpacked(value) for value in values if value is not None)


def _unpacked(value: bytes) -> bytes:
    try:
        return zlib.decompress(value)
    except zlib.error:
        return value
