"""What goes over the wire is what Xero's own SDK would have sent, and what comes back may be more than we know."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from galleria_xero_plugin.simulator.core.faults import Faults
from galleria_xero_plugin.simulator.core.wire import Request, Response, dump

from .audit import audit
from .sdk import differences
from .year import Year


@pytest.fixture
def year(tmp_path):
    with Year(tmp_path) as year:
        yield year


def test_every_request_is_one_that_the_official_sdk_could_have_sent(year):
    sent: Counter[str] = Counter()

    def read(request: Any) -> None:
        if request.body:
            assert differences(request.body) == []
            sent[f"{request.method} {next(iter(json.loads(request.body)))}"] += 1

    year.office.api.before = read
    year.exported(seed=3, count=150)
    assert sent.keys() >= {
        "PUT Contacts", "PUT Invoices", "PUT Payments", "POST Invoices", "POST Payments", "PUT CreditNotes",
        "PUT Allocations", "PUT HistoryRecords",
    }  # fmt: skip


def test_the_comparison_finds_what_is_wrong():
    """It can fail: a wrong type, an unknown member, an enum value that Xero does not have, a number too long."""
    line = {"Description": "Etching", "Quantity": 1, "UnitAmount": 2.5, "AccountCode": "200"}
    sound = {"Type": "ACCREC", "LineItems": [line], "Date": "2026-11-20", "LineAmountTypes": "Inclusive"}
    assert differences(_body(sound)) == []
    for wrong, error in (
        ({"LineAmountTypes": "Half"}, ValueError),
        ({"Type": "SALE"}, ValueError),
        ({"InvoiceNumber": "9" * 256}, ValueError),
        ({"Discount": 5}, KeyError),
        ({"LineItems": [line | {"Quantity": "1"}]}, AssertionError),
        ({"Date": "20 November"}, ValueError),
    ):
        with pytest.raises(error):
            differences(_body(sound | wrong))


class Wordy(Faults):
    """Xero as it may be next year: every object has members that nobody knows, and statuses have company."""

    grown = 0

    def on_wire(self, request: Request, response: Response) -> tuple[Response, float]:
        response, seconds = super().on_wire(request, response)
        if response.status == 200 and request.path.startswith("/api.xro"):
            self.grown += 1
            content = _grown(json.loads(response.body, parse_float=Decimal))
            response = replace(response, body=dump(content))
        return response, seconds


def test_members_and_values_that_xero_may_add_are_tolerated(year):
    """xero-facts §2: additions are not breaking changes to Xero."""
    world = year.office.simulator.world
    world.hook = world.faults = wordy = Wordy()
    sales = year.sell(Random(4), 60)
    year.office.reference().refresh(year.office.connection.id)
    year.office.sync()
    report = audit(year.office, sales)
    assert report.wrong == [] and report.waiting_sales == 0 and report.agreed > 50 and wordy.grown > 10


def _grown(value: Any) -> Any:
    if isinstance(value, list):
        return [_grown(one) for one in value]
    if not isinstance(value, dict):
        return value
    grown = {name: _grown(one) for name, one in value.items()}
    for name, add in _KINDS.items():
        if isinstance(grown.get(name), list) and grown[name]:
            grown[name].append(add(grown[name][0]))
    return grown | {"Sentiment": {"Score": 7, "Tags": ["new", None]}, "IsFavourite": True, "NewThing": None}


_KINDS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "Accounts": lambda account: account
    | {"AccountID": "6c1f0a52-0000-4000-8000-000000000001", "Code": "999", "Type": "CRYPTO", "Class": "DIGITAL",
       "Status": "FROZEN", "SystemAccount": "WALLET"},
    "TaxRates": lambda rate: rate | {"TaxType": "CARBON", "Name": "Carbon", "Status": "PROPOSED"},
    "BrandingThemes": lambda theme: theme | {"Type": "HOLOGRAM"},
}  # fmt: skip


def _body(invoice: dict[str, Any]) -> bytes:
    return json.dumps({"Invoices": [invoice]}).encode()
