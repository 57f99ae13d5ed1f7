"""The plugin's commands in the second host, and what a start with a wrong configuration says."""
import pytest

from galleria_xero_plugin import ConfigError
from tests.second_host.kit import REQUIRED
from tests.second_host.site import create_app


def test_tables_are_made_and_looked_at(make_site, filled):
    site = make_site(filled)
    assert "There are no tables yet" in _call(site, "db", "current").output
    unmade = _call(site, "db", "check")
    assert unmade.exit_code == 1 and "no tables yet: run `flask galleria-xero db upgrade`" in unmade.output

    assert _call(site, "db", "upgrade").exit_code == 0
    current = _call(site, "db", "current").output.strip()
    assert current and current in _call(site, "db", "upgrade").output
    assert "are those of this release" in _call(site, "db", "check").output


def test_the_doctor_finds_what_is_amiss(make_site, ready, valkey_url):
    healthy = _call(make_site(ready, GALLERIA_XERO_REDIS_URL=valkey_url), "doctor").output
    failed = [line for line in healthy.splitlines() if not line.startswith("OK")]
    assert len(failed) == 1 and failed[0].startswith("FAIL workers: none was seen"), healthy

    elsewhere = "https://kabinett.example/anderswo/callback"
    sick = _call(make_site(ready, GALLERIA_XERO_REDIRECT_URI=elsewhere), "doctor")
    assert sick.exit_code == 1
    assert "must end with /verwaltung/webservices/callback" in sick.output
    assert "FAIL Redis: does not answer" in sick.output


@pytest.mark.parametrize("key", REQUIRED)
def test_a_missing_key_is_named(key):
    with pytest.raises(ConfigError, match=f"{key} is missing"):
        create_app(SQLALCHEMY_DATABASE_URI="sqlite://", **{k: value for k, value in REQUIRED.items() if k != key})


@pytest.mark.parametrize(("key", "value", "says"), [
    ("GALLERIA_XERO_REDIRECT_URI", "http://kabinett.example/verwaltung/webservices/callback", "must be https"),
    ("GALLERIA_XERO_REDIRECT_URI", "http://127.0.0.1:5000/verwaltung/webservices/callback", "the name localhost only"),
    ("GALLERIA_XERO_TOKEN_KEYS", "geheim", "token key 1 cannot be read.*make one with"),
    ("GALLERIA_XERO_REDIS_URL", "localhost:6379", "must begin with redis://"),
    ("GALLERIA_XERO_CALLS_PER_MINUTE", "sechzig", "must be a whole number"),
    ("GALLERIA_XERO_SMTP_URL", "smtp://mail.example", "MAIL_FROM must be set"),
])
def test_a_wrong_value_is_explained(key, value, says):
    with pytest.raises(ConfigError, match=says):
        create_app(SQLALCHEMY_DATABASE_URI="sqlite://", **{**REQUIRED, key: value})


def test_all_faults_come_at_once():
    with pytest.raises(ConfigError) as caught:
        create_app(SQLALCHEMY_DATABASE_URI="sqlite://")
    assert all(key in str(caught.value) for key in REQUIRED)
    with pytest.raises(ConfigError) as caught:
        create_app(SQLALCHEMY_DATABASE_URI="sqlite://", GALLERIA_XERO_TOKEN_KEYS="geheim", GALLERIA_XERO_BIND_KEY="x")
    assert len(caught.value.faults) == len(REQUIRED) + 1


def _call(site, *command):
    return site.test_cli_runner().invoke(args=["galleria-xero", *command])
