"""The switches: each default is the most probable behaviour of the real Xero.

What the sources state firmly is not a switch. What they call unsure (``xero-facts.md`` §11, "make
switchable") is, so that a client can be tried against either reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

DEFAULT_CLIENT_ID = "SIMULATED0CLIENT0ID0000000000000"
DEFAULT_CLIENT_SECRET = "simulated-secret-not-a-real-one"  # noqa: S105 - printed on the console
DEFAULT_REDIRECT_URI = "http://localhost:5000/xero/callback"


@dataclass(frozen=True)
class AppSettings:
    """A registered app, as on Xero's developer portal."""

    client_id: str = DEFAULT_CLIENT_ID
    client_secret: str = DEFAULT_CLIENT_SECRET
    name: str = "Galleria"
    redirect_uris: tuple[str, ...] = (DEFAULT_REDIRECT_URI,)


@dataclass(frozen=True)
class UserSettings:
    """Somebody who may sign in on the authorize page."""

    email: str = "owner@northlight.example"
    password: str = "gallery"  # noqa: S105 - shown on the sign-in page
    given_name: str = "Nora"
    family_name: str = "Light"


@dataclass(frozen=True)
class SimulatorSettings:
    """How this Xero behaves."""

    apps: tuple[AppSettings, ...] = (AppSettings(),)
    users: tuple[UserSettings, ...] = (UserSettings(),)
    # -- time: every life and window is divided by this, so 60 makes a minute last a second
    time_scale: float = 1.0
    # -- identity (§1)
    issuer: str = "https://identity.xero.com"
    access_token_seconds: int = 1800
    refresh_token_seconds: int = 60 * 24 * 3600
    code_seconds: int = 300
    id_token_seconds: int = 300
    refresh_grace: bool = True
    refresh_grace_seconds: int = 1800
    echo_nonce: bool = True
    bulk_connections: bool = False
    reconnect_keeps_auth_event: bool = True
    broad_scopes_allowed: bool = False
    missing_scope_status: int = 401
    # -- limits (§2.1)
    limits: bool = True
    concurrent_limit: int = 5
    minute_limit: int = 60
    day_limit: int = 1000
    app_minute_limit: int = 10_000
    rolling_windows: bool = False
    # -- idempotency (§3)
    idempotency: bool = True
    idempotency_seconds: int = 360
    idempotency_concurrent: str = "wait"  # or "refuse" (400), or "execute" (both run)
    # -- lists (§2.5)
    modified_since_inclusive: bool = True
    where_ignores_case: bool = True
    # -- writes (§2.4, §4)
    summarised_batch_is_atomic: bool = True
    summarize_errors_default: bool = True
    post_with_known_number: str = "update"  # or "refuse"
    dead_numbers_stay_taken: bool = True  # numbers of voided and deleted invoices
    paid_sales_invoices_editable: bool = False
    zero_total_becomes_paid: bool = True
    negative_totals_refused: bool = True
    archived_contacts_editable: bool = False
    contact_name_spaces_refused: bool = False  # otherwise they are tidied away
    unknown_contact_is_404: bool = True
    reconciled_payments_deletable: bool = False
    rounding: str = "ROUND_HALF_UP"  # a name of the decimal module
    # -- tolerance of the client
    xml_without_accept: bool = True  # Accept must ask for JSON, or the answer is XML (§2.3)
    extra_fields: bool = False  # answers carry members nobody has heard of

    def seconds(self, real: float) -> float:
        """A life or window after scaling."""
        return real / self.time_scale

    def changed(self, values: Mapping[str, Any]) -> SimulatorSettings:
        """A copy with some switches set; unknown names and wrong types are refused."""
        switches = {f.name for f in fields(self)} - {"apps", "users"}
        for name, value in values.items():
            if name not in switches:
                raise ValueError(f"There is no switch called {name!r}.")
            now = getattr(self, name)
            wanted: tuple[type, ...] = (int, float) if isinstance(now, float) else (type(now),)
            if not isinstance(value, wanted) or (isinstance(value, bool) and not isinstance(now, bool)):
                raise ValueError(f"The switch {name} takes {wanted[0].__name__}, not {value!r}.")
        if values.get("time_scale", 1) <= 0:
            raise ValueError("The switch time_scale must be above zero.")
        return replace(self, **values)

    def switches(self) -> dict[str, Any]:
        """All switches by name, for the control page."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in {"apps", "users"}}


@dataclass
class Configuration:
    """The settings in force: one object everybody holds, so a change is seen at once."""

    current: SimulatorSettings = field(default_factory=SimulatorSettings)
