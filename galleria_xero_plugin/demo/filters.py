"""How the templates print money, days and instants."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, current_app
from flask_login import current_user

SIGNS = {"GBP": "£", "EUR": "€", "USD": "$"}


def money(amount: Decimal | None, currency: str) -> str:
    """An amount with its currency: £1,250.00."""
    if amount is None:
        return ""
    sign = SIGNS.get(currency, currency + "\N{NO-BREAK SPACE}")
    minus = "\N{MINUS SIGN}" if amount < 0 else ""
    return f"{minus}{sign}{abs(amount):,.2f}"


def plain(number: Decimal) -> str:
    """A quantity or percentage without needless zeros: 2, 12.5."""
    return f"{number:f}".rstrip("0").rstrip(".") if "." in f"{number:f}" else f"{number:f}"


def day(date: dt.date | None) -> str:
    """A calendar day: 2 Mar 2026."""
    return f"{date.day} {date:%b %Y}" if date else ""


def moment(instant: dt.datetime) -> str:
    """An instant on the gallery's clock."""
    zone = ZoneInfo(current_user.gallery.time_zone) if current_user.is_authenticated else dt.UTC
    local = instant.astimezone(zone)
    return f"{day(local.date())}, {local:%H:%M}"


def website_tabs() -> list[Any]:
    """What other parts of the site add to the page Websites."""
    return [tab() for tab in current_app.config["WEBSITE_TABS"]]


def xero_states(invoices: Iterable[Any]) -> Mapping[str, Any]:
    """What is known of these invoices of the signed-in person's gallery in Xero, by id as text."""
    ids = [str(invoice.id) for invoice in invoices]
    found: Mapping[str, Any] = current_app.config["INVOICE_STATES"](str(current_user.gallery_id), ids) if ids else {}
    return found


def register(app: Flask) -> None:
    """Make them known to the app's templates."""
    app.add_template_filter(money)
    app.add_template_filter(plain)
    app.add_template_filter(day)
    app.add_template_filter(moment)
    app.add_template_global(website_tabs)
    app.add_template_global(xero_states)
