"""Compare with Xero: the months, their files, and the link with which a bookkeeper sees one of them."""

import csv
import dataclasses
import datetime as dt
import html
import io
import re
from decimal import Decimal

import pytest

from galleria_xero_plugin.web.blueprint import LINKS

from galleria_xero_plugin.domain.comparison import Comparison, Finding, What
from galleria_xero_plugin.domain.month import Entry, Figures, Sheet, Standing

from .site import OTHER_TENANT, OURS, THEIRS

PAID = Figures(Decimal("120.00"), Decimal("20.00"), Decimal("120.00"), Decimal("0.00"), "PAID")
AGREES = Entry("AG-1", Standing.AGREES, "GBP", PAID, PAID, "Ada Marsh", "inv-1")


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
    assert "March 2026" in text and "1 number wants a look." in text
    assert "1 of 3 gallery invoices stand in Xero with the same totals; your bank is not checked here." in text
    assert "1 of 3 is not in Xero (GBP 120.00)" in text and "gx-note gx-bad" in text
    assert "Two different totals" in text and "Find out which total the client was asked for" in text
    assert "The totals do not agree" in text  # why AG-5 waits
    assert "Not issued: no issued invoice has this number (a draft may have it)" in text and "Belongs to February 2026" in text
    assert "GBP 300.00" in text  # net of the three
    assert "https://go.xero.com" in text and "not reconciled in Xero" in text
    february = site.browser().get(f"/xero/{made.id}/months?month=2026-02").text
    assert "gx-note gx-good" in february and "want" not in february
    assert "1 gallery invoice stands in Xero with the same totals; your bank is not checked here." in february
    for nonsense in ("2026-13", "x", "2031-01"):
        assert site.browser().get(f"/xero/{made.id}/months?month={nonsense}").status_code == 404


def in_three_places(site, made, connection, *entries, comparison=None):
    """The card, What does not agree and the month after a comparison that kept these entries."""
    with site.units.write() as uow:
        uow.months.keep(OURS, connection.tenant_id, [Sheet("2026-03", entries)])
        uow.comparisons.put(OURS, connection.tenant_id, comparison or Comparison(1))
        uow.commit()
    browser = site.browser()
    answers = [browser.get(f"/xero/{path}").text for path in ("", f"{made.id}/comparison", f"{made.id}/months")]
    return [text.replace("\xa0", " ") for text in answers]


@pytest.mark.parametrize(
    ("reason", "standing", "words"),
    [
        ("", Standing.WITHDRAWN, "Cancelled in Xero by Nora Light, 23 Nov 2026"),
        ("stopped_asking", Standing.PUT_ASIDE, "Nora Light pressed Stop asking, 23 Nov 2026"),
        ("total_differs", Standing.WAITS, "Waits: The totals do not agree"),
        ("", Standing.LEFT_OUT, "Not sent, by your settings"),
    ],
)
def test_what_is_known_not_to_be_in_xero_is_amber_with_number_money_and_cause(site, reason, standing, words):
    made, connection = site.ready()
    at = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
    away = Entry("AG-2", standing, "GBP", PAID, None, "Ada Marsh", "inv-2", reason=reason, by="Nora Light", at=at)
    card, listed, month = in_three_places(site, made, connection, AGREES, away)
    assert "1 number differs, known why" in card and "GBP 120.00" in card and "Everything agrees" not in card
    assert "1 of 2 invoices agree" in listed, "those that agree and those that differ add up, as in the month"
    for text in (listed, month):
        assert words in text and "AG-2" in text and "GBP 120.00" in text
        assert "gx-note gx-needs" in text and "gx-good" not in text and "Nothing is missing" not in text
    assert "1 of 2 is not in Xero (GBP 120.00)" in month
    assert words in site.browser().get(f"/xero/{made.id}/month.csv").text.replace("\xa0", " ")


def test_only_when_both_sides_have_the_same_it_is_green_everywhere(site):
    made, connection = site.ready()
    card, listed, month = in_three_places(site, made, connection, AGREES)
    assert "Everything agrees" in card and "Nothing is missing" in listed and "1 of 1 invoices agree" in listed
    assert "gx-note gx-good" in listed and "gx-note gx-good" in month


def test_no_explanation_of_single_numbers_outweighs_the_sums(site):
    made, connection = site.ready()
    odd = dataclasses.replace(AGREES, xero=dataclasses.replace(PAID, paid=Decimal("119.99")))
    card, listed, month = in_three_places(site, made, connection, odd)
    assert "1 number wants a look" in card
    assert "gx-note gx-bad" in listed and "gx-note gx-bad" in month and "the sums of both sides differ" in month


