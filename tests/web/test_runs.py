"""Runs: starting, watching, stopping; and the queue that may be down."""

import datetime as dt

from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunKind, RunState
from galleria_xero_plugin.web.formats import Formats


def test_sync_now_starts_a_run_and_shows_it(site):
    made, connection = site.ready()
    browser = site.browser()
    browser.get("/xero/")
    answer = browser.post(f"/xero/{made.id}/sync")
    assert answer.status_code == 303
    assert site.bell.rung == [("export", connection.id)]
    page = browser.follow(answer).text
    assert "Waiting for its turn" in page and "data-gx-poll" in page and '<meta http-equiv="refresh"' in page
    again = browser.post(f"/xero/{made.id}/sync")
    assert again.location == answer.location
    assert "A sync is going on already" in browser.follow(again).text


def test_sync_now_without_accounts_leads_to_the_settings(site):
    made, _ = site.connected()
    browser = site.browser()
    browser.get(f"/xero/{made.id}/edit")
    answer = browser.post(f"/xero/{made.id}/sync")
    assert answer.location == f"/xero/{made.id}/edit"
    assert "choose your accounts first" in browser.follow(answer).text


def test_sync_now_while_paused_or_disconnected_says_so(site):
    made, _ = site.ready()
    browser = site.browser()
    browser.get("/xero/")
    browser.post(f"/xero/{made.id}/pause")
    answer = browser.post(f"/xero/{made.id}/sync")
    assert answer.status_code == 409 and "press Resume first" in answer.text
    browser.get(f"/xero/{made.id}/disconnect")
    browser.post(f"/xero/{made.id}/disconnect")
    answer = browser.post(f"/xero/{made.id}/sync")
    assert answer.status_code == 409 and "not connected" in answer.text


def test_progress_in_numbers(site):
    _made, connection = site.ready()
    for number in range(4):
        site.document(connection, number, state=DocumentState.PENDING)
    run = site.run(connection, step="Sending invoices", scanned=True, add={"invoices": 3, "waiting": 1})
    state = site.browser().get(f"/xero/runs/{run.id}.json").json
    assert state == {
        "state": "running", "done": False, "percent": 50, "step": "Sending invoices", "message": "Sending invoices",
        "counts": [{"name": "invoices", "value": 3, "label": "3 invoices sent"},
                   {"name": "waiting", "value": 1, "label": "1 waits"}],
        "summary": "3 sent", "finish": "", "paused_until": None, "queue_alive": True,
    }


def test_a_poll_never_sets_the_session_cookie(site):
    """It would bring back an older session that another request has changed in between."""
    _made, connection = site.ready()
    run = site.run(connection)
    browser = site.browser()
    assert "Set-Cookie" in browser.get("/xero/").headers  # a permanent session is renewed with every answer ...
    answer = browser.get(f"/xero/runs/{run.id}.json")
    assert "Set-Cookie" not in answer.headers  # ... but with this one
    assert "Cookie" in answer.headers["Vary"] and answer.headers["Cache-Control"] == "no-store"


def test_other_cookies_of_the_host_stay(site):
    _made, connection = site.ready()
    run = site.run(connection)

    @site.app.after_request
    def own(response):
        response.set_cookie("theirs", "1")
        return response

    cookies = site.browser().get(f"/xero/runs/{run.id}.json").headers.getlist("Set-Cookie")
    assert len(cookies) == 1 and cookies[0].startswith("theirs=")


def test_a_pause_of_xeros_is_shown_with_its_end(site):
    _made, connection = site.ready()
    run = site.run(connection)
    until = dt.datetime.now(dt.UTC) + dt.timedelta(hours=3)
    with site.units.write() as uow:
        uow.connections.pause(connection.id, until, "minute")
        uow.commit()
    browser = site.browser()
    state = browser.get(f"/xero/runs/{run.id}.json").json
    assert state["message"].startswith("A short break. It continues by itself at")
    assert dt.datetime.fromisoformat(state["paused_until"]) - until < dt.timedelta(seconds=1)
    assert "A short break" in browser.get("/xero/").text


def test_when_the_queue_is_down_nothing_is_lost_and_it_is_said(site):
    made, _ = site.ready()
    site.bell.up = False
    browser = site.browser()
    browser.get("/xero/")
    answer = browser.post(f"/xero/{made.id}/sync")
    assert answer.status_code == 303
    assert "background worker cannot be reached" in browser.follow(answer).text


def test_stop(site):
    _made, connection = site.ready()
    run = site.run(connection)
    browser = site.browser()
    browser.get(f"/xero/runs/{run.id}")
    answer = browser.post(f"/xero/runs/{run.id}/cancel")
    page = browser.follow(answer).text
    assert "What was sent stays in Xero" in page and "data-gx-poll" not in page
    with site.units.read() as uow:
        assert uow.runs.get("north-light", run.id).state is RunState.CANCELLED


def test_ends_in_words(site):
    _made, connection = site.ready()
    browser = site.browser()
    for kind, state, how, words in (
        (RunKind.EXPORT, RunState.FINISHED, {}, "Finished: nothing new to send."),
        (RunKind.CONTACTS, RunState.FINISHED, {}, "Finished: no contacts to import."),
        (RunKind.EXPORT, RunState.FAILED, {"error_code": "gallery_failed"}, "The gallery site did not answer"),
    ):
        run = site.run(connection, kind)
        site.finish(run, state, **how)
        page = browser.get(f"/xero/runs/{run.id}").text
        assert words in page and "http-equiv" not in page


