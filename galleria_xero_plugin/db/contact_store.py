"""Links between gallery contacts and Xero's, questions about them, and the mirror for matching."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import ColumnElement, and_, bindparam, func, select, update

from ..domain.accounting import XeroContact
from ..ports.records import Actor
from ..ports.records import ContactConflict as Conflict
from ..ports.records import ContactLink as Link
from .contact_models import ContactConflict, ContactLink, ContactMirror
from .models import table_of
from .store import Store, chunks, new_id

_LINK = table_of(ContactLink)
_CONFLICT = table_of(ContactConflict)
_MIRROR = table_of(ContactMirror)
_PAGE = 1000
_MIRRORED = ("number", "name", "email", "status", "merged_to")


class SqlContacts(Store):
    """`ContactStore` in SQL."""

    def links(self, gallery_id: str, tenant_id: str, local_ids: Sequence[str]) -> Mapping[str, Link]:
        found: dict[str, Link] = {}
        for chunk in chunks(list(local_ids)):
            values = {"gallery": gallery_id, "tenant": tenant_id, "ids": chunk}
            found |= {row.local_id: Link(row.local_id, row.xero_id, row.why) for row in self._read(_LINKS, values)}
        return found

    def links_by_xero(self, gallery_id: str, tenant_id: str, xero_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for chunk in chunks(list(xero_ids)):
            query = (
                select(_LINK.c.xero_id, _LINK.c.local_id)
                .where(_linked(gallery_id, tenant_id), _LINK.c.xero_id.in_(chunk))
                .order_by(_LINK.c.local_id)
            )
            for xero_id, local_id in self._read(query):
                found[xero_id].append(local_id)
        return dict(found)

    def all_links(self, gallery_id: str, tenant_id: str) -> Mapping[str, str]:
        query = (
            select(_LINK.c.xero_id, func.min(_LINK.c.local_id))
            .where(_linked(gallery_id, tenant_id))
            .group_by(_LINK.c.xero_id)
        )
        return {xero_id: local_id for xero_id, local_id in self._read(query)}

    def link(self, gallery_id: str, tenant_id: str, links: Iterable[Link]) -> None:
        rows = [
            {
                "gallery_id": gallery_id,
                "tenant_id": tenant_id,
                "local_id": link.local_id,
                "xero_id": link.xero_id,
                "why": link.why,
            }
            for link in links
        ]
        if rows:
            self._change(self._insert(_LINK).values(created_at=self._now).on_conflict_do_nothing(), rows)

    def mirror(self, gallery_id: str, tenant_id: str, contacts: Iterable[XeroContact]) -> None:
        rows = [
            {
                "gallery_id": gallery_id,
                "tenant_id": tenant_id,
                "xero_id": contact.id,
                **{name: getattr(contact, name) for name in _MIRRORED},
            }
            for contact in contacts
        ]
        if rows:
            statement = self._insert(_MIRROR)
            statement = statement.on_conflict_do_update(
                index_elements=["gallery_id", "tenant_id", "xero_id"],
                set_={name: statement.excluded[name] for name in _MIRRORED},
            )
            self._change(statement, rows)

    def mirrored(self, gallery_id: str, tenant_id: str) -> Iterator[XeroContact]:
        # Page by page along the primary key: no open cursor holds up other writers, no page grows.
        after = ""
        while True:
            query = (
                select(_MIRROR)
                .where(_MIRROR.c.gallery_id == gallery_id, _MIRROR.c.tenant_id == tenant_id, _MIRROR.c.xero_id > after)
                .order_by(_MIRROR.c.xero_id)
                .limit(_PAGE)
            )
            rows = self._read(query).all()
            for row in rows:
                yield XeroContact(
                    row.xero_id, row.name, row.number, row.status, email=row.email, merged_to=row.merged_to
                )
            if len(rows) < _PAGE:
                return
            after = rows[-1].xero_id

    def add_conflict(
        self,
        gallery_id: str,
        tenant_id: str,
        xero: XeroContact,
        reason_code: str,
        local_ids: Sequence[str],
        *,
        candidates: Sequence[tuple[str, str, str]] = (),
    ) -> bool:
        added = (
            self._insert(_CONFLICT)
            .values(
                id=new_id(),
                gallery_id=gallery_id,
                tenant_id=tenant_id,
                xero_id=xero.id,
                name=xero.name,
                email=xero.email,
                reason_code=reason_code,
                local_ids=list(local_ids),
                candidates=[list(one) for one in candidates],
                created_at=self._now,
            )
            .on_conflict_do_nothing()
            .returning(_CONFLICT.c.id)
        )
        return self._change(added).scalar_one_or_none() is not None

    def conflicts(self, gallery_id: str, tenant_id: str) -> Sequence[Conflict]:
        query = (
            select(_CONFLICT)
            .where(
                _CONFLICT.c.gallery_id == gallery_id,
                _CONFLICT.c.tenant_id == tenant_id,
                _CONFLICT.c.settled_at.is_(None),
            )
            .order_by(_CONFLICT.c.number)
        )
        return [
            Conflict(
                id=row.id,
                xero_id=row.xero_id,
                name=row.name,
                email=row.email,
                reason_code=row.reason_code,
                local_ids=tuple(row.local_ids),
                candidates=tuple((one[0], one[1], one[2]) for one in row.candidates or ()),
                created_at=row.created_at,
            )
            for row in self._read(query)
        ]

    def settle_conflict(self, gallery_id: str, conflict_id: str, actor: Actor) -> bool:
        return self._hit(
            update(_CONFLICT)
            .where(
                _CONFLICT.c.gallery_id == gallery_id,
                _CONFLICT.c.id == conflict_id,
                _CONFLICT.c.settled_at.is_(None),
            )
            .values(settled_at=self._now, settled_by_id=actor.user_id, settled_by=actor.name)
        )


def _linked(gallery_id: str, tenant_id: str) -> ColumnElement[bool]:
    return and_(_LINK.c.gallery_id == gallery_id, _LINK.c.tenant_id == tenant_id)


# Made once: every batch of invoices asks.
_LINKS = (
    select(_LINK)
    .where(
        _LINK.c.gallery_id == bindparam("gallery"),
        _LINK.c.tenant_id == bindparam("tenant"),
        _LINK.c.local_id.in_(bindparam("ids", expanding=True)),
    )
)
