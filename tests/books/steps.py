"""What can happen in a row: in the gallery, at our pages, and in Xero itself by the bookkeeper's hand.

A step is a line such as `Payment of 1 | 5 Nov 2026 | 1,200.00 | Card | fee 29.30`. The first words say what, the
parts after it are in the order in which a person would say them; what begins with a word of `_LABELS` may stand
anywhere behind.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from galleria_xero_plugin.domain.accounting import InvoiceStatus
from galleria_xero_plugin.domain.model import Address, Contact, Invoice, Item, ItemKind, Phones, TaxMode
from galleria_xero_plugin.domain.settings import MissingRate
from galleria_xero_plugin.domain.states import DocumentKind, RunTrigger
from galleria_xero_plugin.simulator import NORTH_LIGHT
from galleria_xero_plugin.simulator.core import invoices as xero_invoices
from galleria_xero_plugin.simulator.core.reader import Reader
from galleria_xero_plugin.testing import factories

from tests.integration.export.office import OWNER

from .gallery import TableOffice, buyer
from .table import Step
from .words import day, moment, money

MODES = {"tax on top": TaxMode.EXCLUSIVE, "tax included": TaxMode.INCLUSIVE, "without tax": TaxMode.NONE}
STATUSES = {"Awaiting payment": InvoiceStatus.AUTHORISED, "Awaiting approval": InvoiceStatus.SUBMITTED,
            "Draft": InvoiceStatus.DRAFT}
_LABELS = ("total", "tax", "currency", "due", "reference", "theme", "consultant", "exhibition", "issued", "to", "date",
           "fee", "bank", "email", "company", "phone", "address")
A_PLACE = Address(city="London", postal_code="SE1 4ZZ", country="U.K.")
_PRICE = re.compile(r"([\d.,]+) x ([\d.,]+)")


@dataclass
class World:
    """One row under way. `cautions` is what the settings page said when somebody looked."""

    office: TableOffice
    contacts: dict[str, Contact] = field(default_factory=dict)
    settings_page: list[str] = field(default_factory=list)

    def do(self, step: Step) -> None:
        """Raises ValueError for a step that nobody knows."""
        text = step.parts[0]
        for pattern, action in _STEPS:
            found = re.fullmatch(pattern, text)
            if found:
                action(self, *found.groups(), step)
                return
        raise ValueError(f"nobody knows what to do with {' | '.join(step.parts)!r}")

    # -- the gallery

    def contact(self, name: str, step: Step) -> None:
        said = _labelled(step.parts[1:])
        changes: dict[str, Any] = {label: _long(value) for label, value in said.items()}
        if "phone" in changes:
            changes["phones"] = Phones(main=changes.pop("phone"))
        if "address" in changes:
            changes["billing"] = replace(A_PLACE, lines=tuple(changes.pop("address").split("; ")))
        self.contacts[name] = replace(self.known(name), **changes)

    def known(self, name: str) -> Contact:
        """Somebody of the address book, whose numbers there begin with 1001."""
        return self.contacts.setdefault(name, buyer(str(1001 + len(self.contacts)), name))

    def issue(self, number: str, step: Step) -> None:
        date, name, mode = step.parts[1:4]
        fields = {
            "number": int(number),
            "date": day(date),
            "contact": self.known(name),
            "tax_mode": MODES[mode],
            **self._fields(step.parts[4:]),
        }
        if step.lines:
            fields["items"] = list(_items(step.lines))
        if "issued" in fields:
            fields["issued_at"] = fields.pop("issued")
        self.office.gallery.add_invoice(**fields)

    def change(self, number: str, step: Step) -> None:
        fields = self._fields(step.parts[1:])
        if step.lines:
            fields["items"] = list(_items(step.lines))
        self.office.gallery.change_invoice(self._id(number), **fields)

    def _fields(self, parts: Iterable[str]) -> dict[str, Any]:
        said = _labelled(parts)
        fields: dict[str, Any] = {}
        for label, value in said.items():
            match label:
                case "total" | "tax":
                    fields["total" if label == "total" else "tax_total"] = money(value)
                case "currency":
                    code, _, rate = value.partition(" at ")
                    fields |= {"currency": code, "exchange_rate": money(rate) if rate else None}
                case "due" | "date":
                    fields["due_date" if label == "due" else "date"] = day(value)
                case "theme":
                    fields["branding_theme_id"] = value
                case "issued":
                    zone = self.office.gallery.info(self.office.gallery.gallery_id).time_zone
                    fields["issued"] = _instant(value, zone)
                case "to":
                    fields["contact"] = self.known(value)
                case "reference" | "consultant" | "exhibition":
                    fields[label] = value
                case _:
                    raise ValueError(f"an invoice has no {label}")
        return fields

    def pay(self, number: str, step: Step) -> None:
        date, amount, method = step.parts[1:4]
        said = _labelled(step.parts[4:])
        self.office.gallery.add_payment(
            self._id(number),
            money(amount),
            date=day(date),
            method_id=method,
            reference=said.get("reference", ""),
            fee=money(said["fee"]) if "fee" in said else None,
            bank_amount=money(said["bank"]) if "bank" in said else None,
        )

    def refund(self, number: str, step: Step) -> None:
        date, amount, method = step.parts[1:4]
        said = _labelled(step.parts[4:])
        bank_amount = money(said["bank"]) if "bank" in said else None
        self.office.gallery.add_refund(
            self._id(number), money(amount), date=day(date), method_id=method, bank_amount=bank_amount
        )

    def correct_payment(self, place: str, number: str, step: Step) -> None:
        payment = self._invoice(number).payments[int(place) - 1]
        self.office.gallery.change_payment(self._id(number), payment.id, amount=money(step.parts[1]))

    def remove_payment(self, place: str, number: str, step: Step) -> None:
        payment = self._invoice(number).payments[int(place) - 1]
        self.office.gallery.remove_payment(self._id(number), payment.id)

    def cancel(self, number: str, step: Step) -> None:
        self.office.gallery.cancel_invoice(self._id(number))

    def erase(self, number: str, step: Step) -> None:
        self.office.gallery.delete_invoice(self._id(number))

    def _id(self, number: str) -> str:
        return f"inv-{number}"

    def _invoice(self, number: str) -> Invoice:
        return self.office.gallery.invoices(self.office.gallery.gallery_id, [self._id(number)])[0]

    # -- our pages

    def sync(self, step: Step) -> None:
        self.office.press_sync(RunTrigger.PERSON)
        self.office.work()

    def later(self, amount: str, unit: str, step: Step) -> None:
        self.office.time.pass_by(**{f"{unit.removesuffix('s')}s": int(amount)})
        self.office.forget_key()

    def night(self, step: Step) -> None:
        """Xero's accounts, rates, currencies and lock dates are read anew."""
        self.office.time.pass_by(hours=24)
        self.office.read_settings_of_xero()

    def book_open(self, number: str, step: Step) -> None:
        self.office.redating.redate(self._owner(), self.office.webservice.id, self._row(number).id)
        self.office.work()

    def book_payment_open(self, place: str, number: str, step: Step) -> None:
        payment = self._invoice(number).payments[int(place) - 1]
        row = self.office.document(DocumentKind.PAYMENT, payment.id)
        self.office.redating.redate(self._owner(), self.office.webservice.id, row.id)
        self.office.work()

    def send_now(self, number: str, step: Step) -> None:
        self.office.runs.send_again(
            self.office.webservice.gallery_id, self.office.webservice.id, [self._row(number).id], OWNER
        )
        self.office.work()

    def choose(self, name: str, chosen: str, step: Step) -> None:
        row = self.office.document(DocumentKind.CONTACT, self.known(name).id)
        xero_id = self.office.contact_id(chosen)
        self.office.questions.is_this_one(self._owner(), self.office.webservice.id, row.id, xero_id)
        self.office.work()

    def look_at_settings(self, step: Step) -> None:
        page = self.office.queries.settings_page(self._owner(), self.office.webservice.id)
        self.settings_page = [f"{field} | {text}" for field, text in sorted({**page.missing, **page.cautions}.items())]

    def _owner(self) -> Any:
        return factories.make_access(self.office.gallery.gallery_id)

    def _row(self, number: str) -> Any:
        return self.office.document(DocumentKind.INVOICE, self._id(number))

    def setting(self, step: Step) -> None:
        name, value = step.parts[1:3]
        settings = self.office.webservice.settings
        mapping = settings.mapping
        kind, _, what = name.partition(" of ")
        shelf = self.office.gallery.shelf()
        if name == "Gallery's time zone":
            shelf.info = replace(shelf.info, time_zone=value)
            return
        if name == "Gallery's currency":
            shelf.info = replace(shelf.info, base_currency=value)
            return
        if kind == "Tax rate":
            rates = {key: found for key, found in mapping.tax_rates.items() if key != what}
            mapping = replace(mapping, tax_rates=rates if value == "none" else {**rates, what: self._tax_type(value)})
        elif kind == "Account":
            banks = {key: found for key, found in mapping.banks.items() if key != what}
            chosen = {} if value == "none" else {what: self.office.account(value.split()[0])}
            mapping = replace(mapping, banks=banks | chosen)
        elif kind == "Tracking":
            rows = self.office.org.table("TrackingCategories").rows.values()
            category = next(row["TrackingCategoryID"] for row in rows if row["Name"] == value)
            mapping = replace(mapping, tracking=mapping.tracking | {what: category})
        elif name == "Tax rate for invoices without tax":
            mapping = replace(mapping, untaxed=None if value == "none" else self._tax_type(value))
        changes: dict[str, Any] = {"mapping": mapping}
        match name:
            case "Sync From Date":
                changes["sync_from"] = day(value)
            case "Copy All Existing Invoices":
                changes["copy_existing"] = value == "on"
            case "Invoices arrive as":
                changes["invoice_status"] = STATUSES[value]
            case "Invoice Prefix":
                changes["prefix"] = value
            case "Without an exchange rate":
                changes["missing_rate"] = MissingRate.XERO if value == "Xero's rate of the day" else MissingRate.WAIT
        if changes == {"mapping": settings.mapping}:
            raise ValueError(f"there is no setting {name!r}")
        self.office.save(replace(settings, **changes))

    def _tax_type(self, name: str) -> str:
        return next(row["TaxType"] for row in self.office.org.table("TaxRates").rows.values() if row["Name"] == name)

    # -- the bookkeeper

    def by_hand(self, step: Step) -> None:
        text = step.parts[1]
        for pattern, action in _BY_HAND:
            found = re.fullmatch(pattern, text)
            if found:
                action(self, *found.groups())
                return
        raise ValueError(f"the bookkeeper does not know how to {text!r}")

    def pays(self, document: str, amount: str, account: str, date: str, reconciled: str | None) -> None:
        self.office.bookkeeper.pay(
            document, str(money(amount)), account, date=day(date).isoformat(), reconciled=bool(reconciled)
        )

    def enters(self, draft: str | None, number: str, name: str, amount: str) -> None:
        sent = {
            "Type": "ACCREC",
            "InvoiceNumber": number,
            "Contact": {"ContactID": self.office.contact_id(name)},
            "Status": "DRAFT" if draft else "AUTHORISED",
            "Date": "2026-11-02",
            "DueDate": "2026-11-30",
            "LineItems": [{"Description": "By hand", "Quantity": 1, "UnitAmount": str(money(amount)),
                           "AccountCode": "200"}],
        }
        with self.office.simulator.world.as_person(NORTH_LIGHT) as call:
            xero_invoices.save(call, Reader(sent))

    def reconciles(self, place: str, number: str) -> None:
        invoice = next(row for row in self.office.org.table("Invoices").rows.values() if row["InvoiceNumber"] == number)
        found = [row for row in self.office.org.table("Payments").rows.values()
                 if row.get("Invoice", {}).get("InvoiceID") == invoice["InvoiceID"]]
        self.office.bookkeeper.reconcile(found[int(place) - 1]["PaymentID"])

    def uses_credit(self, amount: str, credited: str, number: str) -> None:
        rows = self.office.org.table("CreditNotes").rows.values()
        note = next(row["CreditNoteNumber"] for row in rows if row["CreditNoteNumber"].startswith(f"{credited}-C"))
        self.office.bookkeeper.allocate(note, number, str(money(amount)))

    def adds_rate(self, name: str, percent: str) -> None:
        with self.office.simulator.world.as_person(NORTH_LIGHT) as call:
            home = call.org.table("TaxRates").rows["OUTPUT2"]
            rate = {"Name": name, "TaxType": "TAX009", "EffectiveRate": Decimal(percent),
                    "DisplayTaxRate": Decimal(percent)}
            call.org.put("TaxRates", {**home, **rate})
        self.office.read_settings_of_xero()

    def deregisters(self) -> None:
        with self.office.simulator.world.as_person(NORTH_LIGHT) as call:
            call.org.put("Organisations", {**call.org.about, "PaysTax": False})
        self.office.read_settings_of_xero()

    def plan(self, most: str) -> None:
        self.office.simulator.world.change_settings(sales_invoices_a_month=int(most))

    def rounds(self) -> None:
        self.office.simulator.world.change_settings(rounding="ROUND_HALF_DOWN")

    def locks(self, date: str) -> None:
        self.office.bookkeeper.lock(period=day(date).isoformat())

    def changes_amount(self, number: str, amount: str) -> None:
        invoice = next(row for row in self.office.org.table("Invoices").rows.values() if row["InvoiceNumber"] == number)
        first = invoice["LineItems"][0]
        line = {name: first[name] for name in ("LineItemID", "Description", "Quantity", "AccountCode", "TaxType")}
        self.office.bookkeeper.edit_invoice(number, LineItems=[{**line, "UnitAmount": str(money(amount))}])


