"""Item 10: a mail comes when a person is needed, and its link opens the page where it is settled."""

import datetime as dt
import re

from galleria_xero_plugin.simulator import NORTH_LIGHT

EIGHT = dt.datetime(2026, 11, 24, 8, 5, tzinfo=dt.UTC)
"""The next morning, in the gallery's own time zone."""


def links(mail):
    return re.findall(r"https?://\S+", mail.text)


def test_the_morning_mail_tells_each_reader_their_own_and_leads_there(place, nora):
    place.ready(bookkeeper_emails=("bo@ledgers.example",))
    place.sweep()  # this morning there was nothing to tell
    place.sell("Wilhelmina Oakes", 100, currency="EUR")
    place.sell("Hugo Penhale", 250)
    place.bookkeeper.lock(period="2026-11-10")
    place.sync()
    place.sweep()
    place.time.move_to(EIGHT - dt.timedelta(minutes=10))
    place.sweep()
    assert not any("to look at" in mail.subject for mail in place.mailbox.mails), "once a day, and not at night"

    place.time.move_to(EIGHT)
    place.sweep()
    place.sweep()
    told = {mail.to: mail for mail in place.mailbox.mails if "to look at" in mail.subject}
    assert set(told) == {("owner@north-light.example",), ("bo@ledgers.example",)}
    assert len(told) == len([mail for mail in place.mailbox.mails if "to look at" in mail.subject])

    mine = told[("owner@north-light.example",)]
    assert "Which exchange rate?" in mine.text and "AG-2" not in mine.text
    nora.page.goto(links(mine)[0])
    nora.looks_at("Invoice AG-1")
    nora.page.goto(links(mine)[-1])
    nora.looks_at("Activity")
    nora.sees("Which exchange rate?")
    assert place.invoices() == {}


def test_a_disconnection_is_mailed_at_once_and_its_link_reconnects(place, nora):
    place.ready()
    place.sell("Wilhelmina Oakes", 100)
    place.mailbox.mails.clear()
    place.xero.world.identity.disconnect(NORTH_LIGHT)  # somebody removes the app in Xero
    place.sync()
    (mail,) = [mail for mail in place.mailbox.mails if "disconnected" in mail.subject]
    assert mail.to == ("owner@north-light.example",)
    (link,) = links(mail)
    assert link in mail.html and "token" not in mail.text.lower()

    nora.page.goto(link)
    nora.looks_at("Allow access")
    nora.click("Allow access")
    nora.page.wait_for_url(re.compile("/identity/connect/authorize"))
    nora.page.get_by_label("North Light Gallery").check()
    nora.click("Allow access")
    nora.page.wait_for_url(re.compile("/xero/"))
    place.worker.until_quiet()
    nora.choose_from_menu("Sync now")
    nora.sees("Finished")
    place.worker.until_quiet()
    assert set(place.standing()) == {"AG-1"}
