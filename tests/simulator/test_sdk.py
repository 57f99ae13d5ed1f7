"""Xero's own SDK reads and writes the simulator: its models accept what we answer, ours what it sends."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from xero_python import accounting
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token, TokenApi
from xero_python.exceptions import AccountingBadRequestException
from xero_python.exceptions.http_status_exceptions import HTTPStatusException
from xero_python.identity import IdentityApi

from galleria_xero_plugin.simulator import NORTH_LIGHT
from galleria_xero_plugin.simulator.shortcut import ALL_SCOPES


@pytest.fixture
def tokens(server):
    return server.connect()


@pytest.fixture
def client(server, tokens):
    app = server.world.settings.apps[0]
    held = OAuth2Token(client_id=app.client_id, client_secret=app.client_secret)
    held.update_token(
        **{name: tokens[name] for name in ("access_token", "refresh_token", "token_type", "id_token", "expires_in")},
        scope=tokens["scope"].split(),
        expires_at=server.world.clock.now().timestamp() + 1800 + 10 * 365 * 86_400,
    )
    configuration = Configuration()
    configuration.oauth2_token = held  # the constructor hands out copies of the first one ever made
    made = ApiClient(
        configuration,
        pool_threads=1,
        oauth2_token_getter=lambda: dict(tokens),
        oauth2_token_saver=lambda token: None,
    )
    yield made
    # The SDK leaves its pool of connections and its thread pool to the garbage collector.
    made.rest_client.pool_manager.clear()


@pytest.fixture
def api(server, client):
    return accounting.AccountingApi(client, base_url=f"{server.url}/api.xro/2.0")


def an_invoice(**members):
    line = accounting.LineItem(description="Etching", quantity=1.0, unit_amount=541.25, account_code="200")
    return accounting.Invoice(
        **{
            "type": "ACCREC",
            "contact": accounting.Contact(name="Anna Fischer"),
            "date": date(2026, 11, 20),
            "due_date": date(2026, 12, 20),
            "status": "AUTHORISED",
            "line_amount_types": accounting.LineAmountTypes("Inclusive"),
            "line_items": [line],
            **members,
        }
    )


def test_organisation_accounts_and_rates(api):
    about = api.get_organisations(NORTH_LIGHT).organisations[0]
    assert (about.name, about.base_currency.value, about.short_code) == ("North Light Gallery", "GBP", "!n0rth")
    actions = api.get_organisation_actions(NORTH_LIGHT).actions
    assert actions
    accounts = api.get_accounts(NORTH_LIGHT, where='Status=="ACTIVE" AND Type=="BANK"').accounts
    assert {account.name for account in accounts} >= {"Gallery Bank Account", "Savings", "PayPal"}
    rates = api.get_tax_rates(NORTH_LIGHT).tax_rates
    assert {rate.tax_type: rate.effective_rate for rate in rates}["OUTPUT2"] == 20
    assert [theme.name for theme in api.get_branding_themes(NORTH_LIGHT).branding_themes] == ["Standard", "Art fair"]
    assert api.get_tracking_categories(NORTH_LIGHT).tracking_categories[0].options[0].name == "Ada Marsh"
    assert [currency.code.value for currency in api.get_currencies(NORTH_LIGHT).currencies] == ["GBP", "EUR", "USD"]


def test_contacts_in_pages(api):
    seen = []
    for page in (1, 2, 3):
        found = api.get_contacts(NORTH_LIGHT, page=page, page_size=10, order="Name ASC", include_archived=True)
        assert found.pagination.item_count == 27
        seen += [contact.name for contact in found.contacts]
    assert len(seen) == 27 and seen == sorted(seen, key=str.casefold)


def test_contacts_written_and_read(api):
    sent = accounting.Contact(
        name="Clara Vance",
        email_address="clara@example.com",
        phones=[accounting.Phone(phone_type="MOBILE", phone_number="07700 900001")],
        addresses=[accounting.Address(address_type="STREET", address_line1="1 Quay", city="Bristol")],
    )
    made = api.create_contacts(NORTH_LIGHT, accounting.Contacts(contacts=[sent])).contacts[0]
    read = api.get_contact(NORTH_LIGHT, made.contact_id).contacts[0]
    assert (read.name, read.email_address, read.contact_status) == ("Clara Vance", "clara@example.com", "ACTIVE")
    assert read.addresses[0].city == "Bristol" and read.updated_date_utc.year == 2026
    with pytest.raises(AccountingBadRequestException) as refusal:
        api.create_contacts(NORTH_LIGHT, accounting.Contacts(contacts=[sent]))
    assert "already assigned to another contact" in refusal.value.reason


def test_invoices_written_and_read(api):
    made = api.create_invoices(NORTH_LIGHT, accounting.Invoices(invoices=[an_invoice(invoice_number="GAL-1")]))
    read = api.get_invoice(NORTH_LIGHT, made.invoices[0].invoice_id).invoices[0]
    assert [str(sum_) for sum_ in (read.total, read.total_tax, read.sub_total)] == ["541.25", "90.21", "451.04"]
    assert (read.date, read.due_date, read.status) == (date(2026, 11, 20), date(2026, 12, 20), "AUTHORISED")
    assert read.line_items[0].tax_type == "OUTPUT2" and read.contact.name == "Anna Fischer"
    found = api.get_invoices(NORTH_LIGHT, invoice_numbers=["GAL-1"], page=1).invoices
    assert [invoice.invoice_id for invoice in found] == [read.invoice_id]
    since = api.get_invoices(NORTH_LIGHT, if_modified_since=datetime(2026, 11, 23, 10, tzinfo=UTC)).invoices
    assert [invoice.invoice_number for invoice in since] == ["GAL-1"]


def test_errors_per_element(api):
    both = accounting.Invoices(invoices=[an_invoice(invoice_number="A"), an_invoice(invoice_number="A")])
    good, bad = api.create_invoices(NORTH_LIGHT, both, summarize_errors=False).invoices
    assert (good.status_attribute_string, bad.status_attribute_string, bad.has_errors) == ("OK", "ERROR", True)
    assert bad.validation_errors[0].message == "Invoice # must be unique."


def test_voiding(api):
    made = api.create_invoices(NORTH_LIGHT, accounting.Invoices(invoices=[an_invoice()])).invoices[0]
    void = accounting.Invoices(invoices=[accounting.Invoice(status="VOIDED")])
    assert api.update_invoice(NORTH_LIGHT, made.invoice_id, void).invoices[0].status == "VOIDED"


def test_payments_and_their_deletion(api):
    made = api.create_invoices(NORTH_LIGHT, accounting.Invoices(invoices=[an_invoice()])).invoices[0]
    sent = accounting.Payment(
        invoice=accounting.Invoice(invoice_id=made.invoice_id),
        account=accounting.Account(code="090"),
        date=date(2026, 11, 21),
        amount=541.25,
        reference="Card",
    )
    payment = api.create_payment(NORTH_LIGHT, sent).payments[0]
    assert (payment.status, payment.payment_type, payment.date) == ("AUTHORISED", "ACCRECPAYMENT", date(2026, 11, 21))
    paid = api.get_invoice(NORTH_LIGHT, made.invoice_id).invoices[0]
    assert (paid.status, paid.fully_paid_on_date) == ("PAID", date(2026, 11, 21))
    where = f'Invoice.InvoiceID==guid("{made.invoice_id}")'
    assert api.get_payments(NORTH_LIGHT, where=where, page=1).payments[0].reference == "Card"
    gone = accounting.PaymentDelete(status="DELETED")
    assert api.delete_payment(NORTH_LIGHT, payment.payment_id, gone).payments[0].status == "DELETED"
    assert api.get_invoice(NORTH_LIGHT, made.invoice_id).invoices[0].amount_due == 541.25


def test_credit_notes_and_allocations(api):
    made = api.create_invoices(NORTH_LIGHT, accounting.Invoices(invoices=[an_invoice()])).invoices[0]
    note = accounting.CreditNote(
        type="ACCRECCREDIT",
        contact=accounting.Contact(name="Anna Fischer"),
        date=date(2026, 11, 21),
        status="AUTHORISED",
        line_amount_types=accounting.LineAmountTypes("Inclusive"),
        line_items=[accounting.LineItem(description="Return", quantity=1.0, unit_amount=100.0, account_code="200")],
    )
    credit = api.create_credit_notes(NORTH_LIGHT, accounting.CreditNotes(credit_notes=[note])).credit_notes[0]
    allocation = accounting.Allocation(
        invoice=accounting.Invoice(invoice_id=made.invoice_id), amount=100.0, date=date(2026, 11, 21)
    )
    allocations = accounting.Allocations(allocations=[allocation])
    done = api.create_credit_note_allocation(NORTH_LIGHT, credit.credit_note_id, allocations).allocations[0]
    assert done.amount == 100.0
    assert api.get_invoice(NORTH_LIGHT, made.invoice_id).invoices[0].amount_due == 441.25


def test_a_credit_note_in_full(api):
    """Created, read, allocated, taken back, refunded, the refund deleted, voided: all through the SDK's models."""
    made = api.create_invoices(NORTH_LIGHT, accounting.Invoices(invoices=[an_invoice()])).invoices[0]
    line = accounting.LineItem(description="Return", quantity=1.0, unit_amount=100.0, account_code="200")
    note = accounting.CreditNote(
        type="ACCRECCREDIT",
        contact=accounting.Contact(contact_id=made.contact.contact_id),
        date=date(2026, 11, 21),
        credit_note_number="CN-9",
        reference="Return of GAL-9",
        line_amount_types=accounting.LineAmountTypes("Inclusive"),
        line_items=[line],
    )
    draft = api.create_credit_notes(NORTH_LIGHT, accounting.CreditNotes(credit_notes=[note])).credit_notes[0]
    assert (draft.status, draft.remaining_credit, draft.credit_note_number) == ("DRAFT", 100.0, "CN-9")
    approve = accounting.CreditNotes(credit_notes=[accounting.CreditNote(status="AUTHORISED")])
    credit = api.update_credit_note(NORTH_LIGHT, draft.credit_note_id, approve).credit_notes[0]
    assert (credit.status, credit.line_items[0].line_item_id) == ("AUTHORISED", draft.line_items[0].line_item_id)

    allocation = accounting.Allocation(
        invoice=accounting.Invoice(invoice_id=made.invoice_id), amount=60.0, date=date(2026, 11, 21)
    )
    wanted = accounting.Allocations(allocations=[allocation])
    done = api.create_credit_note_allocation(NORTH_LIGHT, credit.credit_note_id, wanted).allocations[0]
    read = api.get_credit_note(NORTH_LIGHT, credit.credit_note_id).credit_notes[0]
    assert (read.remaining_credit, read.allocations[0].allocation_id) == (40.0, done.allocation_id)
    invoice = api.get_invoice(NORTH_LIGHT, made.invoice_id).invoices[0]
    assert (invoice.amount_credited, invoice.credit_notes[0].credit_note_number) == (60.0, "CN-9")
    gone = api.delete_credit_note_allocations(NORTH_LIGHT, credit.credit_note_id, done.allocation_id)
    assert gone.is_deleted and gone.amount == 60.0

    refund = accounting.Payment(
        credit_note=accounting.CreditNote(credit_note_id=credit.credit_note_id),
        account=accounting.Account(code="090"),
        date=date(2026, 11, 22),
        amount=100.0,
    )
    paid = api.create_payment(NORTH_LIGHT, refund).payments[0]
    assert paid.payment_type == "ARCREDITPAYMENT"
    read = api.get_credit_note(NORTH_LIGHT, credit.credit_note_id).credit_notes[0]
    assert (read.status, read.payments[0].amount) == ("PAID", 100.0)
    api.delete_payment(NORTH_LIGHT, paid.payment_id, accounting.PaymentDelete(status="DELETED"))
    void = accounting.CreditNotes(credit_notes=[accounting.CreditNote(status="VOIDED")])
    assert api.update_credit_note(NORTH_LIGHT, credit.credit_note_id, void).credit_notes[0].status == "VOIDED"
    notes = accounting.HistoryRecords(history_records=[accounting.HistoryRecord(details="Sent by mistake")])
    api.create_credit_note_history(NORTH_LIGHT, credit.credit_note_id, notes)
    seen = api.get_credit_note_history(NORTH_LIGHT, credit.credit_note_id).history_records
    assert seen[0].details == "Sent by mistake"


