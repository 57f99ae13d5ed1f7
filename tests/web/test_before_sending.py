"""Preview, "already in your books" and the first run, as a person sees and presses them."""

import datetime as dt
from decimal import Decimal

import pytest

from galleria_xero_plugin.domain.accounting import XeroContact
from galleria_xero_plugin.domain.mapping import contact_name
from galleria_xero_plugin.domain.model import ItemKind, MethodKind, PaymentMethod
from galleria_xero_plugin.domain.settings import SalesUntilNow
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunKind, RunState
from galleria_xero_plugin.testing import make_contact, make_item

from .site import OURS, reference

XERO_ID = "f0000000-0000-4000-8000-000000000001"
MARCH = dt.date(2026, 3, 2)


def preview(site, made, **query):
    answer = site.browser("viewer").get(f"/xero/{made.id}/preview", query_string=query)
    assert answer.status_code == 200
    return answer.text.replace("\u00a0", " ")


# -- an older invoice that was paid later


def test_an_older_invoice_that_was_paid_later_leads_to_where_it_is_found_and_linked(site):
    made, connection = site.ready()
    old = site.document(connection, 28, state=DocumentState.SKIPPED, reason_code="paid_before_sync_from",
                        reason_facts={"date": "2025-11-02", "sync_from": "2026-01-01"},
                        document_date=dt.date(2025, 11, 2))  # fmt: skip
    browser = site.browser()
    assert "1 needs you" in browser.get("/xero/").text
    listed = browser.get(f"/xero/{made.id}/activity?group=waiting").text
    assert f"/xero/{made.id}/books#{old}" in listed and "Waiting for you" in listed
    assert "Nothing here" in browser.get(f"/xero/{made.id}/activity?group=skipped").text
    page = browser.get(f"/xero/{made.id}/books").text.replace("\u00a0", " ")
    for offered in ("Find it in Xero", "It is settled elsewhere", "Sync From Date of 2 Nov 2025 or earlier", f'"{old}"'):
        assert offered in page, offered
    assert "Nothing to decide" not in page
    nothing = browser.post(f"/xero/{made.id}/books/{old}", {"search": "AG-28"})
    assert "Xero has no other invoice like that" in browser.follow(nothing).text
    assert "Please enter a number" in browser.follow(browser.post(f"/xero/{made.id}/books/{old}", {"search": " "})).text
    site.in_xero = [site.invoice_in_xero("TILL-9")]
    found = browser.follow(browser.post(f"/xero/{made.id}/books/{old}", {"search": "till 9"})).text
    assert "Is it this one?" in found and "AG-28 may be TILL-9" in found and "Not this one" in found
    site.services.settings.save(site.owner, made.id, site.webservice(made).settings, 1)  # it can be linked all the same
    pair = f"{old}:f0000000-0000-4000-8000-000000000006"
    linked = browser.post(f"/xero/{made.id}/books", {"answer": f"link/{pair}"})
    assert "1 linked; it is not sent again." in browser.follow(linked).text
    assert "1 needs you" not in browser.get("/xero/").text


def test_it_is_settled_elsewhere(site):
    made, connection = site.ready()
    old = site.document(connection, 28, state=DocumentState.SKIPPED, reason_code="paid_before_sync_from")
    browser = site.browser()
    browser.get(f"/xero/{made.id}/books")
    browser.post(f"/xero/{made.id}/activity/stop", {"document": old, "confirmed": "yes"})
    assert "1 needs you" not in browser.get("/xero/").text
    assert "Find it in Xero" not in browser.get(f"/xero/{made.id}/books").text


# -- the preview


def test_before_anything_is_read_or_chosen_the_preview_says_what_to_do(site):
    made, _ = site.connected(read=False)
    assert "choose your accounts and a Sync From Date first" in preview(site, made)


def test_nothing_to_send(site):
    made, _ = site.ready()
    assert "Nothing to send" in preview(site, made)


