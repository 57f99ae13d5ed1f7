"""The site with the plugin in it. This file is all that installing took; `gallery.py` is the other part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, current_app

from galleria_xero_plugin import GalleriaXero, document_states, nav_entry, ring

from .gallery import DemoGallery
from .invoicing import invoice_changed
from .mailbox import DemoMailer
from .models import db
from .site import create_site

PREFIX = "/websites/webservices"


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """The app for the web server and, by `GALLERIA_XERO_APP`, for the workers."""
    app = create_site(config)
    app.config.setdefault("GALLERIA_XERO_BASE_TEMPLATE", "demo/websites_base.html")
    app.config.setdefault("GALLERIA_XERO_APP", f"{__name__}:create_app")
    app.config["WEBSITE_TABS"] = (nav_entry,)
    app.config["INVOICE_STATES"] = document_states
    GalleriaXero(DemoGallery(db), mailer=DemoMailer(db)).init_app(app, db, url_prefix=PREFIX)
    invoice_changed.connect(tell_the_plugin)
    return app


def tell_the_plugin(_sender: object, *, gallery_id: str, invoice_id: str, session: Any) -> None:
    """A change of an invoice is on its way: noted in the same transaction, so that it cannot be lost. The signal is the
    process's, and a site without the plugin may live in it too."""
    if "galleria_xero" in current_app.blueprints:
        ring(gallery_id, invoice_id, session=session)