def test_what_the_nightly_comparison_found_makes_its_month_red_too(site):
    made, connection = site.ready()
    found = Comparison(1, (Finding(What.PAYMENT_TWICE, "AG-1"),))
    card, listed, month = in_three_places(site, made, connection, AGREES, comparison=found)
    assert "1 number wants a look" in card and "0 of 1 invoices agree" in listed
    assert all("One payment stands twice in Xero" in text and "gx-note gx-bad" in text for text in (listed, month))
    assert "March 2026: 1 to look at" in month  # the list of months says it too


def test_an_accepted_difference_is_known_and_no_more(site):
    made, connection = site.ready()
    total = dataclasses.replace(AGREES, standing=Standing.TOTAL, xero=dataclasses.replace(PAID, total=Decimal("120.01")))
    said = Comparison(0, accepted=(Finding(What.TOTAL, "AG-1"),))
    card, listed, month = in_three_places(site, made, connection, total, comparison=said)
    assert "1 number differs, known why" in card and "GBP 0.01" in card
    for text in (listed, month):
        assert "Accepted as it is: Two different totals" in text and "gx-note gx-needs" in text


def test_compare_now_asks_a_worker(site):
    made, connection = site.ready()
    browser = site.browser()
    assert "Not compared yet" in browser.get(f"/xero/{made.id}/months").text
    answer = browser.post(f"/xero/{made.id}/months")
    assert site.bell.rung == [("export", connection.id)]
    assert "compared for the first time" in browser.follow(answer).text
    with site.units.write() as uow:
        assert uow.comparisons.claim(OURS, connection.tenant_id, dt.timedelta(hours=1))


def test_while_it_is_compared_anew_the_old_figures_are_shown_as_old_and_the_page_waits_by_itself(site, compared):
    made, connection = compared
    with site.units.write() as uow:
        uow.comparisons.put(OURS, connection.tenant_id, Comparison(1))
        uow.commit()
    browser = site.browser()
    browser.get(f"/xero/{made.id}/months")
    there = browser.post(f"/xero/{made.id}/months").location
    page = browser.get(there).text
    assert "comparing again now. Until then the old figures stand here." in page and 'role="status"' in page
    assert "gx-note gx-off" in page and "gx-note gx-bad" not in page and "Compare now" not in page
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page and "Reload this page" not in page
    progress = html.unescape(re.search(r'data-gx-poll="([^"]+)"', page)[1])
    assert browser.get(progress).json["done"] is False
    with site.units.write() as uow:
        uow.comparisons.put(OURS, connection.tenant_id, Comparison(1))
        uow.commit()
    assert browser.get(progress).json["done"] is True
    page = browser.get(there).text
    assert "data-gx-poll" not in page and "http-equiv" not in page and "Compare now" in page
    assert site.browser("theirs").get(progress).status_code == 404


@pytest.mark.parametrize("asked", ["0", "x", "²", "9" * 14, "9" * 5000, "-1"])
def test_nothing_is_waited_for_that_was_asked_long_ago_or_never(site, compared, asked):
    made, _ = compared
    assert "data-gx-poll" not in site.browser().get(f"/xero/{made.id}/months?asked={asked}").text


def test_keeping_a_copy_for_the_bookkeeper_locks_nothing_and_says_so(site, compared):
    made, _ = compared
    browser = site.browser()
    browser.get(f"/xero/{made.id}/months")
    page = browser.post(f"/xero/{made.id}/packs", {"month": "2026-03"}).text.replace("\xa0", " ")
    assert "A copy of the figures of March 2026 was kept for your bookkeeper. Your books are not locked" in page
    link = re.search(r"/xero/months/[\w-]{43}", page)[0]
    seen = site.browser(None).get(link).text
    assert "as both sides stood" in seen and "This copy was kept" in seen
    for text in (page, seen, browser.get(f"/xero/{made.id}/months").text):
        assert "frozen" not in text


def test_the_month_as_a_file(site, compared):
    made, _ = compared
    answer = site.browser().get(f"/xero/{made.id}/month.csv?month=2026-03")
    lines = answer.data.decode("utf-8-sig").splitlines()
    assert lines[1].startswith("AG-1,Stands in Xero with the same totals,Ada Marsh,GBP,100.00,20.00,120.00,120.00,0.00,PAID")
    assert len(lines) == 1 + 5 + 1
    assert len({len(cells) for cells in csv.reader(lines)}) == 1  # the payment, too, has a cell for each heading


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
