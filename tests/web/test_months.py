"""Compare with Xero: the months, their files, and the link with which a bookkeeper sees one of them."""

import csv
import datetime as dt
import io
import re

import pytest

from galleria_xero_plugin.web.blueprint import LINKS

from .site import OTHER_TENANT, OURS, THEIRS


@pytest.fixture
def compared(site):
    made, connection = site.ready()
    site.month(made, connection)
    return made, connection


def give(site, made):
    """A month for the bookkeeper: the path of its link."""
    browser = site.browser()
    browser.get(f"/xero/{made.id}/months")
    answer = browser.post(f"/xero/{made.id}/packs", {"month": "2026-03"})
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    return re.search(r"/xero/months/[\w-]{43}", answer.text)[0]


def test_a_month_in_figures_with_one_suggestion_for_each_difference(site, compared):
    made, _ = compared
    text = site.browser().get(f"/xero/{made.id}/months").text.replace("\xa0", " ")
    assert "March 2026" in text and "2 numbers want a look." in text
    assert "1 gallery invoice stands in Xero with the same totals; your bank is not checked here." in text
    assert "Two different totals" in text and "Find out which total the client was asked for" in text
    assert "The totals do not agree" in text  # why AG-5 waits
    assert "No invoice of the gallery has this number" in text and "Belongs to February 2026" in text
    assert "GBP 300.00" in text  # net of the three
    assert "https://go.xero.com" in text and "not reconciled in Xero" in text
    assert site.browser().get(f"/xero/{made.id}/months?month=2026-02").text.count("want") == 0
    for nonsense in ("2026-13", "x", "2031-01"):
        assert site.browser().get(f"/xero/{made.id}/months?month={nonsense}").status_code == 404


def test_compare_now_asks_a_worker(site):
    made, connection = site.ready()
    browser = site.browser()
    assert "Not compared yet" in browser.get(f"/xero/{made.id}/months").text
    browser.post(f"/xero/{made.id}/months")
    assert site.bell.rung == [("export", connection.id)]
    with site.units.write() as uow:
        assert uow.comparisons.claim(OURS, connection.tenant_id, dt.timedelta(hours=1))


def test_the_month_as_a_file(site, compared):
    made, _ = compared
    answer = site.browser().get(f"/xero/{made.id}/month.csv?month=2026-03")
    lines = answer.data.decode("utf-8-sig").splitlines()
    assert lines[1].startswith("AG-1,Stands in Xero with the same totals,Ada Marsh,GBP,100.00,20.00,120.00,120.00,0.00,PAID")
    assert len(lines) == 1 + 5 + 1


def test_the_bookkeeper_sees_this_month_and_nothing_else_without_a_login(site, compared):
    made, connection = compared
    path = give(site, made)
    bookkeeper = site.browser(None)
    answer = bookkeeper.get(path)
    text = answer.text.replace("\xa0", " ")
    assert answer.status_code == 200 and "March 2026" in text and "AG-2" in text
    assert answer.headers["Referrer-Policy"] == "no-referrer" and "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.headers["Cache-Control"] == "no-store" and 'content="noindex' in text
    assert "February" not in text.replace("Belongs to February 2026", "")
    assert made.id not in text and "/activity" not in text and "/documents/" not in text and "inv-2" not in text
    assert bookkeeper.get(path + ".csv").data.startswith("\ufeff".encode())
    assert bookkeeper.get(f"/xero/{made.id}/months").status_code == 302
    token = path.rpartition("/")[2]
    assert all(token not in str(rows) for rows in site.rows().values())


def test_the_file_has_every_amount_with_its_cents_and_every_row_as_wide_as_its_heading(site, compared):
    made, _ = compared
    text = site.browser().get(f"/xero/{made.id}/month.csv?month=2026-03").data.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text, newline="")))
    assert {len(line) for line in lines} == {len(lines[0])} and "%(" not in text
    amounts = [value for line in lines[1:] for value in (*line[4:9], *line[10:15]) if value]
    assert amounts and all(re.fullmatch(r"-?\d+\.\d\d", value) for value in amounts)


def test_the_pack_is_frozen(site, compared):
    made, connection = compared
    path = give(site, made)
    with site.units.write() as uow:
        uow.months.keep(OURS, connection.tenant_id, [])
        uow.commit()
    assert "AG-2" in site.browser(None).get(path).text


def test_signed_off_once_by_name(site, compared):
    made, _ = compared
    path = give(site, made)
    bookkeeper = site.browser(None)
    assert bookkeeper.post(path, {"name": "Bo"}).status_code == 400  # without the page's token
    bookkeeper.get(path)
    assert "Please enter your name" in bookkeeper.post(path, {"name": " \n "}).text
    assert bookkeeper.post(path, {"name": "Bo\r\nKeeper"}).status_code == 303
    assert "Signed off by Bo Keeper" in bookkeeper.get(path).text
    bookkeeper.post(path, {"name": "Mallory"})
    assert "Mallory" not in bookkeeper.get(path).text
    assert "Signed off by Bo Keeper" in site.browser().get(f"/xero/{made.id}/months").text


def test_a_revoked_or_unknown_link_opens_nothing(site, compared):
    made, _ = compared
    path = give(site, made)
    browser, nobody = site.browser(), site.browser(None)
    nobody.get(path)
    pack = re.search(r"/packs/([0-9a-f-]{36})/revoke", browser.get(f"/xero/{made.id}/months").text)[1]
    assert browser.post(f"/xero/{made.id}/packs/{pack}/revoke").status_code == 303
    for address in (path, f"{path}.csv", "/xero/months/" + "x" * 43, "/xero/months/short"):
        answer = nobody.get(address)
        assert answer.status_code == 404 and "North Light" not in answer.text
        assert "ask the gallery that sent it to you" in answer.text and "Back to Webservices" not in answer.text
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    signed = nobody.post(path, {"name": "Bo Keeper"})
    assert signed.status_code == 404 and "ask the gallery that sent it to you" in signed.text
    assert "AG-2" in browser.get(f"/xero/{made.id}/packs/{pack}.csv").text  # the file stays ours


def test_another_gallerys_months_are_not_given(site, compared):
    theirs, connection = site.ready(THEIRS, tenant=OTHER_TENANT)
    pack = site.month(theirs, connection)
    made, _ = compared
    browser = site.browser()
    browser.get(f"/xero/{made.id}/months")
    for path in (f"{theirs.id}/packs", f"{made.id}/packs/{pack}/revoke", f"{theirs.id}/packs/{pack}/revoke"):
        before = site.rows()
        assert browser.post(f"/xero/{path}", {"month": "2026-03"}).status_code == 404
        assert site.rows() == before


def test_a_link_only_reads_or_signs():
    assert {(link.method, link.endpoint) for link in LINKS} == {
        ("GET", "pack"), ("GET", "pack_file"), ("POST", "sign"), ("GET", "no_pack")
    }  # fmt: skip
