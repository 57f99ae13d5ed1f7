"""The control endpoints, the books page and the deep links over HTTP."""

from __future__ import annotations

import re

import pytest
import requests

from galleria_xero_plugin.simulator import HARBOUR, NORTH_LIGHT

BOOKS = f"/_simulator/books/{NORTH_LIGHT}"


@pytest.fixture
def control(server):
    def call(method, path, body=None):
        return requests.request(method, server.url + path, json=body, timeout=10)

    return call


@pytest.fixture
def app(server):
    tokens = server.connect()

    def call(method, path, body=None):
        url = f"{server.url}/api.xro/2.0/{path}"
        return requests.request(method, url, json=body, headers=server.headers(tokens), timeout=10)

    return call


def test_overview(control):
    found = control("GET", "/_simulator").json()
    assert [entry["tenantId"] for entry in found["organisations"]] == [NORTH_LIGHT, HARBOUR]


def test_books_in_numbers(control, app, sale):
    made = app("PUT", "Invoices", sale(InvoiceNumber="GAL-1")).json()["Invoices"][0]
    paid = control("POST", f"{BOOKS}/payments", {"invoice": made["InvoiceID"], "amount": "20.00", "reference": "x"})
    assert paid.status_code == 200
    found = control("GET", BOOKS).json()
    assert found["invoices"]["ACCREC"] == {"AUTHORISED": 4, "PAID": 3}
    sums = found["totals"]["ACCREC"]["GBP"]
    assert sums == {name: value for name, value in sums.items() if re.fullmatch(r"-?\d+\.\d\d", value)}
    assert found["payments"] == 4 and found["duplicateNumbers"] == {}
    rows = control("GET", f"{BOOKS}/journal").json()
    assert sum(float(row["net"]) for row in rows) == pytest.approx(0)


def test_duplicates_are_seen(control, app, sale):
    made = app("PUT", "Invoices", sale()).json()["Invoices"][0]
    body = {"invoice": made["InvoiceID"], "amount": "20.00", "reference": "Twice"}
    for _ in range(2):
        control("POST", f"{BOOKS}/payments", body)
    assert control("GET", BOOKS).json()["duplicatePaymentReferences"] == {"twice": 2}


def test_effects_tell_requests_and_objects(control, app, sale):
    app("PUT", "Invoices", sale(InvoiceNumber="GAL-1"))
    app("GET", "Organisation")
    found = control("GET", "/_simulator/effects").json()
    assert found["counts"]["requests"] == {"PUT /api.xro/2.0/Invoices": 1, "GET /api.xro/2.0/Organisation": 1}
    first = found["requests"][0]
    assert (first["status"], first["tenant"], first["replayed"]) == (200, NORTH_LIGHT, False)
    made = next(entry for entry in found["objects"] if entry["kind"] == "Invoices")
    assert (made["action"], made["number"], made["request"]) == ("created", "GAL-1", first["number"])
    assert control("GET", f"/_simulator/effects?since={first['number'] + 1}").json()["objects"] == []
    assert control("DELETE", "/_simulator/effects").status_code == 204
    assert control("GET", "/_simulator/effects").json()["requests"] == []


def test_settings(control):
    assert control("POST", "/_simulator/settings", {"refresh_grace": False}).json()["refresh_grace"] is False
    for wrong in ({"nonsense": 1}, {"refresh_grace": 1}, {"day_limit": "x"}, {"time_scale": 0}, ["x"]):
        assert control("POST", "/_simulator/settings", wrong).status_code == 400


def test_faults(control, app):
    made = control("POST", "/_simulator/faults", {"kind": "503", "path": "/api.xro", "count": 2})
    assert made.status_code == 201 and made.json()["waiting"][0]["count"] == 2
    assert app("GET", "Organisation").status_code == 503
    assert control("DELETE", "/_simulator/faults").status_code == 204
    assert app("GET", "Organisation").status_code == 200
    assert control("POST", "/_simulator/faults", {"kind": "nonsense"}).status_code == 400


def test_disconnecting_and_expiring(control, app):
    assert control("POST", "/_simulator/tokens/expire").json() == {"expired": 1}
    assert app("GET", "Organisation").status_code == 401
    assert control("POST", "/_simulator/disconnect", {"tenant": NORTH_LIGHT}).json() == {"removed": 1}
    found = control("POST", "/_simulator/connect", {"tenants": [HARBOUR]}).json()
    assert found["access_token"]


