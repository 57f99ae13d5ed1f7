"""The gallery port: how the plugin reaches the host site's own data.

The host implements `Gallery`; `galleria_xero_plugin.testing.GalleryContract` tests an implementation.
All calls but `access` take a gallery id, also run in a worker process (inside an app context, without a
request), and return frozen values of `domain.model`. A job is one app context and may be long: an
implementation on `db.session` must not answer from rows that it read earlier (`populate_existing`, or a session
for each call). It may raise whatever it likes, for a gallery that no longer exists too: the plugin ends the run,
says so, and tries again with the next one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from ..domain.accounting import XeroContact
from ..domain.model import (
    Access,
    BrandingTheme,
    Contact,
    GalleryInfo,
    IndexEntry,
    Invoice,
    Page,
    Payment,
    PaymentMethod,
    TaxOption,
)


class Gallery(Protocol):
    """The host site's side. Every list is in a stable order, every id is a string that never changes."""

    def access(self) -> Access | None:
        """Who is asking in the current request, or None for an anonymous visitor.

        The gallery id comes from the signed-in session, never from the request's own parameters. Somebody
        who is signed in and belongs to no gallery gets an `Access` with neither right.
        """

    def info(self, gallery_id: str) -> GalleryInfo:
        """The gallery's name, time zone, locale, base currency, owner's e-mail and websites."""

    def tax_options(self, gallery_id: str) -> Sequence[TaxOption]:
        """Every tax option that an invoice of the gallery may carry."""

    def payment_methods(self, gallery_id: str) -> Sequence[PaymentMethod]:
        """Every payment method that a payment of the gallery may name."""

    def branding_themes(self, gallery_id: str) -> Sequence[BrandingTheme]:
        """The looks of the gallery's invoices; may be empty."""

    def invoices_changed(self, gallery_id: str, cursor: str | None, limit: int) -> Page[Invoice]:
        """Invoices issued, changed, cancelled or deleted since `cursor` (None: from the beginning).

        A change of its lines or payments is a change of the invoice and gives it a new revision; a change of the
        contact's own details is none.

        Whole: items, the complete list of payments, refunds and the contact, loaded without one query per
        invoice. In a stable order, so that giving `next_cursor` back goes on where the page ended. The same
        invoice may come twice; a change must never be missed. Drafts may be left out. A deleted invoice
        comes with state DELETED and whatever is still known of it. At most `limit` items; `next_cursor` is
        never empty and stays valid for ever (it is kept between runs); an empty page repeats the cursor.
        """

    def invoices(self, gallery_id: str, ids: Sequence[str]) -> Sequence[Invoice]:
        """The invoices of these ids, whole, in any order; ids unknown in this gallery are left out."""

    def invoice_index(
        self, gallery_id: str, since: dt.date | None, after: str | None, limit: int
    ) -> Sequence[IndexEntry]:
        """Issued and cancelled invoices dated on or after `since`, in the order of their id as the gallery
        sorts it, beginning behind the id `after`; fewer than `limit` means the end."""

    def contacts(self, gallery_id: str, after: str | None, limit: int) -> Sequence[Contact]:
        """The address book in a stable order, beginning behind the id `after`; fewer than `limit`: the end."""

    def apply_contact(self, gallery_id: str, xero_contact: XeroContact, local_id: str | None) -> str:
        """Bring a contact of Xero into the gallery and return the gallery contact's id.

        With `local_id` (always an id that the gallery gave us): fill that contact's *empty* fields only.
        Without: create one, in no mailing group; a `name` with first and last name is a person, any other a
        company. Either way remember `xero_contact.id` with the contact, and commit, in a session of its own:
        called again (the worker may die right after the commit) it returns the same id and creates nothing.
        """

    def payment_seen(self, gallery_id: str, invoice_id: str, payment: Payment) -> None:
        """Optional: a payment was recorded in Xero. Hosts that do not want it do nothing."""

    def invoice_url(self, gallery_id: str, invoice_id: str) -> str:
        """The absolute address of the invoice on the host site, also without a request (in a worker)."""

    def contact_url(self, gallery_id: str, contact_id: str) -> str:
        """The absolute address of the contact on the host site, also without a request."""