def _items(lines: Iterable[tuple[str, ...]]) -> Iterable[Item]:
    place = 0
    for parts in lines:
        times = 1
        found = re.fullmatch(r"(\d+) times: (.+)", parts[0])
        if found:
            times, parts = int(found[1]), (found[2], *parts[1:])
        for _ in range(times):
            place += 1
            yield _item(place, parts)


def _item(place: int, parts: tuple[str, ...]) -> Item:
    kind, words, price, *rest = parts
    found = _PRICE.fullmatch(price)
    if not found:
        raise ValueError(f"{price!r} is no price such as 1 x 1,000.00")
    fields: dict[str, Any] = {"tax_option_id": None}
    for part in rest:
        if not part.startswith("less "):
            fields["tax_option_id"] = part
        elif part.endswith("%"):
            fields["discount_percent"] = money(part[5:-1])
        else:
            fields["discount_amount"] = money(part[5:])
    item_kind = ItemKind(kind)
    if item_kind is ItemKind.ARTWORK:
        artist, _, title = words.rpartition(": ")
        artists = tuple(artist.split(" & ")) if artist else ("Ines Calder",)
        fields["artwork"] = factories.make_artwork(f"NL-{place:04}", artists=artists, title=_long(title))
    else:
        fields["description"] = _long(words)
    return factories.make_item(str(place), money(found[2]), money(found[1]), item_kind, **fields)


