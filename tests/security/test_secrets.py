"""Secrets are nowhere: a walk through everything, with the tokens that a simulated Xero gave."""

import ast
import dataclasses
import json
import logging
import pickle
import pprint
import shutil
import zlib
from pathlib import Path

import pytest
import redis
from itsdangerous import base64_decode

import galleria_xero_plugin
from galleria_xero_plugin import config
from galleria_xero_plugin.cli import GROUP
from galleria_xero_plugin.db import SqlUnits
from galleria_xero_plugin.db.vault import Vault, generate_key, parse_keys
from galleria_xero_plugin.errors import ConfigError, GalleriaXeroError, TokenUnreadable
from galleria_xero_plugin.ports.xero import Secret, TokenSet
from galleria_xero_plugin.simulator import Simulator
from galleria_xero_plugin.simulator.core.fault import Fault
from tests.processes.test_plain_rq import contents
from tests.web.site import KEY, OURS, TENANT, TOKENS

from .live import CLIENT_SECRET, TOKEN_KEY, Live, simulator_settings


def tokens(live, made):
    """{what it is: the secret} of a connection."""
    with live.app.app_context(), live.state.units.read() as uow:
        _, current, previous = uow.connections.tokens(live.connection(made).id)
    found = {"access token": current.access_token, "refresh token": current.refresh_token}
    if previous is not None:
        found |= {"access token before": previous.access_token, "refresh token before": previous.refresh_token}
    return {name: secret.reveal() for name, secret in found.items()}


def cookies(browser):
    """The session as anybody can read it in the cookie."""
    value = browser.client.get_cookie("session").value
    payload = value.lstrip(".").split(".")[0]
    raw = base64_decode(payload)
    return (zlib.decompress(raw) if value.startswith(".") else raw).decode()


def test_the_canary_is_nowhere(live, caplog):
    """Connect, sync, refresh, lose the permission, disconnect, with everything logged; then look everywhere."""
    caplog.set_level(logging.DEBUG)
    for name in ("sqlalchemy.engine", "sqlalchemy.pool", "urllib3", "authlib", "rq", "redis", "requests"):
        caplog.set_level(logging.DEBUG, name)
    browser, made = live.browser(), live.add(scheduled=True)
    answer, code = live.connect(browser, made)
    secrets = {"code": code, "client secret": CLIENT_SECRET, "token key": TOKEN_KEY} | tokens(live, made)
    places = {"callback": answer.text + str(answer.headers), "cookie": cookies(browser)}
    services, connection = live.state.services, live.connection(made)
    with live.app.app_context():
        live.xero.world.identity.expire_access_tokens(live.xero.world.clock.now())
        live.sql("update galleria_xero_connection set access_expires_at = 1")
        services.reference.refresh(connection.id)
        secrets |= {f"renewed {name}": secret for name, secret in tokens(live, made).items()}
        with live.state.units.write() as uow:
            uow.webservices.mark(made.id, mapping_completed=True)
            uow.commit()
    browser.get("/xero/")
    browser.post(f"/xero/{made.id}/sync")
    browser.post(f"/xero/{made.id}/import-contacts")
    with redis.Redis.from_url(live.app.config["GALLERIA_XERO_REDIS_URL"]) as eavesdropper:
        places["Redis"] = b"\n".join(contents(eavesdropper)).decode("utf-8", "replace")
    for path in ("", "new", f"{made.id}/edit", f"{made.id}/activity", f"{made.id}/contacts", f"{made.id}/connect"):
        places[f"page {path}"] = browser.get(f"/xero/{path}").text
    runner = live.app.test_cli_runner()
    for command in ("doctor", "reconcile", "rotate-keys"):
        places[command] = runner.invoke(args=[GROUP, command]).output
    with live.app.app_context():  # Xero forgets: a refused refresh, and the mail about it
        live.xero.world.identity.refresh_tokens.clear()
        live.sql("update galleria_xero_connection set access_expires_at = 1")
        with pytest.raises(GalleriaXeroError):
            services.reference.refresh(connection.id)
    assert live.mailbox.mails
    places["mails"] = str(live.mailbox.mails)
    everything = [live.state, live.state.config, services, *(getattr(services, f.name) for f in dataclasses.fields(services))]
    places["repr"] = "".join(f"{one!r}{one!s}{pprint.pformat(one)}" for one in everything)
    places["repr inside"] = "".join(repr(vars(one)) for one in everything if hasattr(one, "__dict__"))
    places["database"] = live.path.read_bytes().decode("latin-1")
    for table, in live.sql("select name from sqlite_master where type = 'table'"):
        places[table] = str(live.sql(f"select * from {table}"))
    places["log"] = caplog.text
    places["log's arguments"] = "".join(repr((r.args, r.exc_info, r.__dict__)) for r in caplog.records)
    assert len(secrets) >= 8 and len(places["log"]) > 10_000 and "rq:job" in places["Redis"]
    found = [(name, place) for place, text in places.items() for name, secret in secrets.items() if secret in text]
    assert found == []


