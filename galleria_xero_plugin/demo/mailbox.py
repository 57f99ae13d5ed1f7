"""The demo sends no mail: it keeps what would have gone out, for the page "Mail (demo)"."""

from __future__ import annotations

import datetime as dt

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session

from galleria_xero_plugin import Mail

from .models import Letter


class DemoMailer:
    """Implements `galleria_xero_plugin.Mailer`; the letter is committed at once, in a session of its own."""

    def __init__(self, db: SQLAlchemy) -> None:
        self._db = db

    def send(self, mail: Mail) -> None:
        with Session(self._db.engine) as session, session.begin():
            session.add(
                Letter(sent_at=dt.datetime.now(dt.UTC), to=", ".join(mail.to), subject=mail.subject, text=mail.text)
            )
