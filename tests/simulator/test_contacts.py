"""Contacts (xero-facts.md §4.1)."""

from __future__ import annotations

import pytest

ZERO = "00000000-0000-0000-0000-000000000000"


def make(xero, name="Clara Vance", **members):
    return xero.put("Contacts", {"Name": name, **members}).json["Contacts"][0]


def test_a_new_contact_has_all_slots(xero):
    made = make(xero, Phones=[{"PhoneType": "MOBILE", "PhoneNumber": "07700 900001"}])
    phones = {slot["PhoneType"]: slot["PhoneNumber"] for slot in made["Phones"]}
    assert phones == {"DEFAULT": "", "DDI": "", "FAX": "", "MOBILE": "07700 900001"}
    assert [slot["AddressType"] for slot in made["Addresses"]] == ["STREET", "POBOX"]
    assert (made["IsCustomer"], made["IsSupplier"], made["ContactStatus"]) == (False, False, "ACTIVE")


def test_a_taken_name_gives_the_recorded_answer(xero):
    answer = xero.put("Contacts", {"Name": "ANNA fischer", "IsCustomer": True})
    element = answer.json["Elements"][0]
    assert answer.status == 400
    assert (element["ContactID"], element["HasValidationErrors"], element["IsCustomer"]) == (ZERO, True, True)
    assert "HasErrors" not in element
    assert answer.messages == [
        "The contact name ANNA fischer is already assigned to another contact. "
        "The contact name must be unique across all active contacts."
    ]


def test_the_name_of_an_archived_contact_is_free(xero):
    assert make(xero, "Old Customer")["ContactStatus"] == "ACTIVE"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "The Contact must contain at least 1 of the following elements to identify the contact: "
             "Name, ContactID, ContactNumber"),
        ({"Name": "x" * 256}, "The Name field must be no more than 255 characters long."),
        ({"Name": "<b>"}, "The contact name cannot contain the characters < or >."),
        ({"Name": "A", "EmailAddress": "nonsense"}, "Email address must be valid."),
        ({"Name": "A", "EmailAddress": "jürgen@example.de"}, "Email address must be valid."),
        ({"Name": "A", "ContactNumber": "CMT-01"},
         "Another contact has this contact number. Please enter a different contact number."),
        ({"Name": "A", "ContactNumber": "x" * 51},
         "The ContactNumber field must be no more than 50 characters long."),
        ({"Name": "A", "Addresses": [{"AddressType": "STREET", "Country": "N0rway"}]},
         "The Country field must contain only letters."),
        ({"Name": "A", "ContactPersons": [{"FirstName": "x"}] * 6},
         "A contact can have no more than 5 contact persons."),
    ],
)  # fmt: skip
def test_refusals(xero, members, message):
    answer = xero.put("Contacts", members)
    assert answer.status == 400 and answer.messages == [message]


def test_spaces_are_tidied_or_refused(xero, world):
    assert make(xero, "  Clara   Vance ")["Name"] == "Clara Vance"
    world.change_settings(contact_name_spaces_refused=True)
    assert xero.put("Contacts", {"Name": " Dora"}).status == 400


def test_an_update_keeps_what_it_does_not_name(xero):
    street = {"AddressType": "STREET", "AddressLine1": "1 Quay", "City": "Bristol"}
    made = make(xero, FirstName="Clara", Addresses=[street])
    changed = xero.post("Contacts", {"ContactID": made["ContactID"], "LastName": "Vance"}).json["Contacts"][0]
    assert (changed["FirstName"], changed["LastName"]) == ("Clara", "Vance")
    assert changed["Addresses"][0]["AddressLine1"] == "1 Quay"


def test_persons_left_out_are_deleted(xero):
    made = make(xero, ContactPersons=[{"FirstName": "A"}, {"FirstName": "B"}])
    changed = xero.post(f"Contacts/{made['ContactID']}", {"ContactPersons": [{"FirstName": "B"}]}).json["Contacts"][0]
    assert [person["FirstName"] for person in changed["ContactPersons"]] == ["B"]


def test_archiving_and_the_way_back_is_closed(xero):
    identity = xero.contact_id()
    archived = xero.post("Contacts", {"ContactID": identity, "ContactStatus": "ARCHIVED"})
    assert archived.json["Contacts"][0]["ContactStatus"] == "ARCHIVED"
    for status in ("ACTIVE", "ARCHIVED"):
        body = {"Contacts": [{"ContactID": identity, "ContactStatus": status}]}
        again = xero.post("Contacts", body, summarizeErrors="false").json["Contacts"][0]
        assert again["HasValidationErrors"] is True and again["ContactID"] == identity
        assert again["ValidationErrors"][0]["Message"] == (
            "The specified contact details matched an archived contact. "
            "Archived contacts cannot currently be edited via the API."
        )


def test_archived_contacts_are_listed_only_when_asked(xero):
    where = 'Name=="Old Customer"'
    assert xero.get("Contacts", where=where).json["Contacts"] == []
    assert len(xero.get("Contacts", where=where, includeArchived="true").json["Contacts"]) == 1


def test_an_unknown_id_refuses_the_whole_request(xero, world):
    body = {"Contacts": [{"Name": "New One"}, {"ContactID": "11111111-1111-4111-8111-111111111111"}]}
    assert xero.post("Contacts", body, summarizeErrors="false").status == 404
    assert world.effects.created("Contacts") == []


def test_find_by_contact_number(xero):
    assert xero.get("Contacts/CMT-01").json["Contacts"][0]["Name"] == "City Museum Trust"
    assert xero.get("Contacts/nope").status == 404


def test_search_term_and_summary(xero):
    names = [entry["Name"] for entry in xero.get("Contacts", searchTerm="fischer", page=1).json["Contacts"]]
    assert sorted(names) == ["A. Fischer", "Anna Fischer", "Anna Fischer (Hamburg)"]
    thin = xero.get("Contacts", summaryOnly="true").json
    assert "IsCustomer" not in thin["Contacts"][0] and thin["pagination"]["page"] == 1


def test_an_unpaged_list_drops_details(xero):
    assert "ContactPersons" not in xero.get("Contacts").json["Contacts"][0]
    assert "ContactPersons" in xero.get("Contacts", page=1).json["Contacts"][0]


def test_the_first_document_makes_a_customer(xero, clock):
    made = make(xero)
    before = made["UpdatedDateUTC"]
    clock.advance(60)
    xero.invoice(Contact={"ContactID": made["ContactID"]})
    shown = xero.get(f"Contacts/{made['ContactID']}").json["Contacts"][0]
    assert shown["IsCustomer"] is True and shown["UpdatedDateUTC"] == before
