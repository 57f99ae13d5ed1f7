"""The Update Webservice page: what it offers, what it refuses, and two people at once."""

import datetime as dt
import re
from dataclasses import replace
from html import unescape

import pytest

from galleria_xero_plugin.domain.settings import MissingRate, ScheduleKind, Settings
from galleria_xero_plugin.domain.states import DocumentState, RunKind

from .site import BANK, CLEARING, FEES, MAPPING, SALES, TRACKING


def filled(text):
    """The form as a browser would send it: name -> value."""
    form = re.search(r'<form[^>]*id="gx-edit".*?</form>', text, re.DOTALL)[0]
    fields = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, kind = re.search(r'name="([^"]*)"', tag)[1], re.search(r'type="([^"]*)"', tag)[1]
        if kind not in ("checkbox", "radio") or " checked" in tag:
            fields[name] = re.search(r'value="([^"]*)"', tag)[1]
    for select in re.findall(r"<select.*?</select>", form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', select)
        fields[re.search(r'name="([^"]*)"', select)[1]] = chosen[1] if chosen else ""
    return {unescape(name): unescape(value) for name, value in fields.items()}


def edit(browser, made, **changes):
    fields = filled(browser.get(f"/xero/{made.id}/edit").text) | changes
    return browser.post(f"/xero/{made.id}/edit", {name: value for name, value in fields.items() if value is not None})


def test_a_first_visit_proposes_and_saves_nothing(site):
    made, _ = site.connected()
    for _n in range(7):
        site.gallery.add_invoice()
    before = site.rows()
    text = site.browser().get(f"/xero/{made.id}/edit").text
    fields = filled(text)
    assert fields["sales"] == SALES.id and fields["bank:card"] == CLEARING.id and fields["tax:vat-20"] == "OUTPUT2"
    assert fields["tax:vat-0"] == ""  # never guessed
    assert fields["sync_from"] == "2026-02-01"  # the day after the lock date
    assert "Our proposal: It is called Sales." in text
    assert "The books are locked up to 31\N{NO-BREAK SPACE}Jan\N{NO-BREAK SPACE}2026" in text
    assert "7 invoices are dated on or after" in text
    assert "or they would count twice" in text  # the article's warning
    assert "as of" in text and "Read accounts from Xero now" in text
    for words in ("Sales", "Portal", "Shipping", "Fees that artists pay through your portal",
                  "What you pay artists, and card fees", "By the date of the invoice, not of the payment",
                  "from your gallery to Xero; nothing comes back", "Awaiting payment"):
        assert words in text
    assert site.rows() == before


def test_only_accounts_that_can_work_are_offered(site):
    made, _ = site.connected()
    text = site.browser().get(f"/xero/{made.id}/edit").text
    sales = re.search(r'<select id="gx-sales".*?</select>', text, re.DOTALL)[0]
    assert SALES.id in sales and FEES.id not in sales and BANK.id not in sales
    assert "VAT 20% (20\N{NO-BREAK SPACE}%)" in text and "20% (VAT on Income) (20\N{NO-BREAK SPACE}%)" in text


def test_saving_completes_the_mapping_and_starts_the_first_sync(site):
    made, connection = site.connected()
    site.gallery.add_invoice()
    browser = site.browser()
    answer = edit(browser, made)
    assert answer.status_code == 303 and "/xero/runs/" in answer.location
    saved = site.webservice(made)
    assert saved.mapping_completed_at is not None and saved.version == 2
    assert saved.settings.mapping.sales == SALES.id and saved.settings.sync_from == dt.date(2026, 2, 1)
    assert site.bell.rung == [("export", connection.id)]
    page = browser.follow(answer).text
    assert "The first sync has started" in page and "Waiting for its turn" in page
    assert "Nora Light" in page


def test_without_schedule_and_copy_all_it_waits_for_sync_now(site):
    made, _ = site.connected(settings=Settings())
    answer = edit(site.browser(), made)
    assert answer.location == "/xero/"
    assert site.webservice(made).mapping_completed_at is not None
    assert site.bell.rung == []
    page = site.browser().get("/xero/").text
    assert "Sync now" in page


def test_what_is_missing_is_saved_and_said_and_nothing_runs(site):
    made, _ = site.connected()
    site.gallery.add_invoice()
    browser = site.browser()
    answer = edit(browser, made, **{"tax:vat-20": "", "sync_from": ""})
    assert answer.location.endswith("/edit")
    page = browser.follow(answer).text
    assert "Please choose the tax rate for VAT 20%" in page and "Please choose the Sync From Date" in page
    assert 'data-gx-until="gx-sync-from"' in page, "the module hides the sentence once a date is filled in"
    assert site.webservice(made).mapping_completed_at is None and site.bell.rung == []


@pytest.mark.parametrize(("field", "value", "message"), [
    ("prefix", "A" * 21, "at most 20"),
    ("prefix", "A,G", "letters"),
    ("prefix", "A\x00G", "letters"),
    ("admin_emails", "not an address", "is not an e-mail address"),
    ("sync_from", "23/11/2026", "year, month, day"),
    ("sync_from", "0001-01-01", "between 1980 and 2099"),
    ("schedule_at", "soon", "like 02:30"),
    ("schedule_kind", "every_second", "one of the list"),
    ("invoice_status", "PAID", "one of the list"),
    ("sales", "b0000000-0000-4000-8000-000000000099", "one of the list"),
    ("sales", BANK.id, "one of the list"),
    ("bank:bank", SALES.id, "one of the list"),
    ("tax:vat-20", "INPUT2", "one of the list"),
])
def test_what_cannot_be_is_refused_at_its_field(site, field, value, message):
    made, _ = site.ready()
    browser = site.browser()
    before = site.rows()
    answer = edit(browser, made, **{field: value, "admin_emails": "kept@b.example", **{field: value}})
    assert answer.status_code == 422, answer.text
    errors = re.findall(r'class="gx-error" id="([^"]*)-error">([^<]*)<', answer.text)
    assert len(errors) == 1 and message in unescape(errors[0][1])
    assert f'<a href="#{errors[0][0]}">' in answer.text  # from the summary to the field
    assert field == "admin_emails" or 'value="kept@b.example"' in answer.text
    assert site.rows() == before


def test_after_the_first_time_sales_and_date_stay(site):
    made, _ = site.ready()
    answer = edit(site.browser(), made, sync_from="", sales="")
    assert answer.status_code == 422
    assert "Please choose the Sync From Date" in answer.text and "Please choose the Sales account" in answer.text


def test_what_is_not_in_the_form_is_not_looked_at(site):
    made, _connection = site.ready()
    before = site.connection(made)
    answer = edit(site.browser(), made, gallery_id="harbour", status="disconnected", xero_tenant_id="x", cursor="99",
                  **{"bank:unknown": BANK.id, "tax:unknown": "OUTPUT2", "mapping_completed_at": "never"})
    assert answer.status_code == 303
    assert site.connection(made) == before
    assert site.webservice(made).settings.mapping == MAPPING


def test_the_second_saver_is_told_and_loses_nothing(site):
    made, _ = site.ready(admin_emails=("first@b.example",))
    browser = site.browser()
    mine = filled(browser.get(f"/xero/{made.id}/edit").text) | {"prefix": "MINE", "admin_emails": "mine@b.example"}
    other = site.browser("second")
    assert edit(other, made, prefix="THEIRS").status_code == 303
    answer = browser.post(f"/xero/{made.id}/edit", mine)
    assert answer.status_code == 409
    assert "Sam Second" in answer.text
    assert 'value="MINE"' in answer.text and 'value="mine@b.example"' in answer.text
    differing = unescape(re.search(r"<caption>.*?</table>", answer.text, re.DOTALL)[0])
    assert "THEIRS" in differing and "MINE" in differing and "Invoice Prefix" in differing and "Sales" not in differing
    assert site.webservice(made).settings.prefix == "THEIRS"
    again = filled(answer.text)
    assert browser.post(f"/xero/{made.id}/edit", again).status_code == 303
    assert site.webservice(made).settings.prefix == "MINE"


def test_an_old_token_loses_nothing_typed(make_site):
    site = make_site(csrf=False)
    made, _ = site.ready()
    browser = site.browser()
    fields = filled(browser.get(f"/xero/{made.id}/edit").text) | {"prefix": "TYPED"}
    answer = browser.post(f"/xero/{made.id}/edit", fields, token="old")
    assert answer.status_code == 400
    assert 'value="TYPED"' in answer.text and "open for too long" in answer.text
    browser.token = filled(answer.text)["csrf_token"]
    assert browser.post(f"/xero/{made.id}/edit", filled(answer.text)).status_code == 303
    assert site.webservice(made).settings.prefix == "TYPED"


def test_new_dates_and_copy_all_read_the_gallery_anew(site):
    made, _ = site.ready()
    with site.units.write() as uow:
        uow.webservices.set_cursor(made.id, "77")
        uow.commit()
    browser = site.browser()
    edit(browser, made, prefix="NL")
    assert site.webservice(made).cursor == "77"
    edit(browser, made, sync_from="2025-01-01")
    assert site.webservice(made).cursor is None


def test_new_settings_let_what_waits_be_decided_anew(site):
    made, connection = site.ready()
    document = site.document(connection, reason_code="tax_option_unmapped", reason_facts={"tax_option": "VAT"})
    edit(site.browser(), made, prefix="NL")
    with site.units.read() as uow:
        assert uow.ledger.get("north-light", document).state is DocumentState.PENDING


def test_the_schedule_is_planned_in_the_gallerys_time_zone(site):
    made, _ = site.ready()
    edit(site.browser(), made, scheduled="y", schedule_kind="daily", schedule_at="06:15")
    saved = site.webservice(made)
    assert saved.settings.schedule.kind is ScheduleKind.DAILY and saved.settings.schedule.at == dt.time(6, 15)
    assert site.connection(made).next_run_at is not None
    page = site.browser().get("/xero/").text
    assert "Every day at 06:15" in page and "next:" in page


def test_switching_the_import_on_starts_it(site):
    made, connection = site.ready()
    answer = edit(site.browser(), made, import_contacts="y")
    assert "/xero/runs/" in answer.location
    assert site.bell.rung == [("contacts", connection.id)]
    with site.units.read() as uow:
        assert uow.runs.open_of(connection.id, RunKind.CONTACTS) is not None


def test_before_the_accounts_are_read_preferences_can_be_saved_and_the_mapping_stays(site):
    made, _ = site.connected(settings=Settings(mapping=MAPPING), read=False)
    browser = site.browser()
    text = browser.get(f"/xero/{made.id}/edit").text
    assert "are being read from Xero" in text and "gx-sales" not in text
    assert edit(browser, made, prefix="NL").status_code == 303
    saved = site.webservice(made).settings
    assert saved.prefix == "NL" and saved.mapping == MAPPING


def test_percentages_that_differ_are_shown(site):
    """Such a rate cannot be chosen; but one that was chosen may become another one in Xero."""
    made, _ = site.ready(mapping=replace(MAPPING, tax_rates={"vat-20": "RROUTPUT"}))
    assert edit(site.browser(), made, **{"tax:vat-0": "OUTPUT2"}).status_code == 422
    text = unescape(site.browser().get(f"/xero/{made.id}/edit").text)
    assert "VAT 20% is 20 % in your gallery, but 5% (VAT on Income) is 5 % in Xero" in text


def test_another_base_currency_is_said_before_invoices_wait(site):
    made, _ = site.ready()
    browser = site.browser()
    assert "base currency" not in browser.get(f"/xero/{made.id}/edit").text
    ours = site.gallery.info
    site.gallery.info = lambda gallery_id: replace(ours(gallery_id), base_currency="EUR")
    text = unescape(browser.get(f"/xero/{made.id}/edit").text)
    assert "base currency is EUR, and this organisation keeps its books in GBP. Only invoices in GBP can" in text


def test_reading_the_accounts_anew(site):
    made, connection = site.ready()
    browser = site.browser()
    browser.get(f"/xero/{made.id}/edit")
    answer = browser.post(f"/xero/{made.id}/refresh")
    assert site.bell.rung == [("reference", connection.id)]
    assert "are being read from Xero" in browser.follow(answer).text
    site.bell.up = False
    assert "cannot be reached" in browser.follow(browser.post(f"/xero/{made.id}/refresh")).text


def test_the_live_count(site):
    made, _ = site.ready()
    for _n in range(3):
        site.gallery.add_invoice()
    browser = site.browser()

    def asked(**query):
        return browser.get(f"/xero/{made.id}/count.json", query_string=query).json["message"]

    assert asked(sync_from="2026-01-01", copy_existing="1").startswith("3 invoices")
    assert "stay out" in asked(sync_from="2026-01-01", copy_existing="0")
    assert asked(sync_from="2099-01-01", copy_existing="1").startswith("Nothing is sent before")
    assert asked(sync_from="nonsense") == ""


def test_what_was_saved_is_in_the_audit_trail(site):
    made, _ = site.ready()
    edit(site.browser("second"), made, prefix="NL")
    with site.units.read() as uow:
        entry = uow.audit.latest("north-light", 1)[0]
    assert (entry.actor_name, entry.action, entry.subject) == ("Sam Second", "settings saved", made.id)


def test_a_payment_method_in_use_is_required(site):
    made, _ = site.connected()
    invoice = site.gallery.add_invoice()
    site.gallery.add_payment(invoice.id, 50, method_id="card")
    answer = edit(site.browser(), made, **{"bank:card": ""})
    assert answer.location.endswith("/edit")
    assert "Please choose the bank account for Card (Stripe)" in site.browser().get(f"/xero/{made.id}/edit").text




def test_tracking_the_words_of_a_line_and_the_exchange_rate_are_chosen_and_stay(site):
    made, _ = site.ready()
    browser = site.browser()
    artist, show = (category for category, _, _ in TRACKING)
    choices = {"tracking:artist": artist, "tracking:exhibition": show, "missing_rate": "xero",
               "artwork_parts": "title,  inventory ID, Artist"}
    assert edit(browser, made, **choices).status_code == 303
    saved = site.webservice(made).settings
    assert saved.mapping.tracking == {"artist": artist, "exhibition": show}
    assert (saved.missing_rate, saved.artwork_parts) == (MissingRate.XERO, ("title", "inventory_id", "artist"))
    again = filled(browser.get(f"/xero/{made.id}/edit").text)
    assert again | choices | {"artwork_parts": "Title, Inventory id, Artist"} == again
    assert edit(browser, made, artwork_parts="").status_code == 303
    assert site.webservice(made).settings.artwork_parts == Settings().artwork_parts


@pytest.mark.parametrize("changes, says", [
    ({"tracking:artist": TRACKING[0][0], "tracking:exhibition": TRACKING[0][0]}, "each tracking category once"),
    ({"artwork_parts": "Title, Price"}, "Please use only"),
    ({"missing_rate": "guess"}, "Please choose one of the list"),
])
def test_what_xero_would_refuse_is_said_at_once(site, changes, says):
    made, _ = site.ready()
    answer = edit(site.browser(), made, **changes)
    assert answer.status_code == 422 and says in answer.text
    assert site.webservice(made).settings == made.settings
