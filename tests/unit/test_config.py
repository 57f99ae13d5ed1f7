"""The configuration: every fault at once, in words a developer can act on; production is strict."""

import pytest

from galleria_xero_plugin import config
from galleria_xero_plugin.errors import ConfigError

GOOD = {
    "CLIENT_ID": "ID",
    "CLIENT_SECRET": "hush-hush",
    "REDIRECT_URI": "https://site.example/websites/webservices/callback",
    "TOKEN_KEYS": "a-key",
    "REDIS_URL": "redis://:password@localhost:6379/0",
}


def read(production=True, **changes):
    values = {config.PREFIX + name: value for name, value in (GOOD | changes).items()}
    return config.read(values, production=production)


def faults(production=True, **changes):
    with pytest.raises(ConfigError) as caught:
        read(production, **changes)
    return caught.value.faults


def test_the_five_required_keys_are_enough():
    made = read()
    assert (made.calls_per_minute, made.site_url) == (60, "https://site.example")
    assert made.settle.total_seconds() == 180


def test_all_faults_are_listed_at_once():
    found = faults(CLIENT_ID=None, REDIS_URL="http://x", LEASE=0, MAIL_FROM="", SMTP_URL="smtp://mail.example")
    assert [fault.split()[0].removeprefix(config.PREFIX) for fault in sorted(found)] == [
        "CLIENT_ID", "LEASE", "MAIL_FROM", "REDIS_URL",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "address", ["http://site.example/cb", "http://127.0.0.1:5000/cb", "/cb", "https://a.example/cb?x=1", "https:///cb"]
)
def test_a_redirect_address_that_xero_would_refuse(address):
    assert faults(REDIRECT_URI=address)[0].startswith("GALLERIA_XERO_REDIRECT_URI ")


def test_localhost_may_be_plain_http_for_development():
    assert read(REDIRECT_URI="http://localhost:5000/cb").redirect_uri == "http://localhost:5000/cb"


@pytest.mark.parametrize("name", ["API_URL", "TOKEN_URL", "AUTHORIZE_URL", "JWKS_URL", "CONNECTIONS_URL"])
def test_only_xeros_hosts_are_called(name):
    assert len(faults(**{name: "https://evil.example/api"})) == 1


def test_a_simulator_is_allowed_in_production_only_on_the_same_machine():
    local = {
        name: "http://localhost:8400/x"
        for name in ("API_URL", "TOKEN_URL", "AUTHORIZE_URL", "JWKS_URL", "CONNECTIONS_URL", "DEEP_LINK_URL")
    }
    assert read(ALLOW_OTHER_HOSTS=True, **local).api_url == "http://localhost:8400/x"
    elsewhere = local | {"API_URL": "https://xero.test.example/x"}
    assert len(faults(ALLOW_OTHER_HOSTS=True, **elsewhere)) == 1
    assert read(production=False, ALLOW_OTHER_HOSTS=True, **elsewhere).api_url == "https://xero.test.example/x"


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
    assert "flask galleria-xero new-key" in faults(TOKEN_KEYS=keys)[0]


def test_no_secret_shows_itself():
    shown = repr(read(TOKEN_KEYS=["key-one", "key-two"]))
    assert not any(secret in shown for secret in ("hush-hush", "password", "key-one", "key-two"))
