"""Who is who: linked when it is clear, created when nobody bears the name, else asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galleria_xero_plugin.domain.contact_fields import (
    contact_draft,
    contact_name,
    email_accepted,
    name_key,
    numbered_name,
)
from galleria_xero_plugin.domain.contacts import (
    ConflictFound,
    ContactIndex,
    Create,
    CreateContact,
    Link,
    Linked,
    LocalIndex,
    Skip,
    import_decision,
    match,
    stored_link,
)
from galleria_xero_plugin.domain.markers import contact_number, marker
from galleria_xero_plugin.domain.model import Address, Phones
from galleria_xero_plugin.domain.text import width
from tests.unit.domain.builders import contact, xero_contact

MARK = marker("g1", "contact", "1042")


def matched(who, *standing, linked=None, index=None):
    return match(who, marker=MARK, index=index or ContactIndex(standing), linked=linked or {})


def test_a_new_buyer_is_created():
    assert matched(contact()) == CreateContact("Ann Example")


def test_same_email_and_name_is_the_same_person_whatever_the_letters():
    found = matched(contact(email="ANN@example.com"), xero_contact("x1", "ann  EXAMPLE", "ann@Example.com"))
    assert found == Linked("x1", "email_and_name")


def test_same_name_and_another_email_is_asked():
    hold = matched(contact(), xero_contact(email="other@example.com"))
    assert hold.code == "contact_email_differs"
    assert hold.facts["xero_email"] == "other@example.com"


@pytest.mark.parametrize(("ours", "theirs"), [("", ""), ("ann@example.com", ""), ("", "ann@example.com")])
def test_the_only_contact_of_that_name_is_taken_unless_an_email_says_otherwise(ours, theirs):
    assert matched(contact(email=ours), xero_contact("x1", email=theirs)) == Linked("x1", "name")


def test_our_number_counts_more_than_any_name():
    ours = xero_contact("x9", "Married Name", number=contact_number(MARK))
    assert matched(contact(), xero_contact("x1", email="ann@example.com"), ours) == Linked("x9", "number")


def test_a_second_gallery_buyer_of_the_same_name_gets_a_name_of_his_own():
    found = matched(contact(email="second@example.com"), xero_contact("x1"), linked={"x1": "7"})
    assert found == CreateContact("Ann Example (1042)")


def test_the_same_person_twice_in_the_gallery_is_one_contact_in_xero():
    standing = xero_contact("x1", email="ann@example.com")
    assert matched(contact(), standing, linked={"x1": "7"}) == Linked("x1", "email_and_name")


def test_namesakes_in_one_batch_do_not_both_get_the_name():
    index = ContactIndex()
    index.reserve("Ann Example", contact("7", email="first@example.com"))
    assert matched(contact(), index=index) == CreateContact("Ann Example (1042)")
    index.reserve("Ann Example", contact("8"))
    assert matched(contact(), index=index).code == "waiting_for_contact"


def test_a_name_reserved_for_the_contact_itself_is_free_to_it():
    index = ContactIndex()
    index.reserve("Ann Example", contact())
    assert matched(contact(), index=index) == CreateContact("Ann Example")


def test_several_of_that_name_are_asked_about():
    standing = (xero_contact("x1"), xero_contact("x2", "ANN EXAMPLE"))
    assert matched(contact(), *standing).code == "contact_ambiguous"
    assert matched(contact(), *standing, linked={"x1": "7"}).code == "contact_ambiguous"


def test_when_the_numbered_name_is_taken_too_it_is_asked():
    standing = (xero_contact("x1"), xero_contact("x2", "Ann Example (1042)"))
    assert matched(contact(email=""), *standing, linked={"x1": "7"}).code == "contact_ambiguous"


@pytest.mark.parametrize("status", ["ARCHIVED", "GDPRREQUEST"])
def test_an_archived_contact_is_asked_about(status):
    assert matched(contact(), xero_contact(status=status)).code == "contact_archived"
    ours = xero_contact(status=status, name="Other", number=contact_number(MARK))
    assert matched(contact(), ours).code == "contact_archived"


def test_an_archived_namesake_beside_an_active_one_does_not_matter():
    assert matched(contact(), xero_contact("x0", status="ARCHIVED"), xero_contact("x1")) == Linked("x1", "name")


def test_an_archived_contact_of_another_buyer_leaves_the_name_free():
    found = matched(contact(), xero_contact("x0", status="ARCHIVED"), linked={"x0": "7"})
    assert found == CreateContact("Ann Example")


def test_a_merge_in_xero_is_followed():
    standing = (
        xero_contact("x0", status="ARCHIVED", merged_to="x1", number=contact_number(MARK)),
        xero_contact("x1", "Anne Example", status="ARCHIVED", merged_to="x2"),
        xero_contact("x2", "Anne Sample"),
    )
    assert matched(contact(), *standing) == Linked("x2", "number")
    assert matched(contact(), *standing[1:], xero_contact("x3", "Else")) == CreateContact("Ann Example")
    index = ContactIndex(standing)
    assert index.follow_merge("x0") == "x2"
    assert stored_link("x0", contact=contact(), index=index) == Linked("x2", "stored")


def test_the_name_of_a_merged_contact_leads_to_the_one_that_is_left():
    merged = xero_contact("x0", status="ARCHIVED", merged_to="x1")
    assert matched(contact(), merged, xero_contact("x1", "Anne Example")) == Linked("x1", "name")
    contradicted = xero_contact("x1", "Anne Example", "anne@elsewhere.example")
    assert matched(contact(), merged, contradicted).code == "contact_email_differs"


def test_merges_in_a_circle_end():
    index = ContactIndex([xero_contact("a", merged_to="b"), xero_contact("b", merged_to="a")])
    assert index.follow_merge("a") in {"a", "b"}


def test_a_stored_link_to_an_archived_contact_is_asked_about():
    index = ContactIndex([xero_contact("x1", status="ARCHIVED")])
    assert stored_link("x1", contact=contact(), index=index).code == "contact_archived"
    assert stored_link("unknown", contact=contact(), index=index) == Linked("unknown", "stored")


def test_a_contact_without_a_name_waits():
    assert matched(contact(first_name="<>", last_name=" ")).code == "contact_name_missing"


def test_a_company_with_a_person_is_the_company():
    assert contact_name(contact(company="Example Ltd")) == "Example Ltd"


def test_the_index_follows_a_contact_that_was_renamed():
    index = ContactIndex([xero_contact("x1")])
    index.add(xero_contact("x1", "Ann Newname"))
    assert matched(contact(), index=index) == CreateContact("Ann Example")
    assert matched(contact(last_name="Newname"), index=index) == Linked("x1", "name")


def test_many_buyers_of_one_name_each_get_a_contact():
    index, linked = ContactIndex(), {}
    for number in range(5):
        who = contact(str(number), email="")
        found = match(who, marker=marker("g1", "contact", who.id), index=index, linked=linked)
        index.add(xero_contact(f"x{number}", found.name))
        linked[f"x{number}"] = who.id
    assert len({index.get(xero_id).name for xero_id in linked}) == 5


# Fields of a new contact


def test_a_name_is_normalised_for_xero():
    assert contact_name(contact(first_name=" Ann\x00 <The> ", last_name=" Example")) == "Ann The Example"


@given(st.text(max_size=400), st.text(max_size=400), st.text(max_size=300))
def test_any_name_fits_xero_s_rules(first, last, local_id):
    name = contact_name(contact(first_name=first, last_name=last))
    for made in (name, numbered_name(name or "Ann", local_id)):
        assert width(made) <= 255
        assert "<" not in made and ">" not in made
        assert made == " ".join(made.split())
    assert name_key(name) == name_key(name.upper().lower()) or not name.isascii()


def test_billing_goes_to_pobox_and_shipping_to_street():
    who = contact(
        billing=Address(("1 High St", "", "2nd floor", "a", "b", "c"), "London", postal_code="N1", country="U.K. 1"),
        shipping=Address(city="Paris", country="Côte d'Ivoire"),
        phones=Phones("020 7946 0000", "", "x" * 80),
    )
    made = contact_draft(who, marker=MARK, name="Ann Example")
    billing, shipping = made.addresses
    assert (billing.kind, billing.lines) == ("POBOX", ("1 High St", "2nd floor", "a", "b, c"))
    assert (billing.city, billing.postal_code, billing.country) == ("London", "N1", "U K")
    assert (shipping.kind, shipping.city, shipping.country) == ("STREET", "Paris", "Côte d Ivoire")
    assert made.phones == {"DEFAULT": "020 7946 0000", "FAX": "x" * 50}
    assert made.number == contact_number(MARK)


def test_an_address_that_is_empty_is_left_out():
    assert contact_draft(contact(), marker=MARK, name="Ann").addresses == ()


@pytest.mark.parametrize(
    ("email", "accepted"),
    [
        ("ann@example.com", True),
        ("ann.b+tag@mail.example.co.uk", True),
        ("jürgen@example.com", False),
        ("ann@müller.example", False),
        ("ann@example", False),
        ("ann.@example.com", False),
        ("ann example@example.com", False),
        ("ann@example.com\n", False),
        ("a" * 250 + "@example.com", False),
        ("", False),
    ],
)
def test_an_email_that_xero_would_refuse_is_left_out(email, accepted):
    assert email_accepted(email) is accepted
    assert contact_draft(contact(email=email), marker=MARK, name="Ann").email in (email.strip(), "")


# Import


def decided(incoming, *local, linked=None):
    return import_decision(incoming, linked_local_id=linked, local=LocalIndex(local, gallery_id="g1"))


def test_a_linked_contact_is_filled():
    assert decided(xero_contact(), linked="5") == Link("5", "stored")


def test_a_customer_nobody_knows_is_created():
    assert decided(xero_contact(), contact(first_name="Bob", email="bob@example.com")) == Create()


@pytest.mark.parametrize("status", ["ARCHIVED", "GDPRREQUEST"])
def test_archived_contacts_are_not_imported(status):
    assert decided(xero_contact(status=status), linked="5") == Skip("archived")


def test_a_contact_without_a_name_is_not_imported():
    assert decided(xero_contact(name=" ")) == Skip("no_name")


def test_same_email_and_name_is_linked():
    other = contact("7", email="other@example.com")
    assert decided(xero_contact(email="Ann@example.com"), contact(), other) == Link("1042", "email_and_name")


@pytest.mark.parametrize("email", ["", "ann@example.com"])
def test_the_only_one_of_that_name_is_linked(email):
    assert decided(xero_contact(email=email), contact(email="")) == Link("1042", "name")


def test_same_name_and_another_email_is_a_conflict():
    found = decided(xero_contact(email="x@example.com"), contact())
    assert found == ConflictFound("email_differs", ("1042",))


def test_same_email_and_another_name_is_a_conflict():
    found = decided(xero_contact(name="Example Ltd", email="ann@example.com"), contact(), contact("7", "Al"))
    assert found == ConflictFound("name_differs", ("1042", "7"))


def test_several_of_that_name_are_a_conflict():
    found = decided(xero_contact(email="new@example.com"), contact("1"), contact("2", email=""))
    assert found == ConflictFound("several", ("1", "2"))
    twice = decided(xero_contact(email="ann@example.com"), contact("1"), contact("2"))
    assert twice == ConflictFound("several", ("1", "2"))


def test_a_contact_that_we_created_is_recognised_when_every_link_is_lost():
    ours = xero_contact(name="Ann Example (1042)", number=contact_number(MARK))
    assert decided(ours, contact()) == Link("1042", "number")
    foreign = xero_contact(name="Somebody", number=contact_number(marker("g2", "contact", "1042")))
    assert decided(foreign, contact()) == Create()


def test_a_contact_created_in_this_import_is_known_at_once():
    local = LocalIndex([contact()])
    local.add(contact("9", "Bob", "Buyer", "bob@example.com"))
    found = import_decision(xero_contact(name="Bob Buyer", email="bob@example.com"), linked_local_id=None, local=local)
    assert found == Link("9", "email_and_name")
