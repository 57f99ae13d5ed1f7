"""The demo's two galleries: the same every time but for the dates, which end at the given day.

Totals are summed up as the gallery does it everywhere (`invoicing.sum_up`). What can never reach Xero by
itself is on purpose, and named in `EXPECTED_HELD`.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Sequence
from decimal import Decimal

from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from . import changes, seed_data
from .models import Artwork, Contact, Gallery, Method, Place, Tax, Theme, User, Website
from .seed_invoices import Maker

# Documents of gallery 1 that wait for a person, by invoice number, and why. The smoke compares with this.
EXPECTED_HELD = {
    1037: "given away: its total is zero, and Xero gets no invoices of nothing",
    1074: "its client John Smith has a namesake in Xero with another e-mail address: a person must say",
}
METHODS = (("Bank transfer", "bank_transfer"), ("Cash", "cash"), ("Card (Stripe)", "card"))


def fill(session: Session, today: dt.date) -> None:
    """Both galleries, in one transaction."""
    changes.watch(session)
    north_light(session, today)
    harbour(session, today)
    session.commit()


def gallery(
    session: Session, *, name: str, time_zone: str, locale: str, currency: str, site: str,
    taxes: Iterable[tuple[str, str]], users: Iterable[tuple[str, str, str]],
) -> Gallery:
    """A gallery with its people and its options."""
    made = Gallery(name=name, time_zone=time_zone, locale=locale, currency=currency, changes=0)
    session.add(made)
    session.flush()
    session.add(Website(gallery_id=made.id, name=site))
    for label, rate in taxes:
        session.add(Tax(gallery_id=made.id, name=label, rate=Decimal(rate)))
        session.flush()  # one by one: their order is that of their ids
    for label, kind in METHODS:
        session.add(Method(gallery_id=made.id, name=label, kind=kind))
        session.flush()
    for label in ("Standard", "Art fair"):
        session.add(Theme(gallery_id=made.id, name=label))
        session.flush()
    # Cheap on purpose: these passwords are printed on the console, and the demo shall start at once.
    hashed = generate_password_hash(seed_data.PASSWORD, method="pbkdf2:sha256:1000")
    for email, person, role in users:
        session.add(User(gallery_id=made.id, email=email, name=person, role=role, password_hash=hashed))
        session.flush()
    return made


def north_light(session: Session, today: dt.date) -> None:
    """Gallery 1: London, 120 invoices in the last fourteen months."""
    home = gallery(
        session, name="North Light Gallery", time_zone="Europe/London", locale="en-GB", currency="GBP",
        site="northlight.example", taxes=(("VAT 20%", "20"), ("Zero-rated export", "0")),
        users=seed_data.NORTH_LIGHT_USERS,
    )
    chance = random.Random("North Light")  # noqa: S311 - a seed, not a secret
    clients = contacts(session, home, seed_data.NORTH_LIGHT_CONTACTS)
    artists = [
        Contact(
            gallery_id=home.id, first_name=first, last_name=last, email=f"{first}@{last}.example".lower(),
            is_artist=True, groups=["Artists"], billing=Place(), shipping=Place(),
        )
        for first, last, _, _ in seed_data.ARTISTS
    ]
    session.add_all(artists)
    works = artworks(session, home, chance, 12, "NL")
    maker = Maker(session, home, chance, today, works)
    namesake = next(client for client in clients if (client.first_name, client.last_name) == ("John", "Smith"))
    others = [client for client in clients if client is not namesake]
    for index in range(120):
        number, days_ago = 1001 + index, 424 - index * 424 // 119
        date = today - dt.timedelta(days=days_ago)
        if number == 1037:
            maker.gift(number, date, others[index % len(others)])
        elif number == 1074:
            maker.sale(number, date, namesake)
        elif index % 13 == 5:
            maker.portal_fee(number, date, artists[index % len(artists)])
        elif number == 1052:
            maker.cancelled(number, date, others[7])
        elif number == 1090:
            maker.refunded_and_cancelled(number, date, others[9])
        elif number == 1120:
            maker.draft(number, date, others[11])
        else:
            maker.sale(number, date, chance.choice(others) if index >= len(others) else others[index])


def harbour(session: Session, today: dt.date) -> None:
    """Gallery 2: a small print shop in New York, somebody else's."""
    home = gallery(
        session, name="Harbour Street Prints", time_zone="America/New_York", locale="en-US", currency="USD",
        site="harbourprints.example", taxes=(("NYC sales tax 8.875%", "8.875"), ("Out of state", "0")),
        users=seed_data.HARBOUR_USERS,
    )
    chance = random.Random("Harbour Street")  # noqa: S311
    clients = contacts(session, home, seed_data.HARBOUR_CONTACTS)
    maker = Maker(session, home, chance, today, artworks(session, home, chance, 2, "HS"))
    for index in range(14):
        maker.sale(501 + index, today - dt.timedelta(days=200 - 15 * index), clients[index % len(clients)])


def contacts(session: Session, home: Gallery, people: Sequence[Sequence[str]]) -> list[Contact]:
    """The address book, in the order given."""
    made = []
    for number, (first, last, company, email, street, city, code, country, groups) in enumerate(people, 1):
        place = Place(street, city, "", code, country)
        made.append(
            Contact(
                gallery_id=home.id, first_name=first, last_name=last, company=company, email=email,
                phone=f"020 7946 {number:04}" if country == "United Kingdom" else "",
                groups=[group for group in groups.split(",") if group], billing=place,
                shipping=place if number % 3 == 0 else Place(),
            )
        )
    session.add_all(made)
    session.flush()
    return made


def artworks(session: Session, home: Gallery, chance: random.Random, each: int, letters: str) -> list[Artwork]:
    """Some works of every artist; etchings and prints come in editions."""
    made: list[Artwork] = []
    for first, last, medium, dearest in seed_data.ARTISTS:
        for _ in range(each):
            title = chance.choice(seed_data.TITLES).format(chance.choice(seed_data.NOUNS), chance.randint(2, 9))
            printed = "rint" in medium or medium == "Etching"
            made.append(
                Artwork(
                    gallery_id=home.id, inventory_id=f"{letters}-{len(made) + 1:04}", artists=[f"{first} {last}"],
                    title=title, year=str(chance.randint(2009, 2025)), medium=medium,
                    edition=f"{chance.randint(1, 25)}/25" if printed else "", dimensions=chance.choice(seed_data.SIZES),
                    price=Decimal(chance.randrange(dearest // 4, dearest, 5)),
                )
            )
    session.add_all(made)
    session.flush()
    return made

