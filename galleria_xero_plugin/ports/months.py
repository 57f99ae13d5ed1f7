"""The month port: what a comparison found month by month, and frozen packs of it for a bookkeeper."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from ..domain.month import Sheet
from .records import Actor, KeptMonth, MonthLine, MonthPack


class MonthStore(Protocol):
    """Months and packs. A pack never changes, but for being revoked or signed, each once."""

    def keep(self, gallery_id: str, tenant_id: str, sheets: Sequence[Sheet]) -> None:
        """Keep these in place of all earlier months of the organisation."""

    def all(self, gallery_id: str, tenant_id: str) -> Sequence[MonthLine]:
        """Every month in a line, newest first."""

    def get(self, gallery_id: str, tenant_id: str, month: str) -> KeptMonth | None: ...

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
        """A pack of the month as it is; its id."""

    def packs(self, gallery_id: str, tenant_id: str, month: str) -> Sequence[MonthPack]:
        """The packs of a month, newest first, also those that are over."""

    def pack(self, gallery_id: str, pack_id: str) -> tuple[MonthPack, Sheet] | None: ...

    def opened(self, token_hash: str) -> tuple[MonthPack, Sheet] | None:
        """The pack of a link; None when the link is unknown, revoked or too old."""

    def revoke(self, gallery_id: str, pack_id: str) -> bool:
        """End the link. Whether it was open."""

    def sign(self, token_hash: str, name: str) -> bool:
        """The bookkeeper's tick. False when it is signed already, or the link is over."""
