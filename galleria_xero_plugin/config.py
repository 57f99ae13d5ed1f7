"""Every configuration key, read once at start into a frozen `Config`.

All keys begin with `GALLERIA_XERO_` and live in the host's `app.config`. Those without a default must be set.
Durations are seconds. A wrong or missing value is reported with all others in one `ConfigError`.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from . import hosts
from .errors import ConfigError

PREFIX = "GALLERIA_XERO_"

DEFAULTS: dict[str, object] = {
    # -- the app as registered at Xero -------------------------------------------------------------
    "CLIENT_ID": None,  # required
    "CLIENT_SECRET": None,  # required
    "REDIRECT_URI": None,  # required; exactly as registered, e.g. https://site.example/xero/callback
    # -- secrets ---------------------------------------------------------------------------------------
    "TOKEN_KEYS": None,  # required; list (or comma-separated text) of keys, the first one encrypts
    # -- queue and worker ------------------------------------------------------------------------------
    "REDIS_URL": None,  # required; redis://, rediss:// or unix://
    "QUEUE": "galleria_xero",  # name of the RQ queue
    "APP": None,  # "module:factory", how a plain `rq worker` builds the site
    # -- embedding ---------------------------------------------------------------------------------------
    "BASE_TEMPLATE": "galleria_xero/base.html",  # the host's own; blocks title, head, content
    "BIND_KEY": None,  # the SQLALCHEMY_BINDS key of the database for our tables
    # -- mail --------------------------------------------------------------------------------------------
    "SMTP_URL": None,  # smtp://user:password@host:587 or smtps://…; None: mail is only logged
    "MAIL_FROM": None,  # sender's address; required with SMTP_URL
    "SITE_URL": None,  # https://site.example: for links in mails; default: origin of REDIRECT_URI
    # -- Xero's addresses ----------------------------------------------------------------------------------
    "AUTHORIZE_URL": hosts.AUTHORIZE_URL,
    "TOKEN_URL": hosts.TOKEN_URL,
    "JWKS_URL": hosts.JWKS_URL,
    "CONNECTIONS_URL": hosts.CONNECTIONS_URL,
    "API_URL": hosts.API_URL,
    "DEEP_LINK_URL": hosts.DEEP_LINK_URL,
    "ISSUER": hosts.ISSUER,
    "ALLOW_OTHER_HOSTS": False,  # a simulator instead of Xero; in production only on this very machine
    # -- manners and timings ---------------------------------------------------------------------------------
    "CALLS_PER_MINUTE": 60,  # per organisation; 0 lifts our own limit
    "DAY_RESERVE": 100,  # calls of the day that scheduled work leaves for people
    "QUIET_PERIOD": 3600,  # a document younger than this waits for typing errors
    "SETTLE": 180,  # after an unclear answer nothing is concluded for so long
    "KEY_WINDOW": 360,  # life of Xero's idempotency keys
    "LEASE": 120,  # an exporter's claim on an organisation
    "REFRESH_LEASE": 45,  # a worker's claim on renewing an organisation's tokens; longer than two calls take
    "SEND_DEADLINE": 10,  # a request that was written ahead is sent within this, or not at all
    "SLICE": 20,  # a job works so long, then lets others go first
    "ANSWER_WITHIN": 60,  # an answer of Xero's is waited for so long
    "OFFLINE_PAUSE": 300,  # an organisation is left alone for so long when Xero does not answer usefully
    "TIME_SCALE": 1,  # tests divide SETTLE, KEY_WINDOW and QUIET_PERIOD by this; refused in production
}


# Where Xero is: another Xero than the real one has all of them.
ADDRESSES = ("AUTHORIZE_URL", "TOKEN_URL", "JWKS_URL", "CONNECTIONS_URL", "API_URL", "DEEP_LINK_URL")
OWN_MACHINE = ("localhost", "127.0.0.1", "::1")
NEW_KEY = 'python -c "import secrets; print(secrets.token_urlsafe(32))"'


class _Hidden(str):
    """A secret text that does not show itself in the repr of what holds it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"


@dataclass(frozen=True, slots=True)
class Config:
    """The checked configuration. `repr` shows no secret."""

    client_id: str
    client_secret: _Hidden
    redirect_uri: str
    token_keys: tuple[_Hidden, ...]
    redis_url: _Hidden
    queue: str
    app_factory: str | None
    base_template: str
    bind_key: str | None
    smtp_url: _Hidden | None
    mail_from: str
    site_url: str
    authorize_url: str
    token_url: str
    jwks_url: str
    connections_url: str
    api_url: str
    deep_link_url: str
    issuer: str
    allow_other_hosts: bool
    calls_per_minute: int
    day_reserve: int
    quiet_period: dt.timedelta
    settle: dt.timedelta
    key_window: dt.timedelta
    lease: int
    refresh_lease: int
    send_deadline: int
    slice: int
    answer_within: int
    offline_pause: dt.timedelta


