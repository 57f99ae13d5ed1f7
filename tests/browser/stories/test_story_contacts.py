"""Item 11: who is who, side by side; and a merge in Xero is followed by itself."""

import datetime as dt
from decimal import Decimal

from playwright.sync_api import expect

from galleria_xero_plugin.testing import factories


def question(nora, name):
    card = nora.page.get_by_role("listitem").filter(has=nora.page.get_by_role("heading", level=2))
    return card.filter(has_text=name)


def test_namesakes_are_looked_at_side_by_side_and_linked_or_kept_apart(place, nora):
    place.ready()
    hotel = factories.make_contact("c-hotel", "", "", company="Hotel Meridian plc", email="art@meridian.example")
    place.gallery.add_contact(hotel)
    place.gallery.add_contact(
        factories.make_contact("c-smith", "", "", company="J. Smith Collection", email="jane@smith.example")
    )
    nora.choose_from_menu("Import contacts")
    nora.sees("Finished")
    place.worker.until_quiet()
    known = len(place.gallery.contacts("north-light", None, 1000))

    nora.page.reload()
    nora.click("Show the questions", "link")
    nora.looks_at("Questions about contacts")
    card = question(nora, "Hotel Meridian plc")
    for side, address in (("In Xero", "purchasing@meridian.example"), ("In your gallery", "art@meridian.example")):
        expect(card.get_by_role("heading", name=side)).to_be_visible()
        expect(card.get_by_text(address)).to_be_visible()
    card.get_by_role("button", name="It is this one").click()
    expect(question(nora, "Hotel Meridian plc")).to_have_count(0)
    question(nora, "J. Smith Collection").get_by_role("button", name="Keep both, and stop asking").click()
    nora.sees("No open questions.")
    nora.looks_at("Questions about contacts")

    # The linked one's next invoice goes to that very contact, and nobody was made twice
    place.sell(contact=hotel)
    nora.choose_from_menu("Sync now")
    nora.sees("1 invoice sent")
    place.worker.until_quiet()
    named = [row for row in place.rows("Contacts") if row["Name"] == "Hotel Meridian plc"]
    assert [row["ContactID"] for row in named] == [place.invoices()["AG-1"]["Contact"]["ContactID"]]
    assert len(place.gallery.contacts("north-light", None, 1000)) == known


def test_a_merge_in_xero_is_followed_by_itself(place, nora):
    place.ready()
    place.sell("Hugo Penhale", 100)
    place.sync()
    place.bookkeeper.merge_contacts("Hugo Penhale", "Priya Raman")
    place.sell("Hugo Penhale", 200)

    # Too fresh to be known: the sale waits, by name, and the next look at Xero's contacts settles it
    nora.choose_from_menu("Sync now")
    nora.sees("Finished")
    nora.click("Show what waits", "link")
    nora.sees("Hugo Penhale is archived in Xero")
    nora.looks_at("Activity")
    place.time.move_to(place.time.now() + dt.timedelta(minutes=20))
    nora.choose_from_menu("Sync now")
    place.worker.until_quiet()
    priya = next(row["ContactID"] for row in place.rows("Contacts") if row["Name"] == "Priya Raman")
    assert {row["Contact"]["ContactID"] for row in place.invoices().values()} == {priya}
    assert place.standing()["AG-2"] == ("AUTHORISED", Decimal(240))
    nora.open("contacts")
    nora.sees("No open questions.")
