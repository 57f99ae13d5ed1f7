"""What a person does in Xero itself, from the pages: forms in front of ``core.bookkeeper``.

Every form posts to ``/books/<tenant>/desk/<deed>`` with the id of the record it is about as ``of``; afterwards the
browser is back on the page of that record. What Xero would refuse is said on a page of its own, and nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import flask
from werkzeug.datastructures import MultiDict

from .context import current_world, organisation_or_404
from .core.bookkeeper import Bookkeeper
from .core.errors import Invalid, Refused
from .core.organisation import Organisation
from .core.tables import Record

blueprint = flask.Blueprint("desk", __name__)
Form = MultiDict[str, str]
NEW_LINES = 3
TYPE_NAMES = {
    "CURRENT": "Current asset", "FIXED": "Fixed asset", "NONCURRENT": "Non-current asset",
    "CURRLIAB": "Current liability", "TERMLIAB": "Non-current liability", "DEPRECIATN": "Depreciation",
    "DIRECTCOSTS": "Direct costs", "OTHERINCOME": "Other income", "PAYG": "PAYG liability",
}  # fmt: skip


@blueprint.before_app_request
def only_our_pages() -> None:
    """A form on somebody else's page must not keep these books: browsers say where a request comes from."""
    if flask.request.method == "POST" and flask.request.blueprint in {"desk", "books"}:
        if flask.request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
            flask.abort(403)


@blueprint.get("/books/<tenant>/accounts")
def accounts(tenant: str) -> str:
    """The chart of accounts."""
    org = organisation_or_404(tenant)
    with org.lock:
        rows = sorted(org.table("Accounts").rows.values(), key=lambda row: (row.get("Code", ""), row["Name"]))
        rates = dict(org.table("TaxRates").rows)
    return flask.render_template("simulator/accounts.html", org=org, accounts=rows, rates=rates, types=TYPE_NAMES)


@blueprint.get("/books/<tenant>/settings")
def settings(tenant: str) -> str:
    """Tax rates, currencies and lock dates."""
    org = organisation_or_404(tenant)
    with org.lock:
        rates = [*org.table("TaxRates").rows.values()]
        currencies = [*org.table("Currencies").rows.values()]
        themes = [row for row in org.table("BrandingThemes").rows.values() if not row.get("_deleted")]
        tracking = [*org.table("TrackingCategories").rows.values()]
    return flask.render_template(
        "simulator/settings.html", org=org, rates=rates, currencies=currencies, themes=themes, tracking=tracking
    )


@blueprint.get("/books/<tenant>/new-invoice")
def new_invoice(tenant: str) -> str:
    """Type in a sales invoice."""
    org = organisation_or_404(tenant)
    return flask.render_template(
        "simulator/new_invoice.html", org=org, today=current_world().clock.now().date(), lines=range(NEW_LINES),
        contact=flask.request.args.get("contact", ""), **choices(org),
    )  # fmt: skip


@blueprint.get("/books/<tenant>/edit-invoice/<invoice_id>")
def edit_invoice(tenant: str, invoice_id: str) -> str:
    """Change an invoice's dates, reference and lines."""
    org = organisation_or_404(tenant)
    record = org.get("Invoices", invoice_id)
    if record is None:
        flask.abort(404)
    return flask.render_template("simulator/edit_invoice.html", org=org, record=record, **choices(org))


def choices(org: Organisation) -> dict[str, Any]:
    """What a form about money lets a person choose from."""
    with org.lock:
        active = [row for row in org.table("Accounts").rows.values() if row["Status"] == "ACTIVE"]
        taxes, currencies = org.table("TaxRates").rows.values(), org.table("Currencies").rows.values()
        return {
            "income": [(row["Code"], f"{row['Code']} {row['Name']}") for row in active if row["Class"] == "REVENUE"],
            "rates": [(row["TaxType"], row["Name"]) for row in taxes if row["Status"] == "ACTIVE"],
            "currencies": [(row["Code"], row["Code"]) for row in currencies if not row.get("_disabled")],
            "people": sorted(
                (row for row in org.table("Contacts").rows.values() if row["ContactStatus"] == "ACTIVE"),
                key=lambda row: row["Name"].casefold(),
            ),
        }


def _entered(nora: Bookkeeper, form: Form, _org: Organisation) -> Record:
    columns = [form.getlist(name) for name in ("description", "quantity", "price", "account", "tax")]
    lines = [
        {
            "Description": words, "Quantity": quantity or "1", "UnitAmount": price or "0", "AccountCode": account,
            **({"TaxType": tax} if tax else {}),
        }
        for words, quantity, price, account, tax in zip(*columns, strict=False)
        if words.strip()
    ]  # fmt: skip
    members = {
        name: form[name]
        for name in ("InvoiceNumber", "Reference", "Date", "DueDate", "CurrencyCode", "LineAmountTypes", "Status")
        if form.get(name)
    }
    return nora.enter_invoice(form.get("contact", "").strip(), lines, **members)