def set_defaults(config: MutableMapping[str, object]) -> None:
    """Fill in every optional key that the host left out (`app.config.setdefault`)."""
    for name, value in DEFAULTS.items():
        config.setdefault(PREFIX + name, value)


def unknown(config: Mapping[str, object]) -> dict[str, str]:
    """The host's keys with our prefix that are none of ours, each with the one that may be meant, or ""."""
    names = sorted(key.removeprefix(PREFIX) for key in config if key.startswith(PREFIX))
    meant = {name: difflib.get_close_matches(name, DEFAULTS, 1, 0.7) for name in names if name not in DEFAULTS}
    return {PREFIX + name: PREFIX + near[0] if near else "" for name, near in meant.items()}


def read(
    config: Mapping[str, object], *, production: bool, check_keys: Callable[[Sequence[str]], object] = tuple
) -> Config:
    """Check the host's configuration and return it frozen.

    `production` is whether the app runs for real (neither debug nor testing): then only Xero's own hosts, https
    and TIME_SCALE 1 are accepted, or with ALLOW_OTHER_HOSTS a simulator on the same machine. `check_keys` raises
    ValueError for token keys that cannot be used. Raises ConfigError that lists every fault.
    """
    reader = _Reader(config)
    text, whole = reader.text, reader.whole
    allow_other = bool(reader.value("ALLOW_OTHER_HOSTS"))
    scale = whole("TIME_SCALE", 1, 10_000)
    if production and not allow_other and scale != 1:
        reader.fault("TIME_SCALE", "must be 1 in production")
    redirect_uri = text("REDIRECT_URI", required=True)
    reader.check_redirect(redirect_uri)
    addresses = {name: text(name, required=True).rstrip("/") for name in ADDRESSES}
    reader.check_addresses({name: address for name, address in addresses.items() if address}, allow_other, production)
    site_url, issuer = text("SITE_URL"), text("ISSUER", required=True)
    reader.check_full("SITE_URL", site_url, "https://your-site.example")
    reader.check_full("ISSUER", issuer, hosts.ISSUER)
    smtp_url, mail_from = text("SMTP_URL"), text("MAIL_FROM")
    if smtp_url and _split(smtp_url).scheme not in ("smtp", "smtps"):
        reader.fault("SMTP_URL", "must begin with smtp:// or smtps://")
    if smtp_url and not mail_from:
        reader.fault("MAIL_FROM", "must be set when SMTP_URL is, e.g. sync@your-site.example")
    redis_url = text("REDIS_URL", required=True)
    if redis_url and _split(redis_url).scheme not in ("redis", "rediss", "unix"):
        reader.fault("REDIS_URL", "must begin with redis://, rediss:// or unix://")
    token_keys = reader.keys(check_keys)
    bind_key = text("BIND_KEY")
    reader.check_bind(bind_key)
    parts = _split(redirect_uri)
    made = Config(
        client_id=text("CLIENT_ID", required=True),
        client_secret=_Hidden(text("CLIENT_SECRET", required=True)),
        redirect_uri=redirect_uri,
        token_keys=tuple(_Hidden(key) for key in token_keys),
        redis_url=_Hidden(redis_url),
        queue=text("QUEUE", required=True),
        app_factory=text("APP") or None,
        base_template=text("BASE_TEMPLATE", required=True),
        bind_key=bind_key or None,
        smtp_url=_Hidden(smtp_url) if smtp_url else None,
        mail_from=mail_from,
        site_url=(site_url or f"{parts.scheme}://{parts.netloc}").rstrip("/"),
        authorize_url=addresses["AUTHORIZE_URL"],
        token_url=addresses["TOKEN_URL"],
        jwks_url=addresses["JWKS_URL"],
        connections_url=addresses["CONNECTIONS_URL"],
        api_url=addresses["API_URL"],
        deep_link_url=addresses["DEEP_LINK_URL"],
        issuer=issuer,
        allow_other_hosts=allow_other,
        calls_per_minute=whole("CALLS_PER_MINUTE", 0, 10_000),
        day_reserve=whole("DAY_RESERVE", 0, 5_000),
        quiet_period=dt.timedelta(seconds=whole("QUIET_PERIOD", 0, 7 * 86_400)) / scale,
        settle=dt.timedelta(seconds=whole("SETTLE", 1, 3_600)) / scale,
        key_window=dt.timedelta(seconds=whole("KEY_WINDOW", 1, 86_400)) / scale,
        lease=whole("LEASE", 5, 3_600),
        refresh_lease=whole("REFRESH_LEASE", 1, 600),
        send_deadline=whole("SEND_DEADLINE", 1, 60),
        slice=whole("SLICE", 1, 200),
        answer_within=whole("ANSWER_WITHIN", 1, 60),
        offline_pause=dt.timedelta(seconds=whole("OFFLINE_PAUSE", 1, 3_600)),
    )
    if made.key_window < made.settle:
        reader.fault("KEY_WINDOW", "must not be shorter than SETTLE")
    if reader.faults:
        raise ConfigError(reader.faults)
    return made