def test_an_edit_keeps_the_line_it_names(api):
    made = api.create_invoices(NORTH_LIGHT, accounting.Invoices(invoices=[an_invoice()])).invoices[0]
    known = made.line_items[0].line_item_id
    lines = [
        accounting.LineItem(line_item_id=known, unit_amount=500.0),
        accounting.LineItem(description="Frame", quantity=1.0, unit_amount=41.25, account_code="210"),
    ]
    edit = accounting.Invoices(invoices=[accounting.Invoice(line_items=lines)])
    changed = api.update_invoice(NORTH_LIGHT, made.invoice_id, edit).invoices[0]
    assert changed.line_items[0].line_item_id == known and len(changed.line_items) == 2
    assert str(changed.total) == "541.25"


def test_overpayments_and_prepayments(api, server):
    nora = server.world.bookkeeper()
    credit = nora.overpay("Anna Fischer", 60)
    nora.prepay("Anna Fischer", 30)
    assert api.get_prepayments(NORTH_LIGHT).prepayments[0].remaining_credit == 30.0
    over = api.get_overpayments(NORTH_LIGHT).overpayments[0]
    assert (over.overpayment_id, over.type, over.remaining_credit) == (
        credit["OverpaymentID"],
        "RECEIVE-OVERPAYMENT",
        60.0,
    )
    made = api.create_invoices(NORTH_LIGHT, accounting.Invoices(invoices=[an_invoice()])).invoices[0]
    allocation = accounting.Allocation(
        invoice=accounting.Invoice(invoice_id=made.invoice_id), amount=60.0, date=date(2026, 11, 21)
    )
    wanted = accounting.Allocations(allocations=[allocation])
    api.create_overpayment_allocations(NORTH_LIGHT, over.overpayment_id, wanted)
    read = api.get_invoice(NORTH_LIGHT, made.invoice_id).invoices[0]
    assert (str(read.amount_due), read.overpayments[0].applied_amount) == ("481.25", 60.0)


