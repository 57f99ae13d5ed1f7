"""The second host on PostgreSQL, filled."""
import pytest

from tests.second_host.kit import REQUIRED
from tests.second_host.site import create_app, seed
from tests.second_host.site.models import db


@pytest.fixture
def settings(postgres_url):
    return {"SQLALCHEMY_DATABASE_URI": postgres_url, **REQUIRED}


@pytest.fixture
def app(settings):
    """The site with its tables, but without the plugin's."""
    app = create_app(**settings)
    with app.app_context():
        db.create_all()
        seed.fill()
        db.session.remove()
    yield app
    with app.app_context():
        db.engine.dispose()
