"""One small site for each test, on a SQLite file that was migrated once."""

import shutil

import pytest
from sqlalchemy import create_engine

from galleria_xero_plugin.db import migrate

from .site import Site


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "site.db"
    engine = create_engine(f"sqlite:///{path}")
    migrate.upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture
def make_site(migrated, tmp_path):
    """A site of this test's own; takes the arguments of `Site`."""
    sites = []

    def make(**how):
        path = tmp_path / f"site-{len(sites)}.db"
        shutil.copy(migrated, path)
        sites.append(Site(f"sqlite:///{path}", **how))
        return sites[-1]

    yield make
    for site in sites:
        site.close()


@pytest.fixture
def site(make_site):
    return make_site()