def test_importing_contacts(site):
    made, connection = site.ready()
    browser = site.browser()
    browser.get("/xero/")
    answer = browser.post(f"/xero/{made.id}/import-contacts")
    assert site.bell.rung == [("contacts", connection.id)]
    assert "Contact import" in browser.follow(answer).text
    again = browser.post(f"/xero/{made.id}/import-contacts")
    assert again.location == "/xero/" or again.location == answer.location


def test_try_again_wakes_the_documents_and_starts_a_run(site):
    made, connection = site.ready()
    waiting = site.document(connection, reason_code="xero_refused", reason_facts={"xero": "no"})
    sent = site.document(connection, 2, state=DocumentState.PENDING)
    site.move(sent, DocumentState.DONE, xero_id="f0000000-0000-4000-8000-000000000001")
    browser = site.browser()
    browser.get(f"/xero/{made.id}/activity?group=waiting")
    answer = browser.post(f"/xero/{made.id}/activity", {"document": [waiting, sent]})
    assert answer.status_code == 303 and "/runs/" in answer.location
    assert "It is tried again now" in browser.follow(answer).text
    with site.units.read() as uow:
        assert uow.ledger.get("north-light", waiting).state is DocumentState.PENDING
        assert uow.ledger.get("north-light", sent).state is DocumentState.DONE
    assert site.bell.rung == [("export", connection.id)]


def test_the_payment_of_an_invoice_that_waits_waits_for_it(site):
    made, connection = site.ready()
    contact = site.document(connection, 1, DocumentKind.CONTACT, label="Ada Marsh", reason_code="contact_ambiguous")
    behind = {"state": DocumentState.PENDING}
    invoice = site.document(connection, 1, **behind, depends_on=(DocumentKind.CONTACT, "contact-1"))
    payment = site.document(connection, 1, DocumentKind.PAYMENT, **behind, label="Payment of AG-1",
                            depends_on=(DocumentKind.INVOICE, "invoice-1"), parent_local_id="invoice-1")  # fmt: skip
    browser = site.browser()
    waiting = browser.get(f"/xero/{made.id}/activity?group=waiting").text
    assert "AG-1 has to stand in Xero first." in waiting and "Ada Marsh has to stand in Xero first." in waiting
    assert waiting.count('<th scope="row"') == 3 and "Has its turn" not in waiting
    assert waiting.count('type="checkbox"') == 1  # trying these two again would change nothing
    assert f"/documents/{invoice}" in waiting and "Show the invoice" in waiting and "Show the contact" in waiting
    moving = browser.get(f"/xero/{made.id}/activity?group=moving").text
    assert "Nothing here" in moving and 'Waiting <span class="gx-number">3<' in moving
    page = browser.get(f"/xero/{made.id}/documents/{payment}").text
    assert "Waits by itself" in page and "AG-1 has to stand in Xero first." in page
    site.move(contact, DocumentState.PENDING, was=[DocumentState.BLOCKED])
    assert "Has its turn in the next sync" in browser.get(f"/xero/{made.id}/documents/{payment}").text


def test_try_again_without_a_tick_says_so(site):
    made, connection = site.ready()
    site.document(connection, reason_code="xero_refused")
    browser = site.browser()
    browser.get(f"/xero/{made.id}/activity?group=waiting")
    answer = browser.post(f"/xero/{made.id}/activity")
    assert "tick at least one" in browser.follow(answer).text
    assert browser.post(f"/xero/{made.id}/activity", {"document": "' or 1=1"}).status_code == 400


def test_the_filter_and_the_pages_of_activity(site):
    made, connection = site.ready()
    for number in range(60):
        site.document(connection, number, contact_name=f"Buyer {number}")
    browser = site.browser()
    first = browser.get(f"/xero/{made.id}/activity").text
    assert first.count('<th scope="row"') == 50 and "Older documents" in first
    assert browser.get(f"/xero/{made.id}/activity?search=Buyer+7").text.count('<th scope="row"') == 1
    for nonsense in ("group=x", "kind=x", "after=x", "search=%00", "search=%25", "search=" + "x" * 5000):
        assert browser.get(f"/xero/{made.id}/activity?{nonsense}").status_code == 200


def test_all_syncs_in_a_list_with_who_asked_and_what_came_of_it(site):
    made, connection = site.ready()
    first = site.run(connection, add={"invoices": 41})
    site.finish(first, RunState.FINISHED)
    cancelled = site.run(connection, put={"to_cancel": 7}, add={"corrections": 7})
    site.finish(cancelled, RunState.FINISHED)
    browser = site.browser("viewer")
    card = browser.get("/xero/").text
    assert f'href="/xero/runs/{first.id}"' in card and f"/runs/{cancelled.id}" not in card, "the last sync stays the last sync"
    assert f'href="/xero/{made.id}/runs"' in card
    page = browser.get(f"/xero/{made.id}/runs").text
    assert page.index(cancelled.id) < page.index(first.id) and "41 invoices sent" in page
    assert "by Nora Light" in page and "by Nora Light" in browser.get(f"/xero/runs/{first.id}").text
    assert site.browser("theirs").get(f"/xero/{made.id}/runs").status_code == 404


def test_two_syncs_of_one_minute_are_told_apart(site):
    fmt, now = Formats(site.gallery.info("north-light")), dt.datetime(2026, 11, 23, 18, tzinfo=dt.UTC)
    at = [now.replace(hour=17, minute=13, second=5), now.replace(hour=17, minute=13, second=40), now.replace(hour=9)]
    assert fmt.apart(at, now) == ["17:13:05", "17:13:40", "09:00"]
