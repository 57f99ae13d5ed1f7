"""Signing in and out."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required, login_user, logout_user
from flask_wtf import FlaskForm
from sqlalchemy import select
from werkzeug.security import check_password_hash
from wtforms import BooleanField, PasswordField, StringField, SubmitField
from wtforms.validators import DataRequired, Length

from .models import User, db

bp = Blueprint("people", __name__)


class LoginForm(FlaskForm):
    """E-mail and password; "remember" makes a later visit signed in, but not freshly so."""

    email = StringField("Email", [DataRequired(), Length(max=200)], render_kw={"autocomplete": "username"})
    password = PasswordField("Password", [DataRequired()], render_kw={"autocomplete": "current-password"})
    remember = BooleanField("Keep me signed in")
    submit = SubmitField("Sign in")


@bp.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    form = LoginForm()
    if form.validate_on_submit():
        email = (form.email.data or "").strip().lower()
        user = db.session.scalar(select(User).where(User.email == email))
        if user is not None and check_password_hash(user.password_hash, form.password.data or ""):
            login_user(user, remember=form.remember.data)
            return redirect(own_path(request.args.get("next")) or url_for("pages.dashboard"))
        flash("This email and password do not belong together.", "error")
    return render_template("demo/login.html", form=form)


@bp.post("/logout")
@login_required
def logout() -> ResponseReturnValue:
    logout_user()
    return redirect(url_for("people.login"))


def own_path(target: str | None) -> str | None:
    """A path of this site to go on to, never another site: browsers read "//x" and "/\\x" as addresses."""
    if not target or not target.isprintable() or "\\" in target:
        return None
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not target.startswith("/") or target.startswith("//"):
        return None
    return target