def _long(text: str) -> str:
    """`abc (5,000 times)` is a long text."""
    found = re.fullmatch(r"(.+) \(([\d,]+) times\)", text)
    return (found[1] + " ") * int(money(found[2])) if found else text


def _labelled(parts: Iterable[str]) -> dict[str, str]:
    said = {}
    for part in parts:
        label, _, value = part.partition(" ")
        if label not in _LABELS:
            raise ValueError(f"what is {part!r}?")
        said[label] = value
    return said


def _instant(text: str, zone: str) -> dt.datetime | None:
    return None if text == "at a time that nobody knows" else moment(text).replace(tzinfo=ZoneInfo(zone))


_STEPS: tuple[tuple[str, Callable[..., None]], ...] = (
    (r"Contact (.+)", World.contact),
    (r"Invoice (\d+)", World.issue),
    (r"Change (\d+)", World.change),
    (r"Payment of (\d+)", World.pay),
    (r"Refund of (\d+)", World.refund),
    (r"Correct payment (\d+) of (\d+)", World.correct_payment),
    (r"Remove payment (\d+) of (\d+)", World.remove_payment),
    (r"Cancel (\d+)", World.cancel),
    (r"Erase (\d+)", World.erase),
    (r"Sync", World.sync),
    (r"(\d+) (hours?|minutes?|days?) later", World.later),
    (r"A night passes", World.night),
    (r"Book (\d+) on the first open day", World.book_open),
    (r"Book payment (\d+) of (\d+) on the first open day", World.book_payment_open),
    (r"Send (\d+) now", World.send_now),
    (r"Say that (.+) is (.+)", World.choose),
    (r"Look at the settings", World.look_at_settings),
    (r"Setting", World.setting),
    (r"Bookkeeper", World.by_hand),
)

