"""Item 12: it prints, it keeps still where that is asked for, it keeps what was typed, it asks before it destroys."""

import datetime as dt
import re

from playwright.sync_api import expect


def test_a_form_keeps_what_was_typed_and_leads_to_the_mistake(place, nora):
    place.ready()
    nora.choose_from_menu("Edit")
    page = nora.page
    page.get_by_label("Admin Email").fill("nora@northlight.example")
    page.get_by_label("Invoice Prefix").fill("A,B")
    page.get_by_label("Enable Scheduled Sync").check()
    page.get_by_label("Sync From Date").fill("2026-05-01")
    nora.click("Update Webservice")
    nora.looks_at("Edit Xero")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Invoice Prefix")).to_have_attribute("aria-invalid", "true")
    for label, typed in (("Admin Email", "nora@northlight.example"), ("Invoice Prefix", "A,B"),
                         ("Sync From Date", "2026-05-01")):  # fmt: skip
        expect(page.get_by_label(label)).to_have_value(typed)
    expect(page.get_by_label("Enable Scheduled Sync")).to_be_checked()

    page.get_by_label("Invoice Prefix").fill("AB")
    nora.click("Update Webservice")
    nora.choose_from_menu("Edit")
    expect(page.get_by_label("Invoice Prefix")).to_have_value("AB")


def test_what_destroys_is_asked_about_first(place, nora):
    place.ready()
    place.sell("Wilhelmina Oakes")
    place.sync()
    for item, heading in (("Disconnect", "Disconnect"), ("Delete", "Delete")):
        nora.choose_from_menu(item)
        nora.looks_at(heading)
        nora.page.get_by_role("link", name=re.compile("Back|Cancel|Keep")).first.click()
        nora.open("/xero/")
        nora.sees("North Light Gallery")
    nora.choose_from_menu("Delete")
    nora.page.get_by_role("button", name=re.compile("Delete")).click()
    nora.sees("Your sales in your books, by themselves")
    nora.looks_at("Webservices")
    assert set(place.standing()) == {"AG-1"}, "what stands in Xero stays"


def test_paper_stillness_and_the_gallerys_own_ways_of_writing(place, nora):
    place.ready()
    place.sell("Wilhelmina Oakes", "1234.50", date=dt.date(2026, 11, 2))
    place.sync()
    page = nora.page
    page.emulate_media(reduced_motion="reduce")
    nora.open("activity")
    moving = "[...document.querySelectorAll('.gx, .gx *')].filter(one => getComputedStyle(one).animationName !== 'none' " \
             "|| parseFloat(getComputedStyle(one).transitionDuration) > 0).length"  # fmt: skip
    assert page.evaluate(moving) == 0
    nora.sees("2 Nov 2026")
    nora.sees("GBP 1,481.40")
    page.emulate_media(media="print")
    expect(page.get_by_role("rowheader", name="AG-1")).to_be_visible()
    expect(page.get_by_role("button", name="Show")).to_be_hidden()
    page.emulate_media(media="screen", forced_colors="active")
    nora.looks_at("Activity")
