"""The dealer's books at the simulated Xero, and the way there by HTTP."""
import copy
import html
import re
from decimal import Decimal

import requests

from galleria_xero_plugin.simulator import NORTH_LIGHT
from tests.second_host.kit import forms
from tests.second_host.site import MOUNT

GERMAN_RATES = {"TAX019": ("19% (Umsatzsteuer)", 19), "TAX007": ("7% (Umsatzsteuer)", 7)}
MAPPING = {"tax:voll": "TAX019", "tax:ermaessigt": "TAX007", "tax:frei": "ZERORATEDOUTPUT",
           "untaxed": "ZERORATEDOUTPUT", "sync_from": "2026-01-01",
           "first_five_as_drafts": ""}


def add_german_rates(xero):
    """The tax rates that the dealer's accountant adds in Xero's settings."""
    org = xero.world.organisations[NORTH_LIGHT]
    with org.lock:
        model = org.get("TaxRates", "OUTPUT2")
        for tax_type, (name, percent) in GERMAN_RATES.items():
            rate = copy.deepcopy(model) | {"TaxType": tax_type, "Name": name, "DisplayTaxRate": Decimal(percent),
                                           "EffectiveRate": Decimal(percent)}
            rate["TaxComponents"][0]["Rate"] = Decimal(percent)
            org.put("TaxRates", rate)
        org.commit()


def keep_in_euros(xero):
    """The organisation's base currency and its bank accounts are euros."""
    org = xero.world.organisations[NORTH_LIGHT]
    with org.lock:
        org.put("Organisations", {**org.about, "BaseCurrency": "EUR"})
        for account in list(org.table("Accounts").rows.values()):
            if account["Type"] == "BANK":
                org.put("Accounts", {**account, "CurrencyCode": "EUR"})
        org.commit()


def connect(visitor):
    """The article's first steps: create, allow access at Xero, and back. Ends on the edit page."""
    visitor.open(f"{MOUNT}/new/xero")
    visitor.send("/new/xero", prefix="KM", copy_existing="y")
    visitor.follow()
    visitor.send("/connect")
    visitor.open(allow_at_xero(html.unescape(re.search(r'href="([^"]*/authorize[^"]*)"', visitor.text)[1])))
    visitor.follow()


def allow_at_xero(address):
    """Sign in at Xero and allow; the address that Xero sends the browser back to."""
    form = forms(requests.get(address, timeout=10).text)[0]
    answer = requests.post(requests.compat.urljoin(address, form.action), timeout=10, allow_redirects=False,
                           data={**form.values, "organisation": NORTH_LIGHT, "decision": "allow"})
    return answer.headers["Location"]


def summary(xero):
    """What stands in Xero, by its own count."""
    return requests.get(f"{xero.url}/_simulator/books/{NORTH_LIGHT}", timeout=10).json()
