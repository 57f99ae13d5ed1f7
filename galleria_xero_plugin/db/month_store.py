"""The months of a comparison, and their frozen packs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, insert, select, update

from ..domain.month import Entry, Sheet
from ..domain.verdict import unequal
from ..ports.records import Actor, KeptMonth, MonthLine, MonthPack
from .codec import from_plain, to_plain
from .models import table_of
from .month_models import Month, Pack
from .store import Store, new_id

_MONTH = table_of(Month)
_PACK = table_of(Pack)
_SEALED = [column for column in _PACK.c if column.name not in ("sheet", "token_hash")]


class SqlMonths(Store):
    """`MonthStore` in SQL."""

    def keep(self, gallery_id: str, tenant_id: str, sheets: Sequence[Sheet]) -> None:
        self._change(delete(_MONTH).where(_here(_MONTH, gallery_id, tenant_id)))
        rows = [
            {
                "gallery_id": gallery_id,
                "tenant_id": tenant_id,
                "month": sheet.month,
                "sheet": to_plain(sheet),
                "verdict": {
                    "agreeing": sheet.agreeing,
                    "unreconciled": len(sheet.unreconciled),
                    "differing": to_plain([*sheet.known, *sheet.differences]),
                    "unequal": unequal(sheet),
                },
            }
            for sheet in sheets
        ]
        if rows:
            self._change(insert(_MONTH).values(compared_at=self._now), rows)

    def all(self, gallery_id: str, tenant_id: str) -> Sequence[MonthLine]:
        columns = (_MONTH.c.month, _MONTH.c.verdict, _MONTH.c.compared_at)
        query = select(*columns).where(_here(_MONTH, gallery_id, tenant_id)).order_by(_MONTH.c.month.desc())
        return [_line(row) for row in self._read(query)]

    def get(self, gallery_id: str, tenant_id: str, month: str) -> KeptMonth | None:
        query = select(_MONTH).where(_here(_MONTH, gallery_id, tenant_id), _MONTH.c.month == month)
        row = self._read(query).one_or_none()
        return None if row is None else KeptMonth(from_plain(Sheet, row.sheet), row.compared_at)

    def freeze(
        self,
        gallery_id: str,
        tenant_id: str,
        organisation_name: str,
        kept: KeptMonth,
        actor: Actor,
        *,
        token_hash: str,
        expires_at: dt.datetime,
    ) -> str:
        pack_id = new_id()
        self._change(
            insert(_PACK).values(
                id=pack_id,
                gallery_id=gallery_id,
                tenant_id=tenant_id,
                organisation_name=organisation_name,
                month=kept.sheet.month,
                sheet=to_plain(kept.sheet),
                compared_at=kept.compared_at,
                made_at=self._now,
                made_by=actor.name,
                token_hash=token_hash,
                expires_at=expires_at,
                signed_by="",
            )
        )
        return pack_id

    def packs(self, gallery_id: str, tenant_id: str, month: str) -> Sequence[MonthPack]:
        here = and_(_here(_PACK, gallery_id, tenant_id), _PACK.c.month == month)
        query = select(*_SEALED).where(here).order_by(_PACK.c.made_at.desc(), _PACK.c.id)
        return [_pack(row) for row in self._read(query)]

    def pack(self, gallery_id: str, pack_id: str) -> tuple[MonthPack, Sheet] | None:
        return self._one(_PACK.c.gallery_id == gallery_id, _PACK.c.id == pack_id)

    def opened(self, token_hash: str) -> tuple[MonthPack, Sheet] | None:
        return self._one(_PACK.c.token_hash == token_hash, self._usable())

    def revoke(self, gallery_id: str, pack_id: str) -> bool:
        return self._hit(
            update(_PACK)
            .where(_PACK.c.gallery_id == gallery_id, _PACK.c.id == pack_id, _PACK.c.revoked_at.is_(None))
            .values(revoked_at=self._now)
        )

    def sign(self, token_hash: str, name: str) -> bool:
        return self._hit(
            update(_PACK)
            .where(_PACK.c.token_hash == token_hash, self._usable(), _PACK.c.signed_at.is_(None))
            .values(signed_at=self._now, signed_by=name)
        )

    def _usable(self) -> ColumnElement[bool]:
        return and_(_PACK.c.revoked_at.is_(None), _PACK.c.expires_at > self._now)

    def _one(self, *conditions: Any) -> tuple[MonthPack, Sheet] | None:
        row = self._read(select(_PACK).where(*conditions)).one_or_none()
        return None if row is None else (_pack(row), from_plain(Sheet, row.sheet))


def _here(table: Any, gallery_id: str, tenant_id: str) -> ColumnElement[bool]:
    return and_(table.c.gallery_id == gallery_id, table.c.tenant_id == tenant_id)


def _line(row: Row[Any]) -> MonthLine:
    kept = row.verdict  # one of an earlier release has no numbers, until the next night
    differing = tuple(from_plain(Entry, entry) for entry in kept.get("differing", ()))
    return MonthLine(
        row.month, row.compared_at, kept["agreeing"], kept["unreconciled"], Sheet(row.month, differing),
        unequal=kept.get("unequal", bool(kept.get("differences"))),
    )  # fmt: skip


def _pack(row: Row[Any]) -> MonthPack:
    return MonthPack(
        id=row.id,
        gallery_id=row.gallery_id,
        tenant_id=row.tenant_id,
        organisation_name=row.organisation_name,
        month=row.month,
        compared_at=row.compared_at,
        made_at=row.made_at,
        made_by=row.made_by,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        signed_at=row.signed_at,
        signed_by=row.signed_by,
    )
