"""Accounts, tax rates and so on as last read from an organisation."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from ..domain.accounting import ReferenceData
from .codec import from_plain, to_plain
from .models import Reference, table_of
from .store import Store

_REFERENCE = table_of(Reference)
_DATA = select(_REFERENCE.c.data).where(
    _REFERENCE.c.gallery_id == bindparam("gallery"), _REFERENCE.c.tenant_id == bindparam("tenant")
)


class SqlReference(Store):
    """`ReferenceStore` in SQL."""

    def get(self, gallery_id: str, tenant_id: str) -> ReferenceData | None:
        plain = self._read(_DATA, {"gallery": gallery_id, "tenant": tenant_id}).scalar_one_or_none()
        return None if plain is None else from_plain(ReferenceData, plain)

    def put(self, gallery_id: str, tenant_id: str, data: ReferenceData) -> None:
        statement = self._insert(_REFERENCE).values(
            gallery_id=gallery_id, tenant_id=tenant_id, data=to_plain(data), fetched_at=data.fetched_at
        )
        self._change(
            statement.on_conflict_do_update(
                index_elements=["gallery_id", "tenant_id"],
                set_={"data": statement.excluded.data, "fetched_at": statement.excluded.fetched_at},
            )
        )
