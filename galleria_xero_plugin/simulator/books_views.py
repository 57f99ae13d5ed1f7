"""Pages to look at the books; the deep links of go.xero.com land here (xero-facts.md §4.11)."""

from __future__ import annotations

import flask

from .context import current_world, organisation_or_404
from .core import allocations, books, history
from .core.listing import whole_number
from .core.organisation import Organisation
from .core.tables import Record

blueprint = flask.Blueprint("books", __name__)
ROWS = 100


def money_accounts(org: Organisation) -> list[tuple[str, str]]:
    """Where a payment may go: ids with names."""
    rows = org.table("Accounts").rows.values()
    takes = [row for row in rows if row["Type"] == "BANK" or row["EnablePaymentsToAccount"]]
    return [(row["AccountID"], row["Name"]) for row in takes if row["Status"] == "ACTIVE"]


def _open_credits(org: Organisation, record: Record) -> list[tuple[str, str]]:
    """What the contact of a sales invoice still has to its credit, in the invoice's currency: ids with words."""
    if record["Type"] != "ACCREC":
        return []
    return [
        (row[org.table(kind).key], f"{allocations.name_of(row)}: {row['RemainingCredit']}")
        for kind in allocations.KINDS
        for row in org.table(kind).find("contact", record["Contact"]["ContactID"])
        if row["RemainingCredit"] and row["Status"] == "AUTHORISED"
        if row["CurrencyCode"] == record["CurrencyCode"] and allocations.SIDES[row["Type"]] == "ACCREC"
    ]


def _page_of(rows: list[dict[str, object]]) -> tuple[list[dict[str, object]], int, int]:
    pages = max(1, -(-len(rows) // ROWS))
    number = min(max(whole_number(flask.request.args.get("page")) or 1, 1), pages)
    return rows[(number - 1) * ROWS : number * ROWS], number, pages


@blueprint.get("/")
def home() -> str:
    """All organisations."""
    world = current_world()
    connected = {entry.tenant for entry in world.identity.connections.values()}
    entries = [(org, books.summary(org), org.tenant_id in connected) for org in world.organisations.values()]
    return flask.render_template("simulator/home.html", entries=entries)


@blueprint.get("/books/<tenant>")
def organisation(tenant: str) -> str:
    """One organisation: its invoices, journal and connection."""
    org = organisation_or_404(tenant)
    world = current_world()
    with org.lock:
        invoices = sorted(org.table("Invoices").rows.values(), key=lambda row: row["UpdatedDateUTC"], reverse=True)
        notes = sorted(org.table("CreditNotes").rows.values(), key=lambda row: row["UpdatedDateUTC"], reverse=True)
    shown, number, pages = _page_of(invoices)
    return flask.render_template(
        "simulator/organisation.html",
        org=org,
        people=org.table("Contacts").rows,
        invoices=shown,
        notes=notes[:ROWS],
        number=number,
        pages=pages,
        journal=books.journal(org),
        connections=[entry for entry in world.identity.connections.values() if entry.tenant == org.tenant_id],
    )


@blueprint.get("/books/<tenant>/contacts")
def contacts(tenant: str) -> str:
    """The contacts of an organisation, by name."""
    org = organisation_or_404(tenant)
    with org.lock:
        rows = sorted(org.table("Contacts").rows.values(), key=lambda row: row["Name"].casefold())
    shown, number, pages = _page_of(rows)
    return flask.render_template(
        "simulator/contacts.html", org=org, contacts=shown, number=number, pages=pages, count=len(rows)
    )


@blueprint.get("/app/<shortcode>/invoicing/view/<invoice_id>")
def invoice(shortcode: str, invoice_id: str) -> str:
    """One invoice or credit note with lines, payments and history."""
    org = organisation_or_404(shortcode)
    with org.lock:
        record = org.get("Invoices", invoice_id) or org.get("CreditNotes", invoice_id)
        if record is None:
            flask.abort(404)
        payments = [*org.table("Payments").find("invoice", invoice_id)]
        payments += org.table("Payments").find("credit note", invoice_id)
        rows = [*org.table("Allocations").find("invoice", invoice_id)]
        rows += org.table("Allocations").find("credit note", invoice_id)
        return flask.render_template(
            "simulator/invoice.html",
            org=org,
            record=record,
            number=record.get("InvoiceNumber") or record.get("CreditNoteNumber"),
            contact=org.table("Contacts").rows[record["Contact"]["ContactID"]],
            accounts=org.table("Accounts").rows,
            payments=payments,
            applied=[(row, allocations.source(org, row)[1]) for row in rows if not row["IsDeleted"]],
            name_of=allocations.name_of,
            credits=_open_credits(org, record),
            history=history.of(org, invoice_id),
            banks=money_accounts(org),
            today=current_world().clock.now().date(),
        )


@blueprint.get("/app/<shortcode>/contacts/contact/<contact_id>")
def contact(shortcode: str, contact_id: str) -> str:
    """One contact with its invoices."""
    org = organisation_or_404(shortcode)
    with org.lock:
        record = org.get("Contacts", contact_id)
        if record is None:
            flask.abort(404)
        invoices = org.table("Invoices").find("contact", contact_id)
        people = org.table("Contacts").rows
        others = [(row["ContactID"], row["Name"]) for row in people.values() if row["ContactStatus"] == "ACTIVE"]
        return flask.render_template(
            "simulator/contact.html",
            org=org,
            record=record,
            invoices=invoices,
            banks=money_accounts(org),
            merged=people.get(record.get("MergedToContactID") or ""),
            others=sorted((entry for entry in others if entry[0] != contact_id), key=lambda entry: entry[1].casefold()),
        )


@blueprint.post("/books/<tenant>/disconnect")
def disconnect(tenant: str) -> flask.typing.ResponseReturnValue:
    """The owner removes the app in Xero's own settings."""
    world = current_world()
    org = organisation_or_404(tenant)
    world.identity.disconnect(org.tenant_id)
    world.keep_identity()
    return flask.redirect(flask.url_for(".organisation", tenant=org.tenant_id), 303)
