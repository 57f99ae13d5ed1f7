"""The switches: each default is the most probable behaviour of the real Xero.

What the sources state firmly is not a switch. What they leave open (``xero-facts.md`` §11, "make
switchable", and §12) is, so that a client can be tried against either reading. Each switch says in a
sentence what it decides and which section of the facts left it open; ``explained`` lists them.
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


def switch(default: Any, says: str, *choices: str) -> Any:
    """A field with its meaning, and the values it may take where these are words."""
    return field(default=default, metadata={"says": says, "choices": choices})


ROUNDINGS = ("ROUND_HALF_UP", "ROUND_HALF_EVEN", "ROUND_HALF_DOWN", "ROUND_DOWN", "ROUND_UP")


@dataclass(frozen=True)
class SimulatorSettings:
    """How this Xero behaves."""

    apps: tuple[AppSettings, ...] = (AppSettings(),)
    users: tuple[UserSettings, ...] = (UserSettings(),)

    time_scale: float = switch(
        1.0, "Lives, windows and the seconds of faults are divided by it: 60 makes §3's six minutes six seconds"
    )
    # -- identity
    issuer: str = switch("https://identity.xero.com", "The iss claim (§1.4)")
    access_token_seconds: int = switch(1800, "Life of an access token (§1.4)")
    refresh_token_seconds: int = switch(60 * 24 * 3600, "Life of a refresh token (§1.4)")
    code_seconds: int = switch(300, "Life of a code (§1.2)")
    id_token_seconds: int = switch(300, "Life of an id token (§1.4)")
    refresh_grace: bool = switch(True, "The previous refresh token still works for a while (§1.4)")
    refresh_grace_seconds: int = switch(1800, "For how long (§1.4)")
    refresh_grace_once: bool = switch(False, "It works only once more, not any number of times (§1.4)")
    echo_nonce: bool = switch(True, "The id token repeats the nonce of the consent (§1.4, silent)")
    bulk_connections: bool = switch(False, "One consent may connect several organisations (§1.2)")
    reconnect_keeps_auth_event: bool = switch(True, "Connecting again keeps the first authEventId (§1.7)")
    broad_scopes_allowed: bool = switch(False, "The app is older than 2 March 2026 (§1.5)")
    missing_scope_status: int = switch(401, "Answer to a call without the scope: 401 or 403 (§6.2)")
    # -- limits
    limits: bool = switch(True, "There are rate limits (§2.1)")
    concurrent_limit: int = switch(5, "Calls in flight per organisation (§2.1)")
    minute_limit: int = switch(60, "Calls a minute per organisation (§2.1)")
    day_limit: int = switch(1000, "Calls a day per organisation: 1,000 or 5,000 by plan (§2.1)")
    app_minute_limit: int = switch(10_000, "Calls a minute of the whole app (§2.1)")
    rolling_windows: bool = switch(False, "Windows roll instead of starting at fixed times (§2.1)")
    app_minute_problem: str = switch("appminute", "X-Rate-Limit-Problem of the app's limit (§2.1, not found)")
    concurrent_retry_after: int = switch(0, "Retry-After of the limit in flight; 0 sends none (§2.1, §12)")
    # -- idempotency
    idempotency: bool = switch(True, "Idempotency keys count (§3)")
    idempotency_seconds: int = switch(360, "How long an answer is kept under its key (§3)")
    idempotency_concurrent: str = switch(
        "wait", "A second call while the first runs (§3, not found)", "wait", "refuse", "execute"
    )
    key_conflict_shape: str = switch(
        "message", "Where the text of a key used twice stands (§3, not found)", "message", "elements"
    )
    # -- lists
    modified_since_inclusive: bool = switch(True, "If-Modified-Since takes its own second in (§2.5, unknown)")
    unchanged_is_304: bool = switch(False, "Nothing modified since is answered 304 (§2.5, unknown)")
    largest_list: int = switch(100_000, "A list over so many records is refused with 400 (§2.3)")
    where_ignores_case: bool = switch(True, "where compares texts without case (§2.5)")
    page_past_end: str = switch("empty", "A page past the end: an empty list or a 404 (§2.5)", "empty", "not_found")
    pagination_always: bool = switch(False, "Paged resources tell pagination though no page was asked for (§2.5)")
    # -- writes
    summarised_batch_is_atomic: bool = switch(True, "One bad element undoes a summarised batch (§2.4)")
    summarize_errors_default: bool = switch(True, "Errors are summarised unless asked otherwise (§2.4)")
    post_with_known_number: str = switch("update", "POST with a number in use (§4.2)", "update", "refuse")
    dead_numbers_stay_taken: bool = switch(True, "Numbers of voided and deleted documents stay refused (§4.2)")
    paid_sales_invoices_editable: bool = switch(
        False, "Paid sales invoices take the few changes that bills take (§4.2)"
    )
    invoice_numbers_unique: bool = switch(True, "A number in use is refused; off shows who leans on that guard (§4.2)")
    numbers_ignore_case: bool = switch(True, "INV-1 and inv-1 are one number (§4.2, silent)")
    tax_above_unit_refused: bool = switch(False, "A TaxAmount above the UnitAmount is refused (§4.2, one sentence)")
    odd_rate_warnings: bool = switch(True, "A CurrencyRate far from the day's gives a WARNING, not an error (§4.2)")
    zero_total_becomes_paid: bool = switch(True, "An approved document over nothing is PAID at once (§4.2, silent)")
    negative_totals_refused: bool = switch(True, "A document must not be below zero (§4.2, silent)")
    unknown_line_ids_refused: bool = switch(
        True, "A LineItemID the document does not have is refused, not taken as new (§4.2)"
    )
    unknown_tracking: str = switch(
        "refuse", "An unknown or archived tracking option (§4.7, silent)", "refuse", "ignore"
    )
    currency_decimals: str = switch("two", "All money has two decimals, or JPY none and KWD three (§4.2)", "two", "own")
    archived_contacts_editable: bool = switch(False, "The API may edit and restore archived contacts (§4.1)")
    contact_names_unique: bool = switch(
        True, "Active contacts have different names; Xero warns that this may end (§4.1)"
    )
    contact_name_spaces_refused: bool = switch(False, "Odd spaces in a name are refused, not tidied away (§4.1)")
    unknown_contact_is_404: bool = switch(True, "An unknown ContactID in a write is a 404 (§4.1)")
    reconciled_payments_deletable: bool = switch(False, "The API may delete reconciled payments (§4.3, open)")
    allocation_date: str = switch(
        "taken", "The Date of an allocation: taken, required, or always today (§4.8)", "taken", "required", "today"
    )
    deleted_allocation_shape: str = switch(
        "single",
        "DELETE of an allocation answers the bare Allocation of the specification, or a list (§4.8)",
        "single",
        "list",
    )
    sales_invoices_a_month: int = switch(
        0, "Cap of the old small plans on approved sales invoices: 20; 0 for none (§4.2)"
    )
    rounding: str = switch("ROUND_HALF_UP", "How half a cent rounds, as the decimal module names it (§4.2)", *ROUNDINGS)
    # -- tolerance of the client
    xml_without_accept: bool = switch(True, "Accept must ask for JSON, or the answer is XML (§2.3)")
    extra_fields: bool = switch(False, "Answers carry members nobody has heard of (§11)")
    extra_values: bool = switch(False, "Lists carry entries of kinds nobody has heard of (§11)")

    def seconds(self, real: float) -> float:
        """A life or window after scaling."""
        return real / self.time_scale

    def changed(self, values: Mapping[str, Any]) -> SimulatorSettings:
        """A copy with some switches set; ValueError for unknown names, wrong types and unknown words."""
        known = {f.name: f for f in _switches()}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"There is no switch called {name!r}.")
            now, choices = getattr(self, name), known[name].metadata["choices"]
            wanted: tuple[type, ...] = (int, float) if isinstance(now, float) else (type(now),)
            if not isinstance(value, wanted) or (isinstance(value, bool) and not isinstance(now, bool)):
                raise ValueError(f"The switch {name} takes {wanted[0].__name__}, not {value!r}.")
            if choices and value not in choices:
                raise ValueError(f"The switch {name} takes {', '.join(choices)}, not {value!r}.")
        return replace(self, **values)

    def __post_init__(self) -> None:
        if self.time_scale <= 0:
            raise ValueError("The switch time_scale must be above zero.")

    def switches(self) -> dict[str, Any]:
        """All switches by name, for the control page."""
        return {f.name: getattr(self, f.name) for f in _switches()}


def _switches() -> list[Any]:
    return [f for f in fields(SimulatorSettings) if f.name not in {"apps", "users"}]


def explained() -> dict[str, dict[str, Any]]:
    """Each switch: its default, its words and what it decides."""
    return {
        f.name: {"default": f.default, "choices": list(f.metadata["choices"]), "says": f.metadata["says"]}
        for f in _switches()
    }


@dataclass
class Configuration:
    """The settings in force: one object everybody holds, so a change is seen at once."""

    current: SimulatorSettings = field(default_factory=SimulatorSettings)