def test_a_document_as_the_accountant_sees_it(site):
    made, _ = site.ready()
    sale = site.gallery.add_invoice(
        date=MARCH, contact=make_contact("c-1", "Ada", "Marsh"),
        items=[make_item("1", 1000), make_item("2", 50, kind=ItemKind.SHIPPING, tax_option_id="vat-0")],
    )
    site.gallery.add_payment(sale.id, 500, date=MARCH, method_id="card")
    text = preview(site, made)
    assert "1 would be sent, 0 would wait." in text
    for shown in ("AG-1", "Ada Marsh", "200 Sales", "20% (VAT on Income) (20 %)", "Zero Rated Income (0 %)",
                  "610 Stripe clearing", "Accounts Receivable", "GBP 1,250.00", "GBP 200.00", "GBP 500.00"):
        assert shown in text, shown


def test_debit_and_credit_are_the_same(site):
    made, connection = site.ready()
    for number in range(5):
        sale = site.gallery.add_invoice(date=MARCH, items=[make_item("1", 33 + number), make_item("2", "0.35")])
        site.gallery.add_payment(sale.id, 10, date=MARCH)
    page = site.services.preview.page(site.owner, made.id, "", 1)
    ((currency, postings),) = page.totals
    assert currency == "GBP" and page.sent == 5
    assert sum(p.debit for p in postings) == sum(p.credit for p in postings)
    sold = sum(Decimal(33 + n) + Decimal("0.35") for n in range(5))
    assert sum(p.credit for p in postings if p.account == "200 Sales") == sold
    assert sum(p.tax for p in postings) == sum(p.credit for p in postings if p.account == "Tax")


def test_who_the_buyer_is_in_xero_and_why(site):
    made, connection = site.ready()
    site.gallery.add_invoice(date=MARCH, contact=make_contact("c-1", "Ada", "Marsh", email=""))
    site.gallery.add_invoice(date=MARCH, contact=make_contact("c-2", "Bea", "Stone", email=""))
    assert "looked up in Xero with the next sync" in preview(site, made)
    with site.units.write() as uow:
        uow.contacts.mirror(OURS, connection.tenant_id, [XeroContact("e-1", "Ada Marsh")])
        uow.connections.contacts_read(connection.id, uow.now())
        uow.commit()
    text = preview(site, made)
    assert "same name, and nobody else has it" in text
    assert "new in Xero, as Bea Stone" in text


def test_what_waits_and_why(site):
    made, connection = site.ready()
    locked = site.gallery.add_invoice(date=dt.date(2026, 1, 20))  # the books are locked up to 31 January
    with site.units.read() as uow:
        assert uow.reference.get(OURS, connection.tenant_id).organisation.lock_date == dt.date(2026, 1, 31)
    text = preview(site, made)
    assert "The month is closed" in text and f"AG-{locked.number}" in text
    assert "0 would be sent, 1 would wait." in text


def test_a_method_without_an_account_holds_its_payment_and_not_the_invoice(site):
    made, _ = site.ready()
    sale = site.gallery.add_invoice(date=MARCH)
    site.gallery.add_payment(sale.id, 10, method_id="elsewhere")
    text = preview(site, made)
    assert "1 would be sent" in text and "No bank account for this payment method" in text


def test_an_invoice_of_nothing_is_nothing_to_send(site):
    made, connection = site.ready()
    gift = site.gallery.add_invoice(date=MARCH, items=[make_item("1", 0)])
    assert "Nothing to send" in preview(site, made)
    site.document(connection, gift.number, local_id=gift.id, natural_key=f"AG-{gift.number}",
                  state=DocumentState.SKIPPED, reason_code="zero_total", reason_facts={"number": "AG-1"})
    text = preview(site, made)
    assert "Nothing to send" in text and "invoice in all" not in text and "Waits by itself" not in text


def test_what_was_sent_or_put_aside_by_a_person_is_not_in_it(site):
    made, connection = site.ready()
    sent, never = site.gallery.add_invoice(date=MARCH), site.gallery.add_invoice(date=MARCH)
    done = site.document(connection, sent.number, local_id=sent.id, state=DocumentState.PENDING)
    site.move(done, DocumentState.DONE, xero_id=XERO_ID)
    site.document(connection, never.number, local_id=never.id, natural_key=f"AG-{never.number}",
                  state=DocumentState.SKIPPED, reason_code="never_send", reason_facts={"number": "AG-2"})
    assert "Nothing to send" in preview(site, made)


