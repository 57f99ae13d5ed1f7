"""The invoices: list, page, and small forms to issue, edit, pay, cancel and delete one."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from wtforms import DateField, DecimalField, SelectField, StringField, SubmitField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from . import invoicing
from .models import NOTHING, Artwork, Contact, Invoice, Item, Method, Payment, Tax, db
from .pages import listed, mine, sees_sales

try:
    from wtforms.fields import SelectChoice as choice
except ImportError:  # WTForms before 3.3 takes pairs

    def choice(value: Any, label: str) -> Any:
        return value, label


bp = Blueprint("invoices", __name__, url_prefix="/invoices")
KINDS = {"artwork": "Artwork", "custom": "Custom", "framing": "Framing", "shipping": "Shipping", "portal": "Portal fee"}
MODES = {"exclusive": "added on top", "inclusive": "included in the price", "none": "no tax"}
CURRENCIES = ["GBP", "EUR", "USD"]
MOST = Decimal("99999999.99")


def amount(label: str, *more: Any, lowest: Decimal = NOTHING, **options: Any) -> DecimalField:
    """A field for money: exact, two places, not negative."""
    checks = [*more, NumberRange(min=lowest, max=MOST)]
    return DecimalField(label, checks, places=2, render_kw={"inputmode": "decimal"}, **options)


class NewInvoice(FlaskForm):
    """One line is enough to play with."""

    contact = SelectField("Contact", coerce=int)
    date = DateField("Date", [InputRequired()])
    currency = SelectField("Currency", choices=CURRENCIES)
    tax_mode = SelectField("Tax is", choices=[choice(*pair) for pair in MODES.items()])
    kind = SelectField("Kind", choices=[choice(*pair) for pair in KINDS.items()])
    artwork = SelectField("Artwork", coerce=int)
    description = StringField("Description", [Length(max=2000)])
    quantity = DecimalField("Quantity", [InputRequired(), NumberRange(min=Decimal("0.01"), max=9999)], default=1)
    price = amount("Price", InputRequired())
    discount = DecimalField("Discount %", [Optional(), NumberRange(min=0, max=100)], places=2)
    tax = SelectField("Tax option", coerce=int)
    reference = StringField("Reference", [Length(max=200)])
    submit = SubmitField("Issue invoice")


class EditInvoice(FlaskForm):
    """What of an invoice can be corrected here; each line's price is added by `edit_form`."""

    date = DateField("Date", [InputRequired()])
    due_date = DateField("Due date", [Optional()])
    reference = StringField("Reference", [Length(max=200)])
    notes = TextAreaField("Notes", [Length(max=4000)])
    submit = SubmitField("Save invoice")


class NewPayment(FlaskForm):
    """Money received."""

    amount = amount("Amount", InputRequired(), lowest=Decimal("0.01"))
    date = DateField("Date received", [InputRequired()])
    method = SelectField("Method", coerce=int)
    reference = StringField("Payment reference", [Length(max=100)])
    submit = SubmitField("Record payment")


@bp.before_request
@login_required
def only_sales_people() -> None:
    """A collaborator sees no sales; only the owner changes them."""
    if not sees_sales() or (request.method == "POST" and current_user.role != "owner"):
        abort(403)


def rates() -> dict[int, Decimal]:
    """The gallery's tax options and their percentages."""
    query = select(Tax.id, Tax.rate).where(Tax.gallery_id == current_user.gallery_id)
    return {id: rate for id, rate in db.session.execute(query)}


def choices(kind: Any, label: Any) -> list[Any]:
    """The rows of the gallery to choose from; a demo's form need not offer more than some hundred."""
    query = select(kind).filter_by(gallery_id=current_user.gallery_id).order_by(kind.id).limit(500)
    return [choice(row.id, label(row)) for row in db.session.scalars(query)]


@bp.get("")
def index() -> ResponseReturnValue:
    state = request.args.get("state", "")
    query = select(Invoice).filter_by(gallery_id=current_user.gallery_id).options(
        selectinload(Invoice.contact), selectinload(Invoice.payments), selectinload(Invoice.refunds)
    )  # fmt: skip
    query = query.where(Invoice.state == state if state else Invoice.state != "deleted")
    return render_template("demo/invoices.html", page=listed(query.order_by(Invoice.number.desc())), state=state)


@bp.get("/<int:id>")
def show(id: int) -> ResponseReturnValue:
    return page(mine(Invoice, id), payment_form())


def payment_form() -> NewPayment:
    form = NewPayment()
    form.method.choices = choices(Method, lambda row: row.name)
    if request.method == "GET":
        form.date.data = invoicing.today(current_user.gallery)
    return form


