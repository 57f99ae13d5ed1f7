"""Two dealers with customers, sales and receipts of all sorts."""
from __future__ import annotations

import datetime as dt

from werkzeug.security import generate_password_hash

from .models import Customer, Dealer, Person, Receipt, Sale, SaleLine, db

PASSWORD = "druckgraphik"
FIRST_DAY = dt.date(2026, 1, 8)
NAMES = (("Anna", "Weiß", ""), ("Björn", "Lücke", ""), ("", "", "Galerie am Fluß GmbH"),
         ("Carla", "Dürr", "Dürr & Söhne"))
TITLES = (("Melancholie", "L. Brandt", 129_000), ("Hafen im Nebel", "E. Rosin", 45_050),
          ("Drei Krähen", "M. Ott", 8_333))
PLACES = (("Kantstraße 12", "10623", "Berlin"), ("Deichweg 3", "20459", "Hamburg"), ("Ringgasse 7", "04109", "Leipzig"))


def fill(sales: int = 24) -> None:
    """Everything a test needs; the first dealer's id is 1, the second's 2."""
    password = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1000")
    for dealer_id, (name, domain) in enumerate((("Kabinett Morgenstern", "morgenstern.example"),
                                                ("Graphik am Kanal", "kanal.example")), 1):
        db.session.add(Dealer(id=dealer_id, name=name, domain=domain, owner_email=f"inhaber@{domain}"))
        db.session.add_all(
            Person(dealer_id=dealer_id, name=f"{role} von {name}", email=f"{role}@{domain}", role=role,
                   password_hash=password) for role in ("owner", "staff", "guest"))
        db.session.flush()
        customers = [_customer(dealer_id, number) for number in range(8)]
        db.session.add_all(customers)
        db.session.add_all(_sale(dealer_id, customers, number) for number in range(1, sales + 1))
        db.session.flush()
    db.session.commit()


def _customer(dealer_id: int, number: int) -> Customer:
    first, last, firm = NAMES[number % len(NAMES)]
    if number >= len(NAMES):        # nobody of the same name twice
        last, firm = f"{last}-Nord" if last else "", f"{firm} Nord" if firm else ""
    street, postcode, town = PLACES[number % len(PLACES)]
    where = {"street": street, "postcode": postcode, "town": town, "country": "Deutschland"} if number % 4 else {}
    return Customer(dealer_id=dealer_id, first_name=first, last_name=last, firm=firm,
                    email=f"kunde{number}@haus{dealer_id}.example", phone=f"+49 30 555 {number:04}", **where)


def _sale(dealer_id: int, customers: list[Customer], number: int) -> Sale:
    day = FIRST_DAY + dt.timedelta(days=number * 3)
    free = number % 11 == 0
    title, artist, price = TITLES[number % len(TITLES)]
    lines = [SaleLine(title=title, artist=artist, stock_no=f"G-{number:04}", price=price, copies=1 + number % 3 // 2,
                      rebate=10 if number % 5 == 0 else 0, rate=None if free else "ermaessigt")]
    if number % 2:
        lines.append(SaleLine(kind="frame", title="Rahmen, Eiche", price=11_990, copies=1, rebate=0,
                              rate=None if free else "voll"))
    if number % 3 == 0:
        lines.append(SaleLine(kind="carriage", title="Versand", price=1_490, copies=1, rebate=0,
                              rate=None if free else "voll"))
    sale = Sale(
        dealer_id=dealer_id, customer=customers[number % len(customers)], bill_no=2_000 + number, sold_on=day,
        due_on=day + dt.timedelta(days=14), lines=lines, status={7: "void", 13: "offer"}.get(number, "billed"),
        removed=number == 17, note="Messe" if number % 6 == 0 else "",
        billed_at=dt.datetime.combine(day, dt.time(10), dt.UTC))
    _pay(sale, number)
    return sale


def _pay(sale: Sale, number: int) -> None:
    if sale.status != "billed" or sale.removed or number % 4 == 0:
        return
    total = sum(round(line.price * line.copies * (100 - line.rebate) / 100) for line in sale.lines)
    parts = [total // 2, total - total // 2] if number % 8 == 1 else [total // 3] if number % 8 == 2 else [total]
    for part in parts:
        sale.receipts.append(Receipt(amount=part, received_on=sale.sold_on + dt.timedelta(days=2),
                                     way="cash" if number % 9 == 0 else "transfer", reference=f"RE {number}"))
