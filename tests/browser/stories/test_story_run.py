"""Item 4: a sync that one can watch, leave, come back to and stop."""

import datetime as dt
from decimal import Decimal

from playwright.sync_api import expect

from galleria_xero_plugin.simulator import Fault


def test_it_is_watched_left_and_found_again(place, nora):
    place.ready()
    for number in range(1, 13):
        place.sell(f"Buyer Number{number}", 100)
    with place.worker.resting():
        nora.choose_from_menu("Sync now")
        nora.looks_at("Sync")
        expect(nora.page.get_by_role("status")).to_have_text("Waiting for its turn.")
        expect(nora.page.get_by_role("progressbar", name="Progress")).to_be_visible()
        address = nora.page.url
        nora.open("/xero/")
        nora.click("Show progress", "link")
        assert nora.page.url == address, "the same run, not another one"
        nora.page.reload()
        expect(nora.page.get_by_role("status")).to_have_text("Waiting for its turn.")
    nora.sees("Finished")
    nora.sees("12 invoices sent")
    nora.looks_at("Sync")
    place.worker.until_quiet()
    assert len(place.standing()) == 12


def test_it_is_stopped_before_anything_went_out(place, nora):
    place.ready()
    place.sell("Wilhelmina Oakes")
    with place.worker.resting():
        nora.choose_from_menu("Sync now")
        nora.click("Stop")
        nora.sees("Stopped")
        nora.looks_at("Sync")
    place.worker.until_quiet()
    assert place.invoices() == {}
    nora.choose_from_menu("Sync now")
    nora.sees("1 invoice sent")
    place.worker.until_quiet()
    assert place.standing() == {"AG-1": ("AUTHORISED", Decimal(120))}


def test_xero_asks_for_a_pause_and_the_page_says_until_when(place, nora):
    place.ready()
    place.sell("Wilhelmina Oakes")
    wait = dt.timedelta(hours=2)
    place.xero.world.faults.add(
        Fault("429", path="/api.xro/2.0/Invoices", method="PUT", problem="day", retry_after=str(wait.seconds))
    )
    nora.choose_from_menu("Sync now")
    nora.sees("11:00")
    nora.looks_at("Sync")
    assert place.invoices() == {}
    address = nora.page.url

    place.time.move_to(place.time.now() + wait + dt.timedelta(minutes=5))
    place.sweep()
    nora.page.goto(address)
    nora.sees("1 invoice sent")
    place.worker.until_quiet()
    assert place.standing() == {"AG-1": ("AUTHORISED", Decimal(120))}
