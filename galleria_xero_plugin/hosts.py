"""Which addresses the plugin may call: Xero's hosts over https, unless the set-up says otherwise (security 45)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

# https://developer.xero.com: login page, token endpoint and keys, connections and accounting (xero-facts §1.1).
XERO_HOSTS = frozenset({"login.xero.com", "identity.xero.com", "api.xero.com", "go.xero.com"})

AUTHORIZE_URL = "https://login.xero.com/identity/connect/authorize"
TOKEN_URL = "https://identity.xero.com/connect/token"  # noqa: S105 - an address, not a secret
JWKS_URL = "https://identity.xero.com/.well-known/openid-configuration/jwks"
CONNECTIONS_URL = "https://api.xero.com/connections"
API_URL = "https://api.xero.com/api.xro/2.0"
DEEP_LINK_URL = "https://go.xero.com"
ISSUER = "https://identity.xero.com"


def check_addresses(addresses: Mapping[str, str], allow_other_hosts: bool = False) -> list[str]:
    """The faults of these addresses (config key -> address), "<key> <what is wrong>" each, without user or password.

    With `allow_other_hosts` (a local simulator) any http or https address with a host will do."""
    faults = []
    for key, address in addresses.items():
        fault = _fault(address, allow_other_hosts)
        if fault:
            faults.append(f"{key} {fault}")
    return faults


def _fault(address: str, allow_other_hosts: bool) -> str:
    if not isinstance(address, str) or not address.isascii() or not address.isprintable() or " " in address:
        return "must be an address in plain ASCII without spaces"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "is not an address"
    if "@" in parts.netloc or "\\" in address:
        return "must not contain a user name, a password or a backslash"
    if parts.query or parts.fragment:
        return "must not contain a query or a fragment"
    if parts.scheme not in ("http", "https") or not host:
        return "must be a full address that begins with https://"
    if allow_other_hosts:
        return ""
    if host not in XERO_HOSTS:
        return f"leads to {host}, not to Xero ({', '.join(sorted(XERO_HOSTS))})"
    if parts.scheme != "https":
        return "must use https"
    if port not in (None, 443):
        return "must not name a port"
    return ""


def is_xeros(address: str) -> bool:
    """Whether an address leads to one of Xero's hosts, in whatever way."""
    try:
        return urlsplit(address).hostname in XERO_HOSTS
    except ValueError:
        return False
