"""An organisation's reference data: itself, its accounts, tax rates, branding themes, currencies, tracking."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from ..domain.accounting import Organisation, ReferenceData
from ..errors import NotConnected, ReadFailed
from ..ports.records import Connection
from ..ports.runtime import Clock
from ..ports.store import UnitOfWork, Units
from ..ports.xero import XeroApi
from .calls import Calls
from .lease import PATIENCE

LOCK_DATES_AGE = dt.timedelta(minutes=15)
"""A run trusts lock dates that are younger; else it reads the organisation, which is one call."""
REFRESH_AGE = dt.timedelta(hours=20)
"""The sweep has older data read anew, outside any run: once a day, before a sale finds out."""
OLDEST = dt.timedelta(hours=48)
"""A run does not work with older data: nobody has refreshed it for two nights."""


class Reference:
    """Reads and keeps reference data.

    A full read is six calls, which a sync with nothing to do cannot afford (product.md §5.15: three in all). So a
    run reads at most the organisation, because a lock date may have been set an hour ago; the rest is read
    anew on connecting, at the press of a button, and daily by the sweep.
    """

    def __init__(self, units: Units, api: XeroApi, calls: Calls, clock: Clock) -> None:
        self._units = units
        self._api = api
        self._calls = calls
        self._clock = clock

    def refresh(self, connection_id: str, *, interactive: bool = True, within: float | None = None) -> ReferenceData:
        """Read everything (six calls), keep it, and call the connection what the organisation calls itself.

        `within` is for a person who waits: after so many seconds no further call is begun and ReadFailed is
        raised; a job does it then. Raises as `OrganisationCalls.read`, and NotConnected.
        """
        connection = self._connection(connection_id)
        calls = self._calls.of(connection, interactive=interactive)
        until = None if within is None else self._clock.monotonic() + within

        def read(request):  # type: ignore[no-untyped-def]
            if until is not None and self._clock.monotonic() >= until:
                raise ReadFailed("Xero is slow at the moment.", detail="the time for reading together is over")
            return calls.read(request)

        organisation = read(self._api.organisation())
        accounts, tax_rates = read(self._api.accounts()), read(self._api.tax_rates())
        themes, currencies = read(self._api.branding_themes()), read(self._api.currencies())
        tracking = read(self._api.tracking_categories())
        with self._units.write(patience=PATIENCE) as uow:
            data = ReferenceData(organisation, accounts, tax_rates, themes, currencies, uow.now(), tracking)
            uow.reference.put(connection.gallery_id, connection.tenant_id, data)
            _rename(uow, connection, organisation)
            uow.commit()
        return data

    def current(self, gallery_id: str, tenant_id: str) -> ReferenceData | None:
        """What was last read, without asking Xero."""
        with self._units.read() as uow:
            return uow.reference.get(gallery_id, tenant_id)

    def for_run(self, connection: Connection, *, interactive: bool = False) -> ReferenceData:
        """What a run works with: the stored data with lock dates that are at most 15 minutes old. The run of a person
        (`interactive`) may use the day's reserve of calls.

        No call, one call (the organisation), or six when there is nothing usable. Raises as `refresh`.
        """
        with self._units.read() as uow:
            data = uow.reference.get(connection.gallery_id, connection.tenant_id)
            age = None if data is None else uow.now() - data.fetched_at
        if data is None or age is None or age > OLDEST:
            return self.refresh(connection.id, interactive=interactive)
        if age < LOCK_DATES_AGE:
            return data
        organisation = self._calls.of(connection, interactive=interactive).read(self._api.organisation())
        if organisation == data.organisation and _is_named(connection, organisation):
            return data  # as nearly always: nothing to write
        # fetched_at stays: it is the age of the oldest part
        data = replace(data, organisation=organisation)
        with self._units.write(patience=PATIENCE) as uow:
            uow.reference.put(connection.gallery_id, connection.tenant_id, data)
            _rename(uow, connection, organisation)
            uow.commit()
        return data

    def _connection(self, connection_id: str) -> Connection:
        with self._units.read() as uow:
            connection = uow.connections.get(connection_id)
        if connection is None:
            raise NotConnected("This webservice is not connected to Xero.", detail=f"connection {connection_id}")
        return connection


def _is_named(connection: Connection, organisation: Organisation) -> bool:
    known = (connection.organisation_name, connection.short_code, connection.base_currency)
    return known == (organisation.name, organisation.short_code, organisation.base_currency)


def _rename(uow: UnitOfWork, connection: Connection, organisation: Organisation) -> None:
    if not _is_named(connection, organisation):
        uow.connections.rename(
            connection.id,
            organisation_name=organisation.name,
            short_code=organisation.short_code,
            base_currency=organisation.base_currency,
        )