def test_without_copy_all_only_new_invoices_are_in_it(site):
    made, _ = site.ready(copy_existing=False)
    site.gallery.add_invoice(date=MARCH)
    assert "Nothing to send" in preview(site, made)


def test_months_and_pages(site):
    made, _ = site.ready()
    for number in range(25):
        site.gallery.add_invoice(date=MARCH)
    site.gallery.add_invoice(date=dt.date(2026, 4, 1))
    first = preview(site, made)
    assert "26 invoices in all" in first and "Page 1 of 2" in first and first.count("<details") == 20
    assert preview(site, made, page="2").count("<details") == 5
    assert preview(site, made, month="2026-04").count("<details") == 1
    assert preview(site, made, month="nonsense", page="-1").count("<details") == 20
    assert preview(site, made, page="999").count("<details") == 5, "the last page there is"


def test_a_month_that_is_too_large_to_be_decided_at_once_is_shown_in_parts(site, monkeypatch):
    monkeypatch.setattr("galleria_xero_plugin.services.preview.DECIDED_AT_MOST", 20)
    made, _ = site.ready()
    for number in range(25):
        site.gallery.add_invoice(date=MARCH)
    first, second = preview(site, made), preview(site, made, page="2")
    assert "its invoices 1 to 20 of 25" in first and "20 would be sent" in first and "Page 1 of 2" in first
    assert "The next ones" in first and "The next ones" not in second
    assert "its invoices 21 to 25 of 25" in second and "5 would be sent" in second and second.count("<details") == 5


def test_a_payment_by_credit_that_the_sync_will_use_is_shown_as_such_and_not_as_waiting(site, monkeypatch):
    made, connection = site.ready()
    methods = site.gallery.payment_methods(OURS)
    by_credit = PaymentMethod("credit", "Client's credit", MethodKind.CREDIT)
    monkeypatch.setattr(site.gallery, "payment_methods", lambda gallery_id: (*methods, by_credit))
    invoice = site.gallery.add_invoice(date=MARCH)
    site.gallery.add_payment(invoice.id, 100, method_id="credit", date=MARCH)
    waits = preview(site, made)
    assert "Paid by a credit" in waits and "By the client" not in waits
    note = site.document(connection, 3, DocumentKind.CREDIT_NOTE, state=DocumentState.PENDING,
                         contact_name=contact_name(invoice.contact), amount=Decimal(500))  # fmt: skip
    site.move(note, DocumentState.DONE, xero_id="f0000000-0000-4000-8000-000000000077")
    used = preview(site, made)
    assert "Paid by a credit" not in used and "The sync uses a credit note of the client" in used


def test_an_old_small_plan_is_told(site):
    made, connection = site.ready()
    for number in range(21):
        site.gallery.add_invoice(date=MARCH)
    with site.units.write() as uow:
        data = reference(uow.now())
        object.__setattr__(data.organisation, "plan", "STARTER")
        uow.reference.put(OURS, connection.tenant_id, data)
        uow.commit()
    assert "Your Xero plan (STARTER) approves 20 sales invoices a month; this month has 21." in preview(site, made)


def test_looking_at_a_thousand_asks_little(site):
    made, _ = site.ready()
    for number in range(300):
        site.gallery.add_invoice(date=MARCH + dt.timedelta(days=number % 90))
    site.gallery.calls.clear()
    preview(site, made)
    assert site.gallery.calls["invoices"] == 1 and site.gallery.calls["invoice_index"] == 1
    assert site.bell.rung == []


# -- already in your books


@pytest.fixture
def asked(site):
    """A webservice with one open question: (webservice, connection, document id, id in Xero)."""
    made, connection = site.ready()
    sale = site.gallery.add_invoice(date=MARCH)
    document = site.document(connection, sale.number, local_id=sale.id, state=DocumentState.CONFLICT,
                             reason_code="maybe_in_books", reason_facts={"number": "AG-1", "other": "INV-0007"})
    return made, connection, document, site.question(document, connection)