# Tracebacks


def frames(error):
    """Everything that an error reporter would send: the error, and the variables of every frame on its way."""
    seen = []
    while error is not None:
        seen += [repr(error), str(error), repr(getattr(error, "args", "")), repr(vars(error))]
        trace = error.__traceback__
        while trace is not None:
            seen += [f"{name}={value!r}" for name, value in trace.tb_frame.f_locals.items()]
            trace = trace.tb_next
        error = error.__cause__ or error.__context__
    return "\n".join(seen)


def test_the_search_finds_what_a_frame_holds():
    def careless(token):
        raise ValueError("no")

    with pytest.raises(ValueError) as caught:
        careless("canary" + "-access")
    assert "canary-access" in frames(caught.value)


SECRETS = ("canary-code", "canary-access", "canary-refresh", CLIENT_SECRET)
CANARY = TokenSet(Secret("canary-access"), Secret("canary-refresh"), 1800)


@pytest.fixture(scope="module")
def wire(migrated, tmp_path_factory):
    """A live site for all tests of failing calls."""
    path = tmp_path_factory.mktemp("wire") / "live.db"
    shutil.copy(migrated, path)
    with Simulator(simulator_settings()) as xero:
        live = Live(path, xero, "redis://localhost:1")
        live.made = live.add()
        yield live
        live.close(xero=False)


FAULTS = [None, {"kind": "503"}, {"kind": "drop"}, {"kind": "html"}, {"kind": "truncate"},
          {"kind": "status", "status": 401}]
FAILING = [(call, fault) for call in ("exchange", "refresh", "connections", "disconnect", "api") for fault in FAULTS
           if (call, fault) != ("disconnect", {"kind": "html"})]  # any 200 is a yes there


@pytest.mark.parametrize(("call", "fault"), FAILING, ids=str)
def test_no_failing_call_takes_a_secret_along(wire, call, fault):
    """Whether Xero refuses, breaks or goes away."""
    live, auth = wire, wire.state.services.connect._auth
    live.xero.world.faults.clear()
    with live.app.app_context(), live.state.units.write() as uow:
        connection_id = uow.connections.connect(OURS, live.made.id, TENANT, CANARY).id
        uow.commit()
    if fault is not None:
        live.xero.world.faults.add(Fault.of(fault | {"count": 3}))
    calls = {
        "exchange": lambda: auth.exchange(Secret("canary-code"), nonce="n"),
        "refresh": lambda: auth.refresh(Secret("canary-refresh")),
        "connections": lambda: auth.connections(Secret("canary-access")),
        "disconnect": lambda: auth.disconnect(Secret("canary-access"), connection_id),
        "api": lambda: live.state.services.reference.refresh(connection_id),
    }
    with live.app.app_context(), pytest.raises(GalleriaXeroError) as caught:
        calls[call]()
    text = frames(caught.value)
    assert not [secret for secret in SECRETS if secret in text]


def test_a_moved_or_altered_cipher_text_tells_nothing(caplog):
    vault = Vault([TOKEN_KEY])
    key_id, sealed = vault.seal("ours", "one", CANARY)
    for gallery, connection, blob in (("theirs", "one", sealed), ("ours", "two", sealed), ("ours", "one", sealed[:-1])):
        with pytest.raises(TokenUnreadable) as caught:
            vault.open(gallery, connection, key_id, blob)
        text = frames(caught.value)
        assert "canary" not in text and TOKEN_KEY not in text
    assert vault.seal("ours", "one", CANARY)[1] != sealed  # a nonce of its own every time


def test_the_key_goes_round(site):
    """Old, old and new, new and old, new: nothing is lost, and without the old key nothing old is left."""
    _, connection = site.ready()
    new = generate_key()
    for keys, rotate in (([KEY, new], False), ([new, KEY], True), ([new], False)):
        units = SqlUnits(site.engine, Vault(keys))
        with units.write() as uow:
            if rotate:
                assert uow.connections.rotate_keys("", 100)[1] == 1
            uow.commit()
        with units.read() as uow:
            assert uow.connections.tokens(connection.id)[1].refresh_token.reveal() == TOKENS.refresh_token.reveal()
    with pytest.raises(TokenUnreadable), site.units.read() as uow:
        uow.connections.tokens(connection.id)


