"""The site's own pages: sign in, the start page, the Websites page, and a sale's note to edit."""
from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import confirm_login, current_user, login_required, login_user
from werkzeug.security import check_password_hash

from galleria_xero_plugin import ring

from .models import Person, Sale, db

pages = Blueprint("pages", __name__)


@pages.route("/anmelden", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """One page for signing in and for the password asked again."""
    if request.method == "POST":
        person = db.session.scalar(db.select(Person).where(Person.email == request.form.get("email", "")))
        if person and check_password_hash(person.password_hash, request.form.get("passwort", "")):
            login_user(person, remember="merken" in request.form)
            confirm_login()
            return redirect(_local(request.args.get("next")) or url_for("pages.start"))
        flash("E-Mail oder Passwort stimmt nicht.")
    return render_template("kabinett/anmelden.html")


def _local(target: str | None) -> str | None:
    return target if target and target.startswith("/") and not target.startswith(("//", "/\\")) else None


@pages.get("/")
@login_required
def start() -> ResponseReturnValue:
    """The sales, newest first."""
    wanted = db.select(Sale).where(Sale.dealer_id == current_user.dealer_id).order_by(Sale.id.desc()).limit(20)
    return render_template("kabinett/start.html", sales=db.session.scalars(wanted).all())


@pages.get("/verwaltung")
@login_required
def websites() -> ResponseReturnValue:
    """The Websites page, with the plugin's tab beside the site's own."""
    return render_template("kabinett/verwaltung.html")


@pages.post("/verkauf/<int:sale_id>")
@login_required
def change_sale(sale_id: int) -> ResponseReturnValue:
    """A new note; what is entered as "kaputt" fails after the plugin was told."""
    sale = db.session.get(Sale, sale_id)
    if sale is None or sale.dealer_id != current_user.dealer_id:
        abort(404)
    sale.note = request.form["notiz"]
    ring(str(sale.dealer_id), str(sale.id), session=db.session)
    if sale.note == "kaputt":
        db.session.rollback()
        abort(409)
    db.session.commit()
    return redirect(url_for("pages.start"))
