"""What a person does in Xero itself, from the pages: the same rules as the API, in plain forms."""
import re

import pytest

from galleria_xero_plugin.simulator import HARBOUR, NORTH_LIGHT, create_app


class Person:
    """A browser without JavaScript on the simulator's pages: it sends what the page's own form holds."""

    def __init__(self, world, tenant=NORTH_LIGHT):
        self.client, self.base = create_app(world).test_client(), f"/books/{tenant}"

    def page(self, path):
        answer = self.client.get(path if path.startswith("/app") else self.base + path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def do(self, deed, **fields):
        return self.client.post(f"{self.base}/desk/{deed}", data=fields)


@pytest.fixture
def person(world):
    return Person(world)


def test_an_account_is_archived_and_restored(person, xero):
    page = person.page("/accounts")
    assert "Shipping Charged to Customers" in page and "20% (VAT on Income)" in page
    account = xero.account("425")["AccountID"]
    assert f'value="{account}"' in page
    assert person.do("account-status", of=account, to="ARCHIVED").location == "/books/" + NORTH_LIGHT + "/accounts"
    assert xero.account("425")["Status"] == "ARCHIVED"
    assert "Restore Shipping Charged to Customers" in person.page("/accounts")
    person.do("account-status", of=account, to="ACTIVE")
    assert xero.account("425")["Status"] == "ACTIVE"


def test_an_invoice_is_typed_in_paid_and_voided(person, xero):
    assert "Gallery Bank Account" not in person.page("/new-invoice")        # no sales on the bank
    made = person.do(
        "enter-invoice", contact="M. Osei", InvoiceNumber="INV-9001", Reference="502", Date="2026-10-02", DueDate="",
        LineAmountTypes="Inclusive", CurrencyCode="GBP", Status="AUTHORISED",
        description=["Etching", "Framing", ""], quantity=["1", "2", "1"], price=["120.00", "10.50", ""],
        account=["200", "210", "200"], tax=["", "ZERORATEDOUTPUT", ""],
    )  # fmt: skip
    assert made.status_code == 303
    page = person.page(made.location)
    assert "141.00 GBP" in page and "M. Osei" in page and "Take a payment" in page
    invoice = made.location.rsplit("/", 1)[1]
    person.do("pay", of=invoice, amount="141.00", account="090", date="2026-10-05", reference="by bank", reconciled="on")
    page = person.page(made.location)
    assert "by bank" in page and "(reconciled)" in page and ">Paid<" in page
    refused = person.do("void", of=invoice)
    assert refused.status_code == 400 and "payments or credit notes allocated" in refused.text
    payment = re.search(r'name="payment" value="([^"]+)"', page)[1]
    person.do("delete-payment", of=invoice, payment=payment)
    person.do("void", of=invoice)
    assert xero.get(f"Invoices/{invoice}").json["Invoices"][0]["Status"] == "VOIDED"


def test_a_number_in_use_is_refused_and_changes_nothing(person, xero, sale):
    there = xero.read(xero.invoice(InvoiceNumber="AG-1042"))
    refused = person.do("enter-invoice", contact="Anna Fischer", InvoiceNumber="AG-1042", description="x", quantity="1",
                        price="5", account="200", tax="")
    assert refused.status_code == 400 and "Nothing was changed" in refused.text
    assert xero.read(there) == there


def test_other_words_on_a_line_leave_its_money_alone(person, xero, line):
    made = xero.invoice(LineItems=[line(Description="Etching\nby Ada", UnitAmount="99.99", TaxAmount="19.99"), line()])
    page = person.page(f"/edit-invoice/{made['InvoiceID']}")
    first, second = (entry["LineItemID"] for entry in made["LineItems"])
    fields = {"of": made["InvoiceID"], "Date": "2026-11-20", "DueDate": "2026-12-20", "Reference": "",
              f"description-{first}": "Etching\r\nby A. Marsh", f"price-{first}": "99.99", f"account-{first}": "200",
              f"tax-{first}": "OUTPUT2", f"description-{second}": "Etching"}
    assert all(f'name="{name}"' in page for name in fields)
    assert person.do("edit-invoice", **fields).status_code == 303
    now = xero.read(made)
    assert now["LineItems"][0]["Description"] == "Etching\nby A. Marsh"
    assert (now["Total"], now["TotalTax"]) == (made["Total"], made["TotalTax"])
    before = now["UpdatedDateUTC"]
    fields[f"description-{first}"] = "Etching\r\nby A. Marsh"
    person.do("edit-invoice", **fields)
    assert xero.read(made)["UpdatedDateUTC"] == before      # saving the same again is no edit


def test_contacts_are_edited_merged_and_archived(person, xero):
    anna, anne = xero.contact_id("Anna Fischer"), xero.contact_id("Anne Fisher")
    assert "Anne Fisher" in person.page(f"/app/!n0rth/contacts/contact/{anna}")
    person.do("edit-contact", of=anne, name="Anne Fisher-Hall", email="anne@hall.example")
    assert xero.get(f"Contacts/{anne}").json["Contacts"][0]["Name"] == "Anne Fisher-Hall"
    person.do("merge", of=anne, into=anna)
    merged = xero.get(f"Contacts/{anne}").json["Contacts"][0]
    assert (merged["ContactStatus"], merged["MergedToContactID"]) == ("ARCHIVED", anna)
    assert "merged into" in person.page(f"/app/!n0rth/contacts/contact/{anne}")
    person.do("contact-status", of=anna, to="ARCHIVED")
    assert "Restore contact" in person.page(f"/app/!n0rth/contacts/contact/{anna}")


def test_taxes_currencies_and_lock_dates(person, world, xero, sale):
    org = world.organisations[NORTH_LIGHT]
    person.do("lock", period="2026-11-30", year_end="")
    assert 'value="2026-11-30"' in person.page("/settings")
    assert "lock" in xero.put("Invoices", sale()).messages[0]
    person.do("lock", period="", year_end="")
    assert xero.put("Invoices", sale()).status == 200
    person.do("tax-rate-status", of="RROUTPUT", to="ARCHIVED")
    person.do("disable-currency", of="EUR")
    page = person.page("/settings")
    assert "Restore 5% (VAT on Income)" in page and "Restore EUR" in page
    person.do("enable-currency", of="EUR")
    assert not org.get("Currencies", "EUR").get("_disabled")
    assert person.do("lock", period="tomorrow").status_code == 400


def test_a_form_of_another_site_keeps_no_books(person, world):
    account = next(iter(world.organisations[NORTH_LIGHT].table("Accounts").rows))
    for where in ("cross-site", "same-site"):
        answer = person.client.post(f"{person.base}/desk/account-status", data={"of": account, "to": "ARCHIVED"},
                                    headers={"Sec-Fetch-Site": where})
        assert answer.status_code == 403
    assert person.client.post(f"/books/{HARBOUR}/desk/account-status", data={"of": account, "to": "ARCHIVED"}
                              ).status_code == 400     # another organisation's account is not there
    assert person.do("dance").status_code == 404


def test_no_organisation_is_chosen_for_the_person(person, world):
    app = world.settings.apps[0]
    page = person.client.get("/identity/connect/authorize", query_string={
        "response_type": "code", "client_id": app.client_id, "redirect_uri": app.redirect_uris[0],
        "scope": "openid accounting.contacts offline_access"}).text
    assert "Harbour Street Prints" in page and " checked" not in page and " required" in page


def test_money_without_an_invoice_is_used_for_one(person, world, xero):
    made = xero.invoice()
    contact, path = made["Contact"]["ContactID"], f"/app/!n0rth/invoicing/view/{made['InvoiceID']}"
    assert "Use credit" not in person.page(path)
    person.do("receive", of=contact, kind="overpayment", amount="30.00", account="090")
    credit = re.search(r'<option value="([^"]+)"[^>]*>[^<]*30\.00', person.page(path))[1]
    person.do("allocate", of=made["InvoiceID"], credit=credit, amount="30")
    assert xero.read(made)["AmountDue"] == made["Total"] - 30
    allocation = re.search(r'name="allocation" value="([^"]+)"', person.page(path))[1]
    person.do("take-back", of=made["InvoiceID"], allocation=allocation)
    assert xero.read(made)["AmountDue"] == made["Total"]
    person.do("write-off", of=made["InvoiceID"])
    assert xero.read(made)["Status"] == "PAID"


def test_tracking_and_themes(person, xero):
    page = person.page("/settings")
    category = re.search(r'aria-label="Archive Exhibition"', page)
    assert category and "Delete Art fair" in page
    found = {row["Name"]: row for row in xero.get("TrackingCategories").json["TrackingCategories"]}
    theme = {row["Name"]: row for row in xero.get("BrandingThemes").json["BrandingThemes"]}["Art fair"]
    person.do("tracking", of=found["Artist"]["TrackingCategoryID"], option="Ada Marsh", to="ARCHIVED")
    person.do("tracking", of=found["Exhibition"]["TrackingCategoryID"], option="", to="ARCHIVED")
    person.do("delete-theme", of=theme["BrandingThemeID"])
    page = person.page("/settings")
    assert "Restore Ada Marsh" in page and "Restore Exhibition" in page and "Delete Art fair" not in page