def test_the_articles_warning_stands_until_xeros_invoices_were_read(site):
    made, connection = site.ready()
    browser = site.browser()
    assert "or they would count twice" in browser.get(f"/xero/{made.id}/edit").text
    assert "invoices were not read yet" in browser.get(f"/xero/{made.id}/books").text
    site.question(site.document(connection), connection)
    assert "or they would stand there twice" not in browser.get(f"/xero/{made.id}/edit").text
    assert "were read" in browser.get(f"/xero/{made.id}/books").text


def test_both_sides_stand_beside_each_other(site, asked):
    made, _, document, xero_id = asked
    text = site.browser("viewer").get(f"/xero/{made.id}/books").text.replace("\u00a0", " ")
    for shown in ("AG-1", "INV-0007", "Ada Marsh", "A. Marsh", "2 Mar 2026", "9 Mar 2026", "GBP 1,234.50",
                  "46 of them."):
        assert shown in text, shown
    assert "<button" not in text.split("<h1>")[1], "who may only look decides nothing"
    assert "One invoice may stand in your books already" in site.browser().get("/xero/").text


@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize(("answer", "state", "code"), [
    ("link", DocumentState.DONE, None),
    ("never", DocumentState.SKIPPED, "never_send"),
    ("different", DocumentState.PENDING, None),
])
def test_each_answer(site, asked, answer, state, code, bulk):
    made, connection, document, xero_id = asked
    browser = site.browser()
    browser.get(f"/xero/{made.id}/books")
    pair = f"{document}:{xero_id}"
    fields = {"answer": answer, "pair": pair} if bulk else {"answer": f"{answer}/{pair}"}
    answered = browser.post(f"/xero/{made.id}/books", fields)
    assert "/runs/" in answered.location, "nothing is left to decide, so a sync starts"
    with site.units.read() as uow:
        row = uow.ledger.get(OURS, document)
    assert row.state is state
    assert row.reason_code == code or state is DocumentState.PENDING


def test_nothing_ticked_and_nonsense(site, asked):
    made, _, document, xero_id = asked
    browser = site.browser()
    browser.get(f"/xero/{made.id}/books")
    before = site.rows()
    assert "Please tick" in browser.follow(browser.post(f"/xero/{made.id}/books", {"answer": "link"})).text
    for fields in ({"answer": "steal"}, {"answer": "link/1:2"}, {"answer": "link", "pair": "x"}, {"answer": "taken"}):
        assert browser.post(f"/xero/{made.id}/books", fields).status_code == 404
    assert site.rows() == before


def test_a_question_that_was_not_asked_cannot_be_answered(site, asked):
    made, _, document, xero_id = asked
    browser = site.browser()
    browser.get(f"/xero/{made.id}/books")
    answer = browser.post(f"/xero/{made.id}/books", {"answer": f"link/{document}:{XERO_ID[:-4]}9999"})
    assert "decided already" in browser.follow(answer).text
    with site.units.read() as uow:
        assert uow.ledger.get(OURS, document).state is DocumentState.CONFLICT


@pytest.mark.parametrize(("said", "told"), [
    (SalesUntilNow.RECEIPTS, "money received on the bank account"),
    (SalesUntilNow.MONTHLY, "A total cannot be compared"),
    (SalesUntilNow.INVOICES, "Nothing to decide"),
])
def test_how_sales_came_into_xero_until_now_is_asked_and_what_follows_is_said(site, said, told):
    made, _ = site.ready(sales_until_now=said)
    assert told in site.browser().get(f"/xero/{made.id}/books").text


def test_the_answer_to_that_is_kept(site):
    made, _ = site.ready()
    browser = site.browser()
    page = browser.get(f"/xero/{made.id}/edit").text
    assert "How did your sales come into Xero until now?" in page
    browser.post(f"/xero/{made.id}/edit", {"version": "1", "sales_until_now": "monthly", "sync_from": "2026-01-01",
                                            "sales": made.settings.mapping.sales})
    assert site.webservice(made).settings.sales_until_now is SalesUntilNow.MONTHLY