def page(invoice: Invoice, form: NewPayment, status: int = 200) -> ResponseReturnValue:
    return render_template("demo/invoice.html", invoice=invoice, form=form, kinds=KINDS, modes=MODES), status


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    form = NewInvoice()
    form.contact.choices = choices(Contact, lambda row: row.name)
    form.artwork.choices = [choice(0, "none"), *choices(Artwork, lambda row: f"{row.inventory_id} {row.title}")]
    form.tax.choices = choices(Tax, lambda row: row.name)
    if request.method == "GET":
        form.date.data, form.currency.data = invoicing.today(current_user.gallery), current_user.gallery.currency
    if form.validate_on_submit():
        item = Item(
            kind=form.kind.data, description=form.description.data or KINDS[form.kind.data], unit_price=form.price.data,
            quantity=form.quantity.data, discount_percent=form.discount.data or NOTHING, discount_amount=NOTHING,
            tax_id=None if form.tax_mode.data == "none" else form.tax.data, artwork_id=form.artwork.data or None,
        )  # fmt: skip
        invoice = Invoice(
            gallery_id=current_user.gallery_id, contact_id=form.contact.data, date=form.date.data,
            due_date=form.date.data + dt.timedelta(days=30), currency=form.currency.data,
            tax_mode=form.tax_mode.data, reference=form.reference.data, consultant=current_user.name,
        )  # fmt: skip
        try:
            invoicing.issue(db.session, invoice, [item], rates())
        except invoicing.Refused as refusal:
            db.session.rollback()
            flash(str(refusal), "error")
        else:
            flash(f"Invoice #{invoice.number} is issued.", "success")
            return redirect(url_for(".show", id=invoice.id))
    return render_template("demo/form.html", form=form, heading="New invoice")


@bp.route("/<int:id>/edit", methods=["GET", "POST"])
def edit(id: int) -> ResponseReturnValue:
    invoice = mine(Invoice, id)
    form = edit_form(invoice)
    if form.validate_on_submit():
        for item in invoice.items:
            item.unit_price = invoicing.cents(form[f"price_{item.id}"].data)
        fields = {name: form[name].data for name in ("date", "due_date", "reference", "notes")}
        return attempt(invoice, "saved", lambda: invoicing.edit(db.session, invoice, rates(), **fields))
    return render_template("demo/form.html", form=form, heading=f"Edit invoice #{invoice.number}")


def edit_form(invoice: Invoice) -> EditInvoice:
    """The form with a price field for each line."""
    prices = {
        f"price_{item.id}": amount(f"Price of line {item.position}", InputRequired(), default=item.unit_price)
        for item in invoice.items
    }
    return type("EditThisInvoice", (EditInvoice,), prices)(obj=invoice)


@bp.post("/<int:id>/payments")
def pay(id: int) -> ResponseReturnValue:
    invoice, form = mine(Invoice, id), payment_form()
    if not form.validate_on_submit():
        return page(invoice, form, 422)
    method = mine(Method, form.method.data)
    money, date, reference = invoicing.cents(form.amount.data), form.date.data, form.reference.data or ""
    return attempt(invoice, "paid", lambda: invoicing.pay(db.session, invoice, method, money, date, reference))


@bp.post("/<int:id>/payments/<int:payment_id>/delete")
def delete_payment(id: int, payment_id: int) -> ResponseReturnValue:
    invoice = mine(Invoice, id)
    payment = db.session.scalar(select(Payment).filter_by(id=payment_id, invoice_id=invoice.id)) or abort(404)
    db.session.delete(payment)
    return attempt(invoice, "corrected", lambda: invoicing.save(db.session, invoice))


@bp.post("/<int:id>/issue")
def issue(id: int) -> ResponseReturnValue:
    invoice = mine(Invoice, id)
    return attempt(invoice, "issued", lambda: invoicing.issue_draft(db.session, invoice))


@bp.post("/<int:id>/cancel")
def cancel(id: int) -> ResponseReturnValue:
    invoice = mine(Invoice, id)
    return attempt(invoice, "cancelled", lambda: invoicing.cancel(db.session, invoice))


@bp.post("/<int:id>/delete")
def delete(id: int) -> ResponseReturnValue:
    invoice = mine(Invoice, id)
    return attempt(invoice, "deleted", lambda: invoicing.delete(db.session, invoice))


def attempt(invoice: Invoice, done: str, action: Any) -> ResponseReturnValue:
    """Do it and say so, or say why not; then back to the invoice."""
    id, number = invoice.id, invoice.number
    try:
        action()
        flash(f"Invoice #{number} is {done}.", "success")
    except invoicing.Refused as refusal:
        db.session.rollback()
        flash(str(refusal), "error")
    return redirect(url_for(".show", id=id), 303)