def test_merged_contacts_and_locked_periods(api, server):
    nora = server.world.bookkeeper()
    gone = nora.merge_contacts("Anna Fischer", "Anne Fisher")
    read = api.get_contact(NORTH_LIGHT, gone["ContactID"]).contacts[0]
    assert (read.contact_status, read.merged_to_contact_id) == ("ARCHIVED", gone["MergedToContactID"])
    nora.lock(period="2026-11-30")
    assert api.get_organisations(NORTH_LIGHT).organisations[0].period_lock_date == date(2026, 11, 30)
    with pytest.raises(AccountingBadRequestException) as refusal:
        api.create_invoices(NORTH_LIGHT, accounting.Invoices(invoices=[an_invoice()]))
    assert "period lock date" in str(refusal.value.error_data)


def test_history_notes(api):
    made = api.create_invoices(NORTH_LIGHT, accounting.Invoices(invoices=[an_invoice()])).invoices[0]
    notes = accounting.HistoryRecords(history_records=[accounting.HistoryRecord(details="Exported")])
    assert api.create_invoice_history(NORTH_LIGHT, made.invoice_id, notes).history_records[0].details == "Exported"
    assert api.get_invoice_history(NORTH_LIGHT, made.invoice_id).history_records[0].changes == "Note"


def test_connections(server, client):
    found = IdentityApi(client, base_url=server.url).get_connections()
    assert [entry.tenant_name for entry in found] == ["North Light Gallery"]
    IdentityApi(client, base_url=server.url).delete_connection(found[0].id)
    assert server.world.identity.connections == {}


def test_refreshing_with_the_sdk(server, client, tokens, monkeypatch):
    monkeypatch.setattr(TokenApi, "refresh_token_url", f"{server.url}/connect/token")
    held = client.configuration.oauth2_token
    assert held.refresh_access_token(client)
    assert held.access_token != tokens["access_token"] and ALL_SCOPES.split()[0] in held.scope
    held.refresh_token = "nonsense"
    with pytest.raises(HTTPStatusException, match="invalid_grant"):
        held.refresh_access_token(client)