def test_a_person_changes_the_books(control, app, sale):
    assert control("POST", f"{BOOKS}/lock-dates", {"period": "2026-10-31"}).status_code == 200
    assert app("PUT", "Invoices", sale(Date="2026-10-01")).status_code == 400
    control("POST", f"{BOOKS}/lock-dates", {"period": None})
    made = app("PUT", "Invoices", sale(Date="2026-10-01")).json()["Invoices"][0]
    control("POST", f"{BOOKS}/accounts/200", {"Status": "ARCHIVED"})
    assert "has been archived" in app("PUT", "Invoices", sale()).text
    voided = control("POST", f"{BOOKS}/invoices/{made['InvoiceID']}", {"Status": "VOIDED"})
    assert voided.json()["Status"] == "VOIDED"
    contact = f"{BOOKS}/contacts/{made['Contact']['ContactID']}"
    assert control("POST", contact, {"ContactStatus": "ARCHIVED"}).json()["ContactStatus"] == "ARCHIVED"
    assert control("POST", contact, {"ContactStatus": "ACTIVE"}).json()["ContactStatus"] == "ACTIVE"
    assert control("POST", f"{BOOKS}/accounts/nope", {"Status": "ARCHIVED"}).status_code == 404
    assert control("GET", "/_simulator/books/nonsense").status_code == 400


def test_many_contacts(control):
    assert control("POST", f"{BOOKS}/contacts", {"count": 2000}).json() == {"created": 2000}
    assert control("GET", BOOKS).json()["contacts"]["ACTIVE"] == 2026
    assert control("POST", f"{BOOKS}/contacts", {"count": -1}).status_code == 400


def test_reset(control, app, sale):
    app("PUT", "Invoices", sale())
    assert control("POST", "/_simulator/reset").status_code == 204
    assert control("GET", BOOKS).json()["invoices"]["ACCREC"] == {"AUTHORISED": 3, "PAID": 3}
    assert app("GET", "Organisation").status_code == 401


def test_deep_links_land_on_the_books(control, app, sale, server):
    made = app("PUT", "Invoices", sale(Reference="<script>alert(1)</script>")).json()["Invoices"][0]
    for path in (
        f"/app/!n0rth/invoicing/view/{made['InvoiceID']}",
        f"/app/%21n0rth/contacts/contact/{made['Contact']['ContactID']}",
        "/",
        f"/books/{NORTH_LIGHT}",
        f"/books/{NORTH_LIGHT}/contacts?page=99",
    ):
        page = requests.get(server.url + path, timeout=5)
        assert page.status_code == 200 and "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert "<script" not in page.text and "style=" not in page.text
    for path in ("/app/!n0rth/invoicing/view/x", "/app/!other/contacts/contact/x", "/books/x"):
        assert requests.get(server.url + path, timeout=5).status_code == 404


def test_the_button_disconnects(server, app):
    assert app("GET", "Organisation").status_code == 200
    page = requests.get(f"{server.url}/books/{NORTH_LIGHT}", timeout=5).text
    assert "Disconnect this app" in page
    after = requests.post(f"{server.url}/books/{NORTH_LIGHT}/disconnect", timeout=5)
    assert "No app is connected" in after.text
    assert app("GET", "Organisation").status_code == 403


def test_books_survive_every_kind_of_document(server, app, control, sale, line):
    made = app("PUT", "Invoices", sale(LineItems=[line(DiscountRate=10, Tracking=[]), {"Description": "note"}]))
    invoice = made.json()["Invoices"][0]
    note = app("PUT", "CreditNotes", sale(Type="ACCRECCREDIT")).json()["CreditNotes"][0]
    app(
        "PUT",
        f"CreditNotes/{note['CreditNoteID']}/Allocations",
        {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": 50},
    )
    for identity in (invoice["InvoiceID"], note["CreditNoteID"]):
        page = requests.get(f"{server.url}/app/!n0rth/invoicing/view/{identity}", timeout=5)
        assert page.status_code == 200 and "Credit applied" in page.text
    rows = control("GET", f"{BOOKS}/journal").json()
    assert sum(float(row["net"]) for row in rows) == pytest.approx(0)
