"""Contacts and invoices that are in the books before any app connects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from . import invoices, payments
from .call import Call
from .organisation import Organisation
from .reader import Reader
from .settings import SimulatorSettings
from .wire import Request


@dataclass(frozen=True)
class Person:
    """A seeded contact: with sales invoices, bills, or nothing yet."""

    name: str
    email: str = ""
    first: str = ""
    last: str = ""
    city: str = ""
    sales: tuple[str, ...] = ()
    bills: tuple[str, ...] = ()
    number: str = ""
    archived: bool = False


def north_light_people() -> tuple[Person, ...]:
    """A gallery in the United Kingdom."""
    return (
        Person("Anna Fischer", "anna.fischer@example.com", "Anna", "Fischer", "London", ("480.00",)),
        Person("Anne Fisher", "anne.fisher@example.com", "Anne", "Fisher", "Leeds"),
        Person("A. Fischer", "studio@fischer.example", "A.", "Fischer"),
        Person("Anna Fischer (Hamburg)", "anna.fischer@example.com", "Anna", "Fischer", "Hamburg"),
        Person("Marlowe & Sons", "accounts@marlowe.example", city="Bristol", sales=("1250.00", "310.50")),
        Person("Marlowe and Sons Ltd", "office@marlowe.example", city="Bristol"),
        Person("Müller, Jürgen", "j.mueller@example.de", "Jürgen", "Müller", "München"),
        Person("Juergen Mueller", "j.mueller@example.de", "Juergen", "Mueller", "Munich"),
        Person("Sofia Álvarez", "sofia@example.es", "Sofia", "Álvarez", "Madrid"),
        Person("O'Neill Interiors", "hello@oneill.example", city="Dublin", sales=("2200.00",)),
        Person("Smith, John", "john.smith@example.com", "John", "Smith", "York"),
        Person("John Smith", "john.smith2@example.com", "John", "Smith", "Bath"),
        Person("J. Smith Collection", "collection@example.com", city="Bath", sales=("9800.00",)),
        Person("Priya Raman", "priya.raman@example.com", "Priya", "Raman", "Leicester"),
        Person("李 Wei", "li.wei@example.com", "Wei", "李"),
        Person("Elena Rossi", "elena.rossi@example.it", "Elena", "Rossi", "Torino"),
        Person("Hotel Meridian plc", "purchasing@meridian.example", city="London", sales=("6400.00",)),
        Person("City Museum Trust", "finance@museum.example", city="Manchester", number="CMT-01"),
        Person("Old Customer", "old@example.com", "Old", "Customer", archived=True),
        Person("Walk-in customer"),
        Person("Ada Marsh", "ada@marsh.example", "Ada", "Marsh", "St Ives", bills=("900.00",)),
        Person("Bruno Keller", "bruno@keller.example", "Bruno", "Keller", "Basel", bills=("1400.00",)),
        Person("Ines Okafor Studio", "studio@okafor.example", city="London"),
        Person("Fine Art Couriers", "billing@couriers.example", city="London", bills=("120.00", "86.40")),
        Person("Framers' Guild", "orders@framers.example", city="Sheffield", bills=("342.10",)),
        Person("Southbank Properties", "rent@southbank.example", city="London", bills=("3100.00",)),
        Person("Northern Power", "bills@power.example", bills=("212.35",)),
    )


def harbour_people() -> tuple[Person, ...]:
    """A print shop in the United States."""
    return (
        Person("Grace Liu", "grace.liu@example.com", "Grace", "Liu", "Boston", ("220.00",)),
        Person("Grace Lou", "grace.lou@example.com", "Grace", "Lou", "Salem"),
        Person("Dana Whitfield", "dana@example.com", "Dana", "Whitfield", "Portland", ("75.00", "140.00")),
        Person("Whitfield, Dana", "dana.w@example.com", "Dana", "Whitfield", "Portland"),
        Person("Harbor Hotel Group", "ap@harborhotel.example", city="Boston", sales=("3150.00",)),
        Person("Harbour Hotel", "desk@harbourhotel.example", city="Halifax"),
        Person("Miguel Santos", "miguel@example.com", "Miguel", "Santos", "Providence"),
        Person("Ruth Abrams", "ruth@example.com", "Ruth", "Abrams", "New York", ("410.00",)),
        Person("R. Abrams", "", "R.", "Abrams"),
        Person("Pier 9 Cafe", "orders@pier9.example", city="Boston", number="P9"),
        Person("Closed Account", "closed@example.com", archived=True),
        Person("Bay State Paper", "billing@baystatepaper.example", bills=("530.00", "265.00")),
        Person("Atlantic Shipping", "ap@atlantic.example", bills=("98.75",)),
        Person("Letterpress Supply Co", "sales@letterpress.example", bills=("1120.00",)),
        Person("Waterfront Realty", "rent@waterfront.example", bills=("2400.00",)),
    )


def write_people(org: Organisation, people: Iterable[Person], seeded: Callable[..., str], now: datetime) -> None:
    """Contacts, their documents, and a payment for every second sale."""
    start = datetime(2026, 2, 2, 10, 0, tzinfo=UTC)
    sale = 0
    for place, person in enumerate(people):
        moment = min(start + timedelta(days=3 * place), now)
        contact_id = seeded(org.tenant_id, "contact", person.name)
        org.put(
            "Contacts",
            {
                "ContactID": contact_id,
                "Name": person.name,
                "FirstName": person.first,
                "LastName": person.last,
                "EmailAddress": person.email,
                "ContactNumber": person.number,
                "ContactStatus": "ARCHIVED" if person.archived else "ACTIVE",
                "IsCustomer": False,
                "IsSupplier": False,
                "Addresses": {"STREET": {"City": person.city}} if person.city else {},
                "UpdatedDateUTC": moment,
            },
        )
        for amount in person.sales:
            sale += 1
            _document(org, "ACCREC", contact_id, f"OLD-{sale:04d}", amount, "200", moment)
            if sale % 2 == 0:
                _payment(org, f"OLD-{sale:04d}", moment)
        for count, amount in enumerate(person.bills, 1):
            number = f"BILL {place:02d}/{count}"
            _document(org, "ACCPAY", contact_id, number, amount, "429", moment)


def _call(org: Organisation, moment: datetime) -> Call:
    return Call(org, Request("PUT", "/"), SimulatorSettings(), "", "Xero", moment)


def _document(
    org: Organisation,
    kind: str,
    contact: str,
    number: str,
    amount: str,
    account: str,
    moment: datetime,
) -> None:
    day = moment.date()
    element = {
        "Type": kind,
        "Contact": {"ContactID": contact},
        "InvoiceNumber": number,
        "Date": day.isoformat(),
        "DueDate": (day + timedelta(days=30)).isoformat(),
        "Status": "AUTHORISED",
        "LineItems": [
            {
                "Description": "Work sold before the app was connected" if kind == "ACCREC" else "Services",
                "Quantity": 1,
                "UnitAmount": Decimal(amount),
                "AccountCode": account,
            }
        ],
    }
    invoices.save(_call(org, moment), Reader(element))


def _payment(org: Organisation, number: str, moment: datetime) -> None:
    invoice = org.table("Invoices").find("number", number.casefold())[0]
    element = {
        "Invoice": {"InvoiceID": invoice["InvoiceID"]},
        "Account": {"Code": "090"},
        "Amount": invoice["AmountDue"],
        "Date": moment.date().isoformat(),
        "Reference": f"Bank transfer {number}",
        "IsReconciled": True,
    }
    payments.save(_call(org, moment), Reader(element))
