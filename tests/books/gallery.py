"""The gallery of the table: North Light with its tax options, payment methods, accounts and buyers.

Whoever reads the table needs to know what stands here, so every file says it at its top.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, delete

from galleria_xero_plugin.db.models import Base
from galleria_xero_plugin.domain.model import BrandingTheme, Contact, MethodKind, PaymentMethod, TaxOption
from galleria_xero_plugin.domain.settings import AccountMapping
from galleria_xero_plugin.services.document_rows import Links
from galleria_xero_plugin.services.queries import Queries
from galleria_xero_plugin.services.questions import Questions
from galleria_xero_plugin.services.redating import Redating
from galleria_xero_plugin.simulator import NORTH_LIGHT, Simulator
from galleria_xero_plugin.simulator.core import reference
from galleria_xero_plugin.simulator.core.reader import Reader
from galleria_xero_plugin.testing import FakeGallery, factories
from galleria_xero_plugin.xero import links
from tests.integration.export.office import START, Office, OwnTime

TAXES = {
    "VAT 20%": ("20", "OUTPUT2"),
    "VAT 5%": ("5", "RROUTPUT"),
    "Export 0%": ("0", "ZERORATEDOUTPUT"),
    "Exempt 0%": ("0", "EXEMPTOUTPUT"),
    "Fair in Berlin 19%": ("19", None),
}
METHODS = {
    "Bank transfer": (MethodKind.BANK_TRANSFER, "090"),
    "Cash": (MethodKind.CASH, "095"),
    "Card": (MethodKind.CARD, "640"),
    "PayPal": (MethodKind.WALLET, "092"),
    "Venmo": (MethodKind.WALLET, None),
    "Client's credit": (MethodKind.CREDIT, None),
    "Euro transfer": (MethodKind.BANK_TRANSFER, "096"),
}
THEMES = ("Standard", "Art fair")


class TableOffice(Office):
    """An `Office` that is made anew for every row on the same database and the same simulated Xero: what takes
    long, a server, tables and prepared statements, is there already."""

    def __init__(self, simulator: Simulator, engine: Engine) -> None:
        time = simulator.world.clock
        assert isinstance(time, OwnTime)
        time.at = START
        simulator.world.change_settings(sales_invoices_a_month=0, rounding="ROUND_HALF_UP")
        simulator.world.reset()
        _emptied(engine)
        self.bookkeeper = simulator.world.bookkeeper()
        self.org = simulator.world.organisations[NORTH_LIGHT]
        _add_accounts(simulator)
        self.bookkeeper.enable_currency("JPY", "190.5")
        self.bookkeeper.enable_currency("KWD", "0.3925")
        super().__init__(simulator, engine, gallery=_gallery())
        self.queries = Queries(self.units, self.gallery, self.bell, Links(links.invoice_link, links.contact_link))
        self.questions = Questions(self.units, self.runs)
        self.redating = Redating(self.units, self.runs)

    def mapping(self, **changes: Any) -> AccountMapping:
        themes = {theme["Name"]: theme["BrandingThemeID"] for theme in self.org.table("BrandingThemes").rows.values()}
        chosen = super().mapping(
            portal=self.account("205"),
            framing=self.account("210"),
            shipping=self.account("425"),
            banks={name: self.account(code) for name, (_, code) in METHODS.items() if code},
            tax_rates={name: tax_type for name, (_, tax_type) in TAXES.items() if tax_type},
            untaxed="ZERORATEDOUTPUT",
            branding_themes={name: themes[name] for name in THEMES},
        )
        return replace(chosen, **changes)

    def read_settings_of_xero(self) -> None:
        """What the nightly refresh does: the books' accounts, rates, currencies and lock dates are read anew."""
        self.reference_data = self.reference().refresh(self.connection.id)

    def contact_id(self, name: str) -> str:
        rows = self.org.table("Contacts").rows.values()
        return next(row["ContactID"] for row in rows if row["Name"] == name)

    def forget_key(self) -> None:
        """Of a document that is to be sent anew: idempotency keys live for some minutes."""
        self.simulator.world.keys.reset()


def buyer(id: str, name: str) -> Contact:
    """A person of the address book; a "(2)" behind the name tells two of one name apart."""
    plain = name.partition(" (")[0]
    first, _, last = plain.rpartition(" ")
    return factories.make_contact(id, first, last, email=f"{plain.replace(' ', '.')}@example.com".lower())


def _gallery() -> FakeGallery:
    gallery = FakeGallery()
    shelf = gallery.shelf()
    shelf.tax_options = [TaxOption(name, name, Decimal(rate)) for name, (rate, _) in TAXES.items()]
    shelf.payment_methods = [PaymentMethod(name, name, kind) for name, (kind, _) in METHODS.items()]
    shelf.branding_themes = [BrandingTheme(name, name) for name in THEMES]
    return gallery


def _emptied(engine: Engine) -> None:
    with engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(delete(table))


def _add_accounts(simulator: Simulator) -> None:
    till = {"Code": "095", "Name": "Till", "Type": "CURRENT", "EnablePaymentsToAccount": True}
    euros = {"Code": "096", "Name": "Euro Account", "Type": "BANK", "BankAccountNumber": "00-1"}
    with simulator.world.as_person(NORTH_LIGHT) as call:
        reference.save_account(call, Reader(till))
        call.put("Accounts", {**reference.save_account(call, Reader(euros)), "CurrencyCode": "EUR"})