# -- the first run


def test_a_new_webservice_of_the_pages_has_the_net_and_can_do_without(site):
    browser = site.browser()
    browser.get("/xero/new/xero")
    browser.post("/xero/new/xero", {"copy_existing": "y"})
    with site.units.read() as uow:
        (made,) = uow.webservices.of_gallery(OURS)
    assert made.settings.first_five_as_drafts
    page = browser.get(f"/xero/{made.id}/edit").text
    assert "checked" in page.split('name="first_five_as_drafts"')[1].partition(">")[0]
    browser.post(f"/xero/{made.id}/edit", {"version": "1"})
    assert not site.webservice(made).settings.first_five_as_drafts


def test_the_badge_stays_until_it_is_live_and_then_nobody_is_asked_any_more(site):
    made, connection = site.ready(first_five_as_drafts=True)
    browser = site.browser()
    assert "Not live yet" in browser.get("/xero/").text
    with site.units.write() as uow:
        uow.webservices.mark(made.id, first_export=True)
        uow.commit()
    assert "Not live yet" not in browser.get("/xero/").text
    assert "first_five_as_drafts" not in browser.get(f"/xero/{made.id}/edit").text
    browser.post(f"/xero/{made.id}/edit", {"version": "1", "sync_from": "2026-01-01",
                                            "sales": made.settings.mapping.sales})
    assert site.webservice(made).settings.first_five_as_drafts, "what is not asked is not changed"
    assert "this webservice is live" in browser.get(f"/xero/{made.id}/first-run").text


def test_xeros_demo_company_is_called_that(site):
    made, connection = site.ready()
    assert "Demo company" not in site.browser().get("/xero/").text
    with site.units.write() as uow:
        data = reference(uow.now())
        object.__setattr__(data.organisation, "is_demo", True)
        uow.reference.put(OURS, connection.tenant_id, data)
        uow.commit()
    assert "Demo company" in site.browser().get("/xero/").text


def test_approve_and_go_on(site):
    made, connection = site.ready(first_five_as_drafts=True)
    draft = site.document(connection, 5, state=DocumentState.PENDING)
    site.move(draft, DocumentState.DONE, xero_id=XERO_ID, reason=("first_run_draft", {"number": "AG-5"}))
    browser = site.browser()
    assert "Look and go on" in browser.get("/xero/").text
    page = browser.get(f"/xero/{made.id}/first-run").text
    assert "AG-5" in page and "approved in Xero, and everything else is sent as Awaiting payment" in page
    for number in (6, 7):
        site.document(connection, number, state=DocumentState.PENDING)
    assert "2 invoices of together GBP\u00a02,469.00" in browser.get(f"/xero/{made.id}/first-run").text
    assert "Waits until you have looked at the first drafts" in browser.get(f"/xero/{made.id}/activity").text
    run = site.run(connection)
    site.finish(run, RunState.FINISHED)
    assert "Now it is your turn" in browser.get(f"/xero/runs/{run.id}").text
    answer = browser.post(f"/xero/{made.id}/first-run")
    assert "/runs/" in answer.location
    assert not site.webservice(made).settings.first_five_as_drafts
    with site.units.read() as uow:
        assert uow.ledger.get(OURS, draft).reason_code == "first_run_approving"
        assert uow.runs.open_of(connection.id, RunKind.EXPORT).state is RunState.QUEUED
    assert ("export", connection.id) in site.bell.rung
    assert "being approved" in browser.get(f"/xero/{made.id}/first-run").text


def test_going_on_before_the_accounts_are_chosen(site):
    made, _ = site.connected()
    browser = site.browser()
    browser.get(f"/xero/{made.id}/edit")
    assert browser.post(f"/xero/{made.id}/first-run").location.endswith("/edit")


def test_a_payment_row_is_none_of_the_questions(site, asked):
    made, connection, _, _ = asked
    site.document(connection, 9, kind=DocumentKind.PAYMENT)
    assert site.services.lookalikes.page(site.owner, made.id, None).count == 1