class _Reader:
    """Reads single values and collects the faults."""

    def __init__(self, config: Mapping[str, object]) -> None:
        self._config = config
        self.faults: list[str] = []

    def value(self, name: str) -> object:
        return self._config.get(PREFIX + name, DEFAULTS[name])

    def fault(self, name: str, what: str) -> None:
        self.faults.append(f"{PREFIX}{name} {what}")

    def text(self, name: str, *, required: bool = False) -> str:
        value = self.value(name)
        if value is None or value == "":
            if required:
                self.fault(name, "is missing")
            return ""
        if not isinstance(value, str) or any(ord(char) < 32 for char in value):
            self.fault(name, "must be a text without control characters")
            return ""
        return value.strip()

    def whole(self, name: str, least: int, most: int) -> int:
        value = self.value(name)
        number = int(value) if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value) else value
        if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
            self.fault(name, f"must be a whole number from {least} to {most}")
            return least
        return number

    def keys(self, check: Callable[[Sequence[str]], object]) -> tuple[str, ...]:
        value = self.value("TOKEN_KEYS")
        keys = [part.strip() for part in value.split(",")] if isinstance(value, str) else list(value or ())
        keys = [key for key in keys if key]
        if not keys or not all(isinstance(key, str) for key in keys):
            self.fault("TOKEN_KEYS", f"is missing: make a key with {NEW_KEY}")
            return ()
        try:
            check(keys)
        except ValueError as problem:
            self.fault("TOKEN_KEYS", f"cannot be used: {problem}")
        signing = self._config.get("SECRET_KEY")
        if (signing.decode("latin-1") if isinstance(signing, bytes) else signing) in keys:
            self.fault("TOKEN_KEYS", f"must not be the site's SECRET_KEY: make a key with {NEW_KEY}")
        return tuple(keys)

    def check_redirect(self, address: str) -> None:
        """Xero takes https, and http for the name localhost only (xero-facts §1.2)."""
        if not address:
            return
        parts = _split(address)
        if parts.scheme == "http" and parts.hostname != "localhost":
            self.fault("REDIRECT_URI", "must be https (http is accepted by Xero for the name localhost only)")
        elif parts.scheme not in ("http", "https") or not parts.hostname:
            self.fault("REDIRECT_URI", "must be a full address like https://your-site.example/xero/callback")
        elif parts.query or parts.fragment:
            self.fault("REDIRECT_URI", "must have neither a query nor a fragment")

    def check_full(self, name: str, address: str, example: str) -> None:
        """Empty, or an address to which a path can be added."""
        parts = _split(address)
        if address and not (parts.scheme in ("http", "https") and parts.hostname and not parts.query + parts.fragment):
            self.fault(name, f"must be a full address like {example}")

    def check_addresses(self, addresses: Mapping[str, str], allow_other: bool, production: bool) -> None:
        """All six lead to Xero, or with ALLOW_OTHER_HOSTS all six to another one."""
        elsewhere = [name for name, address in addresses.items() if not hosts.is_xeros(address)]
        found = hosts.check_addresses(addresses, allow_other and bool(elsewhere))
        self.faults += [PREFIX + fault for fault in found]
        left = [PREFIX + name for name in addresses if name not in elsewhere]
        if elsewhere and not allow_other:
            self.fault("ALLOW_OTHER_HOSTS", "must be True for a local Xero, and then all six addresses lead to it")
        elif elsewhere and left:
            self.fault("ALLOW_OTHER_HOSTS", f"is for a Xero to which all six addresses lead: set {', '.join(left)} too")
        if production and allow_other:
            for name in elsewhere:
                if _split(addresses[name]).hostname not in OWN_MACHINE:
                    self.fault(name, "must lead to Xero, or to a local Xero on this very machine, in production")

    def check_bind(self, key: str) -> None:
        binds = self._config.get("SQLALCHEMY_BINDS")
        known = sorted(map(str, binds)) if isinstance(binds, Mapping) else []
        if key and key not in known:
            self.fault("BIND_KEY", f"must be one of SQLALCHEMY_BINDS ({', '.join(known) or 'which has none'})")


def _split(address: str) -> SplitResult:
    """The parts of an address; all empty for what is none."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")
