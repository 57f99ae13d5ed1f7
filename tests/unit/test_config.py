"""The configuration: every fault at once, in words a developer can act on; production is strict."""

import re
import shlex
import subprocess
import sys

import pytest

from galleria_xero_plugin import config
from galleria_xero_plugin.db.vault import generate_key, parse_keys
from galleria_xero_plugin.errors import ConfigError

KEY, OTHER = generate_key(), generate_key()
GOOD = {
    "CLIENT_ID": "ID",
    "CLIENT_SECRET": "hush-hush",
    "REDIRECT_URI": "https://site.example/websites/webservices/callback",
    "TOKEN_KEYS": KEY,
    "REDIS_URL": "redis://:password@localhost:6379/0",
}


def read(production=True, **changes):
    values = {config.PREFIX + name: value for name, value in (GOOD | changes).items()}
    return config.read(values, production=production, check_keys=parse_keys)


def faults(production=True, **changes):
    with pytest.raises(ConfigError) as caught:
        read(production, **changes)
    return caught.value.faults


def test_the_five_required_keys_are_enough():
    made = read()
    assert (made.calls_per_minute, made.site_url) == (60, "https://site.example")
    assert made.settle.total_seconds() == 180


def test_all_faults_are_listed_at_once():
    found = faults(CLIENT_ID=None, REDIS_URL="http://x", LEASE=0, MAIL_FROM="", SMTP_URL="smtp://mail.example",
                   TOKEN_KEYS=KEY + ",hunter2", SITE_URL="site.example", BIND_KEY="books")  # fmt: skip
    assert [fault.split()[0].removeprefix(config.PREFIX) for fault in sorted(found)] == [
        "BIND_KEY", "CLIENT_ID", "LEASE", "MAIL_FROM", "REDIS_URL", "SITE_URL", "TOKEN_KEYS",
    ]  # fmt: skip
    assert not any("  " in fault or fault.endswith(".") for fault in found)
    assert "token key 2 cannot be read" in max(found) and "hunter2" not in max(found)


@pytest.mark.parametrize(
    "address", ["http://site.example/cb", "http://127.0.0.1:5000/cb", "/cb", "https://a.example/cb?x=1", "https:///cb"]
)
def test_a_redirect_address_that_xero_would_refuse(address):
    assert faults(REDIRECT_URI=address)[0].startswith("GALLERIA_XERO_REDIRECT_URI ")


def test_localhost_may_be_plain_http_for_development():
    assert read(REDIRECT_URI="http://localhost:5000/cb").redirect_uri == "http://localhost:5000/cb"


@pytest.mark.parametrize("name", config.ADDRESSES)
@pytest.mark.parametrize("address", ["https://evil.example/api", "http://localhost:8400", "https://["])
def test_only_xeros_hosts_are_called(name, address):
    its_own, advice = faults(**{name: address})
    assert its_own.startswith(f"GALLERIA_XERO_{name} ")
    assert advice.startswith("GALLERIA_XERO_ALLOW_OTHER_HOSTS must be True for a local Xero")


LOCAL = dict.fromkeys(config.ADDRESSES, "http://localhost:8400/x")


def test_a_simulator_is_allowed_in_production_only_on_the_same_machine():
    assert read(ALLOW_OTHER_HOSTS=True, **LOCAL).api_url == "http://localhost:8400/x"
    elsewhere = LOCAL | {"API_URL": "https://xero.test.example/x"}
    assert "API_URL must lead to Xero, or to a local Xero" in "".join(faults(ALLOW_OTHER_HOSTS=True, **elsewhere))
    assert read(production=False, ALLOW_OTHER_HOSTS=True, **elsewhere).api_url == "https://xero.test.example/x"


@pytest.mark.parametrize("production", [True, False])
def test_the_addresses_of_another_xero_change_together(production):
    some = {name: address for name, address in LOCAL.items() if name not in ("JWKS_URL", "DEEP_LINK_URL")}
    (fault,) = faults(production, ALLOW_OTHER_HOSTS=True, **some)
    assert fault == (
        "GALLERIA_XERO_ALLOW_OTHER_HOSTS is for a Xero to which all six addresses lead: "
        "set GALLERIA_XERO_JWKS_URL, GALLERIA_XERO_DEEP_LINK_URL too"
    )
    assert read(production, ALLOW_OTHER_HOSTS=True).api_url == "https://api.xero.com/api.xro/2.0"
    assert "must use https" in faults(production, ALLOW_OTHER_HOSTS=True, API_URL="http://api.xero.com")[0]


@pytest.mark.parametrize("name", ["SITE_URL", "ISSUER"])
@pytest.mark.parametrize("address", ["site.example", "ftp://x.example", "https://", "https://[", "https://x.example?a=1"])
def test_a_full_address_is_asked_for(name, address):
    assert faults(**{name: address})[0].startswith(f"GALLERIA_XERO_{name} must be a full address like https://")


def test_another_database_must_be_known():
    assert faults(BIND_KEY="books") == ("GALLERIA_XERO_BIND_KEY must be one of SQLALCHEMY_BINDS (which has none)",)
    values = {config.PREFIX + name: value for name, value in {**GOOD, "BIND_KEY": "book"}.items()}
    with pytest.raises(ConfigError, match=r"one of SQLALCHEMY_BINDS \(books, old\)"):
        config.read(values | {"SQLALCHEMY_BINDS": {"old": "", "books": ""}}, production=True)
    made = config.read(values | {"SQLALCHEMY_BINDS": {"book": "sqlite://"}}, production=True)
    assert made.bind_key == "book"


def test_a_key_that_nobody_reads_is_found_with_the_one_that_is_meant():
    given = {"GALLERIA_XERO_REDIS_URI": "", "GALLERIA_XERO_COLOUR": "", "GALLERIA_XERO_QUEUE": "", "OTHER": ""}
    assert config.unknown(given) == {"GALLERIA_XERO_COLOUR": "", "GALLERIA_XERO_REDIS_URI": "GALLERIA_XERO_REDIS_URL"}


def test_time_runs_at_its_own_speed_in_production():
    assert len(faults(TIME_SCALE=20)) == 1
    assert read(production=False, TIME_SCALE=20).settle.total_seconds() == 9


@pytest.mark.parametrize("value", ["60 ", "-1", 1.5, True, None, "1e3", 10**9])
def test_numbers_are_whole_and_sane(value):
    assert len(faults(CALLS_PER_MINUTE=value)) == 1


def test_numbers_may_come_from_the_environment_as_text():
    assert read(CALLS_PER_MINUTE="30").calls_per_minute == 30


@pytest.mark.parametrize("keys", [None, "", " , ", [], [1]])
def test_tokens_need_a_key(keys):
    """The advice works without a site: none starts without a key."""
    (advice,) = faults(TOKEN_KEYS=keys)
    command = re.search(r"with (python -c .+)$", advice)[1]
    made = subprocess.run([sys.executable, *shlex.split(command)[1:]], capture_output=True, text=True, check=True)
    parse_keys([made.stdout.strip()])


def test_no_secret_shows_itself():
    shown = repr(read(TOKEN_KEYS=[KEY, OTHER]))
    assert not any(secret in shown for secret in ("hush-hush", "password", KEY, OTHER))
