"""A gallery contact in Xero's fields and limits. Sources: `xero-facts.md` §4.1, `product.md` §5.3."""

from __future__ import annotations

import re

from .accounting import ContactDraft, XeroAddress
from .markers import contact_number
from .model import Address, Contact
from .text import clean, cut, width

NAME_LIMIT = 255
_TEXT_LIMIT = 255
_ADDRESS_LINE_LIMIT = 500
_ADDRESS_LINES = 4
_SHORT_LIMIT = 50
_ID_LIMIT = 100

# Narrower than what mail servers take: Xero refuses the whole contact for an address it does not like.
_WORD = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = re.compile(rf"{_WORD}(\.{_WORD})*@([A-Za-z0-9-]+\.)+[A-Za-z0-9-]+")


def contact_name(contact: Contact) -> str:
    """The name in Xero: the company, else "First Last"; empty when the contact has neither.

    Without control characters, angle brackets and double spaces, cut to 255 characters.
    """
    return _name(contact.company) or _name(f"{contact.first_name} {contact.last_name}")


def numbered_name(name: str, contact_id: str) -> str:
    """A name that is taken by somebody else, made this contact's own: "First Last (1042)"."""
    ending = f" ({cut(_name(contact_id), _ID_LIMIT)})"
    return cut(name, NAME_LIMIT - width(ending)) + ending


def name_key(name: str) -> str:
    """What makes two names the same: Xero's names are unique without regard to case."""
    return _name(name).casefold()


def email_key(email: str) -> str:
    """What makes two e-mail addresses the same; empty for none."""
    return email.strip().casefold()


def email_accepted(email: str) -> bool:
    """Whether Xero takes the address (no umlauts, at most 255 characters); another one is left out."""
    return len(email) <= _TEXT_LIMIT and _EMAIL.fullmatch(email) is not None


def contact_draft(contact: Contact, *, marker: str, name: str) -> ContactDraft:
    """The contact to create, under the `name` that `contacts.match` decided on. Billing goes to Xero's postal
    address (POBOX), shipping to its street address; an e-mail address that Xero would refuse is left out."""
    email = contact.email.strip()
    addresses = (_address("POBOX", contact.billing), _address("STREET", contact.shipping))
    phones = {
        "DEFAULT": contact.phones.main,
        "MOBILE": contact.phones.mobile,
        "FAX": contact.phones.fax,
    }
    return ContactDraft(
        number=contact_number(marker),
        name=name,
        first_name=cut(_name(contact.first_name), _TEXT_LIMIT),
        last_name=cut(_name(contact.last_name), _TEXT_LIMIT),
        email=email if email_accepted(email) else "",
        addresses=tuple(address for address in addresses if address is not None),
        phones={kind: cut(clean(number), _SHORT_LIMIT) for kind, number in phones.items() if clean(number)},
    )


def _name(text: str) -> str:
    return cut(clean(text.replace("<", " ").replace(">", " ")), NAME_LIMIT)


def _address(kind: str, address: Address) -> XeroAddress | None:
    lines = [line for line in map(clean, address.lines) if line]
    if len(lines) > _ADDRESS_LINES:
        # Xero has four lines: the rest of a longer address shares the last one.
        lines = [*lines[: _ADDRESS_LINES - 1], ", ".join(lines[_ADDRESS_LINES - 1 :])]
    made = XeroAddress(
        kind=kind,
        lines=tuple(cut(line, _ADDRESS_LINE_LIMIT) for line in lines),
        city=cut(clean(address.city), _TEXT_LIMIT),
        region=cut(clean(address.region), _TEXT_LIMIT),
        postal_code=cut(clean(address.postal_code), _SHORT_LIMIT),
        country=_country(address.country),
    )
    return None if made == XeroAddress(kind=kind) else made


def _country(country: str) -> str:
    """Xero takes letters only."""
    letters = "".join(char if char.isalpha() else " " for char in country)
    return cut(clean(letters), _SHORT_LIMIT)
