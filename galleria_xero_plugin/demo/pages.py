"""The site's pages apart from invoices: dashboard, artworks, contacts, websites, the demo's mail."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from sqlalchemy import func, or_, select

from .models import Artwork, Contact, Invoice, Letter, Website, db

bp = Blueprint("pages", __name__)
PER_PAGE = 50


def sees_sales() -> bool:
    """Whether the signed-in person may see invoices: a collaborator may not."""
    return current_user.role in ("owner", "bookkeeper")


def listed(query: Any) -> Any:
    """One page of a list, by the address's `page`."""
    return db.paginate(query, page=max(1, request.args.get("page", 1, type=int)), per_page=PER_PAGE, error_out=False)


def mine(kind: type, id: int) -> Any:
    """A row of the signed-in person's gallery; anybody else's does not exist."""
    found = db.session.scalar(select(kind).filter_by(id=id, gallery_id=current_user.gallery_id))
    return found or abort(404)


@bp.get("/")
@login_required
def dashboard() -> ResponseReturnValue:
    totals: list[Any] = []
    latest: list[Invoice] = []
    if sees_sales():
        ours = Invoice.gallery_id == current_user.gallery_id
        query = select(Invoice.currency, func.count(), func.sum(Invoice.total)).where(ours, Invoice.state == "issued")
        totals = list(db.session.execute(query.group_by(Invoice.currency).order_by(Invoice.currency)))
        newest = select(Invoice).where(ours, Invoice.state != "deleted").order_by(Invoice.number.desc()).limit(8)
        latest = list(db.session.scalars(newest))
    return render_template("demo/dashboard.html", totals=totals, latest=latest)


@bp.get("/artworks")
@login_required
def artworks() -> ResponseReturnValue:
    query = select(Artwork).filter_by(gallery_id=current_user.gallery_id).order_by(Artwork.inventory_id)
    return render_template("demo/artworks.html", page=listed(query))


@bp.get("/contacts")
@login_required
def contacts() -> ResponseReturnValue:
    search = request.args.get("q", "").strip()
    query = select(Contact).filter_by(gallery_id=current_user.gallery_id)
    if search:
        columns = (Contact.first_name, Contact.last_name, Contact.company, Contact.email)
        query = query.where(or_(*(column.icontains(search, autoescape=True) for column in columns)))
    return render_template("demo/contacts.html", page=listed(query.order_by(Contact.id)), search=search)


@bp.get("/contacts/<int:id>")
@login_required
def contact(id: int) -> ResponseReturnValue:
    person = mine(Contact, id)
    invoices: list[Invoice] = []
    if sees_sales():
        query = select(Invoice).filter_by(contact_id=person.id, gallery_id=person.gallery_id)
        invoices = list(db.session.scalars(query.where(Invoice.state != "deleted").order_by(Invoice.number).limit(200)))
    return render_template("demo/contact.html", contact=person, invoices=invoices)


@bp.get("/websites")
@login_required
def websites() -> ResponseReturnValue:
    query = select(Website).filter_by(gallery_id=current_user.gallery_id).order_by(Website.id)
    return render_template("demo/websites.html", sites=list(db.session.scalars(query)))


@bp.get("/mail")
@login_required
def mail() -> ResponseReturnValue:
    """Every mail the demo would have sent; in a real site this page would not exist."""
    if current_user.role != "owner":
        abort(403)
    return render_template("demo/mail.html", page=listed(select(Letter).order_by(Letter.id.desc())))


@bp.get("/favicon.ico")
def favicon() -> ResponseReturnValue:
    return redirect(url_for("static", filename="favicon.svg"))