def _edited(nora: Bookkeeper, form: Form, org: Organisation) -> Record:
    """Only what differs is sent on: repeating what stands there is no edit."""
    record = org.get("Invoices", form["of"])
    if record is None:
        flask.abort(404)
    members: dict[str, Any] = {
        name: form[name]
        for name in ("Reference", "Date", "DueDate")
        if name in form and form[name] != _written(record.get(name))
    }
    lines = [_edited_line(line, form) for line in record["LineItems"]]
    if any(len(line) > 1 for line in lines):
        members["LineItems"] = lines
    return nora.edit_invoice(form["of"], **members) if members else record


def _edited_line(line: Record, form: Form) -> Record:
    names = {"Description": "description", "UnitAmount": "price", "AccountCode": "account", "TaxType": "tax"}
    sent: Record = {"LineItemID": line["LineItemID"]}
    for member, name in names.items():
        value = form.get(f"{name}-{line['LineItemID']}")
        if value is not None and value != _written(line.get(member)):
            sent[member] = value.replace("\r\n", "\n")
    if sent.keys().isdisjoint({"UnitAmount", "AccountCode", "TaxType"}) and len(sent) > 1:
        sent["TaxAmount"] = line["TaxAmount"]  # other words do not tax anew
    return sent


def _written(value: date | Decimal | str | None) -> str:
    """A stored value as the form showed it; browsers send line ends their own way."""
    return "" if value is None else str(value).replace("\n", "\r\n")


def _paid(nora: Bookkeeper, form: Form, _org: Organisation) -> Record:
    more = {"date": form.get("date"), "reference": form.get("reference"), "reconciled": "reconciled" in form}
    return nora.pay(form["of"], form.get("amount") or None, form["account"], **more)


def _received(nora: Bookkeeper, form: Form, _org: Organisation) -> Record:
    receive = nora.prepay if form["kind"] == "prepayment" else nora.overpay
    return receive(form["of"], form["amount"], form["account"])


def _tracking(nora: Bookkeeper, form: Form, _org: Organisation) -> Record:
    return nora.archive_tracking(form["of"], form.get("option") or None, form["to"])


def _locked(nora: Bookkeeper, form: Form, _org: Organisation) -> Record:
    return nora.lock(period=form.get("period") or None, year_end=form.get("year_end") or None)


def _contact_edited(nora: Bookkeeper, form: Form, _org: Organisation) -> Record:
    return nora.edit_contact(form["of"], Name=form["name"], EmailAddress=form["email"])


DEEDS: dict[str, tuple[str, Callable[[Bookkeeper, Form, Organisation], Record]]] = {
    # name: (the page to return to, what is done)
    "enter-invoice": ("invoice", _entered),
    "edit-invoice": ("invoice", _edited),
    "void": ("invoice", lambda nora, form, org: nora.void(form["of"])),
    "write-off": ("invoice", lambda nora, form, org: nora.write_off(form["of"])),
    "pay": ("invoice", _paid),
    "delete-payment": ("invoice", lambda nora, form, org: nora.delete_payment(form["payment"])),
    "reconcile": ("invoice", lambda nora, form, org: nora.reconcile(form["payment"], form["to"] == "yes")),
    "allocate": ("invoice", lambda nora, form, org: nora.allocate(form["credit"], form["of"], form["amount"])),
    "take-back": ("invoice", lambda nora, form, org: nora.take_back(form["allocation"])),
    "edit-contact": ("contact", _contact_edited),
    "contact-status": ("contact", lambda nora, form, org: nora.edit_contact(form["of"], ContactStatus=form["to"])),
    "merge": ("contact", lambda nora, form, org: nora.merge_contacts(form["of"], form["into"])),
    "receive": ("contact", _received),
    "account-status": ("accounts", lambda nora, form, org: nora.edit_account(form["of"], Status=form["to"])),
    "tax-rate-status": ("settings", lambda nora, form, org: nora.change_tax_rate(form["of"], Status=form["to"])),
    "enable-currency": ("settings", lambda nora, form, org: nora.enable_currency(form["of"])),
    "disable-currency": ("settings", lambda nora, form, org: nora.disable_currency(form["of"])),
    "tracking": ("settings", _tracking),
    "delete-theme": ("settings", lambda nora, form, org: nora.delete_theme(form["of"])),
    "lock": ("settings", _locked),
}


@blueprint.post("/books/<tenant>/desk/<deed>")
def act(tenant: str, deed: str) -> flask.typing.ResponseReturnValue:
    """Do one thing, and show where it was done; or say why Xero does not let it be done."""
    org = organisation_or_404(tenant)
    if deed not in DEEDS:
        flask.abort(404)
    page, do = DEEDS[deed]
    form = flask.request.form
    try:
        done = do(current_world().bookkeeper(org.tenant_id), form, org)
    except (Invalid, Refused, ValueError) as refusal:
        words = refusal.messages if isinstance(refusal, Invalid) else [_plain(refusal)]
        return flask.render_template("simulator/not_done.html", org=org, messages=words), 400
    return flask.redirect(_address(org, page, form.get("of") or done.get("InvoiceID", "")), 303)


def _plain(refusal: Exception) -> str:
    return str(refusal) if isinstance(refusal, ValueError) else "A field is empty, or is no date, number or record."


def _address(org: Organisation, page: str, record: str) -> str:
    if page in {"accounts", "settings"}:
        return flask.url_for(f"desk.{page}", tenant=org.tenant_id)
    return flask.url_for(f"books.{page}", shortcode=org.about["ShortCode"], **{f"{page}_id": record})
