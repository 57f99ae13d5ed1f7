"""State that survives a restart, and a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from galleria_xero_plugin.simulator import World
from galleria_xero_plugin.simulator.__main__ import _arguments, _settings, main
from galleria_xero_plugin.simulator.core import books
from galleria_xero_plugin.simulator.store import SqliteStore

ROOT = Path(__file__).resolve().parents[2]


def test_books_and_tokens_survive(tmp_path, clock, signing_key, driver):
    path = tmp_path / "xero.db"
    store = SqliteStore(path)
    first = driver(World(clock=clock, store=store, key=signing_key))
    made = first.invoice(InvoiceNumber="GAL-1", CurrencyCode="EUR")
    first.payment(made, 10, Reference="One")
    before = books.summary(first.world.organisations[first.tenant])
    journal = books.journal(first.world.organisations[first.tenant])
    store.close()

    store = SqliteStore(path)
    world = World(clock=clock, store=store)
    again = driver.__new__(driver)
    again.world, again.tenant, again.tokens = world, first.tenant, first.tokens
    shown = again.read(made)
    assert (shown["InvoiceNumber"], shown["AmountDue"]) == ("GAL-1", 110.0)
    assert books.summary(world.organisations[first.tenant]) == before
    assert books.journal(world.organisations[first.tenant]) == journal
    assert again.invoice()["InvoiceNumber"] == "INV-0001"
    assert len(again.get("/connections").json) == 1
    store.close()


def test_reset_empties_the_file_too(tmp_path, clock, signing_key, driver):
    path = tmp_path / "xero.db"
    store = SqliteStore(path)
    first = driver(World(clock=clock, store=store, key=signing_key))
    first.invoice(InvoiceNumber="GAL-1")
    first.world.reset()
    store.close()
    store = SqliteStore(path)
    fresh = driver(World(clock=clock, store=store, key=signing_key))
    assert fresh.get("Invoices", InvoiceNumbers="GAL-1").json["Invoices"] == []
    store.close()


def test_no_token_is_kept_readable(tmp_path, clock, signing_key, driver):
    path = tmp_path / "xero.db"
    store = SqliteStore(path)
    tokens = driver(World(clock=clock, store=store, key=signing_key)).tokens
    store.close()
    raw = path.read_bytes()
    assert tokens["refresh_token"].encode() not in raw and tokens["access_token"].encode() not in raw


def test_seeds_are_the_same_in_every_run(clock, signing_key):
    one, two = World(clock=clock, key=signing_key), World(clock=clock, key=signing_key)
    for tenant, org in one.organisations.items():
        for kind, table in org.tables.items():
            assert list(table.rows) == list(two.organisations[tenant].tables[kind].rows)


def test_as_a_process(tmp_path):
    command = [sys.executable, "-W", "error", "-m", "galleria_xero_plugin.simulator", "--port", "0"]
    arguments = ["--state", str(tmp_path / "x.db"), "--no-limits", "--verbose", "--clock-scale", "60"]
    arguments += ["--fault", '{"kind": "503", "count": 0}', "--clock-speed", "2"]
    with subprocess.Popen(
        [*command, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        url = process.stdout.readline().rsplit(" ", 1)[-1].strip()
        said = "".join(iter(process.stdout.readline, "Ctrl-C ends it.\n"))
        found = requests.get(f"{url}/_simulator/settings?code=secret", timeout=5).json()
        assert (found["limits"], found["time_scale"]) == (False, 60.0)
        assert requests.get(f"{url}/_simulator/faults", timeout=5).json()["waiting"][0]["kind"] == "503"
        process.terminate()
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out.strip()) == (0, "")
    lines = dict(re.findall(r"^ +GALLERIA_XERO_(\w+)=(.+),$", said, re.MULTILINE))
    assert {name for name, value in lines.items() if url in value} == {
        "AUTHORIZE_URL", "TOKEN_URL", "JWKS_URL", "CONNECTIONS_URL", "API_URL", "DEEP_LINK_URL",
    }  # fmt: skip
    assert lines["ALLOW_OTHER_HOSTS"] == "True" and lines.keys() > {"CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI"}
    assert "/_simulator/settings" in err and "secret" not in err


def test_an_answer_takes_no_forty_milliseconds(server):
    """Headers and body in two segments would wait for a delayed acknowledgement (Nagle)."""
    tokens = server.connect()
    session = requests.Session()
    session.headers.update(server.headers(tokens))
    durations = []
    for _ in range(20):
        start = time.perf_counter()
        assert session.get(f"{server.url}/api.xro/2.0/Organisation", timeout=5).status_code == 200
        durations.append(time.perf_counter() - start)
    session.close()
    assert sorted(durations)[len(durations) // 2] < 0.03


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--set", "refresh_grace"], "SWITCH=VALUE"),
        (["--set", "colour=red"], "SWITCH=VALUE"),
        (["--set", "day_limit=many"], "takes int"),
        (["--set", "page_past_end=nowhere"], "empty, not_found"),
        (["--clock-scale", "0"], "above zero"),
        (["--clock-speed", "-1"], "above zero"),
        (["--fault", "{"], "Expecting"),
        (["--fault", '{"kind": "?"}'], "kind must be one of"),
    ],
)
def test_a_wrong_argument_is_told(arguments, says, capsys):
    assert main(arguments) == 2
    assert says in capsys.readouterr().err


def test_the_switches_are_listed(capsys):
    assert main(["--switches"]) == 0
    said = capsys.readouterr().out
    assert "  refresh_grace=True: " in said and "  gzip_bomb: " in said and "[wait, refuse, execute]" in said


def test_switches_from_the_command_line():
    wanted = ("refresh_grace=false", "rounding=ROUND_HALF_EVEN", "day_limit=9")
    found = _settings(_arguments([f"--set={text}" for text in wanted]))
    assert (found.refresh_grace, found.rounding, found.day_limit) == (False, "ROUND_HALF_EVEN", 9)
