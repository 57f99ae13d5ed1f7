"""Settings check: an archived account is shown before a sale waits for it, and replaced there."""

import dataclasses
import html
import re

from .site import FRAMES, OURS, SALES, reference


def archive_sales(site, connection):
    with site.units.write() as uow:
        read = reference(uow.now())
        accounts = tuple(dataclasses.replace(one, status="ARCHIVED") if one.id == SALES.id else one
                         for one in read.accounts)  # fmt: skip
        uow.reference.put(OURS, connection.tenant_id, dataclasses.replace(read, accounts=accounts))
        uow.commit()


def test_settings_that_work(site):
    made, _ = site.ready()
    browser = site.browser()
    assert "Everything that you chose works." in browser.get(f"/xero/{made.id}/check").text
    assert "to check" not in browser.get("/xero/").text


def test_an_archived_account_is_replaced_where_it_is_found(site):
    made, connection = site.ready()
    archive_sales(site, connection)
    browser = site.browser()
    assert "1 setting to check" in browser.get("/xero/").text
    page = browser.get(f"/xero/{made.id}/check").text
    assert "200 Sales cannot be used" in page and "210 Framing income" in page
    version = site.webservice(made).version
    for wrong in (SALES.id, "nothing-like-it"):
        answer = browser.post(f"/xero/{made.id}/check", {"sales": wrong, "version": version})
        assert answer.status_code == 422 and "Please choose one of the list." in answer.text
    answer = browser.post(f"/xero/{made.id}/check", {"sales": FRAMES.id, "version": version, "prefix": "EVIL"})
    page = browser.follow(answer).text
    assert "Everything that you chose works." in page
    assert "goes on when you press Sync now." in page and f'action="/xero/{made.id}/sync"' in page, "no schedule is on"
    settings = site.webservice(made).settings
    assert settings.mapping.sales == FRAMES.id and settings.prefix == "AG"


def test_somebody_else_was_faster(site):
    made, connection = site.ready()
    archive_sales(site, connection)
    browser = site.browser()
    browser.get(f"/xero/{made.id}/check")
    answer = browser.post(f"/xero/{made.id}/check", {"sales": FRAMES.id, "version": "0"})
    assert answer.status_code == 303 and site.webservice(made).settings.mapping.sales == SALES.id


def test_check_now_asks_a_worker(site):
    made, connection = site.ready()
    browser = site.browser()
    browser.get(f"/xero/{made.id}/check")
    there = browser.post(f"/xero/{made.id}/check/now").location
    assert site.bell.rung == [("reference", connection.id)]
    page = browser.get(there).text
    assert "checking again now. Until then the old answer stands here." in page and "gx-note gx-good" not in page
    progress = html.unescape(re.search(r'data-gx-poll="([^"]+)"', page)[1])
    assert browser.get(progress).json["done"] is False
    archive_sales(site, connection)  # the worker has read anew
    assert browser.get(progress).json["done"] is True
    page = browser.get(there).text
    assert "200 Sales cannot be used" in page and "data-gx-poll" not in page
