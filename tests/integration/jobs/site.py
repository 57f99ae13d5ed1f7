"""A host site whose address book is a table, so that a worker of another process sees the same one.

The environment says where everything is; `SITE_GATE` names a folder: after its `SITE_GATE_AT`th new contact the site
leaves the file `reached` there and waits for the file `go`, or dies at once when the folder holds `die`.
"""

import os
import signal
import time
from pathlib import Path

from flask import Flask
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select

from galleria_xero_plugin.domain.model import Contact
from galleria_xero_plugin.extension import GalleriaXero
from galleria_xero_plugin.testing.memory import FakeGallery

db = SQLAlchemy()


class Person(db.Model):
    """A gallery contact."""

    id = db.Column(db.Integer, primary_key=True)
    gallery_id = db.Column(db.String(40), nullable=False)
    xero_id = db.Column(db.String(40), unique=True)
    name = db.Column(db.String(255), nullable=False)
    email = db.Column(db.String(255), nullable=False, default="")


class TableGallery(FakeGallery):
    """The address book in the site's database; everything else in memory."""

    def contacts(self, gallery_id, after, limit):
        query = select(Person).where(Person.gallery_id == gallery_id, Person.id > int(after or 0))
        found = db.session.scalars(query.order_by(Person.id).limit(limit)).all()
        people = [Contact(str(person.id), company=person.name, email=person.email) for person in found]
        db.session.expunge_all()
        return people

    def apply_contact(self, gallery_id, xero_contact, local_id):
        person = db.session.scalar(select(Person).where(Person.xero_id == xero_contact.id))
        if person is None:
            person = db.session.get(Person, int(local_id)) if local_id else None
        if person is None:
            person = Person(gallery_id=gallery_id, name=xero_contact.name)
            db.session.add(person)
        person.xero_id = xero_contact.id
        person.email = person.email or xero_contact.email
        db.session.flush()
        known_as, number = str(person.id), person.id
        db.session.commit()
        _gate(number)
        return known_as


def _gate(number):
    folder = os.environ.get("SITE_GATE")
    if folder and number == int(os.environ["SITE_GATE_AT"]) and not Path(folder, "reached").exists():
        Path(folder, "reached").touch()
        if Path(folder, "die").exists():
            os.kill(os.getpid(), signal.SIGKILL)
        while not Path(folder, "go").exists():
            time.sleep(0.01)  # a host that takes its time; the test opens the gate


def create_app(**more):
    app = Flask(__name__)
    app.config.update(
        TESTING=True,
        SECRET_KEY="not secret",
        SQLALCHEMY_DATABASE_URI=os.environ["SITE_DATABASE"],
        SQLALCHEMY_ENGINE_OPTIONS={"connect_args": {"timeout": 30}},
        **{name: value for name, value in os.environ.items() if name.startswith("GALLERIA_XERO_")},
    )
    app.config.update(more)
    db.init_app(app)
    LoginManager(app)
    GalleriaXero(TableGallery()).init_app(app, db)
    return app
