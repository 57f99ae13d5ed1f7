"""The demo's gallery site on databases of the test's own."""
import datetime as dt
import re
import shutil

import pytest

from galleria_xero_plugin.demo import models, seed
from galleria_xero_plugin.demo.gallery import DemoGallery
from galleria_xero_plugin.demo.seed_data import PASSWORD
from galleria_xero_plugin.demo.site import create_site, create_tables

TODAY = dt.date(2026, 3, 31)


@pytest.fixture
def make_site():
    """Builds a site on a database, with its tables; forgets its connections at the end."""
    made = []

    def make(url):
        app = create_site({"SECRET_KEY": "for tests", "SQLALCHEMY_DATABASE_URI": url, "TESTING": True})
        create_tables(app)
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            models.db.session.remove()
            models.db.engine.dispose()


@pytest.fixture
def empty_site(make_site, sqlite_url):
    """Tables without rows."""
    return make_site(sqlite_url)


@pytest.fixture(scope="session")
def seeded_file(tmp_path_factory):
    """A SQLite file with both galleries, to copy for each test."""
    path = tmp_path_factory.mktemp("seed") / "seed.db"
    app = create_site({"SECRET_KEY": "for tests", "SQLALCHEMY_DATABASE_URI": f"sqlite:///{path}"})
    create_tables(app)
    with app.app_context():
        seed.fill(models.db.session, TODAY)
        models.db.session.remove()
        models.db.engine.dispose()
    return path


@pytest.fixture
def site(make_site, seeded_file, tmp_path):
    """Both galleries, on SQLite."""
    return make_site(f"sqlite:///{shutil.copy(seeded_file, tmp_path)}")


@pytest.fixture
def gallery(site):
    """The gallery port, inside an app context as in a worker."""
    with site.app_context():
        yield DemoGallery(models.db)


class Visitor:
    """A signed-in person with a browser that handles CSRF tokens."""

    def __init__(self, app, email=None):
        self.client = app.test_client()
        if email:
            assert self.post("/login", {"email": email, "password": PASSWORD}).status_code == 302

    def get(self, path):
        return self.client.get(path)

    def post(self, path, data=(), page=None):
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(page or path).text)
        return self.client.post(path, data={**dict(data), "csrf_token": token[1]})


@pytest.fixture
def visitor(site):
    """`visitor("nora@northlight.example")` is a person who signed in; without an address an anonymous one."""
    return lambda email=None: Visitor(site, email)


@pytest.fixture
def owner(visitor):
    return visitor("nora@northlight.example")
