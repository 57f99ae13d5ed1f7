"""What a resource knows about the call it serves."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from . import novelty
from .arithmetic import own_places
from .organisation import Organisation
from .settings import SimulatorSettings
from .tables import Record
from .wire import Request, Response, answer, ms_date_bare


@dataclass(frozen=True)
class Call:
    """One call on one organisation's books. An adviser may pass the period lock date (§4.6)."""

    org: Organisation
    request: Request
    settings: SimulatorSettings
    client_id: str
    provider: str
    now: datetime
    adviser: bool = False

    @property
    def by_hand(self) -> bool:
        """A person in Xero itself, not an app."""
        return not self.client_id

    @property
    def creating(self) -> bool:
        """PUT only creates; POST creates or updates (xero-facts.md §2.3)."""
        return self.request.method == "PUT"

    @property
    def today(self) -> date:
        """Today where the organisation is."""
        return self.org.today(self.now)

    @property
    def unit_places(self) -> int:
        """Decimals of a UnitAmount: two, or four with unitdp=4 (§2.5)."""
        return 4 if self.request.query.get("unitdp") == "4" else 2

    def places(self, currency: str | None) -> int:
        """Decimals of money: two in every currency, or the currency's own (§4.2, a switch)."""
        if self.settings.currency_decimals == "two":
            return 2
        return own_places(currency or self.org.base_currency)

    @property
    def per_element(self) -> bool:
        """True when errors are reported per element with a 200 (§2.4)."""
        asked = self.request.query.get("summarizeerrors", "").lower()
        if asked in {"true", "false"}:
            return asked == "false"
        return not self.settings.summarize_errors_default

    def put(self, kind: str, record: Record) -> Record:
        """Write a record and stamp it with the time."""
        return self.org.put(kind, {**record, "UpdatedDateUTC": self.now})

    def ok(self, members: Mapping[str, Any]) -> Response:
        """A good answer in the envelope all of them share (§4)."""
        if self.settings.extra_fields:
            members = novelty.with_fields(members)
        if self.settings.extra_values and self.request.method == "GET":
            members = novelty.with_values(members)
        return answer(
            200,
            {
                "Id": str(uuid.uuid4()),
                "Status": "OK",
                "ProviderName": self.provider,
                "DateTimeUTC": ms_date_bare(self.now),
                **members,
            },
        )
