"""A gallery in memory that remembers: the gallery port for tests, and a model of how to keep its promises.

::

    gallery = FakeGallery()                                # one gallery, "north-light"
    invoice = gallery.add_invoice(reference="Frieze")    # any field of `make_invoice`
    gallery.add_payment(invoice.id, 120)
    gallery.change_invoice(invoice.id, reference="PO 77")
    gallery.cancel_invoice(invoice.id)

Every change gives the invoice a new revision and moves it to the end of its gallery's change feed. With
several galleries, name the one you mean: `gallery.add_invoice(gallery_id="other")`. `failures` makes a call
raise, `calls` counts what was asked, `seen` lists what `payment_seen` was told, `now` tells when a change is made.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from ..domain.accounting import XeroAddress, XeroContact
from ..domain.model import (
    Access,
    Address,
    BrandingTheme,
    Contact,
    GalleryInfo,
    IndexEntry,
    Invoice,
    InvoiceState,
    Page,
    Payment,
    PaymentMethod,
    Phones,
    Refund,
    TaxOption,
)
from . import factories
from .arithmetic import totals

IN_INDEX = (InvoiceState.ISSUED, InvoiceState.CANCELLED)


class _Shelf:
    """What one gallery has. `invoices` is in the order of change: a changed one moves to the end."""

    def __init__(self, info: GalleryInfo) -> None:
        self.info = info
        self.tax_options: list[TaxOption] = list(factories.TAX_OPTIONS)
        self.payment_methods: list[PaymentMethod] = list(factories.PAYMENT_METHODS)
        self.branding_themes: list[BrandingTheme] = list(factories.BRANDING_THEMES)
        self.invoices: dict[str, tuple[int, Invoice]] = {}
        self.contacts: dict[str, Contact] = {}
        self.of_xero: dict[str, str] = {}  # a Xero contact's id -> the id of its contact here
        self.changes = 0


class FakeGallery:
    """Implements `ports.gallery.Gallery`. `signed_in` is what `access()` answers; None is an anonymous visitor."""

    def __init__(self, *infos: GalleryInfo, url: str = "https://gallery.example") -> None:
        self._shelves: dict[str, _Shelf] = {}
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._url = url
        for info in infos or (factories.make_gallery_info(),):
            self.add_gallery(info)
        self.gallery_id = next(iter(self._shelves))
        self.signed_in: Access | None = factories.make_access(self.gallery_id)
        self.failures: dict[str, Exception] = {}
        self.calls: Counter[str] = Counter()
        self.seen: list[tuple[str, str, Payment]] = []
        self.now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)

    # -- making it what a test needs

    def add_gallery(self, info: GalleryInfo) -> str:
        """Another gallery on the same site; returns its id."""
        self._shelves[info.id] = _Shelf(info)
        return info.id

    def shelf(self, gallery_id: str | None = None) -> _Shelf:
        """What a gallery has, to look at or to set `tax_options`, `payment_methods` and `branding_themes`."""
        return self._shelves[gallery_id or self.gallery_id]

    def add_contact(self, contact: Contact | None = None, *, gallery_id: str | None = None, **fields: Any) -> Contact:
        """Put a contact into the address book (again: replaces it). Without one, makes one of `fields`."""
        with self._lock:
            if contact is None:
                contact = factories.make_contact(**({"id": f"contact-{next(self._numbers)}"} | fields))
            self.shelf(gallery_id).contacts[contact.id] = contact
            return contact

    def add_invoice(self, invoice: Invoice | None = None, *, gallery_id: str | None = None, **fields: Any) -> Invoice:
        """Put an invoice in, with its contact. Without one, makes one of `fields` with the next number."""
        with self._lock:
            shelf = self.shelf(gallery_id)
            if invoice is None:
                fields.setdefault("number", 1 + max((i.number for _, i in shelf.invoices.values()), default=0))
                fields.setdefault("currency", shelf.info.base_currency)
                fields.setdefault("rates", {option.id: option.rate for option in shelf.tax_options})
                invoice = factories.make_invoice(**fields)
            shelf.contacts.setdefault(invoice.contact.id, invoice.contact)
            return self._put(shelf, invoice)

    def change_invoice(self, invoice_id: str, *, gallery_id: str | None = None, **fields: Any) -> Invoice:
        """Change fields; new `items` or `tax_mode` give new totals unless these are given too."""
        with self._lock:
            shelf = self.shelf(gallery_id)
            invoice = shelf.invoices[invoice_id][1]
            if {"items", "tax_mode"} & fields.keys():
                rates = {option.id: option.rate for option in shelf.tax_options}
                items, mode = fields.get("items", invoice.items), fields.get("tax_mode", invoice.tax_mode)
                total, tax_total = totals(items, mode, rates)
                fields = {"total": total, "tax_total": tax_total} | fields
            return self._put(shelf, dataclasses.replace(invoice, **fields))

    def cancel_invoice(self, invoice_id: str, *, gallery_id: str | None = None) -> Invoice:
        """The invoice is void in the gallery, and stays in its lists."""
        return self.change_invoice(invoice_id, gallery_id=gallery_id, state=InvoiceState.CANCELLED)

    def delete_invoice(self, invoice_id: str, *, gallery_id: str | None = None) -> Invoice:
        """The invoice is gone; the change feed keeps a tombstone."""
        return self.change_invoice(invoice_id, gallery_id=gallery_id, state=InvoiceState.DELETED)

    def add_payment(
        self, invoice_id: str, amount: Decimal | int | str, *, gallery_id: str | None = None, **fields: Any
    ) -> Payment:
        """Money arrives, by default on the invoice's date and by bank transfer."""
        with self._lock:
            invoice = self.shelf(gallery_id).invoices[invoice_id][1]
            values: dict[str, Any] = {"id": f"payment-{next(self._numbers)}", "date": invoice.date} | fields
            payment = factories.make_payment(amount=amount, **values)
            self.change_invoice(invoice_id, gallery_id=gallery_id, payments=(*invoice.payments, payment))
            return payment

    def change_payment(
        self, invoice_id: str, payment_id: str, *, gallery_id: str | None = None, **fields: Any
    ) -> Payment:
        """Correct a payment."""
        with self._lock:
            payments = self.shelf(gallery_id).invoices[invoice_id][1].payments
            changed = {p.id: dataclasses.replace(p, **fields) if p.id == payment_id else p for p in payments}
            self.change_invoice(invoice_id, gallery_id=gallery_id, payments=tuple(changed.values()))
            return changed[payment_id]

    def remove_payment(self, invoice_id: str, payment_id: str, *, gallery_id: str | None = None) -> None:
        """The payment was entered by mistake."""
        with self._lock:
            payments = self.shelf(gallery_id).invoices[invoice_id][1].payments
            left = tuple(p for p in payments if p.id != payment_id)
            self.change_invoice(invoice_id, gallery_id=gallery_id, payments=left)

    def add_refund(
        self, invoice_id: str, amount: Decimal | int | str, *, gallery_id: str | None = None, **fields: Any
    ) -> Refund:
        """Money is given back, by default on the invoice's date and by bank transfer."""
        with self._lock:
            invoice = self.shelf(gallery_id).invoices[invoice_id][1]
            values: dict[str, Any] = {"id": f"refund-{next(self._numbers)}", "date": invoice.date} | fields
            refund = factories.make_refund(amount=amount, **values)
            self.change_invoice(invoice_id, gallery_id=gallery_id, refunds=(*invoice.refunds, refund))
            return refund

    def _put(self, shelf: _Shelf, invoice: Invoice) -> Invoice:
        shelf.changes += 1
        known = shelf.invoices.pop(invoice.id, None)
        revision = known[1].revision + 1 if known else invoice.revision
        invoice = dataclasses.replace(invoice, revision=revision, changed_at=self.now())
        shelf.invoices[invoice.id] = shelf.changes, invoice
        return invoice

    # -- the port

    def _asked(self, call: str, gallery_id: str) -> _Shelf:
        self.calls[call] += 1
        if call in self.failures:
            raise self.failures[call]
        return self._shelves[gallery_id]

    def access(self) -> Access | None:
        return self.signed_in

    def info(self, gallery_id: str) -> GalleryInfo:
        return self._asked("info", gallery_id).info

    def tax_options(self, gallery_id: str) -> Sequence[TaxOption]:
        return tuple(self._asked("tax_options", gallery_id).tax_options)

    def payment_methods(self, gallery_id: str) -> Sequence[PaymentMethod]:
        return tuple(self._asked("payment_methods", gallery_id).payment_methods)

    def branding_themes(self, gallery_id: str) -> Sequence[BrandingTheme]:
        return tuple(self._asked("branding_themes", gallery_id).branding_themes)

    def invoices_changed(self, gallery_id: str, cursor: str | None, limit: int) -> Page[Invoice]:
        with self._lock:
            shelf, after = self._asked("invoices_changed", gallery_id), int(cursor or 0)
            behind = ((n, i) for n, i in shelf.invoices.values() if n > after and i.state is not InvoiceState.DRAFT)
            found = list(itertools.islice(behind, limit + 1))
            page = found[:limit]
            last = page[-1][0] if page else after
            return Page(tuple(invoice for _, invoice in page), str(last), len(found) > limit)

    def invoices(self, gallery_id: str, ids: Sequence[str]) -> Sequence[Invoice]:
        with self._lock:
            shelf = self._asked("invoices", gallery_id)
            return tuple(shelf.invoices[id][1] for id in dict.fromkeys(ids) if id in shelf.invoices)

    def invoice_index(
        self, gallery_id: str, since: dt.date | None, after: str | None, limit: int
    ) -> Sequence[IndexEntry]:
        with self._lock:
            shelf = self._asked("invoice_index", gallery_id)
            listed = (
                IndexEntry(i.id, i.number, i.revision, i.state, i.date, i.total, i.currency)
                for _, i in sorted(shelf.invoices.values(), key=lambda pair: pair[1].id)
                if i.state in IN_INDEX and (since is None or i.date >= since) and (after is None or i.id > after)
            )
            return tuple(itertools.islice(listed, limit))

    def contacts(self, gallery_id: str, after: str | None, limit: int) -> Sequence[Contact]:
        with self._lock:
            contacts = self._asked("contacts", gallery_id).contacts
            return tuple(contacts[id] for id in sorted(contacts) if after is None or id > after)[:limit]

    def apply_contact(self, gallery_id: str, xero_contact: XeroContact, local_id: str | None) -> str:
        with self._lock:
            shelf = self._asked("apply_contact", gallery_id)
            contact_id = shelf.of_xero.get(xero_contact.id) or local_id
            if contact_id is None:
                contact_id = f"contact-{next(self._numbers)}"
                shelf.contacts[contact_id] = Contact(contact_id)
            shelf.contacts[contact_id] = filled(shelf.contacts[contact_id], xero_contact)
            shelf.of_xero[xero_contact.id] = contact_id
            return contact_id

    def payment_seen(self, gallery_id: str, invoice_id: str, payment: Payment) -> None:
        self._asked("payment_seen", gallery_id)
        self.seen.append((gallery_id, invoice_id, payment))

    def invoice_url(self, gallery_id: str, invoice_id: str) -> str:
        return f"{self._url}/invoices/{invoice_id}"

    def contact_url(self, gallery_id: str, contact_id: str) -> str:
        return f"{self._url}/contacts/{contact_id}"


def filled(contact: Contact, xero: XeroContact) -> Contact:
    """The contact with its empty fields filled from Xero's, and nothing else changed.

    The three parts of a name are one field: a person is not made into a company because Xero has one.
    """
    found: dict[str, Any] = {}
    if not (contact.first_name or contact.last_name or contact.company):
        person = f"{xero.first_name} {xero.last_name}".strip()
        found = {"first_name": xero.first_name, "last_name": xero.last_name}
        found["company"] = "" if person == xero.name else xero.name
    found["email"] = contact.email or xero.email
    found["phones"] = Phones(
        main=contact.phones.main or xero.phones.get("DEFAULT", ""),
        mobile=contact.phones.mobile or xero.phones.get("MOBILE", ""),
        fax=contact.phones.fax or xero.phones.get("FAX", ""),
    )
    for field, kind in (("billing", "POBOX"), ("shipping", "STREET")):
        if getattr(contact, field) == Address():
            found[field] = next((_address(a) for a in xero.addresses if a.kind == kind), Address())
    return dataclasses.replace(contact, **found)


def _address(address: XeroAddress) -> Address:
    return Address(address.lines, address.city, address.region, address.postal_code, address.country)
