"""The site with a gallery that dies: right after its own commit of a contact, before the plugin can note it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from flask import Flask

from galleria_xero_plugin import GalleriaXero, XeroContact
from galleria_xero_plugin.demo.gallery import DemoGallery
from galleria_xero_plugin.demo.host import PREFIX
from galleria_xero_plugin.demo.mailbox import DemoMailer
from galleria_xero_plugin.demo.models import db
from galleria_xero_plugin.demo.site import create_site

APP = f"{__name__}:create_app"
SENTENCE = "DOOMED_AFTER"
"""Names the file that says after how many contacts; who executes it takes it away."""


def create_app() -> Flask:
    app = create_site()
    GalleriaXero(DoomedGallery(db), mailer=DemoMailer(db)).init_app(app, db, url_prefix=PREFIX)
    return app


class DoomedGallery(DemoGallery):
    """kill -9 by its own hand, once."""

    applied = 0

    def apply_contact(self, gallery_id: str, xero_contact: XeroContact, local_id: str | None) -> str:
        made = super().apply_contact(gallery_id, xero_contact, local_id)
        self.applied += 1
        sentence = Path(os.environ[SENTENCE])
        if sentence.exists() and self.applied >= int(sentence.read_text()):
            sentence.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return made
