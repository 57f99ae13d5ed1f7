"""Webservices and their versioned settings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, func, insert, select, update

from ..domain.settings import Settings
from ..errors import Conflict, NotFound
from ..ports.records import Actor
from ..ports.records import Webservice as Record
from .codec import from_plain, to_plain
from .connection_store import SqlConnections
from .models import Webservice, WebserviceSettings, table_of
from .store import Store, Transaction, new_id

_SERVICE = table_of(Webservice)
_SETTINGS = table_of(WebserviceSettings)
_CURRENT = and_(_SETTINGS.c.webservice_id == _SERVICE.c.id, _SETTINGS.c.version == _SERVICE.c.version)
_ALREADY = "This gallery is connected with Xero already."


class SqlWebservices(Store):
    """`WebserviceStore` in SQL."""

    def __init__(self, transaction: Transaction, connections: SqlConnections) -> None:
        super().__init__(transaction)
        self._connections = connections

    def add(self, gallery_id: str, settings: Settings, actor: Actor) -> Record:
        webservice_id = new_id()
        row = {
            "id": webservice_id,
            "gallery_id": gallery_id,
            "version": 1,
            "saved_at": self._now,
            "saved_by": actor.name,
            "created_at": self._now,
        }
        added = self._insert(_SERVICE).values(row).on_conflict_do_nothing().returning(_SERVICE.c.id)
        if self._change(added).scalar_one_or_none() is None:
            raise Conflict(_ALREADY, detail=f"gallery {gallery_id} has a webservice")
        self._keep(webservice_id, 1, settings, actor)
        return self._existing(gallery_id, webservice_id)

    def get(self, gallery_id: str, webservice_id: str) -> Record | None:
        row = self._read(_ONE, {"gallery": gallery_id, "webservice": webservice_id}).one_or_none()
        return None if row is None else _record(row)

    def of_gallery(self, gallery_id: str) -> Sequence[Record]:
        query = _selection(_SERVICE.c.gallery_id == gallery_id)
        return [_record(row) for row in self._read(query.order_by(_SERVICE.c.created_at, _SERVICE.c.id))]

    def save_settings(
        self, gallery_id: str, webservice_id: str, settings: Settings, *, expected_version: int, actor: Actor
    ) -> Record:
        version = expected_version + 1
        saved = self._hit(
            update(_SERVICE)
            .where(
                _SERVICE.c.id == webservice_id,
                _SERVICE.c.gallery_id == gallery_id,
                _SERVICE.c.deleted_at.is_(None),
                _SERVICE.c.version == expected_version,
            )
            .values(version=version, saved_at=self._now, saved_by=actor.name)
        )
        if not saved:
            other = self._existing(gallery_id, webservice_id)
            raise Conflict(
                f"{other.saved_by or 'Somebody'} saved these settings first, "
                f"on {other.saved_at:%Y-%m-%d} at {other.saved_at:%H:%M} UTC.",
                detail=f"webservice {webservice_id}: version {other.version}, not {expected_version}",
            )
        self._keep(webservice_id, version, settings, actor)
        return self._existing(gallery_id, webservice_id)

    def set_cursor(self, webservice_id: str, cursor: str | None) -> None:
        self._change(update(_SERVICE).where(_SERVICE.c.id == webservice_id).values(cursor=cursor))

    def mark(
        self,
        webservice_id: str,
        *,
        mapping_completed: bool = False,
        first_export: bool = False,
        contacts_watermark: dt.datetime | None = None,
    ) -> None:
        values: dict[str, Any] = {}
        if mapping_completed:
            values["mapping_completed_at"] = func.coalesce(_SERVICE.c.mapping_completed_at, self._now)
        if first_export:
            values["first_export_at"] = func.coalesce(_SERVICE.c.first_export_at, self._now)
        if contacts_watermark is not None:
            values["contacts_watermark"] = contacts_watermark
        if values:
            self._change(update(_SERVICE).where(_SERVICE.c.id == webservice_id).values(values))

    def delete(self, gallery_id: str, webservice_id: str) -> None:
        hidden = self._hit(
            update(_SERVICE)
            .where(
                _SERVICE.c.id == webservice_id,
                _SERVICE.c.gallery_id == gallery_id,
                _SERVICE.c.deleted_at.is_(None),
            )
            .values(deleted_at=self._now)
        )
        if hidden:
            # Whoever hides it has disconnected it first; should that have failed, its tokens still go now.
            connection = self._connections.of_webservice(gallery_id, webservice_id)
            if connection is not None:
                self._connections.close(connection.id)

    def _keep(self, webservice_id: str, version: int, settings: Settings, actor: Actor) -> None:
        self._change(
            insert(_SETTINGS).values(
                webservice_id=webservice_id,
                version=version,
                settings=to_plain(settings),
                saved_at=self._now,
                actor_id=actor.user_id,
                actor_name=actor.name,
            )
        )

    def _existing(self, gallery_id: str, webservice_id: str) -> Record:
        record = self.get(gallery_id, webservice_id)
        if record is None:
            raise NotFound(f"webservice {webservice_id} of gallery {gallery_id}")
        return record


def _selection(*conditions: ColumnElement[bool]) -> Any:
    return (
        select(_SERVICE, _SETTINGS.c.settings)
        .join(_SETTINGS, _CURRENT)
        .where(_SERVICE.c.deleted_at.is_(None), *conditions)
    )


_ONE = _selection(_SERVICE.c.gallery_id == bindparam("gallery"), _SERVICE.c.id == bindparam("webservice"))


def _record(row: Row[Any]) -> Record:
    return Record(
        id=row.id,
        gallery_id=row.gallery_id,
        settings=from_plain(Settings, row.settings),
        version=row.version,
        created_at=row.created_at,
        saved_at=row.saved_at,
        saved_by=row.saved_by,
        cursor=row.cursor,
        mapping_completed_at=row.mapping_completed_at,
        first_export_at=row.first_export_at,
        contacts_watermark=row.contacts_watermark,
    )
