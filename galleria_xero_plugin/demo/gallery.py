"""The gallery port as this site implements it: the file that a host's developer writes.

It uses only public names of the plugin, and sessions of its own: the plugin calls it from a worker too,
where nobody else looks after `db.session`, and `apply_contact` must commit nothing but itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import current_app
from flask_login import current_user, login_fresh
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.sql import Select

from galleria_xero_plugin import (
    Access,
    BrandingTheme,
    Contact,
    GalleryInfo,
    IndexEntry,
    Invoice,
    InvoiceState,
    MethodKind,
    Page,
    Payment,
    PaymentMethod,
    TaxOption,
    XeroContact,
)

from . import convert, importing, models

LARGEST_ID = 2**31 - 1
ID_BATCH = 500  # SQLite takes some thousand parameters in one statement


def number(text: str | None) -> int | None:
    """A database id from the text the plugin keeps; None for anything that cannot be one of ours."""
    if not text or len(text) > 10 or not (text.isascii() and text.isdecimal()) or str(int(text)) != text:
        return None
    return int(text) if int(text) <= LARGEST_ID else None


class DemoGallery:
    """Implements `galleria_xero_plugin.Gallery` on the site's tables. Ids are the rows' ids as text."""

    def __init__(self, db: SQLAlchemy) -> None:
        self._db = db

    def _session(self) -> Session:
        return Session(self._db.engine, expire_on_commit=False)

    # -- who and what

    def access(self) -> Access | None:
        if not current_user.is_authenticated:
            return None
        return Access(
            gallery_id=str(current_user.gallery_id), user_id=str(current_user.id), user_name=current_user.name,
            may_view=current_user.role in ("owner", "bookkeeper"), may_change=current_user.role == "owner",
            fresh_login=login_fresh(),
        )  # fmt: skip

    def info(self, gallery_id: str) -> GalleryInfo:
        with self._session() as session:
            gallery = session.get(models.Gallery, number(gallery_id) or 0)
            if gallery is None:
                raise LookupError(f"there is no gallery {gallery_id!r}")
            owners = select(models.User.email).filter_by(gallery_id=gallery.id, role="owner").order_by("id")
            sites = select(models.Website.name).filter_by(gallery_id=gallery.id).order_by("id")
            return GalleryInfo(
                id=gallery_id, name=gallery.name, time_zone=gallery.time_zone, locale=gallery.locale,
                base_currency=gallery.currency, owner_email=session.scalars(owners).first() or "",
                websites=tuple(session.scalars(sites)),
            )  # fmt: skip

    def tax_options(self, gallery_id: str) -> Sequence[TaxOption]:
        return [TaxOption(str(row.id), row.name, row.rate) for row in self._options(models.Tax, gallery_id)]

    def payment_methods(self, gallery_id: str) -> Sequence[PaymentMethod]:
        rows = self._options(models.Method, gallery_id)
        return [PaymentMethod(str(row.id), row.name, MethodKind(row.kind)) for row in rows]

    def branding_themes(self, gallery_id: str) -> Sequence[BrandingTheme]:
        return [BrandingTheme(str(row.id), row.name) for row in self._options(models.Theme, gallery_id)]

    def _options(self, kind: Any, gallery_id: str) -> Sequence[Any]:
        with self._session() as session:
            return session.scalars(select(kind).filter_by(gallery_id=number(gallery_id)).order_by(kind.id)).all()

    # -- invoices

    def invoices_changed(self, gallery_id: str, cursor: str | None, limit: int) -> Page[Invoice]:
        """In the order of their change numbers, which are also the cursor (`changes` says why none is missed).

        What was never issued is left out: drafts, and drafts that were deleted.
        """
        after = int(cursor or 0)
        query = (
            whole(number(gallery_id)).where(models.Invoice.change > after, models.Invoice.issued_at.is_not(None))
            .order_by(models.Invoice.change).limit(limit + 1)
        )  # fmt: skip
        with self._session() as session:
            rows = session.scalars(query).all()
            page = tuple(convert.invoice(row) for row in rows[:limit])
        return Page(page, str(page[-1].revision if page else after), len(rows) > limit)

    def invoices(self, gallery_id: str, ids: Sequence[str]) -> Sequence[Invoice]:
        wanted = [id for id in dict.fromkeys(map(number, ids)) if id is not None]
        found: list[Invoice] = []
        for start in range(0, len(wanted), ID_BATCH):
            query = whole(number(gallery_id)).where(models.Invoice.id.in_(wanted[start : start + ID_BATCH]))
            with self._session() as session:
                found += (convert.invoice(row) for row in session.scalars(query))
        return found

    def invoice_index(
        self, gallery_id: str, since: dt.date | None, after: str | None, limit: int
    ) -> Sequence[IndexEntry]:
        """Columns only: no line, payment or contact is read."""
        row = models.Invoice
        query = (
            select(row.id, row.number, row.change, row.state, row.date, row.total, row.currency)
            .where(row.gallery_id == number(gallery_id), row.state.in_(("issued", "cancelled")))
            .where(row.id > (number(after) or 0)).order_by(row.id).limit(limit)
        )  # fmt: skip
        if since is not None:
            query = query.where(row.date >= since)
        with self._session() as session:
            return [
                IndexEntry(str(id), no, change, InvoiceState(state), date, total, currency)
                for id, no, change, state, date, total, currency in session.execute(query)
            ]

    # -- contacts

    def contacts(self, gallery_id: str, after: str | None, limit: int) -> Sequence[Contact]:
        row = models.Contact
        query = select(row).where(row.gallery_id == number(gallery_id), row.id > (number(after) or 0))
        with self._session() as session:
            return [convert.contact(found) for found in session.scalars(query.order_by(row.id).limit(limit))]

    def apply_contact(self, gallery_id: str, xero_contact: XeroContact, local_id: str | None) -> str:
        gallery, local = number(gallery_id), number(local_id)
        if gallery is None or (local_id is not None and local is None):
            raise LookupError("no such gallery or contact")
        return str(importing.apply(self._session, gallery, xero_contact, local))

    def payment_seen(self, gallery_id: str, invoice_id: str, payment: Payment) -> None:
        """This site enters its payments itself, so it does not want to know."""

    # -- links back; a worker has no request to take the address from

    def invoice_url(self, gallery_id: str, invoice_id: str) -> str:
        return f"{current_app.config['DEMO_URL']}/invoices/{number(invoice_id) or 0}"

    def contact_url(self, gallery_id: str, contact_id: str) -> str:
        return f"{current_app.config['DEMO_URL']}/contacts/{number(contact_id) or 0}"


def whole(gallery_id: int | None) -> Select[Any]:
    """Invoices with all that belongs to them: a handful of queries for a page, however long it is."""
    row = models.Invoice
    return select(row).where(row.gallery_id == gallery_id).options(
        selectinload(row.contact), selectinload(row.payments), selectinload(row.refunds),
        selectinload(row.items).selectinload(models.Item.artwork),
    )  # fmt: skip