_BY_HAND: tuple[tuple[str, Callable[..., Any]], ...] = (
    (r"pays (\S+) (\S+) into (\S+) on (.+?)( and reconciles it)?", World.pays),
    (r"enters (draft )?(\S+) for (.+) over (\S+)", World.enters),
    (r"writes (\S+) of (\S+) off", lambda w, amount, number: w.office.bookkeeper.write_off(number, money(amount))),
    (r"voids (\S+)|deletes (\S+)", lambda w, void, gone: w.office.bookkeeper.void(void or gone)),
    (r"uses (\S+) of the credit of (\S+) for (\S+)", World.uses_credit),
    (r"reconciles payment (\d+) of (\S+)", World.reconciles),
    (r"makes (\S+) cost (\S+)", World.changes_amount),
    (r"locks the books up to (.+)", World.locks),
    (r"sees Xero round half a cent down", World.rounds),
    (r"archives account (\S+)", lambda w, code: w.office.bookkeeper.archive_account(code)),
    (r"archives contact (.+)", lambda w, name: w.office.bookkeeper.archive_contact(name)),
    (r"merges (.+) into (.+)", lambda w, gone, kept: w.office.bookkeeper.merge_contacts(gone, kept)),
    (r"makes (\S+) ([\d.]+)%", lambda w, kind, rate: w.office.bookkeeper.change_tax_rate(kind, rate)),
    (r"adds the tax rate (.+) of ([\d.]+)%", World.adds_rate),
    (r"is not registered for tax", World.deregisters),
    (r"has a plan of (\d+) invoices a month", World.plan),
    (r"switches (\w+) off", lambda w, code: w.office.bookkeeper.disable_currency(code)),
    (r"deletes the theme (.+)", lambda w, name: w.office.bookkeeper.delete_theme(name)),
    (r"archives the option (.+) of (.+)", lambda w, option, name: w.office.bookkeeper.archive_tracking(name, option)),
)