@pytest.mark.parametrize("dump", [repr, str, pprint.pformat, lambda one: json.dumps(one, default=repr)], ids=range(4))
def test_a_secret_does_not_show_itself(dump):
    for one in (CANARY, CANARY.access_token, [CANARY], {"t": CANARY}):
        assert "canary" not in dump(one)
    assert "canary" not in f"{CANARY.access_token} {CANARY.access_token!r:>30}"
    with pytest.raises(TypeError):
        pickle.dumps(CANARY)


# The configuration

SOUND = {
    "CLIENT_ID": "id", "CLIENT_SECRET": CLIENT_SECRET, "TOKEN_KEYS": TOKEN_KEY,
    "REDIRECT_URI": "https://site.example/xero/callback", "REDIS_URL": "rediss://u:canary-redis@redis.example/0",
    "SMTP_URL": "smtps://u:canary-smtp@mail.example", "MAIL_FROM": "a@site.example",
}  # fmt: skip


def read(**changes):
    plain = {name: changes.pop(name) for name in ("SECRET_KEY",) if name in changes}
    values = {config.PREFIX + name: value for name, value in (SOUND | changes).items()}
    return config.read(plain | values, production=True, check_keys=parse_keys)


@pytest.mark.parametrize(("changes", "about"), [
    ({"TOKEN_KEYS": None}, "TOKEN_KEYS"), ({"TOKEN_KEYS": ""}, "TOKEN_KEYS"), ({"TOKEN_KEYS": "changeme"}, "TOKEN_KEYS"),
    ({"TOKEN_KEYS": "0" * 64}, "TOKEN_KEYS"), ({"TOKEN_KEYS": "A" * 43}, "TOKEN_KEYS"),
    ({"SECRET_KEY": TOKEN_KEY}, "SECRET_KEY"), ({"SECRET_KEY": TOKEN_KEY.encode()}, "SECRET_KEY"),
    ({"CLIENT_SECRET": ""}, "CLIENT_SECRET"), ({"REDIRECT_URI": "http://site.example/callback"}, "https"),
    ({"REDIRECT_URI": "https://site.example/callback?next=//evil"}, "query"),
    ({"API_URL": "https://api.xero.com.evil.example"}, "API_URL"), ({"TOKEN_URL": "http://identity.xero.com/t"}, "TOKEN_URL"),
    ({"API_URL": "https://user@api.xero.com"}, "API_URL"), ({"JWKS_URL": "http://169.254.169.254/"}, "JWKS_URL"),
    ({"TIME_SCALE": 60}, "TIME_SCALE"),
])  # fmt: skip
def test_production_refuses_to_start(changes, about):
    with pytest.raises(ConfigError) as caught:
        read(**changes)
    assert about in str(caught.value)
    assert not [secret for secret in (CLIENT_SECRET, "canary-redis", "canary-smtp") if secret in str(caught.value)]


def test_the_configuration_does_not_show_its_secrets():
    made = read(SECRET_KEY="another")
    dumps = (repr(made), str(made), pprint.pformat(made), repr(dataclasses.asdict(made)), f"{made}")
    for secret in (CLIENT_SECRET, TOKEN_KEY, "canary-redis", "canary-smtp"):
        assert not [text for text in dumps if secret in text]


# The source


def test_every_queue_and_worker_speaks_json():
    """RQ's default would unpickle whatever lies in Redis."""
    for path in Path(galleria_xero_plugin.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = getattr(getattr(node, "func", None), "id", "") or getattr(getattr(node, "func", None), "attr", "")
            if isinstance(node, ast.Call) and name in ("Queue", "Worker", "Job", "SpawnWorker", "Scheduler"):
                given = {word.arg: ast.unparse(word.value) for word in node.keywords}
                assert given.get("serializer") == "JSONSerializer", f"{path.name}:{node.lineno}"
            assert name not in ("SpawnWorker", "loads") or ast.unparse(node.func) == "json.loads", f"{path.name}"


def test_no_template_calls_anything_safe():
    root = Path(galleria_xero_plugin.__file__).parents[1] / "templates"
    for path in root.rglob("*.html"):
        text = path.read_text("utf-8")
        assert "|safe" not in text.replace(" ", "") and "autoescape" not in text, path.name
        assert "style=" not in text, path.name

