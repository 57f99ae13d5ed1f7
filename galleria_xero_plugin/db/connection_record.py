"""The connection's table and how a row of it becomes a record, which never carries tokens."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select

from ..ports.records import Connection as Record
from ..ports.records import ConnectionStatus
from .models import Connection, table_of

CONNECTION = table_of(Connection)

RECORD = [column for column in CONNECTION.c if column.name not in ("key_id", "token", "previous_token")]
# Made once: naming the columns takes longer than the query.
SELECT = select(*RECORD)


def record(row: Row[Any]) -> Record:
    """A row of the RECORD columns."""
    return Record(
        id=row.id,
        gallery_id=row.gallery_id,
        webservice_id=row.webservice_id,
        tenant_id=row.tenant_id,
        xero_connection_id=row.xero_connection_id,
        organisation_name=row.organisation_name,
        short_code=row.short_code,
        base_currency=row.base_currency,
        status=ConnectionStatus(row.status),
        status_reason=row.status_reason,
        token_version=row.token_version,
        access_expires_at=row.access_expires_at,
        refreshed_at=row.refreshed_at,
        paused_until=row.paused_until,
        pause_reason=row.pause_reason,
        day_remaining=row.day_remaining,
        quarantine_until=row.quarantine_until,
        next_run_at=row.next_run_at,
        contacts_read_at=row.contacts_read_at,
        call_times=tuple(row.call_times),
        created_at=row.created_at,
    )
